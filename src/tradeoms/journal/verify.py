"""Verify a whole journal on several cores.

Every row keeps its chain value, so that a stretch of the journal can be checked by itself: it must
lead from the value before it to the value at its end. Workers only say "good" or "not good"; where
one says "not good", the sequential `chain.verify` goes over that stretch and finds the place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain, repeat
from multiprocessing import get_context
from typing import Final

import sqlalchemy as sa

from tradeoms.journal.chain import Head, Verdict, verify, verify_rows
from tradeoms.journal.database import open_engine
from tradeoms.journal.store import Reader

#: Events a worker takes at a time; below this a second process does not pay for its start.
STRETCH: Final = 100_000


def verify_database(
    url: str | sa.URL,
    *,
    jobs: int = 1,
    anchors: Mapping[int, bytes] | None = None,
    progress: Callable[[int], None] | None = None,
    stretch: int = STRETCH,
) -> Verdict:
    """Recompute the whole chain of the journal behind ``url``, as `chain.verify` does.

    Args:
        url: As for `open_engine`.
        jobs: Processes; 1 works in this one.
        anchors: Chain values kept elsewhere, by `seq`.
        progress: Called now and then with the last `seq` found good.
        stretch: Events a worker takes at a time.
    """
    engine = open_engine(url, read_only=True)
    try:
        reader = Reader(engine)
        start = Head(0, reader.genesis_chain())
        if jobs > 1:
            plan = _Plan(
                engine.url.render_as_string(hide_password=False), dict(anchors or {}), jobs, stretch
            )
            start = _good_stretches(reader, start, plan, progress)
        verdict = verify(reader, start=start, anchors=anchors, progress=progress)
        return replace(verdict, checked=verdict.head.seq)
    finally:
        engine.dispose()


@dataclass(frozen=True, slots=True)
class _Plan:
    url: str
    anchors: dict[int, bytes]
    jobs: int
    stretch: int


def _good_stretches(
    reader: Reader, start: Head, plan: _Plan, progress: Callable[[int], None] | None
) -> Head:
    """Check whole stretches in parallel; return the end of the last one before any that is bad."""
    ends = _ends(reader, start, plan.stretch)
    context = get_context("spawn")  # a fork would share the parent's database connections
    with ProcessPoolExecutor(plan.jobs, mp_context=context) as pool:
        begins = [start, *ends[:-1]]
        for end, good in zip(ends, pool.map(_is_good, repeat(plan), begins, ends), strict=True):
            if not good:
                pool.shutdown(cancel_futures=True)
                return start
            start = end
            if progress is not None:
                progress(end.seq)
    return start


def _ends(reader: Reader, start: Head, stretch: int) -> list[Head]:
    """The last event of each whole stretch, as the rows say; a missing row ends the list."""
    ends = []
    for seq in range(start.seq + stretch, reader.head().seq + 1, stretch):
        row = next(reader.read(after=seq - 1, limit=1))
        if row.seq != seq:
            break
        ends.append(Head(seq, row.chain))
    return ends


def _is_good(plan: _Plan, begin: Head, end: Head) -> bool:
    engine = open_engine(plan.url, read_only=True)
    try:
        chunks = Reader(engine).chunks(begin.seq, limit=end.seq - begin.seq)
        within = {seq: chain for seq, chain in plan.anchors.items() if seq <= end.seq}
        anchors = {**within, end.seq: end.chain}
        if within.get(end.seq, end.chain) != end.chain:
            return False
        return verify_rows(chain.from_iterable(chunks), start=begin, anchors=anchors).ok
    finally:
        engine.dispose()
