"""P10: from the throw of a kill switch to the last byte of a new order at the counterparty.

A real gateway sends orders to an acceptor as fast as it can; in the middle the switch is thrown as
`tradeoms kill --offline` does it, by a file in the data directory. The clock starts before the file
is written and stops with the last order that the acceptor received, 0 if none came after it. Beside
it stands the write of the file alone, which is the least that a durable throw can take.
"""

from __future__ import annotations

import os
import socket
import statistics
import sys
import tempfile
import threading
from decimal import Decimal
from pathlib import Path
from time import perf_counter, sleep
from typing import Any, Final

sys.path.insert(0, str(Path(__file__).parent))

import fix as base  # found by the path above

from tradeoms.app.identity import SystemClock
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import KillFolder, Thrown, new_id
from tradeoms.app.wire import Attach, Frame, Hello, Instruct, Splitter, Welcome, pack, unpack
from tradeoms.domain.kill.scope import KillScope
from tradeoms.kernel.enums import OrderType, Side, TimeInForce

ROUNDS: Final = 100
ORDERS: Final = 200
GOAL_MS: Final = 50.0
_QUIET_S: Final = 0.3


def run() -> list[dict[str, Any]]:  # Any: text and numbers, printed as a table or as JSON
    """Throw and release `ROUNDS` times under load."""
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as name:
        folder = Path(name)
        peer, engine = Peer(), Feed(folder)
        with base.between(folder, "each", peer, engine):
            kills = KillFolder(folder)
            made = [_round(peer, engine, kills) for _ in range(ROUNDS + 1)]
    last = sorted(each for each, _ in made[1:])  # the first round warms up
    return [
        {
            "figure": "P10 throw to last order out",
            "rounds": ROUNDS,
            "p50_ms": round(statistics.median(last), 2),
            "p99_ms": round(last[int(len(last) * 0.99) - 1], 2),
            "max_ms": round(last[-1], 2),
            "file_ms": round(statistics.median(file for _, file in made[1:]), 2),
            "goal_ms": GOAL_MS,
        }
    ]


def _round(peer: Peer, engine: Feed, kills: KillFolder) -> tuple[float, float]:
    """Milliseconds to the last order out, and to the file on disk."""
    before = peer.orders
    engine.feed(ORDERS)
    while peer.orders == before:
        sleep(0.001)
    now = SystemClock().now()
    thrown = Thrown(
        id=new_id(now), kind=KillScope.FIRM, value="", cancel_open=False, reason="bench",
        thrown_by="bench", thrown_at=now,
    )  # fmt: skip
    started = perf_counter()
    kills.write(thrown)
    written = perf_counter()
    while perf_counter() - max(written, peer.last) < _QUIET_S:
        sleep(0.01)
    assert peer.orders < before + ORDERS, "all had left before the throw"
    while engine.settled < engine.fed:
        sleep(0.01)
    kills.remove(thrown.id)
    return max(0.0, peer.last - started) * 1000, (written - started) * 1000


class Peer(base.Blaster):
    """Notes when the newest order arrived."""

    orders = 0
    last = 0.0

    def _answer(self, tags: dict[str, str]) -> None:
        if tags["35"] == "D":
            self.last = perf_counter()
            self.orders += 1
        else:
            super()._answer(tags)


class Feed:
    """The engine's end of the socket: hands out orders, counts what became of them."""

    def __init__(self, folder: Path) -> None:
        """Listen where the gateway will look."""
        (folder / "engine.token").write_text("bench")
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(folder / "engine.sock"))
        self._listener.listen()
        self._attached = threading.Event()
        self.fed = self.settled = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        self._connection, _ = self._listener.accept()
        splitter = Splitter()
        while data := self._connection.recv(1 << 20):
            for message in map(unpack, splitter.feed(data)):
                if isinstance(message, Hello):
                    self._connection.sendall(pack(Welcome(epoch=1, build="", seq=0)))
                elif isinstance(message, Attach):
                    self._attached.set()
                elif isinstance(message, Frame):
                    self.settled += len(message.reports)

    def feed(self, count: int) -> None:
        """Hand out ``count`` new orders in one write."""
        self._attached.wait(30)
        first = self.fed + 1
        self.fed += count
        self._connection.sendall(
            b"".join(pack(Instruct(instruction=_order(n))) for n in range(first, self.fed + 1))
        )


def _order(number: int) -> Instruction:
    hundred = Decimal(100)
    return Instruction(
        number=number, kind=InstructionKind.NEW, session="bench", placement_id=f"plc_{number}",
        order_id=f"ord_{number}", cl_ord_id=f"{os.getpid()}-{number}", orig_cl_ord_id="",
        broker_order_id="", symbol="ABC", identifiers=(), security_type="equity", currency="USD",
        mic="XNYS", side=Side.BUY, quantity=hundred, order_type=OrderType.MARKET, limit_price=None,
        stop_price=None, time_in_force=TimeInForce.DAY, expire_on=None, account="", text="",
        approved_quantity=hundred, check_id="chk_1", epoch=1, build="", not_after=None,
        created_at=SystemClock().now(), funds=("A",), people=("pm",), security_id="sec_abc",
    )  # fmt: skip


if __name__ == "__main__":
    for row in run():
        sys.stdout.write(f"{row}\n")
