"""The settings that durability hangs on are set, read back, and missed when they are not there."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, founded
from tradeoms.journal.database import POSTGRESQL_SETTINGS, SQLITE_PRAGMAS, open_engine
from tradeoms.kernel.errors import DatabaseUnfit


@pytest.mark.parametrize("read_only", [False, True])
def test_every_sqlite_connection_has_every_pragma(
    sqlite_url: sa.URL, make_engine: MakeEngine, read_only: bool
) -> None:
    founded(sqlite_url, make_engine)
    with make_engine(sqlite_url, read_only=read_only).connect() as link:
        found = {
            name: link.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in (*SQLITE_PRAGMAS, "query_only")
        }
    assert found == {**SQLITE_PRAGMAS, "query_only": int(read_only)}


@pytest.mark.postgres
def test_every_postgresql_connection_waits_for_the_disk_and_for_nothing_else_for_ever(
    postgres_url: sa.URL, make_engine: MakeEngine
) -> None:
    founded(postgres_url, make_engine)
    with make_engine(postgres_url).connect() as link:
        found = {
            name: link.exec_driver_sql(
                "SELECT setting FROM pg_settings WHERE lower(name) = %s", (name,)
            ).scalar()
            for name in (*POSTGRESQL_SETTINGS, "synchronous_commit")
        }
    assert found == {**POSTGRESQL_SETTINGS, "synchronous_commit": "on"}


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("server", "ours"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
def test_a_server_set_to_less_than_durable_is_raised_and_one_set_to_more_is_kept(
    postgres_url: sa.URL, make_engine: MakeEngine, server: str, ours: str
) -> None:
    with make_engine(postgres_url).begin() as link:
        link.exec_driver_sql(
            f"ALTER DATABASE {postgres_url.database} SET synchronous_commit = {server}"
        )
    with make_engine(postgres_url).connect() as link:
        assert link.exec_driver_sql("SHOW synchronous_commit").scalar() == ours


def test_a_writing_transaction_holds_the_write_lock_from_its_beginning(
    sqlite_url: sa.URL, make_engine: MakeEngine
) -> None:
    engine = founded(sqlite_url, make_engine)
    with engine.begin():
        other = sqlite3.connect(str(sqlite_url.database), timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.close()


def test_a_reading_engine_does_not_create_a_database(tmp_path: Path) -> None:
    path = tmp_path / "missing.db"
    engine = open_engine(f"sqlite:///{path}", read_only=True)
    with pytest.raises(sa.exc.OperationalError, match="unable to open"):
        engine.connect()
    assert not path.exists()


@pytest.mark.parametrize(
    ("mounted", "refused"),
    [("nfs4", True), ("cifs", True), ("ext4", False)],
)
def test_a_sqlite_database_is_not_kept_on_a_network_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mounted: str, refused: bool
) -> None:
    folder = tmp_path / "shared disk"
    folder.mkdir()
    mounts = tmp_path / "mounts"
    point = str(folder).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda1 / ext4 rw 0 0\nserver:/x {point} {mounted} rw 0 0\n")
    monkeypatch.setattr("tradeoms.journal.database._MOUNTS", mounts)
    if refused:
        with pytest.raises(DatabaseUnfit, match=mounted):
            open_engine(f"sqlite:///{folder}/oms.db")
    else:
        open_engine(f"sqlite:///{folder}/oms.db").dispose()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/oms"])
def test_a_database_that_cannot_keep_a_journal_is_refused(url: str) -> None:
    with pytest.raises(DatabaseUnfit):
        open_engine(url)
