"""The EMS against a market: routes rest on a price path, days end, multi-day orders go on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.simulators.conftest import Desk
from tests.simulators.ems.stories import broker_of, fill_type, order, routes, stage
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

pytestmark = pytest.mark.slow

BARS = """symbol,date,open,high,low,close,volume
IBM,2010-05-06,99.00,101.00,98.00,100.50,40000
IBM,2010-05-07,100.00,102.00,97.00,99.00,40000
"""


@pytest.fixture
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    version = getattr(request, "param", "FIX.4.4")
    prices = tmp_path / "bars.csv"
    prices.write_text(BARS)
    options = ("--session", f"{version}:EMS_SIM:TRADEOMS", "--prices", str(prices), "--ticks", "4")
    with Simulator("ems", tmp_path / "ems", *options, "--model", "resting") as ems:
        client = Initiator(
            tmp_path / "client",
            port=ems.fix_port,
            version=version,
            target="EMS_SIM",
        )
        with client:
            yield Desk(ems, client)


@pytest.mark.parametrize("desk", ["FIX.4.2", "FIX.4.4"], indirect=True)
def test_a_multi_day_order_is_done_for_day_and_restated_in_the_morning(desk: Desk) -> None:
    x = stage(desk, qty="10000", t59="1", t40="1", t44="")
    desk.call("release", cl_ord_id=x)  # each route takes a tenth of a tick's 10,000 shares
    desk.call("day")
    evening, morning = desk.client.reports(x, 12)[10:12]  # 2 of staging, 2 fills in each of 4 ticks
    assert [evening[tag] for tag in (150, 39, 14, 424, 425)] == ["3", "3", "8000", "10000", "8000"]
    assert evening[426] == evening[6]
    assert [morning[tag] for tag in (150, 378, 11, 14)] == ["D", "1", x, "8000"]
    assert [morning[tag] for tag in (39, 424, 425, 426)] == ["1", "2000", "0", "0"]
    desk.call("tick", n="close")
    assert order(desk, x)["cum_qty"] == "10000"
    assert routes(desk, x)[2:] == [("ALFA", "1200", "1200", "0"), ("BRAVO", "800", "800", "0")]


def test_a_staged_day_order_expires_in_the_evening(desk: Desk) -> None:
    x = stage(desk)
    desk.call("day")
    assert desk.client.story(x, 3)[2] == ("C", "C", "1000", "0", "0")


def test_a_staged_multi_day_order_stays_staged(desk: Desk) -> None:
    x = stage(desk, t59="1")
    desk.call("day")
    assert desk.client.reports(x, 3)[2][150] == "D"
    assert (order(desk, x)["staged"], routes(desk, x)) == (True, [])


def test_a_released_limit_order_waits_for_its_price(desk: Desk) -> None:
    x = stage(desk, t44="98.00")
    desk.call("release", cl_ord_id=x)
    assert routes(desk, x) == [("ALFA", "600", "0", "600"), ("BRAVO", "400", "0", "400")]
    desk.call("tick", n="close")
    fills = desk.client.reports(x, 4)[2:]
    assert [(broker_of(m), m[31], m[14]) for m in fills] == [
        ("ALFA", "98.00", "600"),
        ("BRAVO", "98.00", "1000"),
    ]
    assert fills[1][150] == fill_type(desk, "2")


def test_a_symbol_in_the_bloomberg_manner_has_the_price_of_its_ticker(desk: Desk) -> None:
    x = stage(desk, t40="1", t44="", t55="IBM US Equity")
    desk.call("release", cl_ord_id=x)
    assert [(m[55], m[31]) for m in desk.client.reports(x, 4)[2:]] == [
        ("IBM US Equity", "99.00")
    ] * 2


def test_the_routes_of_an_unfilled_day_order_expire_with_it(desk: Desk) -> None:
    x = stage(desk, t44="90.00")
    desk.call("release", cl_ord_id=x)
    desk.call("day")
    assert desk.client.story(x, 3)[2] == ("C", "C", "1000", "0", "0")
    assert [row[3] for row in routes(desk, x)] == ["0", "0"]


def test_an_order_for_the_close_trades_there_or_expires(desk: Desk) -> None:
    x = stage(desk, t59="7", t44="200.00")
    cheap = stage(desk, t59="7", t44="90.00")
    for one in (x, cheap):
        desk.call("release", cl_ord_id=one)
    desk.call("tick", n="close")
    assert desk.client.reports(x, 4)[3][31] == "100.50"
    assert desk.client.story(cheap, 3)[2] == ("C", "C", "1000", "0", "0")
