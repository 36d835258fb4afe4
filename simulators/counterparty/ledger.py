"""The durable ledger: SQLite, WAL, synchronous=FULL.

The one idea: *commit, then release*. One transaction holds everything a batch of messages
changed (orders, executions, client ids, reports to send, market clock) together with the intake
watermark, so that after a crash each message has taken effect once or not at all. A report is
sent only after the transaction that holds it.

``sent_seq`` is the MsgSeqNum a report was first sent under. It is written to ``sent.log`` before
the engine stores the message, and folded into the table with the next transaction. At start, the
last line of each session is compared with the engine's own store: a number the store never
reached means that the report never left.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

from simulators.counterparty.codec import order_from_json, order_to_json
from simulators.counterparty.model import Execution, ExecutionState, Order, Pairs, Report, text_of

SCHEMA_VERSION: Final = 2
SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS orders (
    order_id TEXT PRIMARY KEY, session TEXT NOT NULL, cl_ord_id TEXT NOT NULL, symbol TEXT NOT NULL,
    side TEXT NOT NULL, order_qty TEXT NOT NULL, cum_qty TEXT NOT NULL, avg_px TEXT NOT NULL,
    ord_status TEXT NOT NULL, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    exec_id TEXT NOT NULL, order_id TEXT NOT NULL, last_qty TEXT NOT NULL, last_px TEXT NOT NULL,
    state TEXT NOT NULL, ref TEXT NOT NULL, day INTEGER NOT NULL, last_mkt TEXT NOT NULL,
    broker TEXT NOT NULL, liquidity TEXT NOT NULL, PRIMARY KEY (exec_id, order_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS client_ids (
    session TEXT NOT NULL, cl_ord_id TEXT NOT NULL, order_id TEXT NOT NULL,
    PRIMARY KEY (session, cl_ord_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reports (
    report_id INTEGER PRIMARY KEY, session TEXT NOT NULL, order_id TEXT NOT NULL,
    msg_type TEXT NOT NULL, poss_resend INTEGER NOT NULL, body TEXT NOT NULL, sent_seq INTEGER);
CREATE INDEX IF NOT EXISTS reports_unsent ON reports (report_id) WHERE sent_seq IS NULL;
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(slots=True, kw_only=True)
class Changes:
    """What one batch changed; written in one transaction, then emptied."""

    orders: dict[str, Order] = field(default_factory=dict)
    executions: dict[tuple[str, str], Execution] = field(default_factory=dict)
    client_ids: list[tuple[str, str, str]] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    meta: dict[str, str] = field(default_factory=dict)

    def any(self) -> bool:
        """Return whether there is something to write."""
        return bool(self.orders or self.executions or self.client_ids or self.reports or self.meta)


class Ledger:
    """The file. Used by the engine thread only."""

    def __init__(self, folder: Path) -> None:
        """Open or create the ledger.

        Raises:
            ValueError: If the folder holds a ledger that this program did not write.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(
            folder / "ledger.sqlite", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        empty = not self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
        if not empty and version != SCHEMA_VERSION:
            raise ValueError(f"{folder} holds a ledger of another version: delete it")
        self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        self._db.executescript(SCHEMA)

    def commit(self, changes: Changes, sent: Iterable[tuple[int, int]]) -> None:
        """Write ``changes`` and the sent numbers (report_id, seq) in one durable transaction."""
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT OR REPLACE INTO orders VALUES (?,?,?,?,?,?,?,?,?,?)",
            [_order_row(order) for order in changes.orders.values()],
        )
        db.executemany(
            "INSERT OR REPLACE INTO executions VALUES (?,?,?,?,?,?,?,?,?,?)",
            [_execution_row(execution) for execution in changes.executions.values()],
        )
        db.executemany("INSERT OR REPLACE INTO client_ids VALUES (?,?,?)", changes.client_ids)
        db.executemany(
            "INSERT INTO reports VALUES (?,?,?,?,?,?,NULL)",
            [_report_row(report) for report in changes.reports],
        )
        self._mark_sent(sent)
        db.executemany("INSERT OR REPLACE INTO meta VALUES (?,?)", changes.meta.items())
        db.execute("COMMIT")

    def mark_sent(self, sent: Iterable[tuple[int, int]]) -> None:
        """Write sent numbers alone."""
        self._db.execute("BEGIN IMMEDIATE")
        self._mark_sent(sent)
        self._db.execute("COMMIT")

    def _mark_sent(self, sent: Iterable[tuple[int, int]]) -> None:
        self._db.executemany(
            "UPDATE reports SET sent_seq = ? WHERE report_id = ?", [(seq, row) for row, seq in sent]
        )

    def orders(self) -> list[Order]:
        """Return every order with its executions, oldest first."""
        orders = {}
        for (document,) in self._db.execute("SELECT document FROM orders ORDER BY order_id"):
            order = order_from_json(document)
            orders[order.order_id] = order
        for row in self._db.execute("SELECT * FROM executions ORDER BY exec_id"):
            execution = _execution(row)
            orders[execution.order_id].executions.append(execution)
        for order in orders.values():
            order.recount()
        return list(orders.values())

    def client_ids(self) -> list[tuple[str, str, str]]:
        """Return (session, cl_ord_id, order_id) of every id a client ever used."""
        return list(self._db.execute("SELECT * FROM client_ids"))

    def unsent(self) -> list[Report]:
        """Return the reports without a sequence number, oldest first."""
        rows = self._db.execute(
            "SELECT report_id, session, order_id, msg_type, poss_resend, body FROM reports"
            " WHERE sent_seq IS NULL ORDER BY report_id"
        )
        return [_report(row) for row in rows]

    def report_counts(self) -> tuple[int, int]:
        """Return the highest report id, and how many reports are unsent."""
        highest = self._db.execute("SELECT COALESCE(MAX(report_id), 0) FROM reports").fetchone()[0]
        unsent = self._db.execute("SELECT COUNT(*) FROM reports WHERE sent_seq IS NULL").fetchone()[
            0
        ]
        return int(highest), int(unsent)

    def meta(self) -> dict[str, str]:
        """Return counters, watermark and market clock."""
        return dict(self._db.execute("SELECT name, value FROM meta"))

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class SentLog:
    """Append-only record of report_id, session, seq; survives a kill without fsync."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "sent.log"
        self._handle = -1

    def read(self) -> list[tuple[int, str, int]]:
        """Return the complete lines; a torn last line is dropped."""
        if not self._path.exists():
            return []
        complete = self._path.read_text(encoding="utf-8").rpartition("\n")[0]
        lines = [line.split(" ") for line in complete.split("\n") if line]
        return [(int(report_id), session, int(seq)) for report_id, session, seq in lines]

    def restart(self) -> None:
        """Begin an empty file; its content must be in the ledger by now."""
        self._handle = os.open(
            self._path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600
        )

    def append(self, report_id: int, session: str, seq: int) -> None:
        """Record that ``report_id`` is about to be stored under ``seq``."""
        os.write(self._handle, f"{report_id} {session} {seq}\n".encode())

    def append_reset(self, session: str) -> None:
        """Record that the session's numbers began again: older lines prove nothing now."""
        os.write(self._handle, f"0 {session} 0\n".encode())


def reached_the_store(
    lines: list[tuple[int, str, int]], next_sender: Mapping[str, int]
) -> list[tuple[int, int]]:
    """Return (report_id, seq) of the lines whose message the engine stored.

    Sends of a session are serial, so only its last line can be one that was recorded and then
    cut off before the engine's store moved past it.
    """
    last = {session: row for row, (_, session, _) in enumerate(lines)}
    kept = []
    for row, (report_id, session, seq) in enumerate(lines):
        cut_off = last[session] == row and seq >= next_sender.get(session, 1)
        if report_id and not cut_off:
            kept.append((report_id, seq))
    return kept


def _order_row(order: Order) -> tuple[str, ...]:
    return (
        order.order_id,
        order.session,
        order.cl_ord_id,
        order.symbol,
        order.side,
        text_of(order.qty),
        text_of(order.cum_qty),
        text_of(order.avg_px),
        order.ord_status,
        order_to_json(order),
    )


ExecutionRow = tuple[str, str, str, str, str, str, int, str, str, str]


def _execution_row(execution: Execution) -> ExecutionRow:
    return (
        execution.exec_id,
        execution.order_id,
        str(execution.last_qty),
        str(execution.last_px),
        execution.state.value,
        execution.ref,
        execution.day,
        execution.last_mkt,
        execution.broker,
        execution.liquidity,
    )


def _execution(row: ExecutionRow) -> Execution:
    exec_id, order_id, last_qty, last_px, state, ref, day, last_mkt, broker, liquidity = row
    return Execution(
        exec_id=exec_id,
        order_id=order_id,
        last_qty=Decimal(last_qty),
        last_px=Decimal(last_px),
        state=ExecutionState(state),
        ref=ref,
        day=day,
        last_mkt=last_mkt,
        broker=broker,
        liquidity=liquidity,
    )


def _report_row(report: Report) -> tuple[int, str, str, str, int, str]:
    return (
        report.report_id,
        report.session,
        report.order_id,
        report.msg_type,
        int(report.poss_resend),
        json.dumps(report.body, separators=(",", ":")),
    )


def _report(row: tuple[int, str, str, str, int, str]) -> Report:
    report_id, session, order_id, msg_type, poss_resend, body = row
    pairs: Pairs = [(int(tag), text) for tag, text in json.loads(body)]
    return Report(
        report_id=report_id,
        session=session,
        order_id=order_id,
        msg_type=msg_type,
        poss_resend=bool(poss_resend),
        body=pairs,
    )
