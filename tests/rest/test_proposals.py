"""Models and proposals over HTTP: written, approved by another, computed, reviewed, made orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, post, running_node

Fresh = Callable[[], str]
API = "/api/v1"
NAV = 100_250_000  # 100 million of cash and 1,000 MSFT at 250


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: proposals look at every order of a fund."""
    with running_node(tmp_path_factory.mktemp("proposals")) as running:
        model = write(running, "core")
        assert (model["version"], model["status"], model["cash"]) == (1, "draft", "70")
        path = f"{API}/models/core/versions/1/approve"
        assert post(running.as_("pm"), path, {}).json()["code"] == "model_own_approval"
        approved = post(running.as_("risk"), path, {}).json()
        assert (approved["status"], approved["approved_by"]) == ("approved", "risk")
        yield running


def named(symbol: str) -> dict[str, str]:
    return {"scheme": "ticker_mic", "value": f"{symbol}.XNAS"}


def write(node: Node, name: str) -> dict[str, Any]:
    body = {
        "id": name,
        "weights": [
            {"security": named(symbol), "weight": weight}
            for symbol, weight in (("AAPL", "10"), ("MSFT", "20"))
        ],
        "overrides": [{"fund": "BETA", "security": named("AAPL")}],
    }  # fmt: skip
    answer = post(node.as_("pm"), f"{API}/models", body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def propose(node: Node, user: str = "pm", **changes: Any) -> httpx.Response:
    return post(
        node.as_(user), f"{API}/proposals", {"funds": ["ALPHA", "BETA"], "model": "core", **changes}
    )


def lines_of(node: Node, proposal: dict[str, Any], user: str = "pm") -> list[dict[str, Any]]:
    answer = node.as_(user).get(f"{API}/proposals/{proposal['id']}/lines")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_a_model_is_shown_to_all_and_what_it_says_of_a_fund_to_its_people(house: Node) -> None:
    (shown,) = house.as_("pm-a").get(f"{API}/models", params={"model": "core"}).json()["data"]
    assert shown["overrides"] == []
    one = house.as_("pm-b").get(f"{API}/models/core/versions/1").json()
    assert [(o["fund"], o["security"]["value"], o["by"]) for o in one["overrides"]] == [
        ("BETA", "AAPL.XNAS", None)
    ]
    for version in ("2", "x"):
        assert house.as_("pm").get(f"{API}/models/core/versions/{version}").status_code == 404


def test_a_proposal_is_computed_reviewed_and_made_orders(house: Node) -> None:
    made = propose(house, tolerance={"value": "0.1"}, cash_buffer="1")
    assert made.status_code == 201, made.text
    proposal = made.json()
    assert (proposal["status"], proposal["model_version"], proposal["lines"]) == ("open", 1, 3)
    assert proposal["compliance"]["action"] == "allow"
    lines = lines_of(house, proposal)
    found = {(one["fund"], one["security"]["value"]): one for one in lines}
    assert found["ALPHA", "AAPL.XNAS"]["quantity"] == str(NAV // 10 // 250)
    assert ("BETA", "AAPL.XNAS") not in found, "excluded there, and not held"
    assert found["BETA", "MSFT.XNAS"]["target"] == "20"
    assert {one["fund"] for one in lines_of(house, proposal, "pm-b")} == {"BETA"}
    narrow = house.as_("pm-b").get(f"{API}/proposals/{proposal['id']}").json()
    assert (narrow["funds"], narrow["orders"]) == (["BETA"], [])
    path = f"{API}/proposals/{proposal['id']}/approve"
    assert post(house.as_("pm-b"), path, {}).json()["code"] == "not_permitted"
    done = post(house.as_("pm"), path, {"reason": "monthly"}, key="approve-once")
    assert done.status_code == 200, done.text
    assert len(done.json()["order_ids"]) == 2
    again = post(house.as_("pm"), path, {"reason": "monthly"}, key="approve-once")
    assert again.json()["order_ids"] == done.json()["order_ids"]
    assert post(house.as_("pm"), path, {}).json()["code"] == "proposal_settled"
    orders = [house.as_("pm").get(f"{API}/orders/{one}").json() for one in done.json()["order_ids"]]
    legs = {
        (leg["fund"], order["security"]["value"]): leg["quantity"]
        for order in orders
        for leg in order["allocations"]
    }
    traded = {key: one["quantity"] for key, one in found.items() if one["side"]}
    assert legs == traded
    assert {order["status"] for order in orders} == {"approved"}

    after = propose(house, tolerance={"value": "0.1"}, cash_buffer="1").json()
    assert after["orders"] == [], "the open orders bring every fund to its target"
    assert {one["left_out"] for one in lines_of(house, after)} == {"within_tolerance"}
    gone = post(house.as_("pm"), f"{API}/proposals/{after['id']}/discard", {"reason": "done"})
    assert (gone.json()["status"], gone.json()["reason"]) == ("discarded", "done")
    listed = house.as_("pm").get(f"{API}/proposals", params={"status": "approved"}).json()["data"]
    assert [one["id"] for one in listed] == [proposal["id"]]


@pytest.mark.parametrize(
    ("changes", "user", "code", "pointer"),
    [
        ({"funds": ["ALPHA", "ALPHA"]}, "pm", "plan_fund_twice", "/funds/1"),
        ({"model": "none"}, "pm", "plan_model_unknown", "/model"),
        ({"model": None}, "pm", "plan_benchmark_unknown", "/funds/0"),
        ({"cash_buffer": "200"}, "pm", "plan_value_range", "/cash_buffer"),
        ({"flows": [{"fund": "GAMMA", "amount": "1"}]}, "pm", "plan_flow_unfit", "/flows/0"),
        ({"do_not_trade": [named("NO")]}, "pm", "security_unknown", "/do_not_trade"),
        ({"mode": "wild"}, "pm", "word_unknown", "/mode"),
        ({}, "pm-a", "fund_unknown", "/funds/1"),
    ],
)
def test_a_proposal_is_refused(
    house: Node, changes: dict[str, Any], user: str, code: str, pointer: str
) -> None:
    told = propose(house, user, **changes)
    assert told.status_code == 422, told.text
    found = told.json()["errors"][0]
    assert (found["code"], found["pointer"]) == (code, pointer)


def test_only_portfolio_managers_propose(house: Node) -> None:
    for user in ("trader", "officer", "auditor", "operations"):
        assert propose(house, user).json()["code"] == "not_permitted"
