"""The size of an order in a body: a measure, a scheme, funds; in place of quantities."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from tradeoms.domain.order.sizing import Measure, MoneyOf, Rounding, Scheme
from tradeoms.rest.fields import Body, Code, Decimal


class SizingFundBody(Body):
    """A fund that takes part."""

    fund: Code
    value: Decimal | None = None
    """Its own value with `explicit`; its percentage with `custom`."""


class SizingBody(Body):
    """How much, in words of portfolios. Percentages are in points: `2.5` is 2.5 %."""

    measure: Measure
    scheme: Scheme
    funds: Annotated[list[SizingFundBody], Field(min_length=1, max_length=2_000)]
    value: Decimal | None = None
    """Units, money or points; for all funds together of `shares` and `notional`, else for each."""
    currency: MoneyOf = MoneyOf.PRICE
    """Of a notional: that of the price, or the funds' own."""
    target: Decimal | None = None
    """Weight in points of NAV, for the scheme `to_target`."""
    rounding: Rounding = Rounding.DOWN
    """To lots. `down` never trades more than the size says."""
    minimum: Decimal | None = None
    """Fewest units worth trading for a fund."""


def sizing_fields(body: SizingBody) -> dict[str, Any]:  # Any: JSON
    """The fields of the command's `sizing`."""
    return body.model_dump(exclude_none=True)
