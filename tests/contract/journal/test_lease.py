"""One engine at a time; one that has lost the lease cannot write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, batch_of
from tradeoms.app.lease import Lease, acquire, current_holder
from tradeoms.journal.database import database_path
from tradeoms.journal.store import Reader, Writer
from tradeoms.kernel.errors import Fenced, LeaseHeld


def lose(lease: Lease, engine: sa.Engine) -> None:
    """Take the lock away from its holder as the world does: a cut connection, a removed file."""
    if engine.dialect.name == "sqlite":
        path = database_path(engine.url)
        path.with_name(path.name + ".lock").unlink()
        return
    with engine.begin() as link:
        link.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )


def test_each_holder_gets_the_next_epoch(engine: sa.Engine) -> None:
    first = acquire(engine, holder="one")
    assert (first.epoch, current_holder(engine)) == (1, "one")
    first.check()
    first.release()
    second = acquire(engine, holder="two")
    assert (second.epoch, current_holder(engine)) == (2, "two")
    second.release()


def test_a_lease_is_free_as_soon_as_it_is_released(engine: sa.Engine) -> None:
    for number in range(50):
        acquire(engine, holder=f"engine {number}").release()


def test_a_second_engine_is_told_who_holds_the_database(
    url: sa.URL, engine: sa.Engine, make_engine: MakeEngine
) -> None:
    lease = acquire(engine, holder="host-a pid 4711")
    with pytest.raises(LeaseHeld, match="host-a pid 4711"):
        acquire(make_engine(url), holder="host-b pid 12")
    lease.check()
    lease.release()


def test_a_holder_whose_lock_is_lost_knows_it(engine: sa.Engine) -> None:
    lease = acquire(engine, holder="one")
    lose(lease, engine)
    with pytest.raises(Fenced):
        lease.check()
    lease.release()


def test_c21_d06_an_engine_that_wakes_after_another_took_over_writes_nothing(
    url: sa.URL, engine: sa.Engine, make_engine: MakeEngine, reader: Reader
) -> None:
    frozen = acquire(engine, holder="frozen")
    zombie = Writer(engine, epoch=frozen.epoch)
    zombie.commit(batch_of(1))
    lose(frozen, engine)

    successor_engine = make_engine(url)
    successor = acquire(successor_engine, holder="successor")
    leader = Writer(successor_engine, epoch=successor.epoch)
    leader.commit(batch_of(2))
    with pytest.raises(Fenced):
        zombie.commit(batch_of(3))
    with pytest.raises(Fenced):
        frozen.check()
    leader.commit(batch_of(4))

    assert [row.subject for row in reader.read()] == ["ord_1", "ord_2", "ord_4"]
    leader.close()
    frozen.release()
    successor.release()


def test_the_lease_is_free_again_when_taking_it_fails_halfway(
    engine: sa.Engine, make_engine: MakeEngine, url: sa.URL
) -> None:
    with engine.begin() as link:
        link.exec_driver_sql("ALTER TABLE leader RENAME TO hidden")
    with pytest.raises(sa.exc.DBAPIError):
        acquire(engine, holder="one")
    with engine.begin() as link:
        link.exec_driver_sql("ALTER TABLE hidden RENAME TO leader")
    acquire(make_engine(url), holder="two").release()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors the Linux way")
def test_a_refused_lease_keeps_no_file_open(
    url: sa.URL, engine: sa.Engine, make_engine: Callable[..., sa.Engine]
) -> None:
    lease = acquire(engine, holder="one")
    if url.get_backend_name() == "sqlite":
        before = len(list(Path("/proc/self/fd").iterdir()))
        with pytest.raises(LeaseHeld):
            acquire(engine, holder="two")
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    lease.release()
