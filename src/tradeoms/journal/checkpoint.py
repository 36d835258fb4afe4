"""Moves SQLite's log into its file beside the writer, so that no commit has to wait for it.

A commit that finds the log long moves all of it before it returns: 8,000 pages, 12 to 16 ms every
few hundred orders (measured), while everyone waits. A passive checkpoint on a connection of its
own holds up neither writer nor readers. It may fail or fall behind without harm: what is committed
is in the log, and the writer's own checkpoint remains.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from typing import Any, Final

import sqlalchemy as sa
import structlog

_LOOK_S: Final = 0.15

log = structlog.get_logger(__name__)


@contextlib.contextmanager
def checkpoints(database: sa.Engine, written: Callable[[], int]) -> Iterator[None]:
    """Make checkpoints while the context lasts; PostgreSQL makes its own.

    Args:
        database: Opened by `open_engine`, not read-only.
        written: Journal position of the newest commit; while it stays, nothing is done.
    """
    if database.dialect.name != "sqlite":
        yield
        return
    stop = threading.Event()
    beside = threading.Thread(target=_move, args=(database, written, stop), daemon=True)
    beside.start()
    try:
        yield
    finally:
        stop.set()
        beside.join()


def _move(database: sa.Engine, written: Callable[[], int], stop: threading.Event) -> None:
    """Look again and again, until told to stop."""
    link = database.raw_connection()
    driver: Any = link.driver_connection  # Any: sqlite3's
    done = -1
    while not stop.wait(_LOOK_S):
        head = written()
        if head == done:
            continue
        done = head
        try:
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        except sqlite3.Error as error:
            log.warning("checkpoint_failed", reason=str(error))
    link.close()
