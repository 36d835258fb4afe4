"""Exact numbers: quantity, price and money, made from text and never from float.

Quantity and price are `Decimal` at the security's scale. Money is an `int` of minor units with its
currency. The text form is the one of the REST contract: ASCII digits, no exponent, no sign but a
leading minus, at most 15 digits before and 10 after the point.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

ZERO: Final = Decimal(0)
DECIMAL_TEXT: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,10})?", re.ASCII)


def parse_decimal(text: object) -> Decimal:
    """Return the decimal that ``text`` writes.

    Raises:
        ValueError: If ``text`` is not a string, or not in the form above.
    """
    if not isinstance(text, str) or DECIMAL_TEXT.fullmatch(text) is None:
        message = f"not a plain decimal string: {text!r}"
        raise ValueError(message)
    return Decimal(text)


def plain(value: Decimal) -> str:
    """Write ``value`` without exponent, trailing zeros or negative zero ("100.10" -> "100.1")."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def is_multiple(value: Decimal, step: Decimal) -> bool:
    """True where ``value`` is a whole number of ``step`` (a lot, a tick)."""
    return value % step == 0


def decimals_of(value: Decimal) -> int:
    """Number of digits after the point that ``value`` needs."""
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An amount in minor units (cents) of one currency; negative is owed by the holder."""

    minor: int
    currency: str


#: Currencies whose minor unit is not a hundredth (ISO 4217); everything else has two digits.
_EXPONENTS: Final[dict[str, int]] = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_digits(currency: str) -> int:
    """Digits after the point of ``currency`` (ISO 4217)."""
    return _EXPONENTS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Round ``amount`` to whole minor units of ``currency``, half to even."""
    scaled = amount.scaleb(minor_digits(currency))
    return int(scaled.quantize(Decimal(1), ROUND_HALF_EVEN))


def from_minor(minor: int, currency: str) -> Decimal:
    """The decimal amount of ``minor`` units of ``currency``."""
    return Decimal(minor).scaleb(-minor_digits(currency))


def share_out(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` whole units in proportion to ``weights``, by largest remainder.

    Every share is the floor of its exact quota, and the units left over go one each to the largest
    remainders; ties go to the earlier weight. The sum is always ``total``. A negative total is
    split as its mirror image.

    Args:
        total: Units to hand out, any sign.
        weights: Non-negative; at least one positive unless ``total`` is 0.

    Raises:
        ValueError: If there is something to share and no weight to share it by.
    """
    if total < 0:
        return [-share for share in share_out(-total, weights)]
    whole = sum(weights)
    if whole == 0:
        if total:
            message = f"cannot share {total} over weights that sum to zero"
            raise ValueError(message)
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    by_remainder = sorted(
        range(len(weights)), key=lambda index: (-(total * weights[index] % whole), index)
    )
    for index in by_remainder[:left]:
        shares[index] += 1
    assert sum(shares) == total
    return shares
