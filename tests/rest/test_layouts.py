"""Layouts of grids over HTTP: one's own, those shared with a role, and nobody else's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.rest.node import Node, post

Fresh = Callable[[], str]
PATH = "/api/v1/layouts"
STATE = {"grid": {"columns": [{"id": "fund", "width": 80.5}], "pinned": 3}, "filter": "é -filled"}


def save(node: Node, user: str, name: str, **more: Any) -> dict[str, Any]:
    """Keep a layout for a person."""
    body = {"name": name, "page": "orders", "state": STATE, **more}
    answer = post(node.as_(user), PATH, body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"{PATH}/{found['id']}"
    return found


def seen(node: Node, user: str, **query: str) -> list[str]:
    """Ids of what a person sees."""
    listed = node.as_(user).get(PATH, params=query).json()
    return [one["id"] for one in listed["data"]]


def test_a_layout_is_kept_replaced_listed_and_deleted(node: Node, fresh_id: Fresh) -> None:
    name = f"My view {fresh_id()}"
    first = save(node, "risk", name)
    assert (first["state"], first["owner"], first["version"]) == (STATE, "risk", 1)
    again = save(node, "risk", name, state={})
    assert (again["id"], again["state"], again["version"]) == (first["id"], {}, 2)
    elsewhere = save(node, "risk", name, page="funds")
    client = node.as_("risk")
    assert client.get(f"{PATH}/{first['id']}").json() == again
    assert first["id"] in seen(node, "risk", page="orders")
    assert elsewhere["id"] not in seen(node, "risk", page="orders")
    assert {first["id"], elsewhere["id"]} <= set(seen(node, "risk"))

    assert client.delete(f"{PATH}/{first['id']}").status_code == 204
    assert first["id"] not in seen(node, "risk")
    for answer in (client.get(f"{PATH}/{first['id']}"), client.delete(f"{PATH}/{first['id']}")):
        assert (answer.status_code, answer.json()["code"]) == (404, "layout_unknown")


def test_a_shared_layout_shows_to_the_role_and_belongs_to_its_owner(
    node: Node, fresh_id: Fresh
) -> None:
    shared = save(node, "trader", fresh_id(), shared_with=["trader"])
    path = f"{PATH}/{shared['id']}"
    assert shared["shared_with"] == ["trader"]
    assert node.as_("trader-b").get(path).json() == shared
    assert shared["id"] in seen(node, "trader-b", page="orders")
    assert shared["id"] not in seen(node, "pm")
    refused = node.as_("trader-b").delete(path)
    assert (refused.status_code, refused.json()["code"]) == (403, "layout_not_own")
    for answer in (node.as_("pm").get(path), node.as_("pm").delete(path)):
        assert (answer.status_code, answer.json()["code"]) == (404, "layout_unknown")
    mine = save(node, "trader-b", shared["name"])
    assert mine["id"] != shared["id"]

    save(node, "trader", shared["name"])
    assert shared["id"] not in seen(node, "trader-b")


def test_what_is_wrong_is_told_at_its_field(node: Node, fresh_id: Fresh) -> None:
    sound = {"name": fresh_id(), "page": "orders", "state": {}}
    for change, pointer, code in (
        ({"name": ""}, "/name", "layout_name_invalid"),
        ({"state": {"x": "y" * 20_000}}, "/state", "layout_too_large"),
        ({"state": []}, "/state", "invalid"),
        ({"shared_with": ["admin"]}, "/shared_with", "layout_role_not_held"),
        ({"shared_with": ["cook"]}, "/shared_with/0", "word_unknown"),
    ):
        answer = post(node.as_("pm"), PATH, {**sound, **change})
        told = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert (answer.status_code, told) == (422, [(pointer, code)]), answer.text
    raw = f'{{"name": "{sound["name"]}", "page": "orders", "state": {{"x": NaN}}}}'
    headers = {"Content-Type": "application/json"}
    answer = node.as_("pm").post(PATH, content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "layout_state_invalid")
    assert node.as_("admin").get(PATH).status_code == 200
    assert post(node.as_("admin"), PATH, {**sound, "shared_with": ["risk"]}).status_code == 201
