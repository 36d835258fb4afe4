"""The databases that the journal's contract is tested on: every test runs on each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, founded
from tradeoms.journal.store import Reader, Writer, open_engine

ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgres))


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> sa.URL:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return sa.make_url(f"sqlite:///{tmp_path}/oms.db")
    found: sa.URL = request.getfixturevalue("postgres_url")
    return found


@pytest.fixture
def make_engine() -> Iterator[MakeEngine]:
    """Open engines that are closed again after the test."""
    opened: list[sa.Engine] = []

    def make(target: sa.URL, *, read_only: bool = False) -> sa.Engine:
        opened.append(open_engine(target, read_only=read_only))
        return opened[-1]

    yield make
    for engine in opened:
        engine.dispose()


@pytest.fixture
def engine(url: sa.URL, make_engine: MakeEngine) -> sa.Engine:
    """A founded journal without events, open for writing."""
    return founded(url, make_engine)


@pytest.fixture
def writer(engine: sa.Engine) -> Iterator[Writer]:
    """The single writer of that journal."""
    opened = Writer(engine, epoch=0)
    yield opened
    opened.close()


@pytest.fixture
def reader(url: sa.URL, engine: sa.Engine, make_engine: MakeEngine) -> Reader:
    """A reader of that journal, on connections that cannot write."""
    return Reader(make_engine(url, read_only=True))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> sa.URL:
    """An empty SQLite database, for what PostgreSQL has no word for."""
    return sa.make_url(f"sqlite:///{tmp_path}/only.db")
