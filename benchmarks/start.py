"""P7: start to ready, as the number of live orders grows. Baseline: reading the same rows bare."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parent))

import _world as world  # found by the path above

from tradeoms import bootstrap
from tradeoms.projections.tables import orders

SIZES = (1_000, 10_000, 100_000)


def run() -> list[dict[str, Any]]:
    """Seconds from nothing to an engine that can decide, per number of live orders."""
    rows = []
    for size in SIZES:
        with world.firm(rules=0) as (settings, engine):
            for start in range(0, size, 1_000):
                world.submit(engine, world.orders(f"s{start}", min(1_000, size - start)), "pm")
            events = engine.seq
            engine.writer.close()
            bare = _read_bare(settings)
            begun = time.perf_counter()
            with bootstrap.reader(settings).connect() as link:
                book = bootstrap.load_live(link)
            loaded = time.perf_counter() - begun
            pretrade = bootstrap.Pretrade(book=book, compliance=bootstrap.ComplianceBook())
            pretrade.load()
            ready = time.perf_counter() - begun
        rows.append(
            {
                "figure": "P7",
                "live_orders": size,
                "events": events,
                "load_s": loaded,
                "ready_s": ready,
                "bare_read_s": bare,
            }
        )
    return rows


def _read_bare(settings: Any) -> float:
    reading = bootstrap.reader(settings)
    begun = time.perf_counter()
    with reading.connect() as link:
        link.execute(sa.select(orders.c.state)).all()
    return time.perf_counter() - begun


if __name__ == "__main__":
    for row in run():
        print(row)
