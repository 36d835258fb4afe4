"""Requests about pairs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique


@unique
class PairUnit(StrEnum):
    """What an imbalance is measured in."""

    PERCENT = "percent"
    MONEY = "money"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPair:
    """Work two orders in step.

    Attributes:
        ratio: Units of the second order for one of the first.
        limit: How far one may be ahead: per cent of the pair (0 to 100), or money at the marks, in
            the price currency that both share.
    """

    first_order_id: str
    second_order_id: str
    ratio: Decimal
    limit: Decimal
    unit: PairUnit = PairUnit.PERCENT


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkPair:
    """Let the orders go on alone."""

    pair_id: str
    reason: str


PairCommand = LinkPair | UnlinkPair
