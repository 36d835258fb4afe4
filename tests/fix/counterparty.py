"""A scripted FIX counterparty on a raw socket, with its own codec and its own ledger.

It shares no code with tradeoms and none with quickfix. It outlives the gateway it talks to, so its
ledger is the witness of what reached the market, and how often.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

SOH = "\x01"
Tags = dict[int, str]
Pairs = list[tuple[int, str]]
ADMIN = set("012345A")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def parse(raw: str) -> Tags:
    tags: Tags = {}
    for part in raw.split(SOH):
        tag, equals, value = part.partition("=")
        if equals:
            tags.setdefault(int(tag), value)
    return tags


def utc() -> str:
    return datetime.now(UTC).strftime("%Y%m%d-%H:%M:%S.%f")[:-3]


class Counterparty:
    """An acceptor for one session. Everything it received and sent stays readable."""

    def __init__(
        self, begin_string: str = "FIX.4.4", *, us: str = "PEER", them: str = "OMS"
    ) -> None:
        self.begin_string, self.us, self.them = begin_string, us, them
        self.port = free_port()
        self.next_out = 1
        self.next_in = 1
        self.sent: dict[int, tuple[str, Pairs]] = {}
        self.connected_from = ""
        self.received: list[Tags] = []
        self.executed: list[str] = []  # ClOrdIDs that became an order here, each time it happened
        self.parked: dict[int, Tags] = {}
        self.logons = 0
        self.silent = False  # take orders, answer none
        self.poss_dup_is_new = False
        self.eager = False  # handle what is too high at once, and ask for the rest only then
        self.mute_logon = False
        self.resets_at_logout = False  # numbers start anew with every session, as was agreed
        self.deaf = False  # the line is dead: nothing is heard and nothing answered
        self.logon_extra: Pairs = []
        self.fill_after_ack = False
        self.exec_ids = 0
        self.on_order: Callable[[Tags], object] = self.acknowledge
        self.on_status: Callable[[Tags], object] = self.answer_status
        self.on_mass_cancel: Callable[[Tags], object] = lambda _: None
        self.on_list: Callable[[Tags], object] = lambda _: None
        self.before_resend: Callable[[], None] = lambda: None
        self._changed = threading.Condition(threading.RLock())
        self._connection: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._open = True

    # ---- life

    def start(self) -> Counterparty:
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def stop(self) -> None:
        self._open = False
        if self._listener is not None:
            self._listener.close()
        self.cut()

    def cut(self) -> None:
        """Break the connection without a Logout."""
        connection = self._connection
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def _accept(self) -> None:
        assert self._listener is not None
        while self._open:
            try:
                connection, (address, _) = self._listener.accept()
            except OSError:
                return
            with self._changed:
                self._connection = connection
                self.connected_from = address
                self.parked.clear()
            try:
                self._serve(connection)
            except OSError:
                pass
            finally:
                with self._changed:
                    if self._connection is connection:
                        self._connection = None
                    self._changed.notify_all()
                connection.close()

    def _serve(self, connection: socket.socket) -> None:
        buffer = ""
        while True:
            data = connection.recv(65_536)
            if not data:
                return
            if self.deaf:
                continue
            buffer += data.decode("latin-1")
            while (end := self._end_of_first(buffer)) > 0:
                self._take(buffer[:end])
                buffer = buffer[end:]

    @staticmethod
    def _end_of_first(buffer: str) -> int:
        mark = buffer.find(SOH + "10=")
        if mark < 0:
            return 0
        end = buffer.find(SOH, mark + 4)
        return end + 1 if end > 0 else 0

    # ---- session

    def _take(self, raw: str) -> None:
        tags = parse(raw)
        with self._changed:
            self.received.append(tags)
            seq, duplicate = int(tags[34]), tags.get(43) == "Y"
            if tags[35] == "4" and tags.get(123) == "Y":
                if seq <= self.next_in:
                    self.next_in = max(self.next_in, int(tags[36]))
                    self._drain()
            elif seq > self.next_in and self.eager:
                if tags[35] != "A":
                    self.send("2", [(7, str(self.next_in)), (16, "0")])
                    self.next_in = seq + 1
                self._handle(tags)
            elif seq > self.next_in:
                if tags[35] == "A":
                    self._logon(tags)
                elif tags[35] == "2":
                    self._resend(tags)
                self.parked[seq] = tags
                self.send("2", [(7, str(self.next_in)), (16, "0")])
            elif seq == self.next_in:
                self.next_in += 1
                self._handle(tags)
                self._drain()
            elif duplicate and self.poss_dup_is_new and tags[35] == "D":
                self._handle(tags)
            self._changed.notify_all()

    def _drain(self) -> None:
        while self.next_in in self.parked:
            tags = self.parked.pop(self.next_in)
            self.next_in += 1
            if tags[35] not in {"A", "2"}:
                self._handle(tags)

    def _logon(self, tags: Tags) -> None:
        if self.mute_logon:
            return
        version = [(1137, tags[1137])] if 1137 in tags else []
        self.send("A", [(98, "0"), (108, tags[108]), *version, *self.logon_extra])
        self.logons += 1

    def _handle(self, tags: Tags) -> None:  # noqa: C901, PLR0912 - one case a message type
        match tags[35]:
            case "A":
                self._logon(tags)
            case "1":
                self.send("0", [(112, tags[112])])
            case "2":
                self._resend(tags)
            case "5":
                self.send("5", [])
                self.cut()
                if self.resets_at_logout:
                    self.next_in = self.next_out = 1
                    self.sent.clear()
            case "D":
                self.executed.append(tags[11])
                if not self.silent:
                    self.on_order(tags)
            case "G":
                if not self.silent:
                    self.report(tags, "5", "0", [(41, tags[41])])
            case "F":
                if not self.silent:
                    self.report(tags, "4", "4", [(41, tags[41])])
            case "H" | "AF":
                self.on_status(tags)
            case "q":
                self.on_mass_cancel(tags)
            case "E" | "K" | "L" | "M":
                self.on_list(tags)
            case _:
                pass

    def _resend(self, tags: Tags) -> None:
        self.before_resend()
        first, last = int(tags[7]), int(tags[16]) or self.next_out - 1
        gap = 0
        for seq in range(first, min(last, self.next_out - 1) + 1):
            msg_type, pairs = self.sent.get(seq, ("0", []))
            if msg_type in ADMIN:
                gap = gap or seq
                continue
            if gap:
                self._fill(gap, seq)
                gap = 0
            self._write(msg_type, seq, pairs, duplicate=True)
        if gap:
            self._fill(gap, min(last, self.next_out - 1) + 1)

    def _fill(self, seq: int, new_seq: int) -> None:
        self._write("4", seq, [(123, "Y"), (36, str(new_seq))], duplicate=True)

    # ---- sending

    def send(self, msg_type: str, pairs: Pairs) -> int:
        with self._changed:
            seq = self.next_out
            self.next_out += 1
            self.sent[seq] = (msg_type, pairs)
            self._write(msg_type, seq, pairs)
            return seq

    def skip(self, msg_type: str, pairs: Pairs) -> int:
        """Take a number and keep the message, but do not write it: a gap."""
        with self._changed:
            seq = self.next_out
            self.next_out += 1
            self.sent[seq] = (msg_type, pairs)
            return seq

    def encode(self, msg_type: str, seq: int, pairs: Pairs, *, duplicate: bool = False) -> bytes:
        head: Pairs = [(35, msg_type), (49, self.us), (56, self.them), (34, str(seq)), (52, utc())]
        if duplicate:
            head += [(43, "Y"), (122, utc())]
        body = "".join(f"{tag}={text}{SOH}" for tag, text in head + pairs)
        text = f"8={self.begin_string}{SOH}9={len(body)}{SOH}{body}"
        return f"{text}10={sum(text.encode('latin-1')) % 256:03d}{SOH}".encode("latin-1")

    def again(self, msg_type: str, seq: int, pairs: Pairs) -> None:
        """Send a message under a number that is used up, without PossDupFlag (43)."""
        with self._changed:
            self._write(msg_type, seq, pairs)

    def _write(self, msg_type: str, seq: int, pairs: Pairs, *, duplicate: bool = False) -> None:
        self.write_bytes(self.encode(msg_type, seq, pairs, duplicate=duplicate))

    def write_bytes(self, data: bytes) -> None:
        connection = self._connection
        if connection is not None:
            try:
                connection.sendall(data)
            except OSError:
                return

    # ---- business

    def new_exec_id(self) -> str:
        self.exec_ids += 1
        return f"E{self.exec_ids}"

    def report(self, order: Tags, exec_type: str, status: str, extra: Pairs | None = None) -> int:
        return self.send("8", self.report_pairs(order, exec_type, status, extra))

    def report_pairs(
        self, order: Tags, exec_type: str, status: str, extra: Pairs | None = None
    ) -> Pairs:
        cum = order.get(38, "0") if status == "2" else "0"
        pairs: Pairs = [
            (37, f"O-{order[11]}"), (11, order[11]), (17, self.new_exec_id()),
            (150, exec_type), (39, status), (55, order.get(55, "ABC")), (54, order.get(54, "1")),
            (38, order.get(38, "0")), (151, "0"), (14, cum), (6, "0"), (60, utc()),
        ]  # fmt: skip
        if self.begin_string == "FIX.4.2":
            pairs.append((20, "0"))
        return pairs + (extra or [])

    def acknowledge(self, order: Tags) -> None:
        self.report(order, "0", "0")
        if self.fill_after_ack:
            self.fill(order)

    def fill(self, order: Tags) -> int:
        kind = "2" if self.begin_string == "FIX.4.2" else "F"
        return self.report(order, kind, "2", [(32, order.get(38, "0")), (31, "10.5")])

    def answer_status(self, tags: Tags) -> None:
        if tags[35] == "AF":
            return
        known = tags[11] in self.executed
        status = "0" if known else "8"
        self.report(tags, "I", status, [] if known else [(103, "5")])

    # ---- looking

    def of_type(self, msg_type: str) -> list[Tags]:
        with self._changed:
            return [tags for tags in self.received if tags[35] == msg_type]

    def wait(self, what: str, happened: Callable[[], object], timeout_s: float = 15.0) -> None:
        deadline = time.monotonic() + timeout_s
        with self._changed:
            while not happened():
                left = deadline - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"not in {timeout_s} s: {what}; got {self.received[-8:]}")
                self._changed.wait(min(left, 0.05))
