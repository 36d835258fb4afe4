"""Server-sent events: a picture of what is live, then every change.

Frames carry `id:`, the journal position, and rise by it; a client that comes back with
`Last-Event-ID` gets all that changed since, the rows of that very position included.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Final

from pydantic import BeforeValidator
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Send
from starlette.types import Scope as AsgiScope

from tradeoms.projections.paging import Scope
from tradeoms.projections.queries_stream import TOPICS, Change, Span, changes_after
from tradeoms.rest.auth import Principal
from tradeoms.rest.endpoint import Call, endpoint
from tradeoms.rest.errors import ProblemError, problem
from tradeoms.rest.fields import Query
from tradeoms.rest.hub import Subscriber
from tradeoms.rest.permissions import READ
from tradeoms.rest.routes import Routes
from tradeoms.rest.worker import Services

#: Behind by more than this, a new picture is cheaper than all changes.
TOO_OLD: Final = 200_000
_HEARTBEAT_S: Final = 10.0
_CHECK_GRANTS_S: Final = 5.0
_PAGE: Final = 500
#: A client too slow for its changes may be too slow for the end of them.
_LAST_WORD_S: Final = 1.0

routes: Final = Routes("stream")


def _topics(text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(text.split(",")))
    unknown = [name for name in names if name not in TOPICS]
    if unknown:
        message = f"topics are: {', '.join(TOPICS)}"
        raise ValueError(message)
    return names


class StreamQuery(Query):
    """What to follow."""

    topics: Annotated[tuple[str, ...], BeforeValidator(_topics, json_schema_input_type=str)]
    """Names with commas between: orders,placements,executions,allocations,breaches,positions."""


@endpoint(
    routes,
    "GET",
    "/stream",
    permission=READ,
    query=StreamQuery,
    answer={"type": "string"},
    media_type="text/event-stream",
)
async def follow(call: Call) -> Response:
    """Follow topics as server-sent events.

    `snapshot` rows come first, then `snapshot_end`, then `upsert` and `delete` as things change,
    each with `id:` = seq. A heartbeat comment comes every ten seconds. `Last-Event-ID` resumes.
    """
    last = call.request.headers.get("last-event-id")
    if last is not None and not (last.isascii() and last.isdigit() and len(last) < 19):
        raise problem(
            "last_event_id_invalid", "the id of an event", pointer="Last-Event-ID", value=last[:40]
        )
    stream = _Stream(call, call.query.topics, None if last is None else int(last))
    return EventStream(stream)


class _Stream:
    """One client's stream."""

    def __init__(self, call: Call, topics: tuple[str, ...], last: int | None) -> None:
        self.request: Request = call.request
        self.services: Services = call.services
        self.principal: Principal = call.principal
        self.scope: Scope = call.principal.scope
        self.topics = topics
        self.last = last
        self.subscriber = Subscriber(topics, self.scope)
        self._next_check = time.monotonic() + _CHECK_GRANTS_S

    async def frames(self) -> AsyncIterator[bytes]:
        """Everything the client gets, until it goes or may no longer see it."""
        yield b"retry: 2000\n: tradeoms\n\n"
        joined = await self.services.hub.join(self.subscriber)
        try:
            after = 0
            async for span, event in self._catch_up(joined):
                after = span.reached
                yield _frames(span.changes, self.scope, event)
            if self.last is None:
                yield f'event: snapshot_end\nid: {after}\ndata: {{"seq":{after}}}\n\n'.encode()
            async for frame in self._changes(after):
                yield frame
        finally:
            self.services.hub.leave(self.subscriber)

    async def _catch_up(self, joined: int) -> AsyncIterator[tuple[Span, str]]:
        """Read by ourselves up to where the hub began to hand out."""
        after = 0 if self.last is None else max(0, self.last - 1)
        if self.last is not None and joined - self.last > TOO_OLD:
            self.last, after = None, 0
        picture = self.last is None
        while True:
            span = await self.services.read(
                changes_after,
                self.topics,
                after=after,
                scope=self.scope,
                live_only=picture,
                limit=_PAGE,
            )
            yield span, "snapshot" if picture else "upsert"
            after = span.reached
            if after >= joined:
                return

    async def _changes(self, after: int) -> AsyncIterator[bytes]:
        while await self._still_allowed():
            changes = await self.subscriber.take(within_s=_HEARTBEAT_S / 2)
            fresh = [change for change in changes if change.seq > after]
            yield _frames(fresh, self.scope, "upsert") if fresh else b": alive\n\n"

    async def _still_allowed(self) -> bool:
        """Ask again every few seconds: a right taken away must end the stream."""
        if time.monotonic() < self._next_check:
            return True
        self._next_check = time.monotonic() + _CHECK_GRANTS_S
        try:
            principal = await self.services.auth.principal(self.request, used=False)
        except ProblemError as error:
            return error.status == 503
        return principal.scope == self.scope and principal.user.id == self.principal.user.id


class EventStream(Response):
    """Sends frames until they end, the client goes, or it is too slow."""

    media_type = "text/event-stream"

    def __init__(self, stream: _Stream) -> None:
        """Send what ``stream`` makes."""
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        self._stream = stream

    async def __call__(self, _scope: AsgiScope, receive: Receive, send: Send) -> None:
        """Serve the stream."""
        ends = [
            asyncio.create_task(self._send(send)),
            asyncio.create_task(_gone(receive)),
            asyncio.create_task(self._stream.subscriber.dropped.wait()),
        ]
        try:
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ends:
                task.cancel()
            await asyncio.gather(*ends, return_exceptions=True)
        if ends[1] not in done:
            last = {"type": "http.response.body", "body": b"", "more_body": False}
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(send(last), _LAST_WORD_S)
        for task in done:
            task.result()

    async def _send(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        frames = self._stream.frames()
        try:
            async for frame in frames:
                await send({"type": "http.response.body", "body": frame, "more_body": True})
        finally:
            await frames.aclose()  # type: ignore[attr-defined]  # an async generator


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _frames(changes: Iterable[Change], scope: Scope, event: str) -> bytes:
    return b"".join(_frame(change, scope, event) for change in changes)


def _frame(change: Change, scope: Scope, event: str) -> bytes:
    word = "delete" if change.gone else event
    return b"event: %s\nid: %d\ndata: %s\n\n" % (word.encode(), change.seq, change.body(scope))
