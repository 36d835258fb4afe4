"""`load`: a file becomes one command, which the engine takes or refuses as a whole."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.commands.load_orders import Wish, load_orders
from tradeoms.domain.reference.commands import LoadPrices
from tradeoms.domain.reference.state import Security
from tradeoms.imports.calendar import CalendarUnknown, is_session
from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.outside import (
    read_benchmarks,
    read_figures,
    read_issuers,
    read_offerings,
    read_reported,
)
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.routing import read_broker_lists, read_routing_rules
from tradeoms.imports.rows import Format, RowError, decode
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users
from tradeoms.projections import tables as t

FORMATS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "yaml",  # JSON is YAML
}
_security = msgspec.json.Decoder(Security)


class Kind(StrEnum):
    """What can be loaded."""

    FUNDS = "funds"
    SECURITIES = "securities"
    POSITIONS = "positions"
    PRICES = "prices"
    DESTINATIONS = "destinations"
    USERS = "users"
    RULES = "rules"
    ROUTING_RULES = "routing-rules"
    BROKER_LISTS = "broker-lists"
    ORDERS = "orders"
    ISSUERS = "issuers"
    OFFERINGS = "offerings"
    FIGURES = "figures"
    REPORTED = "reported"
    BENCHMARKS = "benchmarks"


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "csv"
    TSV = "tsv"
    YAML = "yaml"


#: What reads the files that name no security.
_PLAIN: Final[dict[Kind, Callable[..., object]]] = {
    Kind.FUNDS: read_funds,
    Kind.DESTINATIONS: read_destinations,
    Kind.USERS: read_users,
    Kind.ISSUERS: read_issuers,
    Kind.FIGURES: read_figures,
    Kind.REPORTED: read_reported,
    Kind.BENCHMARKS: read_benchmarks,
    Kind.ROUTING_RULES: read_routing_rules,
    Kind.BROKER_LISTS: read_broker_lists,
}


@dataclass(frozen=True, slots=True)
class Known:
    """The securities that are loaded: id by (scheme, value), price currency and market by id."""

    ids: dict[tuple[str, str], str]
    currencies: dict[str, str]
    mics: dict[str, str]

    def resolve(self, scheme: str, value: str) -> str | None:
        """The id of a security."""
        return value if value in self.currencies else self.ids.get((scheme, value))


def known_securities(engine: sa.Engine) -> Known:
    """Read all securities at once: a file of positions asks for each of them."""
    with engine.connect() as link:
        ids = {
            (row.scheme, row.value): row.security_id
            for row in link.execute(sa.select(t.identifiers))
        }
        states = link.execute(sa.select(t.securities.c.state)).scalars()
        securities = [_security.decode(state) for state in states]
    return Known(
        ids=ids,
        currencies={one.id: one.currency for one in securities},
        mics={one.id: one.mic for one in securities},
    )


def read(
    kind: Kind, text: str, form: Format, *, known: Callable[[], Known], as_of: date | None
) -> object:
    """The command that loads ``text``, or a list of what is wrong with it."""
    if kind in _PLAIN:
        return _PLAIN[kind](text, format=form)
    match kind:
        case Kind.SECURITIES:
            return read_securities(text, format=form, warn=_warn)
        case Kind.RULES:
            return read_rules(text, format=form, resolve=known().resolve)
        case Kind.OFFERINGS:
            return read_offerings(text, format=form, resolve=known().resolve)
        case Kind.PRICES:
            found = known()
            prices = read_prices(text, format=form, resolve=found.resolve)
            if isinstance(prices, LoadPrices):
                _warn_of_days(prices, found)
            return prices
        case _:
            found = known()
            return read_positions(
                text,
                format=form,
                resolve=found.resolve,
                currency_of=found.currencies.get,
                as_of=as_of,
            )


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
        )
    if isinstance(command, list):
        _refuse(file, command, as_json=json_)
    with shell.boot().door(settings, user) as door:
        outcome = door.submit(type(command).__name__, command, dry_run=dry_run)
    verb = "would load" if dry_run else "loaded"
    shell.finish(outcome, done=f"{verb} {_count(command)}", as_json=json_)


def _refuse(file: str, errors: list[RowError], *, as_json: bool) -> None:
    if as_json:
        shell.say_json({"status": "refused", "errors": [asdict(error) for error in errors]})
    for error in errors:
        typer.echo(f"{file}:{describe(error)}", err=True)
    shell.fail(f"{len(errors)} errors, nothing was loaded")


def describe(error: RowError) -> str:
    """One line for an error: line, column, value, reason, code."""
    column = f" {error.column}:" if error.column else ""
    value = f" {error.value!r}:" if error.value else ""
    return f"{error.row}:{column}{value} {error.reason} [{error.code}]"


def _warn(error: RowError) -> None:
    typer.echo(f"warning: line {describe(error)}", err=True)


def _warn_of_days(prices: LoadPrices, known: Known) -> None:
    """Tell of prices dated on a day without trading: most often a mistyped date."""
    for mic, day in sorted({(known.mics[one.security_id], one.as_of) for one in prices.prices}):
        try:
            trades = is_session(mic, day)
        except CalendarUnknown:
            continue
        if not trades:
            typer.echo(f"warning: prices of {day}, on which {mic} did not trade", err=True)


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
