"""Sizes over HTTP: entered, asked about, amended, shown to whom they concern."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, order_body, post

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"
NAV = "100250000"  # 100 million of cash and 1,000 MSFT at 250


def body(name: str, sizing: dict[str, Any], **changes: Any) -> dict[str, Any]:
    plain = order_body(name, **changes)
    return {**{k: v for k, v in plain.items() if k not in ("quantity", "allocations")},
            "sizing": sizing}  # fmt: skip


def percent(value: str, *funds: str, **more: Any) -> dict[str, Any]:
    typed = [{"fund": fund} for fund in funds or ("ALPHA", "BETA")]
    return {"measure": "nav_percent", "scheme": "equal", "value": value, "funds": typed, **more}


def enter(node: Node, asked: dict[str, Any], user: str = "pm") -> httpx.Response:
    return post(node.as_(user), ORDERS, asked, key=asked["client_order_id"])


def test_an_order_by_percent_of_nav_is_entered_in_lots_at_the_worse_price(
    node: Node, fresh_id: Fresh
) -> None:
    answer = enter(node, body(fresh_id(), percent("0.01"), limit_price="500"))
    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert order["quantity"] == "40", "0.01 % of NAV is 10,025; at the limit of 500, 20 a fund"
    assert [leg["quantity"] for leg in order["allocations"]] == ["20", "20"]
    sizing = order["sizing"]
    assert (sizing["measure"], sizing["value"], sizing["rounding"]) == (
        "nav_percent", "0.01", "down",
    )  # fmt: skip
    first = {name: value for name, value in sizing["funds"][0].items() if name != "open"}
    assert first == {
        "fund": "ALPHA", "value": None, "quantity": "20", "price": "250", "nav": NAV, "held": "0",
        "limited": None,
    }  # fmt: skip
    seen = node.as_("pm-b").get(f"{ORDERS}/{order['id']}").json()["sizing"]
    assert [one["fund"] for one in seen["funds"]] == ["BETA"]
    again = node.as_("pm").get(f"{ORDERS}/{order['id']}").json()
    assert again["sizing"] == sizing


def test_a_size_is_asked_about_without_being_entered(node: Node, fresh_id: Fresh) -> None:
    lines = [
        body(fresh_id(), {**percent("60", "ALPHA"), "measure": "position_percent"}, side="sell",
             security={"scheme": "ticker_mic", "value": "MSFT.XNAS"})
        for _ in range(2)
    ]  # fmt: skip
    asked = {"orders": lines}
    alone = post(node.as_("pm"), f"{ORDERS}:check", asked).json()["data"]
    assert [one["sizing"]["funds"][0]["quantity"] for one in alone] == ["600", "600"]
    net = post(node.as_("pm"), f"{ORDERS}:check", {**asked, "basket": "net"}).json()["data"]
    assert [one["sizing"]["funds"][0]["quantity"] for one in net] == ["600", "400"]
    single = post(node.as_("pm-a"), f"{ORDERS}:check", lines[0])
    assert single.json()["data"][0]["sizing"]["funds"][0]["quantity"] == "600"
    hidden = post(node.as_("pm-b"), f"{ORDERS}:check", asked).json()
    assert (hidden["code"], hidden["errors"][0]["pointer"]) == (
        "fund_unknown", "/orders/0/sizing/funds/0/fund",
    )  # fmt: skip


def test_a_size_that_fails_names_its_line_and_field(node: Node, fresh_id: Fresh) -> None:
    good, bad = body(fresh_id(), percent("0.01")), body(fresh_id(), percent("0.0000001"))
    told = post(node.as_("pm"), f"{ORDERS}:check", {"orders": [good, bad]}).json()
    assert (told["code"], told["errors"][0]["pointer"]) == (
        "sizing_nothing_left", "/orders/1/sizing",
    )  # fmt: skip
    batch = {"orders": [good, bad], "atomic": True}
    refused = post(node.as_("pm"), f"{ORDERS}:batch", batch, key=fresh_id()).json()
    assert refused["errors"][0]["pointer"] == "/orders/1/sizing"
    entered = enter(node, body(fresh_id(), percent("0.01", "ALPHA", "NONE")))
    assert entered.json()["errors"][0]["pointer"] == "/sizing/funds/1/fund"
    assert entered.json()["code"] == "sizing_fund_unknown"


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"sizing": None}, "/quantity", "field_missing"),
        ({"sizing": percent("1", measure="feet")}, "/sizing/measure", "word_unknown"),
        ({"sizing": percent("1.", "ALPHA")}, "/sizing/value", "format_invalid"),
        ({"sizing": {**percent("1"), "funds": []}}, "/sizing/funds", "too_few"),
        ({"sizing": {**percent("1"), "unit": "x"}}, "/sizing/unit", "field_unknown"),
        ({"quantity": "5"}, "/sizing", "sizing_and_quantity"),
    ],
)
def test_a_size_is_read_strictly(
    node: Node, fresh_id: Fresh, changes: dict[str, Any], pointer: str, code: str
) -> None:
    told = enter(node, {**body(fresh_id(), percent("0.01")), **changes})
    assert told.status_code == 422
    assert (told.json()["errors"][0]["pointer"], told.json()["errors"][0]["code"]) == (
        pointer, code,
    )  # fmt: skip


def test_an_order_is_amended_by_size(node: Node, fresh_id: Fresh) -> None:
    order = enter(node, body(fresh_id(), percent("0.01", "ALPHA"), limit_price="250")).json()
    assert order["quantity"] == "40"
    path, match = f"{ORDERS}/{order['id']}", {"If-Match": str(order["version"])}
    amended = node.as_("pm").patch(path, json={"sizing": percent("0.005", "ALPHA")}, headers=match)
    assert amended.status_code == 200, amended.text
    assert (amended.json()["quantity"], amended.json()["sizing"]["value"]) == ("20", "0.005")
    versions = node.as_("pm").get(f"{path}/versions").json()["data"]
    assert [one["sizing"]["value"] for one in versions][-1] == "0.005"
    assert versions[0]["sizing"]["value"] == "0.01"
