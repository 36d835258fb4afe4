"""What the journal's tests share: a founded database, made-up events, a hand that tampers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import sqlalchemy as sa

from tradeoms.journal import migrate
from tradeoms.journal.store import Batch, found_journal

CREATED_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)

MakeEngine = Callable[..., sa.Engine]


def founded(url: sa.URL, make_engine: MakeEngine) -> sa.Engine:
    """Migrate, write the genesis row, open for writing."""
    migrate.upgrade(url)
    engine = make_engine(url)
    found_journal(engine, system_id="sys_test", created_at=CREATED_AT)
    return engine


def body(number: int) -> bytes:
    """An event's text, different for each number, with a letter that is two bytes long."""
    return f'{{"type":"Noted","data":{{"n":{number},"by":"Zoë"}}}}'.encode()


def batch_of(*numbers: int) -> Batch:
    """A batch of events, each of an aggregate of its own."""
    return Batch(events=[(f"ord_{number}", body(number)) for number in numbers])


def tamper(engine: sa.Engine, *statements: str) -> None:
    """Change the journal as an administrator of the database could, past the triggers."""
    with engine.begin() as link:
        if engine.dialect.name == "sqlite":
            link.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_update")
            link.exec_driver_sql("DROP TRIGGER IF EXISTS journal_no_delete")
        else:
            link.exec_driver_sql("DROP TRIGGER IF EXISTS journal_append_only ON journal")
        for statement in statements:
            link.exec_driver_sql(statement)


def rows_of(engine: sa.Engine) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table but the migration's own, to compare two databases."""
    found = sa.MetaData()
    with engine.connect() as link:
        found.reflect(link)
        return {
            table.name: sorted(tuple(row) for row in link.execute(sa.select(table)))
            for table in found.sorted_tables
            if table.name != "alembic_version"
        }
