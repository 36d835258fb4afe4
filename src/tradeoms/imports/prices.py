"""Marks and exchange rates from a file: a row `fx:EUR/USD` is the dollars for one euro."""

from __future__ import annotations

import re
from typing import Final

from tradeoms.domain.reference.commands import LoadPrices
from tradeoms.domain.reference.state import FxRate, Price
from tradeoms.imports.cells import Cells, Once, each, in_order
from tradeoms.imports.rows import Format, Resolve, RowError, RowFault
from tradeoms.kernel.numbers import ZERO

REQUIRED: Final = ("security", "price", "as_of")
FX: Final = "fx:"
_PAIR: Final = re.compile(r"([A-Z]{3})/([A-Z]{3})", re.ASCII)


def read_prices(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    resolve: Resolve,
) -> LoadPrices | list[RowError]:
    """Read a file of prices and exchange rates.

    Args:
        text: The file.
        format: How it is written.
        resolve: Finds a loaded security.

    Returns:
        The command that loads the whole file, or everything that is wrong with it.
    """
    errors: list[RowError] = []
    once = Once()
    prices = []
    rates = []
    for cells in each(text, format, required=REQUIRED, errors=errors):
        name = cells.text("security")
        if name.startswith(FX):
            once.check(cells, "security", name)
            rates.append(_rate(cells, name))
            continue
        security_id = cells.security("security", resolve)
        once.check(cells, "security", security_id or name)
        price = Price(
            security_id=security_id,
            price=cells.needed_number("price", least=ZERO),
            as_of=cells.day("as_of"),
        )
        prices.append(price)
    return in_order(errors) or LoadPrices(prices=tuple(prices), rates=tuple(rates))


def _rate(cells: Cells, name: str) -> FxRate:
    pair = _PAIR.fullmatch(name.removeprefix(FX))
    if pair is None or pair[1] == pair[2]:
        reason = "two different currencies, as in fx:EUR/USD"
        cells.fault("security", RowFault.CURRENCY_UNKNOWN, reason)
    base, to = (pair[1], pair[2]) if pair else ("", "")
    if pair:
        cells.currency("security", value=base)
        cells.currency("security", value=to)
    return FxRate(
        base=base,
        to=to,
        rate=cells.needed_number("price", above=ZERO),
        as_of=cells.day("as_of"),
    )
