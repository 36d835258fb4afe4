"""Backup and restore: a copy is only a backup once it has been read back and its chain verified.

`dump` writes a portable archive from a snapshot, while the engine goes on writing; `restore` loads
it into an empty database of either kind. `copy_sqlite` is the faster page-by-page copy of a SQLite
file. Each appears under its name only when it is complete, checked and on disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.journal import migrate
from tradeoms.journal.archive import (
    FORMAT,
    ArchiveReader,
    ArchiveWriter,
    Header,
    TableShape,
    check_sum,
    kind_of,
    new_file,
)
from tradeoms.journal.chain import Head, Verdict, genesis_chain, verify, verify_rows
from tradeoms.journal.database import database_path, open_engine
from tradeoms.journal.statements import Op, build_statement
from tradeoms.journal.store import Reader, read_head
from tradeoms.journal.tables import leader, restorations
from tradeoms.kernel.errors import ArchiveInvalid, DatabaseUnfit, JournalCorrupt, TargetNotEmpty

_CHUNK: Final = 1_000
_NOT_DATA: Final = frozenset({"alembic_version"})
#: Engines that may have led between a backup and its loss. A restored database goes on above them,
#: so that no id or ClOrdID that is known outside is made a second time.
EPOCHS_AHEAD: Final = 1_000
#: Has its one row from the migration on.
_BORN_FULL: Final = frozenset({"leader"})


def dump(url: str | sa.URL, path: Path) -> Head:
    """Write a portable archive of the whole database, as it is at this moment.

    Returns:
        The head of the chain in the archive, verified by reading the archive back.

    Raises:
        TargetNotEmpty: If there is a file at ``path``.
        JournalCorrupt: If the journal's chain does not hold. No archive is left.
        SchemaTooNew: If the database is newer than this build.
        SchemaTooOld: If the database is older than this build.
    """
    migrate.check(url)
    engine = open_engine(url, read_only=True)
    try:
        with new_file(path) as part:
            with _snapshot(engine) as link, part.open("xb") as file:
                _write(link, ArchiveWriter(file, _header(link)))
            return examine(part)
    finally:
        engine.dispose()


def examine(path: Path) -> Head:
    """Read a whole archive, check its sum and its chain; return the head it promises.

    Raises:
        ArchiveInvalid: If it is incomplete or not what was written.
        JournalCorrupt: If the chain in it does not hold.
    """
    check_sum(path)
    with path.open("rb") as file:
        archive = ArchiveReader(path, file)
        promised = Head(archive.header.seq, archive.header.chain)
        start: Head | None = None
        verdict: Verdict | None = None
        for shape, rows in archive.tables():
            if shape.name == "genesis":
                for _, body in rows:
                    start = Head(0, genesis_chain(body.encode()))
            elif shape.name == "journal" and start is not None:
                anchors = {promised.seq: promised.chain}
                verdict = verify_rows(rows, start=start, anchors=anchors)
            for _ in rows:  # what we do not look at is passed over
                pass
    if verdict is None:
        raise ArchiveInvalid(path=str(path), reason="there is no journal in it")
    _raise_fault(verdict)
    return promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What a restored database tells of its restore.

    Attributes:
        id: Under which the engine writes about it.
        archive: Name of the file.
        restored_at: Microseconds of UTC.
    """

    id: str
    archive: str
    restored_by: str
    restored_at: int


def restore(path: Path, url: str | sa.URL, note: Restoration) -> Head:
    """Load an archive into an empty database of either kind, and verify what is then there.

    The next engine's epoch is `EPOCHS_AHEAD` beyond the archive's.

    Args:
        path: Archive written by `dump`, of this schema or an older one.
        url: Where to; created or migrated as needed.
        note: Kept in the database, in the transaction that fills it.

    Returns:
        The head of the restored journal.

    Raises:
        TargetNotEmpty: If the database holds any row already. Nothing was changed.
        ArchiveInvalid: If the archive cannot be used. Nothing was changed.
        JournalCorrupt: If the chain does not hold.
        SchemaTooNew: If the archive is of a newer tradeoms.
    """
    promised = examine(path)
    with path.open("rb") as file:
        archive = ArchiveReader(path, file)
        migrate.upgrade(url, to=migrate.known_revision(archive.header.schema))
        engine = open_engine(url)
        try:
            with engine.begin() as link:
                _load(link, archive, path)
                link.execute(sa.update(leader).values(epoch=leader.c.epoch + EPOCHS_AHEAD))
                restorations.create(link, checkfirst=True)  # an older schema has none
                link.execute(sa.insert(restorations).values(asdict(note)))
        finally:
            engine.dispose()
    migrate.upgrade(url)
    _raise_fault(_verify(url, promised))
    return promised


def copy_sqlite(url: str | sa.URL, path: Path) -> Head:
    """Copy a SQLite database page by page (its backup API), while the engine goes on writing.

    Returns:
        The head of the copy.

    Raises:
        TargetNotEmpty: If there is a file at ``path``.
        DatabaseUnfit: If ``url`` is not SQLite, or the copy fails SQLite's integrity check.
        JournalCorrupt: If the chain in the copy does not hold. No copy is left.
    """
    source = database_path(url)
    with new_file(path) as part:
        with (
            closing(sqlite3.connect(source.as_uri() + "?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(part)) as copy,
        ):
            live.backup(copy)
            (found,) = copy.execute("PRAGMA integrity_check").fetchone()
        if found != "ok":
            raise DatabaseUnfit(setting="integrity_check", found=found, needed="ok")
        verdict = _verify(f"sqlite:///{part}", None)
        _raise_fault(verdict)
        return verdict.head


def _snapshot(engine: sa.Engine) -> sa.Connection:
    link = engine.connect()
    if engine.dialect.name == "postgresql":
        link = link.execution_options(isolation_level="REPEATABLE READ")
        link.exec_driver_sql("SET LOCAL statement_timeout = 0")
        link.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    return link


def _header(link: sa.Connection) -> Header:
    head = read_head(link)
    shapes = tuple(
        TableShape(
            str(table.name), tuple((str(column.name), kind_of(column)) for column in table.columns)
        )
        for table in _tables(link)
    )
    return Header(
        format=FORMAT, schema=migrate.newest(), seq=head.seq, chain=head.chain, tables=shapes
    )


def _write(link: sa.Connection, archive: ArchiveWriter) -> None:
    streaming = link.execution_options(stream_results=True, yield_per=_CHUNK)
    for table in _tables(link):
        archive.begin(str(table.name))
        for row in streaming.execute(sa.select(table).order_by(*_key_order(link, table))):
            archive.row(tuple(row))
    archive.end()


def _key_order(link: sa.Connection, table: sa.Table) -> list[sa.ColumnElement[Any]]:
    """Order by bytes on both engines, so that equal states give equal archives."""
    return [
        sa.collate(column, "C")
        if link.dialect.name == "postgresql" and kind_of(column) == "text"
        else column
        for column in table.primary_key
    ]


def _tables(link: sa.Connection) -> list[sa.Table]:
    """The tables that are really there, by name."""
    found = sa.MetaData()
    found.reflect(link)
    return [found.tables[name] for name in sorted(found.tables) if name not in _NOT_DATA]


def _load(link: sa.Connection, archive: ArchiveReader, path: Path) -> None:
    tables = {table.name: table for table in _tables(link)}
    for table in tables.values():
        if table.name not in _BORN_FULL and link.execute(sa.select(table).limit(1)).first():
            raise TargetNotEmpty(target=str(link.engine.url))
    for shape, rows in archive.tables():
        target = tables.get(shape.name)
        names = tuple(name for name, _ in shape.columns)
        if target is None or tuple(target.columns.keys()) != names:
            raise ArchiveInvalid(path=str(path), reason=f"table {shape.name} has another shape")
        op = Op.UPSERT if shape.name in _BORN_FULL else Op.INSERT
        statement = build_statement(target, op, backend=link.dialect.name)
        for chunk in _chunks(rows):
            link.exec_driver_sql(statement.sql, statement.parameters(chunk))


def _chunks(rows: Iterator[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    while chunk := list(islice(rows, _CHUNK)):
        yield chunk


def _verify(url: str | sa.URL, promised: Head | None) -> Verdict:
    engine = open_engine(url, read_only=True)
    try:
        anchors = {} if promised is None else {promised.seq: promised.chain}
        return verify(Reader(engine), anchors=anchors)
    finally:
        engine.dispose()


def _raise_fault(verdict: Verdict) -> None:
    if verdict.fault is not None and verdict.seq is not None:
        raise JournalCorrupt(seq=verdict.seq, what=verdict.fault.value)
