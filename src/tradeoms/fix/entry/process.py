"""The process of order entry: `python -m tradeoms.fix.entry --data DIR --session NAME ...`.

Prints one line of JSON on standard output when it listens. Exit codes as `tradeoms.fix.process`.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tradeoms.fix import quick
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dictionary import dictionary_path, write_dictionary
from tradeoms.fix.entry.callbacks import EntryCallbacks
from tradeoms.fix.entry.clerk import Clerk, EngineDoor
from tradeoms.fix.entry.config import VERSION, EntryConfig, load_entry
from tradeoms.fix.entry.ledger import Ledger
from tradeoms.fix.entry.outbound import Pairs
from tradeoms.fix.oplog import say
from tradeoms.fix.process import EXIT_HELD, EXIT_SETTINGS, GatewayHeld, hold
from tradeoms.fix.session import lethal
from tradeoms.projections.queries import open_reader, securities_by_id
from tradeoms.projections.queries_follow import follow_orders
from tradeoms.projections.queries_journal import journal_head

#: How often the journal is looked at. A report waits half of it on average.
LOOK_S: Final = 0.02
_CHUNK: Final = 1_000


def main(argv: Sequence[str]) -> int:
    """Listen until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m tradeoms.fix.entry", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory of the node")
    parser.add_argument("--database", required=True, help="address of the database")
    parser.add_argument("--session", required=True, help="name of the session")
    parser.add_argument("--config", type=Path, default=Path("config/fix"), help="settings folder")
    given = parser.parse_args(argv)
    data: Path = given.data.resolve()
    try:
        config = load_entry(given.config, given.session)
        home = data / "fix" / "entry" / config.name
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = hold(home / "lock")
        password = ""
        if config.password_file:
            password = Path(config.password_file).read_text(encoding="utf-8").strip()
    except GatewayHeld as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_HELD
    except (ConfigInvalid, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_SETTINGS
    with lock:
        Entry(config, data, home, open_reader(given.database), password).run()
    return 0


class Entry:
    """Everything of one process."""

    def __init__(
        self, config: EntryConfig, data: Path, home: Path, database: sa.Engine, password: str
    ) -> None:
        """Build the session; nothing listens yet."""
        self._config = config
        self._database = database
        self._stop = threading.Event()
        folders = quick.Folders(home)
        folders.store.mkdir(exist_ok=True, mode=0o700)
        write_dictionary(folders.dictionaries, VERSION)
        with database.connect() as link:
            head = journal_head(link).seq
        self._ledger = Ledger(home / "entry.db", user=config.user, head=head)
        door = EngineDoor(data / "engine.sock", data / "engine.token", config.user)
        clerk = Clerk(
            ledger=self._ledger, door=door, database=database, send=self._send,
            own=config.custom_fields,
        )  # fmt: skip
        self._callbacks = EntryCallbacks(config.name, clerk.take, password)
        self._acceptor = quick.Acceptor(self._callbacks, _settings(config, folders), folders)
        self._handle = quick.SessionHandle(config)
        self._teller = threading.Thread(target=self._tell, name="teller", daemon=True)

    def run(self) -> None:
        """Listen, and tell what happens, until SIGTERM or SIGINT."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        self._acceptor.start()
        self._teller.start()
        up = {"event": "up", "session": self._config.name, "port": self._config.port,
              "pid": os.getpid()}  # fmt: skip
        sys.stdout.write(json.dumps(up) + "\n")
        sys.stdout.flush()
        self._stop.wait()
        self._handle.log_out("order entry stops")
        self._acceptor.stop()
        self._teller.join(timeout=5)
        self._ledger.close()
        say("entry_stopped", session=self._config.name)

    @lethal
    def _tell(self) -> None:
        """Follow the journal, and send the reports of what it says."""
        while not self._stop.is_set():
            after = self._ledger.cursor
            with self._database.connect() as link:
                told, last = follow_orders(link, after, _CHUNK)
                if last > after:
                    self._ledger.take(told, last, lambda key: _names(link, key))
            for report in self._ledger.unsent():
                again = [(97, "Y")] if report.tried else []
                self._ledger.note_tried(report.number)
                self._send([*report.pairs, *again])
                self._ledger.note_sent(report.number)
            if last - after < _CHUNK:
                self._stop.wait(LOOK_S)

    def _send(self, pairs: Pairs) -> None:
        """Put a message into the session's store; it leaves now, or when the peer is back."""
        (_, msg_type), *body = pairs
        message = quick.build(msg_type, [(tag, text) for tag, text in body if tag != 97])
        quick.set_header(message, [(tag, text) for tag, text in body if tag == 97])
        if not quick.transmit(message, self._handle):
            text = "quickfix stored nothing"
            raise OSError(text)


def _names(link: sa.Connection, security_id: str) -> tuple[str, str]:
    security = securities_by_id(link, [security_id])[security_id]
    return security.symbol, security.mic


def _settings(config: EntryConfig, folders: quick.Folders) -> list[str]:
    """The settings of quickfix beside those that every session of ours has."""
    return [
        f"SocketAcceptPort={config.port}", "SocketReuseAddress=Y",
        f"AllowedRemoteAddresses={','.join(config.allowed_addresses)}",
        "[SESSION]", f"BeginString={VERSION}", f"SenderCompID={config.sender_comp_id}",
        f"TargetCompID={config.target_comp_id}", f"HeartBtInt={config.heartbeat_s}",
        f"DataDictionary={dictionary_path(folders.dictionaries, VERSION)}",
        "TimestampPrecision=6", "ResetOnLogon=N", *quick.schedule_lines(config.schedule),
    ]  # fmt: skip
