"""Facts from outside, from files: issuers' amounts, offerings, figures, reports, benchmarks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Offering,
    ReportedShare,
    Weight,
)
from tradeoms.imports.cells import Cells, Once, each, in_order
from tradeoms.imports.rows import Format, Resolve, RowError, RowFault
from tradeoms.kernel.numbers import ZERO, plain

ISSUERS: Final = ("issuer", "name", "amount", "as_of")
OFFERINGS: Final = ("security", "pricing_date", "restricted_from")
FIGURES: Final = ("name", "fund", "value", "at")
REPORTED: Final = ("rule", "cell", "share", "on")
BENCHMARKS: Final = ("fund", "group", "weight", "as_of")
CONSTITUENTS: Final = ("security", "group", "weight", "as_of")
_ISSUER: Final = "issuer"
_ONE: Final = Decimal(1)
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)

Answer = LoadOutside | list[RowError]


def read_issuers(text: str, *, format: Format) -> Answer:  # noqa: A002 - public name
    """Read amounts of issuers, one a row: `ACME,votes_out,1000000,2026-01-31`."""
    errors: list[RowError] = []
    once, rows = Once(), []
    for cells in each(text, format, required=ISSUERS, errors=errors):
        row = IssuerAmount(
            issuer=cells.code("issuer"),
            name=cells.code("name"),
            amount=cells.needed_number("amount", least=ZERO),
            as_of=cells.day("as_of"),
        )
        once.check(cells, "issuer", row.key)
        rows.append(row)
    return in_order(errors) or LoadOutside(issuers=tuple(rows))


def read_offerings(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    resolve: Resolve,
) -> Answer:
    """Read firm-commitment offerings: day of pricing, first day of the restricted period."""
    errors: list[RowError] = []
    once, rows = Once(), []
    for cells in each(text, format, required=OFFERINGS, errors=errors):
        security_id = cells.security("security", resolve)
        row = Offering(
            security_id=security_id,
            pricing_date=cells.day("pricing_date"),
            restricted_from=cells.day("restricted_from"),
        )
        once.check(cells, "security", security_id or cells.text("security"))
        if row.restricted_from > row.pricing_date:
            cells.fault("restricted_from", RowFault.DATE_INVALID, "it is after the pricing")
        rows.append(row)
    return in_order(errors) or LoadOutside(offerings=tuple(rows))


def read_figures(text: str, *, format: Format) -> Answer:  # noqa: A002 - public name
    """Read figures that another system measured: `var99,GROWTH,0.123,2026-01-31T06:00:00Z`."""
    errors: list[RowError] = []
    once, rows = Once(), []
    for cells in each(text, format, required=FIGURES, errors=errors):
        row = Figure(
            name=cells.code("name"),
            fund=cells.code("fund"),
            value=cells.needed_number("value"),
            at=_instant(cells, "at"),
        )
        once.check(cells, "name", row.key)
        rows.append(row)
    return in_order(errors) or LoadOutside(figures=tuple(rows))


def read_reported(text: str, *, format: Format) -> Answer:  # noqa: A002 - public name
    """Read shares last reported under a rule; 0.0512 is 5.12 %."""
    errors: list[RowError] = []
    once, rows = Once(), []
    for cells in each(text, format, required=REPORTED, errors=errors):
        row = ReportedShare(
            rule=cells.code("rule"),
            cell=cells.code("cell"),
            share=_share(cells, "share"),
            on=cells.day("on"),
        )
        once.check(cells, "rule", row.key)
        rows.append(row)
    return in_order(errors) or LoadOutside(reported=tuple(rows))


def read_benchmarks(text: str, *, format: Format) -> Answer:  # noqa: A002 - public name
    """Read weights of groups, one a row; a fund's rows together replace its benchmark."""
    errors: list[RowError] = []
    once = Once()
    weights: dict[str, list[tuple[str, Decimal]]] = {}
    days: dict[str, date] = {}
    for cells in each(text, format, required=BENCHMARKS, errors=errors):
        fund, group = cells.code("fund"), cells.text("group", needed=True)
        once.check(cells, "group", (fund, group))
        weights.setdefault(fund, []).append((group, _share(cells, "weight")))
        day = cells.day("as_of")
        if days.setdefault(fund, day) != day:
            cells.fault("as_of", RowFault.DATE_INVALID, f"other rows of {fund} say {days[fund]}")
    rows = tuple(
        Benchmark(fund=fund, weights=tuple(sorted(many)), as_of=days[fund])
        for fund, many in weights.items()
    )
    return in_order(errors) or LoadOutside(benchmarks=rows)


def read_constituents(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
    resolve: Resolve,
    warn: Callable[[str], None],
) -> Answer:
    """Read what funds hold themselves, one group a row; a fund's rows together replace it.

    ``warn`` is told where weights add up to less than 1: the rest would count in no group.
    """
    errors: list[RowError] = []
    once = Once()
    weights: dict[str, list[Weight]] = {}
    days: dict[str, date] = {}
    names: dict[str, str] = {}
    for cells in each(text, format, required=CONSTITUENTS, optional=("by",), errors=errors):
        name, found = cells.text("security"), cells.security("security", resolve)
        by = cells.code("by", needed=False) or _ISSUER
        one = Weight(by=by, group=cells.text("group", needed=True), weight=_share(cells, "weight"))
        once.check(cells, "group", (found or name, by, one.group))
        weights.setdefault(found, []).append(one)
        names.setdefault(found, name)
        day = cells.day("as_of")
        if days.setdefault(found, day) != day:
            cells.fault("as_of", RowFault.DATE_INVALID, f"other rows of {name} say {days[found]}")
    if errors:
        return in_order(errors)
    rows = tuple(
        Constituents(security_id=found, weights=tuple(many), as_of=days[found])
        for found, many in weights.items()
    )
    for row in rows:
        for by, pairs in row.grouped.items():
            total = sum((weight for _, weight in pairs), ZERO)
            if total < _ONE:
                told = f"weights of {names[row.security_id]} by {by} add up to {plain(total)}"
                warn(f"{told}: the rest counts in no group")
    return LoadOutside(constituents=rows)


def _share(cells: Cells, column: str) -> Decimal:
    share = cells.needed_number(column, least=ZERO)
    if share > _ONE:
        cells.fault(column, RowFault.NUMBER_RANGE, "must be at most 1: 5 % is 0.05")
    return share


def _instant(cells: Cells, column: str) -> datetime:
    """An instant in UTC: `2026-01-31T06:00:00Z`."""
    value = cells.text(column, needed=True)
    try:
        found = datetime.fromisoformat(value) if value else _NEVER
    except ValueError:
        found = None
    if found is None or found.tzinfo is None or not (value.endswith("Z") or not value):
        cells.fault(column, RowFault.DATE_INVALID, "an instant in UTC such as 2026-01-31T06:00:00Z")
        return _NEVER
    return found
