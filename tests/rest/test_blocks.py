"""Blocks over HTTP: merge, place, execute by telephone, part, and who may see what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.rest.node import Node, post

Fresh = Callable[[], str]
V1 = "/api/v1"
Json = dict[str, Any]


def released(node: Node, name: str, quantity: int, fund: str = "ALPHA", **changes: str) -> str:
    """An order of one fund with the desk."""
    order = node.create(
        "pm", name, quantity=str(quantity),
        allocations=[{"fund": fund, "quantity": str(quantity)}],
        instructions=f"like {name.partition(':')[0]}", **changes,
    )  # fmt: skip
    answer = post(node.as_("pm"), f"{V1}/orders/{order['id']}/release", {})
    assert answer.status_code == 200, answer.text
    return str(order["id"])


def ask(
    node: Node, path: str, body: Json, status: int, *, user: str = "trader", key: str = ""
) -> Json:
    answer = post(node.as_(user), f"{V1}{path}", body, key=key)
    assert answer.status_code == status, answer.text
    found: Json = answer.json()
    return found


def get(node: Node, path: str, *, user: str = "trader", **query: str) -> Any:
    answer = node.as_(user).get(f"{V1}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def merged(node: Node, name: str) -> tuple[Json, str, str]:
    """A block of 600 for ALPHA and 300 for BETA, and the two orders."""
    one, two = released(node, f"{name}:1", 600), released(node, f"{name}:2", 300, "BETA")
    return ask(node, "/blocks", {"orders": [one, two]}, 201), one, two


def test_orders_are_merged_worked_and_parted(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    block, one, two = merged(node, name)
    assert [member["order_id"] for member in block["orders"]] == [one, two]
    assert (block["quantity"], block["late_joiner"]) == ("900", "later_placements/1")
    body = {"block": block["id"], "destination": "BROKER_SIM", "quantity": "450", "manual": True}
    placement = ask(node, "/placements", body, 201, key=name)
    assert (placement["order_id"], placement["block_id"]) == (None, block["id"])
    told = {"quantity": "90", "price": "250"}
    ask(node, f"/placements/{placement['id']}/executions", told, 201, key=f"{name}-x")
    shown = get(node, f"/blocks/{block['id']}")
    assert (shown["placed_quantity"], shown["cum_qty"], shown["avg_px"]) == ("450", "90", "250")
    assert [member["cum_qty"] for member in shown["orders"]] == ["60", "30"]
    assert get(node, f"/orders/{two}")["cum_qty"] == "30"
    (execution,) = get(node, "/executions", order=two)["data"]
    assert execution["order_ids"] == [one, two]
    assert execution["allocations"] == [
        {"order_id": one, "fund": "ALPHA", "quantity": "60"},
        {"order_id": two, "fund": "BETA", "quantity": "30"},
    ]
    (found,) = get(node, "/placements", order=one)["data"]
    assert found["id"] == placement["id"]
    refused = ask(node, f"/blocks/{block['id']}/unmerge", {}, 422)
    assert refused["code"] == "block_working"
    ask(node, f"/placements/{placement['id']}/cancel", {}, 202)
    ask(node, f"/placements/{placement['id']}/answer", {"answer": "canceled"}, 200)
    parted = ask(node, f"/blocks/{block['id']}/unmerge", {}, 200)
    assert (parted["order_ids"], parted["quantity"]) == ([], "0")
    assert get(node, f"/orders/{one}")["block_id"] != block["id"]
    (execution,) = get(node, "/executions", order=two)["data"]
    bust = {"reason": "keyed twice"}
    ask(node, f"/executions/{execution['id']}/bust", bust, 200)
    assert get(node, f"/orders/{two}")["cum_qty"] == "0"


def test_people_of_one_fund_see_their_share_and_no_order_of_others(
    node: Node, fresh_id: Fresh
) -> None:
    name = fresh_id()
    block, one, two = merged(node, name)
    body = {"block": block["id"], "destination": "BROKER_SIM", "quantity": "900", "manual": True}
    placement = ask(node, "/placements", body, 201, key=name)
    told = {"quantity": "9", "price": "250"}
    ask(node, f"/placements/{placement['id']}/executions", told, 201, key=f"{name}-x")
    assert one not in str(get(node, f"/blocks/{block['id']}", user="pm-b"))
    assert one not in str(get(node, "/blocks", user="pm-b"))
    (execution,) = get(node, "/executions", user="pm-b", order=two)["data"]
    assert execution["order_ids"] == [two]
    assert [share["fund"] for share in execution["allocations"]] == ["BETA"]
    assert one not in str(get(node, f"/placements/{placement['id']}", user="pm-b"))


def test_the_story_of_an_order_names_no_order_of_other_funds(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    block, one, two = merged(node, name)
    third = released(node, f"{name}:3", 300)
    ask(node, "/blocks", {"orders": [third], "block": block["id"]}, 201)
    body = {"block": block["id"], "destination": "BROKER_SIM", "quantity": "900", "manual": True}
    placement = ask(node, "/placements", body, 201, key=name)
    told = {"quantity": "9", "price": "250"}
    ask(node, f"/placements/{placement['id']}/executions", told, 201, key=f"{name}-x")
    path = f"/orders/{two}/events"
    kinds = {"BlockFormed", "PlacementCreated", "ExecutionRecorded", "ExecutionAllocated"}
    whole = get(node, path)["data"]
    assert kinds | {"OrdersJoined"} <= {event["type"] for event in whole}
    assert one in str(whole)
    assert third in str(whole)
    mine = get(node, path, user="pm-b")["data"]
    assert kinds <= {event["type"] for event in mine}
    assert "OrdersJoined" not in {event["type"] for event in mine}
    told_to_me = str(mine) + str(node.as_("pm-b").get(f"{V1}{path}?format=csv").text)
    assert two in told_to_me
    assert one not in told_to_me
    assert third not in told_to_me
    (formed,) = [event["data"] for event in mine if event["type"] == "BlockFormed"
                 and event["data"]["block_id"] == block["id"]]  # fmt: skip
    assert formed["order_ids"] == [two]


def test_orders_that_differ_are_refused_with_what_differs(node: Node, fresh_id: Fresh) -> None:
    one, two = released(node, fresh_id(), 10), released(node, fresh_id(), 10)
    refused = ask(node, "/blocks", {"orders": [one, two]}, 422)
    (error,) = refused["errors"]
    assert (error["code"], error["pointer"]) == ("members_differ", "/instructions")
    assert (
        ask(node, "/blocks", {"orders": [one, two]}, 403, user="trader-b")["code"]
        == "not_permitted"
    )


def test_orders_that_could_be_worked_together_are_suggested(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    one, two = released(node, f"{name}:1", 600), released(node, f"{name}:2", 300, "BETA")
    found = [s for s in get(node, "/blocks/suggestions")["data"] if one in s["order_ids"]]
    assert [(s["order_ids"], s["quantity"]) for s in found] == [([one, two], "900")]
    ask(node, "/blocks", {"orders": found[0]["order_ids"]}, 201)
    assert not [s for s in get(node, "/blocks/suggestions")["data"] if one in s["order_ids"]]
    assert not any(
        two in s["order_ids"] for s in get(node, "/blocks/suggestions", user="pm-b")["data"]
    )


def test_a_purchase_and_a_sale_of_two_funds_are_found(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    one = released(node, f"{name}:1", 600)
    two = released(node, f"{name}:2", 250, "BETA", side="sell", limit_price="249")
    mine = {"buy_order_id": one, "sell_order_id": two}
    (cross,) = [c for c in get(node, "/crosses")["data"] if mine.items() <= c.items()]
    assert (cross["quantity"], cross["buy_funds"], cross["sell_funds"]) == (
        "250", ["ALPHA"], ["BETA"],
    )  # fmt: skip
    assert not [c for c in get(node, "/crosses", user="pm-b")["data"] if mine.items() <= c.items()]
    every, page = get(node, "/crosses?limit=500")["data"], get(node, "/crosses?limit=1")
    found = page["data"]
    while page["has_more"]:
        page = get(node, f"/crosses?limit=1&after={page['next']}")
        found += page["data"]
    assert found == every


def test_a_part_of_an_order_is_split_off(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    one = released(node, f"{name}:1", 600)
    body = {"client_order_id": f"{name}:part", "quantity": "250"}
    part = ask(node, f"/orders/{one}/split", body, 201, user="pm")
    assert (part["quantity"], part["status"]) == ("250", "approved")
    assert get(node, f"/orders/{one}")["quantity"] == "350"
    refused = ask(node, f"/orders/{one}/split", {**body, "quantity": "350"}, 422, user="pm")
    assert refused["code"] == "split_too_large"
