"""Days on which a market trades.

The first question about a market loads its calendar, which takes a second or two.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

from tradeoms.compliance.clock import is_business_day
from tradeoms.domain.reference.settlement import settle_days
from tradeoms.domain.reference.state import Security
from tradeoms.imports.markets import KNOWN_MICS, SEGMENTS

DAY = timedelta(days=1)
_SATURDAY = 5
_NEW_YORK = "XNYS"


def trades(mic: str, day: date) -> bool:
    """True where ``mic`` trades on ``day``; of an unknown market, from Monday to Friday."""
    if mic not in KNOWN_MICS:
        return day.weekday() < _SATURDAY
    return is_business_day(SEGMENTS.get(mic, mic), day)


def settles_on(security: Security, trade_on: date) -> date | None:
    """The day on which a trade of ``trade_on`` settles, by the attribute `settle_days`.

    Trading days of the security's market count, in the United States but those on which banks are
    closed. `None` where the attribute is not loaded or nobody knows the market's days.
    """
    days = settle_days(security)
    if days is None or security.mic not in KNOWN_MICS:
        return None
    return _after(SEGMENTS.get(security.mic, security.mic), trade_on, days)


@lru_cache(maxsize=1_000)
def _after(market: str, day: date, count: int) -> date:
    """The day that is ``count`` settlement days of ``market`` behind ``day``."""
    while count:
        day += DAY
        closed = market == _NEW_YORK and _banks_close(day)
        count -= not closed and trades(market, day)
    return day


def _banks_close(day: date) -> bool:
    """True on Columbus and Veterans Day: stocks trade, the Federal Reserve is closed."""
    columbus = day.month == 10 and day.weekday() == 0 and 8 <= day.day <= 14
    monday_after = day.weekday() == 0 and (day - DAY).day == 11
    veterans = day.month == 11 and (day.day == 11 or monday_after)
    return columbus or veterans
