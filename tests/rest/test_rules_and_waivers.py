"""Rules and waivers over HTTP: a rule from draft to force, what it would do, who lets it pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.rest.node import Node, order_body, post

Fresh = Callable[[], str]
RULES = "/api/v1/rules"


FITS = {"id": "fits", "mode": "fit", "fund": "ALPHA", "expect": {"outcome": "PASS"}}


def rule(name: str, version: int, **more: Any) -> dict[str, Any]:
    """A soft limit that only short sales of the day meet."""
    return {
        "cases": [FITS],
        "id": name, "version": version, "kind": "order", "severity": "soft", "max_qty": "5",
        "order_types": ["market_on_open"], "source": "house rule 7", **more,
    }  # fmt: skip


def change(node: Node, who: str, name: str, version: int, step: str, **body: Any) -> Any:
    answer = post(node.as_(who), f"{RULES}/{name}/versions/{version}/{step}", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put_in_force(node: Node, name: str, version: int, **more: Any) -> None:
    defined = post(node.as_("admin"), RULES, {"rules": [rule(name, version, **more)]})
    assert defined.status_code == 200, defined.text
    change(node, "officer", name, version, "activate")


def retire(node: Node, name: str) -> None:
    """Two officers take version 1 of a rule out of force."""
    asked = change(node, "officer", name, 1, "retire")
    assert (asked["status"], asked["retirement_requested_by"]) == ("active", "officer")
    assert change(node, "officer-2", name, 1, "retire")["status"] == "retired"


def opening(fresh_id: Fresh, quantity: str) -> dict[str, Any]:
    body = order_body(
        fresh_id(), quantity=quantity, order_type="market_on_open",
        time_in_force="at_the_opening", allocations=[{"fund": "ALPHA", "quantity": quantity}],
    )  # fmt: skip
    body.pop("limit_price", None)
    return body


def enter(node: Node, fresh_id: Fresh, quantity: str) -> dict[str, Any]:
    body = opening(fresh_id, quantity)
    answer = post(node.as_("pm"), "/api/v1/orders", body, key=fresh_id())
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_rule_goes_from_draft_to_force_and_tells_what_it_would_do(
    node: Node, fresh_id: Fresh
) -> None:
    name = f"life.{fresh_id()}"
    put_in_force(node, name, 1, severity="shadow")
    try:
        big, small = enter(node, fresh_id, "10"), enter(node, fresh_id, "5")
        defined = rule(name, 2, severity="shadow", max_qty="4", cases=[FITS])
        assert post(node.as_("admin"), RULES, {"rules": [defined]}).status_code == 200
        assert change(node, "admin", name, 2, "test")["status"] == "tested"
        approved = change(node, "officer", name, 2, "approve", note="read")
        assert (approved["status"], approved["approved_by"]) == ("approved", "officer")
        assert (approved["cases"], approved["failures"]) == ([FITS], [])
        diff = node.as_("officer").get(f"{RULES}/{name}/diff", params={"from": "1", "to": "2"})
        assert diff.json()["data"] == [{"field": "max_qty", "from": "5", "to": "4"}]
        report = node.as_("officer").get(f"{RULES}/{name}/shadow").json()
        assert report["outcomes"] == {"breach": 1, "pass": report["outcomes"]["pass"]}
        assert [one["order_id"] for one in report["findings"]] == [big["id"]]
        hard = rule(name, 3, severity="hard")
        assert post(node.as_("admin"), RULES, {"rules": [hard]}).status_code == 200
        tried = change(node, "officer", name, 3, "backtest", days=1)
        changed = {one["order_id"]: one for one in tried["changes"]}
        assert changed[big["id"]]["numerator"] == "10"
        assert small["id"] not in changed
        held = {"kind": "ratio", "measure": "qty", "den": "one", "group_by": "id", "max": "1"}
        ratio = {"id": name, "version": 4, "severity": "hard", "source": "house rule 7", **held}
        assert post(node.as_("admin"), RULES, {"rules": [ratio]}).status_code == 200
        for who, funds in (("officer", {"ALPHA", "BETA"}), ("officer-b", {"BETA"})):
            found = change(node, who, name, 4, "backtest", days=1)
            assert {one["fund"] for one in found["positions"]} == funds
            assert {(one["then"], one["with_draft"]) for one in found["positions"]} == {
                ("not_tested", "breach")
            }
            assert (found["days"], found["positions_differing"]) == (1, found["cells"])
        unseen = change(node, "officer-b", name, 3, "backtest", days=1)
        assert unseen["changes"] == []
        assert small["status"] == "approved"
    finally:
        retire(node, name)


def test_a_list_names_securities_that_are_loaded(node: Node, fresh_id: Fresh) -> None:
    name = f"list.{fresh_id()}"
    listed = {"id": name, "version": 1, "kind": "restrict", "list": ["AAPL.XNAS", "NONSENSE"]}
    refused = post(node.as_("admin"), RULES, {"rules": [listed]})
    (error,) = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "/rows/0/list.1")
    assert (error["code"], error["value"]) == ("rule_invalid", "NONSENSE")
    listed["list"] = ["AAPL.XNAS"]
    assert post(node.as_("admin"), RULES, {"rules": [listed]}).status_code == 200
    kept = node.as_("officer").get(RULES, params={"rule": name}).json()["data"][0]
    (member,) = kept["definition"]["list"]
    assert member.startswith("sec_")


def test_two_people_let_several_orders_pass_for_one_reason(node: Node, fresh_id: Fresh) -> None:
    name = f"four.{fresh_id()}"
    put_in_force(node, name, 1, waiver_approvers=2)
    try:
        orders = [enter(node, fresh_id, "10") for _ in range(2)]
        waivers = []
        for order in orders:
            asked = {"order": order["id"], "rule": name, "reason": "index event"}
            made = post(node.as_("pm"), "/api/v1/waivers", asked, key=fresh_id())
            assert made.status_code == 201, made.text
            waivers.append(made.json())
        assert [(one["max_excess"], one["approvers"]) for one in waivers] == [("5", 2)] * 2
        cell = {"fund": None, "cell": "max_qty", "bound": "max", "max_excess": "5"}
        assert [one["cells"] for one in waivers] == [[cell]] * 2
        ids = [one["id"] for one in waivers]
        both = {"waivers": ids, "reason": "agreed with the client"}
        path = "/api/v1/waivers:approve"
        assert post(node.as_("pm"), path, both).status_code == 403
        assert post(node.as_("officer"), path, {"waivers": ids}).status_code == 422
        first = post(node.as_("officer"), path, both).json()
        assert [one["status"] for one in first["data"]] == ["requested", "requested"]
        again = post(node.as_("officer"), path, both)
        assert (again.status_code, again.json()["code"]) == (403, "approver_twice")
        second = post(node.as_("risk"), path, both).json()
        assert [one["status"] for one in second["data"]] == ["approved", "approved"]
        shown = node.as_("pm").get(f"/api/v1/orders/{orders[0]['id']}").json()
        assert shown["status"] == "approved"
        counts = node.as_("auditor").get("/api/v1/waivers:approvers").json()["data"]
        by_person = {one["person"]: one for one in counts}
        assert by_person["risk"]["in_bulk"] == 2
        assert by_person["risk"]["bulks"] == 1
        assert by_person["officer"]["approved"] >= 2
    finally:
        retire(node, name)


def test_facts_from_outside_are_loaded_whole_or_not_at_all(node: Node) -> None:
    offering = {
        "security": {"scheme": "isin", "value": "US0378331005"},
        "pricing_date": "2026-01-09", "restricted_from": "2026-01-02",
    }  # fmt: skip
    facts = {
        "issuers": [{"issuer": "AAPL", "name": "votes_out", "amount": "10", "as_of": "2026-01-05"}],
        "offerings": [offering],
        "figures": [
            {"name": "var", "fund": "ALPHA", "value": "-0.1", "at": "2026-01-05T06:00:00Z"}
        ],
        "benchmarks": [{"fund": "ALPHA", "weights": {"tech": "0.3"}, "as_of": "2026-01-05"}],
        "constituents": [
            {"security": {"scheme": "isin", "value": "US0378331005"}, "as_of": "2026-01-05",
             "weights": [{"group": "ACME", "weight": "0.40"},
                         {"by": "country", "group": "US", "weight": "1"}]}
        ],
    }  # fmt: skip
    loaded = post(node.as_("operations"), "/api/v1/outside", facts)
    assert (loaded.status_code, loaded.json()["rows"]) == (200, 5)
    kind = {"kind": "constituents"}
    (inside,) = node.as_("pm").get("/api/v1/outside", params=kind).json()["data"]
    assert inside["id"] == "constituents:sec_aapl"
    assert inside["weights"] == {"issuer=ACME": "0.4", "country=US": "1"}
    wrong = {**facts, "offerings": [{**offering, "pricing_date": "2026-01-01"}]}
    refused = post(node.as_("operations"), "/api/v1/outside", wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "period_reversed")
    assert post(node.as_("trader"), "/api/v1/outside", facts).status_code == 403


def test_facts_from_outside_are_listed_and_those_of_other_funds_are_not(node: Node) -> None:
    day, at = "2026-01-05", "2026-01-05T06:00:00Z"
    facts = {
        "issuers": [
            {"issuer": issuer, "name": name, "amount": "10.50", "as_of": day}
            for issuer, name in (("ACME", "votes_out"), ("ACME", "debt_out"), ("ZED", "debt_out"))
        ],
        "offerings": [
            {"security": {"scheme": "isin", "value": "US0378331005"},
             "pricing_date": "2026-01-09", "restricted_from": "2026-01-02"}
        ],
        "figures": [
            {"name": "var99", "fund": fund, "value": value, "at": at}
            for fund, value in (("ALPHA", "-0.1"), ("BETA", "0.2"))
        ],
        "reported": [{"rule": "tr1", "cell": "ACME", "share": "0.05", "on": day}],
        "benchmarks": [
            {"fund": fund, "weights": {"tech": "0.30"}, "as_of": day} for fund in ("ALPHA", "BETA")
        ],
    }  # fmt: skip
    loaded = post(node.as_("operations"), "/api/v1/outside", facts)
    assert (loaded.status_code, loaded.json()["rows"]) == (200, 9)
    seq = loaded.json()["seq"]

    def listed(user: str, **asked: str) -> dict[str, Any]:
        answer = node.as_(user).get("/api/v1/outside", params=asked)
        assert answer.status_code == 200, answer.text
        return {row["id"]: row for row in answer.json()["data"] if row["seq"] >= seq}

    every = listed("auditor")
    assert {name: (row["value"], row["as_of"]) for name, row in every.items()} == {
        "benchmark:ALPHA": (None, day),
        "benchmark:BETA": (None, day),
        "figure:var99:ALPHA": ("-0.1", "2026-01-05T06:00:00.000000Z"),
        "figure:var99:BETA": ("0.2", "2026-01-05T06:00:00.000000Z"),
        "issuer:ACME:debt_out": ("10.5", day),
        "issuer:ACME:votes_out": ("10.5", day),
        "issuer:ZED:debt_out": ("10.5", day),
        "offering:sec_aapl": (None, "2026-01-09"),
        "reported:tr1:ACME": ("0.05", day),
    }
    assert every["benchmark:BETA"]["weights"] == {"tech": "0.3"}
    assert every["offering:sec_aapl"]["restricted_from"] == "2026-01-02"
    others = {"benchmark:ALPHA", "figure:var99:ALPHA", "reported:tr1:ACME"}
    assert set(listed("auditor-b")) == set(every) - others
    assert "ALPHA" not in node.as_("auditor-b").get("/api/v1/outside?format=csv").text
    assert set(listed("pm", kind="issuer", name="debt_out")) == {
        "issuer:ACME:debt_out", "issuer:ZED:debt_out",
    }  # fmt: skip
    assert set(listed("pm", fund="BETA")) == {"benchmark:BETA", "figure:var99:BETA"}
    assert listed("pm-b", fund="ALPHA") == {}
    assert node.as_("pm").get("/api/v1/outside?kind=rumour").status_code == 422


def test_a13_the_history_of_a_shared_order_tells_nothing_of_another_funds_breach(
    node: Node, fresh_id: Fresh
) -> None:
    name = f"thin.{fresh_id()}"
    cash = {
        "id": name, "version": 1, "kind": "cash", "severity": "soft", "min": "1000000000000",
        "order_types": ["market_on_open"], "scope": {"funds": ["ALPHA"]}, "source": "house rule 8",
        "cases": [{**FITS, "expect": {"outcome": "BREACH"}}],
    }  # fmt: skip
    assert post(node.as_("admin"), RULES, {"rules": [cash]}).status_code == 200
    change(node, "officer", name, 1, "activate")
    try:
        body = opening(fresh_id, "10")
        body["allocations"] = [{"fund": fund, "quantity": "5"} for fund in ("ALPHA", "BETA")]
        order = post(node.as_("pm"), "/api/v1/orders", body, key=fresh_id()).json()
        path = f"/api/v1/orders/{order['id']}/events"
        everything = node.as_("pm").get(path).json()["data"]
        assert [one["data"]["fund"] for one in everything if one["type"] == "HitFound"] == ["ALPHA"]
        seen = node.as_("pm-b").get(path)
        assert "OrderChecked" in seen.text
        assert "ALPHA" not in seen.text
    finally:
        retire(node, name)
