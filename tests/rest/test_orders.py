"""Orders over HTTP against the real engine; names carry the ids of reliability scenarios."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, key_of, order_body, post

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"


def test_an_order_is_created_and_found_again(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    answer = post(node.as_("pm"), ORDERS, order_body(name), key=name)
    order = answer.json()
    assert answer.status_code == 201
    assert answer.headers["Location"] == f"{ORDERS}/{order['id']}"
    assert answer.headers["ETag"] == f'"{order["version"]}"'
    found = node.as_("trader").get(answer.headers["Location"])
    assert found.json() == order
    assert order["status"] == "approved"
    assert order["limit_price"] == "250.1"
    assert order["waiting_for"] == {
        "who": "portfolio_manager",
        "why": "the order is not released",
    }


def test_a01_the_same_key_a_hundred_times_at_once_makes_one_order(
    node: Node, fresh_id: Fresh
) -> None:
    name = fresh_id()

    async def all_at_once() -> list[httpx.Response]:
        headers = {"Authorization": f"Bearer {key_of('pm')}", "Idempotency-Key": name}
        async with httpx.AsyncClient(base_url=node.base, headers=headers, timeout=30) as client:
            sent = (client.post(ORDERS, json=order_body(name)) for _ in range(100))
            return await asyncio.gather(*sent)

    answers = asyncio.run(all_at_once())
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert sum("Idempotency-Replayed" not in answer.headers for answer in answers) == 1


def test_a02_the_same_key_with_another_body_is_refused(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    node.create("pm", name)
    answer = post(node.as_("pm"), ORDERS, order_body(name, reason="another"), key=name)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_a03_a_missing_key_is_refused(node: Node, fresh_id: Fresh) -> None:
    answer = post(node.as_("pm"), ORDERS, order_body(fresh_id()))
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_missing")


def test_a04_a_new_key_does_not_help_a_used_client_order_id(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    node.create("pm", name)
    answer = post(node.as_("pm"), ORDERS, order_body(name), key=fresh_id())
    assert (answer.status_code, answer.json()["code"]) == (409, "client_order_id_used")


def test_every_problem_has_the_same_form(node: Node, fresh_id: Fresh) -> None:
    body = order_body(fresh_id(), quantity="0", limit_price=None)
    answer = post(node.as_("pm"), ORDERS, body, key=fresh_id())
    told = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == told["instance"]
    assert (told["status"], told["outcome"], told["retryable"]) == (422, "rejected", False)
    assert told["type"].endswith(told["code"])
    codes = {item["code"] for item in told["errors"]}
    assert codes == {
        "quantity_not_positive",
        "allocations_sum",
        "limit_price_missing",
    }
    assert all(item["pointer"].startswith("/") for item in told["errors"])


def test_an_amendment_needs_the_version_it_was_made_from(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    path, change = f"{ORDERS}/{order['id']}", {"limit_price": "249"}
    client = node.as_("pm")
    missing = client.patch(path, json=change)
    assert (missing.status_code, missing.json()["code"]) == (428, "if_match_missing")
    stale = client.patch(path, json=change, headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_stale")
    wrong = client.patch(path, json=change, headers={"If-Match": "*"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "if_match_invalid")
    done = client.patch(path, json=change, headers={"If-Match": f'"{order["version"]}"'})
    assert (done.status_code, done.json()["limit_price"]) == (200, "249")


def test_order_type_and_life_change_until_a_broker_has_it(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    path, client = f"{ORDERS}/{order['id']}", node.as_("pm")

    def patch(**terms: str) -> httpx.Response:
        version = client.get(path).json()["version"]
        return client.patch(path, json=terms, headers={"If-Match": f'"{version}"'})

    for terms, found in (
        ({"time_in_force": "gtd", "expire_on": "2099-01-02"}, ("limit", "gtd", "2099-01-02")),
        ({"order_type": "market"}, ("market", "gtd", "2099-01-02")),
        ({"order_type": "limit", "limit_price": "250", "time_in_force": "gtc"},
         ("limit", "gtc", None)),
    ):  # fmt: skip
        told = patch(**terms)
        assert told.status_code == 200, told.text
        now = told.json()
        assert (now["order_type"], now["time_in_force"], now["expire_on"]) == found
    for terms, code in (
        ({"order_type": "stop"}, "stop_price_missing"), ({"expire_on": "2099-01-02"},
         "expire_on_unwanted"), ({"time_in_force": "soon"}, None), ({"expire_on": "2099"}, None),
    ):  # fmt: skip
        wrong = patch(**terms)
        codes = [error["code"] for error in wrong.json()["errors"]]
        assert (wrong.status_code, codes) == (422, [code] if code else codes)
    assert post(client, f"{path}/release", {}).status_code == 200
    place = {"order": order["id"], "destination": "BROKER_SIM", "quantity": "10"}
    assert post(node.as_("trader"), "/api/v1/placements", place, key=fresh_id()).status_code == 201
    held = patch(time_in_force="day")
    assert (held.status_code, held.json()["code"]) == (422, "amend_placed")
    assert client.get(path).json()["time_in_force"] == "gtc"


def test_a28_of_two_amendments_of_one_version_the_second_loses(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    headers = {"If-Match": f'"{order["version"]}"'}
    answers = [
        node.as_("pm").patch(f"{ORDERS}/{order['id']}", json={"limit_price": p}, headers=headers)
        for p in ("249", "248")
    ]
    assert [answer.status_code for answer in answers] == [200, 412]
    assert node.as_("pm").get(f"{ORDERS}/{order['id']}").json()["limit_price"] == "249"


@pytest.mark.parametrize("extra", [{"status": "approved"}, {"approved_by": "pm"}, {"fund_id": "B"}])
def test_a14_fields_that_are_not_for_the_caller_are_refused(
    node: Node, fresh_id: Fresh, extra: dict[str, str]
) -> None:
    order = node.create("pm", fresh_id())
    headers = {"If-Match": f'"{order["version"]}"'}
    answer = node.as_("pm").patch(f"{ORDERS}/{order['id']}", json=extra, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "field_unknown")
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(extra))}"


def test_an_order_goes_to_the_desk_and_is_cancelled(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id(), submit=False)
    path = f"{ORDERS}/{order['id']}"
    client = node.as_("pm")
    steps: list[tuple[str, Any, int, str]] = [
        ("submit", {}, 200, "approved"),
        ("release", {"trader": "trader"}, 200, "released"),
        ("hold", {"reason": "wait for the open"}, 200, "held"),
        ("submit", {}, 200, "approved"),
        ("release", {}, 200, "released"),
        ("cancel", {"reason": "changed my mind"}, 202, "canceled"),
    ]
    for step, body, status, after in steps:
        answer = client.post(f"{path}/{step}", json=body)
        assert (step, answer.status_code, answer.json().get("status")) == (step, status, after)
    events = [event["type"] for event in client.get(f"{path}/events").json()["data"]]
    assert events[0] == "OrderCreated"
    assert events.count("OrderReleased") == 2
    assert events[-1] == "OrderCanceled"
    versions = client.get(f"{path}/versions").json()["data"]
    assert [v["version"] for v in versions] == list(range(1, len(versions) + 1))


def test_a_placement_is_made_from_a_released_order(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    node.as_("pm").post(f"{ORDERS}/{order['id']}/release", json={})
    body = {"order": order["id"], "destination": "BROKER_SIM", "quantity": "40"}
    made = post(node.as_("trader"), "/api/v1/placements", body, key=fresh_id())
    placement = made.json()
    assert (made.status_code, placement["order_qty"]) == (201, "40"), made.text
    assert node.as_("pm").get(made.headers["Location"]).json()["id"] == placement["id"]
    found = node.as_("pm").get(f"{ORDERS}/{order['id']}").json()
    assert (found["placed_quantity"], found["block_id"]) == ("40", placement["block_id"])
    too_much = {**body, "quantity": "61"}
    refused = post(node.as_("trader"), "/api/v1/placements", too_much, key=fresh_id())
    assert (refused.status_code, refused.json()["code"]) == (422, "placement_exceeds_order")
    listed = node.as_("pm").get("/api/v1/placements", params={"order": order["id"]}).json()
    assert [row["id"] for row in listed["data"]] == [placement["id"]]


def test_a_batch_answers_each_order_on_its_own(node: Node, fresh_id: Fresh) -> None:
    good, bad = fresh_id(), fresh_id()
    body = {"orders": [order_body(good), order_body(bad, quantity="7")]}
    answer = post(node.as_("pm"), f"{ORDERS}:batch", body, key=good)
    assert [line["status"] for line in answer.json()["data"]] == ["accepted", "refused"]
    again = post(node.as_("pm"), f"{ORDERS}:batch", {**body, "atomic": True}, key=bad)
    assert again.status_code == 409
    assert any(e["pointer"].startswith("/orders/1/") for e in again.json()["errors"])


def test_a_what_if_saves_nothing(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    answer = post(node.as_("pm"), f"{ORDERS}:check", {"orders": [order_body(name)]})
    assert answer.status_code == 200
    assert answer.json()["data"][0]["client_order_id"] == name
    single = post(node.as_("pm"), f"{ORDERS}:check", order_body(name))
    assert single.json() == answer.json()
    listed = node.as_("pm").get(ORDERS, params={"client_order_id": name}).json()
    assert listed["data"] == []


def test_a13_another_funds_order_does_not_exist(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm-a", fresh_id())
    path = f"{ORDERS}/{order['id']}"
    stranger, nothing = node.as_("pm-b"), f"{ORDERS}/ord_nothing"
    for method, suffix, body in (
        ("GET", "", None), ("GET", "/events", None), ("GET", "/versions", None),
        ("PATCH", "", {"limit_price": "1"}), ("POST", "/submit", {}), ("POST", "/approve", {}),
        ("POST", "/release", {}), ("POST", "/hold", {"reason": "x"}), ("POST", "/cancel", {}),
    ):  # fmt: skip
        headers = {"If-Match": '"2"'}
        there = stranger.request(method, path + suffix, json=body, headers=headers)
        absent = stranger.request(method, nothing + suffix, json=body, headers=headers)
        assert there.status_code == absent.status_code == 404, (method, suffix, there.text)
        assert _without_ids(there) == _without_ids(absent)
    check_id = order["compliance"]["check_id"]
    assert node.as_("pm-a").get(f"/api/v1/checks/{check_id}").status_code == 200
    assert stranger.get(f"/api/v1/checks/{check_id}").status_code == 404
    waiver = {"order": order["id"], "rule": "r", "reason": "please"}
    assert post(stranger, "/api/v1/waivers", waiver, key=fresh_id()).status_code == 404


def _without_ids(answer: httpx.Response) -> dict[str, Any]:
    told: dict[str, Any] = answer.json()
    told.pop("instance")
    for item in told["errors"]:
        item.pop("value", None)
    return told


def test_a13_of_a_shared_order_only_the_own_leg_shows(node: Node, fresh_id: Fresh) -> None:
    legs = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
    order = node.create("pm", fresh_id(), allocations=legs)
    path = f"{ORDERS}/{order['id']}"
    seen = node.as_("pm-b").get(path).json()
    assert [leg["fund"] for leg in seen["allocations"]] == ["BETA"]
    for view in ("/events", "/versions"):
        assert "ALPHA" not in node.as_("pm-b").get(path + view).text
    listed = node.as_("pm-b").get(ORDERS, params={"fund": "ALPHA"}).json()
    assert listed["data"] == []
    assert "ALPHA" not in node.as_("pm-b").get(ORDERS).text
    for book in ("positions", "cash", "funds"):
        assert "ALPHA" not in node.as_("pm-b").get(f"/api/v1/{book}").text


def test_a_person_may_not_enter_orders_for_another_fund(node: Node, fresh_id: Fresh) -> None:
    answer = post(node.as_("pm-b"), ORDERS, order_body(fresh_id()), key=fresh_id())
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_only_a_portfolio_manager_of_all_funds_is_named(node: Node, fresh_id: Fresh) -> None:
    client = node.as_("trader")
    for path, pointer in ((ORDERS, ""), (f"{ORDERS}:check", "/orders/0")):
        for named in ("nobody", "pm-b", "officer"):
            body = order_body(fresh_id(), portfolio_manager=named)
            answer = post(client, path, body, key=fresh_id())
            assert answer.status_code == 422, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            (error,) = answer.json()["errors"]
            assert (answer.json()["code"], error["pointer"], error["value"]) == (
                "portfolio_manager_unfit", f"{pointer}/portfolio_manager", named,
            )  # fmt: skip
        for named in ("", "trader", "pm-a", "pm"):
            body = order_body(fresh_id(), portfolio_manager=named)
            assert post(client, path, body, key=fresh_id()).status_code in (200, 201), named
