"""Pairs over HTTP: linked, shown with those orders that are yours to see, unlinked."""

from __future__ import annotations

from collections.abc import Callable

from tests.rest.node import Node, post

Fresh = Callable[[], str]
V1 = "/api/v1"


def released(node: Node, name: str, fund: str) -> str:
    order = node.create("pm", name, allocations=[{"fund": fund, "quantity": "100"}])
    answer = post(node.as_("pm"), f"{V1}/orders/{order['id']}/release", {})
    assert answer.status_code == 200, answer.text
    return str(order["id"])


def test_a_pair_is_linked_worked_and_unlinked(node: Node, fresh_id: Fresh) -> None:
    one, two = released(node, fresh_id(), "ALPHA"), released(node, fresh_id(), "BETA")
    body = {"first": one, "second": two, "ratio": "1.0", "limit": "20"}
    assert post(node.as_("trader-b"), f"{V1}/pairs", body).status_code == 403
    made = post(node.as_("trader"), f"{V1}/pairs", body)
    assert made.status_code == 201, made.text
    pair = made.json()
    assert (pair["ratio"], pair["unit"], pair["leading"]) == ("1", "percent", None)
    shown = node.as_("trader").get(f"{V1}/orders/{two}").json()
    assert shown["pair_id"] == pair["id"]
    wish = {"order": one, "destination": "BROKER_SIM", "quantity": "21"}
    refused = post(node.as_("trader"), f"{V1}/placements", wish, key=fresh_id())
    assert (refused.status_code, refused.json()["code"]) == (422, "pair_imbalance")
    path = f"{V1}/pairs/{pair['id']}"
    mine = node.as_("pm-b").get(path).json()
    assert (mine["first"], mine["second"]["id"]) == (None, two)
    assert one not in node.as_("pm-b").get(f"{V1}/pairs").text
    assert pair["id"] in [p["id"] for p in node.as_("auditor").get(f"{V1}/pairs").json()["data"]]
    done = post(node.as_("pm"), f"{path}/unlink", {"reason": "no longer"})
    assert (done.json()["linked"], done.json()["unlinked_by"]) == (False, "pm")
    assert pair["id"] not in node.as_("auditor").get(f"{V1}/pairs").text
    assert node.as_("pm").get(f"{V1}/orders/{one}").json()["pair_id"] is None
    assert post(node.as_("pm"), f"{path}/unlink", {"reason": "x"}).status_code == 409
