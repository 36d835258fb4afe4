"""Layouts of the orders grid in a real browser: kept on the server, shared with a role."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def layout_menu(page: Page) -> Locator:
    page.get_by_role("button", name="Layout", exact=True).click()
    menu = page.get_by_role("menu", name="Layouts")
    expect(menu).to_be_visible()
    return menu


def take(page: Page, label: str, filter_text: str) -> None:
    """Choose a layout in the menu, and see that the grid is filtered as it says."""
    page.fill("#filter", "")
    layout_menu(page).get_by_role("menuitem", name=label, exact=True).click()
    expect(page.locator("#filter")).to_have_value(filter_text)


def test_a_layout_is_there_after_a_reload_and_for_others_of_the_role(
    node: Node, sign_in: SignIn
) -> None:
    page = sign_in(node.base, "trader")
    page.fill("#filter", "client:web-layout")
    layout_menu(page).get_by_role("menuitem", name="Keep this layout…").click()
    page.fill("#layout-name", "Desk")
    page.get_by_label("Trader", exact=True).check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.locator(".toast", has_text="Layout Desk is kept.")).to_be_visible()
    page.reload()
    page.locator("#link", has_text="Live").wait_for()
    take(page, "Desk (shared)", "client:web-layout")
    colleague = sign_in(node.base, "trader-b")
    take(colleague, "Desk (of trader)", "client:web-layout")
    layout_menu(page).get_by_role("menuitem", name="Copy a link to it").click()
    link = page.evaluate("navigator.clipboard.readText()")
    stranger = sign_in(node.base, "officer", at=f"#{link.partition('#')[2]}")
    expect(stranger.locator("#filter")).to_have_value("client:web-layout")
    expect(layout_menu(stranger).get_by_text("Desk")).to_have_count(0)

    layout_menu(page).get_by_role("menuitem", name="Forget Desk…").click()
    page.get_by_role("button", name="Forget", exact=True).click()
    expect(page.locator(".toast", has_text="Layout Desk is forgotten.")).to_be_visible()
    expect(layout_menu(colleague).get_by_text("Desk")).to_have_count(0)


def test_what_a_browser_kept_goes_to_the_server_and_replaces_nothing(
    node: Node, sign_in: SignIn
) -> None:
    grid = {"columns": [{"id": "status", "width": 90}], "sort": [], "group": [], "pinned": 0}
    here = {"grid": grid, "filter": "client:here", "statuses": []}
    there = {"grid": grid, "filter": "client:there", "statuses": []}
    body = {"name": "Mine", "page": "orders", "state": there}
    assert node.as_("pm-a").post("/api/v1/layouts", json=body).status_code == 201
    page = sign_in(node.base, "pm-a")
    place = "tradeoms.layouts.orders.pm-a"
    page.evaluate(
        "([place, text]) => localStorage.setItem(place, text)", [place, json.dumps({"Mine": here})]
    )
    page.reload()
    page.wait_for_function("place => localStorage.getItem(place) === '{}'", arg=place)
    other = sign_in(node.base, "pm-a")
    take(other, "Mine", "client:there")
    take(other, "Mine 2", "client:here")
