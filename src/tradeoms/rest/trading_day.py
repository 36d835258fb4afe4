"""The trading day: which it is, and the beginning of the next."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from tradeoms.projections.queries import fact_row
from tradeoms.rest.bodies import command_body
from tradeoms.rest.endpoint import Call, endpoint, show, show_outcome
from tradeoms.rest.fields import Body, Date
from tradeoms.rest.routes import Routes

routes: Final = Routes("trading day")


class TradingDayBody(Body):
    """The day that begins."""

    trade_on: Date
    """Later than the current one, and at most 7 days after today (UTC)."""


class TradingDay(msgspec.Struct):
    """The trading day that it is; `null` before the first that began. `seq` is the event's."""

    trade_on: str | None
    seq: int


class DayBegun(msgspec.Struct):
    """What the beginning of a trading day did: `expired` orders have ended with the day before."""

    trade_on: str
    expired: int
    seq: int


@endpoint(routes, "GET", "/trading-day", permission="read", answer=TradingDay)
async def get_trading_day(call: Call) -> Response:
    """Tell which trading day it is."""
    begun = await call.read(fact_row, "trade_on")
    day, seq = (begun.value, begun.seq) if begun else (None, 0)
    return show(TradingDay(trade_on=day, seq=seq))


@endpoint(
    routes, "POST", "/trading-day", permission="RollDay", body=TradingDayBody, answer=DayBegun,
    key="optional",
)  # fmt: skip
async def begin_trading_day(call: Call) -> Response:
    """Begin a trading day; it cannot be undone.

    Orders whose time is over and that no broker holds expire, roll, or go back to their portfolio
    managers, as each of them says. What a broker holds past its time becomes a break.
    """
    return show_outcome(await call.submit("RollDay", command_body(call.body)))
