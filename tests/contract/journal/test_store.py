"""Append and read: the same contract on SQLite and PostgreSQL."""

from __future__ import annotations

import hashlib

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import CREATED_AT, MakeEngine, batch_of, body, founded, rows_of
from tradeoms.journal.chain import verify
from tradeoms.journal.store import Batch, Head, Reader, Row, Writer, found_journal
from tradeoms.journal.tables import idempotency, leader, outbox, watermarks
from tradeoms.kernel.errors import CommitFailed, Fenced, JournalCorrupt, TargetNotEmpty
from tradeoms.projections.tables import READ_MODELS

#: Every column type that the fast paths know.
KINDS = sa.Table(
    "kinds",
    sa.MetaData(),
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("small", sa.Integer),
    sa.Column("flag", sa.Boolean),
    sa.Column("order", sa.Text),  # a reserved word
    sa.Column("raw", sa.LargeBinary),
    sqlite_strict=True,
)
BIG = 2**63 - 1


def test_a_new_journal_is_empty_and_its_chain_starts_at_the_genesis_text(reader: Reader) -> None:
    genesis = b'{"system":"sys_test","created":"2026-01-02T03:04:05.678901Z","schema":1}'
    assert reader.head() == Head(0, hashlib.sha256(genesis).digest())
    assert list(reader.read()) == []


def test_a_journal_is_founded_once(engine: sa.Engine) -> None:
    with pytest.raises(TargetNotEmpty):
        found_journal(engine, system_id="sys_other", created_at=CREATED_AT)


def test_without_genesis_nothing_is_written(url: sa.URL, make_engine: MakeEngine) -> None:
    engine = founded(url, make_engine)
    with engine.begin() as link:
        trigger = "genesis_no_delete" if url.get_backend_name() == "sqlite" else ""
        link.exec_driver_sql(
            f"DROP TRIGGER {trigger}" if trigger else "DROP TRIGGER genesis_append_only ON genesis"
        )
        link.exec_driver_sql("DELETE FROM genesis")
    with pytest.raises(JournalCorrupt, match="at event 0"):
        Writer(engine, epoch=0)


def test_events_come_back_in_order_exactly_as_written(writer: Writer, reader: Reader) -> None:
    writer.commit(batch_of(1, 2))
    head = writer.commit(batch_of(3))
    rows = list(reader.read())
    assert [(row.seq, row.subject, row.body) for row in rows] == [
        (1, "ord_1", body(1)),
        (2, "ord_2", body(2)),
        (3, "ord_3", body(3)),
    ]
    assert head == writer.head == reader.head() == Head(3, rows[-1].chain)


def test_reading_starts_behind_a_position_and_stops_at_a_limit(
    writer: Writer, reader: Reader
) -> None:
    writer.commit(batch_of(*range(1, 8)))
    assert [row.seq for row in reader.read(after=2, limit=3)] == [3, 4, 5]
    assert [row.seq for row in reader.read(after=6)] == [7]
    assert list(reader.read(after=7)) == []
    assert list(reader.read(limit=0)) == []


def test_reading_goes_on_over_many_chunks(
    writer: Writer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradeoms.journal.store._READ_CHUNK", 3)
    writer.commit(batch_of(*range(1, 10)))
    assert [row.seq for row in reader.read()] == list(range(1, 10))
    assert [row.seq for row in reader.read(limit=7)] == list(range(1, 8))


def test_the_events_of_some_aggregates_are_found_in_journal_order(
    writer: Writer, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tradeoms.journal.store._SUBJECT_CHUNK", 2)
    writer.commit(Batch(events=[(name, body(0)) for name in ("a", "b", "c", "a", "d", "b")]))
    found = reader.read_subjects(["c", "b", "a", "none", "b"])
    assert [(row.seq, row.subject) for row in found] == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
        (4, "a"),
        (6, "b"),
    ]
    assert isinstance(found[0], Row)
    assert reader.read_subjects([]) == []


def test_a_new_writer_goes_on_where_the_last_one_ended(
    writer: Writer, engine: sa.Engine, reader: Reader
) -> None:
    writer.commit(batch_of(1))
    writer.close()
    again = Writer(engine, epoch=0)
    again.commit(batch_of(2))
    again.close()
    assert verify(reader).head == reader.head() == again.head
    assert again.head.seq == 2


def test_rows_of_every_kind_are_inserted_replaced_and_deleted(
    writer: Writer, engine: sa.Engine
) -> None:
    KINDS.metadata.create_all(engine)
    full = ("a", BIG, -1, True, "Zoë \"'\\ \t%s ?", bytes(range(256)))
    empty = ("a", 1, None, None, None, None)
    batch = Batch()
    batch.insert(KINDS, full)
    batch.upsert(KINDS, empty)
    writer.commit(batch)
    assert rows_of(engine)["kinds"] == [empty, full]

    second = Batch()
    second.upsert(KINDS, ("a", 1, 7, False, "", b""))
    second.delete(KINDS, ("a", BIG))
    second.delete(KINDS, ("never", 0))
    writer.commit(second)
    assert rows_of(engine)["kinds"] == [("a", 1, 7, False, "", b"")]


def test_a_deleted_row_makes_room_for_another_in_the_same_batch(
    writer: Writer, engine: sa.Engine
) -> None:
    first = Batch()
    first.insert(watermarks, ("EMS", 1, 10))
    writer.commit(first)
    second = Batch()
    second.insert(watermarks, ("EMS", 2, 0))
    second.delete(watermarks, ("EMS", 1))
    writer.commit(second)
    assert rows_of(engine)["watermarks"] == [("EMS", 2, 0)]


def test_a_batch_may_be_empty_or_hold_no_event(writer: Writer, engine: sa.Engine) -> None:
    before = writer.head
    assert writer.commit(Batch()) == before
    batch = Batch()
    batch.upsert(watermarks, ("EMS", 1, 10))
    assert writer.commit(batch) == before
    assert rows_of(engine)["watermarks"] == [("EMS", 1, 10)]


def test_a_batch_whose_last_row_fails_leaves_nothing(writer: Writer, engine: sa.Engine) -> None:
    writer.commit(batch_of(1))
    before = rows_of(engine)
    batch = batch_of(2, 3)
    batch.upsert(watermarks, ("EMS", 1, 10))
    batch.insert(outbox, (1, "EMS", "{}", 0))
    batch.upsert(watermarks, ("EMS", 2, None))
    with pytest.raises(CommitFailed) as failure:
        writer.commit(batch)
    assert failure.value.outcome_known
    assert rows_of(engine) == before


def test_a_second_event_of_the_same_number_is_refused(engine: sa.Engine, writer: Writer) -> None:
    other = Writer(engine, epoch=0)
    writer.commit(batch_of(1))
    with pytest.raises(CommitFailed):
        other.commit(batch_of(2))
    other.close()


def test_a_writer_that_failed_never_writes_again(writer: Writer, reader: Reader) -> None:
    bad = Batch()
    bad.upsert(watermarks, ("EMS", 1, None))
    with pytest.raises(CommitFailed):
        writer.commit(bad)
    with pytest.raises(CommitFailed, match="has stopped") as failure:
        writer.commit(batch_of(1))
    assert failure.value.outcome_known
    assert reader.head().seq == 0


@pytest.mark.parametrize("row", [("EMS", 1), ("EMS", 1, 2, 3), ("EMS", 1, 2**63), ("EMS", "x", 1)])
def test_a_row_that_does_not_fit_its_table_fails_the_commit(
    writer: Writer, engine: sa.Engine, row: tuple[object, ...]
) -> None:
    batch = batch_of(1)
    batch.upsert(watermarks, row)
    with pytest.raises(CommitFailed):
        writer.commit(batch)
    assert rows_of(engine)["journal"] == []


def test_an_engine_of_an_older_epoch_is_fenced(
    writer: Writer, engine: sa.Engine, reader: Reader
) -> None:
    writer.commit(batch_of(1))
    with engine.begin() as link:
        link.execute(leader.update().values(epoch=1, holder="another"))
    with pytest.raises(Fenced, match="epoch 0"):
        writer.commit(batch_of(2))
    with pytest.raises(CommitFailed, match="has stopped"):
        writer.commit(batch_of(2))
    assert reader.head().seq == 1


def test_the_database_itself_refuses_to_change_an_event(writer: Writer, engine: sa.Engine) -> None:
    writer.commit(batch_of(1))
    for statement in (
        "UPDATE journal SET subject = 'x'",
        "DELETE FROM journal",
        "UPDATE genesis SET body = 'x'",
        "DELETE FROM genesis",
    ):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as link:
            link.exec_driver_sql(statement)


def test_a_reader_cannot_write(reader: Reader) -> None:
    with pytest.raises(sa.exc.DBAPIError), reader.engine.begin() as link:
        link.execute(watermarks.insert().values(session="EMS", epoch=1, row=1))


def test_every_table_takes_a_row_through_the_fast_path(writer: Writer, engine: sa.Engine) -> None:
    batch = Batch()
    expected = {}
    for table in (idempotency, outbox, watermarks, *READ_MODELS):
        row = tuple(_some_value(column) for column in table.columns)
        batch.upsert(table, row)
        expected[table.name] = [row]
    writer.commit(batch)
    assert {name: rows for name, rows in rows_of(engine).items() if name in expected} == expected


def _some_value(column: sa.Column[object]) -> object:
    match column.type:
        case sa.Boolean():
            return True
        case sa.Integer():
            return 7
        case sa.LargeBinary():
            return b"\x00\xff"
        case _:
            return "text"
