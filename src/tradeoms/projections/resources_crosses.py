"""The resources of crosses: each side shows to whoever may see one of its funds."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from tradeoms.domain.cross.state import Cross, Half
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import (
    SecurityRef,
    instant,
    plain_or_none,
    security_ref,
)


class CrossFund(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fund of a side, and its units once they are booked."""

    fund: str
    quantity: str | None


class CrossHalf(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One side: its order, its placement once booked, and those of its funds that you may see."""

    order_id: str
    placement_id: str | None
    funds: tuple[CrossFund, ...]


class QuoteResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the independent source showed, and when."""

    rule: str
    price: str | None
    bid: str | None
    ask: str | None
    source: str
    observed_at: str


class CrossTrade(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A trade between funds of the house, from its proposal on."""

    id: str
    version: int
    seq: int
    status: str
    security: SecurityRef
    quantity: str
    price: str
    quote: QuoteResource
    mark: str | None
    """Price as it was loaded when the cross was proposed, of the day `mark_as_of`."""
    mark_as_of: str | None
    commission: str
    """Always 0: rule 17a-7(d)."""
    buy: CrossHalf | None
    sell: CrossHalf | None
    reason: str
    proposed_by: str
    settled_by: str | None
    """Who approved or refused it."""
    note: str
    reversed_by: str | None
    reversed_because: str
    trade_on: str | None
    expires_at: str
    created_at: str
    updated_at: str


def cross_trade(
    cross: Cross, *, seq: int, security: Security | None, funds: Collection[str] | None
) -> CrossTrade:
    """Show a cross, with what is of ``funds``; `None` is every fund."""
    quote = cross.quote
    return CrossTrade(
        id=cross.id,
        version=cross.version,
        seq=seq,
        status=cross.status.value,
        security=security_ref(security, cross.security_id),
        quantity=plain(cross.quantity),
        price=plain(cross.price),
        quote=QuoteResource(
            rule=quote.rule.value,
            price=plain_or_none(quote.price),
            bid=plain_or_none(quote.bid),
            ask=plain_or_none(quote.ask),
            source=quote.source,
            observed_at=instant(quote.observed_at),
        ),
        mark=plain_or_none(cross.mark),
        mark_as_of=cross.mark_as_of.isoformat() if cross.mark_as_of else None,
        commission="0",
        buy=_half(cross, cross.buy, funds),
        sell=_half(cross, cross.sell, funds),
        reason=cross.reason,
        proposed_by=cross.proposed_by,
        settled_by=cross.settled_by or None,
        note=cross.note,
        reversed_by=cross.reversed_by or None,
        reversed_because=cross.reversed_because,
        trade_on=cross.trade_on.isoformat() if cross.trade_on else None,
        expires_at=instant(cross.expires_at),
        created_at=instant(cross.created_at),
        updated_at=instant(cross.updated_at),
    )


def _half(cross: Cross, half: Half, funds: Collection[str] | None) -> CrossHalf | None:
    seen = [fund for fund in half.funds if funds is None or fund in funds]
    if not seen:
        return None
    units = {leg.fund: plain(leg.quantity) for leg in half.legs}
    booked = cross.status.was_booked
    return CrossHalf(
        order_id=half.order_id,
        placement_id=half.placement_id or None,
        funds=tuple(
            CrossFund(fund=fund, quantity=units.get(fund, "0") if booked else None) for fund in seen
        ),
    )
