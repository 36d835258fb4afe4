"""The facts of a cross."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import assert_never

from tradeoms.domain.cross import events as e
from tradeoms.domain.cross.commands import Quote
from tradeoms.domain.order.commands import Leg


@unique
class CrossStatus(StrEnum):
    """What became of it."""

    PROPOSED = "proposed"
    BOOKED = "booked"
    REFUSED = "refused"
    LAPSED = "lapsed"
    REVERSED = "reversed"

    @property
    def was_booked(self) -> bool:
        """True where units changed hands, whether or not they went back."""
        return self in (CrossStatus.BOOKED, CrossStatus.REVERSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One side: its order and funds; once booked also its placement and the units of each fund."""

    order_id: str
    funds: tuple[str, ...]
    placement_id: str = ""
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Cross:
    """A trade between funds of the house; the fields are those of its events.

    Attributes:
        reversed_by, reversed_because: Who took it back, and why; empty where nobody did.
    """

    id: str
    version: int
    status: CrossStatus
    buy: Half
    sell: Half
    security_id: str
    quantity: Decimal
    quote: Quote
    price: Decimal
    expires_at: datetime
    mark: Decimal | None
    mark_as_of: date | None
    reason: str
    proposed_by: str
    created_at: datetime
    updated_at: datetime
    settled_by: str = ""
    note: str = ""
    trade_on: date | None = None
    reversed_by: str = ""
    reversed_because: str = ""

    @property
    def order_ids(self) -> tuple[str, str]:
        """Both orders."""
        return self.buy.order_id, self.sell.order_id


def propose(event: e.CrossProposed) -> Cross:
    """The cross as it was proposed."""
    return Cross(
        id=event.cross_id,
        version=1,
        status=CrossStatus.PROPOSED,
        buy=Half(order_id=event.buy_order_id, funds=event.buy_funds),
        sell=Half(order_id=event.sell_order_id, funds=event.sell_funds),
        security_id=event.security_id,
        quantity=event.quantity,
        quote=event.quote,
        price=event.price,
        expires_at=event.expires_at,
        mark=event.mark,
        mark_as_of=event.mark_as_of,
        reason=event.reason,
        proposed_by=event.proposed_by,
        created_at=event.at,
        updated_at=event.at,
    )


def settle(before: Cross, event: e.CrossBooked | e.CrossRefused | e.CrossLapsed) -> Cross:
    """The cross once it is over.

    Raises:
        ValueError: If it is over already: the journal is corrupt.
    """
    if before.status is not CrossStatus.PROPOSED:
        message = f"{type(event).__name__} cannot follow {before.status} of {before.id}"
        raise ValueError(message)
    after = replace(before, version=before.version + 1, updated_at=event.at)
    match event:
        case e.CrossBooked():
            buy = replace(before.buy, placement_id=event.buy_placement_id, legs=event.buy_legs)
            sell = replace(before.sell, placement_id=event.sell_placement_id, legs=event.sell_legs)
            return replace(
                after, status=CrossStatus.BOOKED, buy=buy, sell=sell, note=event.note,
                settled_by=event.approved_by, trade_on=event.trade_on,
            )  # fmt: skip
        case e.CrossRefused(refused_by=person, reason=why):
            return replace(after, status=CrossStatus.REFUSED, settled_by=person, note=why)
        case e.CrossLapsed(because=why):
            return replace(after, status=CrossStatus.LAPSED, note=why)
        case _:
            assert_never(event)


def reverse(before: Cross, event: e.CrossReversed) -> Cross:
    """The cross once it is taken back.

    Raises:
        ValueError: If it is not booked: the journal is corrupt.
    """
    if before.status is not CrossStatus.BOOKED:
        message = f"CrossReversed cannot follow {before.status} of {before.id}"
        raise ValueError(message)
    return replace(
        before,
        version=before.version + 1,
        status=CrossStatus.REVERSED,
        reversed_by=event.reversed_by,
        reversed_because=event.reason,
        updated_at=event.at,
    )
