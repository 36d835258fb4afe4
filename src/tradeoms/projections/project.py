"""From touched things to rows: what a commit adds, and a rebuild writes at its end.

A row is made once per batch from the newest state, however many events touched it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.order.status import derive_status, is_draft, placed_quantity
from tradeoms.domain.outside.state import named
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.journal.store import Batch
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.touched import EPOCH

_encode: Final = msgspec.json.Encoder(decimal_format="string").encode
_MICROSECOND: Final = timedelta(microseconds=1)

Row = tuple[Any, ...]  # Any: the values of one row, in the order of its table's columns
RowMaker = Callable[[Book, Any, int], Row]


def state_text(state: object) -> str:
    """The facts of an aggregate as the JSON of a `state` column."""
    return _encode(state).decode()


def micros(at: datetime | None) -> int:
    """Microseconds of UTC since 1970; 0 for never."""
    return 0 if at is None else (at - EPOCH) // _MICROSECOND


def write_touched(book: Book, batch: Batch) -> None:
    """Add the rows of everything touched to ``batch`` and forget what was touched."""
    rows: dict[sa.Table, list[Row]] = {}
    for (name, key), seq in book.touched.items():
        table, make = ROWS[name]
        row = make(book, key, seq)
        if (span := book.touched.spans.get((name, key))) is not None:
            row += (micros(span[0]), micros(span[1]))
        rows.setdefault(table, []).append(row)
    for (name, _), row in book.extra.items():
        rows.setdefault(EXTRAS[name], []).append(row)
    for table, some in rows.items():
        batch.upsert(table, *some)
    book.touched.clear()
    book.extra.clear()
    if book.retired or book.settled or book.compared or book.over or book.street.ended:
        book.forget_retired()


def _is_live(book: Book, order_id: str) -> bool:
    return order_id not in book.retired


def _any_live(book: Book, order_ids: Iterable[str]) -> bool:
    return any(_is_live(book, order_id) for order_id in order_ids)


def order_row(book: Book, key: str, seq: int) -> Row:
    """The row of an order, with what its placements make of it."""
    order = book.orders[key]
    placements = book.placements_for(key)
    return (
        order.id, seq, order.client, order.client_order_id,
        derive_status(order, placements).value,
        order.security_id, order.side.value, order.portfolio_manager, order.trader,
        book.block_of.get(key, ""), plain(placed_quantity(key, placements)), _is_live(book, key),
        micros(order.created_at), micros(order.updated_at), state_text(order),
        order.placed_by if is_draft(order) else "",
    )  # fmt: skip


def _block_row(book: Book, key: str, seq: int) -> Row:
    block = book.blocks[key]
    live = _any_live(book, block.order_ids)
    return (key, seq, live, state_text(block))


def _placement_row(book: Book, key: str, seq: int) -> Row:
    placement = book.placements[key]
    return (
        key, seq, placement.order_id, placement.destination, placement.ord_status.value,
        _any_live(book, placement.order_ids),
        micros(placement.created_at), micros(placement.updated_at), state_text(placement),
    )  # fmt: skip


def _execution_row(book: Book, key: str, seq: int) -> Row:
    execution = book.executions[key]
    placement = book.placements[execution.placement_id]
    return (
        key, seq, execution.placement_id, execution.order_id, execution.status.value,
        _any_live(book, placement.order_ids),
        micros(execution.received_at), state_text(execution),
    )  # fmt: skip


def _allocation_row(book: Book, key: str, seq: int) -> Row:
    allocation = book.allocations[key]
    live = _is_live(book, key)
    return (key, seq, live, micros(allocation.updated_at), state_text(allocation))


def _booking_row(book: Book, key: str, seq: int) -> Row:
    booking = book.bookings[key]
    live = booking.is_open or _is_live(book, booking.order_id)
    return (
        key, seq, booking.order_id, booking.trade_on.isoformat(), booking.status.value, live,
        micros(booking.updated_at), state_text(booking),
    )  # fmt: skip


def _position_row(book: Book, key: tuple[str, str], seq: int) -> Row:
    return (*key, seq, state_text(book.positions[key]))


def _cash_row(book: Book, key: tuple[str, str], seq: int) -> Row:
    return (*key, seq, state_text(book.cash[key]))


def _hit_row(book: Book, key: str, seq: int) -> Row:
    hit = book.hits[key]
    return (key, seq, hit.order_id, hit.fund, hit.rule_id, micros(hit.at), state_text(hit))


def _case_row(book: Book, key: str, seq: int) -> Row:
    case = book.cases[key]
    return (
        key, seq, case.fund, case.finding.rule_id, case.finding.cell, case.status.value,
        case.cause.kind.value if case.cause else "", case.assignee, case.found_on.isoformat(),
        case.due_on.isoformat() if case.due_on else "",
        case.cured_on.isoformat() if case.cured_on else "",
        micros(case.created_at), state_text(case),
    )  # fmt: skip


def _run_row(book: Book, key: str, seq: int) -> Row:
    run = book.runs[key]
    return (
        key, seq, run.status, run.executor, run.trade_on.isoformat(), micros(run.started_at),
        state_text(run),
    )  # fmt: skip


def _waiver_row(book: Book, key: str, seq: int) -> Row:
    waiver = book.waivers[key]
    live = waiver.status is not WaiverStatus.REFUSED and _is_live(book, waiver.order_id)
    return (key, seq, waiver.order_id, waiver.status.value, live, state_text(waiver))


def _break_row(book: Book, key: str, seq: int) -> Row:
    found = book.breaks[key]
    return (
        key, seq, found.kind.value, found.status, found.session, True, micros(found.created_at),
        state_text(found),
    )  # fmt: skip


def _rule_row(book: Book, key: tuple[str, int], seq: int) -> Row:
    rule = book.rules[key]
    return (*key, seq, rule.status.value, state_text(rule))


def _security_row(book: Book, key: str, seq: int) -> Row:
    security = book.securities[key]
    return (key, seq, security.symbol, state_text(security))


def _sign_in_row(book: Book, key: str, seq: int) -> Row:
    sign_in = book.sign_ins[key]
    return (key, seq, sign_in.token_sha256, not sign_in.ended, state_text(sign_in))


def _kill_row(book: Book, key: str, seq: int) -> Row:
    switch = book.kill_switches[key]
    return (key, seq, "active" if switch.active else "released", state_text(switch))


def _model_row(book: Book, key: tuple[str, int], seq: int) -> Row:
    model = book.models[key]
    return (*key, seq, model.status.value, state_text(model))


def _proposal_row(book: Book, key: str, seq: int) -> Row:
    proposal = book.proposals[key]
    return (key, seq, proposal.status.value, state_text(proposal))


def _session_action_row(book: Book, key: str, seq: int) -> Row:
    action = book.session_actions[key]
    return (key, seq, action.session, action.status.value, state_text(action))


def _instruction_row(book: Book, key: str, seq: int) -> Row:
    found = book.street.instructions[key]
    return (
        key, seq, found.alloc_id, found.placement_id, found.status.value, state_text(found),
    )  # fmt: skip


def _confirmation_row(book: Book, key: str, seq: int) -> Row:
    found = book.street.confirmations[key]
    return (
        key, seq, found.session, found.confirm_id, found.instruction_id, found.fund,
        found.status.value, found.answer_id, state_text(found),
    )  # fmt: skip


def _copy_row(book: Book, key: str, seq: int) -> Row:
    copy = book.copies[key]
    return (
        key, seq, copy.session, copy.report_id, copy.kind.value, copy.status.value,
        copy.placement_id, copy.execution_id, state_text(copy),
    )  # fmt: skip


def _cross_row(book: Book, key: str, seq: int) -> Row:
    cross = book.crosses[key]
    booked = cross.trade_on.isoformat() if cross.trade_on else ""
    return (key, seq, cross.status.value, booked, state_text(cross))


def _layout_row(book: Book, key: str, seq: int) -> Row:
    layout = book.layouts[key]
    shared = "".join(f"|{role}|" for role in layout.shared_with)
    return (key, seq, layout.owner, layout.page, layout.live, shared, state_text(layout))


def _outside_row(book: Book, key: str, seq: int) -> Row:
    fact = book.outside[key]
    return (key, seq, key.partition(":")[0], *named(fact), state_text(fact))


#: Facts that are one state of the book as JSON.
_WHOLE: Final = {
    "routing": "routing", "allocation_policies": "policies", "charges": "charges",
    "custom-fields": "custom_fields", "approval-limits": "approval_limits", "trading_days": "days",
}  # fmt: skip


def _fact_row(book: Book, key: tuple[str], seq: int) -> Row:
    name, _, rest = key[0].partition(":")
    if name == "gateway":
        return (*key, seq, book.gateways[rest])
    if name == "assets":
        value = book.assets[rest]
        return (*key, seq, "" if value is None else plain(value))
    if name in _WHOLE:
        return (*key, seq, state_text(getattr(book, _WHOLE[name])))
    if name == "drop_copy":
        return (*key, seq, state_text(book.drop_copies[rest]))
    if name == "pair":
        return (*key, seq, state_text(book.pairs[rest]))
    assert name == "trade_on"
    return (*key, seq, book.trade_on.isoformat() if book.trade_on else "")


#: Table name to its table and the function that makes a row of it.
ROWS: Final[dict[str, tuple[sa.Table, RowMaker]]] = {
    "orders": (t.orders, order_row),
    "blocks": (t.blocks, _block_row),
    "placements": (t.placements, _placement_row),
    "executions": (t.executions, _execution_row),
    "allocations": (t.allocations, _allocation_row),
    "bookings": (t.bookings, _booking_row),
    "positions": (t.positions, _position_row),
    "cash": (t.cash, _cash_row),
    "hits": (t.hits, _hit_row),
    "breaches": (t.breaches, _case_row),
    "runs": (t.runs, _run_row),
    "last_runs": (
        t.last_runs,
        lambda book, key, seq: (key, seq, state_text(book.fund_runs[key])),
    ),
    "waivers": (t.waivers, _waiver_row),
    "breaks": (t.breaks, _break_row),
    "rules": (t.rules, _rule_row),
    "funds": (t.funds, lambda book, key, seq: (key, seq, state_text(book.funds[key]))),
    "securities": (t.securities, _security_row),
    "prices": (t.prices, lambda book, key, seq: (key, seq, state_text(book.prices[key]))),
    "rates": (t.rates, lambda book, key, seq: (*key, seq, state_text(book.rates[key]))),
    "destinations": (
        t.destinations,
        lambda book, key, seq: (key, seq, state_text(book.destinations[key])),
    ),
    "users": (t.users, lambda book, key, seq: (key, seq, state_text(book.users[key]))),
    "api_keys": (t.api_keys, lambda book, key, seq: (key, seq, state_text(book.api_keys[key]))),
    "sign_ins": (t.sign_ins, _sign_in_row),
    "kill_switches": (t.kill_switches, _kill_row),
    "models": (t.models, _model_row),
    "proposals": (t.proposals, _proposal_row),
    "order_lists": (
        t.order_lists,
        lambda book, key, seq: (key, seq, state_text(book.order_lists[key])),
    ),
    "import_mappings": (
        t.import_mappings,
        lambda book, key, seq: (key, seq, state_text(book.import_mappings[key])),
    ),
    "layouts": (t.layouts, _layout_row),
    "session_actions": (t.session_actions, _session_action_row),
    "outside": (t.outside, _outside_row),
    "drop_copies": (t.drop_copies, _copy_row),
    "crosses": (t.crosses, _cross_row),
    "instructions": (t.allocation_instructions, _instruction_row),
    "confirmations": (t.confirmations, _confirmation_row),
    "commissions": (
        t.commissions,
        lambda book, key, seq: (*key, seq, state_text(book.commissions.rows[key])),
    ),
    "facts": (t.facts, _fact_row),
}
#: Rows that are only ever added.
EXTRAS: Final[dict[str, sa.Table]] = {
    "order_funds": t.order_funds,
    "list_orders": t.list_orders,
    "cross_orders": t.cross_orders,
    "cl_ord_ids": t.cl_ord_ids,
    "exec_ids": t.exec_ids,
    "checks": t.checks,
    "fund_runs": t.fund_runs,
    "identifiers": t.identifiers,
    "proposal_funds": t.proposal_funds,
    "proposal_lines": t.proposal_lines,
    "placement_parts": t.placement_parts,
}
