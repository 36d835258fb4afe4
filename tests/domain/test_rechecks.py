"""Compliance looks again at every step towards the market, with what is known and sent by then."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import (
    AT,
    BLOCK,
    ORDER,
    PLACEMENT,
    RELEASED,
    STATED,
    Story,
    ask_order,
    checked,
    created,
    fill,
    legs,
    place,
    placed,
    price,
    report,
    sent,
    world,
)
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import CheckAction, OrderChecked, Stage
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.placement.events import PlacementCreated, ReplaceRequested
from tradeoms.domain.ruleset import events as re
from tradeoms.domain.waiver import commands as wc
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.kernel.enums import OrderType

MARKET = {"order_type": OrderType.MARKET, "limit_price": None}


def rule(**said: Any) -> tuple[object, ...]:
    text = json.dumps({"id": "r", "version": 1, "severity": "hard"} | said)
    return (
        re.RuleDefined(rule_id="r", version=1, definition=text, defined_by="cora", at=AT),
        re.RuleActivated(rule_id="r", version=1, activated_by="cleo", at=AT),
    )


def collar(**said: Any) -> tuple[object, ...]:
    """No price further than 5 % from the mark of 100."""
    return rule(kind="order", collar="0.05", collar_side="both", **said)


def at_the_desk(*rules: object) -> Story:
    """A market order for 1,000 that the desk has."""
    return Story(*world(), *rules).given(created(**MARKET), checked(), RELEASED, BLOCK)


@pytest.mark.parametrize(("limit_price", "passes"), [("105", True), ("105.01", False)])
def test_a_placement_is_tested_at_the_price_that_it_sends(limit_price: str, passes: bool) -> None:
    story = at_the_desk(*collar())
    story.when(place(order_type=OrderType.LIMIT, limit_price=D(limit_price)), user="tom")
    if passes:
        assert PlacementCreated in [type(event) for event in story.events]
        return
    story.refused("compliance_block")
    found = story.events[0]
    assert (type(found), found.stage, found.blocking) == (OrderChecked, Stage.PLACEMENT, ("r@1",))
    assert story.book.placements == {}


def test_new_terms_of_a_placement_are_tested_at_their_price() -> None:
    story = at_the_desk(*collar()).given(
        STATED, placed(order_type=OrderType.LIMIT, limit_price=D(100))
    )
    story.when(ReplacePlacement(placement_id=PLACEMENT, limit_price=D(120)), user="tom").refused(
        "compliance_block"
    )
    assert not any(isinstance(event, ReplaceRequested) for event in story.events)


def test_a_price_that_was_let_pass_as_the_orders_limit_may_be_sent() -> None:
    story = Story(*world(), *collar(severity="soft"))
    order_id = story.when(ask_order(limit_price=D(110))).events[0].order_id
    story.when(wc.RequestWaiver(order_id=order_id, rule="r", reason="auction at 110"))
    (waiver,) = story.book.waivers
    story.when(wc.ApproveWaiver(waiver_id=waiver), user="cora")
    story.when(c.ReleaseOrder(order_id=order_id))
    story.when(place(order_id=order_id), user="tom")
    assert PlacementCreated in [type(event) for event in story.events]


def allowed_at(limit_price: str) -> Story:
    """A market order whose placement at a price too far away was let pass by another person."""
    story = at_the_desk(*collar(severity="soft"))
    story.when(at_price(limit_price), user="tom").refused("compliance_block")
    story.when(wc.RequestWaiver(order_id=ORDER, rule="r", reason="auction at 110"))
    (waiver,) = story.book.waivers
    story.when(wc.ApproveWaiver(waiver_id=waiver), user="cora")
    story.when(c.ReleaseOrder(order_id=ORDER))
    assert story.book.orders[ORDER].phase is Phase.RELEASED
    return story


def at_price(limit_price: str, quantity: int = 1000) -> CreatePlacement:
    return place(quantity, order_type=OrderType.LIMIT, limit_price=D(limit_price))


def status(story: Story) -> WaiverStatus:
    (waiver,) = story.book.waivers.values()
    return waiver.status


def test_what_only_a_placements_price_exceeds_may_be_let_pass_for_that_placement() -> None:
    story = allowed_at("110")
    story.when(at_price("110", 400), user="tom")
    story.when(at_price("110", 600), user="tom")
    assert [one.quantity for one in story.book.placements.values()] == [D(400), D(600)]
    assert status(story) is WaiverStatus.APPROVED


@pytest.mark.parametrize("limit_price", ["110.01", "109", "90"])
def test_a_permission_for_a_price_is_for_that_price_alone(limit_price: str) -> None:
    story = allowed_at("110")
    story.when(at_price(limit_price), user="tom").refused("compliance_block")
    assert story.book.placements == {}
    assert status(story) is WaiverStatus.LAPSED


def test_a_breach_that_a_placement_only_noticed_needs_another_permission_when_it_returns() -> None:
    most = rule(kind="order", severity="soft", max_value="110000", currency="USD")
    story = at_the_desk(*most).given(price("120"))
    story.when(place(), user="tom").refused("compliance_block")
    story.when(wc.RequestWaiver(order_id=ORDER, rule="r", reason="index event"))
    (waiver,) = story.book.waivers
    story.when(wc.ApproveWaiver(waiver_id=waiver), user="cora").given(price("100"))
    story.when(c.ReleaseOrder(order_id=ORDER))
    assert status(story) is WaiverStatus.LAPSED
    story.given(price("120")).when(place(), user="tom").refused("compliance_block")


def test_a_placement_that_does_not_need_a_permission_ends_it() -> None:
    story = allowed_at("110")
    story.when(at_price("104", 400), user="tom")
    assert status(story) is WaiverStatus.LAPSED
    story.when(at_price("110", 600), user="tom").refused("compliance_block")


@pytest.mark.parametrize("quantity", [900, 1100])
def test_a_permission_covers_less_of_the_order_and_not_more(quantity: int) -> None:
    story = allowed_at("110")
    amend = c.AmendOrder(
        order_id=ORDER,
        expected_version=story.book.orders[ORDER].version,
        quantity=D(quantity),
        legs=legs(A=quantity - 400, B=400),
    )
    story.when(amend).when(c.ReleaseOrder(order_id=ORDER))
    assert story.book.orders[ORDER].quantity == quantity
    story.when(at_price("110", 500), user="tom")
    if quantity == 900:
        assert isinstance(story.events[-1], PlacementCreated)
        assert status(story) is WaiverStatus.APPROVED
        return
    story.refused("compliance_block")
    assert status(story) is WaiverStatus.LAPSED


SIZES: list[dict[str, Any]] = [
    {"max_qty": "1000"}, {"max_value": "100000", "currency": "USD"}, {"max_adv": "0.1"},
]  # fmt: skip


@pytest.mark.parametrize("limit", SIZES)
def test_an_order_cannot_pass_a_limit_on_its_size_in_slices(limit: dict[str, Any]) -> None:
    """900 of 1,000 are executed, and a rule allows orders of 1,000."""
    story = Story(*world(adv=D(10000)), *rule(kind="order", **limit))
    story.given(created(**MARKET), checked(), RELEASED, BLOCK, STATED, placed(**MARKET), sent())
    story.told(report("new")).told(fill("E1", 900))
    version = story.book.orders[ORDER].version
    amend = c.AmendOrder(order_id=ORDER, expected_version=version)
    story.when(replace(amend, quantity=D(1900), legs=legs(A=1140, B=760)))
    story.refused("compliance_block")
    story.when(replace(amend, quantity=D(1001), legs=legs(A=601, B=400)))
    story.refused("compliance_block")
    story.when(replace(amend, quantity=D(1000), legs=legs(A=601, B=399)))
    (check,) = [event for event in story.events if isinstance(event, OrderChecked)]
    assert (check.action, check.binding) == (CheckAction.ALLOW, True)
    assert '"done":"900"' in check.evidence


def test_the_rest_of_an_order_that_is_in_its_size_may_be_placed() -> None:
    story = at_the_desk(*rule(kind="order", max_qty="1000"))
    story.given(STATED, placed(**MARKET, quantity=D(900)), sent())
    story.told(report("new")).told(fill("E1", 900))
    story.when(place(100), user="tom")
    assert isinstance(story.events[-1], PlacementCreated)
