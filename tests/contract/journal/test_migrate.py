"""The migrated database is what the code believes it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, batch_of, founded, rows_of
from tradeoms.journal import migrate
from tradeoms.journal.database import database_path
from tradeoms.journal.store import Writer
from tradeoms.journal.tables import (
    genesis,
    idempotency,
    journal,
    leader,
    metadata,
    outbox,
    restorations,
    watermarks,
)
from tradeoms.kernel.errors import SchemaTooNew, SchemaTooOld
from tradeoms.projections.tables import READ_MODELS, shapes


def declared(engine: sa.Engine) -> dict[str, object]:
    """The tables as they are declared, in the words of this database."""
    machinery = (journal, genesis, leader, idempotency, outbox, restorations, watermarks)
    tables = (*machinery, shapes, *READ_MODELS)
    assert set(tables) == set(metadata.tables.values())
    return {table.name: described(table, engine) for table in tables}


def migrated(engine: sa.Engine) -> dict[str, object]:
    """The tables as the database has them."""
    found = sa.MetaData()
    found.reflect(engine)
    return {
        table.name: described(table, engine)
        for table in found.tables.values()
        if table.name != "alembic_version"
    }


def described(table: sa.Table, engine: sa.Engine) -> dict[str, object]:
    columns = [
        (column.name, column.type.compile(engine.dialect), column.nullable)
        for column in table.columns
    ]
    indexes = {
        (str(index.name), tuple(column.name for column in index.columns), bool(index.unique))
        for index in table.indexes
    }
    uniques = {
        tuple(column.name for column in constraint.columns)
        for constraint in table.constraints
        if isinstance(constraint, sa.UniqueConstraint)
    }
    return {
        "columns": columns,
        "key": [column.name for column in table.primary_key],
        "indexes": indexes,
        "uniques": uniques,
    }


def test_migrating_gives_exactly_the_declared_tables(engine: sa.Engine) -> None:
    assert migrated(engine) == declared(engine)


def test_every_table_of_sqlite_is_strict(sqlite_url: sa.URL, make_engine: MakeEngine) -> None:
    engine = founded(sqlite_url, make_engine)
    with engine.connect() as link:
        lax = link.exec_driver_sql(
            "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' "
            "AND strict = 0 AND name NOT IN ('alembic_version', 'sqlite_schema')"
        ).all()
    assert lax == []


def test_migrating_again_changes_nothing(url: sa.URL, engine: sa.Engine) -> None:
    writer = Writer(engine, epoch=0)
    writer.commit(batch_of(1))
    writer.close()
    before = rows_of(engine)
    assert migrate.upgrade(url) == migrate.newest() == migrate.current(url)
    migrate.check(url)
    assert rows_of(engine) == before


def test_c16_a_newer_schema_is_refused_and_left_alone(url: sa.URL, engine: sa.Engine) -> None:
    with engine.begin() as link:
        link.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    for refused in (migrate.upgrade, migrate.check):
        with pytest.raises(SchemaTooNew, match="schema 9999"):
            refused(url)
    assert migrate.current(url) == "9999"


def test_a_database_without_schema_says_what_to_run(url: sa.URL) -> None:
    assert migrate.current(url) is None
    with pytest.raises(SchemaTooOld, match="tradeoms init"):
        migrate.check(url)


def test_asking_for_the_revision_creates_no_file(sqlite_url: sa.URL) -> None:
    assert migrate.current(sqlite_url) is None
    assert not database_path(sqlite_url).exists()


def test_c16_a_migration_that_fails_leaves_the_schema_as_it_was(
    url: sa.URL, make_engine: MakeEngine
) -> None:
    engine = make_engine(url)
    with engine.begin() as link:
        link.exec_driver_sql("CREATE TABLE watermarks (session INTEGER)")
    with pytest.raises(sa.exc.DBAPIError, match="watermarks"):
        migrate.upgrade(url)
    assert set(migrated(engine)) == {"watermarks"}
    assert migrate.current(url) is None
