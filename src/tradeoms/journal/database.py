"""One way to open the database, with every guarantee of the journal set and read back.

SQLite: WAL and FULL, so that an acknowledged commit survives power loss (NORMAL would lose it);
transactions are begun explicitly, since the driver's own begin late. PostgreSQL: a commit waits for
the disk, and nothing waits for ever. A setting that does not hold stops the start.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy as sa

from tradeoms.kernel.errors import DatabaseUnfit

#: Pragma -> the value that must be read back.
SQLITE_PRAGMAS: Final[dict[str, str | int]] = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "foreign_keys": 1,
    "busy_timeout": 5000,
    "trusted_schema": 0,
    "cell_size_check": 1,
    # Pages. A checkpoint writes a page once however often it changed: larger saves a third of the
    # cost of commits (measured: 15 us an order); the log stays below 40 MB.
    "wal_autocheckpoint": 8000,
}
_READ_ONLY_PRAGMAS: Final[dict[str, str | int]] = {**SQLITE_PRAGMAS, "query_only": 1}

_MOUNTS: Final = Path("/proc/self/mounts")
_NETWORK_DISKS: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "fuse.sshfs"})

#: Milliseconds, except where PostgreSQL says otherwise. `jit` only costs on statements this short.
POSTGRESQL_SETTINGS: Final[dict[str, str]] = {
    "statement_timeout": "30000",
    "lock_timeout": "2000",
    "idle_in_transaction_session_timeout": "60000",
    "jit": "off",
    "timezone": "UTC",
}
#: Keepalives in seconds, tcp_user_timeout in milliseconds: a dead peer is noticed within 10 s.
_POSTGRESQL_LINK: Final[dict[str, int]] = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
#: Values of synchronous_commit under which a commit is on the leader's disk.
_DURABLE: Final = ("on", "remote_apply")


def open_engine(url: str | sa.URL, *, read_only: bool = False) -> sa.Engine:
    """Open the database behind ``url``, ready for `Writer`, or for `Reader` only.

    Args:
        url: `sqlite:////absolute/path` or `postgresql://user@host/name`.
        read_only: Every connection refuses to write; a SQLite file must exist.

    Raises:
        DatabaseUnfit: If the database is of another kind. (A setting that cannot be had raises
            the same at the first connection.)
    """
    target = sa.make_url(url)
    match target.get_backend_name():
        case "sqlite":
            return _open_sqlite(target, read_only=read_only)
        case "postgresql":
            return _open_postgresql(target, read_only=read_only)
        case other:
            raise DatabaseUnfit(setting="url", found=other, needed="sqlite or postgresql")


def database_path(url: str | sa.URL) -> Path:
    """Return the file of a SQLite ``url``.

    Raises:
        DatabaseUnfit: If it names no file: the journal is never kept in memory.
    """
    name = sa.make_url(url).database
    if not name or name == ":memory:":
        raise DatabaseUnfit(setting="url", found=name or "memory", needed="a file")
    return Path(name).absolute()


def _open_sqlite(url: sa.URL, *, read_only: bool) -> sa.Engine:
    path = database_path(url)
    _refuse_network_disk(path)
    mode = "rw" if read_only else "rwc"
    uri = f"file:{quote(str(path))}?mode={mode}"
    pragmas = _READ_ONLY_PRAGMAS if read_only else SQLITE_PRAGMAS
    begin = "BEGIN" if read_only else "BEGIN IMMEDIATE"

    def connect() -> sqlite3.Connection:
        link = sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            _set_pragmas(link, pragmas)
        except BaseException:
            link.close()
            raise
        return link

    # Parameters are what clients wrote: they do not belong in messages and logs.
    engine = sa.create_engine(
        url.set(drivername="sqlite+pysqlite"), creator=connect, hide_parameters=True
    )
    sa.event.listen(engine, "begin", lambda link: link.exec_driver_sql(begin))
    return engine


def _refuse_network_disk(path: Path) -> None:
    """WAL needs memory shared between processes, and locks that hold: a network disk has neither.

    Known only where the system lists its mounts (Linux).
    """
    if not _MOUNTS.exists():
        return
    # device, mount point (with \\040 for a blank), kind, ...
    mounts = [line.split()[1:3] for line in _MOUNTS.read_text().splitlines()]
    kinds = {point.replace("\\040", " "): kind for point, kind in mounts}
    home = next((kinds[str(place)] for place in path.resolve().parents if str(place) in kinds), "")
    if home in _NETWORK_DISKS:
        raise DatabaseUnfit(setting="file system", found=home, needed="a local disk")


def _set_pragmas(link: sqlite3.Connection, pragmas: dict[str, str | int]) -> None:
    for name, needed in pragmas.items():
        link.execute(f"PRAGMA {name}={needed}")
        (found,) = link.execute(f"PRAGMA {name}").fetchone()
        if found != needed:
            raise DatabaseUnfit(setting=name, found=found, needed=needed)


def _open_postgresql(url: sa.URL, *, read_only: bool) -> sa.Engine:
    settings = dict(POSTGRESQL_SETTINGS)
    if read_only:
        settings["default_transaction_read_only"] = "on"
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    engine = sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={**_POSTGRESQL_LINK, "options": options, "prepare_threshold": 0},
        pool_pre_ping=read_only,
        hide_parameters=True,
        use_native_hstore=False,
    )
    sa.event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(link: Any, _record: object) -> None:  # Any: the driver's own connection
    """Raise `synchronous_commit` where the server has less than `on`; keep it where it has more."""
    with link.cursor() as cursor:
        found = _show(cursor, "synchronous_commit")
        if found not in _DURABLE:
            cursor.execute("SET synchronous_commit = on")
            found = _show(cursor, "synchronous_commit")
        fsync = _show(cursor, "fsync")
    link.commit()
    if found not in _DURABLE:
        raise DatabaseUnfit(setting="synchronous_commit", found=found, needed="on")
    if fsync != "on":
        raise DatabaseUnfit(setting="fsync", found=fsync, needed="on")


def _show(cursor: Any, name: str) -> str:  # Any: the driver's own cursor
    cursor.execute(f"SHOW {name}")
    (value,) = cursor.fetchone()
    return str(value)
