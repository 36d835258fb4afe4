"""The kill switch where it matters most: the engine is dead, an order is on its way."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from tradeoms import bootstrap
from tradeoms.cli import app
from tradeoms.demo.control import Control
from tradeoms.demo.counterparties import COUNTERPARTIES, start_counterparty, write_sessions
from tradeoms.demo.desk import wait_for
from tradeoms.demo.node import prepare
from tradeoms.demo.processes import Process, running, start
from tradeoms.demo.reconcile import differences
from tradeoms.demo.universe import build
from tradeoms.domain.order.commands import CreateOrder, Leg, ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import OrderType, Side
from tradeoms.projections.book import Book
from tradeoms.projections.load import load_all
from tradeoms.settings import Settings

BROKER = COUNTERPARTIES[0]
UNITS = Decimal(100)
NAMES = ("GE.XNYS", "MSFT.XNAS", "CSCO.XNAS", "INTC.XNAS", "ORCL.XNAS")


class Desk:
    """A broker, an engine and a gateway as processes of their own, and people at the socket."""

    def __init__(self, home: Path, processes: list[Process]) -> None:
        self._home = home
        self._processes = processes
        broker = start_counterparty(BROKER, home, ("--model", "never"))
        processes.append(broker)
        ports = {one.name: broker.ready["fix_port"] for one in COUNTERPARTIES}
        self.settings = Settings(
            data=home / "node", fix_config=write_sessions(home, ports), _env_file=None
        )
        prepare(self.settings, build())
        self._control = Control(BROKER.name, broker.ready["control_port"])
        self._environment = {**self.settings.as_environment(), "TRADEOMS_BUILD": "test"}
        self.engine = self.start_engine()
        self.gateway = self._start("gateway", "-m", "tradeoms.fix", "--data",
            str(self.settings.data), "--session", BROKER.name, "--build", "test",
            "--config", str(self.settings.fix_config))  # fmt: skip

    def start_engine(self) -> Process:
        return self._start("engine", "-m", "tradeoms.bootstrap", "engine")

    def _start(self, name: str, *arguments: str) -> Process:
        log = self._home / f"{name}.log"
        process = start(name, [sys.executable, *arguments], log=log, environment=self._environment)
        self._processes.append(process)
        return process

    def ask(self, user: str, command: object) -> Any:  # Any: JSON
        with bootstrap.door(self.settings, user) as door:
            outcome = door.submit(type(command).__name__, command)
        if outcome.status != "accepted":
            return [problem.code for problem in outcome.problems]
        return msgspec.json.decode(outcome.answer)

    def buy(self, number: int) -> CreateOrder:
        """An order so far below the market that it stays open."""
        return CreateOrder(
            client_order_id=f"k{number}", scheme="ticker_mic", security=NAMES[number],
            side=Side.BUY, quantity=UNITS, order_type=OrderType.LIMIT, limit_price=Decimal(10),
            legs=(Leg(fund="GROWTH", quantity=UNITS),),
        )  # fmt: skip

    def released(self, number: int) -> str:
        order: str = self.ask("pm.growth", self.buy(number))["id"]
        released = self.ask("pm.growth", ReleaseOrder(order_id=order))
        assert isinstance(released, dict), released
        return order

    def place(self, order: str) -> dict[str, Any]:  # Any: JSON
        command = CreatePlacement(order_id=order, destination=BROKER.name, quantity=UNITS)
        found: dict[str, Any] = self.ask("trader.tom", command)  # Any: as above
        assert isinstance(found, dict), found
        return found

    def ledger(self) -> list[dict[str, Any]]:  # Any: JSON
        found: list[dict[str, Any]] = self._control.call("ledger")["orders"]  # Any: as above
        return found

    def status_at_broker(self) -> dict[str, str]:
        return {order["chain"][0]: order["ord_status"] for order in self.ledger()}

    def placements(self) -> dict[str, Placement]:
        return self.book().placements

    def book(self) -> Book:
        reading = bootstrap.reader(self.settings)
        with reading.connect() as link:
            book = load_all(link)
        reading.dispose()
        return book

    def differences(self) -> list[str]:
        reading = bootstrap.reader(self.settings)
        found = differences(reading, self.ledger())
        reading.dispose()
        return found

    def close(self) -> None:
        self._control.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with running([]) as processes, contextlib.closing(Desk(tmp_path, processes)) as found:
        yield found


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_dead_engine_does_not_keep_the_switch_from_the_market(desk: Desk) -> None:
    first = desk.place(desk.released(1))
    wait_for("the broker", lambda: first["cl_ord_id"] in desk.status_at_broker(), within_s=30)
    second = desk.released(2)
    wait_for("the ack", lambda: desk.placements()[first["id"]].accepted, within_s=30)

    desk.gateway.popen.send_signal(signal.SIGSTOP)  # so that the next order is on its way
    on_its_way = desk.place(second)
    desk.released(3)  # answered in a later turn: the instruction is in the gateway's socket
    desk.engine.kill()
    arguments = ["--data", str(desk.settings.data), "kill", "--firm", "--offline"]
    arguments += ["--reason", "runaway", "--user", "risk.rita"]
    thrown = CliRunner().invoke(app, arguments)
    assert thrown.exit_code == 0, thrown.output
    switch = thrown.output.partition(":")[0]
    desk.gateway.popen.send_signal(signal.SIGCONT)

    wait_for("the cancel", lambda: desk.status_at_broker()[first["cl_ord_id"]] == "4",
             within_s=30)  # fmt: skip
    desk.engine = desk.start_engine()
    wait_for("the refusal", lambda: desk.placements()[on_its_way["id"]].is_not_sent, within_s=30)
    wait_for("the fact", lambda: desk.placements()[first["id"]].canceled, within_s=30)

    assert list(desk.status_at_broker()) == [first["cl_ord_id"]], "the second never left"
    assert switch in desk.placements()[on_its_way["id"]].broker_text
    assert not desk.placements()[first["id"]].requests, "each cancel is answered"
    recorded = desk.book().kill_switches[switch]
    assert (recorded.thrown_by, recorded.offline, recorded.active) == ("risk.rita", True, True)
    assert desk.ask("pm.growth", desk.buy(4)) == ["kill_switch_active"]
    assert desk.differences() == []
    assert bootstrap.verify(desk.settings).ok
    assert not bootstrap.replay(desk.settings).differing
