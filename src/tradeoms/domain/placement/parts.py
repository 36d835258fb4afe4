"""The parts that several orders have in one placement of their block.

A placement of a block says from the start how many of its units are for which order. An execution
is shared over what the parts still lack, so an order that joins the block later shares only in
placements made after it joined, and no order ever gets more than its part.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """Units of a placement that are for one order, executed ones included."""

    order_id: str
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A portion, and what of it is executed and booked to its order."""

    order_id: str
    quantity: Decimal
    booked: Decimal = ZERO

    @property
    def lacking(self) -> Decimal:
        """Units that the order may still get of the placement."""
        return self.quantity - self.booked


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedDay:
    """What the parts of a placement got on one trading day.

    Attributes:
        units: Units of each part, in their order.
        notional: Exact sum of quantity times price.
    """

    on: date
    units: tuple[Decimal, ...]
    notional: Decimal


def start(portions: Iterable[Portion]) -> tuple[Part, ...]:
    """The parts before anything is executed."""
    return tuple(Part(order_id=each.order_id, quantity=each.quantity) for each in portions)


def restate(parts: tuple[Part, ...], portions: tuple[Portion, ...]) -> tuple[Part, ...]:
    """The parts under new portions; executions may have overtaken them, and stay."""
    wanted = {portion.order_id: portion.quantity for portion in portions}
    return tuple(
        replace(part, quantity=max(wanted.get(part.order_id, ZERO), part.booked)) for part in parts
    )


def book(parts: tuple[Part, ...], order_id: str, units: Decimal) -> tuple[Part, ...]:
    """The parts after ``units`` were booked to an order; negative units are taken back."""
    return tuple(
        replace(part, booked=part.booked + units) if part.order_id == order_id else part
        for part in parts
    )


def book_day(
    days: tuple[SharedDay, ...], on: date, *, units: tuple[Decimal, ...], notional: Decimal
) -> tuple[SharedDay, ...]:
    """The days after ``units`` of each part were booked to one of them, or taken back."""
    before = next((day for day in days if day.on == on), None)
    if before is None:
        return (*days, SharedDay(on=on, units=units, notional=notional))
    sums = tuple(had + more for had, more in zip(before.units, units, strict=True))
    after = replace(before, units=sums, notional=before.notional + notional)
    return tuple(after if day is before else day for day in days)
