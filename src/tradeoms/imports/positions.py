"""Books of funds from a file: positions and cash. What is not in the file is not held any more.

A row with `cash:USD` in place of a security is cash; its quantity is the amount. All rows of a file
stand for one day: the column `as_of`, or the day the caller names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from tradeoms.domain.reference.commands import FundBook, LoadPositions
from tradeoms.domain.reference.state import OpeningCash, OpeningPosition
from tradeoms.imports.cells import Cells, Once, each, in_order
from tradeoms.imports.rows import Format, Resolve, RowError, RowFault

REQUIRED: Final = ("fund", "security", "quantity")
OPTIONAL: Final = ("cost", "as_of")
CASH: Final = "cash:"


@dataclass(frozen=True, slots=True)
class _Book:
    positions: list[OpeningPosition] = field(default_factory=list)
    cash: list[OpeningCash] = field(default_factory=list)


def read_positions(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    resolve: Resolve,
    currency_of: Callable[[str], str | None],
    as_of: date | None = None,
) -> LoadPositions | list[RowError]:
    """Read a file of positions and cash.

    Args:
        text: The file.
        format: How it is written.
        resolve: Finds a loaded security.
        currency_of: Price currency of a loaded security by its id; costs are in it.
        as_of: Day of the books where the file has no column `as_of`.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    books: dict[str, _Book] = {}
    days: dict[date, int] = {}
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        if "as_of" in cells.row.cells:
            _note_day(cells, days)
        fund = cells.code("fund")
        book = books.setdefault(fund, _Book())
        key = _add(cells, book, resolve, currency_of)
        once.check(cells, "security", (fund, key))
    day_of_file = next(iter(days), as_of)
    if day_of_file is None and not errors:
        reason = "name the day: a column as_of, or --as-of"
        errors.append(
            RowError(row=1, column="as_of", value="", code=RowFault.COLUMN_MISSING, reason=reason)
        )
    if errors or day_of_file is None:
        return in_order(errors)
    return LoadPositions(
        as_of=day_of_file,
        books=tuple(
            FundBook(fund=fund, positions=tuple(book.positions), cash=tuple(book.cash))
            for fund, book in books.items()
        ),
    )


def _note_day(cells: Cells, days: dict[date, int]) -> None:
    """Keep the row's day with the line it first stands on; a second day is an error, told once."""
    before = len(cells.errors)
    day = cells.day("as_of")
    if len(cells.errors) > before:
        return
    days.setdefault(day, cells.row.line)
    if len(days) > 1 and days[day] == cells.row.line:
        cells.fault("as_of", RowFault.DATE_INVALID, "all rows must be of one day")


def _add(
    cells: Cells, book: _Book, resolve: Resolve, currency_of: Callable[[str], str | None]
) -> str:
    """Add the row to ``book``; returns what may stand in the file only once for a fund."""
    name = cells.text("security")
    if name.startswith(CASH):
        currency = cells.currency("security", value=name.removeprefix(CASH))
        if cells.text("cost"):
            cells.fault("cost", RowFault.NUMBER_RANGE, "cash has no cost")
        minor = cells.minor("quantity", currency, needed=True)
        book.cash.append(OpeningCash(currency=currency, minor=minor))
        return name
    security_id = cells.security("security", resolve)
    currency = currency_of(security_id) or ""
    position = OpeningPosition(
        security_id=security_id,
        quantity=cells.needed_number("quantity"),
        cost_minor=cells.minor("cost", currency),
    )
    book.positions.append(position)
    return security_id or name
