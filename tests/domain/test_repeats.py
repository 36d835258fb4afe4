"""What came before, what only looks so, and what was said too late to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    AT,
    ORDER,
    PLACEMENT,
    STATED,
    Story,
    bust,
    correct,
    executions,
    fill,
    happened,
    placed,
    released,
    report,
    sent,
)
from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.events import BreakKind, BreakOpened, BreakResolved
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import Side


def working() -> Story:
    """The halves of the order are at the broker as two placements, X and X2."""
    story = released().given(STATED, placed(quantity=D(500)), sent())
    story.given(placed(placement_id="plc_2", cl_ord_id="X2", quantity=D(500)), sent("X2", "plc_2"))
    return story.told(report("new")).told(report("new", cl_ord_id="X2"))


def now(story: Story, placement: str = PLACEMENT) -> Placement:
    return story.book.placements[placement]


def open_breaks(story: Story) -> list[BreakKind]:
    return sorted(b.kind for b in story.book.breaks.values() if not b.resolved_by)


# Executions

TIMED = fill("E1", 100, side=Side.BUY, transact_time=AT)


@pytest.mark.parametrize(
    "said",
    [
        replace(TIMED, cl_ord_id="X2"),
        replace(TIMED, side=Side.SELL),
        replace(TIMED, transact_time=AT + timedelta(seconds=1)),
    ],
    ids=["another order", "another side", "another time"],
)
def test_a_fill_of_the_same_size_under_a_used_exec_id_is_a_break(said: ReportPlacement) -> None:
    story = working().told(TIMED).told(said)
    story.then(happened(BreakOpened, kind=BreakKind.EXEC_ID_REUSED, quantity=D(100)))
    assert executions(story) == {"E1": (D(100), "live")}
    assert story.book.allocations[ORDER].quantity == D(100)


@pytest.mark.parametrize(
    "said",
    [replace(TIMED, transact_time=None), replace(TIMED, side=None), TIMED],
    ids=["no time", "no side", "all"],
)
def test_what_a_repeat_leaves_out_does_not_make_it_another(said: ReportPlacement) -> None:
    assert working().told(TIMED).told(said).events == []


@pytest.mark.parametrize(
    "said",
    [bust("E3", "E1", cl_ord_id="X2"), correct("E4", "E2", 50, 99, cl_ord_id="X2")],
    ids=["bust", "correction"],
)
def test_a_used_exec_id_that_takes_back_for_another_order_is_a_break(said: ReportPlacement) -> None:
    story = working()
    for first in (TIMED, fill("E2", 60), bust("E3", "E1"), correct("E4", "E2", 50, 99)):
        story.told(first)
    story.told(said).then(happened(BreakOpened, kind=BreakKind.EXEC_ID_REUSED))


def test_a_repeat_with_a_higher_sum_tells_of_a_missing_fill() -> None:
    story = working().told(replace(TIMED, cum_qty=D(100)))
    again = replace(TIMED, cum_qty=D(200))
    story.told(again).then(happened(BreakOpened, kind=BreakKind.CUM_QTY_MISMATCH))
    story.told(again).then()
    story.told(fill("E2", 100, cum_qty=D(200)))
    assert [type(event) for event in story.events][-1] is BreakResolved
    assert open_breaks(story) == []


def test_an_older_repeat_and_one_that_says_so_prove_nothing_about_sums() -> None:
    story = working().told(replace(TIMED, cum_qty=D(100))).told(fill("E2", 100, cum_qty=D(200)))
    assert story.told(replace(TIMED, cum_qty=D(100))).events == []
    assert story.told(replace(TIMED, cum_qty=D(300), poss_resend=True)).events == []
