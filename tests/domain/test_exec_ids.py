"""Busts and corrections of a counterparty whose ExecIDs begin anew each day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.domain.story import PLACEMENT, Story, bust, correct, executions, fill, working
from tests.domain.test_breaks import open_breaks
from tradeoms.domain.placement.events import BreakKind

FIRST, SECOND = "20260105", "20260106"
DAILY: dict[str, Any] = {"daily_ids": True}


def traded() -> Story:
    """An execution 5 on each of two days, and 6 on the first."""
    story = working()
    for exec_id, quantity in ((f"{FIRST}:5", 100), (f"{FIRST}:6", 10), (f"{SECOND}:5", 200)):
        story.told(fill(exec_id, quantity, **DAILY))
    return story


def live(story: Story) -> list[str]:
    return sorted(each for each, (_, status) in executions(story).items() if status == "live")


def test_a_bust_on_a_later_day_finds_the_only_execution_of_that_name() -> None:
    story = traded().told(bust(f"{SECOND}:9", f"{SECOND}:6", **DAILY))
    assert live(story) == [f"{FIRST}:5", f"{SECOND}:5"]
    story.told(bust(f"{SECOND}:9", f"{SECOND}:6", **DAILY))
    assert (story.events, open_breaks(story)) == ([], [])


def test_a_correction_on_a_later_day_too_and_its_own_correction_after_it() -> None:
    story = traded().told(correct(f"{SECOND}:9", f"{SECOND}:6", 11, **DAILY))
    assert story.book.placements[PLACEMENT].cum_qty == 311
    story.told(correct(f"{SECOND}:9", f"{SECOND}:6", 11, **DAILY))
    assert story.events == []
    third = "20260107"
    story.told(bust(f"{third}:1", f"{third}:9", **DAILY))
    assert story.book.placements[PLACEMENT].cum_qty == 300
    assert open_breaks(story) == []


def test_the_day_of_the_message_goes_first_also_when_it_comes_again() -> None:
    story = traded()
    for _ in range(2):
        story.told(bust(f"{SECOND}:9", f"{SECOND}:5", **DAILY))
    assert live(story) == [f"{FIRST}:5", f"{FIRST}:6"]
    assert open_breaks(story) == []


def test_where_several_fit_people_decide() -> None:
    story = traded().told(bust("20260107:1", "20260107:5", **DAILY))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]
    assert len(live(story)) == 3


def test_ids_that_are_unique_for_ever_are_taken_by_the_letter() -> None:
    story = traded().told(bust(f"{SECOND}:9", f"{SECOND}:6"))
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]


@pytest.mark.parametrize("later", ["fill", "day"])
def test_a_repeat_after_more_of_that_name_still_means_the_first(later: str) -> None:
    story = working().told(fill(f"{FIRST}:6", 10, **DAILY))
    taken_back = bust(f"{SECOND}:9", f"{SECOND}:6", **DAILY)
    story.told(taken_back)
    day = SECOND if later == "day" else "20260107"
    story.told(fill(f"{day}:6", 20, **DAILY)).told(taken_back)
    assert (story.events, open_breaks(story)) == ([], [])
    assert live(story) == [f"{day}:6"]
