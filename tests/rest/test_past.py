"""Lists as they were at an instant that is over."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.rest.node import Node, post

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"


def listed(node: Node, path: str, user: str = "pm", **asked: Any) -> dict[str, Any]:
    """The rows of one page by id."""
    answer = node.as_(user).get(f"/api/v1/{path}", params=asked)
    assert answer.status_code == 200, answer.text
    return {row["id"]: row for row in answer.json()["data"]}


def test_a_list_shows_each_order_as_it_was(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    then = order["updated_at"]
    assert post(node.as_("pm"), f"{ORDERS}/{order['id']}/cancel", {}).status_code == 202
    later = node.create("pm", fresh_id())
    assert listed(node, "orders")[order["id"]]["status"] == "canceled"
    past = listed(node, "orders", as_of=then)
    assert past[order["id"]] == order
    assert later["id"] not in past
    assert order["id"] in listed(node, "orders", as_of=then, status="approved")
    assert order["id"] not in listed(node, "orders", as_of=then, status="canceled")


def test_every_list_can_be_asked_of_the_past(node: Node, fresh_id: Fresh) -> None:
    node.create("pm", fresh_id())
    then = node.create("pm", fresh_id())["updated_at"]
    paths = node.as_("admin").get("/api/v1/openapi.json").json()["paths"]
    lists = {
        path: user
        for path, operations in paths.items()
        for user in ("admin", "auditor", "pm")
        if any(one["name"] == "as_of" for one in operations.get("get", {}).get("parameters", []))
        and "{" not in path
        and node.as_(user).get(path).status_code == 200
    }
    assert len(lists) > 20
    for path, user in lists.items():
        answer = node.as_(user).get(path, params={"as_of": then})
        assert answer.status_code == 200, (path, answer.text)


def test_the_audit_of_the_past_ends_there(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    node.create("pm", fresh_id())
    query = {"as_of": order["updated_at"], "after": order["seq"] - 1}
    answer = node.as_("auditor").get("/api/v1/audit/events", params=query)
    assert answer.status_code == 200, answer.text
    assert max(row["seq"] for row in answer.json()["data"]) == order["seq"]


def test_positions_and_cash_of_before_the_load_are_none(node: Node) -> None:
    early = "2020-01-01T00:00:00Z"
    for path in ("positions", "cash"):
        assert node.as_("pm").get(f"/api/v1/{path}").json()["data"]
        answer = node.as_("pm").get(f"/api/v1/{path}", params={"as_of": early})
        assert (answer.status_code, answer.json()["data"]) == (200, [])


def test_the_past_shows_no_other_funds_and_pages_as_the_present(
    node: Node, fresh_id: Fresh
) -> None:
    legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
    made = [node.create("pm", fresh_id(), allocations=legs) for _ in range(3)]
    node.create("pm", fresh_id())
    asked = {"as_of": made[-1]["updated_at"], "limit": "2"}
    client = node.as_("pm-b")
    first = client.get(ORDERS, params=asked)
    second = client.get(ORDERS, params={**asked, "after": first.json()["next"]})
    assert "ALPHA" not in first.text + second.text
    seen = [row["id"] for row in first.json()["data"] + second.json()["data"]]
    assert seen[:3] == [order["id"] for order in reversed(made)]
    table = client.get(ORDERS, params={"as_of": asked["as_of"], "format": "csv"})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["id"] for row in rows[:3]] == seen[:3]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ("2126-01-05T10:00:00Z", "as_of_in_future"),
        ("2026-01-05T10:00:00", "format_invalid"),
        ("yesterday", "invalid"),
    ],
)
def test_an_instant_that_cannot_be_is_refused(node: Node, asked: str, code: str) -> None:
    answer = node.as_("pm").get(ORDERS, params={"as_of": asked})
    assert answer.status_code == 422
    assert answer.json()["code"] == code, answer.text
    assert "as_of" in answer.text
