"""Exact numbers in three clothes: Decimal from outside, Fraction for proofs, int for arrays."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction


def exact_text(value: Fraction | None) -> str | None:
    """Write an exact number: a plain decimal where one exists, else a fraction."""
    if value is None:
        return None
    rest, twos, fives = value.denominator, 0, 0
    while rest % 2 == 0:
        rest, twos = rest // 2, twos + 1
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    places = max(twos, fives)
    scaled = value.numerator * 10**places // value.denominator
    text = str(abs(scaled)).rjust(places + 1, "0")
    sign = "-" if scaled < 0 else ""
    return sign + (f"{text[:-places]}.{text[-places:]}" if places else text)


def decimal_of(value: Fraction) -> Decimal:
    """Return ``value`` as a Decimal; it must be a finite decimal."""
    if value.denominator == 1:
        return Decimal(value.numerator)
    text = exact_text(value)
    assert text is not None
    assert "/" not in text, text
    return Decimal(text)


def whole_lots(lots: int, lot: Fraction) -> Fraction:
    """Return the quantity of ``lots`` lots; an int is a Fraction that costs nothing."""
    if lot.denominator == 1:
        return lots * lot.numerator  # type: ignore[return-value]  # int has all a Fraction has
    return lots * lot


def scaled_int(value: Decimal | Fraction, places: int) -> int | None:
    """Return ``value * 10**places`` where that is whole, else None."""
    scaled = Fraction(value) * 10**places
    return scaled.numerator if scaled.denominator == 1 else None
