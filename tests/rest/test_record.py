"""The story of an order and the proof of the journal, part by part."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.rest.node import Node

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"
VERIFY = "/api/v1/audit/verify"
STAMPED = {"created_at", "updated_at"}
INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")


def pages(client: httpx.Client, path: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a list."""
    found: list[list[dict[str, Any]]] = []
    after: dict[str, Any] = {}
    while True:
        answer = client.get(path, params={"limit": limit, **after})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert told["has_more"] == (told["next"] is not None)
        found.append(told["data"])
        if not told["has_more"]:
            return found
        after = {"after": told["next"]}


@pytest.mark.parametrize("view", ["events", "versions"])
def test_a_story_is_told_page_by_page_oldest_first(node: Node, fresh_id: Fresh, view: str) -> None:
    legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
    order = node.create("pm", fresh_id(), allocations=legs)
    path = f"{ORDERS}/{order['id']}"
    assert node.as_("pm").post(f"{path}/release", json={}).status_code == 200
    assert node.as_("pm").post(f"{path}/cancel", json={}).status_code == 202
    (whole,) = pages(node.as_("pm"), f"{path}/{view}", 500)
    parts = pages(node.as_("pm"), f"{path}/{view}", 2)
    assert [row for part in parts for row in part] == whole
    assert [len(part) for part in parts[:-1]] == [2] * (len(parts) - 1)
    assert [row["seq"] for row in whole] == sorted(row["seq"] for row in whole)
    assert len(parts) > 2
    other = [row for part in pages(node.as_("pm-b"), f"{path}/{view}", 2) for row in part]
    assert [row["seq"] for row in other] == [row["seq"] for row in whole]
    assert "ALPHA" not in str(other)


def test_a_story_comes_as_csv_and_of_the_past(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    path = f"{ORDERS}/{order['id']}"
    assert node.as_("pm").post(f"{path}/cancel", json={}).status_code == 202
    table = node.as_("pm").get(f"{path}/events", params={"format": "csv", "limit": 1})
    rows = list(csv.DictReader(io.StringIO(table.text)))
    assert (rows[0]["type"], rows[-1]["type"]) == ("OrderCreated", "OrderCanceled")
    asked = {"as_of": order["updated_at"]}
    then = node.as_("pm").get(f"{path}/events", params=asked).json()["data"]
    assert [event["seq"] for event in then] == [
        int(row["seq"]) for row in rows if int(row["seq"]) <= order["seq"]
    ]


def verified(node: Node, **asked: Any) -> dict[str, Any]:
    """What a verification answers."""
    answer = node.as_("auditor").get(VERIFY, params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_journal_is_verified_whole_or_in_parts(node: Node, fresh_id: Fresh) -> None:
    node.create("pm", fresh_id())
    whole = verified(node)
    assert (whole["good"], whole["next"], whole["fault"]) == (True, None, None)
    assert whole["checked"] == whole["head_seq"] == whole["newest_seq"]
    some = verified(node, **{"from": 1, "to": 5})
    assert (some["good"], some["checked"], some["head_seq"], some["next"]) == (True, 5, 5, None)
    rest = verified(node, **{"from": 6, "chain": some["head_chain"]})
    assert (rest["good"], rest["checked"]) == (True, whole["checked"] - 5)
    assert rest["head_chain"] == whole["head_chain"]
    unanchored = verified(node, **{"from": 6, "to": 7})
    assert (unanchored["good"], unanchored["checked"]) == (True, 2)


def test_a_hash_that_was_kept_elsewhere_must_be_the_journals(node: Node) -> None:
    other = verified(node, **{"from": 6, "chain": "ab" * 32})
    assert (other["good"], other["fault"], other["fault_seq"]) == (False, "rewritten", 5)
    newest = verified(node)["newest_seq"]
    cut = verified(node, **{"from": newest + 100, "chain": "ab" * 32})
    assert (cut["good"], cut["fault"], cut["fault_seq"]) == (False, "truncated", newest + 1)


@pytest.mark.parametrize(
    ("asked", "pointer", "code"),
    [
        ({"from": 0}, "from", "invalid"),
        ({"from": 3, "to": 2}, "to", "range_invalid"),
        ({"from": 999_999}, "from", "range_invalid"),
        ({"chain": "ab" * 32}, "chain", "range_invalid"),
        ({"from": 3, "chain": "AB"}, "chain", "format_invalid"),
    ],
)
def test_a_stretch_that_cannot_be_is_refused(
    node: Node, asked: dict[str, Any], pointer: str, code: str
) -> None:
    answer = node.as_("auditor").get(VERIFY, params=asked)
    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["errors"]
    assert error["pointer"].lstrip("/") == pointer
    assert error["code"] == code


#: Rows that are not things of their own: a line of a proposal, which never changes, an event.
PARTS = {"LineResource", "EventResource"}


def test_every_listed_resource_tells_when_it_came_and_changed(node: Node, fresh_id: Fresh) -> None:
    node.create("pm", fresh_id())
    described = node.as_("admin").get("/api/v1/openapi.json").json()
    seen = set()
    for path, operations in described["paths"].items():
        schema = _listed(operations.get("get"))
        if not schema or "seq" not in described["components"]["schemas"][schema]["properties"]:
            continue
        if schema in PARTS:
            continue
        assert set(described["components"]["schemas"][schema]["required"]) >= STAMPED, schema
        if "{" in path:
            continue
        for user in ("admin", "auditor", "pm"):
            answer = node.as_(user).get(path)
            for row in answer.json()["data"] if answer.status_code == 200 else ():
                assert INSTANT.fullmatch(row["created_at"]), (path, row)
                assert INSTANT.fullmatch(row["updated_at"]), (path, row)
                assert "2020" < row["created_at"] <= row["updated_at"], (path, row)
                seen.add(schema)
    assert {"FundResource", "SecurityResource", "PriceResource", "DestinationResource",
            "UserResource", "KeyResource", "PositionResource", "CashResource"} <= seen  # fmt: skip


def _listed(operation: Any) -> str:  # Any: of OpenAPI
    """The name of what a GET lists; empty where it lists nothing."""
    success = (operation or {}).get("responses", {}).get("200", {}).get("content", {})
    answer = success.get("application/json", {}).get("schema", {}).get("properties", {})
    if "next" not in answer:
        return ""
    return str(answer["data"]["items"]["$ref"].rpartition("/")[2])


def test_a_changed_row_keeps_when_it_came(node: Node) -> None:
    def destination() -> dict[str, Any]:
        rows = node.as_("admin").get("/api/v1/destinations").json()["data"]
        found: dict[str, Any] = next(row for row in rows if row["name"] == "BROKER_SIM")
        return found

    before = destination()
    body = {"destinations": [{"name": "BROKER_SIM", "title": "Changed"}]}
    assert node.as_("admin").post("/api/v1/destinations", json=body).status_code == 200
    after = destination()
    assert after["title"] == "Changed"
    assert after["created_at"] == before["created_at"]
    assert after["updated_at"] > before["updated_at"]
    then = node.as_("auditor").get(
        "/api/v1/audit/events", params={"after": after["seq"] - 1, "limit": 1}
    )
    assert then.json()["data"][0]["at"] == after["updated_at"]
