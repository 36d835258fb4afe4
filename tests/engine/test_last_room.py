"""Two orders cannot both use the last room under a limit, however they come (RTS 6 art. 15(2))."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from tests.engine.house import House, buy, fill, fits
from tradeoms.domain.order.commands import CancelOrder, Leg
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText


def limited(house: House, most: int) -> None:
    """Fund A, which holds 5,000 units of the security, may come to hold so many."""
    said = {
        "id": "r", "version": 1, "kind": "ratio", "severity": "hard", "measure": "qty",
        "den": "one", "max": str(most), "scope": {"funds": ["A"]},
    }  # fmt: skip
    rule = RuleText(rule_id="r", version=1, definition=json.dumps(said), cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def wish(number: int, quantity: int = 600) -> Any:
    """An order of fund A alone."""
    return buy(number, quantity, legs=(Leg(fund="A", quantity=D(quantity)),))


def test_orders_of_one_turn_are_answered_one_after_the_other(house: House) -> None:
    limited(house, 6000)
    found = house.run(*(house.command(wish(number)) for number in range(1, 4))).answers
    statuses = [json.loads(bytes(one.answer))["status"] for one in found]  # type: ignore[union-attr]  # all are outcomes
    assert statuses == ["approved", "blocked", "blocked"]


def test_room_comes_back_with_a_cancellation_and_not_with_a_fill(house: House) -> None:
    limited(house, 6000)
    order = house.order(1, quantity=600, legs=(Leg(fund="A", quantity=D(600)),))
    first = house.place(order["id"], 600)
    house.hear(fill(first["cl_ord_id"], "E1", 600))
    assert house.get(wish(2))["status"] == "blocked"
    open_ = house.get(wish(3, 400))
    assert open_["status"] == "approved"
    assert house.get(wish(4, 1))["status"] == "blocked"
    house.get(CancelOrder(order_id=open_["id"]))
    assert house.get(wish(5, 400))["status"] == "approved"
