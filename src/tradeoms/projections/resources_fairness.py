"""What the report of fairness says. Differences are basis points, positive where it is worse."""

from __future__ import annotations

import msgspec

from tradeoms.projections.resources_text import SecurityRef


class PaidResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fund or a portfolio manager got in one security, side and trading day."""

    name: str
    quantity: str
    price: str
    difference_bps: str
    first_day_bps: str | None
    """Profit at the mark of the day, of the price paid; null where none is loaded."""
    fills: int


class ServedResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fund got for one order on one trading day.

    `stated`, `booked` and the shares are of the order as it stands now, over all its days.
    """

    order_id: str
    block_id: str
    fund: str
    portfolio_manager: str
    quantity: str
    price: str
    difference_bps: str
    first_day_bps: str | None
    fills: int
    released_at: str | None
    first_at: str
    last_at: str
    seconds_to_first: str | None
    """From the release; negative where it was executed before."""
    seconds_to_last: str | None
    stated: str
    booked: str
    filled: str | None
    """`booked` / `stated`; null where nothing is stated."""
    order_filled: str | None
    """The same over all funds of the order."""


class MarketResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One security, side and trading day; `price` is the average over all funds of the house."""

    security: SecurityRef
    side: str
    trade_on: str
    price: str
    orders: list[ServedResource]
    funds: list[PaidResource]
    portfolio_managers: list[PaidResource]


class TotalResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The differences of a fund or portfolio manager in securities of one currency.

    `compared` counts the markets in which another one traded as well; the rest is over these,
    weighted by notional. `unusual`: the mean is more than two standard errors from zero.
    """

    name: str
    currency: str
    fills: int
    compared: int
    mean_bps: str | None
    dispersion_bps: str | None
    standard_error_bps: str | None
    unusual: bool


class FairnessReport(
    msgspec.Struct, frozen=True, kw_only=True, rename={"since": "from", "until": "to"}
):
    """Who got which price and when, over a period of trading days."""

    since: str
    until: str
    funds: list[TotalResource]
    portfolio_managers: list[TotalResource]
    markets: list[MarketResource]
