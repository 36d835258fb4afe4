"""How a fund stands, over HTTP: exposures by group, room under limits, marks of the past."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, post


@pytest.fixture(scope="module")
def limited(node: Node) -> Node:
    """Rules that measure the funds and stop nobody."""
    rules: dict[str, dict[str, Any]] = {
        "sector": {"kind": "ratio", "group_by": "sector", "max": "0.50"},
        "largest": {"kind": "topn", "group_by": "sector", "max_by_n": {"1": "0.50"}},
        "cash": {"kind": "cash"},
    }
    for name, terms in rules.items():
        rule = {
            "id": f"views.{name}", "version": 1, "severity": "shadow", **terms,
            "scope": {"funds": ["BETA"]},
            "cases": [{"id": "fit", "mode": "fit", "fund": "BETA", "expect": {"outcome": "PASS"}}],
        }  # fmt: skip
        made = post(node.as_("officer"), "/api/v1/rules", {"rules": [rule]}, key=f"define-{name}")
        assert made.status_code == 200, made.text
        path = f"/api/v1/rules/views.{name}/versions/1/activate"
        done = post(node.as_("officer-b"), path, {}, key=f"activate-{name}")
        assert done.status_code == 200, done.text
    return node


def test_exposures_are_the_holdings_at_their_marks(node: Node) -> None:
    found = node.as_("pm-b").get("/api/v1/funds/BETA/exposures", params={"by": "issuer"}).json()
    held = node.as_("pm-b").get("/api/v1/positions", params={"fund": "BETA"}).json()["data"]
    worth = {one["security"]["value"].partition(".")[0]: Decimal(one["quantity"]) * 250
             for one in held if Decimal(one["quantity"])}  # fmt: skip
    assert {one["group"]: Decimal(one["net"]) for one in found["data"]} == worth
    assert found["unpriced"] == []
    nav = Decimal(found["nav"])
    assert nav == sum(worth.values()) + Decimal(found["cash"])
    for one in found["data"]:
        assert Decimal(one["weight"]) == round(worth[one["group"]] / nav, 10)
    by_sector = node.as_("pm-b").get("/api/v1/funds/BETA/exposures").json()
    assert (by_sector["by"], [one["group"] for one in by_sector["data"]]) == ("sector", ["tech"])


def test_each_cell_tells_its_share_of_the_limit(limited: Node) -> None:
    found = limited.as_("pm").get("/api/v1/funds/BETA/limits", params={"limit": 500}).json()
    (cell,) = [one for one in found["data"] if one["rule"] == "views.sector"]
    exposures = limited.as_("pm").get("/api/v1/funds/BETA/exposures").json()
    assert (cell["entity"], cell["cell"], cell["bound"]) == ("BETA", "tech", "max")
    assert Fraction(cell["numerator"]) == Fraction(exposures["data"][0]["net"])
    assert Fraction(cell["denominator"]) == Fraction(exposures["nav"])
    assert Fraction(cell["limit"]) == Fraction(1, 2)
    share = Fraction(cell["numerator"]) / Fraction(cell["denominator"]) * 2
    assert Fraction(cell["used"]) == round(share, 10)
    assert found["cells"] >= len(found["data"])
    first = limited.as_("pm").get("/api/v1/funds/BETA/limits", params={"limit": 1}).json()
    assert first["data"] == found["data"][:1]


def test_the_holdings_behind_a_cell_add_up_to_it(limited: Node) -> None:
    path = "/api/v1/funds/BETA/contributions"
    asked = {"rule": "views.sector", "cell": "tech"}
    found = limited.as_("pm-b").get(path, params=asked).json()["data"]
    limits = limited.as_("pm-b").get("/api/v1/funds/BETA/limits", params={"limit": 500}).json()
    (cell,) = [one for one in limits["data"] if one["rule"] == "views.sector"]
    assert sum(Fraction(one["value"]) for one in found) == Fraction(cell["numerator"])
    assert found == sorted(found, key=lambda one: -abs(Fraction(one["value"])))
    assert limited.as_("pm-b").get(path, params={**asked, "cell": "none"}).json()["data"] == []
    unknown = limited.as_("pm-b").get(path, params={"rule": "views.nothing"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "rule_unknown")
    hidden = limited.as_("pm-b").get("/api/v1/funds/ALPHA/contributions", params=asked)
    assert (hidden.status_code, hidden.json()["code"]) == (404, "fund_unknown")


def test_the_holdings_of_a_cell_of_groups_are_found_and_cells_without_any_refused(
    limited: Node,
) -> None:
    def ask(rule: str, cell: str | None = None) -> httpx.Response:
        asked = {"rule": f"views.{rule}"} | ({} if cell is None else {"cell": cell})
        return limited.as_("pm-b").get("/api/v1/funds/BETA/contributions", params=asked)

    assert ask("largest", "top1").json()["data"] == ask("sector", "tech").json()["data"] != []
    for rule, cell in (("largest", "top2"), ("largest", None), ("sector", None)):
        refused = ask(rule, cell)
        assert (refused.status_code, refused.json()["code"]) == (404, "cell_unknown"), rule
    refused = ask("cash")
    assert (refused.status_code, refused.json()["code"]) == (422, "cell_without_holdings")
    assert refused.json()["detail"] == (
        "rule views.cash is of kind cash: no holdings make up its cells"
    )


@pytest.mark.parametrize("view", ["exposures", "limits"])
def test_a_fund_of_others_is_as_unknown_as_one_that_is_not(node: Node, view: str) -> None:
    for fund in ("ALPHA", "NOWHERE"):
        answer = node.as_("pm-b").get(f"/api/v1/funds/{fund}/{view}")
        assert (answer.status_code, answer.json()["code"]) == (404, "fund_unknown")
    assert node.as_("pm").get("/api/v1/funds/ALPHA/exposures?by=colour").status_code == 422


def test_a_day_has_the_last_mark_that_was_set_for_it(node: Node) -> None:
    path = "/api/v1/prices/sec_aapl/history"
    before = node.as_("pm").get(path).json()
    for day, price in (("2025-12-30", "240"), ("2025-12-31", "245"), ("2025-12-30", "241.5")):
        body = {"prices": [
            {"security": {"scheme": "id", "value": "sec_aapl"}, "price": price, "as_of": day}
        ]}  # fmt: skip
        assert post(node.as_("operations"), "/api/v1/prices", body).status_code == 200
    again = {"security": {"scheme": "id", "value": "sec_aapl"}, "price": "250",
             "as_of": "2026-01-05"}  # fmt: skip
    post(node.as_("operations"), "/api/v1/prices", {"prices": [again]})
    after = node.as_("pm").get(path).json()
    added = [(one["as_of"], one["price"]) for one in after["data"] if one not in before["data"]]
    assert added[:2] == [("2025-12-30", "241.5"), ("2025-12-31", "245")]
    newest = node.as_("pm").get(path, params={"days": 1}).json()["data"]
    assert [(one["as_of"], one["price"]) for one in newest] == [("2026-01-05", "250")]
    assert node.as_("pm").get("/api/v1/prices/sec_nothing/history").status_code == 404
