"""Compliance looks again at every step towards the market, with what is known and sent by then."""

from __future__ import annotations

import json
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
    legs,
    place,
    placed,
    price,
    world,
)
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import OrderChecked, Stage
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
