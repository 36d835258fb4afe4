"""Lists of a PostgreSQL database whose texts have the order of a language, not of their bytes."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Walk, beyond, fetch, leg
from tradeoms.projections.queries import open_reader

pytestmark = pytest.mark.postgres

#: American English has them otherwise than their bytes: small before large, marks between.
CODES = ("A-1", "A1", "AB", "B", "Z", "_x", "a", "a-b", "ab", "b", "é", "zz", "Éa", "ß", "ä")


@pytest.fixture
def english(make_postgres_url: Callable[..., sa.URL]) -> sa.URL:
    """A database with the order of American English."""
    try:
        return make_postgres_url("LOCALE_PROVIDER icu ICU_LOCALE 'en-US'")
    except sa.exc.NotSupportedError:
        pytest.skip("this server has no ICU: TRADEOMS_TEST_PG_URL names one that has")


@pytest.fixture
def reader(english: sa.URL) -> Iterator[sa.Engine]:
    """Funds of these codes, of which some are not wanted, and many more behind them."""
    migrate.upgrade(english)
    writer = open_engine(english)
    rows = [(code, number) for number, code in enumerate(CODES)]
    rows += [(f"{code}{number:05}", 0) for code in "aBc" for number in range(1_000)]
    random.Random(3).shuffle(rows)
    fund = {"seq": 1, "created_at": 0, "updated_at": 0}
    with writer.begin() as link:
        link.execute(
            sa.insert(t.funds), [{**fund, "code": code, "state": str(n % 4)} for code, n in rows]
        )
    with writer.connect().execution_options(isolation_level="AUTOCOMMIT") as link:
        link.execute(sa.text("VACUUM ANALYZE funds"))
    writer.dispose()
    opened = open_reader(english.render_as_string(hide_password=False))
    yield opened
    opened.dispose()


def pages(link: sa.Connection, *, descending: bool) -> list[str]:
    """The codes of all pages, of which each may test but three rows."""
    key = (t.funds.c.code,)
    found: list[str] = []
    after: str | None = None
    while True:
        behind = beyond(key, after, descending=descending)
        walk = Walk(
            table=t.funds,
            key=key,
            legs=lambda count: [leg(key, *behind, count=count, descending=descending)],  # noqa: B023  # called at once
            residue=(t.funds.c.state == "1", sa.func.length(t.funds.c.code) < 4),
            descending=descending,
            window=3,
        )
        rows, after = fetch(link, walk, key, 2)
        found += [row.code for row in rows]
        if after is None:
            return found


@pytest.mark.parametrize("descending", [True, False])
def test_pages_leave_out_and_repeat_nothing(reader: sa.Engine, *, descending: bool) -> None:
    wanted = sorted((code for n, code in enumerate(CODES) if n % 4 == 1), reverse=descending)
    with reader.connect() as link:
        assert pages(link, descending=descending) == wanted


def test_a_page_still_follows_the_index(reader: sa.Engine) -> None:
    key = (t.funds.c.code,)
    wanted = leg(key, *beyond(key, "c2MwMDk5MA"), count=50)  # behind "c00990"
    with reader.connect() as link:
        text = str(wanted.compile(link, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(link.exec_driver_sql(f"EXPLAIN {text}").scalars())
    assert "Index Only Scan Backward using" in plan, plan
    assert "Index Cond" in plan, plan
    assert "Sort" not in plan, plan
