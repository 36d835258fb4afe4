"""The trading days of the house: each lasts from the instant it was begun until the next one is."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

#: What is older was told long ago, or is told with its TradeDate (75).
_KEPT: Final = 10


@dataclass(frozen=True, slots=True)
class TradingDays:
    """The newest trading days, oldest first.

    Attributes:
        begun: (instant at which it was begun, the day).
    """

    begun: tuple[tuple[datetime, date], ...] = ()

    def begin(self, on: date, at: datetime) -> TradingDays:
        """With ``on`` begun at ``at``; the oldest is forgotten."""
        return TradingDays(begun=(*self.begun, (at, on))[-_KEPT:])

    def of(self, at: datetime) -> date:
        """The trading day it was at ``at``; before the first that is known, the day in UTC."""
        after = bisect_right(self.begun, at, key=lambda each: each[0])
        return self.begun[after - 1][1] if after else at.date()
