"""The tables of the journal and of the machinery around it, on the one `metadata` of the database.

Projections add their tables to the same `metadata`, so that one transaction and one migration
cover both. Only five column types are used, the ones every fast path knows: Text, Integer,
BigInteger, Boolean, LargeBinary. Instants are BigInteger microseconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata: Final = sa.MetaData(naming_convention=NAMING)


@compiles(sa.BigInteger, "sqlite")
@compiles(sa.Boolean, "sqlite")
def _integer_in_sqlite(*_: Any, **__: Any) -> str:  # the signature is SQLAlchemy's own
    """Write the one integer type that a STRICT table of SQLite accepts."""
    return "INTEGER"


#: In the order of its bytes, which is Python's too, whatever the language of a PostgreSQL database:
#: so an index finds all texts that begin alike, and every engine and page agrees what comes next.
BYTEWISE: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _big(name: str, *, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=key, autoincrement=False, nullable=False)


def _text(name: str, *, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, BYTEWISE, primary_key=key, nullable=False)


#: Every event, in the order of `seq`: contiguous from 1, assigned by the single writer.
#: `body` is the exact JSON text that was hashed; `chain` is 32 bytes (see `chain`).
journal: Final = sa.Table(
    "journal",
    metadata,
    _big("seq", key=True),
    _text("subject"),
    _text("body"),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Index("ix_journal_subject_seq", "subject", "seq"),
    sqlite_strict=True,
)

#: One row: the JSON text whose hash starts the chain.
genesis: Final = sa.Table(
    "genesis", metadata, _big("id", key=True), _text("body"), sqlite_strict=True
)

#: One row: which epoch may write, and who says so.
leader: Final = sa.Table(
    "leader", metadata, _big("id", key=True), _big("epoch"), _text("holder"), sqlite_strict=True
)

#: The answer to each keyed request of a principal, kept to be given again.
idempotency: Final = sa.Table(
    "idempotency",
    metadata,
    _text("principal", key=True),
    _text("key", key=True),
    _text("request_sha256"),
    _big("status"),
    _text("answer"),
    _big("created_at"),
    sqlite_strict=True,
)

#: Instructions for the gateway, in their own contiguous order.
outbox: Final = sa.Table(
    "outbox",
    metadata,
    _big("seq", key=True),
    _text("session"),
    _text("body"),
    _big("created_at"),
    sa.Index("ix_outbox_session_seq", "session", "seq"),
    sqlite_strict=True,
)

#: Which archives the database was ever restored from, by whom and when (see `app.restoring`).
restorations: Final = sa.Table(
    "restorations",
    metadata,
    _text("id", key=True),
    _text("archive"),
    _text("restored_by"),
    _big("restored_at"),
    sqlite_strict=True,
)

#: How far the frames of each FIX session, in each life of its wire journal, have been applied.
watermarks: Final = sa.Table(
    "watermarks",
    metadata,
    _text("session", key=True),
    _big("epoch", key=True),
    _big("row"),
    sqlite_strict=True,
)
