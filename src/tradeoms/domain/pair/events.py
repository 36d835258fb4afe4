"""What happened to pairs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.pair.commands import PairUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLinked:
    """Two orders are worked in step from now on; the terms are those of `LinkPair`."""

    pair_id: str
    first_order_id: str
    second_order_id: str
    ratio: Decimal
    limit: Decimal
    unit: PairUnit
    linked_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairUnlinked:
    """The orders go on alone."""

    pair_id: str
    unlinked_by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairUnbalanced:
    """Executions have brought one order ahead by more than the limit; it is placed no further."""

    pair_id: str
    leading_order_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PairBalanced:
    """No order is ahead by more than the limit any more."""

    pair_id: str
    at: datetime


PairEvent = PairLinked | PairUnlinked | PairUnbalanced | PairBalanced
