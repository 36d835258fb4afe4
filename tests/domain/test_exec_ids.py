"""Busts and corrections of a counterparty whose ExecIDs begin anew each day."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import PLACEMENT, Story, bust, correct, executions, fill, working
from tests.domain.test_breaks import open_breaks
from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.events import BreakKind

FIRST, SECOND = "20260105", "20260106"
GUESSED: dict[str, Any] = {"ref_day_guessed": True}


def traded() -> Story:
    """An execution 5 on each of two days, and 6 on the first."""
    story = working()
    for exec_id, quantity in ((f"{FIRST}:5", 100), (f"{FIRST}:6", 10), (f"{SECOND}:5", 200)):
        story.told(fill(exec_id, quantity))
    return story


def live(story: Story) -> list[str]:
    return sorted(each for each, (_, status) in executions(story).items() if status == "live")


def taken_back(exec_id: str, of: str, quantity: int | None = None) -> ReportPlacement:
    """A bust that does not tell the day of its execution."""
    told = None if quantity is None else (D(quantity), D(100))
    return bust(exec_id, of, taken_back=told, **GUESSED)


def test_a_bust_on_a_later_day_finds_the_one_execution_that_it_tells() -> None:
    for _ in range(2):
        story = traded().told(taken_back(f"{SECOND}:9", f"{SECOND}:6", 10))
        assert live(story) == [f"{FIRST}:5", f"{SECOND}:5"]
        story.told(taken_back(f"{SECOND}:9", f"{SECOND}:6", 10))
        assert (story.events, open_breaks(story)) == ([], []), "a repeat"


@pytest.mark.parametrize("quantity", [None, 11])
def test_what_tells_no_quantity_or_another_is_for_people(quantity: int | None) -> None:
    story = traded().told(taken_back(f"{SECOND}:9", f"{SECOND}:6", quantity))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]
    assert len(live(story)) == 3


def test_the_own_day_of_the_message_needs_no_quantity() -> None:
    story = working().told(fill(f"{SECOND}:7", 10))
    for _ in range(2):
        story.told(taken_back(f"{SECOND}:9", f"{SECOND}:7"))
    assert (live(story), open_breaks(story)) == ([], [])


@pytest.mark.parametrize("day", [SECOND, "20260107"])
def test_where_two_days_have_the_name_people_decide(day: str) -> None:
    story = traded().told(taken_back(f"{day}:1", f"{day}:5", 100))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]
    assert len(live(story)) == 3


def test_a_day_that_is_told_is_taken_by_the_letter() -> None:
    """It may have outrun its execution, and waits for that one."""
    story = traded().told(bust(f"{SECOND}:9", f"{SECOND}:6", taken_back=(D(10), D(100))))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]
    assert len(live(story)) == 3
    story.told(fill(f"{SECOND}:6", 30))
    assert (live(story), open_breaks(story)) == ([f"{FIRST}:5", f"{FIRST}:6", f"{SECOND}:5"], [])


def test_a_correction_of_another_day_is_for_people_and_of_its_own_is_taken() -> None:
    story = traded().told(correct(f"{SECOND}:9", f"{SECOND}:6", 11, **GUESSED))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]
    story = working().told(fill(f"{SECOND}:6", 10))
    for _ in range(2):
        story.told(correct(f"{SECOND}:9", f"{SECOND}:6", 11, **GUESSED))
    assert story.book.placements[PLACEMENT].cum_qty == 11
    assert open_breaks(story) == []


def test_a_repeat_after_more_of_that_name_still_means_the_first() -> None:
    story = working().told(fill(f"{FIRST}:6", 10))
    first = taken_back(f"{SECOND}:9", f"{SECOND}:6", 10)
    story.told(first).told(fill(f"{SECOND}:6", 20)).told(first)
    assert (story.events, open_breaks(story)) == ([], [])
    assert live(story) == [f"{SECOND}:6"]
