"""A node, its gateway, and a broker simulator that also tells executions on a drop copy session.

The broker executes only when it is told to. One house serves every test of a file.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from simulators.counterparty.control import Control
from tests.rest.node import Node, _first_line, _start, post, running_node, stop
from tradeoms.demo.counterparties import COUNTERPARTIES, start_counterparty, write_sessions
from tradeoms.node import build_id

BROKER, COPIES = "BROKER_SIM", "COPIES_SIM"
SETTLE_S = 2
_OPTIONS = ("--model", "never", "--no-magic", "--drop-copy", f"FIX.4.4:{COPIES}:TRADEOMS")
JSON = dict[str, Any]  # JSON as it comes
_NUMBERS = itertools.count(1)


@dataclass
class TradeHouse:
    """People with REST clients, and the broker's control port."""

    node: Node
    broker: Control
    config: Path
    gateway: subprocess.Popen[bytes] = field(init=False)

    def start_gateway(self) -> None:
        """Start the gateway of both sessions, and wait until requests may leave."""
        argv = ["-m", "tradeoms.fix", "--data", str(self.node.data), "--config", str(self.config)]
        argv += ["--session", BROKER, "--session", COPIES, "--build", build_id()]
        log = self.node.data / "gateway.log"
        self.gateway = _start(argv, {**os.environ}, log)
        _first_line(self.gateway, log)
        self.until("both sessions", lambda: self.ready(BROKER) and self.ready(COPIES))

    def kill_gateway(self) -> None:
        """End the gateway as a crash would."""
        self.gateway.send_signal(signal.SIGKILL)
        self.gateway.wait()
        stop(self.gateway)

    def restart_engine(self) -> None:
        """End the engine as a crash would, and start the next one."""
        self.node.engine.send_signal(signal.SIGKILL)
        self.node.engine.wait()
        self.node.start_engine()
        self.until("the session", lambda: self.ready(BROKER))

    def ready(self, session: str) -> bool:
        """Return whether requests may leave on a session."""
        answer = self.node.as_("operations").get("/api/v1/fix/sessions")
        states = answer.json().get("data", ())
        return any(state["session"] == session and state["ready"] for state in states)

    def until(self, what: str, happened: Callable[[], Any], within_s: float = 60) -> Any:
        """Wait for a true answer and return it."""
        deadline = time.monotonic() + within_s
        while not (found := happened()):
            log = self.node.data / "gateway.log"
            assert time.monotonic() < deadline, f"not in {within_s} s: {what}; {log.read_text()}"
            time.sleep(0.02)
        return found

    def post(self, user: str, path: str, body: JSON, status: int) -> JSON:
        """Ask for something that must be answered with a status."""
        key = f"k{next(_NUMBERS)}" if status != 202 else ""
        answer = post(self.node.as_(user), f"/api/v1{path}", body, key=key)
        assert answer.status_code == status, answer.text
        found: JSON = answer.json()
        return found

    def get(self, path: str, user: str = "operations", **query: str) -> JSON:
        """Read."""
        answer = self.node.as_(user).get(f"/api/v1{path}", params=query)
        assert answer.status_code == 200, answer.text
        found: JSON = answer.json()
        return found

    def every(self, path: str, user: str = "operations", **query: str) -> list[JSON]:
        """The newest rows of a list."""
        found: list[JSON] = self.get(path, user, limit="500", **query)["data"]
        return found

    def place(self, quantity: int = 100, **funds: int) -> JSON:
        """Enter, release and place an order; return its placement once acknowledged."""
        legs = funds or {"ALPHA": quantity}
        order = self.node.create(
            "pm", f"T{next(_NUMBERS):05d}", quantity=str(quantity),
            allocations=[{"fund": fund, "quantity": str(q)} for fund, q in legs.items()],
        )  # fmt: skip
        self.post("pm", f"/orders/{order['id']}/release", {}, 200)
        placing = {"order": order["id"], "destination": BROKER, "quantity": str(quantity)}
        path = f"/placements/{self.post('trader', '/placements', placing, 201)['id']}"
        self.until("the ack", lambda: self.get(path)["status"] == "new")
        return self.get(path)

    def fill(self, placement: JSON, quantity: int, price: str = "250") -> str:
        """Let the broker execute; return its ExecID."""
        order = self.broker.call(
            "fill", cl_ord_id=placement["cl_ord_id"], qty=str(quantity), price=price
        )
        return str(order["executions"][-1]["exec_id"])

    def cum_qty(self, placement: JSON) -> str:
        """Units executed of a placement, as recorded."""
        return str(self.get(f"/placements/{placement['id']}")["cum_qty"])

    def breaks(self, *exec_ids: str) -> list[JSON]:
        """Breaks that are not settled, of these executions."""
        found = self.every("/breaks")
        return [b for b in found if b["exec_id"] in exec_ids and b["status"] != "resolved"]

    def copies(self, *exec_ids: str) -> dict[str, str]:
        """ExecID -> status of their copies."""
        found = self.every("/fix/drop-copy")
        return {each["exec_id"]: each["status"] for each in found if each["exec_id"] in exec_ids}


@contextlib.contextmanager
def open_trade_house(folder: Path, *options: str) -> Iterator[TradeHouse]:
    """Start everything and stop it at the end; ``options`` are the broker's."""
    with contextlib.ExitStack() as stack:
        simulator = start_counterparty(COUNTERPARTIES[0], folder, (*_OPTIONS, *options))
        stack.callback(simulator.stop)
        broker = Control(int(simulator.ready["control_port"]))
        stack.callback(broker.close)
        node = stack.enter_context(running_node(folder / "data"))
        config = _sessions(folder, int(simulator.ready["fix_port"]))
        house = TradeHouse(node, broker, config)
        stack.callback(lambda: stop(house.node.engine))
        house.start_gateway()
        stack.callback(lambda: stop(house.gateway))
        yield house


def _sessions(home: Path, port: int) -> Path:
    """Write the session of the orders and the one that copies it."""
    config = write_sessions(home, {one.name: port for one in COUNTERPARTIES})
    folder = config / "sessions"
    orders = yaml.safe_load((folder / f"{BROKER}.yaml").read_text())
    copying = {
        **orders, "name": COPIES, "target_comp_id": COPIES, "dialect": "drop-copy-44", "algos": "",
        "copies": [BROKER], "settle_s": SETTLE_S,
    }  # fmt: skip
    (folder / f"{COPIES}.yaml").write_text(yaml.safe_dump(copying))
    return config
