"""A whole node, a broker simulator, and the fault proxy between the gateway and the broker.

An EMS simulator is beside them on a session that nobody disturbs. The broker executes only when it
is told to, so a test decides which message is damaged.
"""

from __future__ import annotations

import itertools
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from simulators.counterparty.control import Control
from tradeoms import bootstrap
from tradeoms.demo.counterparties import COUNTERPARTIES, start_counterparty, write_sessions
from tradeoms.demo.desk import Person
from tradeoms.demo.node import prepare, start_node
from tradeoms.demo.processes import Process, start
from tradeoms.demo.reconcile import differences
from tradeoms.demo.universe import Universe, build
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.projections.book import Book
from tradeoms.projections.load import load_all
from tradeoms.settings import Settings

BROKER, EMS = "BROKER_SIM", "EMS_SIM"
HEARTBEAT_S = 2
_MARKET = ("--model", "never", "--no-magic", "--prices", "dataset")
_NAMES = ("MSFT.XNAS", "CSCO.XNAS", "INTC.XNAS", "ORCL.XNAS", "YHOO.XNAS", "GE.XNYS")
_REPEATED = "firm.order.repeated"
JSON = dict[str, Any]  # JSON as it comes


class FaultyHouse:
    """Everything runs from the start to `stop`; a test begins with `begin`."""

    def __init__(self, home: Path, *, seed: int = 1) -> None:
        """Start the broker, the EMS, the proxy and the node, and sign everybody in."""
        self._home = home
        self.processes: list[Process] = []
        self._clients: list[Control | Person] = []
        universe = _quiet(build())
        ports: dict[str, int] = {}
        for one in COUNTERPARTIES:
            simulator = self._run(start_counterparty(one, home, _MARKET))
            ports[one.name] = int(simulator.ready["fix_port"])
            if one.name == BROKER:
                self.broker = self._control(simulator)
            else:
                self.ems = self._control(simulator)
        self.record = home / "faults.jsonl"
        argv = [
            *(sys.executable, "-m", "simulators.faults", "--connect", str(ports[BROKER])),
            *("--seed", str(seed), "--record", str(self.record)),
        ]
        proxy = self._run(start("faults", argv, log=home / "faults.log"))
        self.proxy = self._control(proxy)
        ports[BROKER] = int(proxy.ready["fix_port"])
        self.settings = Settings(
            data=home / "node", port=_free_port(), fix_config=_sessions(home, ports)
        )
        prepare(self.settings, universe)
        self._run(start_node(self.settings))
        address = f"http://127.0.0.1:{self.settings.port}"
        self.manager, self.trader, self.operations, self.risk = (
            self._person(Person(address, user, universe.passwords[user]))
            for user in ("pm.growth", "trader.tom", "ops.oscar", "risk.rita")
        )
        self._reading = bootstrap.reader(self.settings)
        self._numbers = itertools.count(1)
        self._known_differences: set[str] = set()
        self._known_breaks: set[str] = set()
        self._earlier: set[str] = set()
        self._decided = 0

    def _run(self, process: Process) -> Process:
        self.processes.append(process)
        return process

    def _control(self, process: Process) -> Control:
        control = Control(int(process.ready["control_port"]))
        self._clients.append(control)
        return control

    def _person(self, person: Person) -> Person:
        self._clients.append(person)
        return person

    def stop(self) -> None:
        """Stop every process, the node first."""
        for client in self._clients:
            client.close()
        self._reading.dispose()
        for process in reversed(self.processes):
            process.stop()

    # ---- one test

    def begin(self) -> None:
        """Damage nothing, let both sessions get ready, and forget what earlier tests left."""
        self.proxy.call("clear")
        self.ready()
        self._known_differences |= set(self._differences())
        book = self.book()
        self._known_breaks = set(book.breaks)
        self._earlier = set(book.cl_ord_ids)
        self._decided = len(self.proxy.call("stats")["decisions"])

    def fault(self, do: object, **entry: object) -> None:
        """Add a fault; ``on`` is any fill to the gateway unless given."""
        self.proxy.call("add", entry={"on": {"type": "8", "tags": {150: "F"}}, "do": do} | entry)

    def now(self, act: str, argument: object = None) -> None:
        """Let the proxy do something at once."""
        self.proxy.call("now", act=act, argument=argument)

    @property
    def decisions(self) -> list[JSON]:
        """What the proxy did in this test."""
        found: list[JSON] = self.proxy.call("stats")["decisions"][self._decided :]
        return found

    def order(
        self, quantity: int = 100, *, acked: bool = True, at: str = BROKER, tif: str = "day"
    ) -> str:
        """Enter, release and place a market order; return its ClOrdID."""
        number = next(self._numbers)
        body = {
            "client_order_id": f"fault-{number}",
            "security": {"scheme": "ticker_mic", "value": _NAMES[number % len(_NAMES)]},
            "side": "buy", "quantity": str(quantity), "order_type": "market",
            "time_in_force": tif,
            "allocations": [{"fund": "GROWTH", "quantity": str(quantity)}],
        }  # fmt: skip
        order = self.manager.post("/orders", body)
        self.manager.post(f"/orders/{order['id']}/release")
        placing = {"order": order["id"], "destination": at, "quantity": str(quantity)}
        placement = self.trader.post("/placements", placing)
        cl_ord_id = str(placement["cl_ord_id"])
        if acked:
            self.until("the ack", lambda: self.placement(cl_ord_id).accepted)
        return cl_ord_id

    def fill(self, cl_ord_id: str, qty: int | None = None, **more: object) -> str:
        """Let the broker execute; return its ExecID."""
        if qty is not None:
            more["qty"] = str(qty)
        order = self.broker.call("fill", cl_ord_id=cl_ord_id, **more)
        return str(order["executions"][-1]["exec_id"])

    def cancel(self, cl_ord_id: str) -> None:
        """Ask for the cancellation of a placement."""
        self.trader.post(f"/placements/{self.placement(cl_ord_id).id}/cancel")

    def replace(self, cl_ord_id: str, quantity: int) -> None:
        """Ask for another quantity of a placement."""
        found = self.placement(cl_ord_id)
        body = {"quantity": str(quantity)}
        self.trader.patch(f"/placements/{found.id}", body, version=found.version)

    def act(self, action: str, **fields: object) -> str:
        """Let operations act on the broker's session; return the id of the action."""
        body = {"reason": "test of a fault", **fields}
        return str(self.operations.post(f"/fix/sessions/{BROKER}/{action}", body)["id"])

    def set_sequence(self, number: int, direction: str = "in") -> None:
        """Let operations ask for a number of the broker's session, and risk approve it."""
        action = self.act("set-sequence", number=number, direction=direction)
        self.risk.post(f"/fix/actions/{action}/approve", {"reason": "as the broker says"})

    # ---- looking

    def session(self, name: str = BROKER) -> JSON:
        """Return what the gateway says of a session."""
        states = self.operations.get("/fix/sessions")["data"]
        return next((state for state in states if state["session"] == name), {"ready": False})

    def ready(self, within_s: float = 60) -> None:
        """Wait until requests may leave on both sessions."""
        self.until(
            "both sessions", lambda: all(self.session(one)["ready"] for one in (BROKER, EMS)),
            within_s=within_s,
        )  # fmt: skip

    def until(self, what: str, happened: Callable[[], object], within_s: float = 120) -> None:
        """Wait for a condition."""
        deadline = time.monotonic() + within_s
        while not happened():
            assert time.monotonic() < deadline, (
                f"not in {within_s} s: {what}; {self.session()}; {self.decisions[-5:]}; "
                f"{self.breaks()}; {self._log()}"
            )
            time.sleep(0.05)

    def _log(self) -> str:
        return (self.settings.data / "serve.log").read_text()[-3000:]

    def book(self) -> Book:
        """Read the whole record."""
        with self._reading.connect() as link:
            return load_all(link)

    def placement(self, cl_ord_id: str) -> Placement:
        """Return a placement as recorded."""
        book = self.book()
        return book.placements[book.cl_ord_ids[cl_ord_id]]

    def executions(self, cl_ord_id: str) -> list[Execution]:
        """Return the executions recorded for a placement, in order."""
        book = self.book()
        placement_id = book.cl_ord_ids[cl_ord_id]
        return [each for each in book.executions.values() if each.placement_id == placement_id]

    def exec_ids(self, cl_ord_id: str) -> list[str]:
        """Return the ExecIDs recorded for a placement."""
        return [each.exec_id for each in self.executions(cl_ord_id)]

    def booked(self, cl_ord_id: str, exec_ids: list[str]) -> None:
        """Wait until exactly these executions are recorded for a placement."""
        self.until(f"executions {exec_ids}", lambda: self.exec_ids(cl_ord_id) == exec_ids)

    def broken(self, *expected: tuple[str, str]) -> None:
        """Wait until exactly these breaks are open."""
        self.until(f"breaks {expected}", lambda: self.breaks() == sorted(expected))

    def breaks(self) -> list[tuple[str, str]]:
        """Kind and ClOrdID of every open break of this test, not of an earlier order."""
        return sorted(
            (each.kind.value, each.cl_ord_id)
            for key, each in self.book().breaks.items()
            if key not in self._known_breaks and each.cl_ord_id not in self._earlier
        )

    def compare(self) -> list[str]:
        """Compare both ledgers: the disagreements that this test made."""
        return [one for one in self._differences() if one not in self._known_differences]

    def _differences(self) -> list[str]:
        ledger = [*self.broker.ledger(), *self.ems.ledger()]
        return differences(self._reading, ledger)

    def agreed(self) -> None:
        """Wait until both ledgers agree and no break is open."""
        self.until("agreement", lambda: not self.compare() and not self.breaks())


def _quiet(universe: Universe) -> Universe:
    """Leave out the rule that holds an order like the one before: these tests place many."""
    rules = [rule for rule in yaml.safe_load(universe.files["rules"]) if rule["id"] != _REPEATED]
    return replace(universe, files={**universe.files, "rules": yaml.safe_dump(rules)})


def _sessions(home: Path, ports: dict[str, int]) -> Path:
    """Write the sessions with a short heartbeat, and no break for a wrong clock (test_controls)."""
    config = write_sessions(home, ports)
    for path in (config / "sessions").glob("*.yaml"):
        session = yaml.safe_load(path.read_text())
        path.write_text(
            yaml.safe_dump(session | {"heartbeat_s": HEARTBEAT_S, "controls": {"clock_skew_s": 0}})
        )
    return config


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
