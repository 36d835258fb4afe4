"""The control port: what an operator can make the broker do, and what it refuses."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from simulators.counterparty.control import ControlError
from tests.simulators.conftest import Desk
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

TRANS = {"FIX.4.2": {"F": ("0", "2"), "G": ("2", "2"), "H": ("1", "0")}}


def exec_types(desk: Desk, *kinds: str) -> list[tuple[str | None, str]]:
    """Return (20, 150) of fill, correction and bust in the desk's version."""
    if desk.client.begin_string == "FIX.4.2":
        return [TRANS["FIX.4.2"][kind] for kind in kinds]
    return [(None, kind) for kind in kinds]


def filled(desk: Desk, qty: str = "500") -> tuple[str, str]:
    x = desk.new_id()
    desk.client.order(x, qty)
    return x, desk.client.reports(x, 2)[1][17]


def test_an_execution_is_corrected_twice_and_then_busted(desk: Desk) -> None:
    desk.set(magic=False)
    x, first = filled(desk)
    desk.call("correct", exec_id=first, price="99.50")
    second = desk.client.reports(x, 3)[2]
    desk.call("correct", exec_id=second[17], qty="500", price="99.75")
    third = desk.client.reports(x, 4)[3]
    desk.call("bust", exec_id=third[17])
    bust = desk.client.reports(x, 5)[4]
    assert [(m.get(20), m[150]) for m in (second, third, bust)] == exec_types(desk, "G", "G", "H")
    assert [m[19] for m in (second, third, bust)] == [first, second[17], third[17]]
    assert [(m[14], m[6], m[39]) for m in (second, third, bust)] == [
        ("500", "99.50", "2"),
        ("500", "99.75", "2"),
        ("0", "0", "0"),
    ]
    view = desk.call("order", cl_ord_id=x)
    assert [(e["status"], e["last_px"]) for e in view["executions"]] == [
        ("corrected", "100"),
        ("corrected", "99.5"),
        ("busted", "99.75"),
    ]


def test_an_execution_is_busted_only_once(desk44: Desk) -> None:
    _, exec_id = filled(desk44)
    desk44.call("bust", exec_id=exec_id)
    with pytest.raises(ControlError, match="does not count any more"):
        desk44.call("bust", exec_id=exec_id)


def test_a_correction_finds_the_newest_version(desk44: Desk) -> None:
    x, first = filled(desk44)
    desk44.call("correct", exec_id=first, price="99")
    desk44.call("correct", exec_id=first, price="98")
    reports = desk44.client.reports(x, 4)
    assert reports[3][19] == reports[2][17]


def test_the_unsolicited_reports(desk: Desk) -> None:
    desk.set(model="never")
    x = desk.new_id()
    desk.client.order(x, "1000")
    desk.client.reports(x, 1)
    desk.call("restate", cl_ord_id=x, qty="1200", reason="3")
    desk.call("stop", cl_ord_id=x, qty="400", price="100")
    desk.call("fill", cl_ord_id=x, qty="400", price="99.99")
    desk.call("resume", cl_ord_id=x)
    desk.call("suspend", cl_ord_id=x)
    desk.call("dfd", cl_ord_id=x)
    desk.call("cancel", cl_ord_id=x, text="verbal")
    reports = desk.client.reports(x, 8)
    fill = "1" if desk.client.begin_string == "FIX.4.2" else "F"
    assert [(m[150], m[39], m[38], m[14]) for m in reports[1:]] == [
        ("D", "0", "1200", "0"),
        ("7", "7", "1200", "0"),
        (fill, "7", "1200", "400"),
        ("D", "1", "1200", "400"),
        ("9", "9", "1200", "400"),
        ("3", "3", "1200", "400"),
        ("4", "9", "1200", "400"),
    ]
    assert (reports[1][378], reports[2][32], reports[7].get(41)) == ("3", "400", None)


def test_the_ledger_says_what_the_client_was_told(desk: Desk) -> None:
    x, exec_id = filled(desk, "700")
    (view,) = [order for order in desk.broker.control.ledger() if order["cl_ord_id"] == x]
    assert view == {
        "order_id": view["order_id"],
        "session": f"{desk.client.begin_string}:BROKER_SIM:DESK",
        "cl_ord_id": x,
        "chain": [x],
        "symbol": "IBM",
        "side": "1",
        "account": "",
        "ord_type": "2",
        "tif": "0",
        "price": "100",
        "stop_px": None,
        "order_qty": "700",
        "cum_qty": "700",
        "leaves_qty": "0",
        "avg_px": "100",
        "notional": "70000",
        "ord_status": "2",
        "executions": [
            {
                "exec_id": exec_id,
                "last_qty": "700",
                "last_px": "100",
                "status": "live",
                "ref": "",
                "day": 0,
                "broker": "",
                "last_mkt": "XNYS",
            }
        ],
        "alloc_id": "",
        "allocations": [],
    }


def test_the_summary_adds_up(desk44: Desk) -> None:
    filled(desk44)
    orders = desk44.broker.control.ledger()
    summary = desk44.call("ledger_summary")
    assert summary["orders"] == len(orders) == sum(summary["by_status"].values())
    assert int(summary["cum_qty"]) == sum(int(order["cum_qty"]) for order in orders)


def test_duplicates_can_be_switched(desk44: Desk) -> None:
    desk44.call("duplicates", on=True)
    x = desk44.new_id()
    desk44.client.order(x, "500")
    ids = [m[17] for m in desk44.client.reports(x, 4)]
    assert ids[0] == ids[1] != ids[2] == ids[3]


@pytest.mark.parametrize(
    ("cmd", "arguments", "error"),
    [
        ("dance", {}, "KeyError"),
        ("bust", {"exec_id": "nothing"}, "KeyError"),
        ("cancel", {"cl_ord_id": "nobody"}, "0 orders"),
        ("fill", {}, "cl_ord_id"),
        ("set", {"model": "generous"}, "generous"),
        ("set", {"colour": "red"}, "unknown setting"),
        ("set", {"slices": 0}, "too small"),
        ("set", {"magic": "yes"}, "true or false"),
        ("price", {"symbol": "IBM", "px": "cheap"}, "InvalidOperation"),
    ],
)
def test_a_wrong_command_is_refused(
    desk44: Desk, cmd: str, arguments: dict[str, object], error: str
) -> None:
    with pytest.raises(ControlError, match=error):
        desk44.call(cmd, **arguments)


def test_more_than_is_open_is_filled_only_on_purpose(desk44: Desk) -> None:
    x, _ = filled(desk44)
    with pytest.raises(ControlError, match="only 0 open"):
        desk44.call("fill", cl_ord_id=x, qty="100", price="1")
    desk44.call("fill", cl_ord_id=x, qty="100", price="1", over=True)
    assert desk44.client.story(x, 3)[2] == ("F", "2", "500", "600", "0")


def test_a_line_that_is_no_request_gets_an_error_and_the_port_lives_on(data: Path) -> None:
    with Simulator("broker", data) as broker:
        address = broker.control._socket.getpeername()
        with socket.create_connection(address) as raw, raw.makefile("rwb") as lines:
            for line in (b"nonsense\n", b"[1]\n", b'{"cmd": "clock"}\n'):
                lines.write(line)
            lines.flush()
            answers = [json.loads(lines.readline())["ok"] for _ in range(3)]
    assert answers == [False, False, True]


def test_a_cut_connection_is_made_again_and_nothing_is_lost(data: Path, tmp_path: Path) -> None:
    with (
        Simulator("broker", data) as broker,
        Initiator(tmp_path / "client", port=broker.fix_port) as client,
    ):
        client.order("A", "500")
        client.reports("A", 2)
        assert broker.control.call("disconnect") == ["FIX.4.4:BROKER_SIM:TRADEOMS"]
        client.wait_until(lambda: not client.logged_on, "logout")
        client.order("B", "500")
        client.wait_until(lambda: client.logged_on, "logon")
        assert client.story("B", 2)[1] == ("F", "2", "500", "500", "0")
        stats = broker.control.stats()["sessions"]["FIX.4.4:BROKER_SIM:TRADEOMS"]
        assert (stats["logged_on"], stats["unsent"]) == (True, 0)
