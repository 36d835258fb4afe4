"""What reaches us twice, late or in another order ends in the same facts as the standard's tables.

Every report of every scenario is told again, is lost and told later, or changes places with the
next one. Quantities, executions, status, terms and requests must be those of the untouched story;
people may be told of a difference on the way (breaks), as far as the test says so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.scenarios import (
    AT,
    LEFT_OUT,
    LIVES,
    SCENARIOS,
    Row,
    phoned,
    report_of,
    request_of,
    stories,
)
from tests.domain.story import (
    BLOCK,
    RELEASED,
    STATED,
    Story,
    checked,
    created,
    legs,
    placed,
    sent,
    world,
)
from tradeoms.domain.placement.events import BreakKind
from tradeoms.kernel.enums import ExecutionStatus, OrderType

#: A row of a scenario with its place there, and whether it is told as PossResend (97).
Told = tuple[int, Row, bool]
ENOUGH = 1_000_000
#: A split changes the units of what was executed: a fill of before that comes after it, and a split
#: that comes after fills of later, are for the person whom its own break calls.
SPLIT = "4.2-D28"
#: What people may be told of, once something came in a wrong place and was not marked.
DISORDER = {
    BreakKind.CUM_QTY_MISMATCH, BreakKind.STATUS_MISMATCH, BreakKind.LEAVES_QTY_MISMATCH,
    BreakKind.OVER_FILL,
}  # fmt: skip


def named_stories() -> Iterator[tuple[str, list[Told]]]:
    """Every scenario, and one for each other end of it."""
    for scenario in SCENARIOS:
        key = scenario["version"], scenario["ref"]
        if key not in LEFT_OUT:
            for at, rows in enumerate(stories(scenario["rows"])):
                name = "-".join(key) + (f"-{rows[-1][0]}" if at else "")
                yield name, [(number, row, False) for number, row in rows]


STORIES = dict(named_stories())
each_story = pytest.mark.parametrize("name", STORIES)


def play(rows: Sequence[Told]) -> Story:
    """One order that has units for all, placed as the scenario does."""
    order = created(quantity=D(ENOUGH), legs=legs(A=ENOUGH), order_type=OrderType.MARKET,
                    limit_price=None)  # fmt: skip
    story = Story(*world(), order, checked(), RELEASED, BLOCK, replace(STATED, legs=order.legs))
    story.later(timedelta(days=1))
    for number, row, again in rows:
        if row["dir"] == "in":
            at = AT + timedelta(minutes=number)
            story.told(replace(report_of(row, number), transact_time=at, poss_resend=again))
        else:
            ask(story, phoned(row) if row["dir"] == "note" else row)
    return story


def ask(story: Story, row: Row) -> None:
    """One of our own messages: a new order, a replace or a cancel."""
    own = row["ClOrdID"]
    if row["msg"] == "D" and own not in story.book.cl_ord_ids:
        key = f"plc_{len(story.book.placements)}"
        story.given(
            placed(
                placement_id=key, cl_ord_id=own, quantity=D(row["OrderQty"]), limit_price=None,
                order_type=OrderType.MARKET, time_in_force=LIVES[row.get("TimeInForce", "0")],
            ),
            sent(own, key),
        )  # fmt: skip
    elif row["msg"] in ("F", "G"):
        story.given(request_of(row, story.book))


def facts(story: Story) -> dict[str, tuple[object, ...]]:
    """What the placements come to."""
    return {
        key: (
            each.ord_status, each.cum_qty, each.quantity, each.cl_ord_id,
            tuple(request.cl_ord_id for request in each.requests),
            sorted((e.exec_id, e.last_qty, e.last_px)
                   for e in story.book.executions.values()
                   if e.placement_id == key and e.status is ExecutionStatus.LIVE),
        )
        for key, each in story.book.placements.items()
    }  # fmt: skip


def breaks(story: Story) -> set[BreakKind]:
    """Kinds of the open breaks."""
    return {each.kind for each in story.book.breaks.values() if not each.resolved_by}


def heard(rows: Sequence[Told]) -> list[int]:
    """Places of the reports."""
    return [place for place, (_, row, _) in enumerate(rows) if row["dir"] == "in"]


def later(rows: Sequence[Told], place: int, after: int, *, again: bool) -> list[Told]:
    """The story in which the report of ``place`` comes after that of ``after``."""
    rest = [each for at, each in enumerate(rows) if at != place]
    return [*rest[:after], (*rows[place][:2], again), *rest[after:]]


@each_story
def test_a_report_told_twice_changes_nothing_and_calls_nobody(name: str) -> None:
    rows = STORIES[name]
    story = play(rows)
    for place in heard(rows):
        for again in (False, True):
            twice = play([*rows[: place + 1], (*rows[place][:2], again), *rows[place + 1 :]])
            assert (facts(twice), breaks(twice)) == (facts(story), breaks(story)), place


@each_story
def test_the_whole_day_told_again_changes_nothing_and_calls_nobody(name: str) -> None:
    rows = STORIES[name]
    story = play(rows)
    again = play([*rows, *((*rows[place][:2], True) for place in heard(rows))])
    assert (facts(again), breaks(again)) == (facts(story), breaks(story))


@each_story
@pytest.mark.parametrize("marked", [True, False])
def test_a_report_that_comes_late_ends_in_the_same_facts(name: str, *, marked: bool) -> None:
    rows = STORIES[name]
    story = play(rows)
    for place, after in itertools.combinations(heard(rows), 2):
        late = play(later(rows, place, after, again=marked))
        if not name.startswith(SPLIT):
            assert facts(late) == facts(story), (place, after)
            assert breaks(late) <= breaks(story) | DISORDER, (place, after)
        elif facts(late) != facts(story):
            assert BreakKind.CORPORATE_ACTION in breaks(late)
