"""Routing: the first rule that fits, the first destination in use, overrides on record."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, opened
from tests.engine.test_restart import proven
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList, ListAction
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.reference.commands import LoadDestinations, LoadPrices, LoadSecurities
from tradeoms.domain.reference.state import Destination, FxRate
from tradeoms.domain.routing.commands import LoadBrokerLists, LoadRoutingRules, RouteOrder
from tradeoms.domain.routing.state import BrokerList, RoutingRule

BOTH = ("BROKER", "OTHER")


def rules(*some: RoutingRule) -> LoadRoutingRules:
    return LoadRoutingRules(rules=some)


def lists(**by_fund: tuple[str, ...]) -> LoadBrokerLists:
    return LoadBrokerLists(
        lists=tuple(BrokerList(fund=fund, destinations=names) for fund, names in by_fund.items())
    )


def rule(name: str = "r", *destinations: str, **conditions: Any) -> RoutingRule:
    return RoutingRule(id=name, destinations=destinations or ("BROKER",), **conditions)


def load(house: House, *commands: object) -> None:
    for command in commands:
        house.get(command, user="olga")


def ask(house: House, order_id: str) -> tuple[str | None, str | None]:
    answer = house.get(RouteOrder(order_id=order_id), user="tom")
    return answer["rule"], answer["proposed"]


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ({}, True),
        ({"asset_types": ("equity", "etf")}, True),
        ({"asset_types": ("bond",)}, False),
        ({"mics": ("XNYS",)}, True),
        ({"mics": ("XLON",)}, False),
        ({"funds": ("A", "B", "C")}, True),
        ({"funds": ("A",)}, False),
        ({"min_quantity": D(1000), "max_quantity": D(1000)}, True),
        ({"min_quantity": D("1000.1")}, False),
        ({"max_quantity": D("999.9")}, False),
        ({"min_adv_pct": D(5), "max_adv_pct": D(5)}, True),
        ({"min_adv_pct": D("5.0000000001")}, False),
        ({"max_adv_pct": D("4.9999999999")}, False),
        ({"currency": "USD", "min_value": D(100_000), "max_value": D(100_000)}, True),
        ({"currency": "USD", "min_value": D("100000.0000000001")}, False),
        ({"currency": "USD", "max_value": D("99999.9999999999")}, False),
        ({"currency": "EUR", "min_value": D(0)}, False),
    ],
)
def test_a_rule_fits_where_every_condition_holds(
    house: House, conditions: dict[str, Any], fits: bool
) -> None:
    security = next(s for s in house.book.securities.values() if s.symbol == "ABC")
    load(house, LoadSecurities(securities=(replace(security, adv=D(20_000)),)))
    load(house, rules(rule("first", "OTHER", **conditions), rule("last")))
    order = house.order(1)["id"]
    assert ask(house, order) == (("first", "OTHER") if fits else ("last", "BROKER"))


def test_without_a_volume_no_rule_about_volume_fits(house: House) -> None:
    load(house, rules(rule(max_adv_pct=D(100))))
    assert ask(house, house.order(1)["id"]) == (None, None)


def test_a_value_is_told_in_another_currency_at_the_rate_as_loaded(house: House) -> None:
    rate = FxRate(base="USD", to="EUR", rate=D("0.9"), as_of=DAY)
    load(house, LoadPrices(prices=(), rates=(rate,)))
    large = rule("large", "OTHER", currency="EUR", min_value=D(90_001))
    load(house, rules(large, rule("rest", currency="EUR", max_value=D(90_000))))
    answer = house.get(RouteOrder(order_id=house.order(1)["id"]), user="tom")
    assert (answer["rule"], answer["because"]) == ("rest", "worth 90000 EUR")
    assert answer["passed"] == [{"rule": "large", "why": "worth 90000 EUR"}]


def test_a_destination_that_is_off_or_not_on_a_list_is_passed_over(house: House) -> None:
    load(house, rules(rule("r", "BROKER", "OTHER")), lists(A=BOTH, B=("OTHER",)))
    order = house.order(1)["id"]
    answer = house.get(RouteOrder(order_id=order), user="tom")
    assert answer["proposed"] == "OTHER"
    assert answer["candidates"] == [
        {"destination": "BROKER", "why_not": "not on the broker list of B"},
        {"destination": "OTHER", "why_not": None},
    ]
    load(house, LoadDestinations(destinations=(Destination(name="OTHER", enabled=False),)))
    assert ask(house, order) == ("r", None)


def test_the_proposal_is_taken_for_all_that_is_not_placed(house: House) -> None:
    load(house, rules(rule()))
    order = house.order(1)["id"]
    house.place(order, 300)
    placed = house.get(RouteOrder(order_id=order, place=True), user="tom")["placement"]
    assert (placed["destination"], placed["order_qty"]) == ("BROKER", "700")
    assert [kind for kind, _ in house.instructions()] == ["new", "new"]


def test_another_destination_needs_a_reason_which_is_kept(house: House) -> None:
    load(house, rules(rule()))
    order = house.order(1)["id"]
    other = RouteOrder(order_id=order, place=True, destination="OTHER")
    assert house.refused(other, user="tom") == ["routing_reason_missing"]
    assert not house.book.placements
    seq = house.engine.seq
    house.get(replace(other, reason="natural seller there"), user="tom")
    with house.engine.recall._engine.connect() as link:
        rows = link.exec_driver_sql("SELECT body FROM journal WHERE seq > ?", (seq,)).all()
    (routed,) = [e["data"] for (b,) in rows if (e := json.loads(b))["type"] == "OrderRouted"]
    assert {k: routed[k] for k in ("rule", "proposed", "destination", "reason", "routed_by")} == {
        "rule": "r", "proposed": "BROKER", "destination": "OTHER",
        "reason": "natural seller there", "routed_by": "tom",
    }  # fmt: skip


def test_a_broker_that_a_fund_may_not_use_is_refused_on_every_way(house: House) -> None:
    load(house, rules(rule()), lists(B=("OTHER",)))
    order = house.order(1)["id"]
    by_rule = RouteOrder(order_id=order, place=True, destination="BROKER", reason="I want to")
    by_hand = CreatePlacement(order_id=order, destination="BROKER", quantity=D(1))
    for command in (by_rule, by_hand):
        assert house.refused(command, user="tom") == ["broker_restricted"]
    assert house.refused(RouteOrder(order_id=order, place=True), user="tom") == ["no_route"]
    only_a = house.order(2, legs=(Leg(fund="A", quantity=D(1000)),))["id"]
    house.place(only_a, 100)


def test_a_block_goes_only_where_every_one_of_its_orders_may(house: House) -> None:
    load(house, lists(C=("OTHER",)))
    orders = [
        house.order(1)["id"],
        house.order(2, legs=(Leg(fund="C", quantity=D(1000)),))["id"],
    ]
    block = house.get(MergeOrders(order_ids=tuple(orders)), user="tom")["id"]
    place = PlaceBlock(block_id=block, destination="BROKER", quantity=D(2000))
    assert house.refused(place, user="tom") == ["broker_restricted"]
    house.get(replace(place, destination="OTHER"), user="tom")


def test_a_list_is_routed_by_the_rules(house: House) -> None:
    load(house, rules(rule("small", "OTHER", max_quantity=D(100)), rule("large")))
    orders = (buy(1, 100), buy(2, 200))
    name = house.get(CreateOrderList(name="x", orders=orders))["id"]
    house.get(ActOnOrderList(list_id=name, action=ListAction.RELEASE))
    house.get(ActOnOrderList(list_id=name, action=ListAction.ROUTE), user="tom")
    found = {p.quantity: p.destination for p in house.book.placements.values()}
    assert found == {D(100): "OTHER", D(200): "BROKER"}


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (rules(rule("a b")), ["routing_name_invalid"]),
        (rules(rule(), rule()), ["routing_row_twice"]),
        (rules(RoutingRule(id="r", destinations=())), ["routing_destination_unknown"]),
        (rules(rule("r", "NONE")), ["routing_destination_unknown"]),
        (rules(rule(funds=("Z",))), ["routing_fund_unknown"]),
        (rules(rule(min_quantity=D(2), max_quantity=D(1))), ["routing_range"]),
        (rules(rule(max_adv_pct=D(-1))), ["routing_range"]),
        (rules(rule(currency="USD", min_value=D(2), max_value=D(1))), ["routing_range"]),
        (rules(rule(below_budget_pct=D(0))), ["routing_range"]),
        (rules(rule(min_value=D(1))), ["routing_currency"]),
        (rules(rule(currency="USD")), ["routing_currency"]),
        (lists(Z=("BROKER",)), ["routing_fund_unknown"]),
        (lists(A=()), ["routing_destination_unknown"]),
    ],
)
def test_what_cannot_be_followed_is_not_loaded(
    house: House, command: object, codes: list[str]
) -> None:
    load(house, rules(rule()), lists(A=BOTH))
    before = house.book.routing
    assert house.refused(command, user="olga") == codes
    assert house.book.routing == before


def test_a_dry_run_of_a_load_changes_nothing(house: House) -> None:
    seq = house.engine.seq
    assert house.get(rules(rule()), user="olga", dry_run=True)["rows"] == 1
    assert (house.engine.seq, house.book.routing.rules) == (seq, ())


def test_routing_survives_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        load(house, rules(rule(max_adv_pct=D("12.5"))), lists(A=("OTHER",)))
        load(house, rules(rule("r2", "OTHER")))
        order = house.order(1)["id"]
        house.get(RouteOrder(order_id=order, place=True), user="tom")
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert house.book.routing.lists[0].destinations == ("OTHER",)
    proven(data)
