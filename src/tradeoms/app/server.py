"""The engine's door: a Unix socket where commands, frames and followers come in, one thread.

Batches form by natural arrival: while a batch is decided and committed, bytes gather in the
sockets; the next turn takes all that came. Nothing waits for a timer. The queue is bounded; beyond
it a command is answered `busy` and nothing was done. Frames from gateways are never refused: their
wire journal holds them.
"""

from __future__ import annotations

import asyncio
import hmac
import os
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final, cast

import msgspec
import structlog

from tradeoms.app.engine import Engine, Released
from tradeoms.app.handle import SYSTEM
from tradeoms.app.handlers.sessions import standing_hold
from tradeoms.app.wire import VERSION as WIRE_VERSION
from tradeoms.app.wire import (
    Attach,
    Bell,
    Command,
    Frame,
    Hello,
    Instruct,
    Message,
    Outcome,
    Problem,
    SessionAction,
    SessionState,
    Splitter,
    Welcome,
    pack,
    unpack,
)
from tradeoms.domain.session.commands import RecordUndelivered
from tradeoms.domain.session.state import outbound_hold

QUEUE_MAX: Final = 20_000
BATCH_MAX: Final = 1_000
_READ_SESSIONS: Final = "FixSessions"
_NO_GATEWAY: Final = "the gateway is not running"

log = structlog.get_logger(__name__)
Item = Command | Frame | Attach
OnDeath = Callable[[Exception], None]


class Connection(asyncio.Protocol):
    """One process on the other side of the socket."""

    def __init__(self, server: EngineServer) -> None:
        """Belong to ``server``; nothing is believed before `Hello`."""
        self.server = server
        self.hello: Hello | None = None
        self.served: dict[str, int] = {}
        self._splitter = Splitter()
        self._transport: asyncio.Transport | None = None
        self._out = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember how to answer."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is of another class

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the process; what it sent is decided all the same."""
        del exc
        self._transport = None
        self.server.drop(self)

    def data_received(self, data: bytes) -> None:
        """Cut what came into messages; a process that breaks the protocol is cut off."""
        try:
            for body in self._splitter.feed(data):
                self._take(unpack(body))
        except (ValueError, msgspec.DecodeError) as error:
            log.warning("connection_cut", reason=str(error))
            self.close()

    def _take(self, message: Message) -> None:
        if self.hello is None:
            self._greet(message)
            return
        match message:
            case Command():
                self.server.submit(self, message)
            case Frame() | Attach():
                self.server.enqueue(self, message)
            case SessionState():
                self.server.note_session(message)
            case _:
                error = f"{type(message).__name__} is not for the engine"
                raise ValueError(error)

    def _greet(self, message: Message) -> None:
        if not isinstance(message, Hello) or not self.server.trusts(message):
            error = "no valid hello"
            raise ValueError(error)
        self.hello = message
        self.server.welcome(self)

    def send(self, message: Message) -> None:
        """Gather ``message``; `flush` writes all that was gathered at once."""
        self._out += pack(message)

    def flush(self) -> None:
        """Write what was gathered."""
        if self._out and self._transport is not None:
            self._transport.write(bytes(self._out))
        self._out.clear()

    def close(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()


class EngineServer:
    """Owns the queue between the socket and the engine."""

    def __init__(
        self, engine: Engine, *, token: str, on_death: Callable[[Exception], None]
    ) -> None:
        """Serve ``engine``.

        Args:
            engine: The single writer.
            token: The secret that `Hello` must carry.
            on_death: Called with what went wrong; must end the process.
        """
        self._engine = engine
        self._token = token
        self._on_death = on_death
        self._queue: deque[tuple[Connection, Item]] = deque()
        self._connections: set[Connection] = set()
        self._sessions: dict[str, SessionState] = {}
        self._turn_is_due = False
        self._closing = False
        self._own = Connection(self)

    async def listen(self, path: Path) -> asyncio.Server:
        """Open the socket, readable by the owner only."""
        path.unlink(missing_ok=True)  # noqa: ASYNC240  # before anything is served
        loop = asyncio.get_running_loop()
        mask = os.umask(0o177)
        try:
            return await loop.create_unix_server(lambda: Connection(self), str(path))
        finally:
            os.umask(mask)

    def trusts(self, hello: Hello) -> bool:
        """True for the right secret, protocol version and, for a gateway, the same build."""
        same_build = hello.role != "gateway" or hello.build == self._engine.build
        known = hmac.compare_digest(hello.token.encode(), self._token.encode())
        return known and hello.version == WIRE_VERSION and same_build

    def welcome(self, connection: Connection) -> None:
        """Answer a valid `Hello`."""
        self._connections.add(connection)
        engine = self._engine
        connection.send(Welcome(epoch=engine.epoch, build=engine.build, seq=engine.seq))
        connection.flush()

    def drop(self, connection: Connection) -> None:
        """Forget a connection; the sessions it served are down."""
        self._connections.discard(connection)
        for name in connection.served:
            state = self._sessions.get(name)
            if state is not None:
                self._sessions[name] = msgspec.structs.replace(
                    state, logged_on=False, ready=False, detail=_NO_GATEWAY
                )

    def note_session(self, state: SessionState) -> None:
        """Remember how a session is."""
        self._sessions[state.session] = state

    def submit(self, connection: Connection, command: Command) -> None:
        """Take a command, or answer at once that the queue is full."""
        if command.type == _READ_SESSIONS:
            states = msgspec.json.encode(self._session_states())
            connection.send(Outcome(id=command.id, status="accepted", answer=msgspec.Raw(states)))
            connection.flush()
        elif self._closing or len(self._queue) >= QUEUE_MAX:
            detail = "the engine is shutting down" if self._closing else "the queue is full"
            problem = Problem(code="busy", detail=f"{detail}; nothing was done, try again")
            connection.send(Outcome(id=command.id, status="busy", problems=(problem,)))
            connection.flush()
        else:
            self.enqueue(connection, command)

    def _session_states(self) -> list[SessionState]:
        """Every session of the house, also one whose gateway was never here."""
        book = self._engine.book
        named = (*book.destinations, *book.drop_copies)
        never = [name for name in named if name not in self._sessions]
        return [*self._sessions.values(), *(_unheard_of(name) for name in never)]

    def submit_own(self, command: Command) -> None:
        """Take a command of the node itself; nobody waits for its answer."""
        self.enqueue(self._own, command)

    def enqueue(self, connection: Connection, item: Item) -> None:
        """Put an item behind the others, and see to it that a turn comes."""
        self._queue.append((connection, item))
        if not self._turn_is_due:
            self._turn_is_due = True
            asyncio.get_running_loop().call_soon(self._take_turn)

    def _take_turn(self) -> None:
        """Decide and commit what is queued, then release it."""
        batch = [self._queue.popleft() for _ in range(min(len(self._queue), BATCH_MAX))]
        self._turn_is_due = bool(self._queue)
        if self._turn_is_due:
            asyncio.get_running_loop().call_soon(self._take_turn)
        before = self._engine.seq
        try:
            released = self._engine.run([item for _, item in batch])
        except Exception as error:  # whatever it is: the book may be ahead of the database
            log.exception("engine_failed")
            self._on_death(error)
            return
        for (connection, item), answer in zip(batch, released.answers, strict=True):
            if isinstance(item, Attach):
                assert isinstance(answer, int)
                self._catch_up(connection, item.session, behind=answer)
            elif not isinstance(answer, int):
                connection.send(answer)
        self._hand_over(released)
        if released.seq > before:
            self._ring(released.seq)
        for connection in (*self._connections, self._own):
            connection.flush()

    def _catch_up(self, connection: Connection, session: str, *, behind: int) -> None:
        """Hand a gateway what its session's outbox holds behind a number."""
        hold = outbound_hold(self._engine.book.session_actions.values(), session)
        connection.send(standing_hold(hold, session))  # before anything that it would hold
        for instruction in self._engine.instructions_after(session, behind):
            connection.send(Instruct(instruction=instruction))
        connection.served[session] = self._engine.outbox_head

    def _hand_over(self, released: Released) -> None:
        """Hand new instructions and actions to the gateways of their sessions."""
        for connection in self._connections:
            for instruction in released.instructions:
                served = connection.served.get(instruction.session)
                if served is not None and instruction.number > served:
                    connection.send(Instruct(instruction=instruction))
                    connection.served[instruction.session] = instruction.number

        for action in released.actions:
            self._hand_action(action)

    def _hand_action(self, action: SessionAction) -> None:
        """Tell the gateway of a session what to do, or put on record that there is none."""
        serving = [each for each in self._connections if action.session in each.served]
        for connection in serving:
            connection.send(action)
        if not serving:
            body = msgspec.Raw(msgspec.json.encode(RecordUndelivered(action_id=action.id)))
            self.submit_own(Command(id=0, type=RecordUndelivered.__name__, body=body, user=SYSTEM))

    def _ring(self, seq: int) -> None:
        bell = Bell(seq=seq)
        for connection in self._connections:
            if connection.hello is not None and connection.hello.bell:
                connection.send(bell)

    def begin_closing(self) -> None:
        """Refuse new commands from now on; what is queued is still decided."""
        self._closing = True

    @property
    def is_idle(self) -> bool:
        """True where nothing is queued."""
        return not self._queue


def _unheard_of(session: str) -> SessionState:
    return SessionState(
        session=session, logged_on=False, ready=False, next_out=0, next_in=0, epoch=0,
        unacknowledged=0, lag=0, quarantine=0, detail=_NO_GATEWAY,
    )  # fmt: skip
