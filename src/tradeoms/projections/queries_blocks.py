"""Finds released orders that could be worked together or trade with each other."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.block.cross import Cross, Idle, find_crosses
from tradeoms.domain.block.decide import suggest
from tradeoms.domain.block.state import Block
from tradeoms.domain.cross.state import Cross as Trade
from tradeoms.domain.cross.state import CrossStatus
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.reference.state import Price, Security
from tradeoms.kernel.enums import OrderStatus
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope, cut_rows
from tradeoms.projections.queries import (
    ORDER_COLUMNS,
    Rows,
    allocations_by_order,
    in_scope,
    read_order,
    securities_by_id,
)
from tradeoms.projections.resources_blocks import (
    CrossResource,
    SuggestionResource,
    Suggestions,
)
from tradeoms.projections.resources_text import plain_or_none, security_ref

_WITH_DESK: Final = (
    OrderStatus.RELEASED, OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED, OrderStatus.REJECTED,
)  # fmt: skip
_read_trade: Final = msgspec.json.Decoder(Trade).decode
_read_block: Final = msgspec.json.Decoder(Block).decode
_read_price: Final = msgspec.json.Decoder(Price).decode


def suggested_blocks(link: sa.Connection, scope: Scope) -> Suggestions:
    """The groups of released orders in scope, never placed or merged, that could be one block."""
    rows = [row for row in _with_desk(link, scope) if row.status == OrderStatus.RELEASED]
    placed = _ever_placed(link, [row.id for row in rows])
    free = [row for row in rows if row.id not in placed]
    blocks = _blocks_of(link, free)
    groups = suggest((read_order(row.state) for row in free), blocks)
    securities = securities_by_id(link, (group[0].security_id for group in groups))
    return Suggestions(
        data=[_suggestion(group, securities.get(group[0].security_id)) for group in groups]
    )


def list_found_crosses(link: sa.Connection, scope: Scope, cut: Cut) -> Page[CrossResource]:
    """One page of the pairs of a purchase and a sale in scope that could trade with each other."""
    return cut_rows(
        _found_crosses(link, scope), lambda one: f"{one.buy_order_id} {one.sell_order_id}", cut
    )


def _found_crosses(link: sa.Connection, scope: Scope) -> list[CrossResource]:
    rows = _with_desk(link, scope)
    allocations = allocations_by_order(link, [row.id for row in rows])
    held = _set_aside(link)
    idle = []
    for row in rows:
        order = read_order(row.state)
        if order.phase is not Phase.RELEASED or order.pending is not None:
            continue
        allocation = allocations.get(order.id)
        lacking = (
            (leg.fund, leg.quantity - (allocation.booked(leg.fund) if allocation else ZERO))
            for leg in order.legs
        )
        units = order.quantity - Decimal(row.placed_quantity) - held.get(order.id, ZERO)
        idle.append(Idle(order=order, units=units, lacking=tuple(lacking)))
    crosses = find_crosses(idle)
    securities = securities_by_id(link, (cross.buy.order.security_id for cross in crosses))
    prices = _prices(link, {cross.buy.order.security_id for cross in crosses})
    return [
        _cross(
            cross,
            securities.get(cross.buy.order.security_id),
            prices.get(cross.buy.order.security_id),
        )
        for cross in crosses
    ]


def _set_aside(link: sa.Connection) -> dict[str, Decimal]:
    """Units of orders that wait for the approval of a cross."""
    waiting = t.crosses.c.status == CrossStatus.PROPOSED.value
    held: dict[str, Decimal] = {}
    for state in link.execute(sa.select(t.crosses.c.state).where(waiting)).scalars():
        cross = _read_trade(state)
        for order_id in cross.order_ids:
            held[order_id] = held.get(order_id, ZERO) + cross.quantity
    return held


def _with_desk(link: sa.Connection, scope: Scope) -> Rows:
    """The orders that the desk has, the earliest first."""
    wanted = sa.select(*ORDER_COLUMNS).where(
        t.orders.c.live.is_(sa.true()),
        t.orders.c.status.in_([status.value for status in _WITH_DESK]),
        *in_scope(t.orders.c.id, scope),
    )
    return link.execute(wanted.order_by(t.orders.c.id)).all()


def _ever_placed(link: sa.Connection, ids: list[str]) -> set[str]:
    alone = sa.select(t.placements.c.order_id).where(t.placements.c.order_id.in_(ids))
    shared = sa.select(t.placement_parts.c.order_id).where(t.placement_parts.c.order_id.in_(ids))
    return {*link.execute(alone).scalars(), *link.execute(shared).scalars()}


def _blocks_of(link: sa.Connection, rows: Rows) -> dict[str, Block]:
    """The block of each order."""
    wanted = sa.select(t.blocks.c.state).where(t.blocks.c.id.in_({row.block_id for row in rows}))
    blocks = [_read_block(state) for state in link.execute(wanted).scalars()]
    return {order_id: block for block in blocks for order_id in block.order_ids}


def _prices(link: sa.Connection, ids: set[str]) -> dict[str, Price]:
    wanted = sa.select(t.prices.c.state).where(t.prices.c.security_id.in_(sorted(ids)))
    prices = [_read_price(state) for state in link.execute(wanted).scalars()]
    return {price.security_id: price for price in prices}


def _suggestion(group: list[Order], security: Security | None) -> SuggestionResource:
    first = group[0]
    return SuggestionResource(
        order_ids=tuple(order.id for order in group),
        security=security_ref(security, first.security_id),
        side=first.side.value,
        order_type=first.order_type.value,
        quantity=plain(sum((order.quantity for order in group), ZERO)),
        portfolio_managers=tuple(dict.fromkeys(order.portfolio_manager for order in group)),
    )


def _cross(cross: Cross, security: Security | None, price: Price | None) -> CrossResource:
    buy, sell = cross.buy.order, cross.sell.order
    return CrossResource(
        security=security_ref(security, buy.security_id),
        buy_order_id=buy.id,
        sell_order_id=sell.id,
        buy_funds=tuple(leg.fund for leg in buy.legs),
        sell_funds=tuple(leg.fund for leg in sell.legs),
        buy_limit_price=plain_or_none(buy.limit_price),
        sell_limit_price=plain_or_none(sell.limit_price),
        quantity=plain(cross.quantity),
        mark=plain_or_none(price.price if price else None),
        mark_as_of=price.as_of.isoformat() if price else None,
    )
