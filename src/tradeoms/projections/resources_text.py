"""How the values of a resource are written: decimals plain, instants in UTC with six digits."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

import msgspec

from tradeoms.domain.reference.state import Security
from tradeoms.journal.codec import instant_text
from tradeoms.kernel.numbers import plain

_encoder: Final = msgspec.json.Encoder(decimal_format="string")
_TEN_DECIMALS: Final = Decimal(1).scaleb(-10)


class SecurityRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The security of an order, enough to show it; `/securities/{id}` has the rest."""

    id: str
    scheme: str = "id"
    value: str = ""
    name: str = ""
    currency: str = ""


def encode(resource: object) -> bytes:
    """The JSON of a resource, or of a list of them."""
    return _encoder.encode(resource)


def instant(at: datetime) -> str:
    """Write an aware UTC instant as RFC 3339 with microseconds and `Z`."""
    return instant_text(at)


def instant_or_none(at: datetime | None) -> str | None:
    """As `instant`, where there may be none."""
    return None if at is None else instant(at)


def plain_or_none(value: Decimal | None) -> str | None:
    """A decimal without exponent or trailing zeros, where there may be none."""
    return None if value is None else plain(value)


def average_price(notional: Decimal, quantity: Decimal) -> str:
    """`notional` / `quantity`, half to even at ten decimals; "0" where nothing is executed."""
    if not quantity:
        return "0"
    return plain((notional / quantity).quantize(_TEN_DECIMALS, ROUND_HALF_EVEN))


def security_ref(security: Security | None, security_id: str) -> SecurityRef:
    """Point at ``security``; where it is not at hand, by its id alone."""
    if security is None:
        return SecurityRef(id=security_id, value=security_id)
    return SecurityRef(
        id=security.id,
        scheme="ticker_mic",
        value=f"{security.symbol}.{security.mic}",
        name=security.name,
        currency=security.currency,
    )
