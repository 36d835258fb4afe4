"""A check explains itself: how much would have passed, by which rule, and every cell in words."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

from tests.engine.house import House, buy, facts, fits, opened
from tradeoms import bootstrap
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.projections.paging import EVERYTHING
from tradeoms.projections.queries_checks import one_check
from tradeoms.projections.resources_control import CheckResource
from tradeoms.settings import Settings

#: Fund A is worth 1,000,500,000 and holds 5,000 ABC at 100: room for 1,003 more.
SHARE = {
    "id": "share", "kind": "ratio", "severity": "soft", "group_by": "sec", "max": "0.0006",
    "scope": {"funds": ["A"]},
}  # fmt: skip
CAP = {"id": "cap", "kind": "order", "severity": "hard", "max_qty": "900"}


def put(house: House, rule: dict[str, Any]) -> None:
    row = RuleText(rule_id=rule["id"], version=1, definition=json.dumps(rule), cases=fits())
    house.get(DefineRules(rules=(row,)), user="ada")
    house.get(ActivateRule(rule_id=rule["id"], version=1), user="cora")


def order(house: House, number: int, quantity: int) -> dict[str, Any]:
    """Buy ABC for fund A alone; the resource of the order."""
    legs = (Leg(fund="A", quantity=D(quantity)),)
    made: dict[str, Any] = house.get(buy(number, quantity, legs=legs))
    return made


def check_of(data: Path, made: dict[str, Any]) -> CheckResource:
    with bootstrap.reader(Settings(data=data)).connect() as link:
        found = one_check(link, made["compliance"]["check_id"], EVERYTHING)
    assert found is not None
    return found


def room(made: dict[str, Any]) -> tuple[str | None, str | None]:
    said = made["compliance"]
    return said["max_quantity"], said["binding_rule"]


def room_of(found: CheckResource) -> tuple[str | None, str | None]:
    return found.max_quantity, found.binding_rule


def test_order_and_check_tell_the_largest_quantity_and_the_rule_that_binds(data: Path) -> None:
    with opened(data) as house:
        put(house, SHARE)
        held = order(house, 1, 2000)
        assert (held["status"], room(held)) == ("held", ("1003", "share"))
        put(house, CAP)
        blocked = order(house, 2, 2000)
        passing = order(house, 3, 100)
        before = facts(house.book)["orders"]
    assert room_of(check_of(data, held)) == ("1003", "share")
    assert room(blocked) == room_of(check_of(data, blocked)) == ("900", "cap")
    assert (passing["status"], room(passing)) == ("approved", ("900", "cap"))
    with opened(data) as house:
        assert facts(house.book)["orders"] == before
    assert bootstrap.replay(Settings(data=data)).differing == ()


def test_where_nothing_bounds_an_order_nothing_is_told(data: Path) -> None:
    with opened(data) as house:
        made = order(house, 1, 2000)
    assert room(made) == room_of(check_of(data, made)) == (None, None)


def test_a_check_says_of_every_cell_what_was_said_then(data: Path) -> None:
    with opened(data) as house:
        put(house, SHARE)
        put(house, {**CAP, "max_qty": "5000"})
        held = order(house, 1, 2000)
        (hit,) = house.book.hits.values()
    said = {one["rule"]: one["explanation"] for one in check_of(data, held).cells}
    assert said == {
        "cap": "Quantity of the order would be 2,000; limit 5,000.",
        "share": (
            "Security ABC.XNYS would be 0.07 % of A's net assets; limit 0.06 %; "
            "at most 1,003 of 2,000 shares pass."
        ),
    }
    assert hit.explanation == said["share"]
