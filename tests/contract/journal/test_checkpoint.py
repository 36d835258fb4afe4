"""The log moves into the file beside the writer, and what cannot be moved is no harm."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, batch_of, founded
from tradeoms.journal.checkpoint import checkpoints
from tradeoms.journal.store import Writer

EVENTS = 50
WITHIN_S = 20


def test_what_is_committed_reaches_the_file_while_the_writer_goes_on(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    database = founded(sqlite_url, make_engine)
    writer = Writer(database, epoch=0)
    with checkpoints(database, written=lambda: writer.head.seq):
        for number in range(EVENTS):
            _commit(writer, number)
        _until_in_the_file(tmp_path, EVENTS)
        _commit(writer, EVENTS)
        _until_in_the_file(tmp_path, EVENTS + 1)
    writer.close()


def test_a_reader_of_an_old_state_is_left_with_it(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    database = founded(sqlite_url, make_engine)
    writer = Writer(database, epoch=0)
    _commit(writer, 0)
    with (
        make_engine(sqlite_url, read_only=True).connect() as old,
        checkpoints(database, written=lambda: writer.head.seq),
    ):
        assert _events(old) == 1
        for number in range(1, EVENTS):
            _commit(writer, number)
        assert _events(old) == 1
        old.rollback()
        assert _events(old) == EVENTS
        old.rollback()
        _commit(writer, EVENTS)
        _until_in_the_file(tmp_path, EVENTS + 1)
    writer.close()


def _commit(writer: Writer, number: int) -> None:
    writer.commit(batch_of(number))


def _events(link: sa.Connection) -> int:
    return int(link.exec_driver_sql("SELECT count(*) FROM journal").scalar_one())


def _until_in_the_file(folder: Path, events: int) -> None:
    """Wait until the database file has ``events`` without its log."""
    deadline = time.monotonic() + WITHIN_S
    alone = folder / "alone" / "oms.db"
    alone.parent.mkdir(exist_ok=True)
    found = -1
    while time.monotonic() < deadline:
        alone.write_bytes((folder / "only.db").read_bytes())
        link = sqlite3.connect(f"file:{alone}?immutable=1", uri=True)
        try:
            (found,) = link.execute("SELECT count(*) FROM journal").fetchone()
        except sqlite3.DatabaseError:
            found = -1  # read while pages were being moved, or before the table was
        finally:
            link.close()
        if found == events:
            return
        time.sleep(0.02)
    message = f"{found} of {events} events are in the file"
    raise AssertionError(message)
