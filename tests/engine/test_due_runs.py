"""Which funds the scheduled run must test now: own times of day, once a day, nothing before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from tests.engine.house import House
from tradeoms.app.run_process import due_funds
from tradeoms.domain.case.state import Run
from tradeoms.projections.book import Book

SUBJECTS = ("A", "firm")
MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def due(book: Book, clock: str, *runs: Run, at: str = "17:00") -> tuple[str, ...]:
    """What is due at ``clock`` of the day of ``runs``."""
    hour, minute = map(int, clock.split(":"))
    now = MIDNIGHT.replace(hour=hour, minute=minute)
    return due_funds(book, SUBJECTS, runs, now=now, at=at)


def run_of(*funds: str, scheduled: bool) -> Run:
    return Run(
        id="run_1",
        version=1,
        funds=funds,
        waiting=(),
        executor="node",
        scheduled=scheduled,
        trade_on=date(2026, 3, 2),
        requested_by="system",
        started_at=MIDNIGHT,
        updated_at=MIDNIGHT,
    )


@pytest.fixture
def book(house: House) -> Book:
    house.book.funds["A"] = replace(house.book.funds["A"], nav_time="18:30")
    return house.book


def test_a_fund_is_due_at_its_own_time_and_what_has_none_at_the_nodes(book: Book) -> None:
    assert due(book, "16:59") == ()
    assert due(book, "17:00") == ("firm",)
    assert due(book, "18:29") == ("firm",)
    assert due(book, "18:30") == ("A", "firm")


def test_without_a_time_of_the_node_only_funds_with_their_own_are_due(book: Book) -> None:
    assert due(book, "23:59", at="") == ("A",)


def test_what_a_scheduled_run_has_is_not_due_again_and_a_persons_run_changes_nothing(
    book: Book,
) -> None:
    assert due(book, "19:00", run_of("A", scheduled=True)) == ("firm",)
    assert due(book, "19:00", run_of("A", "firm", scheduled=False)) == ("A", "firm")
