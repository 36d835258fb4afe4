"""A whole node in a folder of its own: for demo, script and tests.

Everything is the real thing: the database, the engine, the REST door, one gateway a FIX session.
All ports are free ones on the loopback.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import sqlalchemy as sa

from tradeoms import bootstrap
from tradeoms.app.local import LocalDoor, SocketDoor
from tradeoms.demo.processes import DemoFailed, Process, start
from tradeoms.demo.universe import ORDER, Universe
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules
from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.rows import Format
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users
from tradeoms.projections.tables import identifiers
from tradeoms.settings import Settings


def start_node(settings: Settings) -> Process:
    """Start the supervisor, and with it the engine, the REST door and the gateways."""
    argv = [sys.executable, "-m", "tradeoms", "serve"]
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    log = settings.data / "serve.log"
    return start("node", argv, log=log, environment=settings.as_environment())


def prepare(settings: Settings, universe: Universe) -> None:
    """Create the database and load the demo's files through the engine, as all files are."""
    bootstrap.initialise(settings)
    with bootstrap.door(settings) as machine:
        for kind in ORDER:
            command = read_file(universe.files[kind], kind, universe.formats[kind], settings)
            submit(machine, command)
            if isinstance(command, DefineRules):
                rules = command.rules
    with bootstrap.door(settings, user="officer.olga") as officer:
        for rule in rules:
            submit(officer, ActivateRule(rule_id=rule.rule_id, version=rule.version))


def read_file(text: str, kind: str, form: Format, settings: Settings) -> object:
    """The command that loads one of the demo's files, or the list of what is wrong with it."""
    known: dict[tuple[str, str], str] = {}

    def resolve(scheme: str, value: str) -> str | None:
        """Id of a loaded security; they are read at the first question."""
        if not known:
            reading = bootstrap.reader(settings)
            with reading.connect() as link:
                for row in link.execute(sa.select(identifiers)):
                    known[row.scheme, row.value] = row.security_id
            reading.dispose()
        return known.get((scheme, value))

    readers: dict[str, Callable[[], object]] = {
        "users": lambda: read_users(text, format=form),
        "destinations": lambda: read_destinations(text, format=form),
        "funds": lambda: read_funds(text, format=form),
        "securities": lambda: read_securities(text, format=form),
        "prices": lambda: read_prices(text, format=form, resolve=resolve),
        "positions": lambda: read_positions(
            text, format=form, resolve=resolve, currency_of=lambda _: "USD"
        ),
        "rules": lambda: read_rules(text, format=form, resolve=resolve),
    }
    return readers[kind]()


def submit(door: LocalDoor | SocketDoor, command: object) -> None:
    """Ask for a command that must succeed.

    Raises:
        DemoFailed: If it is refused, or is not a command but the errors of a file.
    """
    if isinstance(command, list):
        raise DemoFailed(reason=f"the demo's own file is wrong: {command[:3]}")
    outcome = door.submit(type(command).__name__, command)
    if outcome.status != "accepted":
        raise DemoFailed(reason=f"{type(command).__name__}: {outcome.problems}")
