"""Who may write: at most one engine on a database, and a number that outlives it.

SQLite: an exclusive lock on `<database>.lock`, which the system drops when the process dies.
PostgreSQL: a session advisory lock on a connection of its own. Either way the holder then raises
`leader.epoch`, and `Writer` checks that epoch inside every commit: an engine that was frozen while
another took over finds, when it wakes, that it can no longer write.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa

from tradeoms.journal.database import database_path
from tradeoms.journal.tables import leader
from tradeoms.kernel.errors import Fenced, LeaseHeld

#: Key of the PostgreSQL advisory lock of the engine ("oms", 2); locks are per database.
_ENGINE_LOCK: Final = 0x6F6D7302


class _Hold(Protocol):
    """What keeps others out."""

    def held(self) -> bool:
        """Whether it still does."""
        ...

    def release(self) -> None:
        """Let others in."""
        ...


class Lease:
    """The right to write, as long as `check` says so."""

    def __init__(self, engine: sa.Engine, hold: _Hold, *, epoch: int, holder: str) -> None:
        """Keep what `acquire` got."""
        self.epoch = epoch
        self.holder = holder
        self._engine = engine
        self._hold = hold

    def check(self) -> None:
        """Return quietly if this lease still leads.

        Raises:
            Fenced: If the lock is lost, or another engine has raised the epoch.
        """
        try:
            with self._engine.connect() as link:
                epoch = link.execute(sa.select(leader.c.epoch).where(leader.c.id == 1)).scalar()
            if epoch == self.epoch and self._hold.held():
                return
        except sa.exc.SQLAlchemyError as error:
            raise Fenced(epoch=self.epoch) from error
        raise Fenced(epoch=self.epoch)

    def release(self) -> None:
        """Let another engine in. The epoch stays: the next holder raises it."""
        self._hold.release()


def acquire(engine: sa.Engine, *, holder: str) -> Lease:
    """Take the lease and the next epoch, without waiting.

    Args:
        engine: A writing engine of `journal.database.open_engine`, on a migrated database.
        holder: Who we are, for the message another engine will show (host, process id, address).

    Raises:
        LeaseHeld: If another engine has it.
    """
    hold: _Hold
    if engine.dialect.name == "sqlite":
        hold = _FileLock(database_path(engine.url), holder)
    else:
        hold = _AdvisoryLock(engine)
    try:
        raised = (
            leader.update()
            .where(leader.c.id == 1)
            .values(epoch=leader.c.epoch + 1, holder=holder)
            .returning(leader.c.epoch)
        )
        with engine.begin() as link:
            epoch = link.execute(raised).scalar_one()
    except BaseException:
        hold.release()
        raise
    return Lease(engine, hold, epoch=epoch, holder=holder)


def current_holder(engine: sa.Engine) -> str:
    """Return the holder that last took the lease; it may be gone by now."""
    with engine.connect() as link:
        holder: str = link.execute(sa.select(leader.c.holder)).scalar_one()
        return holder


class _FileLock:
    """An exclusive `flock` on the lock file beside the database; its text names the holder."""

    def __init__(self, database: Path, holder: str) -> None:
        self._path = database.with_name(database.name + ".lock")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            text = os.pread(self._file, 4096, 0).decode(errors="replace").strip()
            os.close(self._file)
            raise LeaseHeld(database=str(database), holder=text) from None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{holder}\n".encode(), 0)

    def held(self) -> bool:
        """Whether the file we locked is still the one that others will try to lock."""
        try:
            return os.path.samestat(os.fstat(self._file), self._path.stat())
        except OSError:
            return False

    def release(self) -> None:
        """Unlock. The file stays: removing it would let two engines lock two files."""
        os.close(self._file)


class _AdvisoryLock:
    """A session advisory lock; PostgreSQL drops it with the connection."""

    def __init__(self, engine: sa.Engine) -> None:
        self._link = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._link.detach()  # never back to the pool, which would keep the lock without us
        taken = self._link.execute(sa.select(sa.func.pg_try_advisory_lock(_ENGINE_LOCK))).scalar()
        if taken is not True:
            holder = self._link.execute(sa.select(leader.c.holder)).scalar_one()
            self._link.close()
            raise LeaseHeld(database=str(engine.url), holder=holder)

    def held(self) -> bool:
        """Whether the connection that holds the lock still answers."""
        return self._link.execute(sa.select(sa.literal(1))).scalar() == 1

    def release(self) -> None:
        """Give the lock back first: the server sees the end of a connection only later."""
        with contextlib.suppress(sa.exc.SQLAlchemyError):  # cut off: the server unlocks
            self._link.execute(sa.select(sa.func.pg_advisory_unlock(_ENGINE_LOCK)))
        self._link.close()
