"""Reads the cells of one row: each method returns a value, or keeps an error and a stand-in.

Stand-ins let a row be read to its end, so that all of its errors are told; whoever reads a file
returns the errors, not the rows, as soon as there is one.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import ModuleType
from typing import Final, TypeVar

import iso4217
from stdnum import cusip, figi, isin, lei
from stdnum.gb import sedol

from tradeoms.imports.rows import (
    SEPARATOR,
    Format,
    Resolve,
    Row,
    RowError,
    RowFault,
    read_rows,
)
from tradeoms.kernel.numbers import ZERO, decimals_of, minor_digits, parse_decimal, to_minor
from tradeoms.kernel.text import is_code

#: Identifier schemes, and the module of python-stdnum that checks each.
IDENTIFIERS: Final[Mapping[str, ModuleType]] = {
    "isin": isin,
    "cusip": cusip,
    "sedol": sedol,
    "figi": figi,
}
#: Vendors' symbols, which carry no check digit: "VOD LN Equity", "VOD.L".
VENDOR_SYMBOLS: Final[Mapping[str, re.Pattern[str]]] = {
    "bloomberg": re.compile(r"[A-Z0-9/.\-+*]{1,20}( [A-Z0-9]{2})? (Equity|Corp|Govt|Index|Comdty"
                            r"|Curncy|Mtge|Muni|Pfd|M-Mkt)", re.ASCII),
    "ric": re.compile(r"[A-Za-z0-9=/.^\-+]{1,32}", re.ASCII),
}  # fmt: skip
SCHEMES: Final = ("ticker_mic", *IDENTIFIERS, *VENDOR_SYMBOLS)
W = TypeVar("W", bound=StrEnum)
_NEVER: Final = date(1, 1, 1)
_TRUTH: Final = {"true": True, "false": False}


@cache
def currencies() -> frozenset[str]:
    """Every code of ISO 4217."""
    return frozenset(currency.code for currency in iso4217.Currency)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One row being read, and the errors of the file."""

    row: Row
    errors: list[RowError]

    def fault(self, column: str, code: RowFault, reason: str, *, value: str | None = None) -> None:
        """Keep an error of this row."""
        shown = self.row.cells.get(column, "") if value is None else value
        error = RowError(row=self.row.line, column=column, value=shown, code=code, reason=reason)
        self.errors.append(error)

    def text(self, column: str, *, needed: bool = False) -> str:
        """The cell as it stands; empty where the column is absent."""
        value = self.row.cells.get(column, "")
        if needed and not value:
            self.fault(column, RowFault.CELL_MISSING, "a value is required")
        return value

    def code(self, column: str, *, needed: bool = True) -> str:
        """A short name: 1 to 64 letters, digits or ``._:/-``."""
        value = self.text(column, needed=needed)
        if value and not is_code(value):
            reason = "1 to 64 letters, digits or ._:/-, starting with a letter or digit"
            self.fault(column, RowFault.CODE_INVALID, reason)
        return value

    def number(
        self,
        column: str,
        *,
        needed: bool = False,
        above: Decimal | None = None,
        least: Decimal | None = None,
    ) -> Decimal | None:
        """A plain decimal; None where the cell is empty."""
        value = self.text(column, needed=needed)
        if not value:
            return None
        try:
            number = parse_decimal(value)
        except ValueError:
            reason = (
                "a plain decimal such as 1234.50: no thousands separator, exponent or plus sign"
            )
            self.fault(column, RowFault.NUMBER_INVALID, reason)
            return None
        if above is not None and number <= above:
            self.fault(column, RowFault.NUMBER_RANGE, f"must be above {above}")
        if least is not None and number < least:
            self.fault(column, RowFault.NUMBER_RANGE, f"must be at least {least}")
        return number

    def needed_number(
        self, column: str, *, above: Decimal | None = None, least: Decimal | None = None
    ) -> Decimal:
        """A plain decimal that must be there."""
        return self.number(column, needed=True, above=above, least=least) or ZERO

    def whole(self, column: str, *, default: int, most: int) -> int:
        """A whole number from zero to ``most``."""
        number = self.number(column, least=ZERO)
        if number is None:
            return default
        if number != number.to_integral_value() or number > most:
            self.fault(column, RowFault.NUMBER_RANGE, f"must be a whole number up to {most}")
            return default
        return int(number)

    def minor(self, column: str, currency: str, *, needed: bool = False) -> int:
        """An amount of money in minor units; 0 where the cell is empty."""
        amount = self.number(column, needed=needed)
        if amount is None:
            return 0
        if decimals_of(amount) > minor_digits(currency):
            reason = f"{currency} has {minor_digits(currency)} decimals"
            self.fault(column, RowFault.NUMBER_RANGE, reason)
        return to_minor(amount, currency)

    def day(self, column: str, *, needed: bool = True) -> date:
        """A date in ISO form."""
        value = self.text(column, needed=needed)
        try:
            return _iso_date(value) if value else _NEVER
        except ValueError:
            self.fault(column, RowFault.DATE_INVALID, "a date such as 2026-01-31")
            return _NEVER

    def word(self, column: str, allowed: Collection[str], default: str) -> str:
        """One of ``allowed``; ``default`` where the cell is empty."""
        value = self.text(column) or default
        if value not in allowed:
            reason = f"one of {', '.join(sorted(allowed))}"
            self.fault(column, RowFault.WORD_UNKNOWN, reason)
        return value

    def flag(self, column: str, *, default: bool) -> bool:
        """`true` or `false`."""
        word = self.word(column, _TRUTH, "true" if default else "false")
        return _TRUTH.get(word, default)

    def currency(self, column: str, *, value: str | None = None) -> str:
        """A currency of ISO 4217."""
        code = self.text(column, needed=True) if value is None else value
        if code and code not in currencies():
            self.fault(column, RowFault.CURRENCY_UNKNOWN, f"{code} is not a currency of ISO 4217")
        return code

    def codes(self, column: str) -> tuple[str, ...]:
        """Short names between semicolons."""
        names = self.items(column)
        for name in names:
            if not is_code(name):
                reason = f"{name!r} is not a name of 1 to 64 letters, digits or ._:/-"
                self.fault(column, RowFault.CODE_INVALID, reason)
        return names

    def items(self, column: str) -> tuple[str, ...]:
        """What stands between semicolons; empty and repeated items are errors."""
        value = self.text(column)
        if not value:
            return ()
        names = tuple(item.strip() for item in value.split(SEPARATOR))
        if "" in names or len(set(names)) < len(names):
            self.fault(column, RowFault.TEXT_INVALID, "an item is empty or stands there twice")
        return names

    def pairs(self, column: str) -> tuple[tuple[str, str], ...]:
        """`name=value` between semicolons, sorted by name."""
        found: dict[str, str] = {}
        for item in self.items(column):
            name, sign, value = item.partition("=")
            if not sign or not value or not is_code(name) or name in found:
                reason = f"{item!r}: name=value is expected, each name once"
                self.fault(column, RowFault.TEXT_INVALID, reason)
            found[name] = value
        return tuple(sorted(found.items()))

    def identifier(self, scheme: str) -> str:
        """An identifier in its canonical form with a right check digit, or a vendor's symbol."""
        value = self.text(scheme)
        pattern = VENDOR_SYMBOLS.get(scheme)
        if value and pattern is not None:
            if pattern.fullmatch(value) is None:
                reason = f"not {_article(scheme)} {scheme} symbol"
                self.fault(scheme, RowFault.IDENTIFIER_INVALID, reason)
        elif value and not is_identifier(scheme, value):
            reason = f"not {_article(scheme)} {scheme.upper()}: format or check digit"
            self.fault(scheme, RowFault.IDENTIFIER_INVALID, reason)
        return value

    def lei(self, column: str) -> str:
        """A legal entity identifier, ISO 17442."""
        value = self.text(column)
        if value and not (lei.is_valid(value) and lei.compact(value) == value):
            self.fault(column, RowFault.IDENTIFIER_INVALID, "not an LEI: format or check digits")
        return value

    def security(self, column: str, resolve: Resolve) -> str:
        """The id of the loaded security that the cell names: ``AAPL.XNAS`` or ``isin:...``."""
        value = self.text(column, needed=True)
        found = find_security(value, resolve) if value else ""
        if found is None:
            reason = (
                "no such security: load it first, and name it TICKER.MIC or "
                f"{', '.join(f'{scheme}:...' for scheme in IDENTIFIERS)}"
            )
            self.fault(column, RowFault.SECURITY_NOT_FOUND, reason)
        return found or ""


class Once:
    """Remembers keys of earlier rows, to tell a row that stands in the file twice."""

    def __init__(self) -> None:
        """Start with no row seen."""
        self._line_of: dict[object, int] = {}

    def check(self, cells: Cells, column: str, key: object) -> None:
        """Keep an error where an earlier row has ``key``."""
        first = self._line_of.setdefault(key, cells.row.line)
        if first != cells.row.line:
            cells.fault(column, RowFault.ROW_TWICE, f"it stands on line {first} already")


def each(
    text: str,
    form: Format,
    *,
    required: Iterable[str],
    optional: Iterable[str] = (),
    errors: list[RowError],
) -> Iterator[Cells]:
    """The rows of ``text``, ready to be read; errors go to ``errors``."""
    rows = read_rows(text, form=form, required=required, optional=optional, errors=errors)
    return (Cells(row=row, errors=errors) for row in rows)


def word(cells: Cells, column: str, words: type[W], default: W) -> W:
    """A word of a closed list; ``default`` where the cell is empty or says something else."""
    found = cells.word(column, [one.value for one in words], default.value)
    return words(found) if found in list(words) else default


def in_order(errors: list[RowError]) -> list[RowError]:
    """The errors by line, those of one line in the order they were found."""
    return sorted(errors, key=lambda error: error.row)


def is_identifier(scheme: str, value: str) -> bool:
    """True for ``value`` of ``scheme``, written in capitals without spaces."""
    module = IDENTIFIERS[scheme]
    return bool(module.is_valid(value)) and module.compact(value) == value


def find_security(name: str, resolve: Resolve) -> str | None:
    """The id of the security called ``name``: `TICKER.MIC` or `scheme:value`."""
    scheme, colon, value = name.partition(":")
    if colon and scheme in SCHEMES:
        return resolve(scheme, value)
    return resolve("ticker_mic", name)


def _iso_date(value: str) -> date:
    found = date.fromisoformat(value)
    if found.isoformat() != value:  # 20260131 and 2026-W05-6 are ISO too, and easily misread
        raise ValueError(value)
    return found


def _article(scheme: str) -> str:
    return "an" if scheme == "isin" else "a"
