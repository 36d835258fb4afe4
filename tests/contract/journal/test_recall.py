"""Keys used long ago are found by their index, also in a table that nobody has analysed yet."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, founded
from tradeoms.app.recall import Recall

TABLES = ("idempotency", "orders", "exec_ids")
WITHIN_S = 30


@pytest.mark.postgres
def test_postgresql_reads_no_table_of_keys_from_end_to_end(
    postgres_url: sa.URL, make_engine: MakeEngine
) -> None:
    """An empty table is read whole by choice; such a plan was kept while the table grew."""
    admin = founded(postgres_url, make_engine)
    before = _scans(admin)
    recall = Recall(make_engine(postgres_url, read_only=True))
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        for _ in range(10):  # more than PostgreSQL plans anew
            assert recall.answers({("pm", "k")}) == {}
            assert recall.client_orders({("pm", "k")}) == {}
            assert recall.exec_ids({("BROKER", "k")}) == {("BROKER", "k"): ""}
        after = _scans(admin)
        if all(after[table][1] > before[table][1] for table in TABLES):
            break
        time.sleep(0.1)
    recall.close()
    assert {table: after[table][0] - before[table][0] for table in TABLES} == dict.fromkeys(
        TABLES, 0
    )
    assert all(after[table][1] > before[table][1] for table in TABLES)


def _scans(admin: sa.Engine) -> dict[str, tuple[int, int]]:
    """How often each table was read from end to end, and by an index."""
    with admin.connect() as link:
        rows = link.exec_driver_sql(
            "SELECT relname, seq_scan, coalesce(idx_scan, 0) FROM pg_stat_user_tables"
        )
        return {name: (whole, by_index) for name, whole, by_index in rows}
