"""A backup can be restored, on either kind of database, and a damaged one is refused."""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import CREATED_AT, MakeEngine, batch_of, founded, rows_of, tamper
from tradeoms.app.lease import acquire
from tradeoms.journal import backup, migrate
from tradeoms.journal.archive import ArchiveWriter
from tradeoms.journal.chain import Head, verify
from tradeoms.journal.store import Reader, Writer, found_journal
from tradeoms.journal.tables import idempotency, outbox, watermarks
from tradeoms.kernel.errors import (
    ArchiveInvalid,
    JournalCorrupt,
    SchemaTooNew,
    SchemaTooOld,
    TargetNotEmpty,
)
from tradeoms.projections.tables import blocks

NOTE = backup.Restoration(id="kil_1", archive="archive", restored_by="olga", restored_at=1)


@pytest.fixture
def full(engine: sa.Engine) -> sa.Engine:
    """A database that an engine has worked on."""
    lease = acquire(engine, holder="first")
    writer = Writer(engine, epoch=lease.epoch)
    for first in range(1, 40, 3):
        batch = batch_of(first, first + 1, first + 2)
        batch.upsert(watermarks, ("Zoë", first, 2**60))
        batch.insert(outbox, (first, "EMS", '{"text":"line\\nbreak"}', 0))
        batch.upsert(blocks, (f"blk_{first}", first, first % 2 == 0, "{}"))
        batch.upsert(idempotency, ("usr_1", f"k{first}", "00", 201, "{}", 1))
        writer.commit(batch)
    writer.close()
    lease.release()
    return engine


@pytest.fixture
def other_url(request: pytest.FixtureRequest, tmp_path: Path) -> sa.URL:
    """A second, empty database, of the kind the parameter names."""
    if request.param == "sqlite":
        return sa.make_url(f"sqlite:///{tmp_path}/restored.db")
    make: Callable[[], sa.URL] = request.getfixturevalue("make_postgres_url")
    return make()


both_kinds = pytest.mark.parametrize(
    "other_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)


@both_kinds
def test_a_restored_database_holds_the_same_rows_and_goes_on(
    full: sa.Engine, other_url: sa.URL, tmp_path: Path, make_engine: MakeEngine
) -> None:
    archive = tmp_path / "oms.archive"
    head = backup.dump(full.url, archive)
    assert backup.restore(archive, other_url, NOTE) == head == backup.examine(archive)

    restored = make_engine(other_url)
    assert _data_of(restored) == _data_of(full)
    lease = acquire(restored, holder="second")
    writer = Writer(restored, epoch=lease.epoch)
    writer.commit(batch_of(99))
    writer.close()
    lease.release()
    assert verify(Reader(restored), anchors={head.seq: head.chain}).ok


def test_a_restored_database_tells_of_every_restore(
    full: sa.Engine, tmp_path: Path, make_engine: MakeEngine
) -> None:
    backup.dump(full.url, tmp_path / "a")
    backup.restore(tmp_path / "a", f"sqlite:///{tmp_path}/first.db", NOTE)
    backup.dump(f"sqlite:///{tmp_path}/first.db", tmp_path / "b")
    target = sa.make_url(f"sqlite:///{tmp_path}/second.db")
    backup.restore(tmp_path / "b", target, replace(NOTE, id="kil_2"))
    found = rows_of(make_engine(target))["restorations"]
    assert [row[0] for row in found] == ["kil_1", "kil_2"]


def test_an_archive_of_a_schema_without_restorations_is_restored_with_one(
    url: sa.URL, tmp_path: Path, make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The note stands in the transaction that fills the database, at the archive's schema."""
    migrate.upgrade(url, to="0018")
    source = make_engine(url)
    found_journal(source, system_id="old", created_at=CREATED_AT)
    target = sa.make_url(f"sqlite:///{tmp_path}/restored.db")
    with monkeypatch.context() as older:
        older.setattr(migrate, "check", lambda _url: None)
        older.setattr(migrate, "newest", lambda: "0018")
        backup.dump(url, tmp_path / "a")
    upgrade = migrate.upgrade

    def die(where: sa.URL, *, to: str) -> str:  # without `to` it is the one behind the rows
        return upgrade(where, to=to)

    with monkeypatch.context() as dies:
        dies.setattr(migrate, "upgrade", die)
        with pytest.raises(TypeError, match="'to'"):
            backup.restore(tmp_path / "a", target, NOTE)
    assert len(rows_of(make_engine(target))["restorations"]) == 1
    assert migrate.upgrade(target) == migrate.newest()


def test_engines_on_a_restored_database_make_no_id_that_a_lost_one_may_have_made(
    full: sa.Engine, tmp_path: Path, make_engine: MakeEngine
) -> None:
    archive, target = tmp_path / "oms.archive", sa.make_url(f"sqlite:///{tmp_path}/restored.db")
    backup.dump(full.url, archive)
    lost = set()
    for _ in range(3):  # engines of the stretch that the archive does not have
        lease = acquire(full, holder="lost")
        lost.add(lease.epoch)
        lease.release()
    backup.restore(archive, target, NOTE)
    lease = acquire(make_engine(target), holder="second")
    lease.release()
    assert lease.epoch > max(lost) + 900


def _data_of(engine: sa.Engine) -> dict[str, object]:
    """All rows but the epoch, which a restore raises, and what it notes of itself."""
    own = ("leader", "restorations")
    return {name: rows for name, rows in rows_of(engine).items() if name not in own}


def test_an_archive_of_a_journal_without_events_can_be_restored(
    engine: sa.Engine, tmp_path: Path, make_engine: MakeEngine
) -> None:
    target = sa.make_url(f"sqlite:///{tmp_path}/restored.db")
    head = backup.dump(engine.url, tmp_path / "archive")
    assert backup.restore(tmp_path / "archive", target, NOTE) == head == Head(0, head.chain)
    assert _data_of(make_engine(target)) == _data_of(engine)


def test_a_backup_is_one_moment_while_the_engine_goes_on(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer commits between the tables of the snapshot; none of it is in the archive."""
    writer = Writer(engine, epoch=0)
    writer.commit(batch_of(1))
    numbers = iter(range(2, 1000))
    begin = ArchiveWriter.begin

    def commit_first(archive: ArchiveWriter, table: str) -> None:
        number = next(numbers)
        batch = batch_of(number)
        batch.upsert(watermarks, ("EMS", number, number))
        writer.commit(batch)
        begin(archive, table)

    monkeypatch.setattr(ArchiveWriter, "begin", commit_first)
    head = backup.dump(engine.url, tmp_path / "archive")
    assert head.seq == 1
    assert writer.head.seq > 5
    writer.close()
    assert b"EMS" not in (tmp_path / "archive").read_bytes()


def test_a_restore_never_touches_a_database_that_holds_something(
    full: sa.Engine, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    backup.dump(full.url, archive)
    before = rows_of(full)
    with pytest.raises(TargetNotEmpty):
        backup.restore(archive, full.url, NOTE)
    assert rows_of(full) == before


def test_a_backup_never_replaces_a_file(full: sa.Engine, tmp_path: Path) -> None:
    (tmp_path / "archive").write_text("precious")
    with pytest.raises(TargetNotEmpty):
        backup.dump(full.url, tmp_path / "archive")
    assert (tmp_path / "archive").read_text() == "precious"


def test_a_corrupt_journal_is_not_backed_up(full: sa.Engine, tmp_path: Path) -> None:
    tamper(full, "UPDATE journal SET subject = 'x' WHERE seq = 7")
    with pytest.raises(JournalCorrupt, match="at event 7"):
        backup.dump(full.url, tmp_path / "archive")
    assert [path.name for path in tmp_path.iterdir() if "archive" in path.name] == []


def test_an_unmigrated_database_is_not_backed_up(url: sa.URL, tmp_path: Path) -> None:
    with pytest.raises(SchemaTooOld):
        backup.dump(url, tmp_path / "archive")


@pytest.fixture
def archive(sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path) -> Path:
    """A sound archive of a small journal."""
    writer = Writer(founded(sqlite_url, make_engine), epoch=0)
    writer.commit(batch_of(*range(1, 6)))
    writer.close()
    backup.dump(sqlite_url, tmp_path / "archive")
    return tmp_path / "archive"


def test_any_damaged_byte_of_an_archive_is_found_before_anything_is_restored(
    archive: Path, tmp_path: Path
) -> None:
    seed = 7
    dice = random.Random(seed)
    sound = archive.read_bytes()
    target = tmp_path / "restored.db"
    for turn in range(300):
        place = dice.randrange(len(sound))
        flipped = sound[place] ^ 1 << dice.randrange(8)
        archive.write_bytes(sound[:place] + bytes([flipped]) + sound[place + 1 :])
        with pytest.raises(ArchiveInvalid):
            backup.restore(archive, f"sqlite:///{target}", NOTE)
        assert not target.exists(), (seed, turn, place)


def test_an_archive_cut_anywhere_is_found(archive: Path) -> None:
    sound = archive.read_bytes()
    for size in range(0, len(sound), 7):
        archive.write_bytes(sound[:size])
        with pytest.raises(ArchiveInvalid):
            backup.examine(archive)
    archive.write_bytes(sound + b"\n")
    with pytest.raises(ArchiveInvalid):
        backup.examine(archive)


def test_an_archive_whose_checksum_was_made_good_again_is_found_by_the_chain(archive: Path) -> None:
    lines = archive.read_bytes().splitlines(keepends=True)[:-1]
    forged = b"".join(lines).replace(b"ord_3", b"ord_9")
    with archive.open("wb") as file:
        file.write(forged)
    resum(archive, rows=sum(line.startswith(b"[") for line in lines))
    with pytest.raises(JournalCorrupt, match="at event 3"):
        backup.examine(archive)


def test_an_archive_of_a_newer_tradeoms_is_refused(archive: Path, tmp_path: Path) -> None:
    lines = archive.read_bytes().splitlines(keepends=True)[:-1]
    newest = f'"schema":"{migrate.newest()}"'.encode()
    archive.write_bytes(b"".join(lines).replace(newest, b'"schema":"9999"'))
    resum(archive, rows=sum(line.startswith(b"[") for line in lines))
    with pytest.raises(SchemaTooNew, match="9999"):
        backup.restore(archive, f"sqlite:///{tmp_path}/restored.db", NOTE)


def resum(archive: Path, *, rows: int) -> None:
    """Write the end line that fits the lines that are there."""
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    with archive.open("ab") as file:
        file.write(f'{{"rows":{rows},"sha256":"{digest}"}}\n'.encode())


def test_a_page_by_page_copy_is_the_same_database(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = founded(sqlite_url, make_engine)
    writer = Writer(engine, epoch=0)
    writer.commit(batch_of(*range(1, 200)))
    head = backup.copy_sqlite(sqlite_url, tmp_path / "copy.db")
    assert head == writer.head
    writer.close()
    copy = make_engine(sa.make_url(f"sqlite:///{tmp_path}/copy.db"))
    assert rows_of(copy) == rows_of(engine)
    assert [path.name for path in tmp_path.iterdir() if ".part" in path.name] == []


def test_a_page_by_page_copy_of_a_corrupt_journal_is_not_kept(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = founded(sqlite_url, make_engine)
    writer = Writer(engine, epoch=0)
    writer.commit(batch_of(1, 2, 3))
    writer.close()
    tamper(engine, "UPDATE journal SET body = '{}' WHERE seq = 2")
    with pytest.raises(JournalCorrupt, match="at event 2"):
        backup.copy_sqlite(sqlite_url, tmp_path / "copy.db")
    assert [path.name for path in tmp_path.iterdir() if "copy.db" in path.name] == []


def test_a_copy_never_replaces_a_file(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    founded(sqlite_url, make_engine)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as mine:
        mine.execute("CREATE TABLE mine (id)")
    with pytest.raises(TargetNotEmpty):
        backup.copy_sqlite(sqlite_url, tmp_path / "copy.db")
