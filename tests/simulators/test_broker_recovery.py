"""Crashes and repeated messages: nothing told is lost, nothing is executed twice."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from simulators.counterparty.ledger import SentLog, reached_the_store
from tests.simulators.initiator import Initiator
from tests.simulators.simulator_process import Simulator

pytestmark = pytest.mark.slow

SESSION = "FIX.4.4:BROKER_SIM:TRADEOMS"
STORE_FILE = "FIX.4.4-BROKER_SIM-TRADEOMS.seqnums"


@pytest.fixture
def broker(data: Path) -> Iterator[Simulator]:
    broker = Simulator("broker", data, "--magic-ms", "20")
    yield broker.start()
    broker.kill()


@pytest.fixture
def client(broker: Simulator, tmp_path: Path) -> Iterator[Initiator]:
    client = Initiator(tmp_path / "client", port=broker.fix_port)
    yield client.start()
    broker.kill()
    client.stop()


def told(client: Initiator) -> dict[str, tuple[str, str, str]]:
    """Return ExecID -> (ClOrdID, LastQty, LastPx) of the fills the client received."""
    return {m[17]: (m[11], m[32], m[31]) for m in client.received if m.get(150) == "F"}


def has_fills(client: Initiator, count: int) -> bool:
    return len(told(client)) >= count


def booked(ledger: list[dict[str, Any]]) -> dict[str, tuple[str, str, str]]:
    """Return the same of the broker's ledger."""
    return {
        fill["exec_id"]: (order["cl_ord_id"], fill["last_qty"], f"{float(fill['last_px']):.2f}")
        for order in ledger
        for fill in order["executions"]
    }


def set_numbers(data: Path, *, sender: int = 0, target: int = 0) -> None:
    """Move the next numbers in the broker's FIX store by an offset."""
    path = data / "store" / STORE_FILE
    old_sender, old_target = (int(part) for part in path.read_text().split(":"))
    path.write_text(f"{old_sender + sender:020d} : {old_target + target:020d}")


def test_the_ledger_is_the_same_after_a_kill(broker: Simulator, client: Initiator) -> None:
    broker.control.call("set", magic=True)
    for number, qty in enumerate(("500", "102", "104", "105", "106", "108", "109"), 1):
        client.order(f"A{number}", qty)
    client.wait(lambda m: m[35] == "8", count=16)
    client.replace("A7r", "A7", "2000")
    client.reports("A7r", 1)
    before = broker.control.ledger()
    broker.kill()
    broker.start()
    assert broker.control.ledger() == before
    assert len(before) == 7


def test_open_orders_live_on(broker: Simulator, client: Initiator) -> None:
    client.order("A", "109")
    client.reports("A", 1)
    broker.kill()
    broker.start()
    broker.control.call("fill", cl_ord_id="A", qty="9", price="99.5")
    assert client.story("A", 2)[1] == ("F", "1", "109", "9", "100")
    client.order("B", "500")
    assert client.reports("B", 2)[1][17] != client.reports("A", 2)[1][17]


def test_a_wait_goes_on_after_a_kill(data: Path, tmp_path: Path) -> None:
    with (
        Simulator("broker", data, "--magic-ms", "1500") as broker,
        Initiator(tmp_path / "client", port=broker.fix_port) as client,
    ):
        client.order("A", "104")
        client.reports("A", 2)
        broker.kill()
        broker.start()
        assert client.story("A", 3)[2] == ("H", "0", "104", "0", "104")
        broker.kill()


def test_a_report_made_while_logged_off_is_sent_after_the_logon(
    broker: Simulator, client: Initiator
) -> None:
    client.order("A", "109")
    client.reports("A", 1)
    client.stop()
    broker.control.call("fill", cl_ord_id="A", qty="9", price="99.5")
    assert broker.control.stats()["sessions"][SESSION]["unsent"] == 1
    broker.kill()
    broker.start()
    assert broker.control.stats()["sessions"][SESSION]["unsent"] == 1
    client.start()
    assert client.story("A", 2)[1] == ("F", "1", "109", "9", "100")
    assert broker.control.stats()["sessions"][SESSION]["unsent"] == 0


def test_a_report_cut_off_before_the_store_is_sent_again(
    broker: Simulator, client: Initiator, data: Path
) -> None:
    client.order("A", "109")
    client.reports("A", 1)
    client.stop()
    broker.control.call("fill", cl_ord_id="A", qty="9", price="99.5")
    next_out = broker.control.stats()["sessions"][SESSION]["next_out"]
    broker.kill()
    with (data / "sent.log").open("a") as log:
        log.write(f"2 {SESSION} {next_out}\n2 torn")
    broker.start()
    client.start()
    assert client.story("A", 2)[1] == ("F", "1", "109", "9", "100")


def test_a_report_the_store_has_is_resent_by_the_engine_only(
    broker: Simulator, client: Initiator
) -> None:
    client.order("A", "500")
    client.reports("A", 2)
    client.stop()
    client.received.clear()
    client.connect()
    client.session.setNextTargetMsgSeqNum(2)
    client.wait_until(lambda: client.logged_on, "logon")
    client.order("B", "500")
    client.reports("B", 2)
    assert [m.get(43) for m in client.reports("A", 2)] == ["Y", "Y"]
    assert broker.control.stats()["counters"]["resent"] >= 2


def test_a_redelivered_order_is_executed_once(
    broker: Simulator, client: Initiator, data: Path
) -> None:
    client.order("A", "500")
    client.reports("A", 2)
    broker.kill()
    set_numbers(data, target=-1)  # as if killed between the journal and the engine's store
    broker.start()
    client.order("B", "500")
    client.reports("B", 2)
    assert broker.control.stats()["counters"]["possdup_orders"] == 1
    assert [order["cl_ord_id"] for order in broker.control.ledger()] == ["A", "B"]


def test_a_journaled_order_takes_effect_after_a_kill(data: Path, tmp_path: Path) -> None:
    with (
        Simulator("broker", data, "--latency-ms", "600000") as broker,
        Initiator(tmp_path / "client", port=broker.fix_port) as client,
    ):
        client.order("A", "500")
        while broker.control.stats()["sessions"][SESSION]["next_in"] < 3:
            time.sleep(0.01)
        assert broker.control.ledger() == []
        broker.kill()
        broker.start()
        assert client.story("A", 2)[1] == ("F", "2", "500", "500", "0")
        broker.kill()


@pytest.mark.parametrize(("mode", "times"), [([], 1), (["--possdup-as-new"], 2)])
def test_orders_behind_a_gap_are_executed_twice_by_a_careless_peer_only(
    data: Path, tmp_path: Path, mode: list[str], times: int
) -> None:
    with ExitStack() as stack:
        broker = Simulator("broker", data, *mode).start()
        client = Initiator(tmp_path / "client", port=broker.fix_port)
        stack.callback(client.stop)
        stack.callback(broker.kill)
        client.connect(next_out=8, at_logon=lambda: client.order("A", "500"))
        client.reports("A", 2 * times)
        client.order("last", "500")
        client.reports("last", 2)
        orders = [order["cl_ord_id"] for order in broker.control.ledger()]
    assert orders == ["A"] * times + ["last"]
    assert len({m[17] for m in client.received if m.get(11) == "A"}) == 2 * times


def test_a_stream_of_orders_survives_kills(broker: Simulator, client: Initiator) -> None:
    total, kills = 1500, 4
    stop = threading.Event()

    def stream() -> None:
        for number in range(total):
            client.order(f"A{number}", "500")
            if stop.wait(0.004):
                return

    sender = threading.Thread(target=stream)
    sender.start()
    try:
        for number in range(1, kills + 1):
            wanted = len(told(client)) + 50 * number
            client.wait_until(partial(has_fills, client, wanted), f"{wanted} fills")
            broker.kill()
            broker.start()
        sender.join()
        client.wait_until(lambda: len(told(client)) >= total, "all fills")
    finally:
        stop.set()
        sender.join()
    ledger = broker.control.ledger()
    assert sorted(order["cl_ord_id"] for order in ledger) == sorted(f"A{n}" for n in range(total))
    assert told(client) == booked(ledger)
    new = [m[11] for m in client.received if m.get(150) == "0" and m.get(43) != "Y"]
    assert len(set(new)) <= total
    assert {m[14] for m in client.received if m.get(150) == "F"} == {"500"}


def test_a_second_broker_on_the_same_data_does_not_start(broker: Simulator, data: Path) -> None:
    with pytest.raises(AssertionError, match="ended with 1"):
        Simulator("broker", data).start()
    assert broker.control.call("clock")["day"] == 0


def test_a_signal_ends_it_cleanly(data: Path, tmp_path: Path) -> None:
    with (
        Simulator("broker", data) as broker,
        Initiator(tmp_path / "client", port=broker.fix_port) as client,
    ):
        client.order("A", "500")
        client.reports("A", 2)
        assert broker.stop() == 0


@pytest.mark.parametrize(
    ("lines", "numbers", "kept"),
    [
        ([(1, "S", 2), (2, "S", 3)], {"S": 4}, [(1, 2), (2, 3)]),
        ([(1, "S", 2), (2, "S", 3)], {"S": 3}, [(1, 2)]),
        ([(1, "S", 2), (2, "T", 9)], {"S": 3, "T": 9}, [(1, 2)]),
        ([(1, "S", 57), (0, "S", 0)], {"S": 2}, [(1, 57)]),  # the numbers were reset
        ([(1, "S", 57), (0, "S", 0), (2, "S", 2)], {"S": 2}, [(1, 57)]),
        ([(1, "S", 1)], {}, []),
    ],
)
def test_only_the_last_line_of_a_session_can_have_been_cut_off(
    lines: list[tuple[int, str, int]], numbers: dict[str, int], kept: list[tuple[int, int]]
) -> None:
    assert reached_the_store(lines, numbers) == kept


def test_a_torn_line_of_the_sent_log_is_dropped(tmp_path: Path) -> None:
    (tmp_path / "sent.log").write_text("1 S 2\n2 S")
    assert SentLog(tmp_path).read() == [(1, "S", 2)]
