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
) -> tuple[date, str]:
    """The trading day of an execution of ``placement``, and why the one that is told cannot be.

    The day is TradeDate (75) where the counterparty tells one that can be. Else it is the day of
    the house at TransactTime (60), or when the report was received; what would be before the
    placement was made, by a clock that is behind, is of the day of the placement. The reason is
    empty where TradeDate can be, or is not told.
    """
    told = report.trade_on
    if told is not None:
        made = days.of(placement.created_at)
        if made - _ZONES <= told <= today + _AHEAD:
            return told, ""
        return today, f"TradeDate {told} of a placement made on {made}: booked on {today}"
    at = report.transact_time or report.received_at
    if at is None or not days.begun:
        return today, ""
    return min(days.of(max(at, placement.created_at)), today), ""
