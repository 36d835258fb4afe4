"""Other applications of the desktop, over FDC3 2.2.

The agent here is the outside party: it notes what it is told, and speaks when the test says so.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.rest.node import Node
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
#: A desktop agent as a container offers it before the page begins.
AGENT = """
window.told = []; window.raised = []; window.heard = {};
const hear = async (name, handler) => {
  window.heard[name] = handler;
  return { unsubscribe() { delete window.heard[name]; } };
};
window.fdc3 = {
  broadcast: async (context) => { window.told.push(context); },
  raiseIntent: async (intent, context) => {
    if (intent === "ViewNews") throw new Error("NoAppsFound");
    window.raised.push([intent, context.id.ticker]);
  },
  addContextListener: hear, addIntentListener: hear,
};
"""
AAPL = {
    "type": "fdc3.instrument", "name": "Aapl", "market": {"MIC": "XNAS"},
    "id": {"ticker": "AAPL", "ISIN": "US0378331005"},
}  # fmt: skip


def on_desktop(page: Page) -> None:
    """Load the page again in a container with an agent."""
    page.add_init_script(AGENT)
    page.reload()
    page.locator("#link", has_text="Live").wait_for()
    page.wait_for_function("() => window.heard.ViewOrders && window.heard['fdc3.instrument']")


def menu_of(page: Page) -> list[str]:
    page.locator(".slick-pane-left .slick-row").first.click(button="right")
    labels = page.locator(".menu [role=menuitem] span").all_inner_texts()
    page.keyboard.press("Escape")
    return [label for label in labels if label.endswith("elsewhere")]


def test_the_chosen_instrument_is_told_and_another_one_is_heard(
    node: Node, sign_in: SignIn
) -> None:
    node.create("pm", "fdc3-1")
    node.create("pm", "fdc3-2", security={"scheme": "isin", "value": "US5949181045"})
    page = sign_in(node.base, "pm")
    page.fill("#filter", "client:fdc3-1")
    expect(page.locator(".slick-pane-left .slick-row")).to_have_count(1)
    assert menu_of(page) == []  # a plain browser has no agent

    on_desktop(page)
    page.fill("#filter", "client:fdc3-1")
    rows = page.locator(".slick-pane-left .slick-row")
    expect(rows).to_have_count(1)
    rows.first.click()
    page.wait_for_function("() => window.told.length > 0")
    assert page.evaluate("window.told") == [AAPL]
    shown = ["Show the instrument elsewhere", "Show a chart elsewhere", "Show news elsewhere"]
    assert menu_of(page) == shown
    for label in ("Show a chart elsewhere", "Show news elsewhere"):
        rows.first.click(button="right")
        page.get_by_role("menuitem", name=label).click()
    expect(page.locator(".toast.tone-bad")).to_contain_text("NoAppsFound")
    assert page.evaluate("window.raised") == [["ViewChart", "AAPL"]]

    for name, security in (
        ("fdc3.instrument", '{id: {ISIN: "US5949181045"}}'),
        ("ViewOrders", '{id: {ticker: "MSFT"}, market: {MIC: "XNAS"}}'),
    ):
        page.fill("#filter", "")
        page.evaluate(f"window.heard['{name}']({security})")
        expect(page.locator("#filter")).to_have_value("security:MSFT.XNAS")
        expect(rows).to_have_count(1)
    page.evaluate("""window.heard.ViewOrders({name: "Nobody Inc", id: {ticker: "NOPE"}})""")
    expect(page.locator(".toast", has_text="Nobody Inc, which is not known here")).to_be_visible()
    expect(page.locator("#filter")).to_have_value("security:MSFT.XNAS")
    assert page.evaluate("window.told") == [AAPL]  # what was heard is not told back

    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("#sign-in-user")).to_be_visible()
    assert page.evaluate("Object.keys(window.heard)") == []
