"""`roll-day` on the command line: for the machine's timetable, and for a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.cli.conftest import Run, parsed


def test_a_day_begins_and_is_told(node: Run) -> None:
    told = node("roll-day", "2010-01-04").stdout
    assert told == "2010-01-04 has begun; orders that expired: 0\n"
    again = node("roll-day", "2010-01-04", code=1)
    assert "day_not_later" in again.stderr
    assert parsed(node("roll-day", "2010-01-05", "--json"))["status"] == "accepted"


def test_without_a_day_it_is_today(node: Run) -> None:
    before = datetime.now(UTC).date()
    told = node("roll-day").stdout
    assert told.split()[0] in {before.isoformat(), datetime.now(UTC).date().isoformat()}


def test_a_day_too_far_ahead_changes_nothing(node: Run) -> None:
    far = datetime.now(UTC).date() + timedelta(days=40)
    assert "day_too_far" in node("roll-day", far, code=1).stderr
    assert node("roll-day", far - timedelta(days=39)).exit_code == 0


def test_the_name_given_must_have_the_right(node: Run) -> None:
    refused = node("roll-day", "2010-01-04", "--user", "nobody", code=1)
    assert "not_permitted" in refused.stderr
    node("roll-day", "2010-01-04", "--user", "ada")
    assert "no day" not in node("roll-day", "01/05/2010", code=2).stdout
