"""Brings a database to this version: its schema, and the instants that a new column asks for.

When a row came and last changed is in its state only for some; for others the journal knows. So
where rows are older than these columns, the journal is folded once, and its answer written.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.journal.store import Reader
from tradeoms.journal.tables import metadata
from tradeoms.projections.rebuild import rebuild
from tradeoms.projections.tables import READ_MODELS
from tradeoms.projections.touched import STAMPED

_TABLES: Final = [table for table in READ_MODELS if table.name in STAMPED]
_CHUNK: Final = 5_000


def upgrade(url: str) -> None:
    """Migrate the database behind ``url``, and tell the instants of rows that have none.

    Takes as long as a replay of the journal, the first time.
    """
    migrate.upgrade(url)
    engine = open_engine(url)
    try:
        with engine.connect() as link:
            complete = not any(link.execute(_untold(table)).first() for table in _TABLES)
        if not complete:
            _fill(engine)
    finally:
        engine.dispose()


def _untold(table: sa.Table) -> sa.Select[Any]:  # Any: rows of one number
    return sa.select(sa.literal(1)).where(table.c.created_at == 0).limit(1)


def _fill(engine: sa.Engine) -> None:
    """Fold the journal beside, and take the instants from there, all or none."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = open_engine(f"sqlite:///{Path(folder) / 'folded.db'}")
        try:
            metadata.create_all(scratch, tables=list(READ_MODELS))
            rebuild(Reader(engine), scratch)
            with scratch.connect() as folded, engine.begin() as link:
                for table in _TABLES:
                    _take(table, folded, link)
        finally:
            scratch.dispose()


def _take(table: sa.Table, folded: sa.Connection, link: sa.Connection) -> None:
    keys = list(table.primary_key)
    here = (column == sa.bindparam(f"k_{column.name}") for column in keys)
    update = (
        sa.update(table)
        .where(*here)
        .values(created_at=sa.bindparam("came"), updated_at=sa.bindparam("changed"))
    )
    told = [column.label(f"k_{column.name}") for column in keys]
    told += [table.c.created_at.label("came"), table.c.updated_at.label("changed")]
    for rows in folded.execute(sa.select(*told)).mappings().partitions(_CHUNK):
        link.execute(update, [dict(row) for row in rows])
