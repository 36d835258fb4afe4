"""Folds bookings into positions and cash: exact, in units and minor units."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.reference.state import CashBalance, Position


def book_units(position: Position, *, units: Decimal, cost_minor: int, at: datetime) -> Position:
    """The position after ``units`` (signed) came in at ``cost_minor`` (signed, paid is positive).

    Cost is the running sum of what was paid less what was received; it is not an accounting cost
    basis.
    """
    return replace(
        position,
        quantity=position.quantity + units,
        cost_minor=position.cost_minor + cost_minor,
        updated_at=at,
    )


def book_cash(balance: CashBalance, *, minor: int, at: datetime) -> CashBalance:
    """The balance after ``minor`` units of its currency came in (negative: were paid)."""
    return replace(balance, minor=balance.minor + minor, updated_at=at)
