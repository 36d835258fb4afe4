"""The process that computes post-trade runs: `python -m tradeoms.app.run_process --data DIR ...`.

It looks for runs that wait for the node, starts the scheduled ones at their time of day, and tells
of those that are late. All of it goes through the engine's door; dying costs nothing but time.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

import msgspec
import sqlalchemy as sa
import structlog

from tradeoms.app.collector import calm_collector
from tradeoms.app.identity import SystemClock
from tradeoms.app.local import SocketDoor
from tradeoms.app.posttrade import Runner, RunRefused
from tradeoms.app.replica import Replica
from tradeoms.domain.case.commands import ReportRunOverdue, StartRun
from tradeoms.domain.case.state import Run
from tradeoms.journal.database import open_engine
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book

SYSTEM: Final = "system"
_POLL_S: Final = 0.5
_RETRY_S: Final = 2.0
_run: Final = msgspec.json.Decoder(Run).decode

log = structlog.get_logger(__name__)


def due_funds(
    book: Book, subjects: Iterable[str], runs: Iterable[Run], *, now: datetime, at: str
) -> tuple[str, ...]:
    """Return what must be tested now: its time of day is over, and no scheduled run has it yet.

    Args:
        book: The book; a fund's own `nav_time` goes before ``at``.
        subjects: Funds and aggregates.
        runs: Runs of the trading day.
        now: The instant.
        at: Time of day of the others, `HH:MM` in UTC; empty for none.
    """
    started = {fund for run in runs if run.scheduled for fund in run.funds}
    found = []
    for name in subjects:
        fund = book.funds.get(name)
        own = (fund.nav_time if fund else "") or at
        if own and name not in started and now.time() >= time.fromisoformat(own):
            found.append(name)
    return tuple(found)


class RunProcess:
    """One look after the other at what is to be done."""

    def __init__(
        self, database: sa.Engine, replica: Replica, door: SocketDoor, *, at: str, late: timedelta
    ) -> None:
        """Work on ``database``, followed by ``replica``, through ``door``."""
        self._database = database
        self._door = door
        self._clock: Final = SystemClock()
        self._at = at
        self._late = late
        self._replica = replica
        self._runner = Runner(replica, database, door.submit, self._clock)

    def look(self) -> None:
        """Start what is due, compute what waits, tell what is late."""
        pretrade = self._replica.refresh()
        now = self._clock.now()
        today = pretrade.today(now)
        runs = self._runs(t.runs.c.trade_on == today.isoformat())
        funds = due_funds(pretrade.book, pretrade.subjects(today), runs, now=now, at=self._at)
        if funds:
            self._door.submit("StartRun", StartRun(funds=funds, scheduled=True))
        for run in self._runs(t.runs.c.status == "running"):
            if run.executor == "node":
                self._compute(run)
            elif now - run.started_at > self._late:
                self._door.submit("ReportRunOverdue", ReportRunOverdue(run_id=run.id))

    def _compute(self, run: Run) -> None:
        try:
            self._runner.run(run.id)
        except RunRefused as error:
            log.warning("run_refused", run=run.id, reason=str(error))
            self._door.submit("ReportRunOverdue", ReportRunOverdue(run_id=run.id))

    def _runs(self, condition: sa.ColumnElement[bool]) -> list[Run]:
        with self._database.connect() as link:
            wanted = sa.select(t.runs.c.state).where(condition).order_by(t.runs.c.seq)
            return [_run(state) for state in link.execute(wanted).scalars()]


def main(arguments: Sequence[str] | None = None) -> None:
    """Work until told to stop; connect again where the engine went away."""
    parser = argparse.ArgumentParser(prog="python -m tradeoms.app.run_process", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory of the node")
    parser.add_argument("--database", required=True, help="URL")
    parser.add_argument("--at", default="", help="time of day of scheduled runs, HH:MM, UTC")
    parser.add_argument("--late-minutes", type=int, default=30, help="after which a run is late")
    parser.add_argument("--price-max-age", type=int, default=0, help="trading days, 0: no limit")
    asked = parser.parse_args(arguments)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    calm_collector()
    sys.stdout.write('{"ready": "runs"}\n')
    sys.stdout.flush()
    database = open_engine(asked.database, read_only=True)
    token = (asked.data / "engine.token").read_text().strip()
    while not stopped.is_set():
        with contextlib.suppress(OSError):
            _work(database, asked, token, stopped)
        stopped.wait(_RETRY_S)


def _work(
    database: sa.Engine, asked: argparse.Namespace, token: str, stopped: threading.Event
) -> None:
    """Look again and again, on one connection to the engine."""
    with SocketDoor(asked.data / "engine.sock", token=token, user=SYSTEM) as door:
        late = timedelta(minutes=asked.late_minutes)
        replica = Replica(database, SystemClock(), price_max_age=asked.price_max_age)
        process = RunProcess(database, replica, door, at=asked.at, late=late)
        while not stopped.is_set():
            process.look()
            stopped.wait(_POLL_S)


if __name__ == "__main__":
    main()
