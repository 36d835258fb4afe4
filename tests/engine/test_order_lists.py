"""Lists of orders: entered as one, worked as one, each order answered on its own."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, buy, facts, fill, fits, opened, said
from tests.engine.test_restart import proven
from tradeoms.domain.kill.commands import ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import CancelOrder, CreateOrder, HoldOrder, Leg
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList, ListAction
from tradeoms.domain.orderlist.decide import on_tick
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Role, Side

ONLY_C = (Leg(fund="C", quantity=D(100)),)


def sell(number: int) -> CreateOrder:
    return buy(number, 100, side=Side.SELL, legs=ONLY_C, limit_price=D(99))


def program(*orders: CreateOrder, atomic: bool = True) -> CreateOrderList:
    return CreateOrderList(name="rebalance", orders=orders, atomic=atomic)


def act(house: House, list_id: str, action: str, user: str = "pm", **fields: Any) -> Any:
    command = ActOnOrderList(list_id=list_id, action=ListAction(action), **fields)
    return house.get(command, user=user)


def told(answer: Any) -> list[tuple[str, str, list[str]]]:
    return [
        (line["status"], line["order_status"], [p["code"] for p in line.get("problems", ())])
        for line in answer["data"]
    ]


@pytest.fixture
def listed(house: House) -> tuple[House, str]:
    orders = (buy(1, 100), sell(2), buy(3, 100, order_type=OrderType.MARKET, limit_price=None))
    answer = house.get(program(*orders))
    assert told(answer) == [("accepted", "approved", [])] * 3
    return house, answer["id"]


def test_a_list_is_released_routed_and_canceled(listed: tuple[House, str]) -> None:
    house, name = listed
    assert told(act(house, name, "release", trader="tom")) == [("accepted", "released", [])] * 3
    assert {o.trader for o in house.book.orders.values()} == {"tom"}
    assert len(set(house.book.block_of.values())) == 3
    routed = act(house, name, "route", user="tom", destination="BROKER")
    assert told(routed) == [("accepted", "working", [])] * 3
    assert [kind for kind, _ in house.instructions()] == ["new"] * 3 + ["program"]
    again = act(house, name, "route", user="tom", destination="BROKER")
    assert told(again) == [("refused", "working", ["placement_quantity"])] * 3
    act(house, name, "cancel", reason="withdrawn")
    assert [kind for kind, _ in house.instructions()] == ["new"] * 3 + ["program"] + ["cancel"] * 3


def test_a_wave_sends_a_part_of_each_order_in_whole_lots_and_never_more_than_is_left(
    listed: tuple[House, str],
) -> None:
    house, name = listed
    act(house, name, "release")
    sent = []
    for percent in ("37.5", "37.5", "37.5", "37.5"):
        act(house, name, "wave", user="tom", destination="BROKER", percent=D(percent))
        sent.append({int(p.quantity) for p in house.book.placements.values()})
    assert sent == [{37}, {37}, {37, 26}, {37, 26}]
    assert len(house.book.placements) == 9
    last = act(house, name, "wave", user="tom", destination="BROKER", percent=D("0.5"))
    assert told(last) == [("refused", "working", ["placement_quantity"])] * 3


def test_a_list_is_held_until_it_is_submitted_again(listed: tuple[House, str]) -> None:
    house, name = listed
    assert told(act(house, name, "hold", reason="news")) == [("accepted", "held", [])] * 3
    assert told(act(house, name, "release")) == [("refused", "held", ["not_approved"])] * 3
    assert told(act(house, name, "submit")) == [("accepted", "approved", [])] * 3


def test_a_dry_run_tells_what_would_come_and_changes_nothing(listed: tuple[House, str]) -> None:
    house, name = listed
    first = house.book.order_lists[name].order_ids[0]
    house.get(HoldOrder(order_id=first, reason="news"))
    before, seq = facts(house.book), house.engine.seq

    def tried(action: str, user: str = "pm", **fields: Any) -> Any:
        command = ActOnOrderList(list_id=name, action=ListAction(action), **fields)
        return house.get(command, user=user, dry_run=True)

    assert told(tried("release", trader="tom")) == [
        ("refused", "held", ["not_approved"]), ("accepted", "approved", []),
        ("accepted", "approved", []),
    ]  # fmt: skip
    priced = tried("reprice", limit_bps=D(10))["data"]
    assert [line.get("limit_price") for line in priced] == ["100.1", "99.9", None]
    for action, more in (("cancel", {}), ("submit", {}), ("hold", {"reason": "x"})):
        tried(action, **more)
    assert (facts(house.book), house.engine.seq) == (before, seq)
    act(house, name, "release")
    before, seq = facts(house.book), house.engine.seq
    wave = tried("wave", user="tom", percent=D(25), destination="BROKER")["data"]
    assert [(line["status"], line["quantity"], line["destination"]) for line in wave] == [
        ("refused", "25", "BROKER"), ("accepted", "25", "BROKER"), ("accepted", "25", "BROKER"),
    ]  # fmt: skip
    assert (facts(house.book), house.engine.seq) == (before, seq)
    assert house.instructions() == []


def test_a_dry_run_shows_the_rule_that_would_stop_an_order(listed: tuple[House, str]) -> None:
    house, name = listed
    text = {"id": "small", "version": 1, "title": "small", "severity": "hard", "kind": "order",
            "max_qty": "50"}  # fmt: skip
    rule = RuleText(rule_id="small", version=1, definition=json.dumps(text), cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="small", version=1), user="cora")
    command = ActOnOrderList(list_id=name, action=ListAction.RELEASE)
    tried = house.get(command, dry_run=True)
    assert told(tried) == [("refused", "approved", ["compliance_block"])] * 3
    assert told(act(house, name, "release")) == [("refused", "blocked", ["compliance_block"])] * 3


def test_one_order_that_is_refused_stops_no_other(listed: tuple[House, str]) -> None:
    house, name = listed
    first, second, _ = house.book.order_lists[name].order_ids
    house.get(HoldOrder(order_id=first, reason="news"))
    house.get(CancelOrder(order_id=second))
    assert told(act(house, name, "release")) == [
        ("refused", "held", ["not_approved"]), ("accepted", "released", []),
    ]  # fmt: skip


def test_new_limits_are_made_from_the_mark_and_no_worse_than_asked(
    listed: tuple[House, str],
) -> None:
    house, name = listed
    answer = act(house, name, "reprice", limit_bps=D("12.34"))
    assert told(answer) == [
        ("accepted", "approved", []), ("accepted", "approved", []),
        ("refused", "approved", ["list_order_unpriced"]),
    ]  # fmt: skip
    prices = [house.book.orders[o].limit_price for o in house.book.order_lists[name].order_ids]
    assert prices == [D("100.12"), D("99.88"), None]


@pytest.mark.parametrize(
    ("price", "buys", "expected"),
    [("100.019", True, "100.01"), ("100.011", False, "100.02"), ("100.01", True, "100.01")],
)
def test_a_price_is_rounded_to_the_passive_side(price: str, buys: bool, expected: str) -> None:
    assert on_tick(D(price), D("0.01"), buys=buys) == D(expected)


def test_all_or_none_or_the_sound_ones(house: House) -> None:
    bad = buy(2, limit_price=D(-1))
    outcome = house.ask(program(buy(1), bad))
    assert [(p.code, p.field) for p in outcome.problems] == [
        ("price_not_positive", "orders/1/limit_price")
    ]
    assert not house.book.orders
    answer = house.get(program(buy(1), bad, atomic=False))
    assert [line["status"] for line in answer["data"]] == ["accepted", "refused"]
    assert len(house.book.order_lists[answer["id"]].order_ids) == 1
    assert house.refused(program(bad, atomic=False)) == ["price_not_positive"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "reprice"}, "list_field_unfit"),
        ({"action": "submit", "reason": "x"}, "list_field_unfit"),
        ({"action": "cancel", "limit_bps": D(1)}, "list_field_unfit"),
        ({"action": "hold"}, "list_field_unfit"),
        ({"action": "wave"}, "list_field_unfit"),
        ({"action": "wave", "percent": D("100.01")}, "list_percent_range"),
        ({"action": "wave", "percent": D(0)}, "list_percent_range"),
    ],
)
def test_an_action_takes_its_own_fields_and_no_others(
    listed: tuple[House, str], fields: dict[str, Any], code: str
) -> None:
    house, name = listed
    action = ListAction(fields.pop("action"))
    command = ActOnOrderList(list_id=name, action=action, **fields)
    assert house.refused(command, user="tom") == [code]


def test_a_list_without_name_or_orders_is_refused(house: House) -> None:
    nameless = CreateOrderList(name=" ", orders=(buy(1),))
    assert house.refused(nameless) == ["list_name_invalid"]
    assert house.refused(CreateOrderList(name="x", orders=())) == ["list_empty"]
    act_on = ActOnOrderList(list_id="lst_9", action=ListAction.SUBMIT)
    assert house.refused(act_on) == ["order_list_unknown"]


def test_rights_hold_for_each_order(listed: tuple[House, str]) -> None:
    house, name = listed
    rows = (
        UserRow(id="tc", name="", grants=(Grant(role=Role.TRADER, funds=("C",)),)),
        UserRow(id="tz", name="", grants=(Grant(role=Role.TRADER, funds=("Z",)),)),
        UserRow(
            id="mix", name="",
            grants=(Grant(role=Role.TRADER, funds=("C",)), Grant(role=Role.RISK)),
        ),
    )  # fmt: skip
    house.get(LoadUsers(users=rows), user="ada")
    command = ActOnOrderList(list_id=name, action=ListAction.RELEASE)
    assert house.refused(command, user="tz") == ["order_list_unknown"]
    assert told(act(house, name, "release", user="mix")) == [
        ("refused", "approved", ["not_permitted"]), ("accepted", "released", []),
        ("refused", "approved", ["not_permitted"]),
    ]  # fmt: skip
    assert len(act(house, name, "route", user="tc", destination="BROKER")["data"]) == 1


def test_a_kill_switch_stops_the_orders_in_its_scope(listed: tuple[House, str]) -> None:
    house, name = listed
    throw = ThrowKillSwitch(switch_id="kil_1", kind=KillScope.FUND, value="C", reason="runaway")
    house.get(throw, user="rita")
    assert told(act(house, name, "release")) == [
        ("accepted", "released", []), ("refused", "approved", ["kill_switch_active"]),
        ("accepted", "released", []),
    ]  # fmt: skip


def test_a_repeated_action_under_a_key_is_done_once(listed: tuple[House, str]) -> None:
    house, name = listed
    command = ActOnOrderList(list_id=name, action=ListAction.RELEASE)
    first = house.ask(command, key="k", sha256="s")
    seq = house.engine.seq
    assert house.ask(command, key="k", sha256="s").replayed
    assert (house.engine.seq, first.status) == (seq, "accepted")


def test_lists_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        name = house.get(program(buy(1, 100), sell(2)))["id"]
        act(house, name, "release")
        (placement, _) = [
            house.book.placements[p]
            for line in act(house, name, "route", user="tom", destination="BROKER")["data"]
            for p in house.book.placements_of[line["id"]]
        ]
        house.hear(said(placement.cl_ord_id, "new"), fill(placement.cl_ord_id, "E1", 100))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        act(house, name, "cancel")
    proven(data)
