"""Trading days: real holidays, weekends, early closes, and the list of known markets."""

from __future__ import annotations

from datetime import UTC, date, datetime

import exchange_calendars
import pytest

from tradeoms.imports import calendar
from tradeoms.imports.markets import CALENDARS, SEGMENTS


@pytest.mark.parametrize(
    ("mic", "on", "trades"),
    [
        ("XNYS", date(2010, 5, 6), True),
        ("XNAS", date(2010, 5, 6), True),
        ("XNYS", date(2010, 5, 8), False),  # Saturday
        ("XNYS", date(2010, 7, 5), False),  # Independence Day, observed
        ("XLON", date(2010, 7, 5), True),
    ],
)
def test_a_day_is_a_session_or_not(mic: str, on: date, *, trades: bool) -> None:
    assert calendar.is_session(mic, on) is trades


def test_sessions_before_and_after_a_long_weekend() -> None:
    assert calendar.next_session("XNYS", date(2010, 7, 2)) == date(2010, 7, 6)
    assert calendar.next_session("XNYS", date(2010, 7, 4)) == date(2010, 7, 6)
    assert calendar.previous_session("XNYS", date(2010, 7, 6)) == date(2010, 7, 2)
    assert calendar.previous_session("XNYS", date(2010, 7, 5)) == date(2010, 7, 2)


def test_closes_are_in_utc_and_early_where_the_market_closes_early() -> None:
    assert calendar.close_at("XNYS", date(2010, 5, 6)) == datetime(2010, 5, 6, 20, tzinfo=UTC)
    assert calendar.close_at("XNYS", date(2010, 11, 26)) == datetime(2010, 11, 26, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mic", "on"), [("QQQQ", date(2010, 5, 6)), ("XNYS", date(1990, 1, 2)), ("XNYS", date.max)]
)
def test_a_market_or_day_without_a_calendar_is_told(mic: str, on: date) -> None:
    with pytest.raises(calendar.CalendarUnknown):
        calendar.is_session(mic, on)


def test_a_day_without_trading_has_no_close() -> None:
    with pytest.raises(calendar.CalendarUnknown):
        calendar.close_at("XNYS", date(2010, 5, 8))


def test_the_list_of_markets_is_that_of_exchange_calendars() -> None:
    names = set(exchange_calendars.get_calendar_names(include_aliases=False))
    mics = {name for name in names if len(name) == 4 and name.isupper()}
    assert mics - CALENDARS == {"CMES"}  # a family of calendars, not a market
    assert mics.issuperset(CALENDARS)
    assert CALENDARS.issuperset(SEGMENTS.values())
