"""What came before, what only looks so, and what was said too late to count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

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
from tradeoms.domain.placement.commands import ReplacePlacement, ReportPlacement
from tradeoms.domain.placement.events import BreakKind, BreakOpened, BreakResolved
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import OrdStatus, Side, TimeInForce


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


# Busts and corrections of another order's execution


@pytest.mark.parametrize(
    "said",
    [bust("E3", "E1", cl_ord_id="X2"), correct("E3", "E1", 50, 99, cl_ord_id="X2")],
    ids=["bust", "correction"],
)
def test_the_execution_of_another_order_is_not_taken_back(said: ReportPlacement) -> None:
    story = working().told(fill("E1", 100)).told(fill("E2", 60, cl_ord_id="X2"))
    before = (now(story), now(story, "plc_2"), story.book.allocations[ORDER])
    story.told(said)
    story.then(happened(BreakOpened, kind=BreakKind.UNKNOWN_EXECUTION, placement_id="plc_2"))
    assert (now(story), now(story, "plc_2"), story.book.allocations[ORDER]) == before
    assert executions(story) == {"E1": (D(100), "live"), "E2": (D(60), "live")}
    assert story.told(said).events == []


def test_a_bust_that_waits_is_not_applied_to_the_execution_of_another_order() -> None:
    story = working().told(bust("E3", "E1", cl_ord_id="X2")).told(fill("E1", 100))
    assert executions(story) == {"E1": (D(100), "live")}
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]


# Changes of state


def replaced_twice(story: Story) -> tuple[ReportPlacement, ReportPlacement]:
    """The broker accepts 400 units, then 300; returns its two reports."""
    said: list[ReportPlacement] = []
    for quantity, exec_id in ((400, "R1"), (300, "R2")):
        ask = ReplacePlacement(placement_id=PLACEMENT, quantity=D(quantity))
        asked = story.when(ask, user="tom").events[-1].cl_ord_id
        original = now(story).cl_ord_id
        said.append(
            report(
                "replaced", cl_ord_id=asked, orig_cl_ord_id=original, order_qty=D(quantity),
                exec_id=exec_id,
            )
        )  # fmt: skip
        story.told(said[-1])
    return said[0], said[1]


@pytest.mark.parametrize(
    "again",
    [{"poss_resend": True}, {"exec_id": "R9"}, {"exec_id": ""}],
    ids=["resent", "another ExecID", "no ExecID"],
)
def test_a_replace_that_another_followed_gives_no_terms_back(again: dict[str, Any]) -> None:
    story = working()
    first, second = replaced_twice(story)
    before = now(story)
    assert (before.quantity, before.links) == (D(300), ("X", first.cl_ord_id))
    assert story.told(replace(first, **again)).events == []
    assert story.told(replace(second, poss_resend=True)).events == []
    assert now(story) == before


def test_a_replace_told_late_does_not_undo_what_the_broker_changed_since() -> None:
    story = working()
    _, second = replaced_twice(story)
    story.told(report("restated", cl_ord_id=second.cl_ord_id, order_qty=D(250), exec_id="S1"))
    assert now(story).quantity == D(250)
    story.told(second)
    assert now(story).quantity == D(250)
    story.told(report("replaced", cl_ord_id=second.cl_ord_id, order_qty=D(240), exec_id="R3"))
    assert now(story).quantity == D(240)


def test_a_day_that_was_done_before_is_not_done_again() -> None:
    story = released().given(STATED, placed(time_in_force=TimeInForce.GTC), sent())
    done = report("done_for_day", exec_id="D1")
    morning = report("restated", exec_id="M1", order_qty=D(900), reason="1")
    story.told(report("new")).told(done).told(morning)
    story.told(report("restated", exec_id="M2", order_qty=D(800), reason="5"))
    for late in (done, morning):
        assert story.told(late).events == []
    assert (now(story).ord_status, now(story).quantity) == (OrdStatus.NEW, D(800))
    story.told(report("done_for_day", exec_id="D2"))
    assert now(story).ord_status is OrdStatus.DONE_FOR_DAY


@pytest.mark.parametrize("exec_id", ["", "0"])
def test_a_change_of_state_without_an_exec_id_of_its_own_is_always_taken(exec_id: str) -> None:
    story = working()
    for kind in ("suspended", "new", "suspended"):
        story.told(report(kind, exec_id=exec_id))
    assert now(story).suspended


def test_a_repeated_change_of_state_with_a_higher_sum_tells_of_a_missing_fill() -> None:
    said = report("suspended", exec_id="S1", cum_qty=D(0))
    story = working().told(said).told(replace(said, cum_qty=D(10)))
    story.then(happened(BreakOpened, kind=BreakKind.CUM_QTY_MISMATCH))
