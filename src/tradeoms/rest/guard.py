"""What every request passes first: size limit, request id, headers of safety, the last net.

Pure ASGI, since it stands on the order path. A body is counted as it comes in and cut at the limit,
before anything parses it, whether or not it said how long it would be (reliability scenario A05).
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from typing import Final

import structlog
from prometheus_client import Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradeoms.rest.errors import ProblemError, problem, problem_response
from tradeoms.rest.figures import REQUESTS, SECONDS

BODY_MAX: Final = 256 * 1024
BULK_MAX: Final = 1024 * 1024
_BULK: Final = (
    ":batch", ":check", "/imports/orders", "/order-lists", "/funds", "/securities", "/prices",
    "/destinations", "/rules", "/users", "/imports/positions", "/imports/lists",
)  # fmt: skip
_REQUEST_ID_MAX: Final = 64
#: Of a body that is too large so much is read, and forgotten, before the connection is closed.
_DRAIN_MAX: Final = 4 * 1024 * 1024
_DRAIN_S: Final = 2.0

_SAFETY: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"content-security-policy",
        (
            # The hash is of an empty style element: the grid fills one by script, which is safe.
            b"default-src 'none'; script-src 'self'; style-src 'self' "
            b"'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; img-src 'self' data:; "
            b"connect-src 'self'; font-src 'self'; manifest-src 'self'; frame-ancestors 'none'; "
            b"base-uri 'none'; form-action 'none'"
        ),
    ),
)
_NO_STORE: Final = (b"cache-control", b"no-store")

_log: Final = structlog.get_logger("tradeoms.rest")


class Guard:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        """Guard ``app``."""
        self._app = app
        self._worker = secrets.token_hex(4)
        self._numbers = itertools.count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let one request through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        request_id = self._request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        answer = _Answer(send, request_id, stored=not scope["path"].startswith("/api"))
        limit = BULK_MAX if scope["path"].endswith(_BULK) else BODY_MAX
        try:
            announced = _announced(scope, limit)
            counted = receive if announced == 0 else _Counted(receive, limit)
            await self._app(scope, counted, answer)
        except ProblemError as error:
            if error.code == "body_too_large":
                await _drain(receive)
            await self._fail(error, scope, answer)
        except Exception:  # noqa: BLE001  # the door's last net: nothing of it may reach the caller
            _log.exception("request_failed", path=scope["path"], request_id=request_id)
            told = problem("internal_error", "our fault; the log has it under this request id")
            told.outcome = "unknown"
            await self._fail(told, scope, answer)
        finally:
            _count(scope, answer.status, time.perf_counter() - began)

    def _request_id(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id":
                text: str = value.decode("latin-1")
                if 0 < len(text) <= _REQUEST_ID_MAX and text.replace("-", "").isalnum():
                    return text
        return f"req_{self._worker}{next(self._numbers):08x}"

    async def _fail(self, error: ProblemError, scope: Scope, answer: _Answer) -> None:
        if answer.started:
            raise error
        response = problem_response(error, scope["state"]["request_id"])
        await response(scope, _nothing, answer)


class _Counted:
    """Receives a body and cuts it at the limit."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._got = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._got += len(message.get("body", b""))
        if self._got > self._limit:
            raise _too_large(self._limit)
        return message


class _Answer:
    """Sends an answer with the headers of safety."""

    def __init__(self, send: Send, request_id: str, *, stored: bool) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self._stored = stored
        self.status = 0

    @property
    def started(self) -> bool:
        """Whether something has been sent."""
        return self.status > 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = [*message["headers"], *_SAFETY, (b"x-request-id", self._request_id)]
            if not self._stored:
                headers.append(_NO_STORE)
            message = {**message, "headers": headers}
        await self._send(message)


def _count(scope: Scope, status: int, seconds: float) -> None:
    """Count a request under the name of its route; what has no route has no name of its own."""
    name = getattr(scope.get("route"), "name", "none")
    counter = _counters.get((name, status))
    if counter is None:
        counter = REQUESTS.labels(name, str(status))
        _counters[name, status] = counter
    counter.inc()
    timer = _timers.get(name)
    if timer is None:
        timer = _timers[name] = SECONDS.labels(name)
    timer.observe(seconds)


_counters: Final[dict[tuple[str, int], Counter]] = {}
_timers: Final[dict[str, Histogram]] = {}


def _announced(scope: Scope, limit: int) -> int:
    """The length that the request gives for its body; -1 where it does not say."""
    length = -1 if scope["method"] not in ("GET", "HEAD", "OPTIONS") else 0
    for name, value in scope["headers"]:
        if name == b"content-length":
            length = int(value[:20]) if value.isdigit() else BULK_MAX + 1
            if length > limit:
                raise _too_large(limit)
        elif name == b"transfer-encoding":
            return -1
    return length


async def _drain(receive: Receive) -> None:
    """Read on for a while and forget it: closing on a client that still sends loses the answer."""
    left = _DRAIN_MAX
    try:
        async with asyncio.timeout(_DRAIN_S):
            while left > 0:
                message = await receive()
                left -= len(message.get("body", b""))
                if not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _too_large(limit: int) -> ProblemError:
    return problem("body_too_large", f"at most {limit} bytes", headers={"Connection": "close"})


async def _nothing() -> Message:
    return {"type": "http.disconnect"}
