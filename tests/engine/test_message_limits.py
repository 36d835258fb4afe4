"""Limits on how often orders come, and how soon the same one: fed by what was submitted."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any, Final

import pytest

from tests.engine.house import House, buy, fits, opened, retire, said
from tradeoms.app.wire import Outcome
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.order.commands import AmendOrder, ReleaseOrder, SubmitOrder
from tradeoms.domain.placement.commands import CancelPlacement, CreatePlacement, ReplacePlacement
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText

TWICE: Final = {"duplicate_seconds": 3600}
RATE: Final = {"max_messages": 3, "per_seconds": 3600}


def enforce(house: House, **limits: Any) -> None:
    rule = {"id": "often", "title": "often", "kind": "order", "version": 1, "severity": "hard"}
    text = RuleText(
        rule_id="often", version=1, definition=json.dumps({**rule, **limits}), cases=fits()
    )
    house.get(DefineRules(rules=(text,)), user="ada")
    house.get(ActivateRule(rule_id="often", version=1), user="cora")


def entered(house: House, number: int, **changes: Any) -> str:
    """Submit an order; returns its status."""
    return str(house.get(buy(number, **changes))["status"])


def test_k16_the_same_order_is_stopped_and_its_first_goes_on(house: House) -> None:
    enforce(house, **TWICE)
    first = house.get(buy(1))
    second = house.get(buy(2))
    assert (first["status"], second["status"]) == ("approved", "blocked")
    assert entered(house, 3, quantity=900) == "approved"
    placement = house.place(house.get(ReleaseOrder(order_id=first["id"]))["id"], 400)
    assert placement["status"] == "unsent"


def test_k16_a_blocked_twin_submitted_again_is_still_a_twin(house: House) -> None:
    enforce(house, **TWICE)
    house.get(buy(1))
    twin = house.get(buy(2))
    assert house.get(SubmitOrder(order_id=twin["id"]))["status"] == "blocked"


def test_an_order_is_never_stopped_by_those_that_came_behind_it(house: House) -> None:
    enforce(house, **RATE)
    first = house.get(buy(0, quantity=500))
    assert [entered(house, n, quantity=1000 + 10 * n) for n in (1, 2, 3, 4)] == [
        "approved", "approved", "blocked", "blocked",
    ]  # fmt: skip
    version = house.get(ReleaseOrder(order_id=first["id"]))["version"]
    amend = AmendOrder(order_id=first["id"], expected_version=version, limit_price=D(99))
    assert house.get(amend)["status"] == "released"
    house.place(first["id"], 500)


@pytest.mark.parametrize("step", ["amended", "placed", "replaced", "canceled"])
def test_what_is_made_of_an_order_counts_against_new_ones(house: House, step: str) -> None:
    """One order and one message about it are two of three; a placement comes before the others."""
    enforce(house, **RATE)
    first = house.get(buy(1))
    messages = 1
    if step == "amended":
        amend = AmendOrder(
            order_id=first["id"], expected_version=first["version"], limit_price=D(99)
        )
        house.get(amend)
        messages += 1
    else:
        house.get(ReleaseOrder(order_id=first["id"]))
        placement = house.place(first["id"], 500)
        house.hear(said(placement["cl_ord_id"], "new"))
        messages += 1
    if step == "replaced":
        replace = ReplacePlacement(placement_id=placement["id"], quantity=D(600))
        house.get(replace, user="tom")
        messages += 1
    elif step == "canceled":
        house.get(CancelPlacement(placement_id=placement["id"]), user="tom")
        messages += 1
    more = [entered(house, n, quantity=1000 + 10 * n) for n in range(2, 5)]
    assert more.index("blocked") == 3 - messages


def test_a_change_that_the_broker_is_asked_for_is_one_message(house: House) -> None:
    enforce(house, **{**RATE, "max_messages": 4})
    order = house.get(buy(1))
    house.get(ReleaseOrder(order_id=order["id"]))
    placement = house.place(order["id"], 1000)
    house.hear(said(placement["cl_ord_id"], "new"))
    version = house.book.orders[order["id"]].version
    house.get(AmendOrder(order_id=order["id"], expected_version=version, limit_price=D(99)))
    assert house.book.orders[order["id"]].pending is not None
    found = [entered(house, n, quantity=1000 + 10 * n) for n in (2, 3)]
    assert found == ["approved", "blocked"]


def test_what_goes_by_telephone_is_no_message(house: House) -> None:
    enforce(house, **RATE)
    order = house.get(buy(1))
    house.get(ReleaseOrder(order_id=order["id"]))
    by_hand = CreatePlacement(
        order_id=order["id"], destination="BROKER", quantity=D(1000), manual=True
    )
    house.get(by_hand, user="tom")
    found = [entered(house, n, quantity=1000 + 10 * n) for n in (2, 3, 4)]
    assert found == ["approved", "approved", "blocked"]


def test_placements_count_after_a_restart_and_changes_when_another_rule_comes(data: Path) -> None:
    with opened(data) as house:
        enforce(house, **{**RATE, "max_messages": 5})
        house.placed(1)
    with opened(data) as house:
        placement = next(iter(house.book.placements.values()))
        house.hear(said(placement.cl_ord_id, "new"))
        house.get(CancelPlacement(placement_id=placement.id), user="tom")
        text = {"id": "other", "version": 1, "kind": "order", "max_qty": "99999", "title": "x"}
        other = RuleText(rule_id="other", version=1, definition=json.dumps(text), cases=fits())
        house.get(DefineRules(rules=(other,)), user="ada")
        house.get(ActivateRule(rule_id="other", version=1), user="cora")
        found = [entered(house, n, quantity=1000 + 10 * n) for n in (2, 3, 4)]
        assert found == ["approved", "approved", "blocked"]


def test_a_draft_counts_when_it_is_submitted(house: House) -> None:
    enforce(house, **RATE)
    drafts = [house.get(buy(n, quantity=1000 + 10 * n, submit=False)) for n in range(5)]
    found = [house.get(SubmitOrder(order_id=draft["id"]))["status"] for draft in drafts]
    assert found == ["approved"] * 3 + ["blocked"] * 2


@pytest.mark.parametrize("together", ["one commit", "one command"])
def test_orders_that_come_together_count_in_their_order(house: House, together: str) -> None:
    enforce(house, **RATE)
    orders = [buy(n, quantity=1000 + 10 * n) for n in range(5)]
    if together == "one command":
        lines = house.get(CreateOrders(orders=tuple(orders), atomic=False))["data"]
        found = [line["order_status"] for line in lines]
    else:
        outcomes = house.run(*map(house.command, orders)).answers
        assert all(isinstance(outcome, Outcome) for outcome in outcomes)
        found = [json.loads(bytes(outcome.answer))["status"] for outcome in outcomes]  # type: ignore[union-attr]  # asserted above
    assert found == ["approved"] * 3 + ["blocked"] * 2


@pytest.mark.parametrize(("limits", "allowed"), [(TWICE, 1), (RATE, 3)])
def test_a_restart_forgets_no_message(data: Path, limits: dict[str, Any], allowed: int) -> None:
    same = limits is TWICE
    sizes = [1000 if same else 1000 + 10 * n for n in range(5)]
    with opened(data) as house:
        enforce(house, **limits)
        for n in range(allowed):
            assert entered(house, n, quantity=sizes[n]) == "approved"
    with opened(data) as house:
        assert entered(house, 4, quantity=sizes[4]) == "blocked"
        (first, *_) = house.book.orders
        house.get(ReleaseOrder(order_id=first))


def test_a_rule_counts_what_came_before_it_was_in_force(house: House) -> None:
    house.get(buy(1))
    enforce(house, **TWICE)
    assert entered(house, 2) == "blocked"
    retire(house, "often")
    assert entered(house, 3) == "approved"
