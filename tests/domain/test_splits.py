"""Orders that are split: two orders that together are the one, fund by fund."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.domain.block_story import ONE, answer, orders
from tests.domain.story import created, happened, legs
from tests.domain.story import place as place_order
from tradeoms.domain.order.commands import AmendOrder, CreateOrder, Leg, SplitOrder
from tradeoms.domain.order.events import OrderAmended, OrderChecked, OrderCreated
from tradeoms.domain.order.split import decide_split
from tradeoms.domain.order.state import create
from tradeoms.kernel.decider import Rejected


def ask(**changes: Any) -> SplitOrder:
    return SplitOrder(order_id=ONE, client_order_id="part", **changes)


def test_a_part_of_every_fund_becomes_an_order_of_its_own() -> None:
    story = orders(ONE).when(ask(quantity=D(500)), user="pm")
    story.then(
        happened(OrderAmended, order_id=ONE, legs=legs(A=300, B=200)),
        happened(OrderChecked, order_id=ONE),
        happened(OrderCreated, split_from=ONE, legs=legs(A=300, B=200), client_order_id="part"),
        happened(OrderChecked),
    )
    part = story.book.orders[answer(story)["id"]]
    assert (part.phase.value, story.book.orders[ONE].phase.value) == ("approved", "released")


def test_the_part_of_one_fund_becomes_an_order_of_its_own() -> None:
    story = orders(ONE).when(ask(legs=legs(B=400)), user="pm")
    assert story.book.orders[ONE].legs == legs(A=600)
    assert story.book.orders[answer(story)["id"]].legs == legs(B=400)


def test_a_refused_split_changes_nothing() -> None:
    story = orders(ONE)
    story.when(ask(), user="pm").refused("split_unstated")
    story.when(ask(quantity=D(1), legs=legs(A=1)), user="pm").refused("split_unstated")
    story.when(ask(quantity=D(1000)), user="pm").refused("split_too_large")
    story.when(ask(legs=legs(A=601)), user="pm").refused("split_too_large")
    story.when(ask(quantity=D("0.5")), user="pm").refused(*["quantity_not_in_lots"] * 2)
    again = SplitOrder(order_id=ONE, client_order_id="c1", quantity=D(1))
    story.when(again, user="pm").refused("client_order_id_used")
    assert story.book.orders[ONE].legs == legs(A=600, B=400)
    story.when(place_order(1), user="tom")
    story.when(ask(quantity=D(1)), user="pm").refused("split_worked")


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=9), st.data())
def test_the_two_together_are_the_one(units: list[int], data: st.DataObject) -> None:
    funds = tuple(Leg(fund=f"F{n}", quantity=D(count)) for n, count in enumerate(units))
    order = create(created(legs=funds, quantity=D(sum(units))))
    command = ask(quantity=D(data.draw(st.integers(1, max(1, sum(units) - 1)))))
    decided = decide_split(command, order, worked=False, lot=D(1))
    if isinstance(decided, Rejected):
        assert sum(units) == 1
        return
    rest, part = decided
    assert isinstance(rest, AmendOrder)
    assert isinstance(part, CreateOrder)
    together: dict[str, D] = {}
    for leg in (*(rest.legs or ()), *part.legs):
        together[leg.fund] = together.get(leg.fund, D(0)) + leg.quantity
    assert together == {leg.fund: leg.quantity for leg in funds}
