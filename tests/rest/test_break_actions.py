"""Breaks over REST: what is malformed, what is not there, who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.rest.node import Node, post
from tests.rest.test_manual import keyed, phoned

BREAKS = "/api/v1/breaks"


@pytest.mark.parametrize("word", ["resolve", "approve", "refuse"])
def test_a_break_that_is_not_there(node: Node, word: str) -> None:
    body = {"resolution": "x"} if word == "resolve" else {"reason": "x"}
    answer = post(node.as_("operations"), f"{BREAKS}/brk_none/{word}", body)
    assert (answer.status_code, answer.json()["code"]) == (404, "break_unknown")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/resolution"), ({"resolution": "x", "action": "dance"}, "/action"),
        ({"resolution": "x", "colour": "red"}, "/colour"),
        ({"resolution": "x", "action": "adjust", "adjustment": {"quantity": "1e3"}},
         "/adjustment/quantity"),
    ],
)  # fmt: skip
def test_what_is_malformed(node: Node, body: dict[str, Any], pointer: str) -> None:
    answer = post(node.as_("operations"), f"{BREAKS}/brk_none/resolve", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_the_queue_is_listed_by_status(node: Node) -> None:
    for status in ("open", "suspense", "resolved"):
        answer = node.as_("operations").get(BREAKS, params={"status": status})
        assert answer.status_code == 200


def test_an_adjustment_is_shown_to_who_approves_it_and_done(
    node: Node, fresh_id: Callable[[], str]
) -> None:
    number = fresh_id()
    placement = phoned(node, number)["id"]
    assert keyed(node, placement, f"{number}-1", price="25005").status_code == 201
    reader = node.as_("operations")
    (wrong,) = reader.get("/api/v1/executions", params={"placement": placement}).json()["data"]
    found = next(
        each
        for each in reader.get(BREAKS, params={"kind": "price_mismatch"}).json()["data"]
        if each["placement_id"] == placement
    )
    path = f"{BREAKS}/{found['id']}"
    put_right = {"execution": wrong["id"], "quantity": "60"}
    body = {"resolution": "misheard", "action": "adjust", "adjustment": put_right}
    answer = post(node.as_("trader"), f"{path}/resolve", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "adjustment_figures")
    put_right["price"] = "250.05"
    answer = post(node.as_("trader"), f"{path}/resolve", body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["proposal"]["adjustment"] == {
        "execution_id": wrong["id"], "quantity": "60", "price": "250.05", "exec_id": None,
    }  # fmt: skip
    answer = post(reader, f"{path}/approve", {"reason": "heard the tape"})
    assert (answer.status_code, answer.json()["status"]) == (200, "resolved"), answer.text
    done = reader.get("/api/v1/executions", params={"placement": placement}).json()["data"]
    assert {(x["status"], x["last_px"], x["keyed_by"]) for x in done} == {
        ("corrected", "25005", "trader"), ("live", "250.05", "trader"),
    }  # fmt: skip
