"""Compliance looks again at every step towards the market, with what is known and sent by then."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import (
    AT,
    BLOCK,
    PLACEMENT,
    RELEASED,
    STATED,
    Story,
    ask_order,
    checked,
    created,
    place,
    placed,
    world,
)
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.events import OrderChecked, Stage
from tradeoms.domain.placement.commands import ReplacePlacement
from tradeoms.domain.placement.events import PlacementCreated, ReplaceRequested
from tradeoms.domain.ruleset import events as re
from tradeoms.domain.waiver import commands as wc
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
