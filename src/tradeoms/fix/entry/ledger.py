"""What order entry must not forget: whose order a ClOrdID is, what was told, what is to be told.

SQLite with `synchronous=FULL`. What an event changes and the report it makes are one transaction
with the place in the journal, so that every event is told once. A report that may have left before
the process died is sent again as PossResend (97), under the same ExecID.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.order import events as e
from tradeoms.domain.order import state as order_state
from tradeoms.domain.order.state import Phase
from tradeoms.domain.waiver.events import WaiverApproved
from tradeoms.fix.entry.outbound import Known, Pairs, report_of, share_of
from tradeoms.kernel.enums import OrderSource
from tradeoms.projections.queries_follow import Told

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS requests (
  cl_ord_id TEXT PRIMARY KEY, order_id TEXT NOT NULL, kind TEXT NOT NULL,
  state TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS requests_order ON requests (order_id, kind);
CREATE TABLE IF NOT EXISTS orders (order_id TEXT PRIMARY KEY, known TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS executions (
  share TEXT PRIMARY KEY, exec_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS reports (
  number INTEGER PRIMARY KEY, pairs TEXT NOT NULL, tried INTEGER NOT NULL,
  sent INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS reports_unsent ON reports (number) WHERE sent = 0;
"""
_PRAGMAS: Final = ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 5000")
#: Security id to ticker and market.
Names = Callable[[str], tuple[str, str]]
_known: Final = msgspec.json.Decoder(Known).decode
_pairs: Final = msgspec.json.Decoder(list[tuple[int, str]]).decode
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode
#: Happens only after the request was taken: the engine has said so before.
_ANSWERS: Final = {
    e.OrderCancelRequested: "F", e.OrderCanceled: "F", e.OrderCancelRefused: "F",
    e.OrderAmendRequested: "G", e.OrderAmended: "G", e.OrderAmendRefused: "G",
}  # fmt: skip
_TAKEN: Final = (e.OrderCancelRequested, e.OrderAmendRequested)


@dataclass(frozen=True, slots=True)
class Unsent:
    """A report that has to leave; ``tried`` where it may have left before."""

    number: int
    pairs: Pairs
    tried: bool


class Ledger:
    """The durable memory of one session of order entry; for any thread."""

    def __init__(self, path: Path, *, user: str, head: int) -> None:
        """Open or create it.

        Args:
            path: The file.
            user: Whose orders are told.
            head: Newest event of the journal: a new ledger tells what is older as PossResend, for
                an older ledger may have told it.
        """
        self._user = user
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(SCHEMA)
        with self._write():
            for key, value in (("cursor", 0), ("told_before", head)):
                self._db.execute("INSERT OR IGNORE INTO meta VALUES (?, ?)", (key, value))

    @contextmanager
    def _write(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @property
    def cursor(self) -> int:
        """The last event of the journal that was looked at."""
        return self._meta("cursor")

    def _meta(self, key: str) -> int:
        with self._lock:
            (value,) = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return int(value)

    def order_of(self, cl_ord_id: str) -> str:
        """The order that a ClOrdID of any of its requests names; empty if none."""
        sql = "SELECT order_id FROM requests WHERE cl_ord_id = ?"
        with self._lock:
            found = self._db.execute(sql, (cl_ord_id,)).fetchone()
        return str(found[0]) if found else ""

    def known(self, order_id: str) -> Known | None:
        """What the portfolio system was told of an order."""
        sql = "SELECT known FROM orders WHERE order_id = ?"
        with self._lock:
            found = self._db.execute(sql, (order_id,)).fetchone()
        return _known(found[0]) if found else None

    def ask(self, cl_ord_id: str, *, order_id: str, kind: str) -> bool:
        """Keep a request before it is carried out; False where its ClOrdID is another's."""
        with self._write():
            sql = "SELECT order_id, kind FROM requests WHERE cl_ord_id = ?"
            found = self._db.execute(sql, (cl_ord_id,)).fetchone()
            if found is not None:
                return bool(found == (order_id, kind))
            values = (cl_ord_id, order_id, kind)
            self._db.execute("INSERT INTO requests VALUES (?, ?, ?, 'asked')", values)
        return True

    def refuse(self, cl_ord_id: str) -> None:
        """The request changed nothing."""
        with self._write():
            sql = "UPDATE requests SET state = 'refused' WHERE cl_ord_id = ? AND state = 'asked'"
            self._db.execute(sql, (cl_ord_id,))

    def take(self, told: Sequence[Told], last: int, names: Names) -> None:
        """Fold what happened and keep the reports of it, up to event ``last``."""
        with self._write():
            for one in told:
                self._take(one, names)
            self._db.execute("UPDATE meta SET value = ? WHERE key = 'cursor'", (last,))

    def _take(self, told: Told, names: Names) -> None:
        event = told.event
        before = self.known(event.order_id)
        if before is None and not self._is_ours(event):
            return
        story = _Story(self._db, told, ours=told.actor == self._user)
        after = _fold(before, event, story, names)
        pairs = report_of(before, after, told, story)
        story.close()
        row = (event.order_id, _encode(after).decode())
        self._db.execute("INSERT OR REPLACE INTO orders VALUES (?, ?)", row)
        if pairs is not None:
            values = (told.seq, _encode(pairs).decode(), told.seq <= self._meta("told_before"))
            self._db.execute("INSERT INTO reports (number, pairs, tried) VALUES (?, ?, ?)", values)

    def _is_ours(self, event: object) -> bool:
        return (
            isinstance(event, e.OrderCreated)
            and event.source is OrderSource.FIX
            and event.client == self._user
        )

    def unsent(self) -> list[Unsent]:
        """The reports that have to leave, oldest first."""
        sql = "SELECT number, pairs, tried FROM reports WHERE sent = 0 ORDER BY number LIMIT 500"
        with self._lock:
            rows = self._db.execute(sql).fetchall()
        return [Unsent(number, _pairs(pairs), bool(tried)) for number, pairs, tried in rows]

    def note_tried(self, number: int) -> None:
        """A report is about to leave."""
        with self._write():
            self._db.execute("UPDATE reports SET tried = 1 WHERE number = ?", (number,))

    def note_sent(self, number: int) -> None:
        """A report is in the session's store: it will arrive."""
        with self._write():
            self._db.execute("UPDATE reports SET sent = 1 WHERE number = ?", (number,))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


def _fold(before: Known | None, event: object, story: _Story, names: Names) -> Known:
    """What is known after ``event``."""
    if before is None:
        assert isinstance(event, e.OrderCreated)
        symbol, market = names(event.security_id)
        story.note_order(event.client_order_id)
        return Known(
            order=order_state.create(event), cl_ord_id=event.client_order_id, symbol=symbol,
            market=market,
        )  # fmt: skip
    if isinstance(event, WaiverApproved):
        order = order_state.waive(before.order, event.rule, event.at)
    else:
        order = order_state.evolve(before.order, event)  # type: ignore[arg-type]  # one of `TOLD`
    live = order.phase in (Phase.APPROVED, Phase.RELEASED)
    replaced = story.waiting("G") if isinstance(event, e.OrderAmended) else ""
    return msgspec.structs.replace(
        before,
        order=order,
        acknowledged=before.acknowledged or live,
        cl_ord_id=replaced or before.cl_ord_id,
    )


class _Story:
    """The requests and executions of one order while one event is told, in the transaction."""

    def __init__(self, db: sqlite3.Connection, told: Told, *, ours: bool) -> None:
        """Find the request that the event answers.

        One that was asked for in the house answers none of ours, unless ours was taken before.
        """
        self._db = db
        self._told = told
        self._kind = _ANSWERS.get(type(told.event), "")
        states = "('asked', 'taken')" if ours else "('taken')"
        sql = (
            f"SELECT cl_ord_id FROM requests WHERE order_id = ? AND kind = ? AND state IN {states}"  # noqa: S608  # words of ours
            " ORDER BY rowid DESC LIMIT 1"
        )
        found = db.execute(sql, (told.event.order_id, self._kind)).fetchone()
        self._request = str(found[0]) if found else ""

    def waiting(self, kind: str) -> str:
        """As `outbound.Chain`."""
        return self._request if kind == self._kind else ""

    def exec_id_of(self, share: str) -> str:
        """As `outbound.Chain`."""
        sql = "SELECT exec_id FROM executions WHERE share = ?"
        found = self._db.execute(sql, (share,)).fetchone()
        return str(found[0]) if found else ""

    def note_order(self, cl_ord_id: str) -> None:
        """Keep the ClOrdID of a new order."""
        values = (cl_ord_id, self._told.event.order_id)
        self._db.execute("INSERT OR IGNORE INTO requests VALUES (?, ?, 'D', 'done')", values)

    def close(self) -> None:
        """Keep what the event did to its request, or the number of its execution."""
        event = self._told.event
        if isinstance(event, ExecutionAllocated) and event.quantity > 0:
            values = (share_of(event), f"E{self._told.seq}")
            self._db.execute("INSERT OR IGNORE INTO executions VALUES (?, ?)", values)
        if self._request:
            state = "taken" if isinstance(event, _TAKEN) else "done"
            sql = "UPDATE requests SET state = ? WHERE cl_ord_id = ?"
            self._db.execute(sql, (state, self._request))
