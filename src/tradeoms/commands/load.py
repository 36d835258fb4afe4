"""`load`: a file becomes one command, which the engine takes or refuses as a whole."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from msgspec.structs import replace

from tradeoms.app.wire import Outcome, Problem
from tradeoms.commands import shell
from tradeoms.commands.load_orders import Wish, load_orders
from tradeoms.imports.files import Kind, describe, known_securities, read
from tradeoms.imports.rows import Format, RowError, decode, place_of

FORMATS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "yaml",  # JSON is YAML
}


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    TSV = "tsv"
    YAML = "yaml"


def load(  # noqa: PLR0913 - options
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What the file holds.")],
    file: Annotated[str, typer.Argument(help="The file; - is standard input.")],
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all, change nothing.")] = False,
    file_format: Annotated[
        FileFormat | None, typer.Option("--format", help="Else by the name of the file.")
    ] = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day of positions without a column as_of."),
    ] = None,
    mapping: Annotated[
        str, typer.Option(help="Of orders: the saved mapping to read them by.")
    ] = "",
    partial: Annotated[
        bool, typer.Option("--partial", help="Of orders: enter the sound rows.")
    ] = False,
    user: Annotated[
        str, typer.Option(envvar="TRADEOMS_USER", help="Who loads; recorded in the journal.")
    ] = shell.SYSTEM,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load a file: all of it, or nothing and every error of it.

    Example: tradeoms load securities securities.csv --dry-run
    """
    if kind is Kind.ORDERS:
        form_of_orders: Format | None = None if file_format is None else file_format.value
        wish = Wish(
            file=file, form=form_of_orders, mapping=mapping, partial=partial, dry_run=dry_run,
            user=user, as_json=json_,
        )  # fmt: skip
        load_orders(shell.settings(ctx), wish)
        return
    form: Format = _format_of(file) if file_format is None else file_format.value
    text = decode(_bytes_of(file))
    command: object = text
    settings = shell.settings(ctx)
    if isinstance(text, str):
        command = read(
            kind,
            text,
            form,
            known=lambda: known_securities(shell.boot().reader(settings)),
            as_of=as_of.date() if as_of else None,
            warn=_warn,
        )
    if isinstance(command, list):
        _refuse(file, command, as_json=json_)
    with shell.boot().door(settings, user) as door:
        outcome = door.submit(type(command).__name__, command, dry_run=dry_run)
    if isinstance(text, str):
        outcome = _in_file(outcome, file, text, form)
    verb = "would load" if dry_run else "loaded"
    shell.finish(outcome, done=f"{verb} {_count(command)}", as_json=json_)


def _refuse(file: str, errors: list[RowError], *, as_json: bool) -> None:
    if as_json:
        shell.say_json({"status": "refused", "errors": [asdict(error) for error in errors]})
    for error in errors:
        typer.echo(f"{file}:{describe(error)}", err=True)
    shell.fail(f"{len(errors)} errors, nothing was loaded")


def _in_file(outcome: Outcome, file: str, text: str, form: Format) -> Outcome:
    """Let what the engine refuses name the lines of the file, where they can be told."""

    def place(problem: Problem) -> Problem:
        found = place_of(text, form=form, field=problem.field, value=problem.value)
        return (
            problem if found is None else replace(problem, field=f"{file}:{found[0]}: {found[1]}")
        )

    return replace(outcome, problems=tuple(place(one) for one in outcome.problems))


def _warn(text: str) -> None:
    typer.echo(f"warning: {text}", err=True)


def _count(command: object) -> str:
    """How much the parts of a load are: `524 securities`."""
    fields = {name: getattr(command, name) for name in command.__dataclass_fields__}  # type: ignore[attr-defined] # a command is a dataclass
    parts = [f"{len(rows)} {name}" for name, rows in fields.items() if isinstance(rows, tuple)]
    return " and ".join(part for part in parts if not part.startswith("0 ")) or "nothing"


def _bytes_of(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


def _format_of(file: str) -> Format:
    suffix = Path(file).suffix.lower()
    if suffix not in FORMATS:
        names = ", ".join(FORMATS)
        shell.fail(
            f"{file}: --format csv or yaml, or a name that ends in {names}", code=shell.USAGE
        )
    return FORMATS[suffix]
