"""A process that dies in the middle of commits loses nothing it has said, and leaves no half."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, batch_of, founded, rows_of
from tradeoms.journal.chain import verify
from tradeoms.journal.store import Reader, Writer
from tradeoms.journal.tables import leader
from tradeoms.kernel.errors import CommitFailed

ROOT = Path(__file__).parents[3]
KILLS = 6


def test_c03_c19_killed_between_the_rows_of_a_batch_it_is_there_whole_or_not_at_all(
    engine: sa.Engine, reader: Reader
) -> None:
    seed = 20260103
    dice = random.Random(seed)
    for turn in range(KILLS):
        said = commit_until_killed(engine, seed=seed + turn, answers=dice.randrange(1, 25))
        # The next leader's epoch: it waits for what the dead process had in flight.
        with engine.begin() as link:
            link.execute(leader.update().values(epoch=leader.c.epoch + 1))
        verdict = verify(reader)
        rows = rows_of(engine)["watermarks"]
        (written,) = [row[2] for row in rows if row[0] == "end"]
        batches = {row[1] for row in rows if row[0] == "batch"}
        assert verdict.ok, (seed, turn, verdict)
        assert verdict.head.seq == written, (seed, turn)
        assert written in batches, (seed, turn)
        assert verdict.head.seq >= said[-1], (seed, turn)
        assert batches.issuperset(said), (seed, turn)


def commit_until_killed(engine: sa.Engine, *, seed: int, answers: int) -> list[int]:
    """Start the program, kill it after so many answers, return every head it said was durable."""
    with engine.connect() as link:
        epoch = link.execute(sa.select(leader.c.epoch)).scalar_one()
    url = engine.url.render_as_string(hide_password=False)
    command = [
        sys.executable,
        "-m",
        "tests.contract.journal.commit_for_ever",
        url,
        str(epoch),
        str(seed),
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout is not None
        said = [int(program.stdout.readline()) for _ in range(answers)]
        program.kill()
        said += [int(line) for line in program.stdout if line.endswith("\n")]
    return said


def test_d01_a_full_disk_fails_the_commit_and_keeps_what_was_said(
    sqlite_url: sa.URL, make_engine: MakeEngine
) -> None:
    engine = founded(sqlite_url, make_engine)
    with engine.connect() as link:
        pages = link.exec_driver_sql("PRAGMA page_count").scalar_one()

    def shrink(link: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
        cursor = link.cursor()
        cursor.execute(f"PRAGMA max_page_count = {pages + 20}")

    engine.dispose()
    sa.event.listen(engine, "connect", shrink)
    writer = Writer(engine, epoch=0)
    with pytest.raises(CommitFailed, match="full"):
        commit_without_end(writer)
    said = writer.head.seq
    writer.close()
    assert said > 0

    roomy = make_engine(sqlite_url)
    assert verify(Reader(roomy)).head.seq == said
    with roomy.connect() as link:
        assert link.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    again = Writer(roomy, epoch=0)
    assert again.commit(batch_of(said + 1)).seq == said + 1
    again.close()


def commit_without_end(writer: Writer) -> None:
    while True:
        first = writer.head.seq + 1
        writer.commit(batch_of(*range(first, first + 50)))


@pytest.mark.postgres
def test_d07_a_connection_cut_under_a_commit_leaves_nothing_or_all(
    postgres_url: sa.URL, make_engine: MakeEngine
) -> None:
    engine = founded(postgres_url, make_engine)
    writer = Writer(engine, epoch=0)
    writer.commit(batch_of(1))
    with engine.begin() as link:
        link.exec_driver_sql(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(CommitFailed):
        writer.commit(batch_of(2))
    writer.close()
    assert verify(Reader(engine)).head.seq == 1
