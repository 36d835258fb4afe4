"""How numbers, texts and instants are written: the same for every value, whatever is fastest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tradeoms.journal.codec import instant_text
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import TEXT_MAX, is_printable
from tradeoms.projections.project import micros

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("100", "100"), ("100.10", "100.1"), ("1E+2", "100"), ("1E-7", "0.0000001"),
        ("0E-10", "0"), ("-0.00", "0"), ("-1.50", "-1.5"), ("0.0", "0"), ("1.20E+3", "1200"),
    ],
)  # fmt: skip
def test_a_decimal_is_written_without_exponent_or_trailing_zeros(
    written: str, expected: str
) -> None:
    assert plain(D(written)) == expected


def test_printable_is_ascii_from_space_to_tilde() -> None:
    found = [chr(number) for number in range(0x3000) if is_printable(chr(number))]
    assert found == [chr(number) for number in range(0x20, 0x7F)]
    assert is_printable("x" * TEXT_MAX)
    assert not is_printable("x" * (TEXT_MAX + 1))


@pytest.mark.parametrize("microsecond", [0, 1, 100_000, 999_999])
def test_an_instant_is_text_and_number_to_the_microsecond(microsecond: int) -> None:
    at = AT.replace(microsecond=microsecond)
    assert instant_text(at) == f"2026-01-02T03:04:05.{microsecond:06}Z"
    assert micros(at) == 1_767_323_045_000_000 + microsecond
    assert micros(at + timedelta(days=36_500)) - micros(at) == 36_500 * 86_400_000_000
