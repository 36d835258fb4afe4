"""Files over HTTP: dry runs that change nothing, every error with its line, all or nothing."""

from __future__ import annotations

from tests.rest.node import Node, post

GOOD = "code,name,currency\nDELTA,Delta Fund,USD\n"


def test_a_dry_run_tells_and_changes_nothing(node: Node) -> None:
    path = "/api/v1/imports/funds"
    told = post(node.as_("operations"), f"{path}?dry_run=true", {"text": GOOD})
    assert (told.status_code, told.json()["rows"], told.json()["dry_run"]) == (200, 1, True)
    assert node.as_("operations").get("/api/v1/funds/DELTA").status_code == 404
    done = post(node.as_("operations"), path, {"text": GOOD}, key="import-delta")
    assert (done.status_code, done.json()["rows"], done.json()["dry_run"]) == (200, 1, False)
    assert node.as_("operations").get("/api/v1/funds/DELTA").json()["name"] == "Delta Fund"


def test_every_error_names_its_line_and_column_and_nothing_is_loaded(node: Node) -> None:
    text = "code,name,currency\nEPSILON,Epsilon,USD\nZETA,Zeta,XXQ\n,Eta,USD\n"
    answer = post(node.as_("operations"), "/api/v1/imports/funds", {"text": text})
    assert answer.status_code == 422
    found = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
    assert found == [("/3/currency", "currency_unknown"), ("/4/code", "cell_missing")]
    assert node.as_("operations").get("/api/v1/funds/EPSILON").status_code == 404


def test_positions_resolve_securities_and_take_the_day_of_the_request(node: Node) -> None:
    funds = {"text": "code,name,currency\nTHETA,Theta,USD\n"}
    post(node.as_("operations"), "/api/v1/imports/funds", funds)
    text = "fund,security,quantity,cost\nTHETA,AAPL.XNAS,12,3000\nTHETA,cash:USD,500.25,\n"
    body = {"text": text, "as_of": "2026-01-05"}
    done = post(node.as_("operations"), "/api/v1/imports/positions", body, key="import-positions")
    assert done.status_code == 200, done.text
    (held,) = node.as_("pm").get("/api/v1/positions", params={"fund": "THETA"}).json()["data"]
    assert (held["security"]["id"], held["quantity"]) == ("sec_aapl", "12")
    (cash,) = node.as_("pm").get("/api/v1/cash", params={"fund": "THETA"}).json()["data"]
    assert cash["amount"] == "500.25"
    nobody = {"text": f"{text}NOBODY,AAPL.XNAS,1,\n", "as_of": "2026-01-05"}
    refused = post(node.as_("operations"), "/api/v1/imports/positions", nobody)
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [
        ("/4/fund", "fund_not_loaded")
    ]
    unknown = {"text": "fund,security,quantity\nTHETA,NOPE.XNAS,1\n", "as_of": "2026-01-05"}
    refused = post(node.as_("operations"), "/api/v1/imports/positions", unknown)
    assert refused.json()["errors"][0]["code"] == "security_not_found"


def test_what_looks_like_a_mistake_is_a_warning(node: Node) -> None:
    text = "security,price,as_of\nMSFT.XNAS,250,2025-12-28\n"
    told = post(node.as_("operations"), "/api/v1/imports/prices?dry_run=true", {"text": text})
    assert told.status_code == 200, told.text
    assert told.json()["warnings"] == ["prices of 2025-12-28, on which XNAS did not trade"]


def test_only_those_who_may_load_may_import(node: Node) -> None:
    assert post(node.as_("trader"), "/api/v1/imports/funds", {"text": GOOD}).status_code == 403


def test_lists_are_loaded_by_officers_and_read_by_control_alone(node: Node) -> None:
    body = {"text": "list,value,reason\nquiet,AAPL.XNAS,takeover\n"}
    assert post(node.as_("operations"), "/api/v1/imports/lists", body).status_code == 403
    done = post(node.as_("officer"), "/api/v1/imports/lists", body, key="import-lists")
    assert (done.status_code, done.json()["rows"]) == (200, 1), done.text
    for user in ("officer", "risk", "auditor"):
        answer = node.as_(user).get("/api/v1/named-lists", params={"name": "quiet"})
        (shown,) = answer.json()["data"]
        assert shown["members"] == [{"value": "sec_aapl", "reason": "takeover"}]
    for user in ("pm", "trader", "operations", "admin"):
        assert node.as_(user).get("/api/v1/named-lists").status_code == 403
        told = node.as_(user).get("/api/v1/outside").text
        assert "quiet" not in told
    assert "quiet" not in node.as_("auditor").get("/api/v1/outside").text
