"""Trading days and closing times of a market, from exchange_calendars.

Importing exchange_calendars brings pandas and takes a second, so it is imported when a calendar is
first asked for. Calendars reach from twenty years ago to about one year from now.
"""

from __future__ import annotations

import importlib
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from tradeoms.imports.markets import KNOWN_MICS, SEGMENTS
from tradeoms.kernel.errors import TradeomsError


class CalendarUnknown(TradeomsError):
    """There is no trading calendar for a market, or it does not reach to a day."""

    def __init__(self, *, mic: str, on: date | None = None) -> None:
        """Keep the market, and the day if that is what is wrong."""
        self.mic = mic
        self.on = on
        what = "there is none" if on is None else f"it does not reach {on}"
        super().__init__(f"trading calendar of {mic}: {what}")


def is_session(mic: str, on: date) -> bool:
    """True where ``mic`` trades on ``on``."""
    return bool(_calendar(mic, on).is_session(on.isoformat()))


def next_session(mic: str, after: date) -> date:
    """The first trading day of ``mic`` after ``after``."""
    calendar = _calendar(mic, after)
    day = calendar.date_to_session(after.isoformat(), direction="next")
    if day.date() == after:
        day = calendar.next_session(day)
    return _day(day)


def previous_session(mic: str, before: date) -> date:
    """The last trading day of ``mic`` before ``before``."""
    calendar = _calendar(mic, before)
    day = calendar.date_to_session(before.isoformat(), direction="previous")
    if day.date() == before:
        day = calendar.previous_session(day)
    return _day(day)


def close_at(mic: str, on: date) -> datetime:
    """The instant at which ``mic`` closes on ``on``, UTC; early closes are known.

    Raises:
        CalendarUnknown: If there is no calendar, or ``on`` is not a trading day.
    """
    calendar = _calendar(mic, on)
    if not calendar.is_session(on.isoformat()):
        raise CalendarUnknown(mic=mic, on=on)
    instant: datetime = calendar.session_close(on.isoformat()).to_pydatetime()
    return instant.astimezone(UTC)


def _calendar(mic: str, on: date) -> Any:  # exchange_calendars publishes no types
    calendar = _load(SEGMENTS.get(mic, mic))
    if not calendar.first_session.date() < on < calendar.last_session.date():
        raise CalendarUnknown(mic=mic, on=on)
    return calendar


@cache
def _load(mic: str) -> Any:  # exchange_calendars publishes no types
    if mic not in KNOWN_MICS:
        raise CalendarUnknown(mic=mic)
    return importlib.import_module("exchange_calendars").get_calendar(mic)


def _day(session: Any) -> date:  # a pandas.Timestamp
    day: date = session.date()
    return day
