"""The command line: which commands there are, and where each is.

A command's module is imported when the command is called, so that `tradeoms --help` answers at once
and a part that is missing fails only its own command. Exit codes: 0 done, 1 refused or a check
failed, 2 wrong usage. Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from tradeoms import __version__
from tradeoms.commands.shell import Wish, fail
from tradeoms.kernel.errors import TradeomsError


class Entry(NamedTuple):
    """Where a command is (`module:attribute`), and what it does in one line."""

    place: str
    summary: str


#: In the order in which `--help` lists them.
COMMANDS: Final = {
    "init": Entry("tradeoms.commands.node:init", "Create the database and the first admin."),
    "serve": Entry("tradeoms.commands.node:serve", "Run the node: engine, REST, FIX gateways."),
    "demo": Entry("tradeoms.commands.node:demo", "Run everything with demo data, or script a day."),
    "load": Entry(
        "tradeoms.commands.load:load", "Load reference data, positions, people, rules or orders."
    ),
    "roll-day": Entry("tradeoms.commands.day:roll_day", "Begin a trading day."),
    "users": Entry("tradeoms.commands.people:users", "List and add people, set passwords."),
    "keys": Entry("tradeoms.commands.people:keys", "Create, list and revoke API keys."),
    "rules": Entry("tradeoms.commands.rules:rules", "List, activate and retire compliance rules."),
    "kill": Entry("tradeoms.commands.kill:kill", "Throw, list and release kill switches."),
    "models": Entry("tradeoms.commands.models:models", "Write and approve model portfolios."),
    "proposals": Entry(
        "tradeoms.commands.proposals:proposals", "Compute rebalances, and make them orders."
    ),
    "orders": Entry("tradeoms.commands.order_acts:orders", "List, show and work on orders."),
    "blotter": Entry("tradeoms.commands.orders:blotter", "Watch the open orders."),
    "blocks": Entry("tradeoms.commands.blocks:blocks", "Merge, place and part orders."),
    "placements": Entry(
        "tradeoms.commands.placements:placements", "Route orders, change and cancel what is out."
    ),
    "lists": Entry("tradeoms.commands.lists:lists", "Enter, try out and work programs."),
    "pairs": Entry("tradeoms.commands.pairs:pairs", "Work two orders in step."),
    "crosses": Entry(
        "tradeoms.commands.crosses:crosses", "Trade between funds, with compliance's approval."
    ),
    "compliance": Entry(
        "tradeoms.commands.checks:compliance", "Test funds as they stand, run case files."
    ),
    "breaches": Entry("tradeoms.commands.breaches:breaches", "Work on the register of breaches."),
    "reports": Entry("tradeoms.commands.reports:reports", "Report on a period of trading days."),
    "bookings": Entry("tradeoms.commands.bookings:bookings", "Book executions to funds."),
    "breaks": Entry("tradeoms.commands.breaks:breaks", "Settle breaks with counterparties."),
    "confirmations": Entry(
        "tradeoms.commands.confirmations:confirmations", "Instruct brokers, affirm confirmations."
    ),
    "fix": Entry("tradeoms.commands.fix:fix", "Watch and steer FIX sessions, check settings."),
    "journal": Entry("tradeoms.commands.journal:journal", "Verify, replay or export the journal."),
    "backup": Entry("tradeoms.commands.journal:backup", "Write a backup of the database."),
    "restore": Entry(
        "tradeoms.commands.journal:restore", "Restore a backup into an empty database."
    ),
    "bench": Entry("tradeoms.commands.node:bench", "Measure throughput and latency."),
    "docs": Entry("tradeoms.commands.docs:docs", "Write docs/generated anew from the code."),
}


class LazyGroup(TyperGroup):
    """A group that imports a command when it is called, and shows only its summary before."""

    def __init__(self, **attributes: Any) -> None:  # Any: typer's own
        """Put a stand-in for every command, enough for help and completion."""
        super().__init__(**attributes)
        self.commands = {
            name: TyperCommand(name, help=entry.summary) for name, entry in COMMANDS.items()
        }

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Any: typer's own context
        """Names in the order of the table."""
        return [*COMMANDS]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # Any: as above
        """The command itself."""
        name, stand_in, rest = super().resolve_command(ctx, args)
        return (name, stand_in if name is None else find_command(name), rest)

    def invoke(self, ctx: Any) -> Any:  # Any: as above
        """Run, and turn a failure of the machinery into one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except TradeomsError as error:
            fail(str(error))
        except (ConnectionError, PermissionError, FileNotFoundError) as error:
            fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "))


def find_command(name: str) -> Any:  # Any: typer publishes no type for its commands
    """Import the command ``name``; a part that is not installed is told in one line."""
    module, _, attribute = COMMANDS[name].place.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        fail(f"`tradeoms {name}` needs {error.name}, which is not installed")
    command = typer.main.get_command(found if isinstance(found, typer.Typer) else _alone(found))
    command.name = name
    return command


def _alone(function: Callable[..., None]) -> typer.Typer:
    single = typer.Typer(add_completion=False, rich_markup_mode=None)
    single.command()(function)
    return single


app: Final = typer.Typer(
    cls=LazyGroup, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it
    if wanted:
        typer.echo(f"tradeoms {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="Data directory; else TRADEOMS_DATA.", show_default=False),
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback acts on it
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Buy-side order management: orders, compliance, allocation and FIX on one audited journal.

    Example: tradeoms init --admin ada && tradeoms serve
    """
    ctx.obj = Wish(data=data)


def main() -> None:
    """Run the program; the entry point of the package."""
    app(prog_name="tradeoms")
