"""How the values of a resource are written: decimals plain, instants in UTC with six digits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

import msgspec

from tradeoms.domain.reference.state import Security
from tradeoms.journal.codec import instant_text
from tradeoms.kernel.numbers import plain
from tradeoms.projections.touched import EPOCH

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


@dataclass(frozen=True, slots=True)
class Stamps:
    """When a row came and last changed, for resources whose states do not tell it."""

    created_at: str
    updated_at: str


def instant_of(micros: int) -> str:
    """As `instant`, of microseconds of UTC since 1970."""
    return instant(EPOCH + timedelta(microseconds=micros))


def stamps_of(row: Any) -> Stamps:  # Any: a row with the columns of that name
    """Read them from a row."""
    return Stamps(instant_of(row.created_at), instant_of(row.updated_at))


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
