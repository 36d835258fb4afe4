"""The pages beside the orders in a real browser: each role's part of the day."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.rest.node import Node, post, running_node
from tests.rest.test_breaches import running_runs
from tests.web.conftest import ROOT, SignIn
from tradeoms.bootstrap import door
from tradeoms.domain.ruleset.commands import DefineRules, RuleText

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
#: MSFT is a quarter of a percent of each fund; 1,000 AAPL at 250.10 would be another.
RULE = {
    "id": "small.issuer", "version": 1, "kind": "ratio", "severity": "soft", "when": "both",
    "group_by": "issuer", "max": "0.001", "scope": {"funds": ["ALPHA", "BETA"]},
    "title": "No issuer above a tenth of a percent", "cure": {"kind": "days", "n": 3, "but": []},
}  # fmt: skip
CASES = json.dumps([{"id": "a", "mode": "fit", "fund": "ALPHA", "expect": {"outcome": "BREACH"}}])
#: Who looks at what.
SEEN = (
    ("officer", ("compliance/queue", "compliance/breaches", "compliance/rules/small.issuer",
                 "compliance/runs", "approvals", "funds", "funds/ALPHA")),
    ("operations", ("desk/placements", "desk/breaks", "desk/sessions", "desk/kill",
                    "operations/allocations", "operations/book", "operations/imports")),
    ("auditor", ("history/orders", "history/journal", "history/proof")),
)  # fmt: skip


@pytest.fixture(scope="module")
def firm(pages: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node whose funds exceed a soft rule, and the process that computes runs."""
    with running_node(tmp_path_factory.mktemp("views")) as node, running_runs(node):
        text = RuleText(rule_id="small.issuer", version=1, definition=json.dumps(RULE), cases=CASES)
        with door(node.settings) as to:
            assert to.submit("DefineRules", DefineRules(rules=(text,))).status == "accepted"
        path = "/api/v1/rules/small.issuer/versions/1/activate"
        assert post(node.as_("officer"), path, {}, key="activate").status_code == 200
        yield node


def held_order(node: Node, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """An order that would exceed the rule, and the waiver that its manager asks for."""
    legs = [{"fund": "ALPHA", "quantity": "1000"}]
    order = node.create("pm", name, quantity="1000", allocations=legs)
    assert order["compliance"]["waiting_for"] == ["waiver"], order
    body = {"order": order["id"], "rule": "small.issuer", "reason": "until the flow of Friday"}
    waiver = post(node.as_("pm"), "/api/v1/waivers", body, key=f"{name}-waiver")
    assert waiver.status_code == 201, waiver.text
    return order, waiver.json()


def go(page: Page, place: str) -> None:
    page.evaluate("place => { location.hash = `#/${place}` }", place)


def status_of(node: Node, kind: str, name: str) -> str:
    return str(node.as_("officer").get(f"/api/v1/{kind}/{name}").json()["status"])


def test_an_officer_reads_the_arithmetic_and_gives_a_waiver_by_keys(
    firm: Node, sign_in: SignIn
) -> None:
    page = sign_in(firm.base, "officer", at="#/compliance")
    _, waiver = held_order(firm, "views-waiver-1")
    row = page.get_by_role("link", name="Buy 1,000 AAPL.XNAS").first
    expect(row).to_be_visible()  # it came by the stream
    row.click()
    arithmetic = page.get_by_role("region", name="The arithmetic")
    expect(arithmetic).to_contain_text("at most 0.1 %")
    expect(arithmetic).to_contain_text("Over by")
    page.keyboard.press("a")
    page.keyboard.type("seen with the manager")
    page.keyboard.press("Enter")
    expect(page.locator(".case-head")).to_contain_text("Approved")
    assert status_of(firm, "waivers", waiver["id"]) == "approved"


def test_a_breach_is_found_worked_on_and_shown_with_its_holdings(
    firm: Node, sign_in: SignIn
) -> None:
    page = sign_in(firm.base, "officer", at="#/compliance/runs")
    page.get_by_role("button", name="Test all funds now").click()
    expect(page.locator("tbody")).to_contain_text("Finished", timeout=60_000)
    go(page, "compliance/breaches")
    page.get_by_role("row", name=re.compile("ALPHA.*MSFT")).get_by_role("link").click()
    expect(page.locator(".case-head")).to_contain_text("ALPHA · small.issuer@1")
    holdings = page.get_by_role("region", name="Holdings behind it now")
    expect(holdings).to_contain_text("MSFT.XNAS")
    expect(holdings).to_contain_text("250,000.00")
    page.keyboard.press("m")
    page.keyboard.type("asked the manager")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="History")).to_contain_text("asked the manager")


def test_the_kill_switch_asks_for_the_words_and_another_person_releases(
    firm: Node, sign_in: SignIn
) -> None:
    page = sign_in(firm.base, "operations", at="#/desk/kill")
    page.select_option("#kill-kind", "fund")
    page.fill("#kill-value", "BETA")
    page.fill("#kill-reason", "prices look wrong")
    stop = page.get_by_role("button", name="Stop fund BETA")
    for typed in ("", "STOP", "STOP FIRM", "STOP ALPHA"):
        page.fill("#kill-typed", typed)
        expect(stop).to_be_disabled()
    page.fill("#kill-typed", "STOP BETA")
    stop.click()
    expect(page.locator("tbody")).to_contain_text("fund BETA")
    (thrown,) = firm.as_("pm").get("/api/v1/kill-switch?status=active").json()["data"]
    assert (thrown["scope"], thrown["cancel_open"]) == ({"fund": "BETA"}, True)
    expect(page.get_by_role("button", name="Release")).to_have_count(0)
    other = sign_in(firm.base, "risk", at="#/desk/kill")
    other.get_by_role("button", name="Release").click()
    other.keyboard.type("the feed was repaired")
    other.keyboard.press("Enter")
    expect(other.locator("tbody")).to_contain_text("the feed was repaired")
    assert firm.as_("pm").get("/api/v1/kill-switch?status=active").json()["data"] == []


def test_a_file_is_loaded_only_after_a_dry_run_of_the_same_text(
    firm: Node, sign_in: SignIn
) -> None:
    page = sign_in(firm.base, "operations", at="#/operations/imports")
    load = page.get_by_role("button", name="Load it").first
    page.select_option("#import-kind", "funds")
    page.fill("#import-text", "code,name,currency\nVIEWS,Views Fund,XXQ\n")
    page.get_by_role("button", name="Dry run").click()
    report = page.get_by_role("region", name="Report")
    expect(report).to_contain_text("1 errors. Nothing was loaded.")
    expect(report.get_by_role("row", name=re.compile("2.*currency"))).to_be_visible()
    expect(load).to_be_disabled()
    page.fill("#import-text", "code,name,currency\nVIEWS,Views Fund,USD\n")
    page.get_by_role("button", name="Dry run").click()
    expect(report).to_contain_text("1 rows are good")
    assert firm.as_("operations").get("/api/v1/funds/VIEWS").status_code == 404
    page.locator("#import-text").press_sequentially(" ")
    expect(load).to_be_disabled()
    page.fill("#import-text", "code,name,currency\nVIEWS,Views Fund,USD\n")
    page.get_by_role("button", name="Dry run").click()
    load.click()
    page.locator("dialog").get_by_role("button", name="Load it").click()
    expect(report).to_contain_text("1 rows were loaded")
    assert firm.as_("operations").get("/api/v1/funds/VIEWS").status_code == 200


def test_a_history_tells_what_was_and_what_became_of_it(firm: Node, sign_in: SignIn) -> None:
    legs = [{"fund": "BETA", "quantity": "10"}]
    order = firm.create("pm", "views-history-1", quantity="10", allocations=legs)
    changed = firm.as_("pm").patch(
        f"/api/v1/orders/{order['id']}", json={"limit_price": "249"},
        headers={"If-Match": f'"{order["version"]}"'},
    )  # fmt: skip
    assert changed.status_code in (200, 202), changed.text
    page = sign_in(firm.base, "auditor", at=f"#/history/{order['id']}")
    story = page.get_by_role("region", name="Who, what, when")
    expect(story.locator("del", has_text="250.10")).to_be_visible()
    expect(story.locator("ins", has_text="249")).to_be_visible()
    expect(story).to_contain_text("pm")
    go(page, "history/proof")
    expect(page.locator(".figures")).to_contain_text("whole")


def test_what_a_role_may_not_see_is_not_in_the_page(firm: Node, sign_in: SignIn) -> None:
    page = sign_in(firm.base, "trader")
    tabs = page.locator("#tabs")
    expect(tabs).to_contain_text("Desk")
    for title in ("Compliance", "Approvals", "Operations"):
        expect(tabs).not_to_contain_text(title)
    go(page, "history")
    expect(page.locator(".places")).to_contain_text("Orders")
    expect(page.locator(".places")).not_to_contain_text("Proof")
    go(page, "operations/imports")
    expect(page.locator("#import-text")).to_have_count(0)


def test_a_phone_is_enough_to_approve(firm: Node, sign_in: SignIn) -> None:
    _, waiver = held_order(firm, "views-phone-1")
    page = sign_in(firm.base, "officer", at="#/approvals")
    page.set_viewport_size({"width": 390, "height": 844})
    card = page.locator("article", has=page.locator(f'a[href$="{waiver["id"]}"]'))
    approve = card.get_by_role("button", name="Approve")
    box = approve.bounding_box()
    assert box is not None
    assert box["height"] >= 44, "too small for a finger"
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{wide} pixels do not fit"
    approve.click()
    page.locator("dialog").get_by_role("button", name="Approve").click()
    expect(card).to_have_count(0)
    assert status_of(firm, "waivers", waiver["id"]) == "approved"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_pages_are_accessible(firm: Node, sign_in: SignIn, dark: bool) -> None:
    order, waiver = held_order(firm, f"views-axe-{dark}")
    axe = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
    wrong = []
    for user, places in SEEN:
        page = sign_in(firm.base, user, dark=dark)
        page.evaluate(axe)
        more = {
            "officer": f"compliance/waivers/{waiver['id']}",
            "auditor": f"history/{order['id']}",
        }
        for place in (*places, *filter(None, [more.get(user)])):
            go(page, place)
            expect(page.get_by_text("Loading…")).to_have_count(0)
            found = page.evaluate(f"axe.run(document, {rules})")["violations"]
            wrong += [(place, one["id"], one["nodes"][0]["html"][:160]) for one in found]
    assert wrong == [], json.dumps(wrong, indent=1)
