"""Rules in a browser: drafted, tested, approved by another person, in force, retired."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node, post, running_node
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
#: MSFT is a quarter of a percent of each fund.
RULE = {
    "id": "web.issuer", "version": 1, "kind": "ratio", "severity": "soft", "when": "both",
    "group_by": "issuer", "max": "0.1", "scope": {"funds": ["ALPHA"]},
    "title": "No issuer above a tenth",
    "cases": [{"id": "fits", "mode": "fit", "fund": "ALPHA", "expect": {"outcome": "PASS"}}],
}  # fmt: skip


@pytest.fixture(scope="module")
def ruled(pages: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with a rule in force and an order that it let pass."""
    with running_node(tmp_path_factory.mktemp("rules")) as node:
        body = {"text": json.dumps([RULE]), "format": "yaml"}
        loaded = post(node.as_("admin"), "/api/v1/imports/rules", body, key="rules")
        assert loaded.status_code == 200, loaded.text
        path = "/api/v1/rules/web.issuer/versions/1/activate"
        assert post(node.as_("officer"), path, {}, key="activate").status_code == 200
        node.create("pm", "web-rules-1", quantity="1000",
                    allocations=[{"fund": "ALPHA", "quantity": "1000"}])  # fmt: skip
        yield node


def report(page: Page) -> Locator:
    return page.get_by_role("region", name="What the server says")


def change(page: Page, *pairs: tuple[str, str]) -> None:
    """Replace parts of the rule's text, each of which is there."""
    text = page.input_value("#rule-text")
    for old, new in pairs:
        assert old in text, text
        text = text.replace(old, new)
    page.fill("#rule-text", text)


def decide(page: Page, verb: str) -> None:
    """Press a button of the rule's head, and again in its question."""
    page.locator(".case-head").get_by_role("button", name=verb).click()
    page.locator("dialog").get_by_role("button", name=verb).click()


def versions(node: Node) -> dict[int, str]:
    rows = node.as_("officer").get("/api/v1/rules?rule=web.issuer").json()["data"]
    return {row["version"]: row["status"] for row in rows}


def test_a_version_is_drafted_tested_approved_by_another_and_put_in_force(
    ruled: Node, sign_in: SignIn
) -> None:
    page = sign_in(ruled.base, "admin", at="#/compliance/rules/web.issuer")
    page.get_by_role("link", name="New version").click()
    expect(report(page)).to_contain_text("It can be saved as a draft")
    change(page, ("severity: soft", "severity: harsh\n  maximum: 1"))
    harsh = report(page).get_by_role("row", name="severity")
    expect(harsh).to_contain_text("'soft'")
    expect(harsh.locator("code")).to_have_text("harsh")
    harsh.get_by_role("button", name="Go to line 5").click()
    selected = "() => getSelection().toString()"
    assert page.evaluate(selected) == "  severity: harsh"
    expect(report(page).get_by_role("row", name="maximum")).to_be_visible()
    page.get_by_role("button", name="Save as a draft").click()
    expect(report(page)).to_contain_text("It cannot be saved: 2 faults")
    change(page, ("severity: harsh\n  maximum: 1", "severity: soft"), ('"0.1"', '"0.001"'))
    expect(report(page)).to_contain_text("It can be saved as a draft")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator(".case-head")).to_contain_text("web.issuer@2")
    expect(page.get_by_role("region", name="What changed").locator("ins")).to_have_text("0.001")

    decide(page, "Run its cases")
    cases = page.get_by_role("region", name="Cases").first
    expect(cases.get_by_role("row", name="fits")).to_contain_text("Failed")
    expect(page.locator(".case-head").get_by_role("button", name="Approve")).to_have_count(0)

    page.get_by_role("link", name="New version").click()
    change(page, ('"0.001"', '"0.05"'))
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator(".case-head")).to_contain_text("web.issuer@3")
    decide(page, "Run its cases")
    expect(cases.get_by_role("row", name="fits")).to_contain_text("Passed")
    expect(page.locator(".case-head").get_by_role("button", name="Put in force")).to_have_count(0)

    other = sign_in(ruled.base, "officer", at="#/compliance/rules/web.issuer/2")
    other.get_by_role("region", name="Back-test").get_by_role("button", name="Run").click()
    changed = other.get_by_role("region", name="Checks that would have come out otherwise")
    expect(changed).to_contain_text("0.25 % of ALPHA's net assets; limit 0.1 %")
    other.get_by_role("link", name="3", exact=True).click()
    decide(other, "Approve")
    decide(other, "Put in force")
    expect(other.locator(".case-head")).to_contain_text("Active")
    assert versions(ruled) == {1: "retired", 2: "draft", 3: "active"}
    expect(page.get_by_role("button", name="Retire")).to_have_count(0)
    decide(other, "Retire")
    expect(other.get_by_text("officer asked to retire it")).to_be_visible()
    expect(other.locator(".case-head").get_by_role("button", name="Retire")).to_have_count(0)
    assert versions(ruled)[3] == "active"
    third = sign_in(ruled.base, "officer-2", at="#/compliance/rules/web.issuer/3")
    decide(third, "Retire")
    expect(third.locator(".case-head")).to_contain_text("Retired")
    assert versions(ruled)[3] == "retired"


def test_a_new_rule_begins_with_an_example_and_faults_have_their_line(
    ruled: Node, sign_in: SignIn
) -> None:
    page = sign_in(ruled.base, "admin", at="#/compliance/rules")
    page.get_by_role("link", name="New rule").click()
    change(page, ("my.rule", "web.new"), ("FUND", "ALPHA"), ("kind: ratio", "kind: [ratio"))
    expect(report(page)).to_contain_text("not YAML")
    change(page, ("kind: [ratio", "kind: ratio"))
    expect(report(page)).to_contain_text("It can be saved as a draft")
    page.get_by_role("button", name="Save as a draft").click()
    expect(page.locator(".case-head")).to_contain_text("web.new@1")
    reader = sign_in(ruled.base, "auditor", at="#/compliance/rules/web.new")
    expect(reader.locator(".case-head")).to_contain_text("Draft")
    expect(reader.locator(".case-head").locator("button, a.button")).to_have_count(0)
