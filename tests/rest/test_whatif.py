"""What-if questions over HTTP: one order, a basket as one end state, the room that is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.rest.node import Node, order_body, post, running_node

Fresh = Callable[[], str]
CHECK = "/api/v1/orders:check"
HEADROOM = "/api/v1/compliance/headroom"


@pytest.fixture(scope="module")
def ruled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of its own, so that no open order of another test takes room; two rules for BETA."""
    with running_node(tmp_path_factory.mktemp("what-if")) as node:
        _give_rules(node)
        yield node


def _give_rules(node: Node) -> None:
    rules: list[dict[str, Any]] = [
        {"id": "beta.size", "version": 1, "kind": "order", "max_qty": "5000"},
        {"id": "beta.long", "version": 1, "kind": "short", "mode": "no_short"},
    ]
    fits = {"id": "fits", "mode": "fit", "fund": "BETA", "expect": {"outcome": "PASS"}}
    common = {"severity": "soft", "scope": {"funds": ["BETA"]}, "cases": [fits]}
    made = post(
        node.as_("officer"), "/api/v1/rules", {"rules": [{**one, **common} for one in rules]},
        key="define-what-if",
    )  # fmt: skip
    assert made.status_code == 200, made.text
    for rule in rules:
        path = f"/api/v1/rules/{rule['id']}/versions/1/activate"
        done = post(node.as_("officer-b"), path, {}, key=f"activate-{rule['id']}")
        assert done.status_code == 200, done.text


def line(name: str, side: str, quantity: str) -> dict[str, Any]:
    return order_body(
        name, side=side, quantity=quantity, allocations=[{"fund": "BETA", "quantity": quantity}]
    )


def test_a_basket_is_one_end_state_when_all_fills_and_its_worst_when_any_may(
    ruled: Node, fresh_id: Fresh
) -> None:
    orders = [line(fresh_id(), "buy", "100"), line(fresh_id(), "sell", "150")]
    net = post(ruled.as_("pm"), CHECK, {"orders": orders, "basket": "net"}).json()
    assert net["basket"]["outcome"] == "breach"
    assert [one["rule"] for one in net["basket"]["verdicts"]] == ["beta.long"]
    assert net["basket"]["scale"] == "2/3"
    assert [(one["max_quantity"], one["binding_rule"], one["culprit"]) for one in net["data"]] == [
        ("5000", "beta.size", False),
        ("100", "beta.long", True),
    ]
    worst = post(ruled.as_("pm"), CHECK, {"orders": orders, "basket": "worst"}).json()
    assert worst["data"][1]["max_quantity"] == "0"
    assert worst["basket"]["scale"] == "0"


def test_the_room_of_a_fund_is_told_by_security_and_side(ruled: Node) -> None:
    held = ruled.as_("pm").get("/api/v1/positions", params={"fund": "BETA"}).json()["data"]
    found = post(ruled.as_("pm-b"), HEADROOM, {"fund": "BETA"}).json()["data"]
    assert {one["security"]["id"] for one in found} == {one["security"]["id"] for one in held}
    shares = Decimal(held[0]["quantity"])
    first = held[0]["security"]["id"]
    by_side = {one["side"]: one for one in found if one["security"]["id"] == first}
    assert by_side["buy"]["max_quantity"] == "5000"
    assert by_side["buy"]["binding_rule"] == "beta.size"
    assert Decimal(by_side["sell"]["held"]) == shares
    assert Decimal(by_side["sell"]["max_quantity"]) == min(shares, Decimal(5000))
    asked = {
        "fund": "BETA",
        "securities": [{"scheme": "ticker_mic", "value": "AAPL.XNAS"}],
        "sides": ["sell"],
    }
    (one,) = post(ruled.as_("pm-b"), HEADROOM, asked).json()["data"]
    assert (one["security"]["value"], one["max_quantity"], one["outcome"]) == (
        "AAPL.XNAS",
        "0",
        "breach",
    )


def test_the_room_of_another_persons_fund_is_not_told(ruled: Node) -> None:
    for fund in ("ALPHA", "NOWHERE"):
        answer = post(ruled.as_("pm-b"), HEADROOM, {"fund": fund})
        assert (answer.status_code, answer.json()["code"]) == (422, "fund_unknown"), answer.text
    unknown = {"fund": "BETA", "securities": [{"scheme": "id", "value": "sec_nothing"}]}
    answer = post(ruled.as_("pm-b"), HEADROOM, unknown)
    assert answer.json()["code"] == "security_unknown"
