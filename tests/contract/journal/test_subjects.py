"""Events are found by how their subjects begin: the order of their bytes, and an index."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import body
from tradeoms.journal.store import Batch, Writer
from tradeoms.journal.tables import journal
from tradeoms.projections.controls import CONTROLS, begins_with

SUBJECTS = (
    "fund_A", "fund_Ä", "fund_a", "fundamental_1", "fund`", "fund", "ord_1", "Rule_x", "rule_x.y",
    "rule_X", "rule_", "rules", "usr_ada", "usr-ada", "key_k1", "kil_1", "dst_B", "dst.B",
)  # fmt: skip


@pytest.fixture
def filled(engine: sa.Engine) -> sa.Engine:
    writer = Writer(engine, epoch=0)
    writer.commit(Batch(events=[(name, body(n)) for n, name in enumerate(SUBJECTS)]))
    writer.close()
    return engine


def test_what_begins_alike_is_found_and_nothing_else(filled: sa.Engine) -> None:
    with filled.connect() as link:
        for start, _ in CONTROLS.values():
            wanted = sa.select(journal.c.subject).where(begins_with(start))
            found = set(link.execute(wanted).scalars())
            assert found == {name for name in SUBJECTS if name.startswith(start)}, start


def test_it_is_looked_up_in_the_index(filled: sa.Engine) -> None:
    wanted = sa.select(journal.c.seq).where(begins_with("rule_"))
    text = wanted.compile(filled, compile_kwargs={"literal_binds": True})
    with filled.connect() as link:
        if filled.dialect.name == "sqlite":
            plan = link.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}").all()
            asked = "ix_journal_subject_seq (subject>? AND subject<?)"
        else:
            link.exec_driver_sql("SET enable_seqscan = off")
            plan = link.exec_driver_sql(f"EXPLAIN {text}").all()
            asked = "Index Cond: ((subject >= 'rule_'::text) AND (subject < 'rule`'::text))"
    assert asked in str(plan).replace('"', "")
