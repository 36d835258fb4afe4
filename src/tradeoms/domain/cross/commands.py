"""Requests about crosses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique


@unique
class PriceRule(StrEnum):
    """How the current market price is found (Investment Company Act rule 17a-7(b))."""

    LAST_SALE = "last_sale"
    MID = "mid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What an independent source showed.

    Attributes:
        rule: `last_sale` takes `price`; `mid` the average of `bid` and `ask`.
        source: Where it was seen.
        observed_at: When, aware UTC.
    """

    rule: PriceRule
    source: str
    observed_at: datetime
    price: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCross:
    """Let a purchase and a sale trade with each other, if another person approves."""

    buy_order_id: str
    sell_order_id: str
    quantity: Decimal
    quote: Quote
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveCross:
    """Book a cross to both sides."""

    cross_id: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseCross:
    """Say no to a cross, or take it back."""

    cross_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReverseCross:
    """Take a booked cross back on both sides, by a person who had no hand in it."""

    cross_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LapseCrosses:
    """Close every cross that can be approved no more; the engine's own."""


CrossCommand = ProposeCross | ApproveCross | RefuseCross | ReverseCross | LapseCrosses
