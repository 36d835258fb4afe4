"""A counterparty as a process: lock, ledger, engine, acceptor and control port, put together."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final, NoReturn

import quickfix as fix

from simulators import prices
from simulators.counterparty import session
from simulators.counterparty.book import Book
from simulators.counterparty.commands import Commands
from simulators.counterparty.config import Options
from simulators.counterparty.desk import Desk
from simulators.counterparty.engine import Engine, Halt, Item
from simulators.counterparty.intake import Intake
from simulators.counterparty.ledger import Ledger, SentLog, reached_the_store
from simulators.counterparty.market import Market
from simulators.counterparty.server import ControlServer

LISTEN_TRIES: Final = 20
#: How long a counterparty may take to answer our Logout.
LOGOUT_S: Final = 5.0


def run(options: Options, desk: Desk) -> int:
    """Start, report readiness, wait for a signal, stop."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    options.data.mkdir(parents=True, exist_ok=True)
    lock = hold(options.data)
    counterparty = Counterparty(options, desk)
    counterparty.start()
    stopping.wait()
    counterparty.stop()
    os.close(lock)
    return 0


def hold(folder: Path) -> int:
    """Lock the data folder: two processes on one ledger would destroy it.

    Raises:
        BlockingIOError: If another process holds it.
    """
    handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


class Counterparty:
    """The parts, put together."""

    def __init__(self, options: Options, desk: Desk) -> None:
        self._options = options
        self._ledger = Ledger(options.data)
        sent_log = SentLog(options.data)
        last_sent = self._recover_sent(sent_log)
        intake = Intake(options.data)
        meta = self._ledger.meta()
        unprocessed = intake.open(int(meta.get("intake", "0")))
        self._application: session.AcceptorApplication = session.AcceptorApplication(
            folder=options.data.resolve(),
            sessions=options.sessions,
            intake=intake,
            sent_log=sent_log,
            last_sent=last_sent,
            put=self._put,
        )
        self._engine = Engine(
            ledger=self._ledger,
            sender=self._application,
            tick_ms=options.tick_ms,
            execute=self._execute,
        )
        book = Book(
            behaviour=options.behaviour,
            market=market_of(options, meta),
            desk=desk,
            schedule=self._engine.schedule,
            drop_copy=options.drop_copy,
        )
        book.load(self._ledger)
        self._engine.recover(book, unprocessed)
        names = tuple(key.name for key in options.sessions)
        self._commands = Commands(book, self._application, names)
        self._control = ControlServer(options.control_port, self._engine.inputs.put)
        self._thread = threading.Thread(target=self._engine.run, name="engine")

    def _put(self, item: Item) -> None:
        self._engine.inputs.put(item)

    def _recover_sent(self, sent_log: SentLog) -> dict[str, int]:
        """Fold the sent log into the ledger and return the last number of each session."""
        lines = sent_log.read()
        numbers = session.next_sender_numbers(self._options.data, self._options.sessions)
        self._ledger.mark_sent(reached_the_store(lines, numbers))
        sent_log.restart()
        return {name: number - 1 for name, number in numbers.items()}

    def _execute(self, engine: Engine, request: dict[str, Any]) -> Any:  # JSON
        unsent = {name: len(waiting) for name, waiting in engine.outbox.items()}
        return self._commands.execute(request, logged_on=engine.logged_on, unsent=unsent)

    def start(self) -> None:
        """Listen, and say so on stdout."""
        self._thread.start()
        self._acceptor, port = self._listen()
        self._control.start()
        ready = {"ready": True, "fix_port": port, "control_port": self._control.port}
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()

    def _listen(self) -> tuple[Any, int]:
        """Start the acceptor; a chosen port that somebody took meanwhile is chosen again."""
        for attempt in range(1, LISTEN_TRIES + 1):
            port = self._options.port or free_port()
            try:
                acceptor = self._acceptor_on(port)
                acceptor.start()
            except (fix.ConfigError, fix.RuntimeError):
                if self._options.port or attempt == LISTEN_TRIES:
                    raise
            else:
                return acceptor, port
        raise AssertionError("unreachable")

    def _acceptor_on(self, port: int) -> Any:
        folder = self._options.data.resolve()
        path = session.write_settings(folder, port=port, sessions=self._options.sessions)
        self._settings = fix.SessionSettings(str(path))
        self._store = fix.FileStoreFactory(self._settings)
        arguments = [self._application, self._store, self._settings]
        if self._options.behaviour.possdup_as_new:
            self._log = session.RawLogFactory(self._application)
            arguments.append(self._log)
        elif self._options.fix_log:
            self._log = fix.FileLogFactory(self._settings)
            arguments.append(self._log)
        return fix.SocketAcceptor(*arguments)

    def stop(self) -> None:
        """Finish the queue, log out, close the ledger; what still comes in waits in the journal.

        The acceptor itself ends with the process: its own stop closes the listening socket in two
        threads at once, and one run in twenty crashed there.
        """
        self._control.shutdown()
        self._engine.inputs.put(Halt())
        self._thread.join()
        for key in self._options.sessions:
            self._application.disconnect(key.name, logout=True)
        until = time.monotonic() + LOGOUT_S
        while self._acceptor.isLoggedOn() and time.monotonic() < until:
            time.sleep(0.01)
        self._ledger.close()


def market_of(options: Options, meta: dict[str, str]) -> Market:
    """Return the market where the ledger left it, else at the start date."""
    source = prices.load(options.prices)
    first = 0 if options.start_date is None else source.index_of(options.start_date)
    return Market(
        source,
        ticks=options.ticks,
        seed=options.seed,
        day=int(meta.get("day", str(first))),
        tick=int(meta.get("tick", "0")),
    )


def free_port() -> int:
    """Return a port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def leave(code: int) -> NoReturn:
    """End the process at once: everything is written and closed.

    The interpreter would take quickfix's objects down in any order, its threads with them, and
    crash now and then after a clean stop.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
