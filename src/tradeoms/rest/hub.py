"""Reads what changed once for all streams of a worker, a few times a second, and hands it out.

A subscriber's changes wait in a buffer where a newer state of a thing takes the place of the older
one; whoever reads so slowly that the buffer passes a megabyte is dropped, and comes back with the
last id that he has.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Collection
from typing import Any, Final

import structlog

from tradeoms.projections.paging import EVERYTHING, Scope
from tradeoms.projections.queries_stream import TOPICS, Change, changes_after

BUFFER_MAX: Final = 1_000_000
#: Five frames a second are as much as a person can see.
FRAME_S: Final = 0.2
#: Where no bell can ring (no engine on this node), look by ourselves.
_UNASKED_S: Final = 2.0

Read = Callable[..., Awaitable[Any]]  # Any: what the function it is given returns
_log: Final = structlog.get_logger("tradeoms.rest.stream")


class Subscriber:
    """One stream's buffer."""

    def __init__(self, topics: Collection[str], scope: Scope) -> None:
        """Wait for changes of ``topics`` in ``scope``."""
        self.topics = frozenset(topics)
        self.scope = scope
        self.dropped = asyncio.Event()
        self._ready = asyncio.Event()
        self._waiting: dict[tuple[str, str], Change] = {}
        self._size = 0

    def offer(self, changes: Collection[Change]) -> None:
        """Take what is for this subscriber."""
        for change in changes:
            if change.topic in self.topics and change.shows_to(self.scope):
                self._put(change)
        if self._waiting:
            self._ready.set()
        if self._size > BUFFER_MAX:
            self.dropped.set()

    def _put(self, change: Change) -> None:
        key = (change.topic, change.id)
        before = self._waiting.pop(key, None)
        if before is not None:
            self._size -= len(before.body(self.scope))
        self._waiting[key] = change
        self._size += len(change.body(self.scope))

    async def take(self, *, within_s: float) -> list[Change]:
        """What has come, in the order of `seq`; nothing after ``within_s`` without any."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._ready.wait(), within_s)
        self._ready.clear()
        waiting, self._waiting, self._size = self._waiting, {}, 0
        return sorted(waiting.values(), key=lambda change: change.seq)


class Hub:
    """Follows the read models for the streams of this worker."""

    def __init__(self, read: Read) -> None:
        """Follow through ``read``."""
        self._read = read
        self._rung = asyncio.Event()
        self._subscribers: set[Subscriber] = set()
        self._task: asyncio.Task[None] | None = None
        self.seq = 0

    def ring(self, _seq: int) -> None:
        """Something was committed."""
        self._rung.set()

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow())

    async def stop(self) -> None:
        """Drop all streams and end."""
        for subscriber in tuple(self._subscribers):
            subscriber.dropped.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def join(self, subscriber: Subscriber) -> int:
        """Begin to hand out to ``subscriber`` all that comes behind the seq returned."""
        if not self._subscribers:
            span = await self._read(changes_after, (), after=0, scope=EVERYTHING)
            if not self._subscribers:
                self.seq = span.head
        self._subscribers.add(subscriber)
        return self.seq

    def leave(self, subscriber: Subscriber) -> None:
        """Hand out nothing more to ``subscriber``."""
        self._subscribers.discard(subscriber)

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return len(self._subscribers)

    async def _follow(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._rung.wait(), _UNASKED_S)
            self._rung.clear()
            if not self._subscribers:
                continue
            try:
                behind = await self._hand_out()
            except Exception as error:  # noqa: BLE001  # a bad moment of the database must pass
                _log.warning("stream_read_failed", error=repr(error))
                behind = True
            if behind:
                self._rung.set()
            await asyncio.sleep(FRAME_S)

    async def _hand_out(self) -> bool:
        """Read one span; `True` where there is more."""
        topics = frozenset().union(*(s.topics for s in self._subscribers)) & TOPICS.keys()
        after = self.seq
        span = await self._read(changes_after, topics, after=after, scope=EVERYTHING, limit=2_000)
        if self.seq == after:
            self.seq = max(after, span.reached)
            for subscriber in tuple(self._subscribers):
                subscriber.offer(span.changes)
        return bool(span.reached < span.head)
