"""P4, the whole way: a real engine and a real gateway, beside quickfix in Python alone, in turns.

*executions*: from the first byte that the counterparty sends until the last execution is committed
and in the read models that the blotter shows. Beside it a bare receiver that counts (`fix.py`).

*round trip*: from asking the engine for a placement until its fill is in the read models; between
lie the check, the commit, the outbox, the guard, D, acknowledgement, fill, journal and commit.
Beside it quickfix alone: send D to the same counterparty, wait for acknowledgement and fill.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import _world as world  # found by the path above
import fix as base
import quickfix

from tradeoms import bootstrap
from tradeoms.app.local import LocalDoor, SocketDoor
from tradeoms.domain.order.commands import CreateOrder, Leg, ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.reference import commands as load
from tradeoms.domain.reference.state import Destination
from tradeoms.fix.quick import Engine, Folders, SessionHandle
from tradeoms.kernel.enums import OrderType, Side
from tradeoms.settings import Settings

ROUNDS: Final = 5
REPORTS: Final = 2_000
TRIPS: Final = 40
BIG: Final = 1_000_000
BUILD: Final = "bench"
SOH: Final = base.SOH


def run() -> list[dict[str, Any]]:  # Any: text and numbers, printed as a table or as JSON
    """Measure both figures, ours and bare in turns."""
    with ExitStack() as stack:
        node = stack.enter_context(whole())
        receiver, counted = stack.enter_context(_folder(base.bare))
        trader = stack.enter_context(_folder(bare_trader))
        node.place(BIG // 2, fills=False)
        rates = [(_rate(node.market, node.executions), _bare_rate(receiver, counted))
                 for _ in range(ROUNDS + 1)][1:]  # fmt: skip
        trips = [(node.trips(TRIPS), trader(TRIPS)) for _ in range(ROUNDS + 1)][1:]
    ours = [each for mine, _ in trips for each in mine]
    raw = [each for _, bare in trips for each in bare]
    return [
        {
            "figure": "P4 executions, committed and shown",
            "ours_per_s": round(statistics.median(mine for mine, _ in rates)),
            "raw_per_s": round(statistics.median(bare for _, bare in rates)),
            "ratio": round(statistics.median(mine / bare for mine, bare in rates), 3),
        },
        {
            "figure": "P4 round trip, asked to fill shown",
            "ours_p50_ms": round(statistics.median(ours) * 1000, 2),
            "raw_p50_ms": round(statistics.median(raw) * 1000, 2),
            "ratio": round(statistics.median(ours) / statistics.median(raw), 1),
        },
    ]


def _rate(market: Market, count: Any) -> float:  # Any: a callable returning an int
    target = count() + REPORTS
    messages = market.fills(REPORTS)
    started = perf_counter()
    market.send(messages)
    while count() < target:
        sleep(0.002)
    return REPORTS / (perf_counter() - started)


def _bare_rate(receiver: base.Blaster, count: Any) -> float:  # Any: as above
    target = count() + REPORTS
    started = perf_counter()
    receiver.fire(REPORTS)
    while count() < target:
        sleep(0.001)
    return REPORTS / (perf_counter() - started)


class Market(base.Blaster):
    """Acknowledges every order, fills it at once or when told."""

    def __init__(self) -> None:
        """Fill at once."""
        super().__init__()
        self.at_once = True
        self.working: dict[str, str] = {}
        self._cum = 0

    def _answer(self, tags: dict[str, str]) -> None:
        if tags["35"] != "D":
            super()._answer(tags)
            return
        answers = [self._report(tags, "0", "0", cum=0, last=0)]
        if self.at_once:
            size = int(tags["38"])
            answers.append(self._report(tags, "F", "2", cum=size, last=size))
        else:
            self.working = tags
        self._send(answers)

    def fills(self, count: int) -> list[bytes]:
        """Executions of one unit each of the order that is worked."""
        found = []
        for _ in range(count):
            self._cum += 1
            found.append(self._report(self.working, "F", "1", cum=self._cum, last=1))
        return found

    def send(self, messages: list[bytes]) -> None:
        """Send at once."""
        self._send(messages)

    def _report(
        self, tags: dict[str, str], kind: str, status: str, *, cum: int, last: int
    ) -> bytes:
        self._fills += 1
        fill = f"32={last}{SOH}31=100{SOH}" if last else ""
        return self._message(
            "8",
            f"37=O{tags['11']}{SOH}11={tags['11']}{SOH}17=E{self._fills}{SOH}150={kind}{SOH}"
            f"39={status}{SOH}55={tags['55']}{SOH}54=1{SOH}38={tags['38']}{SOH}{fill}"
            f"151={int(tags['38']) - cum}{SOH}14={cum}{SOH}6=100{SOH}",
        )


class Node:
    """The engine and the gateway at work, and one large order with the desk."""

    def __init__(self, settings: Settings, order: str, market: Market) -> None:
        """Sign in as the trader, and open the read models."""
        self.market = market
        self._order = order
        token = settings.token_file.read_text().strip()
        self._door = SocketDoor(settings.socket, token=token, user="trader").__enter__()
        self._link = sqlite3.connect(f"file:{settings.data}/tradeoms.db?mode=ro", uri=True)

    def executions(self) -> int:
        """How many are committed."""
        return int(self._link.execute("SELECT count(*) FROM executions").fetchone()[0])

    def place(self, quantity: int, *, fills: bool) -> None:
        """Route units, and wait until the counterparty has them."""
        self.market.at_once = fills
        command = CreatePlacement(
            order_id=self._order, destination="bench", quantity=Decimal(quantity)
        )
        outcome = self._door.submit("CreatePlacement", command)
        assert outcome.status == "accepted", outcome.problems
        while not (fills or self.market.working):
            sleep(0.001)

    def trips(self, count: int) -> list[float]:
        """Seconds of each."""
        found = []
        for _ in range(count):
            target = self.executions() + 1
            started = perf_counter()
            self.place(1, fills=True)
            while self.executions() < target:
                sleep(0.0002)
            found.append(perf_counter() - started)
        return found


@contextmanager
def whole() -> Iterator[Node]:
    """A firm with a large order, its engine, and a gateway between it and a counterparty."""
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as name, ExitStack() as stack:
        settings = Settings(data=Path(name))
        bootstrap.initialise(settings)
        with bootstrap.engine_of(settings) as (engine, _lease):
            world.fill(engine, funds=3, securities=20, rules=50)
            destination = load.LoadDestinations(destinations=(Destination(name="bench"),))
            world.submit(engine, destination)
            order = _enter(engine)
        market = Market()
        environment = {**os.environ, **settings.as_environment(), "TRADEOMS_BUILD": BUILD}
        stack.callback(_kill, _start(["-m", "tradeoms.bootstrap", "engine"], environment))
        for kind, text in (
            ("dialects", base.DIALECT.format(commit="group")),
            ("sessions", base.SESSION.format(port=market.port)),
        ):
            (settings.data / kind).mkdir()
            (settings.data / kind / "bench.yaml").write_text(text)
        arguments = ["--data", name, "--session", "bench", "--config", name, "--build", BUILD]
        stack.callback(_kill, _start(["-m", "tradeoms.fix", *arguments], environment))
        assert market.settled.wait(60)
        yield Node(settings, order, market)


def _enter(engine: Any) -> str:  # Any: the engine
    terms = CreateOrder(
        client_order_id="big", scheme="ticker_mic", security="S1.XNAS", side=Side.BUY,
        quantity=Decimal(BIG), order_type=OrderType.LIMIT, limit_price=Decimal(101),
        legs=tuple(Leg(fund=f"F{n}", quantity=q) for n, q in enumerate(
            (Decimal(BIG // 2), Decimal(BIG // 4), Decimal(BIG // 4)))),
    )  # fmt: skip
    entered = world.submit(engine, terms, "pm")
    assert entered["status"] == "approved", entered
    outcome = LocalDoor(engine, user="pm").submit(
        "ReleaseOrder", ReleaseOrder(order_id=entered["id"])
    )
    assert outcome.status == "accepted", outcome.problems
    return str(entered["id"])


def _start(arguments: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    """A process of ours, which says a line when it is up."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline()
    return process


def _kill(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGKILL)
    process.communicate()


@contextmanager
def _folder(make: Any) -> Iterator[Any]:  # Any: a context manager of a folder
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as name, make(Path(name)) as made:
        yield made


@contextmanager
def bare_trader(folder: Path) -> Iterator[Any]:  # Any: a callable: count -> seconds of each
    """Bare quickfix in a process of its own, and its counterparty here."""
    market = Market()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, __file__, str(folder), str(market.port)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    assert market.settled.wait(60)

    def trips(count: int) -> list[float]:
        process.stdin.write(f"{count}\n")  # type: ignore[union-attr]  # see above
        process.stdin.flush()  # type: ignore[union-attr]  # see above
        found: list[float] = json.loads(process.stdout.readline())  # type: ignore[union-attr]  # see above
        return found

    try:
        yield trips
    finally:
        process.kill()
        process.wait()


class Heard(base.Count):
    """Hands over what arrives."""

    def __init__(self) -> None:
        """Begin with nothing."""
        super().__init__()
        self.arrived: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.up = threading.Event()

    def onLogon(self, _: Any) -> None:  # noqa: N802 - Any: quickfix is untyped
        """Both Logons are exchanged."""
        self.up.set()

    def fromApp(self, message: Any, _: Any) -> None:  # noqa: N802 - Any: as above
        """A report."""
        self.arrived.put(message.toString())


def trade(home: Path, port: int) -> None:
    """Send an order and wait for its two reports, as often as asked; print the seconds of each."""
    application = Heard()
    config = base.bare_config(home, port)
    folders = Folders(home)
    engine = Engine(application, base.Logs(), [config], folders)
    handle = SessionHandle(config)
    engine.start()
    application.up.wait(60)
    number = 0
    for line in sys.stdin:
        found = []
        for _ in range(int(line)):
            number += 1
            order = quickfix.Message()
            order.getHeader().setField(35, "D")
            fields = {11: f"C{number}", 55: "S1", 54: "1", 38: "1", 40: "2", 44: "101", 59: "0",
                      60: "20260105-09:00:00"}  # fmt: skip
            started = perf_counter()
            for tag, text in fields.items():
                order.setField(tag, text)
            quickfix.Session.sendToTarget(order, handle.id)
            for _report in ("acknowledgement", "fill"):
                application.arrived.get(timeout=30)
            found.append(perf_counter() - started)
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        trade(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        sys.stdout.write(json.dumps(run(), indent=1) + "\n")
