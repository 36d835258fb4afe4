"""The gateway process: `python -m tradeoms.fix --data DIR --session NAME ...`.

Prints one line of JSON on standard output when it is up. SIGTERM: log out, tell the engine what
there is, exit 0. Other exit codes: 2 settings wrong, 3 another gateway holds the folder or a
session, 70 failed.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tradeoms.fix import quick
from tradeoms.fix.clock import from_us, now_us
from tradeoms.fix.clock_watch import look_at_clock
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dictionary import write_dictionary
from tradeoms.fix.gap import gap_was_told
from tradeoms.fix.gate import Gate, Watch
from tradeoms.fix.line import Line
from tradeoms.fix.news import newest
from tradeoms.fix.oplog import say
from tradeoms.fix.posttrade.copies import announce
from tradeoms.fix.pump import Pump
from tradeoms.fix.recovery import Plan, note_clean_stop, power_was_cut, recover
from tradeoms.fix.roll import attend, known_life
from tradeoms.fix.sender import Sender
from tradeoms.fix.session import Callbacks, WireLogs, rescue
from tradeoms.fix.session_config import SessionConfig, load_session
from tradeoms.fix.store_files import read_store
from tradeoms.fix.wire_journal import WireJournal
from tradeoms.kernel.errors import TradeomsError

EXIT_SETTINGS: Final = 2
EXIT_HELD: Final = 3
_TICK_S: Final = 1.0
_LOGOUT_S: Final = 3.0
_DRAIN_S: Final = 5.0
#: A message seen on the wire that quickfix does not hand over in this time is taken from there.
_REFUSED_AFTER_US: Final = 2_000_000


class GatewayHeld(TradeomsError):
    """Another gateway process runs on this folder or session."""

    def __init__(self, *, lock: Path, holder: str) -> None:
        """Keep the lock file and the process that holds it."""
        self.lock = lock
        self.holder = holder
        super().__init__(f"{lock} is held by another gateway, process {holder or 'unknown'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """The command line."""

    data: Path
    sessions: tuple[str, ...]
    group: str
    config: Path
    address: Path
    token: Path
    build: str


def main(argv: Sequence[str]) -> int:
    """Run a gateway until it is told to stop."""
    arguments = parse(argv)
    sys.setswitchinterval(0.001)  # a report must not wait 5 ms for a thread that computes
    try:
        configs = [load_session(arguments.config, name) for name in arguments.sessions]
        home = arguments.data / "fix" / arguments.group
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        locks = [hold(home / "lock")]
        locks += [hold(arguments.data / "fix" / f"{each.name}.session.lock") for each in configs]
        passwords = {each.name: _password(each) for each in configs if each.password_file}
    except GatewayHeld as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_HELD
    except (ConfigInvalid, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    gateway = Gateway(arguments, configs, home, passwords)
    code = gateway.run()
    for lock in locks:
        lock.close()
    return code


def parse(argv: Sequence[str]) -> Arguments:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tradeoms.fix", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory of the node")
    parser.add_argument(
        "--session", action="append", required=True, help="session name, repeatable"
    )
    parser.add_argument("--group", default="main", help="name of this process; one folder each")
    parser.add_argument("--config", type=Path, default=Path("config/fix"), help="settings folder")
    parser.add_argument("--socket", type=Path, help="the engine's socket (DATA/engine.sock)")
    parser.add_argument("--token-file", type=Path, help="secret for the socket (DATA/engine.token)")
    parser.add_argument("--build", default="", help="build id; the guard refuses another engine's")
    given = parser.parse_args(argv)
    data: Path = given.data.resolve()
    return Arguments(
        data=data,
        sessions=tuple(dict.fromkeys(given.session)),
        group=given.group,
        config=given.config,
        address=given.socket or data / "engine.sock",
        token=given.token_file or data / "engine.token",
        build=given.build,
    )


def hold(path: Path) -> IO[str]:
    """Take the lock file ``path`` for as long as the process lives.

    Raises:
        GatewayHeld: If another process has it.
    """
    path.touch(mode=0o600)
    lock = path.open("r+", encoding="ascii")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise GatewayHeld(lock=path, holder=lock.read().strip()) from None
    lock.truncate()
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


class Gateway:
    """Everything of one process, built in the order it must be."""

    def __init__(
        self,
        arguments: Arguments,
        configs: list[SessionConfig],
        home: Path,
        passwords: dict[str, str],
    ) -> None:
        """Recover, then build the sessions; nothing connects yet."""
        self._stop = threading.Event()
        folders = quick.Folders(home)
        folders.store.mkdir(exist_ok=True, mode=0o700)
        for version in {each for config in configs for each in config.dictionaries}:
            write_dictionary(folders.dictionaries, version)
        self._journal = WireJournal(home / "wire.db")
        gate = Gate(arguments.data)
        self._lines = [self._line(config, gate) for config in configs]
        self._watch = Watch(gate, self._wake)
        by_key = {line.handle.key: line for line in self._lines}
        cut = power_was_cut(self._journal)
        plans = [
            recover(line, read_store(folders.store, line.config), folders.store, power_cut=cut)
            for line in self._lines
        ]
        self._engine = quick.Engine(
            Callbacks(by_key, passwords), WireLogs(by_key, folders.store), configs, folders
        )
        for line, plan in zip(self._lines, plans, strict=True):
            begin_with(line, plan)
            attend(line, from_us(now_us()))
        self._senders = [Sender(line, arguments.build) for line in self._lines]
        self._pump = Pump(
            self._journal, {line.name: line for line in self._lines}, address=arguments.address,
            token=arguments.token, group=arguments.group, build=arguments.build,
        )  # fmt: skip
        self._group = arguments.group
        for line in self._lines:
            if line.config.copies:
                announce(self._journal, line)

    def _line(self, config: SessionConfig, gate: Gate) -> Line:
        record = self._journal.session(config.name)
        handle = quick.SessionHandle(config)
        return Line(config=config, journal=self._journal, handle=handle, epoch=record.epoch,
                    gate=gate, halted=record.halted, life=known_life(self._journal, config.name),
                    held=self._journal.hold_of(config.name),
                    kept_out=self._journal.kept_out_of(config.name),
                    gap_told=gap_was_told(self._journal, config.name),
                    news=self._journal.write(lambda db: newest(db, config.name)))  # fmt: skip

    def _wake(self) -> None:
        for line in self._lines:
            line.wake.set()

    def run(self) -> int:
        """Connect, and work until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._pump.start()
        self._watch.start()
        for sender in self._senders:
            sender.start()
        self._engine.start()
        up = {"event": "up", "group": self._group, "pid": os.getpid(),
              "sessions": [line.name for line in self._lines],
              "journal_id": self._journal.journal_id}  # fmt: skip
        sys.stdout.write(json.dumps(up) + "\n")
        sys.stdout.flush()
        while not self._stop.wait(_TICK_S):
            self._tick()
        return self._shut_down()

    def _tick(self) -> None:
        for line in self._lines:
            attend(line, from_us(now_us()))
            if line.logged_on:
                self._journal.note_sequences(line.name, line.handle.next_out, line.handle.next_in)
            rescue(line, after_us=_REFUSED_AFTER_US)
            look_at_clock(line)

    def _shut_down(self) -> int:
        """Stop sending, log out, tell the engine the rest."""
        self._watch.stop()
        for sender in self._senders:
            sender.stop()
        for line in self._lines:
            line.handle.log_out("the gateway stops")
        until = time.monotonic() + _LOGOUT_S
        while any(line.logged_on for line in self._lines) and time.monotonic() < until:
            time.sleep(0.02)
        self._engine.stop()
        told = self._pump.stop(_DRAIN_S)
        for line in self._lines:
            self._journal.note_sequences(line.name, line.handle.next_out, line.handle.next_in)
        note_clean_stop(self._journal)
        self._journal.close()
        say("stopped", group=self._group, all_told=told)
        return 0


def begin_with(line: Line, plan: Plan) -> None:
    """Give the new session its numbers, unless its schedule has just reset it."""
    handle = line.handle
    if plan.rebuilt:
        handle.set_next_out(plan.next_out)
        handle.set_next_in(plan.next_in)
    elif handle.next_out == 1 and plan.next_out > 1:
        line.new_epoch("the session's time was over when the gateway started")
    elif handle.next_in != plan.next_in:
        handle.set_next_in(plan.next_in)
    line.last_out = handle.next_out - 1
    if line.halted or line.kept_out:
        handle.log_out(line.halted or line.kept_out)
        say("session_stays_out", session=line.name, reason=line.halted or line.kept_out)


def _password(config: SessionConfig) -> str:
    return Path(config.password_file).read_text(encoding="utf-8").strip()
