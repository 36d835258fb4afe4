"""Done for the day: until the next one begins, and of an order only where nothing else goes on."""

from __future__ import annotations

from datetime import timedelta
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
    TODAY,
    Story,
    checked,
    created,
    fill,
    placed,
    report,
    sent,
    world,
)
from tradeoms.domain.kill.commands import ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.events import OrderHeld
from tradeoms.domain.order.status import derive_status
from tradeoms.domain.placement import commands as c
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import OrderStatus, OrdStatus, TimeInForce, Unexecuted


def with_broker(time_in_force: TimeInForce, quantity: int = 1000, **more: Any) -> Story:
    """An order of 1,000 of which a broker has taken ``quantity``."""
    lives = {"time_in_force": time_in_force, **more}
    rolls = Unexecuted.ROLL if time_in_force is TimeInForce.DAY else Unexecuted.EXPIRE
    story = Story(
        *world(), created(**lives, unexecuted=rolls), checked(), RELEASED, BLOCK, STATED,
        placed(quantity=D(quantity), **lives), sent(),
    )  # fmt: skip
    return story.told(report("new", exec_id="N1"))


def status(story: Story) -> OrderStatus:
    return derive_status(story.book.orders[ORDER], story.book.placements_for(ORDER))


def next_day(story: Story) -> Story:
    assert story.book.trade_on is not None
    return story.when(RollDay(trade_on=story.book.trade_on + timedelta(days=1)), user="olga")


def place(story: Story, quantity: int) -> str:
    """Route some more of the order; returns its ClOrdID."""
    ask = c.CreatePlacement(order_id=ORDER, destination="BROKER", quantity=D(quantity))
    story.when(ask, user="tom")
    return story.book.placements_for(ORDER)[-1].cl_ord_id


#: How a broker says that the day of an order is over (FIX 4.4 Volume 4: 3 and B).
ENDS = ["done_for_day", "calculated"]
LIVING = [
    (TimeInForce.GTC, {}),
    (TimeInForce.GTD, {"expire_on": TODAY + timedelta(days=1)}),
]


def ended(end: str, exec_id: str) -> c.ReportPlacement:
    return report(end, exec_id=exec_id, ord_status=OrdStatus(end))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("time_in_force", "more"), LIVING)
def test_what_lives_for_days_goes_on_when_the_next_one_begins(
    time_in_force: TimeInForce, more: dict[str, Any], end: str
) -> None:
    story = with_broker(time_in_force, **more).told(ended(end, "D1"))
    assert status(story) is OrderStatus.DONE_FOR_DAY
    version = story.book.placements[PLACEMENT].version
    next_day(story)
    placement = story.book.placements[PLACEMENT]
    assert (placement.ord_status, placement.version) == (OrdStatus.NEW, version + 1)
    assert (placement.is_open, status(story)) == (True, OrderStatus.WORKING)
    story.told(fill("E1", 100)).told(ended(end, "D1"))
    assert status(story) is OrderStatus.PARTIALLY_FILLED, "yesterday's word, once more"
    story.told(ended(end, "D2"))
    assert status(story) is OrderStatus.DONE_FOR_DAY
    assert {("orders", ORDER), ("placements", PLACEMENT)} <= set(next_day(story).book.touched)
    assert status(story) is OrderStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    "said",
    [
        report("new", exec_id="N2"),
        report("restated", exec_id="R1", reason="1"),
        report("status", ord_status=OrdStatus.NEW),
        fill("E1", 100, ord_status=OrdStatus.PARTIALLY_FILLED),
    ],
    ids=lambda one: one.kind.value,
)
@pytest.mark.parametrize("end", ENDS)
def test_what_lives_for_days_goes_on_when_the_broker_says_so(
    said: c.ReportPlacement, end: str
) -> None:
    story = with_broker(TimeInForce.GTC).told(ended(end, "D1"))
    assert status(story) is OrderStatus.DONE_FOR_DAY
    story.told(said)
    assert status(story) is not OrderStatus.DONE_FOR_DAY
    assert story.book.placements[PLACEMENT].ord_status in (
        OrdStatus.NEW,
        OrdStatus.PARTIALLY_FILLED,
    )


@pytest.mark.parametrize(
    "said",
    [
        [ended("calculated", "K1")],
        [ended("done_for_day", "D1"), ended("calculated", "K1")],
        [report("status", ord_status=OrdStatus.CALCULATED)],
    ],
    ids=["calculated", "done and calculated", "status"],
)
def test_the_rest_of_a_calculated_day_is_not_placed_twice_and_can_be_canceled(
    said: list[c.ReportPlacement],
) -> None:
    story = with_broker(TimeInForce.GTC).told(fill("E1", 300))
    for each in said:
        story.told(each)
    placement = story.book.placements[PLACEMENT]
    assert (placement.ord_status, placement.leaves_qty) == (OrdStatus.DONE_FOR_DAY, D(700))
    assert not story.book.breaks
    ask = c.CreatePlacement(order_id=ORDER, destination="BROKER", quantity=D(1))
    story.when(ask, user="tom").refused("placement_exceeds_order")
    throw = ThrowKillSwitch(
        kind=KillScope.FIRM, value="", reason="x", cancel_open=True, switch_id="kil_0000000001"
    )
    story.when(throw, user="rita")
    assert [each.orig_cl_ord_id for each in story.sent] == ["X"]


def test_a_calculated_order_of_one_day_is_over() -> None:
    story = with_broker(TimeInForce.DAY).told(fill("E1", 300)).told(ended("calculated", "K1"))
    placement = story.book.placements[PLACEMENT]
    assert (placement.ord_status, placement.is_open) == (OrdStatus.CALCULATED, False)
    assert next_day(story).book.placements[PLACEMENT].ord_status is OrdStatus.CALCULATED


def test_a_status_of_a_day_order_that_is_done_does_not_open_it_again() -> None:
    story = with_broker(TimeInForce.DAY).told(report("done_for_day", exec_id="D1"))
    story.told(report("status", ord_status=OrdStatus.NEW))
    assert not story.book.placements[PLACEMENT].is_open


def test_an_order_of_which_another_placement_goes_on_is_not_done() -> None:
    """300 of 400 are executed when the first broker is done; then the second one works."""
    story = with_broker(TimeInForce.DAY, 400).told(fill("E1", 300))
    story.told(report("done_for_day", exec_id="D1"))
    assert status(story) is OrderStatus.PARTIALLY_FILLED, "600 can still be placed"
    second = place(story, 600)
    story.told(report("new", cl_ord_id=second, exec_id="N2"))
    assert status(story) is OrderStatus.PARTIALLY_FILLED
    story.told(report("done_for_day", cl_ord_id=second, exec_id="D2"))
    assert status(story) is OrderStatus.DONE_FOR_DAY


def test_an_order_of_which_most_was_never_placed_is_released() -> None:
    story = with_broker(TimeInForce.DAY, 400).told(report("done_for_day", exec_id="D1"))
    assert status(story) is OrderStatus.RELEASED
    story.told(fill("E1", 100)).given(OrderHeld(order_id=ORDER, reason="wait", at=AT))
    assert status(story) is OrderStatus.DONE_FOR_DAY, "nothing of it can be placed now"


def test_a_day_order_that_rolls_is_not_done_on_the_next_day() -> None:
    story = with_broker(TimeInForce.DAY).told(fill("E1", 300))
    story.told(report("done_for_day", exec_id="D1"))
    next_day(story)
    assert story.book.placements[PLACEMENT].ord_status is OrdStatus.DONE_FOR_DAY
    assert status(story) is OrderStatus.PARTIALLY_FILLED
    third = place(story, 700)
    story.told(report("new", cl_ord_id=third, exec_id="N3"))
    assert status(story) is OrderStatus.PARTIALLY_FILLED
    story.told(report("done_for_day", cl_ord_id=third, exec_id="D3"))
    assert status(story) is OrderStatus.DONE_FOR_DAY


def test_a_day_order_that_the_broker_takes_up_again_is_done_anew() -> None:
    story = with_broker(TimeInForce.DAY).told(report("done_for_day", exec_id="D1"))
    next_day(story).told(report("restated", exec_id="R1", reason="1"))
    assert status(story) is OrderStatus.WORKING
    story.told(report("done_for_day", exec_id="D2"))
    assert status(story) is OrderStatus.DONE_FOR_DAY


def test_what_was_canceled_after_its_day_can_be_placed_again() -> None:
    story = with_broker(TimeInForce.GTC).told(report("done_for_day", exec_id="D1"))
    story.told(report("canceled", exec_id="C1"))
    assert status(story) is OrderStatus.RELEASED


def test_what_is_past_its_date_stays_as_the_broker_left_it_and_counts_as_open() -> None:
    story = with_broker(TimeInForce.GTD, expire_on=TODAY)
    story.told(report("done_for_day", exec_id="D1"))
    next_day(story)
    placement = story.book.placements[PLACEMENT]
    assert (placement.ord_status, placement.is_open) == (OrdStatus.DONE_FOR_DAY, True)
    assert status(story) is OrderStatus.WORKING
