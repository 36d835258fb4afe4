"""Pairs: each order is placed only as far as the other has been executed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_restart import proven
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, Leg, SplitOrder
from tradeoms.domain.pair.commands import LinkPair, PairUnit, UnlinkPair
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.kernel.enums import Side

HALF = (Leg(fund="C", quantity=D(500)),)


@dataclass
class Linked:
    """A purchase of 1,000 ABC and a sale of 500 ABC that follows it one to two, within a tenth."""

    house: House
    buy: str
    sell: str
    pair: str

    def refused(self, order: str, quantity: int) -> list[str]:
        command = CreatePlacement(order_id=order, destination="BROKER", quantity=D(quantity))
        return self.house.refused(command, user="tom")

    def fill(self, placement: Any, exec_id: str, quantity: int) -> None:
        self.house.hear(fill(placement["cl_ord_id"], exec_id, quantity, "99.50"))


def linked_in(house: House, **changes: Any) -> Linked:
    buy = house.order(1)["id"]
    sell = house.order(2, side=Side.SELL, quantity=D(500), legs=HALF, limit_price=D(99))["id"]
    terms: dict[str, Any] = {"ratio": D("0.5"), "limit": D(10), **changes}
    command = LinkPair(first_order_id=buy, second_order_id=sell, **terms)
    return Linked(house, buy, sell, house.get(command, user="tom")["id"])


@pytest.fixture
def linked(house: House) -> Linked:
    return linked_in(house)


def test_a_leg_is_placed_only_as_far_as_the_other_has_been_executed(linked: Linked) -> None:
    house = linked.house
    assert linked.refused(linked.buy, 101) == ["pair_imbalance"]
    bought = house.place(linked.buy, 100)
    assert linked.refused(linked.buy, 1) == ["pair_imbalance"]
    assert linked.refused(linked.sell, 51) == ["pair_imbalance"]
    sold = house.place(linked.sell, 50)
    linked.fill(bought, "E1", 100)
    assert linked.refused(linked.buy, 1) == ["pair_imbalance"], "the sale is not executed yet"
    linked.fill(sold, "E2", 20)
    house.place(linked.buy, 40)
    assert linked.refused(linked.buy, 1) == ["pair_imbalance"]
    house.place(linked.sell, 50)
    assert linked.refused(linked.sell, 1) == ["pair_imbalance"]
    assert house.book.orders[linked.buy].pair_id == linked.pair


def test_the_refusal_says_how_much_may_be_placed(linked: Linked) -> None:
    command = CreatePlacement(order_id=linked.buy, destination="BROKER", quantity=D(500))
    (problem,) = linked.house.ask(command, user="tom").problems
    assert "100 units may be placed now" in problem.detail


def test_a_limit_in_money_counts_at_the_mark(house: House) -> None:
    linked = linked_in(house, limit=D(1_250), unit=PairUnit.MONEY)
    assert linked.refused(linked.buy, 13) == ["pair_imbalance"]
    house.place(linked.buy, 12)
    assert linked.refused(linked.sell, 13) == ["pair_imbalance"]
    house.place(linked.sell, 12)


def test_no_other_way_leads_past_the_limit(linked: Linked) -> None:
    house = linked.house
    block = house.book.block_of[linked.buy]
    by_block = PlaceBlock(block_id=block, destination="BROKER", quantity=D(101))
    assert house.refused(by_block, user="tom") == ["pair_imbalance"]
    placed = house.place(linked.buy, 60)
    house.hear(said(placed["cl_ord_id"], "new"))
    larger = ReplacePlacement(placement_id=placed["id"], quantity=D(101))
    assert house.refused(larger, user="tom") == ["pair_imbalance"]
    house.get(ReplacePlacement(placement_id=placed["id"], quantity=D(100)), user="tom")
    version = house.book.orders[linked.sell].version
    legs = (Leg(fund="C", quantity=D(900)),)
    amend = AmendOrder(order_id=linked.sell, expected_version=version, quantity=D(900), legs=legs)
    assert house.refused(amend) == ["pair_linked"]
    split = SplitOrder(order_id=linked.sell, client_order_id="p", quantity=D(100))
    assert house.refused(split) == ["pair_linked"]
    other = house.order(3)["id"]
    assert house.refused(MergeOrders(order_ids=(linked.buy, other)), user="tom") == ["pair_linked"]
    version = house.book.orders[linked.sell].version
    house.get(AmendOrder(order_id=linked.sell, expected_version=version, limit_price=D("99.1")))


def test_executions_that_unbalance_are_told_until_they_are_in_step_again(linked: Linked) -> None:
    house = linked.house
    bought, sold = house.place(linked.buy, 100), house.place(linked.sell, 50)
    linked.fill(bought, "E1", 100)
    linked.fill(sold, "E2", 50)
    more = house.place(linked.buy, 100)
    linked.fill(more, "E3", 100)
    assert house.book.pairs[linked.pair].leading == ""
    house.hear(said(sold["cl_ord_id"], "bust", exec_id="B1", exec_ref_id="E2"))
    assert house.book.pairs[linked.pair].leading == linked.buy
    assert linked.refused(linked.buy, 1) == ["pair_imbalance"]
    linked.fill(sold, "E4", 50)
    assert house.book.pairs[linked.pair].leading == ""


def test_an_order_that_is_unlinked_goes_on_alone(linked: Linked) -> None:
    house = linked.house
    house.get(CancelOrder(order_id=linked.sell))
    assert linked.refused(linked.buy, 101) == ["pair_imbalance"], "nothing will follow it"
    no_reason = UnlinkPair(pair_id=linked.pair, reason=" ")
    assert house.refused(no_reason, user="tom") == ["pair_text_invalid"]
    unlink = UnlinkPair(pair_id=linked.pair, reason="the other is gone")
    house.get(unlink, user="tom")
    assert house.refused(unlink, user="tom") == ["pair_over"]
    assert house.book.orders[linked.buy].pair_id == ""
    house.place(linked.buy, 1000)
    assert house.refused(UnlinkPair(pair_id="pai_9", reason="x")) == ["pair_unknown"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"second_order_id": "ord_9"}, "pair_order_unfit"),
        ({"ratio": D(0)}, "pair_ratio_range"),
        ({"limit": D(0)}, "pair_limit_range"),
        ({"limit": D("100.1")}, "pair_limit_range"),
    ],
)
def test_what_cannot_be_a_pair_is_refused(house: House, changes: dict[str, Any], code: str) -> None:
    one, two = house.order(1)["id"], house.order(2)["id"]
    terms = {"first_order_id": one, "second_order_id": two, "ratio": D(1), "limit": D(5)}
    assert house.refused(LinkPair(**{**terms, **changes})) == [code]
    assert "pair_order_unfit" in house.refused(LinkPair(**{**terms, "second_order_id": one}))
    house.get(LinkPair(**terms))
    three = house.order(3)["id"]
    assert house.refused(LinkPair(**{**terms, "first_order_id": three})) == ["pair_order_unfit"]


def test_pairs_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        linked = linked_in(house)
        placed = house.place(linked.buy, 100)
        house.hear(fill(placed["cl_ord_id"], "E1", 100, "99.50"))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        again = Linked(house, linked.buy, linked.sell, linked.pair)
        assert again.refused(linked.buy, 1) == ["pair_imbalance"]
        house.get(UnlinkPair(pair_id=linked.pair, reason="x"), user="tom")
    proven(data)
