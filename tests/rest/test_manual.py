"""Telephone orders over REST: placed, keyed, answered, taken back, and flagged everywhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tests.rest.node import Node, post


def phoned(node: Node, number: str) -> dict[str, Any]:
    """A manual placement of a released order."""
    order = node.create("pm", number)
    released = post(node.as_("pm"), f"/api/v1/orders/{order['id']}/release", {}, key=f"{number}-r")
    assert released.status_code == 200, released.text
    body = {
        "order": order["id"], "destination": "BROKER_SIM", "quantity": "100", "manual": True,
        "broker_order_id": f"B-{number}",
    }  # fmt: skip
    made = post(node.as_("trader"), "/api/v1/placements", body, key=f"{number}-p")
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    return found


def keyed(node: Node, placement: str, key: str, **changes: Any) -> httpx.Response:
    body = {"quantity": "60", "price": "250.05", "venue": "XNAS",
            "executed_at": "2026-01-05T15:00:00Z", **changes}  # fmt: skip
    return post(node.as_("trader"), f"/api/v1/placements/{placement}/executions", body, key=key)


def test_a_telephone_order_is_keyed_to_its_end(node: Node, fresh_id: Callable[[], str]) -> None:
    number = fresh_id()
    placement = phoned(node, number)
    assert (placement["manual"], placement["status"], placement["sent_at"]) == (True, "new", None)
    answer = keyed(node, placement["id"], f"{number}-1")
    assert answer.status_code == 201, answer.text
    assert (answer.json()["cum_qty"], answer.json()["avg_px"]) == ("60", "250.05")
    again = keyed(node, placement["id"], f"{number}-1")
    assert again.headers["Idempotency-Replayed"] == "true"
    (execution,) = node.as_("trader").get(
        "/api/v1/executions", params={"placement": placement["id"]}
    ).json()["data"]  # fmt: skip
    assert (execution["manual"], execution["keyed_by"]) == (True, "trader")
    assert execution["transact_time"] == "2026-01-05T15:00:00.000000Z"
    done = post(
        node.as_("trader"), f"/api/v1/placements/{placement['id']}/answer",
        {"answer": "canceled", "text": "rest is off"},
    )  # fmt: skip
    assert (done.json()["status"], done.json()["text"]) == ("canceled", "rest is off")
    path = f"/api/v1/executions/{execution['id']}/bust"
    taken = post(node.as_("trader"), path, {"reason": "keyed twice"})
    assert (taken.status_code, taken.json()["cum_qty"]) == (200, "0")


def test_what_is_keyed_wrongly_is_told(node: Node, fresh_id: Callable[[], str]) -> None:
    number = fresh_id()
    placement = phoned(node, number)
    beyond = keyed(node, placement["id"], f"{number}-1", quantity="101")
    assert (beyond.status_code, beyond.json()["code"]) == (422, "execution_exceeds")
    odd = keyed(node, placement["id"], f"{number}-2", executed_at="2026-13-05T15:00:00Z")
    assert odd.status_code == 422
    other = post(
        node.as_("pm"), f"/api/v1/placements/{placement['id']}/answer", {"answer": "expired"}
    )
    assert other.status_code == 403
