"""Doors for tools on the same machine: through the engine's socket, or straight into an engine.

Both take a command of the catalogue as a dataclass and answer with the engine's `Outcome`.
"""

from __future__ import annotations

import itertools
import socket
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import msgspec

from tradeoms.app.engine import Engine
from tradeoms.app.wire import Command, Hello, Message, Outcome, Splitter, Welcome, pack, unpack

_TIMEOUT_S: Final = 120.0
_encode: Final = msgspec.json.Encoder(decimal_format="string").encode


class LocalDoor:
    """An engine in this very process, for as long as it holds the lease."""

    def __init__(self, engine: Engine, *, user: str) -> None:
        """Act as ``user``."""
        self._engine = engine
        self._user = user

    def submit(self, name: str, command: object, *, dry_run: bool = False) -> Outcome:
        """Decide and commit one command."""
        item = Command(
            id=1,
            type=name,
            body=msgspec.Raw(_encode(command)),
            user=self._user,
            channel="cli",
            dry_run=dry_run,
        )
        answer = self._engine.run([item]).answers[0]
        assert isinstance(answer, Outcome)
        return answer


class SocketDoor:
    """The running engine, over its socket."""

    def __init__(self, path: Path, *, token: str, user: str) -> None:
        """Connect as ``user``.

        Raises:
            ConnectionRefusedError: If no engine listens there.
        """
        self._user = user
        self._numbers = itertools.count(1)
        self._splitter = Splitter()
        self._bodies: list[bytes] = []
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._link.settimeout(_TIMEOUT_S)
        self._link.connect(str(path))
        self._link.sendall(pack(Hello(role="cli", name="cli", token=token, build="")))
        welcome = self._receive()
        assert isinstance(welcome, Welcome)

    def __enter__(self) -> Self:
        """Use it in a `with`."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._link.close()

    def submit(
        self,
        name: str,
        command: object,
        *,
        dry_run: bool = False,
        channel: str = "cli",
        key: str = "",
        sha256: str = "",
    ) -> Outcome:
        """Ask, and wait for the commit; with ``key`` the same request is never done twice.

        Raises:
            ConnectionError: If the engine went away; whether it committed is not known.
        """
        item = Command(
            id=next(self._numbers),
            type=name,
            body=msgspec.Raw(_encode(command)),
            user=self._user,
            channel=channel,
            key=key,
            sha256=sha256,
            dry_run=dry_run,
        )
        self._link.sendall(pack(item))
        answer = self._receive()
        assert isinstance(answer, Outcome)
        return answer

    def _receive(self) -> Message:
        while not self._bodies:
            data = self._link.recv(1 << 20)
            if not data:
                message = "the engine closed the connection"
                raise ConnectionError(message)
            self._bodies += self._splitter.feed(data)
        return unpack(self._bodies.pop(0))
