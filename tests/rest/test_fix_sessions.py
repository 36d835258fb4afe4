"""FIX sessions over REST: shown, acted upon, approved by a second person, on record."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.rest.node import Node, post
from tradeoms.demo.desk import wait_for

SESSIONS = "/api/v1/fix/sessions"
ACTIONS = "/api/v1/fix/actions"


def act(node: Node, action: str, user: str = "operations", **fields: Any) -> httpx.Response:
    body = {"reason": "agreed by telephone", **fields}
    return post(node.as_(user), f"{SESSIONS}/BROKER_SIM/{action}", body)


def action(node: Node, action_id: str) -> dict[str, Any]:
    listed = node.as_("auditor").get(ACTIONS, params={"session": "BROKER_SIM"}).json()["data"]
    found: dict[str, Any] = next(one for one in listed if one["id"] == action_id)
    return found


def test_a_session_without_a_gateway_is_shown_and_says_so(node: Node) -> None:
    listed = node.as_("operations").get(SESSIONS).json()["data"]
    broker = next(one for one in listed if one["id"] == "BROKER_SIM")
    assert (broker["logged_on"], broker["detail"]) == (False, "the gateway is not running")
    assert node.as_("operations").get(f"{SESSIONS}/BROKER_SIM").json()["id"] == "BROKER_SIM"
    missing = node.as_("operations").get(f"{SESSIONS}/NO")
    assert (missing.status_code, missing.json()["code"]) == (404, "session_unknown")


def test_sessions_are_a_list_like_every_other(node: Node) -> None:
    operations = node.as_("operations")
    page = operations.get(SESSIONS).json()
    assert (page["next"], page["has_more"]) == (None, False)
    found, after = list[str](), dict[str, str]()
    for _ in page["data"]:
        one = operations.get(SESSIONS, params={"limit": "1", **after}).json()
        found += [session["id"] for session in one["data"]]
        after = {"after": one["next"]}
    assert (found, one["next"]) == (sorted(each["id"] for each in page["data"]), None)
    for wrong in ("limit=0", "after=!", "as_of=2026-01-01T00:00:00Z", "x=1"):
        assert operations.get(f"{SESSIONS}?{wrong}").status_code == 422, wrong


def test_an_action_that_reached_no_gateway_is_on_record_as_such(node: Node) -> None:
    told = act(node, "logon")
    assert told.status_code == 202, told.text
    made = told.json()
    assert (made["session"], made["action"], made["status"]) == ("BROKER_SIM", "logon", "sent")
    wait_for("its end", lambda: action(node, made["id"])["status"] == "undelivered", within_s=10)
    assert action(node, made["id"])["requested_by"] == "operations"


def test_a_sequence_change_waits_for_another_person(node: Node) -> None:
    made = act(node, "set-sequence", number=12, direction="out").json()
    assert made["status"] == "waiting"
    path = f"{ACTIONS}/{made['id']}"
    own = post(node.as_("operations"), f"{path}/approve", {"reason": "mine"})
    assert (own.status_code, own.json()["code"]) == (403, "same_person")
    approved = post(node.as_("risk"), f"{path}/approve", {"reason": "as the broker says"})
    assert approved.status_code == 200, approved.text
    assert approved.json()["decided_by"] == "risk"
    assert (approved.json()["number"], approved.json()["direction"]) == (12, "out")
    again = post(node.as_("admin"), f"{path}/approve", {"reason": "late"})
    assert (again.status_code, again.json()["code"]) == (409, "session_action_settled")


def test_an_action_that_waits_is_taken_back(node: Node) -> None:
    made = act(node, "set-sequence", number=3).json()
    waiting = node.as_("risk").get(ACTIONS, params={"status": "waiting"}).json()["data"]
    assert [one["id"] for one in waiting] == [made["id"]]
    path = f"{ACTIONS}/{made['id']}/refuse"
    refused = post(node.as_("operations"), path, {"reason": "wrong number"})
    assert refused.json()["status"] == "refused"
    missing = post(node.as_("operations"), f"{ACTIONS}/sac_no/refuse", {"reason": "x"})
    assert (missing.status_code, missing.json()["code"]) == (404, "session_action_unknown")


@pytest.mark.parametrize(
    ("name", "fields", "pointer"),
    [
        ("set-sequence", {"number": 0}, "/number"), ("set-sequence", {}, "/number"),
        ("set-sequence", {"number": 5, "direction": "up"}, "/direction"),
        ("request-resend", {"number": 2**31}, "/number"), ("logon", {"number": 3}, "/number"),
        ("hold-outbound", {"reason": ""}, "/reason"),
    ],
)  # fmt: skip
def test_what_is_malformed_is_told_by_its_place(
    node: Node, name: str, fields: dict[str, Any], pointer: str
) -> None:
    answer = act(node, name, **fields)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer


def test_all_that_is_open_in_a_scope_is_canceled_at_one_request(node: Node) -> None:
    trader, path = node.as_("trader"), "/api/v1/placements:cancel"
    missing = post(trader, path, {"reason": "x"})
    assert (missing.status_code, missing.json()["code"]) == (422, "scope_missing")
    unknown = post(trader, path, {"reason": "x", "security": "NONE"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "scope_unknown")
    assert post(node.as_("pm"), path, {"reason": "x", "destination": "X"}).status_code == 403
    done = post(trader, path, {"reason": "end of day", "destination": "BROKER_SIM"})
    assert done.status_code == 202, done.text
    answer = done.json()
    assert set(answer) == {"placements", "mass_cancels", "seq"}
    for placement_id in answer["placements"]:
        shown = trader.get(f"/api/v1/placements/{placement_id}").json()
        assert shown["requests"][-1]["kind"] == "cancel"


def test_a_reconciliation_is_asked_for(node: Node) -> None:
    made = act(node, "reconcile").json()
    assert (made["action"], made["status"]) == ("reconcile", "sent")
    refused = act(node, "mass-cancel")
    assert refused.status_code in (404, 405), "it comes with the cancels that it goes before"
