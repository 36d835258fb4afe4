"""The database as it was: read models folded up to an event of the past.

A process of its own folds them (`python -m tradeoms.app.past`), with less right to the processor
than those who work with the present. What it made is a file in the data directory, which all
workers of the node share; the newest few are kept.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tradeoms.domain.catalog import EVENTS
from tradeoms.journal.codec import Codec
from tradeoms.journal.database import open_engine
from tradeoms.journal.store import Head, Reader, read_head
from tradeoms.journal.tables import journal, metadata
from tradeoms.projections.rebuild import rebuild

_KEPT: Final = 8
_WAIT_S: Final = 15.0
#: What may wait while one is folded; each takes as long as a replay of the journal up to it.
_WAITING_MAX: Final = 4
_NICE: Final = 10

_codec: Final = Codec(EVENTS)


class PastNotReady(Exception):
    """It is still being folded; ask again."""


class PastBusy(Exception):
    """As many wait to be folded as may; nothing was begun."""


class PastFailed(Exception):
    """The process that folds it ended without a result; its log says why."""


def last_until(link: sa.Connection, at: datetime) -> Head:
    """The last event recorded no later than ``at``; number 0 and no chain where there is none.

    The engine's instants never go back, whatever its clock does, so half of the journal is ruled
    out by each look.
    """
    low, high = 0, read_head(link).seq
    while low < high:
        middle = (low + high + 1) // 2
        body = link.execute(sa.select(journal.c.body).where(journal.c.seq == middle)).scalar_one()
        if _codec.decode(body).meta.at <= at:
            low = middle
        else:
            high = middle - 1
    chain = link.execute(sa.select(journal.c.chain).where(journal.c.seq == low)).scalar()
    return Head(low, chain or b"")


class Past:
    """Databases of the past, one an event."""

    def __init__(self, url: str, folder: Path, *, build: str = "") -> None:
        """Fold the journal behind ``url`` into files of ``folder``.

        Args:
            url: Of the node's database.
            folder: Made when it is needed.
            build: Goes into the names: another build may write other rows.
        """
        self._url = url
        self._folder = folder
        self._build = build
        self._making: dict[Path, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()
        self._open: dict[Path, sa.Engine] = {}

    async def database(self, head: Head) -> sa.Engine:
        """The read models after the event ``head``, read only.

        Raises:
            PastNotReady: If folding takes longer than one should wait; it goes on.
            PastBusy: If one is being folded and as many wait as may.
            PastFailed: If it cannot be folded.
        """
        path = _file(self._folder, head, self._build)
        if not path.exists():
            await self._made(path, head.seq)
            self._open.pop(path, None)
        if path not in self._open:
            self._open[path] = open_engine(f"sqlite:///{path}", read_only=True)
        while len(self._open) > _KEPT:
            self._open.pop(next(iter(self._open))).dispose()
        return self._open[path]

    async def close(self) -> None:
        """Stop what is under way."""
        for task in self._making.values():
            task.cancel()
        await asyncio.gather(*self._making.values(), return_exceptions=True)
        for engine in self._open.values():
            engine.dispose()

    async def _made(self, path: Path, seq: int) -> None:
        task = self._making.get(path)
        if task is None:
            if len(self._making) > _WAITING_MAX:
                raise PastBusy
            task = self._making[path] = asyncio.create_task(self._make(path, seq))
            task.add_done_callback(lambda _: self._making.pop(path))
        done, _ = await asyncio.wait({task}, timeout=_WAIT_S)
        if not done:
            raise PastNotReady
        task.result()

    async def _make(self, path: Path, seq: int) -> None:
        """Fold in a process of its own, one at a time, in the order of the requests."""
        async with self._turn:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tradeoms.app.past"),
                *("--until", str(seq), "--into", str(path)),
                env={**os.environ, "TRADEOMS_DATABASE_URL": self._url},
            )
            try:
                status = await child.wait()
            except asyncio.CancelledError:
                child.kill()
                raise
        if status:
            raise PastFailed


def _file(folder: Path, head: Head, build: str) -> Path:
    return folder / f"{head.seq}-{head.chain.hex()[:16]}-{build}.db"


def open_past(
    database: sa.Engine,
    folder: Path,
    head: Head,
    *,
    build: str,
    progress: Callable[[int], None] | None = None,
) -> sa.Engine:
    """Open the read models after the event ``head``, read only, for a tool that can wait.

    Args:
        database: Of the node.
        folder: As for `Past`, and shared with it.
        head: As `last_until` finds it.
        build: As for `Past`.
        progress: Told how many events are folded, where that is still to be done.
    """
    folder.mkdir(mode=0o700, exist_ok=True)
    path = _file(folder, head, build)
    _make_once(database.url.render_as_string(hide_password=False), head.seq, path, progress)
    return open_engine(f"sqlite:///{path}", read_only=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fold the journal up to an event into a file, unless another process has done so."""
    parser = argparse.ArgumentParser(prog="python -m tradeoms.app.past", description=__doc__)
    parser.add_argument("--until", type=int, required=True, help="number of the last event")
    parser.add_argument("--into", type=Path, required=True, help="file to make")
    asked = parser.parse_args(arguments)
    os.nice(_NICE)
    _make_once(os.environ["TRADEOMS_DATABASE_URL"], asked.until, asked.into)


def _make_once(
    url: str, seq: int, target: Path, progress: Callable[[int], None] | None = None
) -> None:
    """Fold into ``target`` unless another process has; they take turns."""
    with (target.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            _fold(url, seq, target, progress)


def _fold(url: str, seq: int, target: Path, progress: Callable[[int], None] | None) -> None:
    """Make the file under another name first: what bears the right one is whole."""
    unfinished = target.parent / "unfinished"
    unfinished.unlink(missing_ok=True)
    source = open_engine(url, read_only=True)
    scratch = open_engine(f"sqlite:///{unfinished}")
    try:
        metadata.create_all(scratch)
        rebuild(Reader(source), scratch, progress, until=seq, journal=True)
    finally:
        scratch.dispose()
        source.dispose()
    for old in sorted(target.parent.glob("*.db"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
        old.unlink()
    unfinished.rename(target)


if __name__ == "__main__":
    main()
