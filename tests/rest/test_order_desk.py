"""The desk over REST: claim, assign, hand over, waiting orders and the decision behind an order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.rest.node import Node, post
from tradeoms.demo.desk import wait_for

Fresh = Callable[[], str]


def act(node: Node, user: str, order: str, what: str, **body: Any) -> httpx.Response:
    return post(node.as_(user), f"/api/v1/orders/{order}/{what}", body)


def test_an_order_goes_from_hand_to_hand(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id(), allocations=[{"fund": "BETA", "quantity": "100"}])["id"]
    assert act(node, "trader", order, "claim").json()["code"] == "not_on_desk"
    assert act(node, "pm", order, "release").status_code == 200
    claimed = act(node, "trader", order, "claim")
    assert (claimed.status_code, claimed.json()["trader"]) == (200, "trader")
    taken = act(node, "trader-b", order, "claim")
    assert (taken.status_code, taken.json()["code"]) == (422, "order_claimed")
    handed = act(node, "trader", order, "hand-over", trader="trader-b", note="flat by noon")
    assert (handed.status_code, handed.json()["trader"]) == (200, "trader-b")
    assigned = act(node, "pm", order, "assign", trader="trader")
    assert assigned.json()["trader"] == "trader"
    told = node.as_("pm").get(f"/api/v1/orders/{order}/events").json()["data"]
    hands = [
        (e["data"]["how"], e["data"]["before"], e["data"]["trader"], e["data"]["assigned_by"])
        for e in told
        if e["type"] == "OrderAssigned"
    ]
    assert hands == [
        ("claim", "", "trader", "trader"),
        ("hand_over", "trader", "trader-b", "trader"),
        ("assign", "trader-b", "trader", "pm"),
    ]
    mine = node.as_("pm").get("/api/v1/orders", params={"trader": "trader"}).json()["data"]
    assert order in [one["id"] for one in mine]


def test_the_engine_releases_an_order_when_its_time_comes(node: Node, fresh_id: Fresh) -> None:
    when = datetime.now(UTC) + timedelta(seconds=3)
    order = node.create("pm", fresh_id(), good_from=f"{when:%Y-%m-%dT%H:%M:%S}Z")
    assert order["status"] == "held"
    assert order["waiting_for"]["who"] == "market"
    path = f"/api/v1/orders/{order['id']}"
    wait_for(
        "the release",
        lambda: node.as_("pm").get(path).json()["status"] == "released",
        within_s=30,
    )
    released = node.as_("pm").get(path).json()
    assert released["updated_at"] >= order["good_from"]
    events = node.as_("pm").get(f"{path}/events").json()["data"]
    assert [(e["type"], e["actor"]) for e in events[2:4]] == [
        ("OrderChecked", "system"), ("OrderReleased", "system"),
    ]  # fmt: skip


def test_a_trigger_and_the_policy_at_the_close_are_shown(node: Node, fresh_id: Fresh) -> None:
    trigger = {"price": "1", "when": "at_or_below"}
    order = node.create("pm", fresh_id(), trigger=trigger, unexecuted="roll")
    assert (order["trigger"], order["unexecuted"], order["status"]) == (trigger, "roll", "held")
    assert act(node, "pm", order["id"], "release").json()["code"] == "not_good_yet"


def test_the_decision_survives_amendments(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    order = node.create("trader", name, portfolio_manager="pm", reason="results")
    changed = node.as_("pm").patch(
        f"/api/v1/orders/{order['id']}", headers={"If-Match": str(order["version"])},
        json={"reason": "more results", "quantity": "90"},
    )  # fmt: skip
    assert changed.status_code == 200, changed.text
    decision = node.as_("auditor").get(f"/api/v1/orders/{order['id']}/decision").json()
    assert {key: decision[key] for key in ("decided_by", "typed_by", "reason", "source")} == {
        "decided_by": "pm", "typed_by": "trader", "reason": "results", "source": "rest",
    }  # fmt: skip
    assert (decision["quantity"], decision["client_order_id"]) == ("100", name)
    hidden = node.as_("auditor-b").get(f"/api/v1/orders/{order['id']}/decision")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "order_unknown")
