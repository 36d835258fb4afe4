"""Breaks over REST: what is malformed, what is not there, who may."""

from __future__ import annotations

import pytest

from tests.rest.node import Node, post

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
    ],
)  # fmt: skip
def test_what_is_malformed(node: Node, body: dict[str, str], pointer: str) -> None:
    answer = post(node.as_("operations"), f"{BREAKS}/brk_none/resolve", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_the_queue_is_listed_by_status(node: Node) -> None:
    for status in ("open", "suspense", "resolved"):
        answer = node.as_("operations").get(BREAKS, params={"status": status})
        assert answer.status_code == 200
