"""The order controls that ship with tradeoms, against the mistakes that made them."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.engine.house import DAY, House, buy
from tradeoms.compliance.rulepacks import load_pack
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.events import CheckAction
from tradeoms.domain.order.state import Phase
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList, ListAction
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import Price, Security
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Side

NAMED = ("controls.value", "controls.volume", "controls.collar")


@pytest.fixture
def guarded(house: House) -> House:
    """The house with three controls in force, and a share dear and rarely traded."""
    texts = tuple(
        RuleText(
            rule_id=one.rule.id,
            version=1,
            definition=one.rule.model_dump_json(),
            cases=json.dumps(one.cases),
        )
        for one in load_pack("order_controls")
        if one.rule.id in NAMED
    )
    assert len(texts) == len(NAMED)
    house.get(DefineRules(rules=texts), user="ada")
    for text in texts:
        house.get(ActivateRule(rule_id=text.rule_id, version=1), user="cora")
    dear = Security(
        id="", symbol="DEAR", mic="XNYS", name="", currency="USD", identifiers=(),
        shares_outstanding=D(14_500), adv=D(4_000),
    )  # fmt: skip
    house.get(rc.LoadSecurities(securities=(dear,)), user="system")
    security_id = house.book.identifiers["ticker_mic", "DEAR.XNYS"]
    price = Price(security_id=security_id, price=D(610_000), as_of=DAY)
    house.get(rc.LoadPrices(prices=(price,)), user="system")
    return house


def ask(house: House, number: int, side: Side, quantity: int, price: int) -> tuple[str, set[str]]:
    entered = house.get(
        buy(
            number, quantity, security="DEAR.XNYS", side=side,
            order_type=OrderType.LIMIT, limit_price=D(price),
            legs=(Leg(fund="A", quantity=D(quantity)),),
        )
    )  # fmt: skip
    blocking = house.book.orders[entered["id"]].blocking
    return entered["status"], {rule.partition("@")[0] for rule in blocking}


def test_k09_price_and_quantity_swapped_are_blocked_for_good(guarded: House) -> None:
    assert ask(guarded, 1, Side.BUY, 1, 610_000) == ("approved", set())
    status, rules = ask(guarded, 2, Side.SELL, 610_000, 1)
    assert status == "blocked", "42 times what is in issue, at a millionth of the price"
    assert rules == set(NAMED)


def test_k09_each_control_stops_it_alone(guarded: House) -> None:
    assert ask(guarded, 1, Side.BUY, 41, 610_000) == ("blocked", {"controls.value"})
    assert ask(guarded, 2, Side.BUY, 1, 671_001) == ("blocked", {"controls.collar"})
    assert ask(guarded, 3, Side.BUY, 1, 671_000) == ("approved", set())


def test_k06_a_basket_entered_in_money_instead_of_units_is_blocked_whole(guarded: House) -> None:
    """The value of each line was typed as its quantity: nothing of the basket gets to the desk."""
    typed = tuple(
        buy(
            number, value, security="DEAR.XNYS", order_type=OrderType.LIMIT,
            limit_price=D(610_000), legs=(Leg(fund="A", quantity=D(value)),),
        )
        for number, value in enumerate((7_655, 58_000_000, 44_000), start=1)
    )  # fmt: skip
    made = guarded.get(CreateOrderList(name="basket", orders=typed))
    orders = guarded.book.orders.values()
    assert {order.check_action for order in orders} == {CheckAction.BLOCK_HARD}
    assert all("controls.value@1" in order.blocking for order in orders)
    release = ActOnOrderList(list_id=made["id"], action=ListAction.RELEASE)
    answer = guarded.get(release)
    assert [line["status"] for line in answer["data"]] == ["refused"] * 3
    assert {order.phase for order in orders} == {Phase.BLOCKED}
