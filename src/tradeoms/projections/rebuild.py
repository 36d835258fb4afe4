"""Folds the whole journal again, and proves that the read models are what it says.

The rebuild writes into an empty database of its own; then both are hashed table by table, row by
row in key order. The state hash is the SHA-256 over the hashes of all tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.catalog import EVENTS
from tradeoms.journal.codec import Codec
from tradeoms.journal.statements import Op, build_statement
from tradeoms.journal.store import Batch, Reader
from tradeoms.journal.tables import metadata
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.load import recall_subject
from tradeoms.projections.project import write_touched
from tradeoms.projections.tables import READ_MODELS

#: Events folded between two writes of rows; bounds the memory of what is touched.
_FLUSH_EVERY: Final = 20_000
_CHUNK: Final = 10_000
_KEEP: Final = "INSERT INTO journal (seq, subject, body, chain) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What a rebuild came to.

    Attributes:
        events: Events folded.
        state_hash: Hash of the read models folded from the journal.
        differing: Tables of the database that are not what the journal says; empty is good.
    """

    events: int
    state_hash: str
    differing: tuple[str, ...]


def replay(
    engine: sa.Engine, scratch: sa.Engine, progress: Callable[[int], None] | None = None
) -> Replayed:
    """Fold the journal of ``engine`` into ``scratch`` and compare the read models.

    Args:
        engine: The database to prove, opened read-only.
        scratch: An empty SQLite database.
        progress: Told how many events are folded.
    """
    metadata.create_all(scratch, tables=list(READ_MODELS))
    events = rebuild(Reader(engine), scratch, progress)
    wanted = hash_tables(scratch)
    found = hash_tables(engine)
    differing = tuple(name for name in wanted if wanted[name] != found[name])
    return Replayed(events=events, state_hash=state_hash(wanted), differing=differing)


def rebuild(
    reader: Reader,
    target: sa.Engine,
    progress: Callable[[int], None] | None = None,
    *,
    until: int | None = None,
    journal: bool = False,
) -> int:
    """Fold every event and write the rows into ``target``; return how many events there were.

    Args:
        reader: Of the journal.
        target: An empty database with the tables.
        progress: Told how many events are folded.
        until: Number of the last event to fold; `None` is the newest.
        journal: Whether the events themselves are written too.
    """
    book, codec, count = Book(), Codec(EVENTS), 0
    with target.begin() as link:
        for row in reader.read(limit=until):
            retiring = bool(book.retired)
            if retiring or len(book.touched) > _FLUSH_EVERY:
                _flush(book, link)
            event = codec.decode(row.body).event
            recall_subject(link, book, event)
            apply(book, event, row.seq)
            if journal:
                link.exec_driver_sql(_KEEP, (row.seq, row.subject, row.body.decode(), row.chain))
            count += 1
            if progress is not None and count % _CHUNK == 0:
                progress(count)
        _flush(book, link)
    return count


def _flush(book: Book, link: sa.Connection) -> None:
    batch = Batch()
    write_touched(book, batch)
    for (table, _), rows in batch.writes.items():
        statement = build_statement(table, Op.UPSERT, backend=link.dialect.name)
        link.exec_driver_sql(statement.sql, statement.parameters(rows))


def hash_tables(engine: sa.Engine) -> dict[str, str]:
    """Hash every read model, row by row in the order of its key."""
    hashes: dict[str, str] = {}
    encode = msgspec.json.Encoder().encode
    with engine.connect() as link:
        for table in READ_MODELS:
            digest = hashlib.sha256()
            rows = sa.select(table)
            width = len(table.primary_key)
            plain_rows = (tuple(row) for row in link.execute(rows).yield_per(_CHUNK))
            keyed = sorted(plain_rows, key=itemgetter(slice(width)))
            for row in keyed:
                digest.update(encode(row))
            hashes[table.name] = digest.hexdigest()
    return hashes


def state_hash(hashes: Mapping[str, str]) -> str:
    """One hash over those of all tables."""
    text = "\n".join(f"{name} {hashes[name]}" for name in sorted(hashes))
    return hashlib.sha256(text.encode()).hexdigest()
