"""A block over real FIX: one order at the counterparty, shared over orders and funds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fix.counterparty import utc
from tests.fix.desk import NUMBERS, SESSIONS, Desk, open_desk, until

pytestmark = pytest.mark.slow
VERSION = "4.4"


@pytest.fixture
def desk(tmp_path: Any) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        peer = opened.peers[VERSION]
        peer.silent = False
        peer.on_order = peer.acknowledge
        yield opened


def released(desk: Desk, fund: str, quantity: int) -> str:
    order = desk.node.create(
        "pm", f"B{next(NUMBERS):05d}", quantity=str(quantity), limit_price="250",
        allocations=[{"fund": fund, "quantity": str(quantity)}],
    )  # fmt: skip
    desk.post("pm", f"/orders/{order['id']}/release", {}, 200)
    return str(order["id"])


def executed(desk: Desk, order_id: str) -> str:
    (order,) = [each for each in desk.items("/orders") if each["id"] == order_id]
    return str(order["cum_qty"])


def fill(  # one execution report
    desk: Desk, order: dict[int, str], quantity: int, price: str, *, of: int, cum: int
) -> None:
    peer = desk.peers[VERSION]
    peer.send(
        "8",
        [
            (37, "O-1"), (11, order[11]), (17, peer.new_exec_id()), (150, "F"),
            (39, "2" if cum == of else "1"), (55, order[55]), (54, order[54]), (38, str(of)),
            (32, str(quantity)), (31, price), (151, str(of - cum)), (14, str(cum)), (6, price),
            (60, utc()),
        ],
    )  # fmt: skip


def told_first(order: dict[int, str]) -> tuple[str, ...]:
    """AllocID, number of accounts, and the first of them with its quantity."""
    return order[70], order[78], order[79], order[80]


def test_a_block_is_one_order_in_the_market_and_an_order_may_leave_it(desk: Desk) -> None:
    peer = desk.peers[VERSION]
    one, two = released(desk, "ALPHA", 600), released(desk, "BETA", 300)
    block = desk.post("trader", "/blocks", {"orders": [one, two]}, 201)["id"]
    body = {"block": block, "destination": SESSIONS[VERSION][0], "quantity": "900"}
    placement = desk.post("trader", "/placements", body, 201)["id"]
    peer.wait("the order", lambda: peer.of_type("D"))
    (order,) = peer.of_type("D")
    assert (order[38], order[44], order.get(1)) == ("900", "250", None)
    assert told_first(order) == (order[11], "2", "ALPHA", "600")
    until("the ack", lambda: desk.placement(placement)["status"] == "new")
    fill(desk, order, 90, "40.5", of=900, cum=90)
    until("the shares", lambda: (executed(desk, one), executed(desk, two)) == ("60", "30"))
    desk.post("trader", f"/orders/{two}/cancel", {"reason": "news"}, 202)
    peer.wait("the smaller order", lambda: peer.of_type("G"))
    (smaller,) = peer.of_type("G")
    assert (smaller[38], smaller[41]) == ("630", order[11])
    assert told_first(smaller) == (smaller[11], "2", "ALPHA", "600")
    until("the new terms", lambda: desk.placement(placement)["order_qty"] == "630")
    statuses = {each["id"]: each["status"] for each in desk.items("/orders")}
    assert (statuses[one], statuses[two]) == ("partially_filled", "canceled")
    fill(desk, smaller, 540, "41", of=630, cum=630)
    until("the rest", lambda: executed(desk, one) == "600")
    assert executed(desk, two) == "30"
    allocations = {each["fund"]: each for each in desk.items("/allocations")}
    assert (allocations["ALPHA"]["quantity"], allocations["BETA"]["quantity"]) == ("600", "30")
    assert allocations["ALPHA"]["avg_px"] == allocations["BETA"]["avg_px"]
    paid = sum(float(each["cost"]) for each in allocations.values())
    assert paid == 90 * 40.5 + 540 * 41
