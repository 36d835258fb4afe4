"""Queries whose cost must not grow with what is over: SQLite's own word on how it answers them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import CREATED_AT
from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.journal.store import found_journal
from tradeoms.projections.load import load_live
from tradeoms.projections.paging import EVERYTHING, Cut
from tradeoms.projections.queries_journal import event_numbers, order_events
from tradeoms.projections.queries_orders import OrderFilter, list_orders
from tradeoms.projections.queries_stream import changes_after


@pytest.fixture
def link(tmp_path: Path) -> Iterator[sa.Connection]:
    url = f"sqlite:///{tmp_path}/plans.db"
    migrate.upgrade(url)
    engine = open_engine(url)
    found_journal(engine, system_id="plans", created_at=CREATED_AT)
    with engine.connect() as found:
        yield found
    engine.dispose()


def plans(link: sa.Connection, ask: Any) -> dict[str, str]:  # Any: what asks
    """How each statement that ``ask`` sends is answered, by the table it begins with."""
    asked: list[tuple[str, Any]] = []

    def note(_link: Any, _cursor: Any, text: str, values: Any, *_more: Any) -> None:
        if text.startswith("SELECT"):
            asked.append((text, values))

    sa.event.listen(link, "before_cursor_execute", note)
    ask(link)
    sa.event.remove(link, "before_cursor_execute", note)
    found: dict[str, str] = {}
    for text, values in asked:
        steps = link.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values).all()
        table = text.removeprefix("SELECT ").partition(".")[0]
        found[table] = "; ".join(step[3] for step in steps)
    return found


def test_a_page_by_last_change_sorts_nothing(link: sa.Connection) -> None:
    """A day's end gives all orders that are over one seq: sorting those cost half a second."""
    found = plans(link, lambda at: list_orders(
        at, OrderFilter(sort="-updated_at"), EVERYTHING, Cut(None, 50)
    ))  # fmt: skip
    assert "SCAN orders USING COVERING INDEX ix_orders_seq_id" in found["orders"]
    assert "RIGHT PART" not in found["orders"]


@pytest.mark.parametrize("topic", ["orders", "placements", "executions", "allocations"])
def test_a_snapshot_reads_live_rows_only(link: sa.Connection, topic: str) -> None:
    found = plans(
        link, lambda at: changes_after(at, [topic], after=0, scope=EVERYTHING, live_only=True)
    )
    assert f"ix_{topic}_live" in found[topic]


def test_a_start_reads_live_rows_only(link: sa.Connection) -> None:
    found = plans(link, load_live)
    for table in (
        "orders", "blocks", "placements", "executions", "allocations", "waivers",
    ):  # fmt: skip
        assert f"USING INDEX ix_{table}_live" in found[table]


def test_a_page_of_a_story_is_found_in_the_index_of_subjects(link: sa.Connection) -> None:
    cut = Cut("aTEw", 50)
    found = plans(link, lambda at: order_events(at, "ord_1", EVERYTHING, cut))
    assert "SEARCH journal USING INTEGER PRIMARY KEY (rowid=?)" in found["journal"]
    numbers = plans(link, lambda at: event_numbers(at, ["ord_1", "plc_1"], cut))
    assert (
        "SEARCH journal USING COVERING INDEX ix_journal_subject_seq (subject=? AND seq>?)"
        in (numbers["journal"])
    )
