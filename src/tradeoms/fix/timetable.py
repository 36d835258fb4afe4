"""When a session lives, by the clock and the calendar of the counterparty's own place.

quickfix knows times of day in UTC and days of the week. A session that follows a city's clock
through summer and winter, and rests on a market's holidays, is opened and closed by `fix/roll.py`
from what `span_at` and `next_span` say; both are pure.

A session carries the date on which it ends, so one from 17:05 to 16:55 that begins on Sunday is
Monday's. Clock times that a change of the clock leaves out move forward by the change, times that
it repeats are the first ones (PEP 495, fold 0).
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import Field, model_validator

from tradeoms.fix.config_file import Settings, WrongTogether

Time = Annotated[
    str, Field(pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9])?$", title="HH:MM:SS")
]
Day = Literal["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
#: By `date.weekday()`.
WEEK: Final[tuple[Day, ...]] = (
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
)  # fmt: skip
#: Two sessions are never further apart: no market in the calendars was closed for longer.
_LOOK_AHEAD_DAYS: Final = 60


class Schedule(Settings):
    """When the session lives, in UTC; without times it never ends.

    With days it is one session a week, without it is one a day. Numbers start anew with it.
    """

    start: Time = ""
    end: Time = ""
    start_day: Literal["", Day] = ""
    end_day: Literal["", Day] = ""

    @model_validator(mode="after")
    def _paired(self) -> Self:
        if bool(self.start) != bool(self.end):
            raise WrongTogether("end", "both start and end, or neither")
        if bool(self.start_day) != bool(self.end_day):
            raise WrongTogether("end_day", "both days, or neither")
        if self.start_day and not self.start:
            raise WrongTogether("start", "a time, as days are given")
        return self

    @property
    def non_stop(self) -> bool:
        """True for a session that quickfix never resets by the clock."""
        return not self.start


class Timetable(Schedule):
    """When the session lives: in UTC, or by the clock and calendar of `zone`."""

    zone: str = ""
    """Time zone of start and end, as in `America/New_York`; empty: UTC, kept by quickfix."""
    days: tuple[Day, ...] = ()
    """Days of the week on which a daily session ends; empty: every day. Needs `zone`."""
    calendar: str = ""
    """Market of exchange_calendars, as in `XNYS`: no session ends on its holidays. Needs `zone`."""
    reset: Literal["session", "week", "never"] = "session"
    """When numbers start anew, as agreed: with each session, with the first that ends in a week
    (from Monday), or never. `week` and `never` need `zone`."""

    @model_validator(mode="after")
    def _of_a_place(self) -> Self:
        if self.zone and self.zone not in available_timezones():
            raise WrongTogether("zone", "a time zone as in America/New_York")
        if self.zone and not self.start:
            raise WrongTogether("start", "a time, as a zone is given")
        for name in ("days", "calendar"):
            if getattr(self, name) and not self.zone:
                raise WrongTogether(name, "nothing, or a zone beside it")
            if getattr(self, name) and self.start_day:
                raise WrongTogether(name, "nothing for a weekly session")
        if self.reset != "session" and not self.zone:
            raise WrongTogether("reset", "session, or a zone beside it")
        if self.calendar and self.calendar not in _calendars():
            raise WrongTogether("calendar", "a market of exchange_calendars, as in XNYS")
        return self

    @property
    def non_stop(self) -> bool:
        """True where quickfix is not to look at the clock: the session never ends, or we do."""
        return bool(self.zone) or not self.start


@dataclass(frozen=True, slots=True)
class Span:
    """One session: from ``start`` until before ``end``, UTC; ``on`` is the date of its end."""

    start: datetime
    end: datetime
    on: date


def span_at(timetable: Timetable, at: datetime) -> Span | None:
    """The session of ``at``, aware; None between two."""
    return next((one for one in _spans(timetable, at) if one.start <= at < one.end), None)


def next_span(timetable: Timetable, at: datetime) -> Span | None:
    """The first session that starts after ``at``; None if none does in the next weeks."""
    return next((one for one in _spans(timetable, at) if one.start > at), None)


def life_of(timetable: Timetable, span: Span) -> str:
    """What names the life of the sequence numbers that ``span`` belongs to."""
    match timetable.reset:
        case "session":
            return span.start.isoformat()
        case "week":
            year, week, _ = span.on.isocalendar()
            return f"{year}-W{week:02d}"
        case "never":
            return "always"


def _spans(timetable: Timetable, at: datetime) -> Iterator[Span]:
    """Sessions that end after the day before the week of ``at``, in order."""
    zone = ZoneInfo(timetable.zone)
    first = at.astimezone(zone).date() - timedelta(days=8)
    for number in range(_LOOK_AHEAD_DAYS):
        on = first + timedelta(days=number)
        if _is_on(timetable, on):
            began = on - timedelta(days=_days_long(timetable))
            yield Span(
                start=_instant(began, timetable.start, zone),
                end=_instant(on, timetable.end, zone),
                on=on,
            )


def _is_on(timetable: Timetable, on: date) -> bool:
    """True where a session ends on that date."""
    day = WEEK[on.weekday()]
    if timetable.end_day:
        return day == timetable.end_day
    if timetable.days and day not in timetable.days:
        return False
    return not timetable.calendar or _is_trading_day(timetable.calendar, on)


def _days_long(timetable: Timetable) -> int:
    """Midnights between start and end."""
    over_night = int(timetable.end <= timetable.start)
    if not timetable.start_day:
        return over_night
    assert timetable.end_day
    days = (WEEK.index(timetable.end_day) - WEEK.index(timetable.start_day)) % 7
    return 7 if days == 0 and over_night else days


def _instant(on: date, clock: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(on, time.fromisoformat(clock), tzinfo=zone).astimezone(UTC)


@functools.cache
def _calendars() -> frozenset[str]:
    found = importlib.import_module("exchange_calendars")  # it takes a second, and few need it
    return frozenset(found.get_calendar_names(include_aliases=False))


@functools.cache
def _calendar(name: str) -> Any:  # exchange_calendars publishes no types
    return importlib.import_module("exchange_calendars").get_calendar(name)


def _is_trading_day(calendar: str, on: date) -> bool:
    return bool(_calendar(calendar).is_session(on.isoformat()))
