"""A whole node with a broker beside it, in a folder of its own: for demo, script and tests.

Everything is the real thing: the database, the engine, the REST door, one gateway a FIX session,
and the broker simulator as a process that shares no code with us. All ports are free ones on the
loopback.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tradeoms import bootstrap
from tradeoms.app.local import LocalDoor, SocketDoor
from tradeoms.demo.universe import ORDER, Universe
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules
from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.rows import Format
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users
from tradeoms.kernel.errors import TradeomsError
from tradeoms.projections.tables import identifiers
from tradeoms.settings import Settings

ROOT: Final = Path(__file__).parents[3]
CONFIG: Final = Path(__file__).parents[1] / "config" / "fix"
#: Destination to the FIX version that its session speaks.
SESSIONS: Final = {"BROKER_SIM": "FIX.4.4", "BROKER_42": "FIX.4.2"}
_DIALECTS: Final = {"FIX.4.4": "generic-44", "FIX.4.2": "generic-42"}
_START_S: Final = 60.0


class DemoFailed(TradeomsError):
    """The demo could not start, or found a difference."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Process:
    """A child process and the line of JSON with which it said that it is ready."""

    name: str
    popen: subprocess.Popen[bytes]
    ready: dict[str, Any]  # Any: JSON

    def stop(self) -> None:
        """End it in an orderly way, or by force after ten seconds."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self._reap()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            self.popen.kill()
        self._reap()

    def _reap(self) -> None:
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()


def start(
    name: str, argv: list[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a child and wait until it says that it is ready.

    Raises:
        DemoFailed: If it ends first, or says nothing in a minute; its log is quoted.
    """
    with log.open("ab") as errors:
        popen = subprocess.Popen(  # noqa: S603  # our own programs, no shell
            argv,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
    assert popen.stdout is not None
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        line = popen.stdout.readline()
        if line.startswith(b"{"):
            return Process(name, popen, json.loads(line))
        if not line:
            break
    popen.kill()
    popen.wait()
    popen.stdout.close()
    raise DemoFailed(reason=f"{name} did not start: {log.read_text()[-2000:]}")


def start_broker(folder: Path, *options: str, port: int = 0, control_port: int = 0) -> Process:
    """Start the broker simulator with a session for every destination."""
    if not (ROOT / "simulators").is_dir():
        raise DemoFailed(reason="the simulators come with the source tree; run from a clone")
    sessions = [
        part
        for name, version in SESSIONS.items()
        for part in ("--session", f"{version}:{name}:TRADEOMS")
    ]
    folder.mkdir(parents=True, exist_ok=True)
    ports = ["--port", str(port), "--control-port", str(control_port)]
    argv = [sys.executable, "-m", "simulators.broker", "--data", str(folder), *ports, *sessions]
    return start("broker", [*argv, *options], log=folder.parent / "broker.log")


def write_sessions(folder: Path, *, port: int) -> Path:
    """Write the FIX settings that lead to a broker at ``port``; return their folder."""
    config = folder / "fix"
    (config / "sessions").mkdir(parents=True, exist_ok=True)
    shutil.copytree(CONFIG / "dialects", config / "dialects", dirs_exist_ok=True)
    for name, version in SESSIONS.items():
        text = (
            f"name: {name}\n"
            f"dialect: {_DIALECTS[version]}\n"
            f"begin_string: {version}\n"
            "sender_comp_id: TRADEOMS\n"
            f"target_comp_id: {name}\n"
            "host: 127.0.0.1\n"
            f"port: {port}\n"
            "heartbeat_s: 30\n"
            "reconnect_s: 1\n"
        )
        (config / "sessions" / f"{name}.yaml").write_text(text)
    return config


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


@contextlib.contextmanager
def running(processes: list[Process]) -> Iterator[list[Process]]:
    """Stop what is in the list at the end, the newest first."""
    try:
        yield processes
    finally:
        for process in reversed(processes):
            process.stop()
