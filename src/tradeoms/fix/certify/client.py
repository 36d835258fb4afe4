"""A FIX session played byte by byte: it can also do what a sound engine never would.

It starts the numbers anew (141=Y), answers what the session layer asks, and keeps every message
either way. Nothing of it runs in production; the gateway's own session is quickfix.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from tradeoms.fix.clock import fix_timestamp, now_us
from tradeoms.fix.outbound import Pairs
from tradeoms.fix.session_config import SessionConfig
from tradeoms.fix.tags import is_intact, tags_of
from tradeoms.kernel.errors import TradeomsError

_SOH: Final = "\x01"
_ADMIN: Final = frozenset("012345A")


class Failed(TradeomsError):
    """The counterparty did not do what the scenario asks."""

    def __init__(self, *, reason: str) -> None:
        """Keep what was expected, and what came."""
        self.reason = reason
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that passed: when, `>` sent or `<` received, as on the wire."""

    at_us: int
    way: str
    raw: bytes


@dataclass(slots=True)
class Client:
    """One connection. `messages` has everything that passed, `received` what came, parsed."""

    config: SessionConfig
    password: str
    wait_s: float
    messages: list[Passed] = field(default_factory=list)
    received: list[tuple[dict[int, str], bytes]] = field(default_factory=list)
    next_out: int = 1
    closed: bool = False
    _sent: dict[int, tuple[str, Pairs]] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _socket: socket.socket | None = None

    def connect(self) -> None:
        """Open the connection; the first host of the session.

        Raises:
            Failed: If nobody listens there.
        """
        host = self.config.hosts[0]
        try:
            self._socket = socket.create_connection((host.host, host.port), timeout=self.wait_s)
        except OSError as error:
            raise Failed(reason=f"{host.host}:{host.port}: {error}") from None
        self._socket.settimeout(None)
        threading.Thread(target=self._read, name="certify", daemon=True).start()

    def close(self) -> None:
        """End the connection."""
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                self.closed = True
            self._socket.close()

    # ---- out

    def now(self) -> str:
        """The time as the dialect writes it (TransactTime, 60)."""
        return fix_timestamp(now_us(), self.config.dialect.precision)

    def log_on(self) -> None:
        """Send a Logon that starts the numbers anew."""
        config = self.config
        fields: Pairs = [(98, "0"), (108, str(config.heartbeat_s)), (141, "Y")]
        if config.default_appl_ver_id:
            fields.append((1137, config.default_appl_ver_id))
        fields += [(553, config.username)] if config.username else []
        fields += [(554, self.password)] if self.password else []
        own = {tag for tag, _ in fields}
        fields += [(tag, text) for tag, text in config.logon.items() if tag not in own]
        self.send("A", fields)

    def send(self, msg_type: str, pairs: Iterable[tuple[int, str]]) -> int:
        """Send a message under the next number, and return the number."""
        seq, fields = self.next_out, list(pairs)
        self.next_out += 1
        self._sent[seq] = (msg_type, fields)
        self.write(self.encode(msg_type, seq, fields))
        return seq

    def encode(self, msg_type: str, seq: int, pairs: Pairs, *, duplicate: bool = False) -> bytes:
        """The bytes of a message; with ``duplicate`` as if it were sent again (43=Y)."""
        config = self.config
        at = fix_timestamp(now_us(), config.dialect.precision)
        head: Pairs = [
            (35, msg_type), (49, config.sender_comp_id), (56, config.target_comp_id),
            (34, str(seq)), (52, at), *config.header.items(),
        ]  # fmt: skip
        head += [(43, "Y"), (122, at)] if duplicate else []
        body = "".join(f"{tag}={text}{_SOH}" for tag, text in [*head, *pairs])
        text = f"8={config.begin_string}{_SOH}9={len(body)}{_SOH}{body}"
        return f"{text}10={sum(text.encode('latin-1')) % 256:03d}{_SOH}".encode("latin-1")

    def write(self, raw: bytes) -> None:
        """Put bytes on the wire as they are."""
        self.messages.append(Passed(now_us(), ">", raw))
        assert self._socket is not None
        try:
            self._socket.sendall(raw)
        except OSError as error:
            raise Failed(reason=f"the connection is gone: {error}") from None

    def sent(self, seq: int) -> tuple[str, Pairs]:
        """Type and body of the message sent as ``seq``."""
        return self._sent[seq]

    # ---- in

    def wait(self, what: str, happened: Callable[[], bool]) -> None:
        """Wait until ``happened``.

        Raises:
            Failed: If it did not in time.
        """
        until = time.monotonic() + self.wait_s
        with self._changed:
            while not happened():
                left = until - time.monotonic()
                if left <= 0 or self.closed:
                    why = "the connection ended" if self.closed else f"not in {self.wait_s:g} s"
                    raise Failed(reason=f"{what}: {why}; {self._newest()}")
                self._changed.wait(min(left, 0.2))

    def since(self, mark: int, *msg_types: str) -> list[dict[int, str]]:
        """The messages of the types that came after the first ``mark``."""
        return [tags for tags, _ in self.received[mark:] if tags.get(35) in msg_types]

    def ask_alive(self, test_id: str) -> None:
        """Send a TestRequest and wait for the Heartbeat that answers it."""
        mark = len(self.received)
        self.send("1", [(112, test_id)])
        self.wait(
            f"Heartbeat with TestReqID {test_id}",
            lambda: any(tags.get(112) == test_id for tags in self.since(mark, "0")),
        )

    def _newest(self) -> str:
        if not self.received:
            return "nothing came"
        return "last came " + self.received[-1][1].decode("latin-1").replace(_SOH, "|")

    def _read(self) -> None:
        assert self._socket is not None
        buffer = b""
        try:
            while data := self._socket.recv(65_536):
                buffer += data
                while (end := _end_of_first(buffer)) > 0:
                    self._take(buffer[:end])
                    buffer = buffer[end:]
        except OSError:
            pass
        with self._changed:
            self.closed = True
            self._changed.notify_all()

    def _take(self, raw: bytes) -> None:
        tags = tags_of(raw)
        with self._changed:
            self.messages.append(Passed(now_us(), "<", raw))
            if is_intact(raw):
                self.received.append((tags, raw))
                self._answer(tags)
            self._changed.notify_all()

    def _answer(self, tags: dict[int, str]) -> None:
        """What the session layer owes: Heartbeat for a TestRequest, a resend for a request."""
        try:
            if tags.get(35) == "1":
                self.send("0", [(112, tags.get(112, ""))])
            elif tags.get(35) == "2":
                self._resend(int(tags.get(7, "1")))
        except Failed:
            self.closed = True

    def _resend(self, first: int) -> None:
        """Repeat requests that were kept back; everything else is filled (FIX 4.4 Vol. 2)."""
        for seq in range(first, self.next_out):
            msg_type, pairs = self._sent.get(seq, ("0", []))
            if msg_type in _ADMIN:
                fill: Pairs = [(123, "Y"), (36, str(seq + 1))]
                self.write(self.encode("4", seq, fill, duplicate=True))
            else:
                self.write(self.encode(msg_type, seq, pairs, duplicate=True))


def _end_of_first(buffer: bytes) -> int:
    mark = buffer.find(b"\x0110=")
    end = buffer.find(b"\x01", mark + 4) if mark >= 0 else -1
    return end + 1
