"""The size of an order as clients see it."""

from __future__ import annotations

from collections.abc import Collection

from tradeoms.domain.order.sizing import Sized
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_schema import Sizing, SizingFund
from tradeoms.projections.resources_text import plain_or_none


def sizing_resource(sized: Sized, *, funds: Collection[str] | None = None) -> Sizing:
    """Show a size, with the parts of ``funds`` only; `None` is every fund."""
    intent = sized.intent
    pairs = zip(intent.funds, sized.funds, strict=True)
    return Sizing(
        measure=intent.measure.value,
        scheme=intent.scheme.value,
        value=plain_or_none(intent.value),
        currency=intent.currency.value,
        target=plain_or_none(intent.target),
        rounding=intent.rounding.value,
        minimum=plain(intent.minimum),
        funds=tuple(
            SizingFund(
                fund=one.fund,
                value=plain_or_none(typed.value),
                quantity=plain(one.quantity),
                price=plain_or_none(one.price),
                nav=plain_or_none(one.nav),
                held=plain(one.held),
                open=plain(one.open),
                limited=one.limited.value if one.limited else None,
            )
            for typed, one in pairs
            if funds is None or one.fund in funds
        ),
    )
