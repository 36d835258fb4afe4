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


def trades(mic: str, day: date) -> bool:
    """True where ``mic`` trades on ``day``; of an unknown market, from Monday to Friday."""
    if mic not in KNOWN_MICS:
        return day.weekday() < _SATURDAY
    return is_business_day(SEGMENTS.get(mic, mic), day)


def settles_on(security: Security, trade_on: date) -> date | None:
    """The day on which a trade of ``trade_on`` settles, by the attribute `settle_days`.

    Trading days of the security's market stand for those of its currency; `None` where the
    attribute is not loaded.
    """
    days = settle_days(security)
    return None if days is None else _after(security.mic, trade_on, days)


@lru_cache(maxsize=1_000)
def _after(mic: str, day: date, count: int) -> date:
    """The day that is ``count`` trading days behind ``day``."""
    while count:
        day += DAY
        count -= trades(mic, day)
    return day
