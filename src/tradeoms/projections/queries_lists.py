"""Lists of everything but orders: what desk, control, book and reference data show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.breaks.state import Break
from tradeoms.domain.case.state import Case, Run
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.domain.dropcopy.state import Copy
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.reference.state import (
    ApiKey,
    CashBalance,
    Destination,
    Fund,
    FxRate,
    Position,
    Price,
    User,
)
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.domain.session.state import Action
from tradeoms.domain.waiver.state import Hit, Waiver
from tradeoms.projections import resources_breaks as breaks
from tradeoms.projections import resources_cases as cases
from tradeoms.projections import resources_confirmations as confirmations
from tradeoms.projections import resources_control as control
from tradeoms.projections import resources_copies as copies
from tradeoms.projections import resources_desk as desk
from tradeoms.projections import resources_reference as reference
from tradeoms.projections import resources_sessions as sessions
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope, Walk, beyond, fetch, leg
from tradeoms.projections.queries import (
    Rows,
    of_funds,
    partly_seen,
    placement_in_scope,
    read_security,
    securities_by_id,
    show_allocations,
    show_blocks,
    show_executions,
    show_placements,
    state_field,
)
from tradeoms.projections.queries_programs import inside_order_lists, show_order_lists
from tradeoms.projections.resources_shares import break_share, copy_share
from tradeoms.projections.resources_text import stamps_of
from tradeoms.projections.touched import STAMPED

Test = Callable[[sa.Connection, Scope], Sequence[sa.ColumnElement[bool]]]
Show = Callable[[sa.Connection, Rows, Scope], list[Any]]  # Any: the list's own resource

_read_instruction: Final = msgspec.json.Decoder(AllocationInstruction).decode
_read_position: Final = msgspec.json.Decoder(Position).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How a table is listed.

    Attributes:
        key: Primary key columns, the order of the list.
        show: Rows of key, `seq` and `state` to resources.
        inside: Conditions that a row is in a scope.
        descending: Newest first.
    """

    table: sa.Table
    key: tuple[str, ...]
    show: Show
    inside: Test
    descending: bool = True


def list_rows(
    link: sa.Connection,
    listing: Listing,
    want: Mapping[str, str | Sequence[str]],
    scope: Scope,
    cut: Cut,
    *also: sa.ColumnElement[bool],
) -> Page[Any]:
    """One page of a table.

    Args:
        link: Connection.
        listing: Which table.
        want: Column to value, or to values of which one must hold.
        scope: What the person may see.
        cut: Which part.
        also: Further conditions.
    """
    table = listing.table
    key = tuple(table.c[name] for name in listing.key)
    residue = [*listing.inside(link, scope), *also]
    for name, value in want.items():
        if name == "order_id" and table in _SHARED:
            residue += [_of_order(table, str(value)), *of_funds(sa.literal(value), scope)]
            continue
        column = table.c[name]
        residue.append(column == value if isinstance(value, str) else column.in_(value))
    walk = Walk(
        table=table,
        key=key,
        legs=_legs(listing, key, want, cut),
        residue=tuple(residue),
        descending=listing.descending,
    )
    columns = (*key, *_told(table))
    rows, following = fetch(link, walk, columns, cut.limit)
    return Page(listing.show(link, rows, scope), following)


def one_row(link: sa.Connection, listing: Listing, key: Sequence[str | int], scope: Scope) -> Any:
    """The resource of ``key``, `None` where there is none in scope. Any: as `Listing.show`."""
    table = listing.table
    here = [table.c[name] == value for name, value in zip(listing.key, key, strict=True)]
    wanted = sa.select(*(table.c[name] for name in listing.key), *_told(table))
    rows = link.execute(wanted.where(*here, *listing.inside(link, scope))).all()
    return next(iter(listing.show(link, rows, scope)), None)


def _told(table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """The columns that a resource is made of, beside the key."""
    stamps = ("created_at", "updated_at") if table.name in STAMPED else ()
    return [table.c[name] for name in ("seq", "state", *stamps)]


def _legs(
    listing: Listing,
    key: tuple[sa.ColumnElement[Any], ...],
    want: Mapping[str, str | Sequence[str]],
    cut: Cut,
) -> Callable[[int], list[sa.Select[Any]]]:
    """Walk an index of a single order, placement or fund where one is asked for."""
    behind = beyond(key, cut.after, descending=listing.descending)
    narrow = [
        listing.table.c[name] == want[name]
        for name in ("order_id", "placement_id", "proposal_id", "fund", "rule_id")
        if isinstance(want.get(name), str) and not (name == "order_id" and listing.table in _SHARED)
    ]
    return lambda count: [leg(key, *narrow, *behind, count=count, descending=listing.descending)]


def _of_order(table: sa.Table, order_id: str) -> sa.ColumnElement[bool]:
    """The rows of an order's own placements, and of those it shares with others of its block."""
    placement = _SHARED[table]
    shared = sa.select(t.placement_parts.c.placement_id).where(
        t.placement_parts.c.order_id == order_id
    )
    return sa.or_(table.c.order_id == order_id, placement.in_(shared))


def _by_order(table: sa.Table) -> Test:
    return lambda _link, scope: of_funds(table.c.order_id, scope)


def _by_placement(table: sa.Table) -> Test:
    placement, order = _SHARED[table], table.c.order_id
    return lambda _link, scope: placement_in_scope(placement, order, scope)


def _by_fund(table: sa.Table, column: str = "fund") -> Test:
    def inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
        return () if scope.funds is None else (table.c[column].in_(scope.names),)

    return inside


def _open_to_all(_link: sa.Connection, _scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return ()


def _hit_inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """The order is in scope, and the cell is of a fund in scope or of no single fund."""
    if scope.funds is None:
        return ()
    fund = t.hits.c.fund
    of_no_fund = fund.not_in(sa.select(t.funds.c.code))
    return (*of_funds(t.hits.c.order_id, scope), sa.or_(fund.in_(scope.names), of_no_fund))


def _break_inside(link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return _placed(scope, state_field(link, t.breaks, "placement_id"))


def _copy_inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return _placed(scope, t.drop_copies.c.placement_id)


def _instruction_inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    return _placed(scope, t.allocation_instructions.c.placement_id)


def _show_instructions(_link: sa.Connection, rows: Rows, scope: Scope) -> list[Any]:
    """Instructions with the lines of funds in scope."""
    return [
        confirmations.instruction_resource(
            _read_instruction(row.state), seq=row.seq, funds=scope.funds
        )
        for row in rows
    ]


def _placed(scope: Scope, placement_id: sa.ColumnElement[Any]) -> Sequence[sa.ColumnElement[bool]]:
    """The placement is of an order in scope; what has none shows to who sees every fund."""
    if scope.funds is None:
        return ()
    placed = t.placements.c
    seen = placement_in_scope(placed.id, placed.order_id, scope)
    return (sa.select(sa.literal(1)).where(placed.id == placement_id, *seen).exists(),)


def _plainly(kind: type[Any], make: Callable[..., Any]) -> Show:  # Any: the two fit together
    """Show rows whose resource needs nothing but the state and seq."""
    read: Callable[[str], Any] = msgspec.json.Decoder(kind).decode
    return lambda _link, rows, _scope: [make(read(row.state), seq=row.seq) for row in rows]


def _stamped(kind: type[Any], make: Callable[..., Any]) -> Show:  # Any: as `_plainly`
    """As `_plainly`, for tables whose rows tell when they came and last changed."""
    read: Callable[[str], Any] = msgspec.json.Decoder(kind).decode
    return lambda _link, rows, _scope: [
        make(read(row.state), seq=row.seq, stamps=stamps_of(row)) for row in rows
    ]


def _about_placements(
    kind: type[Any], make: Callable[..., Any], share: Callable[[Any], Any]
) -> Show:  # Any: as `_plainly`
    """As `_plainly`, for what is about a placement: a share where its orders are not all seen."""
    show_whole = _plainly(kind, make)

    def show(link: sa.Connection, rows: Rows, scope: Scope) -> list[Any]:
        shown = show_whole(link, rows, scope)
        partly = partly_seen(link, (one.placement_id or "" for one in shown), scope)
        return [share(one) if one.placement_id in partly else one for one in shown]

    return show


def show_positions(link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    """Rows with `seq` and `state` as resources."""
    states = [(row, _read_position(row.state)) for row in rows]
    securities = securities_by_id(link, (state.security_id for _, state in states))
    return [
        reference.position_resource(
            state, seq=row.seq, stamps=stamps_of(row), security=securities.get(state.security_id)
        )
        for row, state in states
    ]


def _show_waivers(link: sa.Connection, rows: Rows, scope: Scope) -> list[Any]:
    found = _plainly(Waiver, control.waiver_resource)(link, rows, scope)
    if scope.funds is None:
        return found
    return [control.narrow_waiver(one)(scope.funds) for one in found]


def _show_securities(_link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:
    return [
        reference.security_resource(read_security(row.state), seq=row.seq, stamps=stamps_of(row))
        for row in rows
    ]


#: Tables of what orders of a block may share, and the column that names the placement.
_SHARED: Final = {
    t.placements: t.placements.c.id, t.executions: t.executions.c.placement_id,
}  # fmt: skip
BLOCKS: Final = Listing(table=t.blocks, key=("id",), show=show_blocks, inside=_open_to_all)
PLACEMENTS: Final = Listing(
    table=t.placements, key=("id",), show=show_placements, inside=_by_placement(t.placements)
)
EXECUTIONS: Final = Listing(
    table=t.executions, key=("id",), show=show_executions, inside=_by_placement(t.executions)
)
ALLOCATIONS: Final = Listing(
    table=t.allocations, key=("order_id",), show=show_allocations, inside=_by_order(t.allocations)
)
HITS: Final = Listing(
    table=t.hits, key=("id",), show=_plainly(Hit, control.hit_resource), inside=_hit_inside,
)  # fmt: skip
BREACHES: Final = Listing(
    table=t.breaches, key=("id",), show=_plainly(Case, cases.breach_resource),
    inside=_by_fund(t.breaches),
)  # fmt: skip
RUNS: Final = Listing(
    table=t.runs, key=("id",), show=_plainly(Run, cases.run_resource), inside=_open_to_all,
)  # fmt: skip
WAIVERS: Final = Listing(
    table=t.waivers, key=("id",), show=_show_waivers, inside=_by_order(t.waivers),
)  # fmt: skip
BREAKS: Final = Listing(
    table=t.breaks, key=("id",),
    show=_about_placements(Break, breaks.break_resource, break_share),
    inside=_break_inside,
)  # fmt: skip
INSTRUCTIONS: Final = Listing(
    table=t.allocation_instructions, key=("id",), show=_show_instructions,
    inside=_instruction_inside,
)  # fmt: skip
CONFIRMATIONS: Final = Listing(
    table=t.confirmations, key=("id",),
    show=_plainly(Confirmation, confirmations.confirmation_resource),
    inside=_by_fund(t.confirmations),
)  # fmt: skip
COPIES: Final = Listing(
    table=t.drop_copies, key=("id",),
    show=_about_placements(Copy, copies.copy_resource, copy_share),
    inside=_copy_inside,
)  # fmt: skip
KILL_SWITCHES: Final = Listing(
    table=t.kill_switches, key=("id",), show=_plainly(KillSwitch, control.kill_switch_resource),
    inside=_open_to_all,
)  # fmt: skip
ORDER_LISTS: Final = Listing(
    table=t.order_lists, key=("id",), show=show_order_lists, inside=inside_order_lists,
)  # fmt: skip
IMPORT_MAPPINGS: Final = Listing(
    table=t.import_mappings, key=("name",),
    show=_plainly(ImportMapping, desk.import_mapping_resource), inside=_open_to_all,
    descending=False,
)  # fmt: skip
SESSION_ACTIONS: Final = Listing(
    table=t.session_actions, key=("id",),
    show=_plainly(Action, sessions.session_action_resource), inside=_open_to_all,
)  # fmt: skip
RULES: Final = Listing(
    table=t.rules, key=("rule_id", "version"), show=_plainly(RuleVersion, control.rule_resource),
    inside=_open_to_all, descending=False,
)  # fmt: skip
FUNDS: Final = Listing(
    table=t.funds, key=("code",), show=_stamped(Fund, reference.fund_resource),
    inside=_by_fund(t.funds, "code"), descending=False,
)  # fmt: skip
SECURITIES: Final = Listing(
    table=t.securities, key=("id",), show=_show_securities, inside=_open_to_all, descending=False
)
PRICES: Final = Listing(
    table=t.prices, key=("security_id",), show=_stamped(Price, reference.price_resource),
    inside=_open_to_all, descending=False,
)  # fmt: skip
RATES: Final = Listing(
    table=t.rates, key=("base", "to"), show=_plainly(FxRate, reference.rate_resource),
    inside=_open_to_all, descending=False,
)  # fmt: skip
DESTINATIONS: Final = Listing(
    table=t.destinations, key=("name",),
    show=_stamped(Destination, reference.destination_resource), inside=_open_to_all,
    descending=False,
)  # fmt: skip
POSITIONS: Final = Listing(
    table=t.positions, key=("fund", "security_id"), show=show_positions,
    inside=_by_fund(t.positions), descending=False,
)  # fmt: skip
CASH: Final = Listing(
    table=t.cash, key=("fund", "currency"), show=_stamped(CashBalance, reference.cash_resource),
    inside=_by_fund(t.cash), descending=False,
)  # fmt: skip
USERS: Final = Listing(
    table=t.users, key=("id",), show=_stamped(User, reference.user_resource),
    inside=_open_to_all, descending=False,
)  # fmt: skip
KEYS: Final = Listing(
    table=t.api_keys, key=("id",), show=_stamped(ApiKey, reference.key_resource),
    inside=_open_to_all, descending=False,
)  # fmt: skip
