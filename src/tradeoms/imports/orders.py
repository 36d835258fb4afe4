"""Orders from a file: one row an order, read as a saved mapping says or by our own column names.

Unlike other files one of orders may be taken in part, so that sound rows and errors both come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeVar

from tradeoms.domain.mapping.columns import CUSTOM, OPTIONAL, REQUIRED
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.domain.order.commands import CreateOrder, Leg, Trigger
from tradeoms.imports.cells import SCHEMES, Cells
from tradeoms.imports.rows import Format, Row, RowError, RowFault, read_rows
from tradeoms.kernel.enums import OrderType, Side, TimeInForce, TriggerWhen, Unexecuted
from tradeoms.kernel.numbers import parse_decimal

W = TypeVar("W", bound=StrEnum)
#: As many orders as one batch may have.
ROWS_MAX: Final = 5_000


@dataclass(frozen=True, slots=True)
class OrderRows:
    """What a file holds.

    Attributes:
        orders: The rows that can be read.
        lines: The line each of them stands on.
        errors: What is wrong with the others, by line.
    """

    orders: list[CreateOrder] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)


def read_orders(text: str, *, form: Format, mapping: ImportMapping | None = None) -> OrderRows:
    """Read a file of orders.

    Args:
        text: The file.
        form: How it is written.
        mapping: What its columns and words mean; `None` where they are ours.
    """
    found = OrderRows()
    for row in _rows(text, form, mapping, found.errors):
        if len(found.orders) == ROWS_MAX:
            reason = f"at most {ROWS_MAX} orders; split the file"
            found.errors.append(
                RowError(
                    row=row.line, column="", value="", code=RowFault.FILE_MALFORMED, reason=reason
                )
            )
            break
        cells = Cells(row=row, errors=[])
        order = _order(cells)
        if not cells.errors:
            found.orders.append(order)
            found.lines.append(row.line)
        theirs = dict(mapping.columns) if mapping else {}
        found.errors.extend(
            replace(error, column=theirs.get(error.column, error.column)) for error in cells.errors
        )
    return found


def _rows(
    text: str, form: Format, mapping: ImportMapping | None, errors: list[RowError]
) -> Iterator[Row]:
    """The rows under our column names, with our words."""
    if mapping is None:
        yield from read_rows(
            text, form=form, required=REQUIRED, optional=OPTIONAL, errors=errors, prefix=CUSTOM
        )
        return
    theirs, defaults = dict(mapping.columns), dict(mapping.defaults)
    words = {words.column: dict(words.meanings) for words in mapping.words}
    own = [name for name in {**theirs, **defaults} if name.startswith(CUSTOM)]
    read = [
        name
        for name in (*REQUIRED, *OPTIONAL, *own)
        if name in theirs or name not in mapping.ignored
    ]
    must = [name for name in read if name in REQUIRED and name not in defaults]
    required = [theirs.get(name, name) for name in must]
    optional = [theirs.get(name, name) for name in read if name not in must]
    rows = read_rows(
        text, form=form, required=required, optional=(*optional, *mapping.ignored), errors=errors
    )
    for row in rows:
        cells = {}
        for name in read:
            value = row.cells.get(theirs.get(name, name), "") or defaults.get(name, "")
            cells[name] = words.get(name, {}).get(value, value)
        yield Row(line=row.line, cells=cells)


def _word(cells: Cells, column: str, kind: type[W], default: str = "") -> W:
    """One of the words of ``kind``; the first where the cell has none, which is told."""
    word = cells.word(column, tuple(kind), default)
    return kind(word) if word in tuple(kind) else next(iter(kind))


def _order(cells: Cells) -> CreateOrder:
    scheme, security = _security(cells)
    quantity = cells.needed_number("quantity")
    return CreateOrder(
        client_order_id=cells.text("client_order_id", needed=True),
        scheme=scheme,
        security=security,
        side=_word(cells, "side", Side),
        quantity=quantity,
        order_type=_word(cells, "order_type", OrderType),
        limit_price=cells.number("limit_price"),
        stop_price=cells.number("stop_price"),
        time_in_force=_word(cells, "time_in_force", TimeInForce, TimeInForce.DAY),
        expire_on=cells.day("expire_on") if cells.text("expire_on") else None,
        legs=_legs(cells, quantity),
        reason=cells.text("reason"),
        instructions=cells.text("instructions"),
        portfolio_manager=cells.text("portfolio_manager"),
        venue=cells.text("venue"),
        cross_with=cells.text("cross_with"),
        submit=cells.flag("submit", default=True),
        good_from=_instant(cells, "good_from"),
        trigger=_trigger(cells),
        unexecuted=_word(cells, "unexecuted", Unexecuted, Unexecuted.EXPIRE),
        custom=tuple(
            (name.removeprefix(CUSTOM), value)
            for name, value in cells.row.cells.items()
            if name.startswith(CUSTOM) and value
        ),
    )


def _instant(cells: Cells, column: str) -> datetime | None:
    """An instant in UTC; `None` where the cell is empty."""
    text = cells.text(column)
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        found = datetime.min  # noqa: DTZ901 - naive, so told below
    if found is not None and found.utcoffset() != timedelta(0):
        reason = "an instant in UTC such as 2026-01-31T09:30:00Z"
        cells.fault(column, RowFault.DATE_INVALID, reason)
        return None
    return found


def _trigger(cells: Cells) -> Trigger | None:
    """A price and when it counts, both or neither."""
    price = cells.number("trigger_price")
    when = cells.text("trigger_when")
    if (price is None) != (not when):
        reason = "trigger_price and trigger_when, both or neither"
        cells.fault("trigger_price", RowFault.CELL_MISSING, reason)
    if price is None or not when:
        return None
    return Trigger(price=price, when=_word(cells, "trigger_when", TriggerWhen))


def _security(cells: Cells) -> tuple[str, str]:
    """`TICKER.MIC` or `scheme:value`; the engine knows whether there is one."""
    name = cells.text("security", needed=True)
    scheme, colon, value = name.partition(":")
    return (scheme, value) if colon and scheme in (*SCHEMES, "id") else ("ticker_mic", name)


def _legs(cells: Cells, quantity: Decimal) -> tuple[Leg, ...]:
    """One fund for all of it, or `FUND=quantity` between semicolons, in the order of the file."""
    fund, allocations = cells.text("fund"), cells.text("allocations")
    if bool(fund) == bool(allocations):
        reason = "name one fund, or allocations as FUND=quantity;FUND=quantity, not both"
        cells.fault("fund", RowFault.CELL_MISSING, reason)
        return ()
    if fund:
        return (Leg(fund=fund, quantity=quantity),)
    legs = []
    for item in cells.items("allocations"):
        name, sign, units = item.partition("=")
        try:
            legs.append(Leg(fund=name, quantity=parse_decimal(units)))
        except ValueError:
            sign = ""
        if not sign or not name:
            reason = f"{item!r}: FUND=quantity is expected"
            cells.fault("allocations", RowFault.NUMBER_INVALID, reason)
    return tuple(legs)
