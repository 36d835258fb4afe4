"""`load orders`: a file of orders through the same decisions as orders over REST."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.domain.catalog import ImportOrders
from tradeoms.domain.mapping.state import ImportMapping
from tradeoms.imports.orders import OrderRows, read_orders
from tradeoms.imports.report import Decision, ImportLine, ImportReport, make_report
from tradeoms.imports.rows import Format, RowError, decode
from tradeoms.imports.sheets import sheet_text
from tradeoms.projections.queries_mappings import find_mapping

COLUMNS: Final = ("row", "status", "client_order_id", "id", "order", "why")
FORMATS: Final[dict[str, Format]] = {
    ".csv": "csv", ".tsv": "tsv", ".xlsx": "csv", ".yaml": "yaml", ".yml": "yaml", ".json": "yaml",
}  # fmt: skip
_decision: Final = msgspec.json.Decoder(Decision).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line asks for."""

    file: str
    form: Format | None
    mapping: str
    partial: bool
    dry_run: bool
    user: str
    as_json: bool


def load_orders(settings: shell.Settings, wish: Wish) -> None:
    """Enter the orders of a file, or tell what would become of each."""
    mapping = _mapping(settings, wish.mapping) if wish.mapping else None
    text = _text(wish.file)
    if isinstance(text, list):
        found = OrderRows(errors=text)
    else:
        found = read_orders(text, form=_form(wish), mapping=mapping)
    if not found.orders or (found.errors and not (wish.partial or wish.dry_run)):
        report = make_report(OrderRows(errors=found.errors), Decision(data=[]), dry_run=True)
        _refuse(report, as_json=wish.as_json)
    command = ImportOrders(orders=tuple(found.orders), partial=wish.partial)
    with shell.boot().door(settings, wish.user) as door:
        outcome = door.submit("ImportOrders", command, dry_run=wish.dry_run)
    if outcome.status != "accepted":
        shell.finish(outcome, done="", as_json=wish.as_json)
    report = make_report(found, _decision(outcome.answer), dry_run=wish.dry_run)
    if wish.as_json:
        shell.say_json(msgspec.to_builtins(report))
    else:
        _show(report)
        verb = "would enter" if wish.dry_run else "entered"
        typer.echo(
            f"{verb} {report.accepted} of {report.rows} orders; "
            f"{report.known} known, {report.refused} refused"
        )
    if report.refused:
        raise typer.Exit(shell.REFUSED)


def _mapping(settings: shell.Settings, name: str) -> ImportMapping:
    with shell.boot().reader(settings).connect() as link:
        mapping = find_mapping(link, name)
    if mapping is None:
        shell.fail(f"there is no mapping {name}")
    return mapping


def _text(file: str) -> str | list[RowError]:
    data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    return sheet_text(data) if file.lower().endswith(".xlsx") else decode(data)


def _form(wish: Wish) -> Format:
    if wish.form is not None:
        return wish.form
    suffix = Path(wish.file).suffix.lower()
    if suffix not in FORMATS:
        shell.fail(f"{wish.file}: a name that ends in {', '.join(FORMATS)}", code=shell.USAGE)
    return FORMATS[suffix]


def _refuse(report: ImportReport, *, as_json: bool) -> NoReturn:
    if as_json:
        shell.say_json(msgspec.to_builtins(report))
    else:
        _show(report)
    shell.fail(f"{report.refused} rows cannot be read, nothing was entered")


def _show(report: ImportReport) -> None:
    shell.say_table(
        COLUMNS,
        (
            (line.row, line.status, line.client_order_id, line.id, line.order_status, _why(line))
            for line in report.data
        ),
    )


def _why(line: ImportLine) -> str:
    reasons = (f"{one['field']}: {one['detail']} [{one['code']}]" for one in line.problems)
    return "; ".join(reasons)
