"""Rows that are loaded tell when they came and when they last changed, as the journal does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from tests.engine.house import opened
from tradeoms import bootstrap
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.reference.commands import LoadFunds
from tradeoms.domain.reference.events import FundDefined
from tradeoms.domain.reference.state import Fund
from tradeoms.journal.codec import Codec
from tradeoms.journal.statements import KEPT
from tradeoms.journal.store import Batch, Reader
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.project import micros, write_touched
from tradeoms.projections.tables import READ_MODELS
from tradeoms.projections.touched import STAMPED
from tradeoms.settings import Settings

FUND = Fund(code="A", name="Renamed", currency="USD")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_the_tables_are_those_with_the_columns() -> None:
    kept = {
        table.name
        for table in READ_MODELS
        if any(column.info.get(KEPT) for column in table.columns)
    }
    assert kept == STAMPED


def test_what_changes_twice_before_it_is_written_came_with_the_first() -> None:
    book, batch = Book(), Batch()
    for hours in (0, 1, 2):
        event = FundDefined(fund=FUND, at=NOON + timedelta(hours=hours))
        apply(book, event, hours + 1)
    write_touched(book, batch)
    ((*_, came, changed),) = next(
        rows for (table, _), rows in batch.writes.items() if table is t.funds
    )
    assert (came, changed) == (micros(NOON), micros(NOON + timedelta(hours=2)))
    assert not book.touched.spans


def test_a_row_keeps_when_it_came_and_tells_when_it_changed(data: Path) -> None:
    settings = Settings(data=data)
    with opened(data) as house:
        house.get(LoadFunds(funds=(FUND,)), user="system")
    reading = bootstrap.reader(settings)
    codec = Codec(EVENTS)
    told = [
        codec.decode(row.body).meta.at
        for row in Reader(reading).read()
        if row.subject == f"fund_{FUND.code}" and b"FundDefined" in row.body
    ]
    assert len(told) > 1
    with reading.connect() as link:
        wanted = sa.select(t.funds.c.created_at, t.funds.c.updated_at)
        row = link.execute(wanted.where(t.funds.c.code == FUND.code)).one()
    reading.dispose()
    assert tuple(row) == (micros(told[0]), micros(told[-1]))
    assert row.created_at < row.updated_at
    assert bootstrap.replay(settings).differing == ()
