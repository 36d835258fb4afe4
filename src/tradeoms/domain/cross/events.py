"""What happened to crosses. What is booked stands as executions of placements of each order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.cross.commands import Quote
from tradeoms.domain.order.commands import Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossProposed:
    """A purchase and a sale shall trade with each other; nothing is booked.

    Attributes:
        buy_funds, sell_funds: The funds of each order.
        price: The market price by the quote's rule, in the security's price currency.
        expires_at: When the quote is too old.
        mark, mark_as_of: Price as last loaded, to compare; `None` where none is known.
    """

    cross_id: str
    buy_order_id: str
    sell_order_id: str
    buy_funds: tuple[str, ...]
    sell_funds: tuple[str, ...]
    security_id: str
    quantity: Decimal
    quote: Quote
    price: Decimal
    expires_at: datetime
    mark: Decimal | None
    mark_as_of: date | None
    reason: str
    proposed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossBooked:
    """Both orders were executed against each other, in the same commit, without commission.

    Attributes:
        buy_legs, sell_legs: Units by fund, as booked.
        evidence: What compliance measured, one text for each side and fund opposite.
    """

    cross_id: str
    approved_by: str
    note: str
    buy_placement_id: str
    sell_placement_id: str
    buy_legs: tuple[Leg, ...]
    sell_legs: tuple[Leg, ...]
    evidence: tuple[str, ...]
    trade_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRefused:
    """A person said no to it, or took it back."""

    cross_id: str
    refused_by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossLapsed:
    """It can be approved no more: its price became too old, or one of its orders went.

    Attributes:
        because: Which of the two, in words; empty in what was recorded before it was told.
    """

    cross_id: str
    at: datetime
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossReversed:
    """What was booked to both orders was taken back in the same commit."""

    cross_id: str
    reversed_by: str
    reason: str
    at: datetime


CrossEvent = CrossProposed | CrossBooked | CrossRefused | CrossLapsed | CrossReversed
