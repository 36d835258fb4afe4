"""Order types and times in force against a known price path, and the passing of days."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from tests.simulators.conftest import Desk
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

pytestmark = pytest.mark.slow

#: Volume 40,000 over 40 ticks at a participation of 0.10: an order may take 100 a tick.
BARS = """symbol,date,open,high,low,close,volume
UP,2026-03-02,10.00,12.00,9.00,11.00,40000
UP,2026-03-03,11.00,11.50,10.50,11.20,40000
UP,2026-03-04,11.20,11.60,11.10,11.30,40000
"""


@pytest.fixture
def floor(data: Path, tmp_path: Path) -> Iterator[Desk]:
    """Return a broker on the first day of the table, resting model."""
    csv = tmp_path / "bars.csv"
    csv.write_text(BARS)
    options = ("--prices", f"csv:{csv}", "--model", "resting", "--magic-ms", "20")
    broker = Simulator("broker", data, *options).start()
    client = Initiator(tmp_path / "client", port=broker.fix_port).start()
    yield Desk(broker, client)
    broker.kill()  # faster than a polite end
    client.stop()


def path_of(floor: Desk) -> list[Decimal]:
    return [Decimal(text) for text in floor.call("price", symbol="UP")["path"]]


def order(floor: Desk, qty: str = "100", **changes: str) -> str:
    x = floor.new_id()
    floor.client.order(x, qty, **{"t55": "UP", **changes})
    floor.client.reports(x, 1)
    return x


def fills(floor: Desk, x: str) -> list[tuple[str, str]]:
    view = floor.call("order", cl_ord_id=x)
    return [(fill["last_qty"], fill["last_px"]) for fill in view["executions"]]


def test_a_limit_fills_at_the_first_price_of_the_path_inside_it(floor: Desk) -> None:
    path = path_of(floor)
    x = order(floor, t44="9.50")
    first = next(at for at, price in enumerate(path) if price <= Decimal("9.50"))
    floor.call("tick", n=first - 1)
    assert fills(floor, x) == []
    floor.call("tick", n=1)
    assert [(qty, Decimal(px)) for qty, px in fills(floor, x)] == [("100", path[first])]
    assert floor.client.reports(x, 2)[1][31] == f"{path[first]:.2f}"


def test_a_limit_outside_the_days_range_never_fills(floor: Desk) -> None:
    x = order(floor, t44="8.99")
    floor.call("tick", n="close")
    assert fills(floor, x) == []


def test_an_order_takes_its_share_of_each_tick(floor: Desk) -> None:
    x = order(floor, "250", t40="1", t44="")
    floor.call("tick", n=2)
    assert [qty for qty, _ in fills(floor, x)] == ["100", "100", "50"]
    assert [Decimal(px) for _, px in fills(floor, x)] == path_of(floor)[:3]


def test_a_stop_waits_for_its_price(floor: Desk) -> None:
    path = path_of(floor)
    x = order(floor, t40="3", t44="", t99="11.50")
    first = next(at for at, price in enumerate(path) if price >= Decimal("11.50"))
    floor.call("tick", n=first - 1)
    assert fills(floor, x) == []
    floor.call("tick", n=1)
    assert [Decimal(px) for _, px in fills(floor, x)] == [path[first]]


def test_a_triggered_stop_limit_keeps_its_limit(floor: Desk) -> None:
    x = order(floor, t40="4", t44="12.60", t99="12.50")
    floor.call("price", symbol="UP", px="12.40")
    assert fills(floor, x) == []
    floor.call("price", symbol="UP", px="12.70")
    assert fills(floor, x) == []
    floor.call("price", symbol="UP", px="12.40")
    assert fills(floor, x) == [("100", "12.4")]


def test_a_sell_limit_never_sells_below_it(floor: Desk) -> None:
    x = order(floor, t54="2", t44="11.80")
    floor.call("tick", n="close")
    assert all(Decimal(px) >= Decimal("11.80") for _, px in fills(floor, x))
    assert fills(floor, x)


def test_immediate_or_cancel_takes_what_is_there(floor: Desk) -> None:
    x = order(floor, "250", t40="1", t44="", t59="3")
    assert floor.client.story(x, 3)[1:] == [
        ("F", "1", "250", "100", "150"),
        ("4", "4", "250", "100", "0"),
    ]


def test_fill_or_kill_is_all_or_nothing(floor: Desk) -> None:
    x, y = (
        order(floor, "250", t40="1", t44="", t59="4"),
        order(floor, "100", t40="1", t44="", t59="4"),
    )
    assert floor.client.story(x, 2)[1] == ("4", "4", "250", "0", "0")
    assert floor.client.story(y, 2)[1] == ("F", "2", "100", "100", "0")


def test_an_order_on_close_trades_whole_at_the_close(floor: Desk) -> None:
    x, y = (
        order(floor, "5000", t40="1", t44="", t59="7"),
        order(floor, "5000", t44="10.99", t59="7"),
    )
    floor.call("tick", n=38)
    assert fills(floor, x) == []
    floor.call("tick", n=1)
    assert fills(floor, x) == [("5000", "11")]
    assert floor.client.story(y, 2)[1] == ("C", "C", "5000", "0", "0")


def test_an_order_at_the_open_waits_for_the_next_morning(floor: Desk) -> None:
    floor.call("tick", n=1)
    x, y = (
        order(floor, "5000", t40="1", t44="", t59="2"),
        order(floor, "5000", t44="10.99", t59="2"),
    )
    floor.call("tick", n="close")
    assert fills(floor, x) == []
    floor.call("day")
    assert fills(floor, x) == [("5000", "11")]
    assert floor.client.story(y, 2)[1] == ("C", "C", "5000", "0", "0")


def test_a_day_order_expires_in_the_evening(floor: Desk) -> None:
    x = order(floor, "1000", t44="8.00")
    floor.call("fill", cl_ord_id=x, qty="200", price="8.00")
    assert floor.call("day")["date"] == "2026-03-03"
    assert floor.client.story(x, 3)[2] == ("C", "C", "1000", "200", "0")


def test_a_gtc_order_is_done_for_the_day_and_restated(floor: Desk) -> None:
    x = order(floor, "10000", t44="8.00", t59="1")
    floor.call("fill", cl_ord_id=x, qty="2000", price="8.00")
    floor.call("day")
    assert floor.client.story(x, 4)[2:] == [
        ("3", "3", "10000", "2000", "8000"),
        ("D", "1", "10000", "2000", "8000"),
    ]
    restated = floor.client.reports(x, 4)[3]
    assert [restated[tag] for tag in (378, 424, 425, 426)] == ["1", "8000", "0", "0"]
    floor.call("fill", cl_ord_id=x, qty="1000", price="7.50")
    fill = floor.client.reports(x, 5)[4]
    assert [fill[tag] for tag in (14, 424, 425, 426)] == ["3000", "8000", "1000", "7.50"]


def test_an_order_expires_on_its_date(floor: Desk) -> None:
    x = order(floor, t44="8.00", t59="6", t432="20260303")
    floor.call("day")
    assert floor.client.story(x, 2)[1] == ("D", "0", "100", "0", "100")
    floor.call("day")
    assert floor.client.story(x, 3)[2] == ("C", "C", "100", "0", "0")


def test_a_pegged_order_follows_the_price(floor: Desk) -> None:
    x = order(floor, "200", t40="P", t44="")
    floor.call("tick", n=1)
    assert [Decimal(px) for _, px in fills(floor, x)] == path_of(floor)[:2]


def test_a_suspended_order_does_not_trade_until_it_is_resumed(floor: Desk) -> None:
    x = order(floor, t44="9.50")
    floor.call("suspend", cl_ord_id=x)
    floor.call("price", symbol="UP", px="9.00")
    assert fills(floor, x) == []
    floor.call("resume", cl_ord_id=x)
    floor.call("price", symbol="UP", px="9.00")
    assert fills(floor, x) == [("100", "9")]


def test_the_clock_survives_a_restart(floor: Desk) -> None:
    floor.call("day")
    floor.call("tick", n=7)
    before = floor.call("price", symbol="UP")
    floor.broker.kill()
    floor.broker.start()
    assert floor.call("clock") == {"day": 1, "date": "2026-03-03", "tick": 7, "ticks": 40}
    assert floor.call("price", symbol="UP") == before
