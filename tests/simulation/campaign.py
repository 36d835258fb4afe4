"""Random kills under load: processes die anywhere, and both ledgers must agree afterwards.

Desks enter, release and place orders through REST and repeat every request until it is answered, as
a careful client does. Meanwhile one process after the other is killed with SIGKILL: the whole node,
the engine, a REST worker, a gateway, the broker, the EMS. Nothing acknowledged may be lost, nothing
sent twice, every fill booked once. A liar may stand between the gateway and the broker: it damages
reports at random, all but those it would withhold for ever, which no ledger could agree on. Two
operators release the sessions that it brings to a halt, and have repeated what it hid.
"""

from __future__ import annotations

import itertools
import os
import random
import signal
import socket
import sys
import threading
import time
from collections import Counter, deque
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import sqlalchemy as sa

from simulators.counterparty.control import Control
from simulators.faults.script import LIES
from tests.simulation.operators import Operators
from tradeoms import bootstrap
from tradeoms.demo.counterparties import COUNTERPARTIES, start_counterparty, write_sessions
from tradeoms.demo.desk import Person, Refused, wait_for
from tradeoms.demo.node import prepare, start_node
from tradeoms.demo.processes import Process, start
from tradeoms.demo.reconcile import differences
from tradeoms.demo.script import FirmDay
from tradeoms.demo.universe import build
from tradeoms.projections.tables import orders
from tradeoms.settings import Settings

VICTIMS = ("node", "engine", "rest", "gateway", "broker", "ems")
NAMES = ("MSFT.XNAS", "CSCO.XNAS", "INTC.XNAS", "ORCL.XNAS", "DELL.XNAS", "YHOO.XNAS", "GE.XNYS")
#: Orders of a desk that may be open before it cancels the oldest.
PATIENCE = 10
_MARKET = (
    *("--model", "sliced", "--slices", "3", "--slice-ms", "30", "--prices", "dataset"),
    "--no-magic",  # a thousand kills hit every quantity that a simulator would not end
)


@dataclass(slots=True)
class Report:
    """What a campaign did and found."""

    seed: int
    kills: dict[str, int] = field(default_factory=lambda: dict.fromkeys(VICTIMS, 0))
    lies: dict[str, int] = field(default_factory=dict)
    acknowledged: list[str] = field(default_factory=list, repr=False)
    placed: int = 0
    released: int = 0
    repeated: int = 0
    lost: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    executions: int = 0
    events: int = 0
    verified: bool = False
    replay_equal: bool = False


class Campaign:
    """A node, a broker and an EMS in a folder, load on them, and a killer."""

    def __init__(self, home: Path, *, seed: int, database_url: str = "", liar: float = 0.0) -> None:
        """Start everything; no load yet.

        Args:
            home: A folder of its own.
            seed: Of what is entered, killed and damaged.
            database_url: Where the journal is, SQLite in the folder unless given.
            liar: Part of the broker's reports that are damaged on their way, 0 to 1.
        """
        self.report = Report(seed=seed)
        self._random = random.Random(seed)
        self._home = home
        self._universe = build()
        self.simulators = {
            one.simulator: start_counterparty(one, home, _MARKET) for one in COUNTERPARTIES
        }
        self._fix_ports = self._ports_of("fix_port")
        self._control_ports = self._ports_of("control_port")
        self._proxy = self._start_liar(liar) if liar else None
        ports = self._fix_ports
        if self._proxy is not None:
            ports = {**ports, "BROKER_SIM": int(self._proxy.ready["fix_port"])}
        self.settings = Settings(
            data=home / "node",
            database_url=database_url,
            port=_free_port(),
            fix_config=write_sessions(home, ports),
        )
        prepare(self.settings, self._universe)
        self.node = start_node(self.settings)
        self._address = f"http://127.0.0.1:{self.settings.port}"
        self._stopped = threading.Event()
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()

    def run(self, *, kills: int, desks: int = 2) -> Report:
        """Kill ``kills`` times under load, then let everything settle and compare."""
        threads = [threading.Thread(target=self._work, args=(n,)) for n in range(desks)]
        operators = Operators(self._address, self._universe.passwords)
        operators.start()
        try:
            for thread in threads:
                thread.start()
            for _ in range(kills):
                time.sleep(self._random.uniform(0.2, 1.5))
                self._kill(self._random.choice(VICTIMS))
            time.sleep(1.0)
        finally:
            self._stopped.set()
            for thread in threads:
                thread.join()
        try:
            self._end_lies()
            operators.begin_evening()
            self._judge(operators)
        finally:
            operators.end()
        self.report.released = operators.released
        self.report.repeated = operators.repeated
        return self.report

    def stop(self) -> None:
        """Stop every process."""
        self.node.stop()
        if self._proxy is not None:
            self._proxy.stop()
        for simulator in self.simulators.values():
            simulator.stop()

    def _start_liar(self, rate: float) -> Process:
        """Start the fault proxy in front of the broker, lying from now on."""
        argv = [
            *(sys.executable, "-m", "simulators.faults"),
            *("--connect", str(self._fix_ports["BROKER_SIM"])),
            *("--seed", str(self.report.seed), "--record", str(self._home / "faults.jsonl")),
        ]
        proxy = start("faults", argv, log=self._home / "faults.log")
        acts = [act for act in LIES if act != "lose"]
        with closing(Control(int(proxy.ready["control_port"]))) as control:
            control.call("add", entry={"liar": {"rate": rate, "acts": acts}})
        return proxy

    def _end_lies(self) -> None:
        """Let every report through again, and count what was done to those before."""
        if self._proxy is None:
            return
        with closing(Control(int(self._proxy.ready["control_port"]))) as control:
            control.call("clear")
            decided = control.call("stats")["decisions"]
        self.report.lies = dict(Counter(each["act"] for each in decided))

    def _ports_of(self, kind: str) -> dict[str, int]:
        """Return a port of every counterparty by its name."""
        return {one.name: int(self.simulators[one.simulator].ready[kind]) for one in COUNTERPARTIES}

    def _kill(self, victim: str) -> None:
        """Kill one process; start again what nobody else starts."""
        self.report.kills[victim] += 1
        if victim in self.simulators:
            self.simulators[victim].kill()
            one = next(one for one in COUNTERPARTIES if one.simulator == victim)
            self.simulators[victim] = start_counterparty(
                one,
                self._home,
                _MARKET,
                port=self._fix_ports[one.name],
                control_port=self._control_ports[one.name],
            )
        elif victim == "node":
            self.node.kill()
            self.node = self._start_again()
        else:
            for child in _children(self.node, victim):
                os.kill(child, signal.SIGKILL)

    def _start_again(self) -> Process:
        """Start the node; the kernel may need a moment to end the old one's children."""
        return start_node(self.settings)

    def _work(self, desk: int) -> None:
        """Enter, release and place until stopped; every request is repeated until answered."""
        rng = random.Random(self.report.seed * 1000 + desk)
        manager = Insistent(self._address, "pm.growth", self._universe.passwords, self._stopped)
        trader = Insistent(self._address, "trader.tom", self._universe.passwords, self._stopped)
        placed: deque[str] = deque()
        while not self._stopped.is_set():
            order_id = self._one_order(manager, trader, rng)
            if order_id is not None:
                placed.append(order_id)
            if len(placed) > PATIENCE:  # what has not filled by now is taken back
                manager.ask(f"/orders/{placed.popleft()}/cancel", {"reason": "took too long"})
        manager.close()
        trader.close()

    def _one_order(self, manager: Insistent, trader: Insistent, rng: random.Random) -> str | None:
        """Enter, release and place one order; return its id where it got as far as the desk."""
        client_order_id = f"kill-{self.report.seed}-{next(self._numbers)}"
        order = manager.ask("/orders", _order(client_order_id, rng))
        if order is None:
            return None
        with self._lock:
            self.report.acknowledged.append(client_order_id)
        if manager.ask(f"/orders/{order['id']}/release", {}) is None:
            return None
        destination = rng.choice(("BROKER_SIM", "EMS_SIM"))
        placement = {
            "order": order["id"],
            "destination": destination,
            "quantity": order["quantity"],
        }
        if trader.ask("/placements", placement) is not None:
            with self._lock:
                self.report.placed += 1
        return str(order["id"])

    def _judge(self, operators: Operators) -> None:
        """Wait until both sides are quiet, then compare every record."""
        report = self.report
        wait_for("the REST door", lambda: _answers(self._address), within_s=60)
        wait_for("missing executions", lambda: operators.complete, within_s=900)
        with FirmDay(
            self.settings, self._address, self._control_ports, self._universe.passwords
        ) as firm:
            firm.settle()
            wait_for("missing executions", lambda: operators.complete, within_s=900)
            ledger = firm.ledger()
        reading = bootstrap.reader(self.settings)
        report.differences = differences(reading, ledger)
        report.lost = _lost(reading, report.acknowledged)
        reading.dispose()
        report.executions = sum(len(order["executions"]) for order in ledger)
        verdict = bootstrap.verify(self.settings)
        report.events, report.verified = verdict.checked, verdict.ok
        report.replay_equal = not bootstrap.replay(self.settings).differing


class Insistent:
    """A client that asks again, with the same key, until it gets an answer."""

    def __init__(self, address: str, user: str, passwords: Any, stopped: threading.Event) -> None:
        """Sign in when first asked."""
        self._address = address
        self._user = user
        self._password = passwords[user]
        self._stopped = stopped
        self._person: Person | None = None

    def close(self) -> None:
        """Leave the connection."""
        if self._person is not None:
            self._person.close()
            self._person = None

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """Post until answered; `None` if refused, or never answered before the end."""
        key = f"{self._user}-{time.time_ns():x}-{random.getrandbits(32):x}"
        deadline = None
        while True:
            if self._stopped.is_set():
                deadline = deadline or time.monotonic() + 30
                if time.monotonic() > deadline:
                    return None
            try:
                if self._person is None:
                    self._person = Person(self._address, self._user, self._password)
                return self._person.post(path, body, key=key)
            except Refused as refused:
                if refused.status == 401:
                    self.close()
                elif refused.status not in (409, 429, 503):
                    return None
            except httpx.HTTPError:
                pass
            time.sleep(0.05)


def _order(client_order_id: str, rng: random.Random) -> dict[str, Any]:
    """A purchase or a sale, so that cash and holdings last, of a size not seen lately."""
    quantity = rng.randrange(10, 2000)
    index = quantity // 3
    legs = [
        {"fund": "GROWTH", "quantity": str(quantity - index)},
        {"fund": "INDEX", "quantity": str(index)},
    ]
    return {
        "client_order_id": client_order_id,
        "security": {"scheme": "ticker_mic", "value": rng.choice(NAMES)},
        "side": rng.choice(("buy", "sell")),
        "quantity": str(quantity),
        "order_type": "market",
        "time_in_force": "day",
        "allocations": legs,
    }


def _children(node: Process, kind: str) -> list[int]:
    """Process ids of one child of a kind, by how it was started."""
    marks = {"engine": "tradeoms.bootstrap", "rest": "tradeoms.rest", "gateway": "tradeoms.fix"}
    try:
        children = psutil.Process(node.popen.pid).children()
        found = [child.pid for child in children if marks[kind] in " ".join(child.cmdline())]
    except psutil.NoSuchProcess:
        return []
    return found[:1]


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/readyz", timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def _lost(engine: Any, acknowledged: list[str]) -> list[str]:
    """The acknowledged orders that the database does not have exactly once."""
    with engine.connect() as link:
        rows = link.execute(sa.select(orders.c.client_order_id)).scalars().all()
    counts: dict[str, int] = {}
    for one in rows:
        counts[one] = counts.get(one, 0) + 1
    return [one for one in acknowledged if counts.get(one, 0) != 1]


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
