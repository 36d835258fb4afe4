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
    over = node.as_("pm").get(f"{V1}/pairs?linked=false&order={one}").json()
    assert ([p["id"] for p in over["data"]], over["has_more"]) == ([pair["id"]], False)
    then = node.as_("pm").get(f"{V1}/pairs", params={"as_of": pair["created_at"], "order": one})
    assert [(p["id"], p["linked"]) for p in then.json()["data"]] == [(pair["id"], True)]
    assert post(node.as_("pm"), f"{path}/unlink", {"reason": "x"}).status_code == 409


def test_pairs_are_listed_page_by_page_newest_first(node: Node, fresh_id: Fresh) -> None:
    made = []
    for _ in range(3):
        one, two = released(node, fresh_id(), "ALPHA"), released(node, fresh_id(), "BETA")
        body = {"first": one, "second": two, "ratio": "1.0", "limit": "20"}
        made.append(post(node.as_("trader"), f"{V1}/pairs", body).json()["id"])
    found, after = list[str](), dict[str, str]()
    while len(found) < 3:
        page = node.as_("pm").get(f"{V1}/pairs", params={"limit": "2", **after}).json()
        found += [pair["id"] for pair in page["data"]]
        after = {"after": page["next"] or ""}
        assert page["has_more"] or len(found) >= 3
    assert found[:3] == made[::-1]
    assert node.as_("pm").get(f"{V1}/pairs?after=AAAA").status_code == 422
    lines = node.as_("pm").get(f"{V1}/pairs?format=csv").text.splitlines()
    assert [line.partition(",")[0] for line in lines[1:4]] == made[::-1]
