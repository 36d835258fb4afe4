"""Bookings over real FIX: filled, busted, and booked anew, as the broker's reports come in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fix.counterparty import utc
from tests.fix.desk import NUMBERS, SESSIONS, Desk, open_desk, until
from tests.fix.test_blocks import VERSION, fill

pytestmark = pytest.mark.slow
POLICY = {"id": "standard", "method": "pro_rata", "trigger": "filled"}
CHARGE = {"id": "broker", "kind": "commission", "basis": "per_unit", "rate": "0.01",
          "currency": "USD"}  # fmt: skip


@pytest.fixture
def desk(tmp_path: Any) -> Iterator[Desk]:
    with open_desk(tmp_path) as opened:
        peer = opened.peers[VERSION]
        peer.silent = False
        peer.on_order = peer.acknowledge
        yield opened


def test_what_a_broker_fills_is_booked_and_what_he_busts_is_reversed(desk: Desk) -> None:
    desk.post("operations", "/allocation-policies", {"policies": [POLICY]}, 200)
    desk.post("operations", "/charges", {"charges": [CHARGE]}, 200)
    peer = desk.peers[VERSION]
    order = desk.node.create(
        "pm", f"K{next(NUMBERS):05d}", quantity="100", limit_price="250",
        allocations=[{"fund": "ALPHA", "quantity": "70"}, {"fund": "BETA", "quantity": "30"}],
    )  # fmt: skip
    desk.post("pm", f"/orders/{order['id']}/release", {}, 200)
    body = {"order": order["id"], "destination": SESSIONS[VERSION][0], "quantity": "100"}
    desk.post("trader", "/placements", body, 201)
    peer.wait("the order", lambda: peer.of_type("D"))
    (sent,) = peer.of_type("D")
    fill(desk, sent, 50, "249.99", of=100, cum=50)
    until("the booking", lambda: statuses(desk) == ["provisional"])
    fill(desk, sent, 50, "250", of=100, cum=100)
    until("the booking", lambda: statuses(desk) == ["booked"])
    (booking,) = desk.items("/bookings")
    assert (booking["avg_px"], booking["gross"]) == ("249.995", "24999.5")
    assert [(leg["fund"], leg["quantity"], leg["commission"], leg["net"])
            for leg in booking["allocations"]] == [
        ("ALPHA", "70", "0.7", "17500.35"), ("BETA", "30", "0.3", "7500.15"),
    ]  # fmt: skip
    assert {one["destination"] for one in booking["executions"]} == {SESSIONS[VERSION][0]}

    bust = [
        (37, "O-1"), (11, sent[11]), (17, peer.new_exec_id()), (19, last_exec_id(desk)),
        (150, "H"), (39, "1"), (55, sent[55]), (54, sent[54]), (38, "100"), (32, "50"),
        (31, "250"), (151, "50"), (14, "50"), (6, "249.99"), (60, utc()),
    ]  # fmt: skip
    peer.send("8", bust)
    until("the reversal", lambda: desk.items("/bookings")[0]["booked_version"] == 2)
    (after,) = desk.items("/bookings")
    assert (after["status"], after["quantity"], after["gross"]) == ("booked", "50", "12499.5")
    versions = desk.node.as_("pm").get(f"/api/v1/bookings/{after['id']}/versions").json()["data"]
    assert [one["reversed_at"] is None for one in versions] == [False, True]


def statuses(desk: Desk) -> list[str]:
    return [one["status"] for one in desk.items("/bookings")]


def last_exec_id(desk: Desk) -> str:
    (last,) = [one for one in desk.items("/executions") if one["last_px"] == "250"]
    return str(last["exec_id"])
