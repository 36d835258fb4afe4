"""Stories about several orders: they are released, merged into a block and worked together."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any, Final

import msgspec

from tests.domain.story import (
    BLOCK,
    RELEASED,
    Story,
    checked,
    created,
    fill,
    legs,
    report,
    sent,
    world,
)
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock
from tradeoms.domain.block.share import pool_of
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.numbers import to_minor
from tradeoms.projections.book import Book

ONE, TWO, THREE = "ord_1", "ord_2", "ord_3"
BUYS: Final = {ONE: legs(A=600, B=400), TWO: legs(A=300), THREE: legs(B=200)}


def an_order(order_id: str, **changes: Any) -> tuple[object, ...]:
    """A released order in a block of its own."""
    number = order_id.partition("_")[2]
    units = changes.pop("legs", BUYS.get(order_id))
    quantity = sum((leg.quantity for leg in units), D(0))
    return (
        created(
            order_id=order_id,
            client_order_id=f"c{number}",
            legs=units,
            quantity=quantity,
            **changes,
        ),
        checked(order_id=order_id, check_id=f"chk_{number}"),
        replace(RELEASED, order_id=order_id),
        replace(BLOCK, block_id=f"blk_{number}", order_ids=(order_id,)),
    )


def orders(*order_ids: str, **changes: Any) -> Story:
    """A story in which the desk has these orders, each alone."""
    story = Story(*world())
    for order_id in order_ids:
        story.given(*an_order(order_id, **changes))
    return story


def merged(*order_ids: str, **changes: Any) -> tuple[Story, str]:
    """These orders in one block, and its id."""
    story = orders(*(order_ids or (ONE, TWO)), **changes)
    story.when(MergeOrders(order_ids=order_ids or (ONE, TWO)), user="tom")
    return story, answer(story)["id"]


def answer(story: Story) -> dict[str, Any]:
    assert isinstance(story.answer, bytes), story.answer
    found: dict[str, Any] = msgspec.json.decode(story.answer)
    return found


def place(story: Story, block_id: str, quantity: int, **changes: Any) -> Placement:
    """Route units of a block; the broker accepts them."""
    command = PlaceBlock(block_id=block_id, destination="BROKER", quantity=D(quantity), **changes)
    story.when(command, user="tom")
    placement = story.book.placements[answer(story)["id"]]
    story.given(sent(placement.cl_ord_id, placement.id))
    story.told(report("new", cl_ord_id=placement.cl_ord_id))
    return story.book.placements[placement.id]


def filled(
    story: Story, placement: Placement, exec_id: str, quantity: int, price: int | str = 100
) -> None:
    now = story.book.placements[placement.id]
    story.told(fill(exec_id, quantity, price, cl_ord_id=now.cl_ord_id))
    check_blocks(story.book)


def got(story: Story) -> dict[str, dict[str, D]]:
    """What each fund has of each order."""
    return {
        key: {share.fund: share.quantity for share in allocation.shares if share.quantity}
        for key, allocation in story.book.allocations.items()
    }


def check_blocks(book: Book) -> None:
    """Assert what must hold of everything that orders share."""
    pools: dict[tuple[str, ...], list[Placement]] = {}
    for placement in book.placements.values():
        if not placement.parts:
            continue
        pools.setdefault(placement.order_ids, []).append(placement)
        shared = [
            s for e in book.executions_of.get(placement.id, ()) for s in book.executions[e].shared
        ]
        for part in placement.parts:
            mine = [units for order_id, _, units in shared if order_id == part.order_id]
            assert part.booked == sum(mine, D(0))
    notional, cost = D(0), 0
    for placements in pools.values():
        for on in {day.on for placement in placements for day in placement.days}:
            pool = pool_of(placements[0], placements, on)
            assert sum(pool.notionals(), D(0)) == pool.notional
            notional += pool.notional
            cost += to_minor(pool.notional, "USD")
    allocations = book.allocations.values()
    assert sum((each.shared_notional for each in allocations), D(0)) == notional
    assert sum(each.shared_cost_minor for each in allocations) == cost
