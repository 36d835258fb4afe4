"""P2: batch entry through the engine: 300 rules with evidence, three funds an order, durable.

Baseline in the same run: the same batches with no rule active, and the bare cost of decoding and
deciding nothing, so that the share of compliance and of the commit can be seen. CPU time is given
beside wall time, since a shared machine lends its cores elsewhere.
"""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import _world as world  # found by the path above

BATCH = 1_000
ROUNDS = 5


def _measure(rules: int, url: str) -> dict[str, Any]:
    """Orders a second, by wall clock and by CPU, median of the rounds."""
    wall, cpu = [], []
    with world.firm(rules=rules, url=url) as (_, engine):
        world.submit(engine, world.orders("warm", 200), "pm")
        for number in range(ROUNDS):
            batch = world.orders(f"round{number}", BATCH)
            begun, used = time.perf_counter(), time.process_time()
            answer = world.submit(engine, batch, "pm")
            wall.append(BATCH / (time.perf_counter() - begun))
            cpu.append(BATCH / (time.process_time() - used))
            assert all(line["order_status"] == "approved" for line in answer["data"])
    return {"orders_per_s": statistics.median(wall), "orders_per_cpu_s": statistics.median(cpu)}


def run() -> list[dict[str, Any]]:
    """One row a database and number of rules."""
    urls = world.databases()
    runs = [("sqlite", 0), ("sqlite", 300), ("postgresql", 300)]
    return [
        {"figure": "P2", "database": backend, "rules": rules} | _measure(rules, urls[backend])
        for backend, rules in runs
        if backend in urls
    ]


if __name__ == "__main__":
    for row in run():
        print(row)
