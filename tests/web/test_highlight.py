"""Conditional formatting by the person: a column, a test, a colour with a symbol, in layouts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node
from tests.web.conftest import ROOT, SignIn
from tests.web.test_layouts import take

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def highlight(page: Page, column: str, test: str, value: str, look: str, *, row: bool) -> Locator:
    """Fill in one more line of the dialog that is open."""
    page.locator("dialog").get_by_role("button", name="Add").click()
    line = page.locator("dialog .highlights li").last
    line.get_by_label("Column").select_option(label=column)
    line.get_by_label("Test").select_option(label=test)
    line.get_by_label("Value").fill(value)
    line.get_by_label("Look").select_option(label=look)
    line.get_by_label("whole row").set_checked(row)
    return line


def small_and_large(page: Page) -> tuple[Locator, Locator]:
    """The quantities of the two orders."""
    page.fill("#filter", "client:web-look")
    cells = page.locator(".slick-pane-right .slick-cell.l3")
    return cells.filter(has_text="100"), cells.filter(has_text="7,000")


def test_what_a_person_highlights_bears_a_symbol_and_is_kept_in_a_layout(
    node: Node, sign_in: SignIn
) -> None:
    node.create("pm", "web-look-1")
    legs = [{"fund": "ALPHA", "quantity": "7000"}]
    node.create("pm", "web-look-2", quantity="7000", allocations=legs)
    page = sign_in(node.base, "pm")
    page.get_by_role("button", name="Highlight").click()
    line = highlight(page, "Quantity", "is above", "many", "▲ Amber", row=False)
    page.get_by_role("button", name="Highlight these").click()
    expect(line.locator(".error")).to_have_text("many is no number.")
    line.get_by_label("Value").fill("5000")
    highlight(page, "Client order id", "contains", "look-1", "◆ Violet", row=True)
    page.get_by_role("button", name="Highlight these").click()

    small, large = small_and_large(page)
    expect(large).to_have_text("▲7,000")
    expect(small).to_have_text("100")
    violet = page.locator(".slick-pane-left .slick-row.look-violet")
    expect(violet).to_have_count(1)
    expect(violet.locator(".mark").first).to_have_text("◆")  # though its column is not shown
    axe = (ROOT / "web/node_modules/axe-core/axe.min.js").read_text(encoding="utf-8")
    page.evaluate(axe)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        found = page.evaluate("axe.run('.grid-host', {runOnly: ['color-contrast']})")["violations"]
        assert [one["nodes"][0]["html"] for one in found] == [], theme

    page.get_by_role("button", name="Layout", exact=True).click()
    page.get_by_role("menuitem", name="Keep this layout…").click()
    page.fill("#layout-name", "Lit")
    page.get_by_label("Portfolio manager", exact=True).check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".toast", has_text="Layout Lit is kept.")).to_be_visible()
    colleague = sign_in(node.base, "pm-a")
    expect(small_and_large(colleague)[1]).to_have_text("7,000")
    take(colleague, "Lit (of pm)", "client:web-look")
    expect(small_and_large(colleague)[1]).to_have_text("▲7,000")
    take(colleague, "As delivered", "")
    expect(small_and_large(colleague)[1]).to_have_text("7,000")
