"""Append and read. `Writer.commit` is the only function in tradeoms that writes a row.

A batch is events and table rows; all of it is written in one transaction, together with the check
that our epoch still leads, or none of it. After the first failure a writer never writes again: the
process ends and the next one reads from the database what really happened (crash-only).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.journal.chain import Head, RawRow, Row, genesis_chain, next_chain
from tradeoms.journal.codec import instant_text
from tradeoms.journal.database import open_engine
from tradeoms.journal.statements import Op, RowValues, Statement, build_statement
from tradeoms.journal.tables import genesis, journal
from tradeoms.journal.transaction import (
    DRIVER_ERRORS,
    Work,
    write_postgresql,
    write_sqlite,
)
from tradeoms.kernel.errors import CommitFailed, Fenced, JournalCorrupt, TargetNotEmpty

__all__ = [
    "Batch",
    "Head",
    "Op",
    "Reader",
    "Row",
    "Writer",
    "found_journal",
    "open_engine",
    "read_head",
]

SCHEMA_OF_CHAIN: Final = 1
_READ_CHUNK: Final = 5_000
_SUBJECT_CHUNK: Final = 500


@dataclass(slots=True)
class Batch:
    """What one transaction is to write.

    Attributes:
        events: (subject, body) in the order in which they happened.
        writes: Rows by table and operation. A key may appear once in a batch, over all operations.
    """

    events: list[tuple[str, bytes]] = field(default_factory=list)
    writes: dict[tuple[sa.Table, Op], list[RowValues]] = field(default_factory=dict)

    def append(self, subject: str, body: bytes) -> None:
        """Add an event."""
        self.events.append((subject, body))

    def insert(self, table: sa.Table, row: RowValues) -> None:
        """Add a row, all columns in their order; its key must be new."""
        self.writes.setdefault((table, Op.INSERT), []).append(row)

    def upsert(self, table: sa.Table, *rows: RowValues) -> None:
        """Add rows, all columns in their order; each replaces one of the same primary key."""
        self.writes.setdefault((table, Op.UPSERT), []).extend(rows)

    def delete(self, table: sa.Table, key: RowValues) -> None:
        """Remove the row of ``key``, primary key columns in their order; none is no error."""
        self.writes.setdefault((table, Op.DELETE), []).append(key)


def found_journal(engine: sa.Engine, *, system_id: str, created_at: datetime) -> None:
    """Write the genesis row, once in the life of a database that `migrate.upgrade` has prepared.

    Raises:
        TargetNotEmpty: If there is one already.
    """
    text = msgspec.json.encode(
        {"system": system_id, "created": instant_text(created_at), "schema": SCHEMA_OF_CHAIN}
    ).decode()
    with engine.begin() as link:
        if link.execute(sa.select(genesis.c.id)).first() is not None:
            raise TargetNotEmpty(target=str(engine.url))
        link.execute(genesis.insert().values(id=1, body=text))


class Reader:
    """Reads the journal; as many as you like, each call on a connection of its own."""

    def __init__(self, engine: sa.Engine) -> None:
        """Read through ``engine``, opened with `read_only`: in SQLite others queue to write."""
        self.engine = engine
        mark = "?" if engine.dialect.name == "sqlite" else "%s"
        self._page = (
            "SELECT seq, subject, body, chain FROM journal "  # noqa: S608 - no value is written in
            f"WHERE seq > {mark} ORDER BY seq LIMIT {mark}"
        )

    def genesis_chain(self) -> bytes:
        """Return chain_0.

        Raises:
            JournalCorrupt: If there is no genesis row.
        """
        with self.engine.connect() as link:
            return _genesis_chain(link)

    def head(self) -> Head:
        """Return the last event's number and chain; 0 and chain_0 where there is none yet.

        Raises:
            JournalCorrupt: If there is no genesis row.
        """
        with self.engine.connect() as link:
            return read_head(link)

    def read(self, after: int = 0, limit: int | None = None) -> Iterator[Row]:
        """Yield rows with a greater `seq` than ``after``, in order.

        Each chunk is a short transaction of its own, so that a slow consumer holds nothing back
        (an old snapshot would keep the SQLite WAL and PostgreSQL's vacuum waiting).

        Args:
            after: `seq` to start behind, 0 for the beginning.
            limit: At most so many rows; None for all that there are.
        """
        for chunk in self.chunks(after, limit):
            for seq, subject, body, chain in chunk:
                yield Row(seq, subject, body.encode(), chain)

    def chunks(self, after: int = 0, limit: int | None = None) -> Iterator[Sequence[RawRow]]:
        """Yield what `read` yields, in lists of plain tuples, the body as text: twice as fast."""
        left = limit
        while left is None or left > 0:
            wanted = _READ_CHUNK if left is None else min(left, _READ_CHUNK)
            with self.engine.connect() as link:
                cursor = link.connection.cursor()
                cursor.execute(self._page, (after, wanted))
                rows: Sequence[RawRow] = cursor.fetchall()
            if rows:
                yield rows
            if len(rows) < wanted:
                return
            after = rows[-1][0]
            left = None if left is None else left - len(rows)

    def read_subjects(self, subjects: Iterable[str]) -> list[Row]:
        """Return all rows of these aggregates, in journal order."""
        wanted = sorted(set(subjects))
        statement = sa.select(journal).where(
            journal.c.subject.in_(sa.bindparam("some", expanding=True))
        )
        found: list[Row] = []
        with self.engine.connect() as link:
            for index in range(0, len(wanted), _SUBJECT_CHUNK):
                some = wanted[index : index + _SUBJECT_CHUNK]
                for seq, subject, body, chain in link.execute(statement, {"some": some}):
                    found.append(Row(seq, subject, body.encode(), chain))
        found.sort()
        return found


class Writer:
    """The single writer. Not for more than one thread."""

    def __init__(self, engine: sa.Engine, *, epoch: int) -> None:
        """Take a connection for life, and read the head.

        Args:
            engine: Opened by `open_engine`, not read-only.
            epoch: Epoch of the lease (`app.lease`), checked inside every commit.

        Raises:
            JournalCorrupt: If there is no genesis row.
        """
        self.epoch = epoch
        self._backend = engine.dialect.name
        self._write = write_sqlite if self._backend == "sqlite" else write_postgresql
        self._statements: dict[tuple[sa.Table, Op], Statement] = {}
        with engine.connect() as link:
            self._head = read_head(link)
        self._link = engine.raw_connection()
        self._stopped = False

    @property
    def head(self) -> Head:
        """The last committed event."""
        return self._head

    def commit(self, batch: Batch) -> Head:
        """Write all of ``batch``, durably, or nothing.

        Returns:
            The new head; the batch's events are numbered contiguously up to it.

        Raises:
            Fenced: If another engine leads. Nothing was written.
            CommitFailed: If anything else went wrong. This writer then refuses every further call.
        """
        if self._stopped:
            raise CommitFailed(outcome_known=True, detail="this writer has stopped")
        self._stopped = True  # until all has gone well
        committing = False
        driver: Any = self._link.driver_connection  # Any: sqlite3's or psycopg's
        try:
            work, head = self._work(batch)
            if not self._write(driver, work, epoch=self.epoch):
                self._link.invalidate()
                raise Fenced(epoch=self.epoch)
            committing = True
            driver.commit()
        except DRIVER_ERRORS as error:
            self._link.invalidate()
            raise CommitFailed(outcome_known=not committing, detail=str(error)) from error
        self._head = head
        self._stopped = False
        return head

    def close(self) -> None:
        """Give the connection back; the writer is of no more use."""
        self._stopped = True
        self._link.close()

    def _work(self, batch: Batch) -> tuple[Work, Head]:
        """Number and chain the events, and put all writes in their order."""
        seq, chain = self._head
        events: list[RowValues] = []
        for subject, body in batch.events:
            seq += 1
            chain = next_chain(chain, seq, subject.encode(), body)
            events.append((seq, subject, body.decode(), chain))
        work = [(self._statement(journal, Op.INSERT), events)] if events else []
        work += [
            (self._statement(table, op), rows)
            for op in Op
            for (table, wanted), rows in batch.writes.items()
            if wanted is op and rows
        ]
        return work, Head(seq, chain)

    def _statement(self, table: sa.Table, op: Op) -> Statement:
        statement = self._statements.get((table, op))
        if statement is None:
            statement = build_statement(table, op, backend=self._backend)
            self._statements[table, op] = statement
        return statement


def read_head(link: sa.Connection) -> Head:
    """Return the head as a transaction sees it.

    Raises:
        JournalCorrupt: If there is no genesis row.
    """
    last = sa.select(journal.c.seq, journal.c.chain).order_by(journal.c.seq.desc()).limit(1)
    row = link.execute(last).first()
    return Head(0, _genesis_chain(link)) if row is None else Head(row.seq, row.chain)


def _genesis_chain(link: sa.Connection) -> bytes:
    body: Any = link.execute(sa.select(genesis.c.body).where(genesis.c.id == 1)).scalar()
    if body is None:
        raise JournalCorrupt(seq=0, what="there is no genesis row; run `tradeoms init`")
    return genesis_chain(body.encode())
