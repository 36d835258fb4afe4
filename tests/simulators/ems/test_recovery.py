"""A killed EMS: the same orders, routes and fills after a restart, and none of them twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import fill_type, order, routes, stage
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    version = getattr(request, "param", "FIX.4.2")
    session = f"{version}:EMS_SIM:TRADEOMS"
    ems = Simulator("ems", tmp_path / "ems", "--session", session, "--magic-ms", "1500").start()
    client = Initiator(
        tmp_path / "client", port=ems.fix_port, version=version, target="EMS_SIM"
    ).start()
    yield Desk(ems, client)
    ems.kill()
    client.stop()


def restart(desk: Desk) -> None:
    desk.broker.kill()
    desk.broker.start()


def test_the_ledger_is_the_same_after_a_kill(desk: Desk) -> None:
    desk.set(model="never")
    staged = stage(desk)
    partly, canceled, scripted = stage(desk), stage(desk), stage(desk, qty="1102")
    desk.call("release", cl_ord_id=partly, qty="600")
    desk.call("fill", cl_ord_id=partly, qty="100", price="99.1")
    desk.client.cancel(desk.new_id(), canceled)
    desk.call("release", cl_ord_id=scripted)
    desk.call("hold", cl_ord_id=staged)
    desk.client.reports(scripted, 3)
    desk.client.wait(lambda m: m.get(41) == canceled)
    before = desk.broker.control.ledger()
    desk.broker.kill()
    desk.broker.start()
    assert desk.broker.control.ledger() == before
    assert [o["ord_status"] for o in before] == ["9", "1", "4", "1"]
    assert order(desk, partly)["staged"] is True


def test_an_order_staged_before_the_kill_is_released_after_it(desk: Desk) -> None:
    x = stage(desk)
    restart(desk)
    desk.call("release", cl_ord_id=x)
    assert desk.client.story(x, 4)[2:] == [
        (fill_type(desk, "1"), "1", "1000", "600", "400"),
        (fill_type(desk, "2"), "2", "1000", "1000", "0"),
    ]
    y = stage(desk)
    assert order(desk, y)["order_id"] > order(desk, x)["order_id"]


def test_a_route_goes_on_where_it_was(desk: Desk) -> None:
    x = stage(desk, qty="1113")  # half filled, a wait, cancelled by its broker, re-routed
    desk.call("release", cl_ord_id=x)
    desk.client.reports(x, 3)
    restart(desk)
    reports = desk.client.reports(x, 5)
    assert [(m[17] == "0", m[14]) for m in reports[2:]] == [
        (False, "556"),
        (True, "556"),
        (False, "1113"),
    ]
    assert routes(desk, x) == [("ALFA", "1113", "556", "0"), ("BRAVO", "557", "557", "0")]


@pytest.mark.parametrize("desk", ["FIX.4.2", "FIX.5.0SP2"], indirect=True)
def test_kills_in_the_middle_of_fills_neither_lose_nor_double_one(desk: Desk) -> None:
    desk.set(model="sliced", slices=20, slice_ms=20)
    placed = [stage(desk) for _ in range(3)]
    desk.call("release_all")
    for fills in (10, 40):
        desk.client.wait(lambda m: 32 in m and m[32] != "0", count=fills)
        restart(desk)
        desk.set(model="sliced", slices=20, slice_ms=20)
    desk.client.wait(lambda m: m.get(14) == "1000", count=3)
    for x in placed:
        reports = desk.client.reports(x, 1)
        told = {m[17]: int(m[32]) for m in reports if m.get(32, "0") != "0"}
        booked = {e["exec_id"]: int(e["last_qty"]) for e in order(desk, x)["executions"]}
        assert told == booked
        assert sum(booked.values()) == 1000


def test_a_repeated_order_is_staged_once(desk: Desk) -> None:
    x = stage(desk)
    desk.client.stop()
    restart(desk)
    desk.client.start()
    desk.client.order(x, "1000", t21="3", poss_resend="Y")
    assert desk.client.reports(x, 3)[2][17] == "0"
    assert len(desk.broker.control.ledger()) == 1
