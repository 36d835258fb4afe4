"""P4, the gateway's part: executions from wire to engine, beside a bare quickfix-Python receiver.

Ours: a real gateway process; an execution counts when its frame reached the engine's end of the
socket, so it was received, fsynced in the wire journal before its sequence number moved, parsed,
normalised and framed. The sink answers watermarks as the engine does. Raw: quickfix in Python with
a FileStore and the same settings, whose `fromApp` takes the text of the message and counts. Both
are blasted by the same process, in turns; the figure is the median of the rounds' ratios.
"""

# ruff: noqa: N802, N815 - quickfix names its callbacks in camel case

from __future__ import annotations

import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

import quickfix

from tradeoms.app.wire import Frame, Hello, Splitter, Watermark, Welcome, pack, unpack
from tradeoms.fix.dialect import load_dialect
from tradeoms.fix.dictionary import write_dictionary
from tradeoms.fix.quick import Engine, Folders, SessionHandle
from tradeoms.fix.session_config import SessionConfig

ROUNDS: Final = 5
REPORTS: Final = 10_000
GOAL: Final = 0.25
GOAL_RATE: Final = 5_000
SOH: Final = "\x01"
HERE: Final = Path(__file__).resolve()
DIALECT: Final = "name: bench\nreports: {{commit: {commit}}}\n"
SESSION: Final = (
    "name: bench\ndialect: bench\nbegin_string: FIX.4.4\nsender_comp_id: OMS\n"
    "target_comp_id: PEER\nhost: 127.0.0.1\nport: {port}\nreconnect_s: 1\n"
)


def run() -> list[dict[str, Any]]:  # Any: text and numbers, printed as a table or as JSON
    """Measure both in turns and return one dictionary."""
    return [_measure("each"), _measure("group")]


def _measure(commit: str) -> dict[str, Any]:  # Any: as run
    ours, raw = [], []
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as name:
        folder = Path(name)
        with gateway(folder, commit) as (blaster, sink), bare(folder) as (bare_blaster, counted):
            for turn in range(ROUNDS + 1):
                gateway_rate = _rate(blaster, lambda: sink.rows)
                bare_rate = _rate(bare_blaster, counted)
                if turn:  # the first round warms up
                    ours.append(gateway_rate)
                    raw.append(bare_rate)
    return {
        "figure": "P4 gateway",
        "commit": commit,
        "fsync_us": round(_fsync_us()),
        "ours_per_s": round(statistics.median(ours)),
        "raw_per_s": round(statistics.median(raw)),
        "ratio": round(
            statistics.median(own / base for own, base in zip(ours, raw, strict=True)), 2
        ),
        "goal": GOAL,
        "goal_per_s": GOAL_RATE,
    }


def _fsync_us() -> float:
    """What one synced write of a page costs here and now, microseconds (median of 100)."""
    with tempfile.NamedTemporaryFile(prefix="tradeoms-bench-") as file:
        costs = []
        for _ in range(100):
            os.pwrite(file.fileno(), b"x" * 4096, 0)
            started = perf_counter()
            os.fdatasync(file.fileno())
            costs.append(perf_counter() - started)
    return statistics.median(costs) * 1e6


def _rate(blaster: Blaster, count: Any) -> float:  # Any: a callable returning an int
    """Executions a second from the first byte sent to the last one counted."""
    target = count() + REPORTS
    started = perf_counter()
    blaster.fire(REPORTS)
    while count() < target:
        sleep(0.001)
    return REPORTS / (perf_counter() - started)


class Blaster:
    """An acceptor that logs on, keeps the session alive and sends fills as fast as it can."""

    def __init__(self) -> None:
        """Listen on a free port."""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._next = 1
        self._fills = 0
        self._lock = threading.Lock()
        self._connection: socket.socket | None = None
        self.settled = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self._connection, _ = self._listener.accept()
        buffer = ""
        while data := self._connection.recv(65_536):
            buffer += data.decode("latin-1")
            while (mark := buffer.find(f"{SOH}10=")) >= 0:
                end = buffer.index(SOH, mark + 4) + 1
                self._answer(dict(part.split("=", 1) for part in buffer[:end].split(SOH) if part))
                buffer = buffer[end:]

    def _answer(self, tags: dict[str, str]) -> None:
        if tags["35"] == "A":
            self._send([self._message("A", f"98=0{SOH}108=30{SOH}")])
            self.settled.set()
        elif tags["35"] == "1":
            self._send([self._message("0", f"112={tags['112']}{SOH}")])

    def _message(self, msg_type: str, body: str) -> bytes:
        with self._lock:
            head = (
                f"35={msg_type}{SOH}49=PEER{SOH}56=OMS{SOH}34={self._next}{SOH}"
                f"52=20260105-09:00:00.000{SOH}"
            )
            self._next += 1
        text = f"8=FIX.4.4{SOH}9={len(head) + len(body)}{SOH}{head}{body}"
        return f"{text}10={sum(text.encode()) % 256:03d}{SOH}".encode()

    def _send(self, messages: list[bytes]) -> None:
        assert self._connection is not None
        self._connection.sendall(b"".join(messages))

    def fire(self, count: int) -> None:
        """Send ``count`` fills, encoded before the first byte leaves."""
        messages = []
        for _ in range(count):
            self._fills += 1
            messages.append(
                self._message(
                    "8",
                    f"37=O1{SOH}11=ORD-{self._fills % 500}{SOH}17=E{self._fills}{SOH}150=F{SOH}"
                    f"39=1{SOH}1=ACC{SOH}55=ABC{SOH}48=US0378331005{SOH}22=4{SOH}54=1{SOH}"
                    f"38=1000000{SOH}44=10.5{SOH}32=100{SOH}31=10.25{SOH}30=XNYS{SOH}"
                    f"151=500000{SOH}14={self._fills}{SOH}6=10.25{SOH}"
                    f"60=20260105-09:00:00.000{SOH}",
                )
            )
        self._send(messages)


class Sink:
    """The engine's end of the socket: counts rows and answers watermarks, commits nothing."""

    def __init__(self, folder: Path) -> None:
        """Listen where the gateway will look."""
        (folder / "engine.token").write_text("bench")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / "engine.sock"))
        self._listener.listen()
        self.rows = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _ = self._listener.accept()
        splitter = Splitter()
        while data := connection.recv(1 << 20):
            last: Frame | None = None
            for body in splitter.feed(data):
                if body.startswith(b'{"t":"frame"'):
                    self.rows += 1
                    last_body = body
                    last = None
                elif isinstance(unpack(body), Hello):
                    connection.sendall(pack(Welcome(epoch=1, build="", seq=0)))
                    continue
                else:
                    continue
                last = unpack(last_body)  # type: ignore[assignment]  # it is a frame
            if last is not None:
                mark = Watermark(session=last.session, epoch=last.epoch, row=last.row)
                connection.sendall(pack(mark))


@contextmanager
def gateway(folder: Path, commit: str) -> Iterator[tuple[Blaster, Sink]]:
    """A gateway process with its blaster and its sink."""
    with between(folder, commit, blaster := Blaster(), sink := Sink(folder)):
        yield blaster, sink


@contextmanager
def between(folder: Path, commit: str, blaster: Blaster, _engine: object) -> Iterator[None]:
    """A gateway process between a counterparty and an engine's end that listen already."""
    for kind, name, text in (
        ("dialects", "bench", DIALECT.format(commit=commit)),
        ("sessions", "bench", SESSION.format(port=blaster.port)),
    ):
        (folder / kind).mkdir()
        (folder / kind / f"{name}.yaml").write_text(text)
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "tradeoms.fix", "--data", str(folder), "--session", "bench",
         "--config", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        blaster.settled.wait(30)
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@contextmanager
def bare(folder: Path) -> Iterator[tuple[Blaster, Any]]:  # Any: a callable returning an int
    """A bare receiver process with its blaster, and how many messages it counted."""
    blaster = Blaster()
    home = folder / "bare"
    home.mkdir()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(HERE), str(home), str(blaster.port)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    counts = [0]

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            counts[0] = json.loads(line)

    threading.Thread(target=listen, daemon=True).start()
    try:
        blaster.settled.wait(30)
        yield blaster, lambda: counts[0]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _nothing(*_: object) -> None:
    """A callback that does nothing."""


class Count(quickfix.Application):  # type: ignore[misc]  # quickfix is untyped
    """Takes the text of each message and counts."""

    count = 0
    onCreate = onLogon = onLogout = toAdmin = toApp = fromAdmin = _nothing

    def fromApp(self, message: Any, _: Any) -> None:  # Any: quickfix is untyped
        """Count one."""
        message.toString()
        self.count += 1


class Quiet(quickfix.Log):  # type: ignore[misc]  # quickfix is untyped
    """Logs nothing."""

    onIncoming = onOutgoing = onEvent = _nothing


class Logs(quickfix.LogFactory):  # type: ignore[misc]  # quickfix is untyped
    """Makes quiet logs and keeps them, as quickfix holds bare pointers."""

    destroy = _nothing

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__()
        self._kept: list[Quiet] = []

    def create(self, *_: object) -> Quiet:
        """One more."""
        log = Quiet()
        log.thisown = 0
        self._kept.append(log)
        return log


def bare_config(home: Path, port: int) -> SessionConfig:
    """The session of a bare quickfix, its store and dictionary made."""
    (home / "bench.yaml").write_text(DIALECT.format(commit="each"))
    folders = Folders(home)
    folders.store.mkdir()
    write_dictionary(folders.dictionaries, "FIX.4.4")
    return SessionConfig(
        name="bench", dialect=load_dialect(home / "bench.yaml"), begin_string="FIX.4.4",
        sender_comp_id="OMS", target_comp_id="PEER", host="127.0.0.1", port=port, reconnect_s=1,
    )  # fmt: skip


def bare_receiver(home: Path, port: int) -> None:
    """Receive with quickfix alone and print the count each time it rests."""
    config = bare_config(home, port)
    folders = Folders(home)
    application = Count()
    engine = Engine(application, Logs(), [config], folders)
    assert SessionHandle(config).next_in == 1
    engine.start()
    told = 0
    while os.getppid() > 1:
        sleep(0.002)
        if application.count != told:
            told = application.count
            sys.stdout.write(f"{told}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        bare_receiver(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(run(), indent=1) + "\n")
