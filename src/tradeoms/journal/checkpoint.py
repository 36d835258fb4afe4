"""Moves SQLite's log into its file beside the writer, so that no commit has to wait for it.

A commit that finds the log long moves all of it before it returns: 8,000 pages, 12 to 16 ms every
few hundred orders (measured), while everyone waits. A passive checkpoint on a connection of its
own holds up neither writer nor readers. It may fail or fall behind without harm: what is committed
is in the log, and the writer's own checkpoint remains.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self

import sqlalchemy as sa
import structlog

_LOOK_S: Final = 0.15

log = structlog.get_logger(__name__)


class Checkpointer:
    """Runs for as long as it is entered; does nothing for PostgreSQL, which has its own."""

    def __init__(self, database: sa.Engine, written: Callable[[], int]) -> None:
        """Look after ``database``.

        Args:
            database: Opened by `open_engine`, not read-only.
            written: Journal position of the newest commit; while it stays, nothing is done.
        """
        self._database: Final = database
        self._written: Final = written
        self._stop: Final = threading.Event()
        self._thread: Final = threading.Thread(target=self._run, name="checkpoints", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        if self._database.dialect.name == "sqlite":
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        """End, after the checkpoint that is under way."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        link = self._database.raw_connection()
        driver: Any = link.driver_connection  # Any: sqlite3's
        done = -1
        while not self._stop.wait(_LOOK_S):
            written = self._written()
            if written == done:
                continue
            done = written
            try:
                driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            except sqlite3.Error as error:
                log.warning("checkpoint_failed", reason=str(error))
        link.close()
