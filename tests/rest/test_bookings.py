"""Allocation policies, charges and bookings over REST: loaded, made, split, shown to each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.rest.node import Node, post, running_node

Fresh = Callable[[], str]
POLICIES = {
    "policies": [
        {"id": "hand", "method": "pro_rata", "trigger": "manual", "sides": ["sell"]},
        {"id": "standard", "method": "pro_rata", "trigger": "filled", "residual": "first"},
    ]
}
CHARGES = {
    "charges": [
        {"id": "broker", "kind": "commission", "basis": "bps", "rate": "3"},
        {"id": "sec31", "kind": "fee", "basis": "bps", "rate": "0.278", "rounding": "up",
         "sides": ["sell"], "since": "2026-01-01"},
    ]
}  # fmt: skip
BOTH = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: policies and charges are for everyone."""
    with running_node(tmp_path_factory.mktemp("bookings")) as running:
        operations = running.as_("operations")
        for path, body in (("allocation-policies", POLICIES), ("charges", CHARGES)):
            loaded = post(operations, f"/api/v1/{path}", body)
            assert loaded.status_code == 200, loaded.text
        yield running


def executed(node: Node, number: str, **changes: Any) -> str:
    """An order of both funds, executed by telephone at 250.05; returns its id."""
    order: str = node.create("pm", number, allocations=BOTH, **changes)["id"]
    post(node.as_("pm"), f"/api/v1/orders/{order}/release", {})
    body = {"order": order, "destination": "BROKER_SIM", "quantity": "100", "manual": True}
    placed = post(node.as_("trader"), "/api/v1/placements", body, key=f"{number}-p").json()
    path = f"/api/v1/placements/{placed['id']}/executions"
    done = post(node.as_("trader"), path, {"quantity": "100", "price": "250.05"}, key=f"{number}-x")
    assert done.status_code == 201, done.text
    return order


def rows(node: Node, user: str, path: str, order: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (
        node.as_(user).get(f"/api/v1/{path}", params={"order": order}).json()["data"]
    )
    return found


def test_policies_and_charges_are_shown_as_loaded(hall: Node) -> None:
    client = hall.as_("pm-b")
    shown = client.get("/api/v1/allocation-policies").json()["policies"]
    assert [(p["id"], p["version"], p["in_force"]) for p in shown] == [
        ("hand", 1, True), ("standard", 1, True),
    ]  # fmt: skip
    charges = client.get("/api/v1/charges").json()
    assert (charges["version"], [c["id"] for c in charges["charges"]]) == (1, ["broker", "sec31"])
    bad = {"policies": [{"id": "x", "method": "de_minimis", "trigger": "each_fill"}]}
    told = post(hall.as_("operations"), "/api/v1/allocation-policies?dry_run=true", bad)
    assert [error["code"] for error in told.json()["errors"]] == [
        "policy_least_invalid", "policy_trigger_unfit",
    ]  # fmt: skip
    assert told.json()["errors"][0]["pointer"] == "/policies/0/least"


def test_a_purchase_is_booked_when_filled_with_gross_charges_and_net(
    hall: Node, fresh_id: Fresh
) -> None:
    order = executed(hall, fresh_id())
    alpha, beta = rows(hall, "pm", "allocations", order)
    assert (alpha["policy"], alpha["status"], alpha["booked_quantity"]) == (
        "standard/1", "booked", "60",
    )  # fmt: skip
    money = [(row["gross"], row["commission"], row["net"]) for row in (alpha, beta)]
    assert money == [("15003", "4.5", "15007.5"), ("10002", "3", "10005")]
    (booking,) = rows(hall, "pm-b", "bookings", order)
    assert [leg["fund"] for leg in booking["allocations"]] == ["BETA"], "of one's own funds"
    assert (booking["quantity"], booking["gross"]) == ("40", "10002")
    assert [part["quantity"] for part in booking["executions"]] == ["40"]
    (hidden,) = rows(hall, "pm-b", "allocations", order)
    assert hidden["fund"] == "BETA"
    events = hall.as_("pm-b").get(f"/api/v1/orders/{order}/events").text
    assert "AllocationBooked" in events
    assert "ALPHA" not in events
    check = hall.as_("officer").get(f"/api/v1/checks/{booking['check_id']}").json()
    assert (check["stage"], check["order_id"]) == ("booking", order)


def test_a_sale_waits_for_operations_and_another_split_takes_two(
    hall: Node, fresh_id: Fresh
) -> None:
    bought = executed(hall, fresh_id())
    assert rows(hall, "pm", "bookings", bought)[0]["status"] == "booked"
    order = executed(hall, fresh_id(), side="sell", limit_price="250")
    (booking,) = rows(hall, "operations", "bookings", order)
    assert (booking["status"], booking["trigger"]) == ("provisional", "manual")
    assert [leg["net"] for leg in booking["allocations"]] == [None, None]
    path = f"/api/v1/bookings/{booking['id']}"
    asked = {"allocations": BOTH, "reason": "as agreed"}
    assert post(hall.as_("operations"), f"{path}/reallocate", asked).status_code == 200
    own = post(hall.as_("operations"), f"{path}/approve", {})
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    agreed = post(hall.as_("risk"), f"{path}/approve", {})
    assert (agreed.status_code, agreed.json()["reallocation"]) == (200, None)
    body = {"order": order, "reason": "end of day"}
    assert post(hall.as_("trader"), "/api/v1/allocations", body, key=fresh_id()).status_code == 403
    made = post(hall.as_("operations"), "/api/v1/allocations", body, key=fresh_id())
    assert (made.status_code, made.json()["bookings"]) == (201, [booking["id"]])
    shown = hall.as_("auditor").get(path).json()
    assert (shown["status"], shown["booked_by"], shown["reason"]) == (
        "booked", "operations", "end of day",
    )  # fmt: skip
    alpha = shown["allocations"][0]
    assert [(c["charge"], c["amount"]) for c in alpha["charges"]] == [
        ("broker", "4.5"), ("sec31", "0.42"),
    ]  # fmt: skip
    assert alpha["net"] == "14998.08"
    unknown = hall.as_("pm").get("/api/v1/bookings/bkg_9")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "booking_unknown")


def test_a_bust_shows_both_versions(hall: Node, fresh_id: Fresh) -> None:
    order = executed(hall, fresh_id())
    (booking,) = rows(hall, "pm", "bookings", order)
    execution = booking["executions"][0]["execution_id"]
    taken = post(hall.as_("trader"), f"/api/v1/executions/{execution}/bust", {"reason": "wrong"})
    assert taken.status_code == 200, taken.text
    (after,) = rows(hall, "pm", "bookings", order)
    assert (after["status"], after["quantity"], after["gross"]) == ("reversed", "0", "0")
    path = f"/api/v1/bookings/{booking['id']}/versions"
    (version,) = hall.as_("pm-b").get(path).json()["data"]
    assert (version["version"], version["quantity"]) == (1, "40")
    assert version["reversed_at"] is not None
    alpha, _ = rows(hall, "pm", "allocations", order)
    assert (alpha["quantity"], alpha["commission"], alpha["net"]) == ("0", "0", None)
