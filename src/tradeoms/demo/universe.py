"""Builds the files of the demo: real securities and closes, five invented funds, people and rules.

The files are texts in the formats of `tradeoms load`, so that the demo enters by the same door as
everything else. The same day always gives the same texts. Every security of the data is loaded; one
that had stopped trading keeps its last close, one that had not begun has no price. Funds hold what
traded on the day.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

import yaml

from tradeoms.demo import days, people
from tradeoms.demo.days import Bar, Listing
from tradeoms.demo.listed import departed, market_of
from tradeoms.demo.rules import EXCLUDED_INDUSTRIES, EXCLUDED_TICKERS, RULES
from tradeoms.imports.rows import Format
from tradeoms.kernel.numbers import plain

#: Books are valued at the close of this day. The next one is 2010-05-06, the flash crash.
AS_OF: Final = date(2010, 5, 5)
ADV_DAYS: Final = 20
#: Sessions between the purchases (at their close) and the day of the books.
HELD_DAYS: Final = 60
CENT: Final = Decimal("0.01")
PERCENT: Final = Decimal("0.01")

#: Order in which a fresh system loads the files.
ORDER: Final = (
    "users", "destinations", "funds", "securities", "prices", "positions", "rules",
)  # fmt: skip
#: Share classes and successors of one issuer; everybody else is an issuer of its own.
ISSUERS: Final = {"VIA": "Viacom", "VIA.B": "Viacom", "ETFCD": "E-Trade"}

GROWTH_PERCENT: Final = {
    "AAPL": 9, "GOOG": 6, "AMZN": 6, "V": 5, "QCOM": 5, "MA": 4, "ORCL": 4, "GILD": 4, "CELG": 4,
    "PCLN": 4, "CRM": 4, "CTSH": 4, "EBAY": 3, "ISRG": 3, "AKAM": 3, "NTAP": 3, "EMC": 3, "INTU": 3,
    "JNPR": 3, "BRCM": 3, "SBUX": 3, "NKE": 3, "WYNN": 3, "CERN": 3, "DHR": 3,
}  # fmt: skip
INCOME_SECTORS: Final = ("Utilities", "Telecommunications Services", "Consumer Staples")


@dataclass(frozen=True, slots=True, kw_only=True)
class FundPlan:
    """A fund of the demo: what it is called and how much it has to invest, in dollars."""

    code: str
    name: str
    group: str
    manager: str
    nav: Decimal


FUNDS: Final = (
    FundPlan(code="INDEX", name="Equal Weight 500", group="LONG_ONLY", manager="pm.index",
             nav=Decimal(250_000_000)),
    FundPlan(code="GROWTH", name="Focused Growth", group="LONG_ONLY", manager="pm.growth",
             nav=Decimal(120_000_000)),
    FundPlan(code="INCOME", name="Steady Income", group="LONG_ONLY", manager="pm.income",
             nav=Decimal(150_000_000)),
    FundPlan(code="ETHICAL", name="Clean Hands Equity", group="LONG_ONLY", manager="pm.index",
             nav=Decimal(100_000_000)),
    FundPlan(code="LONGSHORT", name="Long Short Momentum", group="HEDGE", manager="pm.growth",
             nav=Decimal(80_000_000)),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Universe:
    """The files of the demo.

    Attributes:
        as_of: Day of the books and prices.
        next_day: First trading day after it.
        files: Text by kind of load; `formats` says how each is written.
        passwords: Password by log-in name.
    """

    as_of: date
    next_day: date | None
    files: Mapping[str, str]
    formats: Mapping[str, Format]
    passwords: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is known of every ticker on the day of the books.

    Attributes:
        last: Day and bar of the last trading up to the day; absent before the first.
        today: Tickers that traded on the day itself, by dollar volume, largest first.
        adv: Average daily volume in shares over the last `ADV_DAYS` sessions.
        bought: Close at which the funds bought.
    """

    listings: Mapping[str, Listing]
    last: Mapping[str, tuple[date, Bar]]
    today: tuple[str, ...]
    adv: Mapping[str, int]
    bought: Mapping[str, Decimal]

    def close(self, ticker: str) -> Decimal:
        """Close in dollars on the day of the books."""
        return self.last[ticker][1].close


def build(as_of: date = AS_OF) -> Universe:
    """Build the demo's files with the closes of ``as_of``, a trading day of the data.

    Raises:
        ValueError: If ``as_of`` is not a trading day with enough days before it.
        DatasetMissing: If the extra `demo` is not installed.
    """
    market = survey(as_of)
    books = {plan.code: _book(plan, market) for plan in FUNDS}
    files = {
        "users": _users(),
        "destinations": _csv(("name", "kind", "title"), people.DESTINATIONS),
        "funds": _funds(),
        "securities": _securities(market),
        "prices": _prices(market),
        "positions": _csv(
            ("fund", "security", "quantity", "cost", "as_of"),
            ((fund, *row, as_of) for fund, rows in books.items() for row in rows),
        ),
        "rules": _rules(),
    }
    formats: dict[str, Format] = dict.fromkeys(files, "csv")
    formats |= {"users": "yaml", "rules": "yaml"}
    return Universe(
        as_of=as_of,
        next_day=days.day_after(as_of),
        files=files,
        formats=formats,
        passwords=people.passwords(),
    )


def survey(as_of: date) -> Market:
    """Gather what the days up to ``as_of`` tell.

    Raises:
        ValueError: If ``as_of`` is not a trading day with enough days before it.
    """
    past = [day for day in days.trading_days() if day <= as_of]
    if not past or past[-1] != as_of or len(past) <= HELD_DAYS:
        message = f"{as_of} is not a trading day with {HELD_DAYS} days of prices before it"
        raise ValueError(message)
    last: dict[str, tuple[date, Bar]] = {}
    bought: dict[str, Decimal] = {}
    for number, day in enumerate(past):
        for ticker, bar in days.bars(day).items():
            last[ticker] = (day, bar)
            if number < len(past) - HELD_DAYS or ticker not in bought:
                bought[ticker] = bar.close
    traded = days.bars(as_of)
    volumes: dict[str, list[int]] = {}
    for day in past[-ADV_DAYS:]:
        for ticker, bar in days.bars(day).items():
            volumes.setdefault(ticker, []).append(bar.volume)
    adv = {ticker: sum(found) // len(found) for ticker, found in volumes.items()}
    return Market(
        listings={**days.listings(), **departed()},
        last=last,
        today=tuple(sorted(traded, key=lambda one: (-traded[one].close * adv[one], one))),
        adv=adv,
        bought=bought,
    )


Holding = tuple[str, str, str]


def _book(plan: FundPlan, market: Market) -> list[Holding]:
    """Rows (security, quantity, cost) of a fund: its holdings, and the rest of its NAV in cash."""
    weights = _weights(plan.code, market)
    rows: list[Holding] = []
    cash = plan.nav
    for ticker, weight in weights.items():
        close = market.close(ticker)
        quantity = (plan.nav * abs(weight) / close).to_integral_value(ROUND_FLOOR)
        signed = quantity if weight > 0 else -quantity
        cost = (signed * market.bought[ticker]).quantize(CENT, ROUND_HALF_EVEN)
        rows.append((f"{ticker}.{market_of(ticker)}", plain(signed), plain(cost)))
        cash -= signed * close
    rows.append(("cash:USD", plain(cash.quantize(CENT, ROUND_HALF_EVEN)), ""))
    return rows


def _weights(fund: str, market: Market) -> Mapping[str, Decimal]:
    """Share of NAV by ticker, negative where sold short; what is left is cash."""
    if fund == "GROWTH":
        return {ticker: share * PERCENT for ticker, share in GROWTH_PERCENT.items()}
    if fund == "INCOME":
        return _equal(_of_sectors(market, INCOME_SECTORS), Decimal("0.97"))
    if fund == "ETHICAL":
        return _equal(sorted(_clean(market)[:100]), Decimal("0.98"))
    if fund == "LONGSHORT":
        ranked = _by_momentum(market)
        longs = _equal(ranked[:20], Decimal("0.95"))
        return {**longs, **{one: -w for one, w in _equal(ranked[-15:], Decimal("0.50")).items()}}
    return _equal(sorted(market.today), Decimal("0.99"))


def _equal(tickers: Sequence[str], invested: Decimal) -> dict[str, Decimal]:
    return dict.fromkeys(tickers, invested / len(tickers))


def _of_sectors(market: Market, sectors: Sequence[str]) -> list[str]:
    return sorted(one for one in market.today if market.listings[one].sector in sectors)


def _clean(market: Market) -> list[str]:
    """What the ETHICAL fund may hold, most traded first."""
    return [
        one
        for one in market.today
        if market.listings[one].industry not in EXCLUDED_INDUSTRIES and one not in EXCLUDED_TICKERS
    ]


def _by_momentum(market: Market) -> list[str]:
    """The 150 most traded, best return since the purchases first."""
    return sorted(
        market.today[:150], key=lambda one: (-market.close(one) / market.bought[one], one)
    )


def _located(market: Market, ticker: str) -> int:
    """Shares that a prime broker would lend: a tenth of a day's volume of the most traded."""
    return market.adv[ticker] // 1000 * 100 if ticker in market.today[:200] else 0


def _securities(market: Market) -> str:
    columns = (
        "symbol", "mic", "name", "currency", "asset_type", "lot", "tick", "issuer",
        "ultimate_parent", "sector", "industry", "country", "adv", "attributes",
    )  # fmt: skip
    rows = []
    for ticker in days.tickers():
        listing = market.listings[ticker]
        issuer = ISSUERS.get(ticker, listing.name)
        located = _located(market, ticker)
        row = (
            ticker, market_of(ticker), listing.name, "USD", "equity", "1", "0.01", issuer, issuer,
            listing.sector, listing.industry, "US", market.adv.get(ticker, ""),
            f"located={located}" if located else "",
        )  # fmt: skip
        rows.append(row)
    return _csv(columns, rows)


def _prices(market: Market) -> str:
    return _csv(
        ("security", "price", "as_of"),
        (
            (f"{ticker}.{market_of(ticker)}", plain(bar.close), day)
            for ticker, (day, bar) in sorted(market.last.items())
        ),
    )


def _funds() -> str:
    columns = ("code", "name", "currency", "groups", "family", "account", "manager")
    return _csv(
        columns,
        (
            (plan.code, plan.name, "USD", plan.group, "DEMO", f"ACC-{plan.code}", plan.manager)
            for plan in FUNDS
        ),
    )


def _users() -> str:
    secrets = people.passwords()
    rows = [
        {"id": user, "name": name, "roles": roles, "password": secrets[user]}
        for user, (name, roles) in people.PEOPLE.items()
    ]
    return yaml.safe_dump(rows, sort_keys=False)


def _rules() -> str:
    names = ", ".join(f"{ticker}.{market_of(ticker)}" for ticker in EXCLUDED_TICKERS)
    return RULES.replace("[INDUSTRIES]", f"[{', '.join(EXCLUDED_INDUSTRIES)}]").replace(
        "[TICKERS]", f"[{names}]"
    )


def _csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return out.getvalue()
