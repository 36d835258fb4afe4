"""Brings a database to this version: its schema, and rows that look as this version writes them.

A row of an older version can be read, but lacks what came later: an instant, a field. The journal
knows; so where the shape of the rows is another one, all read models are folded anew from it.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from tradeoms.app.lease import acquire
from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.journal.store import Reader
from tradeoms.journal.tables import journal, metadata
from tradeoms.kernel.errors import TradeomsError
from tradeoms.projections.rebuild import rebuild
from tradeoms.projections.shape import shape
from tradeoms.projections.tables import READ_MODELS, shapes

_CHUNK: Final = 5_000


class ReadModelsOld(TradeomsError):
    """The rows of the read models are those of another version."""

    def __init__(self) -> None:
        """There is but one thing to do."""
        super().__init__("the read models are of another version: run `tradeoms init`")


def upgrade(url: str | sa.URL, progress: Callable[[int], None] | None = None) -> None:
    """Migrate the database behind ``url``, and fold its read models anew where their shape changed.

    The first start of a version takes as long as a replay of the journal then. All or none of the
    rows are exchanged.

    Args:
        url: As for `open_engine`.
        progress: Told how many events are folded.

    Raises:
        LeaseHeld: If rows are to be exchanged, and an engine is at work.
        SchemaTooNew: If a newer tradeoms wrote the database.
    """
    migrate.upgrade(url)
    engine = open_engine(url)
    try:
        with engine.connect() as link:
            fits, empty = _fits(link), link.execute(sa.select(journal.c.seq).limit(1)).first()
        if not fits and empty is None:
            with engine.begin() as link:
                _note(link)
        elif not fits:
            _fold_anew(engine, progress)
    finally:
        engine.dispose()


def check_shape(link: sa.Connection) -> None:
    """Return quietly if the rows are as this version writes them.

    Raises:
        ReadModelsOld: If `upgrade` must run first.
    """
    if not _fits(link):
        raise ReadModelsOld


def _fits(link: sa.Connection) -> bool:
    return link.execute(sa.select(shapes.c.digest)).scalar() == shape()


def _note(link: sa.Connection) -> None:
    link.execute(sa.delete(shapes))
    link.execute(sa.insert(shapes).values(digest=shape()))


def _fold_anew(engine: sa.Engine, progress: Callable[[int], None] | None) -> None:
    """Fold the journal beside, and exchange the rows in one transaction."""
    lease = acquire(engine, holder=f"upgrade in process {os.getpid()}")
    try:
        with tempfile.TemporaryDirectory() as folder:
            scratch = open_engine(f"sqlite:///{Path(folder) / 'folded.db'}")
            try:
                metadata.create_all(scratch, tables=list(READ_MODELS))
                rebuild(Reader(engine), scratch, progress)
                with scratch.connect() as folded, engine.begin() as link:
                    for table in READ_MODELS:
                        _exchange(table, folded, link)
                    _note(link)
            finally:
                scratch.dispose()
    finally:
        lease.release()


def _exchange(table: sa.Table, folded: sa.Connection, link: sa.Connection) -> None:
    link.execute(sa.delete(table))
    for rows in folded.execute(sa.select(table)).mappings().partitions(_CHUNK):
        link.execute(sa.insert(table), [dict(row) for row in rows])
