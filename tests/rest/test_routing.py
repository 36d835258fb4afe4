"""Routing over REST and from files: loaded, shown, proposed, placed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.rest.node import Node, post, running_node

Fresh = Callable[[], str]
RULE = {"id": "all", "destinations": ["BROKER_SIM"], "max_adv_pct": None}


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: rules and lists are for everyone."""
    with running_node(tmp_path_factory.mktemp("routing")) as running:
        yield running


def released(node: Node, fresh_id: Fresh, **more: Any) -> str:
    order: str = node.create("pm", fresh_id(), **more)["id"]
    assert post(node.as_("pm"), f"/api/v1/orders/{order}/release", {}).status_code == 200
    return order


def test_rules_are_loaded_shown_and_followed(halls: Node, fresh_id: Fresh) -> None:
    operations, trader = halls.as_("operations"), halls.as_("trader")
    loaded = post(operations, "/api/v1/routing-rules", {"rules": [RULE]})
    assert (loaded.status_code, loaded.json()["rows"]) == (200, 1)
    body = {"broker_lists": {"BETA": ["BROKER_SIM"], "ALPHA": ["BROKER_SIM"]}}
    assert post(operations, "/api/v1/broker-lists", body).status_code == 200
    shown = halls.as_("pm-b").get("/api/v1/routing-rules").json()
    assert [one["id"] for one in shown["rules"]] == ["all"]
    assert shown["broker_lists"] == {"BETA": ["BROKER_SIM"]}, "of one's own funds"

    order = released(halls, fresh_id)
    path = f"/api/v1/orders/{order}/route"
    asked = post(trader, path, {}, key=fresh_id())
    assert (asked.json()["proposed"], asked.json()["placement"]) == ("BROKER_SIM", None)
    assert (asked.json()["because"], asked.json()["passed"]) == (None, [])
    placed = post(trader, path, {"place": True}, key=fresh_id())
    assert placed.status_code == 200, placed.text
    assert placed.json()["placement"]["destination"] == "BROKER_SIM"
    assert placed.json()["placement"]["order_qty"] == "100"
    assert post(halls.as_("pm"), path, {}, key=fresh_id()).status_code == 403
    hidden = post(halls.as_("trader-b"), path, {}, key=fresh_id())
    assert (hidden.status_code, hidden.json()["code"]) == (404, "order_unknown")


def test_budgets_are_loaded_and_shown_with_what_is_paid(halls: Node) -> None:
    budget = {"destination": "BROKER_SIM", "amount": "100", "currency": "USD", "period": "year"}
    body = {"budgets": [budget, {**budget, "fund": "ALPHA"}, {**budget, "fund": "BETA"}]}
    path = "/api/v1/commission-budgets"
    assert post(halls.as_("pm"), path, body).status_code == 403
    loaded = post(halls.as_("operations"), path, body)
    assert (loaded.status_code, loaded.json()["rows"]) == (200, 3)
    shown = halls.as_("pm-b").get(path).json()["data"]
    assert [one["fund"] for one in shown] == [None, "BETA"], "the firm's and of one's own funds"
    assert {k: shown[0][k] for k in ("paid", "amount", "without_rate")} == {
        "paid": "0", "amount": "100", "without_rate": [],
    }  # fmt: skip
    bad = post(halls.as_("operations"), path, {"budgets": [{**budget, "amount": "0"}]})
    assert (bad.status_code, bad.json()["errors"][0]["pointer"]) == (422, "/budgets/0/amount")
    assert halls.as_("pm-b").get(path).json()["data"] == shown


def test_a_wrong_rule_is_told_and_nothing_is_loaded(halls: Node) -> None:
    operations = halls.as_("operations")
    before = operations.get("/api/v1/routing-rules").json()
    bad = {"rules": [{"id": "x", "destinations": ["NOWHERE"]}]}
    told = post(operations, "/api/v1/routing-rules", bad)
    assert (told.status_code, told.json()["errors"][0]["pointer"]) == (
        422, "/rules/0/destinations",
    )  # fmt: skip
    assert operations.get("/api/v1/routing-rules").json() == before
