"""Who sees an order that was never submitted: in lists, alone, in its story and in the stream."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.rest.node import PASSWORD, Node, order_body, post
from tests.rest.test_stream import about, following, picture, until

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"
BETA = [{"fund": "BETA", "quantity": "100"}]
BOTH = [{"fund": "ALPHA", "quantity": "60"}, {"fund": "BETA", "quantity": "40"}]
#: Of people with one role, who sees a draft that `pm` entered for ALPHA, and who one for BETA.
SEES = {
    "ALPHA": {"pm", "pm-a", "officer", "risk", "auditor"},
    "BETA": {"pm", "pm-b", "officer", "officer-b", "risk", "auditor", "auditor-b"},
}
READERS = {
    "ALPHA": SEES["ALPHA"] | {"trader", "operations"},
    "BETA": SEES["BETA"] | {"trader", "trader-b", "operations"},
}
PEOPLE = sorted(READERS["ALPHA"] | READERS["BETA"] | {"admin"})


@contextlib.contextmanager
def person(node: Node, name: str, **grants: list[str]) -> Iterator[httpx.Client]:
    """A client of a new person, who holds each role over some funds."""
    held = [{"role": role, "funds": funds} for role, funds in grants.items()]
    row = {"id": name, "name": "New", "grants": held, "password": PASSWORD}
    assert post(node.as_("admin"), "/api/v1/users", {"users": [row]}).status_code == 200
    asked = {"user": name, "label": "x", "days": 1}
    key = post(node.as_("admin"), "/api/v1/keys", asked).json()["key"]
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=node.base, headers=headers, timeout=30) as client:
        yield client


def listed(client: httpx.Client, **asked: Any) -> list[str]:
    """Ids of the orders of all pages."""
    found: list[str] = []
    after: str | None = None
    while True:
        params = {**asked, **({"after": after} if after else {})}
        page = client.get(ORDERS, params=params).json()
        found += [order["id"] for order in page["data"]]
        after = page["next"]
        if after is None:
            return found


def shows(client: httpx.Client, order: dict[str, Any]) -> bool:
    """Whether it shows, by every way to it, which must agree."""
    here = f"{ORDERS}/{order['id']}"
    stories = ("", "/events", "/versions", "/decision")
    ways = {client.get(here + story).status_code == 200 for story in stories}
    asked: list[dict[str, str]] = [
        {}, {"status": order["status"]}, {"status": "draft,canceled,approved,released"},
        {"sort": "-updated_at"}, {"sort": "created_at"}, {"live": "true"},
        {"fund": order["allocations"][0]["fund"]} if order["allocations"] else {},
        {"security": "AAPL"}, {"text": order["reason"]}, {"side": "buy"},
        {"portfolio_manager": order["portfolio_manager"]}, {"as_of": order["updated_at"]},
    ]  # fmt: skip
    ways |= {order["id"] in listed(client, **each) for each in asked}
    ways.add(order["id"] in client.get(ORDERS, headers={"Accept": "text/csv"}).text)
    assert len(ways) == 1
    return ways.pop()


@pytest.mark.parametrize("fund", ["ALPHA", "BETA"])
def test_a_draft_shows_to_who_decides_and_who_controls(
    node: Node, fresh_id: Fresh, fund: str
) -> None:
    legs = [{"fund": fund, "quantity": "100"}]
    draft = node.create("pm", fresh_id(), allocations=legs, submit=False)
    assert draft["status"] == "draft"
    assert {user for user in PEOPLE if shows(node.as_(user), draft)} == SEES[fund]
    submitted = post(node.as_("pm"), f"{ORDERS}/{draft['id']}/submit", {}).json()
    assert {user for user in PEOPLE if shows(node.as_(user), submitted)} == READERS[fund]


def test_a_draft_that_is_canceled_stays_hidden(node: Node, fresh_id: Fresh) -> None:
    draft = node.create("pm", fresh_id(), submit=False)
    canceled = post(node.as_("pm"), f"{ORDERS}/{draft['id']}/cancel", {}).json()
    assert canceled["status"] == "canceled"
    assert {user for user in PEOPLE if shows(node.as_(user), canceled)} == SEES["ALPHA"]


def test_a_draft_shows_to_who_entered_it(node: Node, fresh_id: Fresh) -> None:
    draft = node.create(
        "trader-b", fresh_id(), allocations=BETA, portfolio_manager="pm-b", submit=False
    )
    assert {user for user in PEOPLE if shows(node.as_(user), draft)} == SEES["BETA"] | {"trader-b"}


def test_a_draft_shows_to_who_leads_it_in_the_funds_that_he_reads(
    node: Node, fresh_id: Fresh
) -> None:
    leader = fresh_id()
    with person(node, leader, portfolio_manager=["ALPHA"]) as both:
        own = node.create("pm", fresh_id(), submit=False, portfolio_manager=leader)
        assert shows(both, own)
    with person(node, leader, portfolio_manager=["BETA"], trader=["ALPHA"]) as both:
        assert shows(both, own)
        assert not shows(both, node.create("pm", fresh_id(), submit=False))
        assert shows(both, node.create("pm", fresh_id(), submit=False, allocations=BETA))
        assert shows(both, node.create("pm", fresh_id(), submit=False, allocations=BOTH))
        assert shows(both, node.create("pm", fresh_id()))
    with person(node, fresh_id(), risk=["ALPHA"], operations=["*"]) as mixed:
        assert shows(mixed, node.create("pm", fresh_id(), submit=False))
        assert not shows(mixed, node.create("pm", fresh_id(), submit=False, allocations=BETA))


def test_pages_without_drafts_lose_and_double_nothing(node: Node, fresh_id: Fresh) -> None:
    made = [node.create("pm", fresh_id(), submit=number % 3 == 0) for number in range(9)]
    ids = [order["id"] for order in made]
    submitted = [order["id"] for order in made if order["status"] != "draft"]
    for sort in ("created_at", "updated_at"):
        for user, wanted in (("pm", ids), ("trader", submitted)):
            found = listed(node.as_(user), limit=2, sort=sort)
            assert [one for one in found if one in ids] == wanted


def test_an_order_comes_into_the_stream_when_it_is_submitted(node: Node, fresh_id: Fresh) -> None:
    before = node.create("pm", fresh_id(), submit=False)
    with following(node, "trader") as desk, following(node, "pm-a") as manager:
        assert before["id"] not in {event.data.get("id") for event in picture(desk)}
        assert before["id"] in {event.data.get("id") for event in picture(manager)}
        draft = node.create("pm", fresh_id(), submit=False)
        (*_, shown) = until(manager, about(draft["id"]))
        assert shown.data["data"]["status"] == "draft"
        later = node.create("pm", fresh_id())
        seen = until(desk, about(later["id"]))
        assert draft["id"] not in {event.data.get("id") for event in seen}
        submitted = post(node.as_("pm"), f"{ORDERS}/{draft['id']}/submit", {}).json()
        (*_, shown) = until(desk, about(draft["id"]))
        assert (shown.event, shown.data["data"]) == ("upsert", submitted)
    with following(node, "trader", last=before["seq"]) as again:
        seen = until(again, about(submitted["id"]))
        assert before["id"] not in {event.data.get("id") for event in seen}


def test_nobody_works_a_draft_that_he_does_not_see(node: Node, fresh_id: Fresh) -> None:
    draft = node.create("pm", fresh_id(), submit=False)
    desk, here = node.as_("trader"), f"{ORDERS}/{draft['id']}"
    match = {"If-Match": f'"{draft["version"]}"'}
    for answer in (
        post(desk, f"{here}/submit", {}),
        post(desk, f"{here}/cancel", {}),
        post(desk, f"{here}/assign", {"trader": "trader"}),
        desk.patch(here, json={"reason": "mine"}, headers=match),
        post(
            desk,
            "/api/v1/pairs",
            {
                "first": draft["id"],
                "second": node.create("pm", fresh_id())["id"],
                "ratio": "1",
                "limit": "10",
            },
        ),
    ):
        assert answer.status_code in (403, 404), answer.text
        assert "AAPL" not in answer.text
    assert node.as_("pm").get(here).json() == draft


def test_a_list_and_a_pair_show_without_drafts(node: Node, fresh_id: Fresh) -> None:
    asked = [order_body(fresh_id()), order_body(fresh_id(), submit=False)]
    body = {"name": "month end", "orders": asked}
    made = post(node.as_("pm"), "/api/v1/order-lists", body, key=fresh_id()).json()
    first, draft = (line["id"] for line in made["data"])
    here = f"/api/v1/order-lists/{made['id']}"
    assert [one["id"] for one in node.as_("trader").get(here).json()["orders"]] == [first]
    assert [one["id"] for one in node.as_("pm-a").get(here).json()["orders"]] == [first, draft]
    tried = post(node.as_("trader"), f"{here}/act?dry_run=true", {"action": "cancel"})
    assert [line["id"] for line in tried.json()["data"]] == [first]

    linked = {"first": first, "second": draft, "ratio": "1", "limit": "10"}
    pair = post(node.as_("pm"), "/api/v1/pairs", linked).json()
    shown = node.as_("trader").get(f"/api/v1/pairs/{pair['id']}").json()
    assert (shown["first"]["id"], shown["second"]) == (first, None)

    alone = {"name": "quiet", "orders": [order_body(fresh_id(), submit=False)]}
    hidden = post(node.as_("pm"), "/api/v1/order-lists", alone, key=fresh_id()).json()["id"]
    assert node.as_("trader").get(f"/api/v1/order-lists/{hidden}").status_code == 404


def test_the_journal_is_for_who_sees_every_draft(node: Node, fresh_id: Fresh) -> None:
    with person(node, fresh_id(), auditor=["ALPHA"], trader=["*"]) as mixed:
        answer = mixed.get("/api/v1/audit/events")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    with person(node, fresh_id(), auditor=["*"], trader=["*"]) as auditor:
        assert auditor.get("/api/v1/audit/events").status_code == 200
