"""The simulated market: trading day, tick of the day, and the price of a symbol now.

Time moves only by command or by the tick timer, never by itself. Tick 0 is the opening auction,
the last tick the closing auction. The clock is two integers, kept in the ledger.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from simulators.prices import PriceSource, intraday_path

FALLBACK_PRICE: Final = Decimal("100.00")


class Market:
    """Clock and prices.

    Args:
        source: Where the daily bars come from.
        ticks: Prices in a day, at least 4.
        seed: Decides the path through each day.
        day: Index of the current trading day.
        tick: Index of the current tick, 0 to ``ticks - 1``.
    """

    def __init__(self, source: PriceSource, *, ticks: int, seed: int, day: int, tick: int) -> None:
        self._source = source
        self._seed = seed
        self._paths: dict[tuple[str, date], tuple[Decimal, ...] | None] = {}
        self.ticks = ticks
        self.day = day
        self.tick = min(tick, ticks - 1)
        self.pinned: dict[str, Decimal] = {}

    @property
    def today(self) -> date:
        """Return the trading date."""
        return self._source.trading_day(self.day)

    @property
    def at_open(self) -> bool:
        """Return whether this is the opening auction."""
        return self.tick == 0

    @property
    def at_close(self) -> bool:
        """Return whether this is the closing auction."""
        return self.tick == self.ticks - 1

    @property
    def instant(self) -> int:
        """Return a number that grows with every tick."""
        return self.day * self.ticks + self.tick

    def price(self, symbol: str) -> Decimal | None:
        """Return the price now: pinned by command, else on the day's path, else None."""
        pinned = self.pinned.get(symbol)
        if pinned is not None:
            return pinned
        path = self.path(symbol)
        return None if path is None else path[self.tick]

    def path(self, symbol: str) -> tuple[Decimal, ...] | None:
        """Return today's whole path of a symbol, or None without a bar."""
        key = (ticker_of(symbol), self.today)
        if key not in self._paths:
            bar = self._source.bar(*key)
            text = f"{self._seed}|{key[0]}|{self.today.isoformat()}"
            self._paths[key] = None if bar is None else intraday_path(bar, self.ticks, text)
        return self._paths[key]

    def tick_volume(self, symbol: str) -> Decimal | None:
        """Return the shares that trade in one tick, or None when nothing limits a fill."""
        if symbol in self.pinned:
            return None
        bar = self._source.bar(ticker_of(symbol), self.today)
        return None if bar is None else Decimal(bar.volume // self.ticks)

    def next_tick(self) -> bool:
        """Go one tick on within the day; return False when the day is over."""
        if self.at_close:
            return False
        self.tick += 1
        return True

    def next_day(self) -> None:
        """Go to the next day's open; pinned prices end."""
        self.day += 1
        self.tick = 0
        self.pinned.clear()
        self._paths.clear()


def ticker_of(symbol: str) -> str:
    """Return the ticker of a symbol: in the Bloomberg manner, IBM US Equity, its first word."""
    return symbol.split(" ", 1)[0]
