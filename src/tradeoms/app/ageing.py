"""How old a price, or a rate, may be before compliance no longer takes it for one."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from tradeoms.app.market_days import DAY, trades
from tradeoms.domain.reference.state import FxRate, Price


def why_too_old(price: Price, mic: str, trade_on: date | None, limit: int) -> str:
    """Say why ``price`` is too old to count, as a clause; empty where it is not.

    Args:
        price: The price, with the day it is of.
        mic: Market of its security, whose days count; of an unknown one, Monday to Friday.
        trade_on: The trading day. Before the first one began no age can be told, and no price
            counts.
        limit: Trading days that a price may be old: 1 takes the close of the trading day before;
            0 is no limit.
    """
    what = f"the price of {price.security_id}"
    return _too_old(what, price.as_of, mic, trade_on=trade_on, limit=limit)


def why_rate_too_old(rate: FxRate, trade_on: date | None, limit: int) -> str:
    """Say why ``rate`` is too old to count, as `why_too_old`; Monday to Friday count."""
    what = f"the rate from {rate.base} to {rate.to}"
    return _too_old(what, rate.as_of, "", trade_on=trade_on, limit=limit)


def _too_old(what: str, as_of: date, mic: str, *, trade_on: date | None, limit: int) -> str:
    if not limit:
        return ""
    dated = f"{what} is of {as_of.isoformat()}"
    if trade_on is None:
        return f"{dated}, and no trading day has begun by which to tell its age"
    if as_of >= oldest(mic, trade_on, limit):
        return ""
    return f"{dated}, older than {limit} trading day{'s' if limit > 1 else ''}"


@lru_cache(maxsize=1_000)
def oldest(mic: str, trade_on: date, limit: int) -> date:
    """The first day of which a price is not yet older than ``limit`` trading days of ``mic``."""
    day, left = trade_on, limit
    while left or not trades(mic, day):
        left -= trades(mic, day)
        day -= DAY
    return day
