"""The link to the engine: instructions in, reports out, whether the engine is there or not.

An instruction is stored before anything else happens to it; after a reconnect `Attach` names the
last one stored and the engine goes on from there. Frames go out in row order, many at a time, up to
a window ahead of the engine's watermark; after a reconnect they start again above it.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tradeoms.app.faults import Point, reach
from tradeoms.app.instruction import Instruction
from tradeoms.app.wire import (
    Attach,
    Hello,
    Instruct,
    Message,
    SessionAction,
    SessionState,
    Splitter,
    Watermark,
    Welcome,
    pack,
    unpack,
)
from tradeoms.fix.line import Action, Line
from tradeoms.fix.mass_cancel import note_cover
from tradeoms.fix.oplog import say
from tradeoms.fix.programs import note_program
from tradeoms.fix.reports import Reporter
from tradeoms.fix.requests import clashes, last_number, store
from tradeoms.fix.session import EXIT_CALLBACK
from tradeoms.fix.shown import state_of
from tradeoms.fix.wire_journal import (
    Database,
    Row,
    WireJournal,
    first_unacked,
    last_row,
    meta,
    set_meta,
)

#: Rows sent ahead of the watermark.
WINDOW: Final = 8_000
_RETRY_S: Final = 0.2
_IDLE_S: Final = 0.2
#: Rows of one look from which on they come in a burst, and how long rows then gather.
_BURST: Final = 16
_LINGER_S: Final = 0.01
_STATE_EVERY_S: Final = 1.0
_TIMEOUT_S: Final = 10.0


class Fenced(ConnectionError):
    """The engine at the other end is older than one we have served."""


class Pump:
    """Connects the wire journal and the engine; two threads, one for each direction."""

    def __init__(
        self, journal: WireJournal, lines: Mapping[str, Line], *, address: Path, token: Path,
        group: str, build: str,
    ) -> None:  # fmt: skip
        """Keep where the engine listens; `start` begins."""
        self._journal = journal
        self._lines = lines
        self._address, self._token = address, token
        self._group, self._build = group, build
        self._reporter = Reporter(journal, lines)
        self._socket: socket.socket | None = None
        self._acked = {name: journal.session(name).acked_row for name in lines}
        self._noted = dict(self._acked)
        self._cursor = 0
        self._told: dict[str, SessionState] = {}
        self._told_at = 0.0
        self._lost = False
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._guarded, args=(work,), name=name, daemon=True)
            for name, work in (
                ("engine-in", self._read_for_ever),
                ("engine-out", self._write_for_ever),
            )
        ]

    def start(self) -> None:
        """Begin to connect and to fold."""
        for thread in self._threads:
            thread.start()

    def stop(self, patience_s: float) -> bool:
        """Tell the engine all there is, wait for its watermark, then end. True if all was told."""
        until = time.monotonic() + patience_s
        while not self._all_told() and time.monotonic() < until:
            time.sleep(0.02)
        told = self._all_told()
        self._stopping.set()
        self._journal.arrived.set()
        self._drop()
        for thread in self._threads:
            thread.join(timeout=2)
        self._note_acked()
        return told

    def _all_told(self) -> bool:
        return self._socket is not None and self._first_open() > last_row(self._reporter.reader)

    def _first_open(self) -> int:
        """The first row that the engine has not committed; the row after the last if none."""
        return first_unacked(self._reporter.reader, self._acked)

    def _guarded(self, work: object) -> None:
        try:
            assert callable(work)
            work()
        except BaseException:  # noqa: BLE001 - it must not die silently
            say("pump_failed", trace=traceback.format_exc())
            os._exit(EXIT_CALLBACK)

    # ---- engine -> gateway

    def _read_for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                self._serve_connection()
            except (OSError, ValueError) as error:
                self._say_lost(error)
            self._drop()
            self._stopping.wait(_RETRY_S)

    def _say_lost(self, error: Exception) -> None:
        """Tell the operator once for each time the engine goes."""
        if not self._lost and not self._stopping.is_set():
            self._lost = True
            say("engine_lost", group=self._group, detail=f"{type(error).__name__}: {error}")

    def _serve_connection(self) -> None:
        """One connection: introduce, attach, and take what comes until it ends."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(self._address))
            token = self._token.read_text(encoding="ascii").strip()
            connection.sendall(
                pack(Hello(role="gateway", name=self._group, token=token, build=self._build))
            )
            splitter = Splitter()
            waiting = self._welcome(connection, splitter)
            connection.settimeout(None)
            connection.sendall(self._attachments())
            self._cursor = self._first_open() - 1
            self._told.clear()
            self._socket = connection
            self._note_link(up=True)
            self._lost = False
            self._journal.arrived.set()
            say("engine_found", group=self._group, cursor=self._cursor)
            self._take(waiting)
            while True:
                data = connection.recv(1 << 20)
                if not data:
                    raise ConnectionError("the engine closed the connection")
                self._take([unpack(body) for body in splitter.feed(data)])
        finally:
            self._socket = None
            self._note_link(up=False)
            connection.close()

    def _note_link(self, *, up: bool) -> None:
        for line in self._lines.values():
            line.engine_up = up
            line.wake.set()

    def _welcome(self, connection: socket.socket, splitter: Splitter) -> list[Message]:
        """Wait for `Welcome`; return what came behind it."""
        messages: list[Message] = []
        while not messages:
            data = connection.recv(1 << 16)
            if not data:
                raise ConnectionError("the engine refused the introduction")
            messages = [unpack(body) for body in splitter.feed(data)]
        welcome = messages[0]
        if not isinstance(welcome, Welcome):
            raise ValueError(f"expected a welcome, got {welcome!r}")  # noqa: TRY004 - the bytes are wrong
        self._raise_epoch(welcome.epoch)
        return messages[1:]

    def _raise_epoch(self, epoch: int) -> None:
        """Remember the highest lease epoch.

        Raises:
            Fenced: If the engine's is lower: another one has taken over since.
        """

        def work(db: Database) -> int:
            seen = int(meta(db, "engine_epoch", "0"))
            if epoch > seen:
                set_meta(db, "engine_epoch", str(epoch))
            return seen

        seen = self._journal.write(work)
        if epoch < seen:
            raise Fenced(f"engine epoch {epoch}, but {seen} was served")

    def _attachments(self) -> bytes:
        numbers = self._journal.write(
            lambda db: {name: last_number(db, name) for name in self._lines}
        )
        return b"".join(
            pack(Attach(session=name, journal_id=self._journal.journal_id, number=number))
            for name, number in numbers.items()
        )

    def _take(self, messages: list[Message]) -> None:
        """Store instructions first, all of the batch in one commit; then the rest."""
        instructions = [each.instruction for each in messages if isinstance(each, Instruct)]
        if instructions:
            self._store(instructions)
        for message in messages:
            if isinstance(message, Watermark):
                self._acknowledge(message)
            elif isinstance(message, SessionAction) and message.session in self._lines:
                line = self._lines[message.session]
                line.actions.append(
                    Action(
                        message.action, message.number, id=message.id, outgoing=message.outgoing,
                        reason=message.reason, list_id=message.list_id,
                    )
                )  # fmt: skip
                line.wake.set()

    def _store(self, instructions: list[Instruction]) -> None:
        known = [each for each in instructions if each.session in self._lines]
        for each in instructions:
            if each.session not in self._lines:
                say("instruction_misdirected", session=each.session, number=each.number)
        highest = max((each.epoch for each in known), default=0)

        def work(db: Database) -> list[int]:
            clashing = [each.number for each in known if clashes(db, each)]
            for instruction in () if clashing else known:
                if store(db, self._journal, instruction):
                    note_cover(db, instruction)
                    note_program(db, instruction)
            if not clashing and highest > int(meta(db, "engine_epoch", "0")):
                set_meta(db, "engine_epoch", str(highest))
            return clashing

        clashing = self._journal.write(work)
        if clashing:  # attached anew, the engine goes on above the numbers that are known here
            raise ConnectionError(f"instruction {clashing[0]} is not the one kept under its number")
        for name in {each.session for each in known}:
            self._lines[name].wake.set()

    def _acknowledge(self, mark: Watermark) -> None:
        reach(Point.FRAMED_BEFORE_WATERMARK)
        if mark.row > self._acked.get(mark.session, 0):
            self._acked[mark.session] = mark.row
            self._journal.arrived.set()

    # ---- gateway -> engine

    def _write_for_ever(self) -> None:
        told = 0
        while not self._stopping.is_set():
            self._journal.arrived.wait(_IDLE_S)
            if told >= _BURST:
                time.sleep(_LINGER_S)  # each fold costs a commit
            self._journal.arrived.clear()
            told = 0
            while (some := self._report_some()) and not self._stopping.is_set():
                told += some
            self._tell_states()

    def _report_some(self) -> int:
        """Fold the next batch and send what the window allows; how many, 0 if that was all."""
        if self._journal.queued:
            self._journal.commit_queued()
        before = self._reporter.folded
        fresh = self._reporter.fold_new()
        if self._socket is None:
            return len(fresh)
        if self._cursor < before:
            batch = self._reporter.again(self._cursor) if self._window_open() else []
            self._push(batch)
            return len(batch)
        self._push([each for each in fresh if each[0].row > self._cursor])
        return len(fresh)

    def _window_open(self) -> bool:
        return self._cursor - max(self._acked.values(), default=0) < WINDOW

    def _push(self, batch: list[tuple[Row, bytes]]) -> None:
        connection = self._socket
        if not batch or connection is None:
            return
        try:
            connection.sendall(b"".join(frame for _, frame in batch))
        except OSError:
            self._drop()
            return
        self._cursor = batch[-1][0].row

    def _tell_states(self) -> None:
        """Send each session's state once a second, and at once where it changed."""
        connection, now = self._socket, time.monotonic()
        due = now - self._told_at >= _STATE_EVERY_S
        if due:
            self._told_at = now
            self._note_acked()
        if connection is None:
            return
        for name, line in self._lines.items():
            state = state_of(line, self._reporter.last_row_of[name], self._acked[name])
            told = self._told.get(name)
            if due or told is None or (told.ready, told.detail) != (state.ready, state.detail):
                self._told[name] = state
                try:
                    connection.sendall(pack(state))
                except OSError:
                    self._drop()

    def _note_acked(self) -> None:
        if self._acked != self._noted:
            self._noted = dict(self._acked)
            self._journal.note_acked(self._noted)

    def _drop(self) -> None:
        """Break the connection; the reader makes a new one."""
        connection = self._socket
        self._socket = None
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return
