"""The one composition root: builds every process and tool of tradeoms from its parts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import sqlalchemy as sa
import structlog
import uvloop

from tradeoms.app.algo_file import write_algos
from tradeoms.app.background import run_for_ever
from tradeoms.app.collector import calm_collector, keep_loaded
from tradeoms.app.due_watch import release_when_due
from tradeoms.app.engine import Engine, PoisonedFrame
from tradeoms.app.handle import SYSTEM
from tradeoms.app.identity import Identity, SystemClock
from tradeoms.app.kill_folder import KillFolder
from tradeoms.app.kill_watch import keep_together, take_over
from tradeoms.app.lease import Lease, acquire
from tradeoms.app.local import LocalDoor, SocketDoor
from tradeoms.app.posttrade import Runner
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.recall import Recall
from tradeoms.app.replica import Replica
from tradeoms.app.restoring import halt_where_restored
from tradeoms.app.restoring import restore as restore_halted
from tradeoms.app.server import EngineServer
from tradeoms.app.upgrade import check_shape, upgrade
from tradeoms.compliance.book import ComplianceBook
from tradeoms.domain.catalog import EVENTS
from tradeoms.fix.algo_desk import algo_desk
from tradeoms.fix.atdl.catalogue import all_algorithms
from tradeoms.journal import backup as journal_backup
from tradeoms.journal import migrate
from tradeoms.journal.chain import Verdict
from tradeoms.journal.checkpoint import checkpoints
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Writer, found_journal, open_engine
from tradeoms.journal.tables import genesis
from tradeoms.journal.verify import verify_database
from tradeoms.kernel.errors import LeaseHeld, TradeomsError
from tradeoms.node import build_id
from tradeoms.projections.controls import prove_controls
from tradeoms.projections.load import load_live
from tradeoms.projections.queries_trades import Traded, traded_lately
from tradeoms.projections.rebuild import Replayed
from tradeoms.projections.rebuild import replay as replay_journal
from tradeoms.settings import Settings

EXIT_OK: Final = 0
EXIT_SETTINGS: Final = 2
EXIT_HELD: Final = 3
EXIT_FAILED: Final = 70


def initialise(settings: Settings, progress: Callable[[int], None] | None = None) -> None:
    """Create data folder and database, or bring them up to this version (see `upgrade`)."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    upgrade(settings.url, progress)
    engine = open_engine(settings.url)
    with engine.connect() as link:
        founded = link.execute(sa.select(genesis.c.id)).first() is not None
    if not founded:
        found_journal(engine, system_id=secrets.token_hex(8), created_at=SystemClock().now())
    engine.dispose()
    if not settings.token_file.exists():
        settings.token_file.touch(mode=0o600)
        settings.token_file.write_text(secrets.token_hex(32))
    write_algos(settings.data, all_algorithms(settings.fix_config))


@contextlib.contextmanager
def engine_of(settings: Settings) -> Iterator[tuple[Engine, Lease]]:
    """Take the lease, load the newest state and put the engine together.

    Raises:
        LeaseHeld: If another engine has the lease; it says who.
        SchemaTooNew: If the database was made by a newer version.
        ReadModelsOld: If the read models are those of another version.
        ControlsDiffer: If a limit or right was changed past the engine.
    """
    migrate.check(settings.url)
    calm_collector()
    database = open_engine(settings.url)
    reading = open_engine(settings.url, read_only=True)
    writer: Writer | None = None
    recall: Recall | None = None
    lease = acquire(database, holder=f"process {os.getpid()} on {socket.gethostname()}")
    try:
        with reading.connect() as link:
            check_shape(link)
            prove_controls(link)
            book = load_live(link)
        pretrade = Pretrade(
            book=book, compliance=ComplianceBook(), history=lambda days: _traded(reading, days),
            price_max_age=settings.price_max_age,
        )  # fmt: skip
        pretrade.load()
        recall = Recall(reading)
        writer = Writer(database, epoch=lease.epoch)
        keep_loaded()
        engine = Engine(
            book=book,
            pretrade=pretrade,
            writer=writer,
            recall=recall,
            codec=Codec(EVENTS),
            identity=Identity(SystemClock(), epoch=lease.epoch),
            build=os.environ.get("TRADEOMS_BUILD") or build_id(),
            marks=recall.watermarks(),
            outbox_head=recall.outbox_head(),
            poisoned=read_poisoned(settings),
            waiver_approvers=settings.waiver_approvers,
            algos=algo_desk(settings.fix_config),
        )
        halt_where_restored(engine, reading)
        with checkpoints(database, written=lambda: engine.seq):
            yield engine, lease
    finally:
        if writer is not None:
            writer.close()
        if recall is not None:
            recall.close()
        lease.release()
        reading.dispose()
        database.dispose()


def _traded(reading: sa.Engine, days: int) -> list[Traded]:
    with reading.connect() as link:
        return list(traded_lately(link, days))


def note_poisoned(settings: Settings, error: PoisonedFrame) -> None:
    """Remember, on disk, a report that must not be tried again."""
    with settings.poisoned_file.open("a", encoding="utf-8") as file:
        file.write(json.dumps(error.place) + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_poisoned(settings: Settings) -> frozenset[tuple[str, int, int]]:
    """The reports that ended an engine before; the next one records a break for each instead."""
    if not settings.poisoned_file.exists():
        return frozenset()
    lines = settings.poisoned_file.read_text(encoding="utf-8").splitlines()
    places = [json.loads(line) for line in lines]
    return frozenset((str(session), int(epoch), int(row)) for session, epoch, row in places)


def run_engine(settings: Settings) -> int:
    """Be the engine process until told to stop; every failure ends it with its reason.

    It brings the database to this version first: nothing else of the node runs before it is ready.
    """
    if not __debug__:
        sys.stderr.write("tradeoms does not run with python -O: its assertions protect money\n")
        return EXIT_SETTINGS
    try:
        initialise(settings)
    except LeaseHeld as error:  # who holds it brings the database to its version, too
        return _told(error, EXIT_HELD)
    except TradeomsError as error:
        return _told(error, EXIT_SETTINGS)
    try:
        with engine_of(settings) as (engine, _lease):
            return uvloop.run(_serve_engine(engine, settings))
    except TradeomsError as error:
        return _told(error, EXIT_HELD)


def _told(error: TradeomsError, code: int) -> int:
    sys.stderr.write(f"{error}\n")
    return code


async def _serve_engine(engine: Engine, settings: Settings) -> int:
    """Listen, say that we are ready, and wait for a signal."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()

    def die(error: Exception) -> None:
        """Nothing in memory is to be trusted any more: leave at once, without any clean-up."""
        if isinstance(error, PoisonedFrame):
            note_poisoned(settings, error)
        sys.stderr.write(f"engine stops: {type(error).__name__}: {error}\n")
        sys.stderr.flush()
        os._exit(EXIT_FAILED)

    server = EngineServer(engine, token=settings.token_file.read_text().strip(), on_death=die)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    kills = KillFolder(settings.data)
    take_over(engine, kills)
    watch = run_for_ever(keep_together(engine, kills, server.submit_own), on_death=die)
    due = run_for_ever(release_when_due(engine, server.submit_own), on_death=die)
    listening = await server.listen(settings.socket)
    ready = {"ready": "engine", "epoch": engine.epoch, "seq": engine.seq, "build": engine.build}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await stopped.wait()
    watch.cancel()
    due.cancel()
    server.begin_closing()
    while not server.is_idle:  # noqa: ASYNC110  # once, at the end
        await asyncio.sleep(0.01)
    listening.close()
    return EXIT_OK


@contextlib.contextmanager
def door(settings: Settings, user: str = SYSTEM) -> Iterator[LocalDoor | SocketDoor]:
    """A way to the engine for local tools: its socket, or an engine of our own if none runs."""
    if settings.socket.exists():
        with (
            contextlib.suppress(ConnectionRefusedError),
            SocketDoor(
                settings.socket, token=settings.token_file.read_text().strip(), user=user
            ) as found,
        ):
            yield found
            return
    with engine_of(settings) as (engine, _lease):
        yield LocalDoor(engine, user=user)


def reader(settings: Settings) -> sa.Engine:
    """The database, for reading only."""
    return open_engine(settings.url, read_only=True)


def replica(settings: Settings) -> Replica:
    """A copy of the state, for what-if questions."""
    return Replica(reader(settings), SystemClock(), price_max_age=settings.price_max_age)


def run_compliance(
    settings: Settings,
    way: LocalDoor | SocketDoor,
    run_id: str,
    progress: Callable[[int, int], None],
) -> None:
    """Compute a post-trade run in this process, and hand its results to the engine.

    Raises:
        RunRefused: If the engine does not take them.
    """
    database = reader(settings)
    try:
        clock = SystemClock()
        copy = Replica(database, clock, price_max_age=settings.price_max_age)
        Runner(copy, database, way.submit, clock).run(run_id, progress)
    finally:
        database.dispose()


def verify(settings: Settings, progress: Callable[[int], None] | None = None) -> Verdict:
    """Check the hash chain of the journal from its first event to its last."""
    return verify_database(settings.url, progress=progress)


def replay(settings: Settings, progress: Callable[[int], None] | None = None) -> Replayed:
    """Fold the journal anew and compare the read models with it."""
    with tempfile.TemporaryDirectory(prefix="tradeoms-replay-") as folder:
        scratch = sa.create_engine(f"sqlite:///{folder}/replay.db")
        reading = reader(settings)
        try:
            return replay_journal(reading, scratch, progress)
        finally:
            scratch.dispose()
            reading.dispose()


def backup(settings: Settings, path: Path) -> int:
    """Write all of the database into one archive; return the number of the last event in it."""
    return journal_backup.dump(settings.url, path).seq


def restore(settings: Settings, path: Path, user: str) -> str:
    """Fill an empty database from an archive; return the kill switch with which it starts."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return restore_halted(path, settings.url, by=user, at=SystemClock().now())


def main(arguments: Sequence[str]) -> int:
    """Entry of the child process `python -m tradeoms.bootstrap engine`."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )
    if list(arguments) != ["engine"]:
        sys.stderr.write("usage: python -m tradeoms.bootstrap engine\n")
        return EXIT_SETTINGS
    return run_engine(Settings())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
