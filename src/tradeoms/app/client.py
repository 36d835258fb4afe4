"""A door's end of the local socket: commands out, outcomes back, many at a time.

Requests are told apart by number, so that one connection serves all requests of a worker. What is
submitted within one turn of the event loop leaves in one write. When the connection breaks, whoever
waits learns at once that the outcome is unknown; the client connects again by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal, cast

import msgspec

from tradeoms.app.wire import Bell, Command, Hello, Outcome, Splitter, Welcome, pack, unpack
from tradeoms.kernel.errors import TradeomsError

SOCKET_NAME: Final = "engine.sock"
TOKEN_NAME: Final = "engine.token"  # noqa: S105  # the name of a file
_FIRST_WAIT_S: Final = 0.05
_LONGEST_WAIT_S: Final = 2.0
_SWEEP_S: Final = 1.0

BellCallback = Callable[[int], None]


class EngineUnavailable(TradeomsError):
    """The engine could not be asked, or did not answer.

    Attributes:
        sent: True where the command went out and its outcome is unknown; False where it did not.
    """

    def __init__(self, *, sent: bool) -> None:
        """Keep whether the engine may have done it."""
        self.sent = sent
        what = "the outcome is unknown" if sent else "nothing was done"
        super().__init__(f"the engine does not answer; {what}")


class EngineClient:
    """One multiplexed connection to the engine, made again whenever it breaks."""

    def __init__(
        self,
        directory: Path,
        *,
        name: str,
        build: str = "",
        role: Literal["rest", "cli"] = "rest",
        answer_within_s: float = 30.0,
    ) -> None:
        """Prepare a client of the engine whose socket and token are in ``directory``.

        Args:
            directory: Data directory of the node.
            name: How the engine's log shall call us.
            build: Build id; the engine may refuse another than its own.
            role: What we are.
            answer_within_s: An answer later than this counts as unknown.
        """
        self._directory = directory
        self._name = name
        self._build = build
        self._role: Literal["rest", "cli"] = role
        self._answer_within_s = answer_within_s
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Outcome], float]] = {}
        self._link: _Link | None = None
        self._bells: list[BellCallback] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._connected = asyncio.Event()
        self.welcome: Welcome | None = None
        self.seq = 0

    @property
    def connected(self) -> bool:
        """Whether a command would be sent now."""
        return self._link is not None

    def on_bell(self, callback: BellCallback) -> Callable[[], None]:
        """Call ``callback`` with the newest seq after each commit; the answer ends that."""
        self._bells.append(callback)
        return lambda: self._bells.remove(callback)

    async def start(self, *, wait_s: float = 0.0) -> None:
        """Connect in the background; with ``wait_s``, wait so long for the first connection."""
        self._tasks = [
            asyncio.create_task(self._stay_connected()),
            asyncio.create_task(self._sweep()),
        ]
        if wait_s:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._connected.wait(), wait_s)

    async def close(self) -> None:
        """Hang up. Whoever waits learns that the outcome is unknown."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._link is not None:
            self._link.transport.close()
            self._lost(self._link)

    async def submit(  # noqa: PLR0913  # the fields of the frame
        self,
        kind: str,
        body: bytes,
        *,
        user: str,
        channel: str = "",
        key: str = "",
        sha256: str = "",
        dry_run: bool = False,
    ) -> Outcome:
        """Ask the engine, and return its answer after the commit.

        Args:
            kind: Name of a command of `domain.catalog`.
            body: Its JSON object.
            user: The natural person who asks.
            channel: How he came: `ui`, `key:<id>`, `cli`, `import`.
            key: Idempotency key, empty for none.
            sha256: Hash of the request the key was used for.
            dry_run: Decide, but change nothing.

        Raises:
            EngineUnavailable: If it could not be asked, or did not answer.
        """
        link = self._link
        if link is None:
            raise EngineUnavailable(sent=False)
        number = next(self._numbers)
        command = Command(
            id=number,
            type=kind,
            body=msgspec.Raw(body),
            user=user,
            channel=channel,
            key=key,
            sha256=sha256,
            dry_run=dry_run,
        )
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Outcome] = loop.create_future()
        self._waiting[number] = (answer, loop.time() + self._answer_within_s)
        link.send(pack(command))
        try:
            return await answer
        finally:
            self._waiting.pop(number, None)

    def received(self, link: _Link, body: bytes) -> None:
        """Take one frame from the engine."""
        match unpack(body):
            case Outcome(id=number) as outcome:
                waiting = self._waiting.pop(number, None)
                if waiting is not None and not waiting[0].done():
                    waiting[0].set_result(outcome)
            case Bell(seq=seq):
                self.seq = max(self.seq, seq)
                for callback in tuple(self._bells):
                    callback(seq)
            case Welcome() as welcome:
                self.welcome = welcome
                self.seq = max(self.seq, welcome.seq)
                self._link = link
                self._connected.set()
                for callback in tuple(self._bells):
                    callback(self.seq)
            case other:
                link.transport.close()
                message = f"the engine sent {type(other).__name__} to a door"
                raise ValueError(message)

    def _lost(self, link: _Link) -> None:
        if self._link is link:
            self._link = None
        self._connected.clear()
        waiting, self._waiting = self._waiting, {}
        for answer, _deadline in waiting.values():
            if not answer.done():
                answer.set_exception(EngineUnavailable(sent=True))

    async def _stay_connected(self) -> None:
        wait = _FIRST_WAIT_S
        while True:
            try:
                link = await self._connect()
            except OSError:
                link = None
            if link is not None:
                await link.ended.wait()
                self._lost(link)
                wait = _FIRST_WAIT_S if link.greeted else wait
            await asyncio.sleep(wait)
            wait = min(wait * 2, _LONGEST_WAIT_S)

    async def _connect(self) -> _Link:
        token = (self._directory / TOKEN_NAME).read_text().strip()
        loop = asyncio.get_running_loop()
        path = str(self._directory / SOCKET_NAME)
        _, link = await loop.create_unix_connection(lambda: _Link(self), path)
        hello = Hello(role=self._role, name=self._name, token=token, build=self._build, bell=True)
        link.send(pack(hello))
        return link

    async def _sweep(self) -> None:
        """Give up on answers that are overdue; the oldest stand first."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_SWEEP_S)
            now = loop.time()
            late = []
            for number, (answer, deadline) in self._waiting.items():
                if deadline > now:
                    break
                late.append((number, answer))
            for number, answer in late:
                self._waiting.pop(number, None)
                if not answer.done():
                    answer.set_exception(EngineUnavailable(sent=True))


class _Link(asyncio.Protocol):
    """The connection: cuts the stream into frames, and gathers what goes out in one turn."""

    transport: asyncio.Transport

    def __init__(self, client: EngineClient) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._splitter = Splitter()
        self._out: list[bytes] = []
        self.ended = asyncio.Event()
        self.greeted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of another class

    def data_received(self, data: bytes) -> None:
        self.greeted = True
        try:
            for body in self._splitter.feed(data):
                self._client.received(self, body)
        except (ValueError, msgspec.DecodeError):  # not our protocol: hang up, and start anew
            self.transport.abort()

    def connection_lost(self, _error: Exception | None) -> None:
        self.ended.set()

    def send(self, frame: bytes) -> None:
        """Send ``frame`` with all others of this turn of the loop."""
        if not self._out:
            self._loop.call_soon(self._flush)
        self._out.append(frame)

    def _flush(self) -> None:
        frames, self._out = self._out, []
        self.transport.write(b"".join(frames))
