"""Lists of orders over REST: entered, shown to who may see them, worked as one."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal
from typing import Any

import httpx

from tests.rest.node import Node, order_body, post

Fresh = Callable[[], str]
PATH = "/api/v1/order-lists"


def enter(node: Node, fresh_id: Fresh, **more: Any) -> httpx.Response:
    orders = [
        order_body(fresh_id()),
        order_body(fresh_id(), allocations=[{"fund": "BETA", "quantity": "100"}]),
    ]
    body = {"name": "month end", "orders": orders, **more}
    return post(node.as_("pm"), PATH, body, key=fresh_id())


def test_a_list_is_entered_shown_and_worked(node: Node, fresh_id: Fresh) -> None:
    entered = enter(node, fresh_id)
    assert entered.status_code == 201, entered.text
    name = entered.json()["id"]
    ids = [line["id"] for line in entered.json()["data"]]
    shown = node.as_("pm").get(f"{PATH}/{name}").json()
    assert (shown["name"], shown["atomic"], shown["created_by"]) == ("month end", True, "pm")
    assert [one["id"] for one in shown["orders"]] == ids
    assert shown["progress"] == {"approved": 2}

    tried = post(node.as_("pm"), f"{PATH}/{name}/act?dry_run=true", {"action": "release"})
    assert [line["order_status"] for line in tried.json()["data"]] == ["approved", "approved"]
    assert node.as_("pm").get(f"{PATH}/{name}").json()["progress"] == {"approved": 2}
    released = post(node.as_("pm"), f"{PATH}/{name}/act", {"action": "release"})
    assert released.status_code == 200, released.text
    assert [line["order_status"] for line in released.json()["data"]] == ["released", "released"]
    assert node.as_("pm").get(f"{PATH}/{name}").json()["progress"] == {"released": 2}
    wave = {"action": "wave", "percent": "25", "destination": "BROKER_SIM"}
    tried = post(node.as_("trader"), f"{PATH}/{name}/act?dry_run=true", wave)
    assert [line["quantity"] for line in tried.json()["data"]] == ["25", "25"]
    priced = post(node.as_("pm"), f"{PATH}/{name}/act", {"action": "reprice", "limit_bps": "10"})
    assert [line["status"] for line in priced.json()["data"]] == ["accepted", "accepted"]
    limits = [one["limit_price"] for one in node.as_("pm").get(f"{PATH}/{name}").json()["orders"]]
    # Ten basis points above the mark, down to the tick: never worse than was asked for.
    marks = node.as_("pm").get("/api/v1/prices").json()["data"]
    mark = next(Decimal(one["price"]) for one in marks if one["security_id"] == "sec_aapl")
    limit = (mark * Decimal("1.001")).quantize(Decimal("0.01"), ROUND_DOWN)
    assert [Decimal(one) for one in limits] == [limit, limit]


def test_each_sees_the_orders_of_his_funds(node: Node, fresh_id: Fresh) -> None:
    name = enter(node, fresh_id).json()["id"]
    (mine,) = node.as_("pm-b").get(f"{PATH}/{name}").json()["orders"]
    assert name in [one["id"] for one in node.as_("pm-b").get(PATH).json()["data"]]
    done = post(node.as_("pm-b"), f"{PATH}/{name}/act", {"action": "release"})
    assert [line["id"] for line in done.json()["data"]] == [mine["id"]]

    only_a = [order_body(fresh_id())]
    body = {"name": "alpha", "orders": only_a}
    hidden = post(node.as_("pm"), PATH, body, key=fresh_id()).json()["id"]
    for answer in (
        node.as_("pm-b").get(f"{PATH}/{hidden}"),
        post(node.as_("pm-b"), f"{PATH}/{hidden}/act", {"action": "cancel"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "order_list_unknown")
    assert hidden not in [one["id"] for one in node.as_("pm-b").get(PATH).json()["data"]]


def test_a_list_is_all_or_none_unless_it_says_otherwise(node: Node, fresh_id: Fresh) -> None:
    bad = order_body(fresh_id(), limit_price="-1")
    body = {"name": "x", "orders": [order_body(fresh_id()), bad]}
    refused = post(node.as_("pm"), PATH, body, key=fresh_id())
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/orders/1/limit_price"
    part = post(node.as_("pm"), PATH, {**body, "atomic": False}, key=fresh_id())
    assert [line["status"] for line in part.json()["data"]] == ["accepted", "refused"]
