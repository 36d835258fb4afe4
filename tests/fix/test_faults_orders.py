"""Reports that contradict each other, against the whole house, through the fault proxy.

O.. are the scenarios listed in docs/fix.md. Each test compares the broker's ledger with ours, and
every contradiction is a break.
"""

from __future__ import annotations

import pytest

from tests.fix.faulty_house import FaultyHouse
from tradeoms.kernel.enums import OrdStatus

# The first test of a module starts seven processes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ACK = {"type": "8", "tags": {150: "0"}}


def test_o01_another_content_under_one_exec_id_is_a_break(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("contradict")
    house.booked(cl_ord_id, [house.fill(cl_ord_id, 30)])
    house.broken(("exec_id_reused", cl_ord_id))
    assert house.compare() == []


def test_o02_a_cum_qty_that_goes_back_is_a_break_until_it_agrees_again(
    house: FaultyHouse,
) -> None:
    cl_ord_id = house.order()
    house.fault({"rewrite": {14: "10"}}, skip=1)
    exec_ids = [house.fill(cl_ord_id, 30) for _ in range(2)]
    house.booked(cl_ord_id, exec_ids)
    house.broken(("cum_qty_mismatch", cl_ord_id))
    house.booked(cl_ord_id, [*exec_ids, house.fill(cl_ord_id, 10)])
    house.agreed()


def test_o02_a_fill_that_never_comes_is_a_break(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("lose")
    lost = house.fill(cl_ord_id, 30)
    house.broken(("cum_qty_mismatch", cl_ord_id))
    assert any(lost in each and "not recorded" in each for each in house.compare())
    assert house.exec_ids(cl_ord_id) == []


def test_o03_a_fill_without_an_acknowledgement_counts(house: FaultyHouse) -> None:
    house.fault("lose", on=ACK)
    cl_ord_id = house.order(acked=False)
    house.until("the order", lambda: any(cl_ord_id in o["chain"] for o in house.broker.ledger()))
    house.booked(cl_ord_id, [house.fill(cl_ord_id, 30)])
    house.agreed()
    assert house.placement(cl_ord_id).ord_status is OrdStatus.PARTIALLY_FILLED


def test_o04_a_fill_after_the_cancel_is_booked_and_marked_late(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.cancel(cl_ord_id)
    house.until("the cancel", lambda: house.placement(cl_ord_id).canceled)
    house.booked(cl_ord_id, [house.fill(cl_ord_id, 30, over=True)])
    assert [each.late for each in house.executions(cl_ord_id)] == [True]
    house.until("agreement", lambda: not house.compare())


def test_o05_what_exceeds_the_order_is_recorded_and_waits_in_suspense(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.booked(cl_ord_id, [house.fill(cl_ord_id, 150, over=True)])
    house.broken(("over_fill", cl_ord_id))
    assert [int(each.booked_qty) for each in house.executions(cl_ord_id)] == [100]
    assert house.compare() == []


def test_o06_a_fill_of_an_order_nobody_sent_is_a_break(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("stray")
    house.booked(cl_ord_id, [house.fill(cl_ord_id)])
    house.until("the break", house.breaks)
    ((kind, stray),) = house.breaks()
    assert kind == "unknown_order"
    assert stray.startswith("STRAY-")
    assert house.compare() == []


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({54: "2"}, "side_mismatch"), ({55: "AAPL"}, "security_mismatch")],
)
def test_o07_a_fill_of_something_else_is_a_break_and_not_booked(
    house: FaultyHouse, changes: dict[int, str], kind: str
) -> None:
    cl_ord_id = house.order()
    house.fault({"rewrite": changes})
    lost = house.fill(cl_ord_id, 30)
    house.until("the break", lambda: (kind, cl_ord_id) in house.breaks())
    assert house.exec_ids(cl_ord_id) == []
    assert any(lost in each and "not recorded" in each for each in house.compare())


def test_o07_a_price_that_cannot_be_meant_is_recorded_and_not_booked(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault({"rewrite": {31: "99999"}})
    exec_id = house.fill(cl_ord_id, 30)
    house.booked(cl_ord_id, [exec_id])
    house.broken(("avg_px_mismatch", cl_ord_id), ("price_mismatch", cl_ord_id))
    assert [int(each.booked_qty) for each in house.executions(cl_ord_id)] == [0]
    assert any(exec_id in each and "99999" in each for each in house.compare())


@pytest.mark.parametrize("act", ["repeat", "poss_resend", "poss_dup", "drop"])
def test_o08_a_bust_counts_once(house: FaultyHouse, act: str) -> None:
    cl_ord_id = house.order()
    exec_id = house.fill(cl_ord_id, 30)
    house.booked(cl_ord_id, [exec_id])
    house.fault(act, on={"type": "8", "tags": {150: "H"}})
    house.broker.call("bust", exec_id=exec_id)
    house.until("the bust", lambda: house.placement(cl_ord_id).cum_qty == 0)
    house.booked(cl_ord_id, [exec_id, house.fill(cl_ord_id, 10)])
    house.agreed()


def test_o08_a_bust_of_a_fill_that_never_came_is_a_break(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("lose")
    lost = house.fill(cl_ord_id, 30)
    house.broker.call("bust", exec_id=lost)
    house.until("the break", lambda: ("unknown_execution", cl_ord_id) in house.breaks())
    assert any(lost in each and "not recorded" in each for each in house.compare())


def test_o10_an_amendment_a_cancel_and_a_fill_at_once(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("swap", on={"type": "8"}, times=3)
    house.replace(cl_ord_id, 80)
    house.cancel(cl_ord_id)
    house.broker.call("fill", cl_ord_id=cl_ord_id, qty="30", over=True)
    house.until("every answer", lambda: not house.placement(cl_ord_id).requests)
    house.until("agreement", lambda: not house.compare())
    assert house.placement(cl_ord_id).cum_qty == 30


def test_o11_a_cancel_that_crosses_the_fill(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("drop")
    exec_id = house.fill(cl_ord_id)
    house.cancel(cl_ord_id)
    house.booked(cl_ord_id, [exec_id])
    house.until("the answer", lambda: not house.placement(cl_ord_id).requests)
    house.agreed()
    assert house.placement(cl_ord_id).ord_status is OrdStatus.FILLED


def test_o12_a_replace_to_less_than_is_executed_makes_it_filled(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    house.fault("drop")
    exec_id = house.fill(cl_ord_id, 60)
    house.replace(cl_ord_id, 50)
    house.booked(cl_ord_id, [exec_id])
    house.until("the answer", lambda: not house.placement(cl_ord_id).requests)
    house.agreed()
    assert house.placement(cl_ord_id).ord_status is OrdStatus.FILLED


def test_o13_a_reject_as_duplicate_does_not_reject_the_order(house: FaultyHouse) -> None:
    cl_ord_id = house.order()
    body = {37: "X", 11: cl_ord_id, 17: "0", 150: "8", 39: "0", 103: "6", 58: "duplicate"}
    house.now("inject", {"type": "8", "body": body})
    house.booked(cl_ord_id, [house.fill(cl_ord_id)])
    house.agreed()
    assert not house.placement(cl_ord_id).rejected


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("cancel", OrdStatus.CANCELED), ("suspend", OrdStatus.SUSPENDED),
        ("stop", OrdStatus.STOPPED), ("dfd", OrdStatus.DONE_FOR_DAY),
        ("restate", OrdStatus.PARTIALLY_FILLED),
    ],
)  # fmt: skip
def test_o14_what_nobody_asked_for_is_taken_over_even_after_a_gap(
    house: FaultyHouse, command: str, status: OrdStatus
) -> None:
    cl_ord_id = house.order()
    house.fault("drop", on={"type": "8"}, times=2)
    exec_id = house.fill(cl_ord_id, 30)
    house.broker.call(command, cl_ord_id=cl_ord_id)
    house.booked(cl_ord_id, [exec_id])
    house.until("the status", lambda: house.placement(cl_ord_id).ord_status is status)
    house.agreed()


def test_f19_an_order_for_many_days_survives_the_night(house: FaultyHouse) -> None:
    cl_ord_id = house.order(tif="gtc")
    exec_id = house.fill(cl_ord_id, 30)
    house.fault("drop", on={"type": "8", "tags": {11: cl_ord_id}}, skip=1)
    house.broker.call("day")
    house.until(
        "the restatement",
        lambda: house.placement(cl_ord_id).ord_status is OrdStatus.PARTIALLY_FILLED,
    )
    house.booked(cl_ord_id, [exec_id, house.fill(cl_ord_id)])
    house.agreed()
