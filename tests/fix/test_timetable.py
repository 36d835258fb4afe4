"""When a session lives: nights, weekends, holidays, changes of the clock, lives of the numbers."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.session_config import load_session
from tradeoms.fix.timetable import WEEK, Span, Timetable, life_of, next_span, span_at

#: From 17:05 to 16:55 in New York; Sunday evening belongs to Monday.
FX = Timetable(start="17:05:00", end="16:55:00", zone="America/New_York", days=WEEK[:5])
EQUITY = Timetable(start="07:00:00", end="20:00:00", zone="America/New_York", calendar="XNYS")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shown(span: Span | None) -> str:
    return f"{span.start:%a %m-%d %H:%M} {span.end:%a %m-%d %H:%M}" if span else ""


@pytest.mark.parametrize(
    ("timetable", "at", "inside", "following"),
    [
        # summer time, UTC-4: 17:05 is 21:05
        (FX, "2026-07-07 12:00", "Mon 07-06 21:05 Tue 07-07 20:55", "Tue 07-07 21:05"),
        (FX, "2026-07-07 20:55", "", "Tue 07-07 21:05"),
        (FX, "2026-07-07 21:05", "Tue 07-07 21:05 Wed 07-08 20:55", "Wed 07-08 21:05"),
        # the weekend: Friday's ends, Monday's begins on Sunday evening
        (FX, "2026-07-11 12:00", "", "Sun 07-12 21:05"),
        (FX, "2026-07-12 21:04", "", "Sun 07-12 21:05"),
        (FX, "2026-07-12 21:05", "Sun 07-12 21:05 Mon 07-13 20:55", "Mon 07-13 21:05"),
        # spring: on 8 March 2026 at 02:00 New York goes from UTC-5 to UTC-4
        (FX, "2026-03-06 12:00", "Thu 03-05 22:05 Fri 03-06 21:55", "Sun 03-08 21:05"),
        # autumn: on 1 November 2026 it goes back
        (FX, "2026-10-30 12:00", "Thu 10-29 21:05 Fri 10-30 20:55", "Sun 11-01 22:05"),
        # a holiday (3 July 2026 stands for Independence Day), and the weekend behind it
        (EQUITY, "2026-07-02 15:00", "Thu 07-02 11:00 Fri 07-03 00:00", "Mon 07-06 11:00"),
        (EQUITY, "2026-07-03 15:00", "", "Mon 07-06 11:00"),
    ],
)
def test_sessions_follow_the_clock_and_calendar_of_their_place(
    timetable: Timetable, at: str, inside: str, following: str
) -> None:
    assert shown(span_at(timetable, utc(at))) == inside
    assert shown(next_span(timetable, utc(at))).startswith(following)


def test_times_that_a_change_of_the_clock_leaves_out_or_repeats() -> None:
    """On 29 March 2026 Berlin has no 02:30, on 25 October it has 02:30 twice."""
    early = Timetable(start="02:30:00", end="22:00:00", zone="Europe/Berlin")
    assert shown(span_at(early, utc("2026-03-29 12:00"))) == "Sun 03-29 01:30 Sun 03-29 20:00"
    assert shown(span_at(early, utc("2026-10-25 12:00"))) == "Sun 10-25 00:30 Sun 10-25 21:00"
    late = Timetable(start="22:00:00", end="02:30:00", zone="Europe/Berlin")
    assert shown(span_at(late, utc("2026-10-25 00:29"))) == "Sat 10-24 20:00 Sun 10-25 00:30"
    assert span_at(late, utc("2026-10-25 01:00")) is None


def test_a_weekly_session_lives_from_day_to_day() -> None:
    weekly = Timetable(
        start="18:00:00", end="17:00:00", start_day="sunday", end_day="friday",
        zone="America/Chicago",
    )  # fmt: skip
    assert shown(span_at(weekly, utc("2026-01-07 12:00"))) == "Mon 01-05 00:00 Fri 01-09 23:00"
    assert shown(next_span(weekly, utc("2026-01-10 12:00"))) == "Mon 01-12 00:00 Fri 01-16 23:00"
    whole = weekly.model_copy(update={"end_day": "sunday"})
    assert shown(span_at(whole, utc("2026-01-10 12:00"))) == "Mon 01-05 00:00 Sun 01-11 23:00"


@pytest.mark.parametrize("timetable", [FX, EQUITY])
def test_sessions_of_a_year_follow_each_other_without_overlap(timetable: Timetable) -> None:
    at, found = utc("2026-01-02 12:00"), []
    while at < utc("2026-12-31 00:00"):
        span = next_span(timetable, at)
        assert span is not None
        found.append(span)
        at = span.start
    assert all(one.start < one.end <= two.start for one, two in itertools.pairwise(found))
    for span in found:
        inside = span.end - timedelta(microseconds=1)
        assert span_at(timetable, span.start) == span_at(timetable, inside) == span
        assert span_at(timetable, span.end) != span
    assert 250 <= len(found) <= 262


def test_the_numbers_live_as_long_as_was_agreed() -> None:
    monday, tuesday, next_week = (
        span_at(FX, utc(at)) for at in ("2026-07-06 12:00", "2026-07-07 12:00", "2026-07-13 12:00")
    )
    assert monday
    assert tuesday
    assert next_week
    lives = {
        reset: [life_of(FX.model_copy(update={"reset": reset}), one)
                for one in (monday, tuesday, next_week)]
        for reset in ("session", "week", "never")
    }  # fmt: skip
    assert len(set(lives["session"])) == 3
    assert lives["week"] == ["2026-W28", "2026-W28", "2026-W29"]
    assert len(set(lives["never"])) == 1


@pytest.mark.parametrize(
    ("schedule", "key", "allowed"),
    [
        ({"start": "05:00:00", "end": "21:00:00", "zone": "New York"}, "zone", "a time zone"),
        ({"zone": "Europe/Paris"}, "start", "a time, as a zone is given"),
        ({"start": "05:00:00", "end": "21:00:00", "days": ["monday"]}, "days", "a zone beside it"),
        ({"start": "05:00:00", "end": "21:00:00", "calendar": "XNYS"}, "calendar", "a zone"),
        ({"start": "05:00:00", "end": "21:00:00", "reset": "never"}, "reset", "session, or a zone"),
        (
            {"start": "05:00:00", "end": "21:00:00", "zone": "Europe/Paris", "calendar": "PARIS"},
            "calendar", "a market of exchange_calendars",
        ),
        (
            {"start": "05:00:00", "end": "21:00:00", "zone": "Europe/Paris", "days": ["monday"],
             "start_day": "monday", "end_day": "friday"},
            "days", "nothing for a weekly session",
        ),
        ({"start": "05:00", "end": "21:00:00"}, "start", "HH:MM:SS"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_key(
    tmp_path: Path, schedule: dict[str, Any], key: str, allowed: str
) -> None:
    for name in ("sessions", "dialects"):
        (tmp_path / name).mkdir()
    (tmp_path / "dialects" / "d.yaml").write_text("name: d\n")
    session = {"name": "s", "dialect": "d", "sender_comp_id": "A", "target_comp_id": "B",
               "host": "h", "port": 1, "schedule": schedule}  # fmt: skip
    (tmp_path / "sessions" / "s.yaml").write_text(yaml.safe_dump(session))
    with pytest.raises(ConfigInvalid) as told:
        load_session(tmp_path, "s")
    assert key in told.value.key
    assert allowed in told.value.allowed
