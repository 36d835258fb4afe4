"""A placement's stop never triggers earlier than its order's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    BLOCK,
    PLACEMENT,
    RELEASED,
    STATED,
    Story,
    checked,
    created,
    happened,
    placed,
    sent,
    world,
)
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import events as e
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import OrderType, Side


def stopped(side: Side, stop: int, *, limit: int | None = None) -> Story:
    """A stop order of which a broker holds everything."""
    prices = {
        "side": side,
        "order_type": OrderType.STOP if limit is None else OrderType.STOP_LIMIT,
        "stop_price": D(stop),
        "limit_price": None if limit is None else D(limit),
    }
    return Story(
        *world(), created(**prices), checked(), RELEASED, BLOCK, STATED, placed(**prices), sent()
    )


@pytest.mark.parametrize(
    ("side", "stop", "asked"),
    [
        (Side.SELL, 90, "90.01"),
        (Side.SELL, 90, "140"),
        (Side.SELL_SHORT, 90, "91"),
        (Side.BUY, 110, "109.99"),
        (Side.BUY_TO_COVER, 110, "60"),
    ],
)
def test_a_stop_that_triggers_earlier_is_refused(side: Side, stop: int, asked: str) -> None:
    story = stopped(side, stop)
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, stop_price=D(asked)), user="tom")
    story.refused("placement_looser")
    assert isinstance(story.answer, Rejected)
    (refusal,) = story.answer.refusals
    assert (refusal.field, refusal.value) == ("stop_price", asked)


@pytest.mark.parametrize(
    ("side", "stop", "asked"), [(Side.SELL, 90, "89.99"), (Side.BUY, 110, "110.01")]
)
def test_a_stop_that_triggers_later_is_asked_for_and_taken_back(
    side: Side, stop: int, asked: str
) -> None:
    story = stopped(side, stop)
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, stop_price=D(asked)), user="tom")
    story.then(happened(OrderChecked), happened(e.ReplaceRequested, stop_price=D(asked)))
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, stop_price=D(stop)), user="tom")
    story.then(happened(OrderChecked), happened(e.ReplaceRequested, stop_price=D(stop)))


def test_limit_and_stop_are_held_to_the_order_each() -> None:
    story = stopped(Side.SELL, 90, limit=80)
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, limit_price=D(79)), user="tom")
    story.refused("placement_looser")
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, stop_price=D(91)), user="tom")
    story.refused("placement_looser")
    story.when(
        c.ReplacePlacement(placement_id=PLACEMENT, limit_price=D(81), stop_price=D(89)), user="tom"
    )
    story.then(
        happened(OrderChecked), happened(e.ReplaceRequested, limit_price=D(81), stop_price=D(89))
    )


def test_an_earlier_stop_that_a_broker_has_already_may_stay() -> None:
    story = stopped(Side.SELL, 90)
    before = story.book.placements[PLACEMENT]
    story.book.placements[PLACEMENT] = replace(before, stop_price=D(95))
    story.when(c.ReplacePlacement(placement_id=PLACEMENT, quantity=D(400)), user="tom")
    story.then(happened(OrderChecked), happened(e.ReplaceRequested, stop_price=D(95)))
