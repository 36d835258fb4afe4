"""The facts of a pair."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import assert_never

from tradeoms.domain.pair import events as e
from tradeoms.domain.pair.commands import PairUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two orders worked in step.

    Attributes:
        linked: False once they go on alone.
        leading: The order that executions brought too far ahead; empty for none.
    """

    id: str
    version: int
    first: str
    second: str
    ratio: Decimal
    limit: Decimal
    unit: PairUnit
    linked_by: str
    created_at: datetime
    updated_at: datetime
    linked: bool = True
    leading: str = ""
    unlinked_by: str = ""
    reason: str = ""

    @property
    def order_ids(self) -> tuple[str, str]:
        """Both orders."""
        return self.first, self.second


def link(event: e.PairLinked) -> Pair:
    """The pair as it was made."""
    return Pair(
        id=event.pair_id,
        version=1,
        first=event.first_order_id,
        second=event.second_order_id,
        ratio=event.ratio,
        limit=event.limit,
        unit=event.unit,
        linked_by=event.linked_by,
        created_at=event.at,
        updated_at=event.at,
    )


def evolve(before: Pair, event: e.PairUnlinked | e.PairUnbalanced | e.PairBalanced) -> Pair:
    """The pair after ``event``."""
    after = replace(before, version=before.version + 1, updated_at=event.at)
    match event:
        case e.PairUnlinked(unlinked_by=person, reason=why):
            return replace(after, linked=False, leading="", unlinked_by=person, reason=why)
        case e.PairUnbalanced(leading_order_id=order_id):
            return replace(after, leading=order_id)
        case e.PairBalanced():
            return replace(after, leading="")
        case _:
            assert_never(event)
