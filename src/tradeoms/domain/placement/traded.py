"""Decides which trading day an execution is of: it may be told after that day is over.

What is executed before the close may be reported when the house has begun its next day: a session
was down, a broker books late. The execution belongs to the day on which it was traded, with that
day's average price and booking, not to the one on which it was told.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.trading_days import TradingDays

#: The date of a market is at most a day behind the date in UTC.
_ZONES: Final = timedelta(days=1)
#: As far as a trading day of the house may be begun ahead of the clock.
_AHEAD: Final = timedelta(days=7)


def traded_on(
    report: ReportPlacement, placement: Placement, days: TradingDays, today: date
) -> date:
    """The trading day of an execution of ``placement``.

    It is TradeDate (75) where the counterparty tells one that can be. Else it is the day of the
    house at TransactTime (60), or when the report was received; what would be before the placement
    was made, by a clock that is behind, is of the day of the placement.
    """
    if report.trade_on is not None:
        return today if impossible_day(report, placement, days, today) else report.trade_on
    at = report.transact_time or report.received_at
    if at is None or not days.begun:
        return today
    return min(days.of(max(at, placement.created_at)), today)


def impossible_day(
    report: ReportPlacement, placement: Placement, days: TradingDays, today: date
) -> str:
    """Why TradeDate (75) cannot be right; empty where it can, or is not told."""
    told, made = report.trade_on, days.of(placement.created_at)
    if told is None or made - _ZONES <= told <= today + _AHEAD:
        return ""
    return f"TradeDate {told} of a placement made on {made}: booked on {today}"
