"""Prices of funds and managers against those of the house, with figures computed by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tradeoms.kernel.enums import Side
from tradeoms.projections.fairness import Fill, compare, first_day, total_funds, total_managers


def got(fund: str, units: int, price: str, **changes: Any) -> Fill:
    """A purchase on 1 June by an order of the fund's own, unless ``changes`` say otherwise."""
    day = changes.pop("day", 1)
    fill = {
        "order_id": f"ord_{fund}", "pool": f"ord_{fund}", "fund": fund, "manager": f"pm_{fund}",
        "security_id": "sec", "side": Side.BUY, "on": date(2026, 6, day),
        "at": datetime(2026, 6, day, 14, tzinfo=UTC), "units": Decimal(units),
        "price": Decimal(price), "currency": "USD",
    }  # fmt: skip
    return Fill(**{**fill, **changes})


def two_days(first: str, second: str, units: tuple[int, int]) -> list[Fill]:
    """A buys above 100 on two days, and B as many below it: the house price is 100."""
    days = zip((1, 2), (first, second), units, strict=True)
    return [
        fill
        for day, price, each in days
        for fill in (
            got("A", each, price, day=day),
            got("B", each, str(200 - Decimal(price)), day=day),
        )
    ]


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
def test_a_difference_is_from_the_price_of_all_funds(side: Side, sign: int) -> None:
    """100 at 101 and 300 at 99 are 400 at 99.5."""
    (market,) = compare([got("A", 100, "101", side=side), got("B", 300, "99", side=side)])
    assert market.price == Fraction("99.5")
    assert market.funds["A"].difference == sign * Fraction(15_000) / Fraction("99.5")
    assert market.funds["B"].difference == -sign * Fraction(5_000) / Fraction("99.5")
    assert market.managers["pm_A"] == market.funds["A"]
    assert market.funds["A"].notional == 10_100


def test_sides_days_and_securities_are_not_mixed() -> None:
    fills = [
        got("A", 1, "10"), got("A", 1, "11", pool="2", side=Side.SELL), got("A", 1, "12", day=2),
        got("A", 1, "13", pool="3", security_id="other"),
    ]  # fmt: skip
    assert [market.price for market in compare(fills)] == [13, 10, 11, 12]


def test_orders_that_share_placements_pay_one_price_a_day() -> None:
    """100 at 10 and 50 at 13 are 150 at 11, whoever got which; the next day is another price."""
    fills = [
        got("A", 60, "10", pool="1 2"), got("B", 40, "10", pool="1 2"),
        got("A", 10, "13", pool="1 2"), got("B", 40, "13", pool="1 2"),
        got("B", 7, "15", pool="1 2", day=2),
    ]  # fmt: skip
    first, second = compare(fills)
    assert [paid.price for paid in first.funds.values()] == [11, 11]
    assert [paid.difference for paid in first.funds.values()] == [0, 0]
    assert first.funds["A"].units == 70
    assert first.funds["A"].fills == 2
    assert second.price == 15
    assert second.funds["B"].units == 7


def test_a_fund_of_two_orders_pays_the_average_of_both() -> None:
    fills = [
        got("A", 100, "10"), got("A", 300, "14", order_id="x", pool="x", manager="m"),
        got("B", 400, "9"),
    ]  # fmt: skip
    (market,) = compare(fills)
    assert market.price == 11
    assert market.funds["A"].price == 13
    assert {key: paid.price for key, paid in market.lines.items()} == {
        ("ord_A", "A", "pm_A"): 10, ("x", "A", "m"): 14, ("ord_B", "B", "pm_B"): 9,
    }  # fmt: skip


def test_only_what_may_be_seen_is_shown_against_the_whole_house() -> None:
    fills = [got("A", 100, "101"), got("B", 100, "99", manager="pm_A"), got("B", 1, "5", day=2)]
    (market,) = compare(fills, frozenset({"A"}))
    assert market.price == 100
    assert (set(market.funds), set(market.lines)) == ({"A"}, {("ord_A", "A", "pm_A")})
    assert market.managers["pm_A"].price == 101
    assert (market.funds_compared, market.managers_compared) == (True, False)


@pytest.mark.parametrize(
    ("first", "second", "units", "mean", "error", "unusual"),
    [
        ("101", "102", (102, 101), 150, 50, True),
        ("103", "101", (101, 103), 200, 100, False),  # exactly two standard errors
        ("102.99", "101", (10_100, 10_299), Fraction("199.5"), Fraction("99.5"), True),
        ("101", "99", (99, 101), 0, 100, False),
        ("101", "101", (7, 7), 100, 0, True),
    ],
)
def test_a_mean_is_unusual_beyond_two_standard_errors(
    first: str, second: str, units: tuple[int, int], mean: int, error: int, *, unusual: bool
) -> None:
    """Of two observations that weigh the same the standard error is half their distance."""
    total, _ = total_funds(compare(two_days(first, second, units)))
    assert (total.name, total.fills, total.compared) == ("A", 2, 2)
    assert total.mean == mean
    assert total.unusual == unusual
    assert total.dispersion == total.standard_error
    assert Fraction(total.standard_error or 0) == error


def test_observations_weigh_by_notional() -> None:
    """100 bps on 10,302 and 200 bps on 30,906: weights 1 and 3, worth 16/10 observations.

    Mean 700/4, variance (75^2 + 3 * 25^2) / 4 = 1875, standard error root of 1875 / 0.6 = 3125.
    """
    total, _ = total_managers(compare(two_days("101", "102", (102, 303))))
    assert (total.name, total.unusual) == ("pm_A", True)
    assert total.mean == 175
    assert total.dispersion is not None
    assert total.standard_error is not None
    assert round(total.dispersion, 10) == Decimal("43.3012701892")
    assert round(total.standard_error, 10) == Decimal("55.9016994375")


def test_who_traded_alone_is_not_compared() -> None:
    (total,) = total_funds(compare([got("A", 1, "10"), got("A", 1, "10", day=2)]))
    assert (total.fills, total.compared, total.mean, total.unusual) == (2, 0, None, False)


def test_one_observation_has_no_standard_error() -> None:
    total, _ = total_funds(compare([got("A", 1, "101"), got("B", 1, "99")]))
    assert total.compared == 1
    assert total.mean == 100
    assert total.dispersion == 0
    assert (total.standard_error, total.unusual) == (None, False)


def test_money_of_two_currencies_is_not_added() -> None:
    fills = [got("A", 1, "10"), got("A", 1, "10", security_id="other", currency="EUR")]
    assert [(t.name, t.currency) for t in total_funds(compare(fills))] == [
        ("A", "EUR"), ("A", "USD"),
    ]  # fmt: skip


def test_prices_in_pence_weigh_as_pounds() -> None:
    (market,) = compare([got("A", 100, "250", factor=Decimal("0.01"))])
    assert market.funds["A"].notional == 250


def test_the_first_day_is_measured_at_the_mark() -> None:
    assert first_day(Side.BUY, Fraction(100), Decimal(101)) == 100
    assert first_day(Side.SELL, Fraction(100), Decimal(101)) == -100
