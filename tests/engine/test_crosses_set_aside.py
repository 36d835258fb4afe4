"""Units that wait for the approval of a cross: placed by nobody, crossed by nobody, free again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, facts, fill, opened
from tests.engine.test_crosses import Later, Pair, pair_of
from tests.engine.test_restart import proven
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock
from tradeoms.domain.cross.commands import ApproveCross, LapseCrosses, RefuseCross
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, Leg
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.routing.commands import LoadRoutingRules, RouteOrder
from tradeoms.domain.routing.state import RoutingRule

SET_ASIDE = ["cross_units_set_aside"]


@pytest.fixture
def pair(house: House) -> Pair:
    return pair_of(house)


def place(order_id: str, quantity: int) -> CreatePlacement:
    return CreatePlacement(order_id=order_id, destination="BROKER", quantity=D(quantity))


def test_units_of_a_waiting_cross_are_not_placed(pair: Pair) -> None:
    house = pair.house
    name = pair.propose(300)
    for order_id, free in ((pair.buy, 700), (pair.sell, 200)):
        assert house.refused(place(order_id, free + 1), user="tom") == SET_ASIDE
        assert house.place(order_id, free)["order_qty"] == str(free)
        assert house.refused(place(order_id, 1), user="tom") == SET_ASIDE
    assert house.refused(place(pair.buy, 1001), user="tom") == ["placement_exceeds_order"]
    house.get(ApproveCross(cross_id=name), user="cora")
    assert house.book.orders[pair.buy].cum_qty == D(300)
    assert house.refused(place(pair.buy, 1), user="tom") == ["placement_exceeds_order"]


def test_a_refusal_tells_what_is_set_aside_for_which_cross_and_what_is_free(pair: Pair) -> None:
    name = pair.propose(300)
    answer = pair.house.ask(place(pair.buy, 800), user="tom")
    (told,) = answer.problems
    assert told.detail == (
        f"300 of the 1000 units that are not placed are set aside for {name} until it is approved, "
        "refused or lapsed; 700 are free"
    )


def test_units_of_a_waiting_cross_are_not_used_by_a_second_one(pair: Pair) -> None:
    first = pair.propose(300)
    assert pair.house.refused(pair.wish(201), user="tom") == SET_ASIDE
    second = pair.propose(200)
    for name in (second, first):
        pair.house.get(ApproveCross(cross_id=name), user="cora")
    assert pair.house.book.orders[pair.sell].cum_qty == D(500)


def test_a_working_placement_does_not_grow_into_them(pair: Pair) -> None:
    house = pair.house
    placement = house.place(pair.buy, 500)
    pair.propose(300)
    grow = ReplacePlacement(placement_id=placement["id"], quantity=D(701))
    assert house.refused(grow, user="tom") == SET_ASIDE
    house.get(ReplacePlacement(placement_id=placement["id"], quantity=D(700)), user="tom")


def test_a_block_places_what_is_left_of_its_orders(pair: Pair) -> None:
    house = pair.house
    pair.propose(300)
    second = house.order(5)["id"]
    block = house.get(MergeOrders(order_ids=(pair.buy, second)), user="tom")["id"]
    whole = PlaceBlock(block_id=block, destination="BROKER", quantity=D(1701))
    assert house.refused(whole, user="tom") == SET_ASIDE
    rest = PlaceBlock(block_id=block, destination="BROKER", quantity=D(1600))
    placement = house.book.placements[house.get(rest, user="tom")["id"]]
    assert placement.part_of(pair.buy).quantity <= D(700)
    grow = ReplacePlacement(placement_id=placement.id, quantity=D(1701))
    assert house.refused(grow, user="tom") == SET_ASIDE


def test_routing_takes_what_is_free_and_says_so_where_nothing_is(pair: Pair) -> None:
    house = pair.house
    rule = RoutingRule(id="r", destinations=("BROKER",))
    house.get(LoadRoutingRules(rules=(rule,)), user="olga")
    pair.propose(500)
    assert house.refused(RouteOrder(order_id=pair.sell, place=True), user="tom") == SET_ASIDE
    placed = house.get(RouteOrder(order_id=pair.buy, place=True), user="tom")["placement"]
    assert placed["order_qty"] == "500"


def test_a_refused_cross_sets_its_units_free(pair: Pair) -> None:
    name = pair.propose(500)
    pair.house.get(RefuseCross(cross_id=name, reason="taken back"), user="tom")
    pair.house.place(pair.buy, 1000)
    pair.house.place(pair.sell, 500)


def test_units_are_free_from_the_moment_the_price_is_too_old(pair: Pair) -> None:
    house = pair.house
    name = pair.propose(500)
    house.engine.identity._clock = Later(timedelta(minutes=15))
    house.place(pair.sell, 500)
    assert house.get(LapseCrosses(), user="system")["lapsed"] == 1
    assert house.book.crosses[name].note.startswith("the price was current until ")
    assert house.book.waiting_crosses == {}


@pytest.mark.parametrize("working", [False, True])
def test_a_canceled_order_sets_the_units_of_the_other_free(pair: Pair, working: bool) -> None:
    house = pair.house
    name = pair.propose(400)
    if working:
        house.place(pair.buy, 100)
    house.get(CancelOrder(order_id=pair.buy))
    phase = house.book.orders[pair.buy].phase if working else "canceled"
    house.place(pair.sell, 500)
    assert house.get(LapseCrosses(), user="system")["lapsed"] == 1
    cross = house.book.crosses[name]
    said = {f"order {pair.buy} is {phase}", f"order {pair.buy} is closed"}
    assert cross.status == "lapsed"
    assert cross.note in said


def test_an_order_that_becomes_smaller_is_never_placed_beyond_what_is_left(pair: Pair) -> None:
    house = pair.house
    house.place(pair.buy, 600)
    name = pair.propose(400)
    version = house.book.orders[pair.buy].version
    legs = (Leg(fund="A", quantity=D(420)), Leg(fund="B", quantity=D(280)))
    less = AmendOrder(order_id=pair.buy, expected_version=version, quantity=D(700), legs=legs)
    house.get(less)
    assert house.refused(place(pair.buy, 100), user="tom") == SET_ASIDE
    assert house.refused(ApproveCross(cross_id=name), user="cora") == ["cross_quantity"]


def test_a_fill_that_comes_while_a_cross_waits_is_booked(pair: Pair) -> None:
    house = pair.house
    placed = house.place(pair.buy, 600)
    name = pair.propose(400)
    house.hear(fill(placed["cl_ord_id"], "E1", 600))
    house.get(ApproveCross(cross_id=name), user="cora")
    assert house.book.orders[pair.buy].is_closed


def test_units_stay_set_aside_over_a_restart(data: Path) -> None:
    with opened(data) as house:
        pair = pair_of(house)
        name = pair.propose(400)
        before = facts(house.book)
        assert before["waiting_crosses"] == {pair.buy: (name,), pair.sell: (name,)}
    with opened(data) as house:
        assert facts(house.book) == before
        assert house.refused(place(pair.sell, 101), user="tom") == SET_ASIDE
        house.get(ApproveCross(cross_id=name), user="cora")
    proven(data)
