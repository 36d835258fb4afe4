"""Fills a book from the read models: what is live at start, and single orders that were let go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Final, TypeVar

import msgspec
import sqlalchemy as sa

from tradeoms.domain.allocation.policy import Policies
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.approval.state import ApprovalLimits
from tradeoms.domain.block.state import Block
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.case.state import Case, FundRun, Run
from tradeoms.domain.charge.state import Charges
from tradeoms.domain.custom.state import CustomFields
from tradeoms.domain.dropcopy.state import Copy, CopyStatus, DropCopy
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.layout.state import Layout
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.model.state import ModelVersion
from tradeoms.domain.order.events import OrderCreated
from tradeoms.domain.order.state import Order
from tradeoms.domain.outside.state import KEPT
from tradeoms.domain.pair.state import Pair
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.domain.proposal.terms import Line
from tradeoms.domain.reference.state import (
    ApiKey,
    CashBalance,
    Destination,
    Fund,
    FxRate,
    Position,
    Price,
    Security,
    SignIn,
    User,
)
from tradeoms.domain.reference.trading_days import TradingDays
from tradeoms.domain.routing.budget import CommissionPaid
from tradeoms.domain.routing.state import Routing
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.domain.waiver.state import Hit, Waiver
from tradeoms.projections import finished
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold_crosses import hold_cross
from tradeoms.projections.load_confirmations import load_confirmations
from tradeoms.projections.project import micros

T = TypeVar("T")
#: As far as a trading day of the house may be ahead of the clock.
_BEGUN_EARLY: Final = timedelta(days=8)
_CHUNK: Final = 20_000
#: Facts that are one thing each: the name in the book, and how it is read.
_WHOLE: Final[dict[str, tuple[str, Callable[[str], Any]]]] = {
    name: (attribute, msgspec.json.Decoder(kind).decode)
    for name, attribute, kind in (
        ("routing", "routing", Routing),
        ("allocation_policies", "policies", Policies),
        ("charges", "charges", Charges),
        ("custom-fields", "custom_fields", CustomFields),
        ("approval-limits", "approval_limits", ApprovalLimits),
        ("trading_days", "days", TradingDays),
    )
}
_pair: Final = msgspec.json.Decoder(Pair).decode
_drop_copy: Final = msgspec.json.Decoder(DropCopy).decode
_outside: Final = {kind: msgspec.json.Decoder(fact) for kind, fact in KEPT.items()}


def load_live(link: sa.Connection) -> Book:
    """The book as of the newest commit: all reference data, and every row that is live."""
    return _load(link, live=True)


def load_all(link: sa.Connection) -> Book:
    """The book with everything that ever was; for comparisons, not for the engine."""
    return _load(link, live=False)


def _load(link: sa.Connection, *, live: bool) -> Book:
    book = Book()
    _load_reference(link, book)
    for order in _states(link, t.orders, Order, live=live):
        book.add_order(order)
    for block in _states(link, t.blocks, Block, live=live):
        _add_block(book, block)
    for placement in _states(link, t.placements, Placement, live=live):
        book.add_placement(placement)
    for execution in _states(link, t.executions, Execution, live=live):
        book.add_execution(execution)
    for allocation in _states(link, t.allocations, Allocation, live=live):
        book.allocations[allocation.order_id] = allocation
    for booking in _states(link, t.bookings, Booking, live=live):
        book.add_booking(booking)
    for position in _states(link, t.positions, Position):
        book.positions[position.fund, position.security_id] = position
    for balance in _states(link, t.cash, CashBalance):
        book.cash[balance.fund, balance.currency] = balance
    for paid in _states(link, t.commissions, CommissionPaid):
        book.commissions.add(paid)
    _load_cases(link, book, live=live)
    _load_chains(link, book, book.orders)
    load_confirmations(link, book, live=live)
    _load_kept(link, book, live=live)
    return book


def _load_kept(link: sa.Connection, book: Book, *, live: bool) -> None:
    """What memory keeps until it is over; breaks and runs that are not are here already."""
    book.proposals = {one.id: one for one in finished.opened(link, "proposals", live=live)}
    book.order_lists = {one.id: one for one in finished.opened(link, "order_lists", live=live)}
    actions = finished.opened(link, "session_actions", live=live)
    book.session_actions = {one.id: one for one in actions}
    for cross in finished.opened(link, "crosses", live=live):
        hold_cross(book, cross)
    for key in finished.over_now(book, "session_actions") if live else ():
        del book.session_actions[key]


def recall_order(link: sa.Connection, book: Book, order_id: str) -> bool:
    """Bring an order that was let go back into ``book``, with all that hangs on it.

    False if there never was one. An order that is in memory is newer than its rows, and stays.
    """
    if order_id in book.orders:
        return True
    together = _companions(link, order_id)
    for each in together:
        if each not in book.orders:
            _recall_one(link, book, each)
    return bool(together)


def _companions(link: sa.Connection, order_id: str) -> list[str]:
    """The order, and those that were let go with it: of its block, and of their placements.

    ``order_id`` may be a block's, as placements name it that several orders share.
    """
    found: list[str] = []
    waiting, seen = [order_id], set[str]()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        block_id = link.scalar(sa.select(t.orders.c.block_id).where(t.orders.c.id == one))
        if block_id is not None:
            found.append(one)
        for block in _states(link, t.blocks, Block, where=t.blocks.c.id == block_id):
            waiting += block.order_ids
        waiting += list(link.execute(_sharing(one)).scalars())
    return sorted(found)


def _sharing(key: str) -> sa.Select[Any]:  # Any: a row of one text
    """The orders that share a placement with an order, or a placement of a block."""
    parts = t.placement_parts.c
    own = sa.select(parts.placement_id).where(parts.order_id == key)
    of_block = sa.select(t.placements.c.id).where(t.placements.c.order_id == key)
    return sa.select(parts.order_id).where(
        sa.or_(parts.placement_id.in_(own), parts.placement_id.in_(of_block))
    )


def _recall_one(link: sa.Connection, book: Book, order_id: str) -> None:
    """Read one order back with all that hangs on it."""
    shared = sa.select(t.placement_parts.c.placement_id).where(
        t.placement_parts.c.order_id == order_id
    )
    by_order = {
        t.orders: t.orders.c.id == order_id,
        t.placements: sa.or_(t.placements.c.order_id == order_id, t.placements.c.id.in_(shared)),
        t.executions: sa.or_(
            t.executions.c.order_id == order_id, t.executions.c.placement_id.in_(shared)
        ),
        t.allocations: t.allocations.c.order_id == order_id,
    }
    for order in _states(link, t.orders, Order, where=by_order[t.orders]):
        book.add_order(order)
        block_id = link.scalar(sa.select(t.orders.c.block_id).where(t.orders.c.id == order_id))
        for block in _states(link, t.blocks, Block, where=t.blocks.c.id == block_id):
            _add_block(book, block)
        for placement in _states(link, t.placements, Placement, where=by_order[t.placements]):
            book.add_placement(placement)
        for execution in _states(link, t.executions, Execution, where=by_order[t.executions]):
            book.add_execution(execution)
        for allocation in _states(link, t.allocations, Allocation, where=by_order[t.allocations]):
            book.allocations[allocation.order_id] = allocation
        of_order = t.bookings.c.order_id == order_id
        for booking in _states(link, t.bookings, Booking, where=of_order):
            if booking.id not in book.bookings:  # an open one was never let go
                book.add_booking(booking)
        for waiver in _states(link, t.waivers, Waiver, where=t.waivers.c.order_id == order_id):
            book.add_waiver(waiver)
        _load_chains(link, book, [order.id])
        book.recalled.add(order.id)


def recall_waiver(link: sa.Connection, book: Book, waiver_id: str) -> None:
    """Bring a waiver that was let go back into ``book``, with its order."""
    for waiver in _states(link, t.waivers, Waiver, where=t.waivers.c.id == waiver_id):
        recall_order(link, book, waiver.order_id)
        book.add_waiver(waiver)


def recall_subject(link: sa.Connection, book: Book, event: object) -> None:
    """Bring what ``event`` is about back into ``book`` where it was let go.

    The engine has read it back before it decided; whoever folds what was decided needs it as well.
    """
    if isinstance(event, OrderCreated):
        return
    finished.recall(link, book, finished.missing(book, event))
    order_id = getattr(event, "order_id", "")
    placement_id = getattr(event, "placement_id", "")
    if not order_id and placement_id and placement_id not in book.placements:
        order_id = order_of_placement(link, placement_id)
    if order_id and order_id not in book.orders:
        recall_order(link, book, order_id)


def order_of_cl_ord_id(link: sa.Connection, cl_ord_id: str) -> str:
    """The order whose placement ever used ``cl_ord_id``; empty if none."""
    joined = t.cl_ord_ids.join(t.placements, t.placements.c.id == t.cl_ord_ids.c.placement_id)
    found = (
        sa.select(t.placements.c.order_id)
        .select_from(joined)
        .where(t.cl_ord_ids.c.cl_ord_id == cl_ord_id)
    )
    return link.scalar(found) or ""


def order_of_placement(link: sa.Connection, placement_id: str) -> str:
    """The order of a placement; empty if there is none."""
    found = sa.select(t.placements.c.order_id).where(t.placements.c.id == placement_id)
    return link.scalar(found) or ""


def order_of_execution(link: sa.Connection, execution_id: str) -> str:
    """The order of an execution; empty if there is none."""
    found = sa.select(t.executions.c.order_id).where(t.executions.c.id == execution_id)
    return link.scalar(found) or ""


def proposal_lines(link: sa.Connection, proposal_id: str) -> list[Line]:
    """The lines of a committed proposal, in their order."""
    lines = t.proposal_lines
    return list(_states(link, lines, Line, where=lines.c.proposal_id == proposal_id))


def executions_since(link: sa.Connection, day: date) -> list[Execution]:
    """The executions received since ``day``, and some of before: a trading day may begin early."""
    first = datetime.combine(day, time.min, UTC) - _BEGUN_EARLY
    recent = t.executions.c.received_at >= micros(first)
    decode: Callable[[Any], Execution] = msgspec.json.Decoder(Execution).decode
    return [decode(text) for (text,) in link.execute(sa.select(t.executions.c.state).where(recent))]


def _states(
    link: sa.Connection,
    table: sa.Table,
    kind: type[T],
    *,
    live: bool = False,
    where: sa.ColumnElement[bool] | None = None,
) -> Iterator[T]:
    """The aggregates of ``table``, oldest key first.

    Live rows are found by their own index and sorted: the order of the key's index, which SQLite
    would rather walk, goes through every row that ever was.
    """
    key = table.primary_key.columns
    query = sa.select(table.c.state)
    if live:
        query = query.where(table.c.live).order_by(*(column.concat("") for column in key))
    else:
        query = query.order_by(*key)
    if where is not None:
        query = query.where(where)
    decode: Callable[[Any], T] = msgspec.json.Decoder(kind).decode
    for rows in link.execute(query).partitions(_CHUNK):
        yield from [decode(text) for (text,) in rows]


def _add_block(book: Book, block: Block) -> None:
    book.blocks[block.id] = block
    for order_id in block.order_ids:
        book.block_of[order_id] = block.id


def _load_reference(link: sa.Connection, book: Book) -> None:
    book.funds = {fund.code: fund for fund in _states(link, t.funds, Fund)}
    for security in _states(link, t.securities, Security):
        book.add_security(security)
    book.prices = {price.security_id: price for price in _states(link, t.prices, Price)}
    book.rates = {(rate.base, rate.to): rate for rate in _states(link, t.rates, FxRate)}
    book.destinations = {d.name: d for d in _states(link, t.destinations, Destination)}
    book.users = {user.id: user for user in _states(link, t.users, User)}
    book.api_keys = {key.id: key for key in _states(link, t.api_keys, ApiKey)}
    book.sign_ins = {s.id: s for s in _states(link, t.sign_ins, SignIn, live=True)}
    book.rules = {(r.rule_id, r.version): r for r in _states(link, t.rules, RuleVersion)}
    for switch in _states(link, t.kill_switches, KillSwitch):
        book.add_kill_switch(switch)
    book.models = {(m.model, m.version): m for m in _states(link, t.models, ModelVersion)}
    book.import_mappings = {m.name: m for m in _states(link, t.import_mappings, ImportMapping)}
    book.layouts = {one.id: one for one in _states(link, t.layouts, Layout)}
    for row in link.execute(sa.select(t.outside.c.id, t.outside.c.kind, t.outside.c.state)):
        book.outside[row.id] = _outside[row.kind].decode(row.state)
    _load_facts(link, book)


def _load_facts(link: sa.Connection, book: Book) -> None:
    """The single facts, and those of a kind that are told apart behind a colon."""
    for name, value in link.execute(sa.select(t.facts.c.name, t.facts.c.value)):
        kind, _, key = name.partition(":")
        if name in _WHOLE:
            attribute, decode = _WHOLE[name]
            setattr(book, attribute, decode(value))
        elif kind == "drop_copy":
            book.drop_copies[key] = _drop_copy(value)
        elif kind == "pair":
            book.add_pair(_pair(value))
        elif kind == "assets":
            book.assets[key] = Decimal(value) if value else None
        elif kind == "gateway":
            book.gateways[key] = value
        elif name == "trade_on":
            book.trade_on = date.fromisoformat(value) if value else None


def _load_cases(link: sa.Connection, book: Book, *, live: bool) -> None:
    of_live = sa.select(t.orders.c.id).where(t.orders.c.live.is_(sa.true()))
    for hit in _states(link, t.hits, Hit, where=t.hits.c.order_id.in_(of_live)):
        book.add_hit(hit)
    for case in _states(link, t.breaches, Case):
        book.add_case(case)
    for run in _states(link, t.runs, Run, where=t.runs.c.status != "finished"):
        book.add_run(run)
    for last in _states(link, t.last_runs, FundRun):
        book.fund_runs[last.fund] = last
    for waiver in _states(link, t.waivers, Waiver, live=live):
        book.add_waiver(waiver)
    for found in _states(link, t.breaks, Break, where=t.breaks.c.status != "resolved"):
        book.add_break(found)
    open_copies = [status for status in CopyStatus if status.is_open]
    for copy in _states(link, t.drop_copies, Copy, where=t.drop_copies.c.status.in_(open_copies)):
        book.add_copy(copy)


def copy_of(link: sa.Connection, session: str, report_id: str) -> Copy | None:
    """The newest copy that a session told under a report id; `None` where there is none."""
    copies = t.drop_copies
    here = sa.and_(copies.c.session == session, copies.c.report_id == report_id)
    return next(iter(_states(link, copies, Copy, where=here)), None)


def copied(link: sa.Connection, session: str, execution_ids: list[str]) -> set[tuple[str, str]]:
    """(execution, kind) of those of the executions of which a session has told a copy."""
    copies = t.drop_copies.c
    found: set[tuple[str, str]] = set()
    for start in range(0, len(execution_ids), 500):
        some = execution_ids[start : start + 500]
        rows = sa.select(copies.execution_id, copies.kind).where(
            copies.session == session, copies.execution_id.in_(some)
        )
        found |= {(execution_id, kind) for execution_id, kind in link.execute(rows)}
    return found


def _load_chains(link: sa.Connection, book: Book, order_ids: Any) -> None:  # Any: iterable of ids
    """Every ClOrdID and ExecID that the placements ever used, not only those in force."""
    placement_ids = [p for order_id in order_ids for p in book.placements_of.get(order_id, ())]
    for start in range(0, len(placement_ids), 500):
        some = placement_ids[start : start + 500]
        chains = sa.select(t.cl_ord_ids).where(t.cl_ord_ids.c.placement_id.in_(some))
        for cl_ord_id, placement_id in link.execute(chains):
            book.cl_ord_ids[cl_ord_id] = placement_id
    execution_ids = [e for p in placement_ids for e in book.executions_of.get(p, ())]
    for start in range(0, len(execution_ids), 500):
        some = execution_ids[start : start + 500]
        reported = sa.select(t.exec_ids).where(t.exec_ids.c.execution_id.in_(some))
        for session, exec_id, execution_id in link.execute(reported):
            book.exec_ids[session, exec_id] = execution_id
