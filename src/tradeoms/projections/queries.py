"""Reads the read models for REST: single rows, and what rows of other tables add to them.

Every function takes a connection and a `Scope`; a row outside the scope is as if it did not exist,
and the legs, shares and cells of other funds are left out of the rows inside it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.block.state import Block
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.order.state import Order
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.domain.reference.state import Security
from tradeoms.journal.database import open_engine
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.resources import (
    block_resource,
    execution_resource,
    order_resource,
    placement_resource,
)
from tradeoms.projections.resources_allocations import allocation_resources
from tradeoms.projections.resources_schema import (
    AllocationResource,
    BlockResource,
    ExecutionResource,
    OrderResource,
    PlacementResource,
)
from tradeoms.projections.resources_shares import execution_share, placement_share

read_order: Final = msgspec.json.Decoder(Order).decode
read_placement: Final = msgspec.json.Decoder(Placement).decode
read_execution: Final = msgspec.json.Decoder(Execution).decode
read_allocation: Final = msgspec.json.Decoder(Allocation).decode
read_booking: Final = msgspec.json.Decoder(Booking).decode
read_block: Final = msgspec.json.Decoder(Block).decode
read_security: Final = msgspec.json.Decoder(Security).decode

ORDER_COLUMNS: Final = (
    t.orders.c.id,
    t.orders.c.seq,
    t.orders.c.status,
    t.orders.c.security_id,
    t.orders.c.block_id,
    t.orders.c.placed_quantity,
    t.orders.c.state,
)

Rows = Sequence[Any]  # Any: rows of the columns asked for


def open_reader(url: str) -> sa.Engine:
    """Open the database for the queries of a door: every connection refuses to write."""
    return open_engine(url, read_only=True)


def in_scope(order_id: sa.ColumnElement[str], scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that the order may be seen in ``scope``; none for who sees all."""
    return (*of_funds(order_id, scope), *unless_hidden(order_id, scope))


def unless_hidden(
    order_id: sa.ColumnElement[str], scope: Scope
) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that the order was submitted, or is a draft that ``scope`` shows."""
    if scope.drafts is None:
        return ()
    draft, fund = t.orders.alias("draft").c, t.order_funds.c
    shared = sa.select(sa.literal(1)).where(
        fund.order_id == draft.id, fund.fund.in_(sorted(scope.drafts.funds))
    )
    hidden = sa.select(sa.literal(1)).where(
        draft.id == order_id,
        draft.drafted_by.not_in(("", scope.drafts.user)),
        draft.portfolio_manager != scope.drafts.user,
        ~shared.exists(),
    )
    return (~hidden.exists(),)


def of_funds(order_id: sa.ColumnElement[str], scope: Scope) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that one of the order's funds is in ``scope``; none for every fund.

    Enough for what only an order has that was submitted: placements and what follows them.
    """
    if scope.funds is None:
        return ()
    shared = sa.select(sa.literal(1)).where(
        t.order_funds.c.fund.in_(scope.names), t.order_funds.c.order_id == order_id
    )
    return (shared.exists(),)


def placement_in_scope(
    placement_id: sa.ColumnElement[str], order_id: sa.ColumnElement[str], scope: Scope
) -> tuple[sa.ColumnElement[bool], ...]:
    """The condition that a placement executes an order in ``scope``: its own, or one of its parts.

    ``order_id`` is the block's where orders share it; an order that joined later has no part.
    """
    if scope.funds is None:
        return ()
    part = t.placement_parts.c
    shared = sa.select(sa.literal(1)).where(part.placement_id == placement_id)
    mine = shared.where(*of_funds(part.order_id, scope))
    return (*of_funds(order_id, scope), sa.or_(~shared.exists(), mine.exists()))


def partly_seen(
    link: sa.Connection, placement_ids: Iterable[str], scope: Scope
) -> dict[str, frozenset[str]]:
    """Those of these placements of which not every order is in ``scope``, with those that are."""
    if scope.funds is None:
        return {}
    part = t.placement_parts.c
    (mine,) = of_funds(part.order_id, scope)
    wanted = sa.select(part.placement_id, part.order_id, mine.label("mine")).where(
        part.placement_id.in_(sorted(set(placement_ids)))
    )
    seen: dict[str, set[str]] = {}
    partly: set[str] = set()
    for row in link.execute(wanted):
        orders = seen.setdefault(row.placement_id, set())
        if row.mine:
            orders.add(row.order_id)
        else:
            partly.add(row.placement_id)
    return {placement_id: frozenset(seen[placement_id]) for placement_id in partly}


def shared_orders(link: sa.Connection, placement_ids: Iterable[str]) -> dict[str, list[str]]:
    """The orders of those of these placements that orders of a block share."""
    part, found = t.placement_parts.c, dict[str, list[str]]()
    wanted = sorted(set(placement_ids))
    for start in range(0, len(wanted), 500):
        some = sa.select(t.placement_parts).where(
            part.placement_id.in_(wanted[start : start + 500])
        )
        for row in link.execute(some):
            found.setdefault(row.placement_id, []).append(row.order_id)
    return found


def state_field(link: sa.Connection, table: sa.Table, name: str) -> sa.ColumnElement[str]:
    """A text field of the JSON in `state`, as each database reads it."""
    if link.dialect.name == "sqlite":
        return sa.func.json_extract(table.c.state, f"$.{name}", type_=sa.Text)
    facts: Any = sa.cast(table.c.state, sa.JSON)  # Any: indexed by a field's name
    field: sa.ColumnElement[str] = facts[name].as_string()
    return field


def securities_by_id(link: sa.Connection, ids: Iterable[str]) -> dict[str, Security]:
    """The securities of these ids."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    found = sa.select(t.securities.c.id, t.securities.c.state).where(t.securities.c.id.in_(wanted))
    return {row.id: read_security(row.state) for row in link.execute(found)}


def allocations_by_order(link: sa.Connection, ids: Collection[str]) -> dict[str, Allocation]:
    """The allocations of these orders."""
    table = t.allocations
    found = sa.select(table.c.order_id, table.c.state).where(table.c.order_id.in_(sorted(ids)))
    return {row.order_id: read_allocation(row.state) for row in link.execute(found)} if ids else {}


def bookings_by_order(link: sa.Connection, ids: Collection[str]) -> dict[str, list[Booking]]:
    """The bookings of these orders, oldest day first."""
    table = t.bookings
    wanted = sa.select(table.c.state).where(table.c.order_id.in_(sorted(ids)))
    found: dict[str, list[Booking]] = {}
    for (state,) in link.execute(wanted.order_by(table.c.id)):
        booking = read_booking(state)
        found.setdefault(booking.order_id, []).append(booking)
    return found


def fact_row(link: sa.Connection, name: str) -> Any:  # Any: a row of `seq` and `value`
    """What is loaded as one thing under ``name``, e.g. `routing`; `None` where nothing is."""
    facts = t.facts.c
    return link.execute(sa.select(facts.seq, facts.value).where(facts.name == name)).first()


def show_orders(link: sa.Connection, rows: Rows, scope: Scope) -> list[OrderResource]:
    """Rows of `ORDER_COLUMNS` as resources, with what is booked."""
    securities = securities_by_id(link, (row.security_id for row in rows))
    allocations = allocations_by_order(link, [row.id for row in rows])
    return [
        order_resource(
            read_order(row.state),
            seq=row.seq,
            status=row.status,
            placed_quantity=Decimal(row.placed_quantity),
            block_id=row.block_id,
            security=securities.get(row.security_id),
            allocation=allocations.get(row.id),
            funds=scope.funds,
        )
        for row in rows
    ]


def show_placements(link: sa.Connection, rows: Rows, scope: Scope) -> list[PlacementResource]:
    """Rows with `seq` and `state` as resources; as shares where orders are outside ``scope``."""
    states = [(row.seq, read_placement(row.state)) for row in rows]
    securities = securities_by_id(link, (state.security_id for _, state in states))
    partly = partly_seen(link, (state.id for _, state in states), scope)
    shown = []
    for seq, state in states:
        whole = placement_resource(state, seq=seq, security=securities.get(state.security_id))
        orders = partly.get(state.id)
        shown.append(whole if orders is None else placement_share(whole, state, orders))
    return shown


def show_executions(link: sa.Connection, rows: Rows, scope: Scope) -> list[ExecutionResource]:
    """Rows with `seq` and `state` as resources; as shares where orders are outside ``scope``."""
    states = [(row.seq, read_execution(row.state)) for row in rows]
    securities = securities_by_id(link, (state.security_id for _, state in states))
    partly = partly_seen(link, (state.placement_id for _, state in states), scope)
    shown = []
    for seq, state in states:
        narrowed = execution_resource(
            state, seq=seq, security=securities.get(state.security_id), funds=scope.funds
        )
        orders = partly.get(state.placement_id)
        shown.append(narrowed if orders is None else execution_share(narrowed, state, orders))
    return shown


def show_allocations(link: sa.Connection, rows: Rows, scope: Scope) -> list[AllocationResource]:
    """Rows with `seq` and `state` as resources, several a row."""
    states = [(row.seq, read_allocation(row.state)) for row in rows]
    bookings = bookings_by_order(link, [allocation.order_id for _, allocation in states])
    return [
        resource
        for seq, allocation in states
        for resource in allocation_resources(
            allocation, seq=seq, bookings=bookings.get(allocation.order_id, ()), funds=scope.funds
        )
    ]


def show_blocks(link: sa.Connection, rows: Rows, scope: Scope) -> list[BlockResource]:
    """Rows with `seq` and `state` as resources: with the orders in ``scope``, or left out."""
    states = [(row.seq, read_block(row.state)) for row in rows]
    securities = securities_by_id(link, (state.security_id for _, state in states))
    wanted = sorted({order_id for _, state in states for order_id in state.order_ids})
    found = sa.select(*ORDER_COLUMNS).where(
        t.orders.c.id.in_(wanted), *in_scope(t.orders.c.id, scope)
    )
    orders = {
        row.id: (read_order(row.state), row.status, Decimal(row.placed_quantity))
        for row in link.execute(found)
    }
    return [
        block_resource(
            state,
            seq=seq,
            orders=[orders[order_id] for order_id in state.order_ids if order_id in orders],
            security=securities.get(state.security_id),
        )
        for seq, state in states
        if not state.order_ids or not orders.keys().isdisjoint(state.order_ids)
    ]


def one_order(link: sa.Connection, order_id: str, scope: Scope) -> OrderResource | None:
    """The order, if it is in scope."""
    table = t.orders
    wanted = sa.select(*ORDER_COLUMNS).where(table.c.id == order_id, *in_scope(table.c.id, scope))
    shown = show_orders(link, link.execute(wanted).all(), scope)
    return shown[0] if shown else None


def one_placement(link: sa.Connection, placement_id: str, scope: Scope) -> PlacementResource | None:
    """The placement, if one of its orders is in scope."""
    table = t.placements
    wanted = sa.select(table.c.seq, table.c.state).where(
        table.c.id == placement_id, *placement_in_scope(table.c.id, table.c.order_id, scope)
    )
    shown = show_placements(link, link.execute(wanted).all(), scope)
    return shown[0] if shown else None


def one_execution(link: sa.Connection, execution_id: str, scope: Scope) -> ExecutionResource | None:
    """The execution, if an order of its placement is in scope."""
    table = t.executions
    wanted = sa.select(table.c.seq, table.c.state).where(
        table.c.id == execution_id,
        *placement_in_scope(table.c.placement_id, table.c.order_id, scope),
    )
    shown = show_executions(link, link.execute(wanted).all(), scope)
    return shown[0] if shown else None


def one_block(link: sa.Connection, block_id: str, scope: Scope) -> BlockResource | None:
    """The block, if one of its orders is in scope, or all have left it."""
    table = t.blocks
    wanted = sa.select(table.c.seq, table.c.state).where(table.c.id == block_id)
    shown = show_blocks(link, link.execute(wanted).all(), scope)
    return next(iter(shown), None)
