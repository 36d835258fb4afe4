"""The orders page in a real browser, on a real node."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node, running_node
from tests.web.conftest import ROOT, SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def rows_of(page: Page, wanted: str) -> Locator:
    """The rows, in the pinned part of the grid, that a filter keeps."""
    page.fill("#filter", wanted)
    return page.locator(".slick-pane-left .slick-row")


def limit_cell(page: Page, client_order_id: str) -> Locator:
    expect(rows_of(page, f"client:{client_order_id}")).to_have_count(1)
    return page.locator(".slick-pane-right .editable", has_text="250.10")


def units(quantity: str, fund: str = "ALPHA") -> dict[str, object]:
    return {"quantity": quantity, "allocations": [{"fund": fund, "quantity": quantity}]}


def test_an_order_is_typed_checked_and_entered_by_keys_alone(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "pm")
    page.keyboard.press("b")
    page.keyboard.type("b 1.5k AAPL @250.10 gtc ALPHA:1000,BETA:500")
    told = "Buy 1,500 Aapl at 250.10, GTC for ALPHA 1,000, BETA 500"
    expect(page.locator(".line-says")).to_have_text(told)
    expect(page.locator(".order-line .badge")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator(".detail h2")).to_have_text("Buy 1,500 AAPL.XNAS")
    order_id = page.evaluate("location.hash").rpartition("/")[2]
    found = node.as_("pm").get(f"/api/v1/orders/{order_id}").json()
    legs = {leg["fund"]: leg["quantity"] for leg in found["allocations"]}
    assert legs == {"ALPHA": "1000", "BETA": "500"}
    terms = (found["quantity"], found["limit_price"], found["time_in_force"])
    assert terms == ("1500", "250.1", "gtc")


def test_an_order_has_an_address_of_its_own(node: Node, sign_in: SignIn) -> None:
    order = node.create("pm", "web-link-1")
    page = sign_in(node.base, "trader", at=f"#/orders/{order['id']}")
    expect(page.locator(".detail h2")).to_have_text("Buy 100 AAPL.XNAS")
    page.keyboard.press("Escape")
    expect(page.locator(".detail")).to_be_hidden()


def test_a_change_by_another_person_arrives_where_the_filter_keeps_it(
    node: Node, sign_in: SignIn
) -> None:
    page = sign_in(node.base, "pm")
    rows = rows_of(page, "client:web-live -filled OR qty>=777777")
    expect(rows).to_have_count(0)
    node.create("pm-a", "web-live-1", **units("321"))
    expect(rows).to_have_count(1)
    expect(page.locator(".slick-pane-right .slick-row")).to_contain_text("321")
    page.fill("#filter", "client:web-live qty<321")
    expect(rows).to_have_count(0)


def test_a_limit_is_changed_in_its_cell(node: Node, sign_in: SignIn) -> None:
    order = node.create("pm", "web-edit-1")
    page = sign_in(node.base, "pm")
    limit_cell(page, "web-edit-1").dblclick()
    page.keyboard.type("249.50")
    page.keyboard.press("Enter")
    expect(page.locator(".slick-pane-right .slick-row")).to_contain_text("249.50")
    assert node.as_("pm").get(f"/api/v1/orders/{order['id']}").json()["limit_price"] == "249.5"


def test_of_two_browsers_that_change_one_order_the_second_is_told(
    node: Node, sign_in: SignIn
) -> None:
    order = node.create("pm", "web-race-1")
    first, second = sign_in(node.base, "pm"), sign_in(node.base, "pm-a")
    for page in (first, second):
        limit_cell(page, "web-race-1").dblclick()
    first.keyboard.type("248")
    first.keyboard.press("Enter")
    expect(first.locator(".toast")).to_contain_text("limit is 248")
    second.keyboard.type("247")
    second.keyboard.press("Enter")
    expect(second.locator(".toast.tone-bad")).to_contain_text("version")
    assert node.as_("pm").get(f"/api/v1/orders/{order['id']}").json()["limit_price"] == "248"


def test_many_orders_are_held_after_a_preview(node: Node, sign_in: SignIn) -> None:
    ids = [node.create("pm", f"web-bulk-{number}")["id"] for number in range(3)]
    page = sign_in(node.base, "pm")
    rows = rows_of(page, "client:web-bulk")
    expect(rows).to_have_count(3)
    page.keyboard.press("Enter")  # into the grid
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.locator(".bulk button", has_text="Hold").click()
    expect(page.locator("dialog tbody tr")).to_have_count(3)
    page.fill("#bulk-reason", "news")
    page.locator("dialog button.primary").click()
    expect(page.locator(".toast")).to_contain_text("Hold: 3 orders")
    found = [node.as_("pm").get(f"/api/v1/orders/{one}").json()["status"] for one in ids]
    assert found == ["held"] * 3


def test_chosen_rows_are_copied_for_a_spreadsheet(node: Node, sign_in: SignIn) -> None:
    node.create("pm", "web-copy-1", **units("12345"))
    page = sign_in(node.base, "pm")
    rows_of(page, "client:web-copy-1").click()
    page.keyboard.press("Control+c")
    head, line = page.evaluate("navigator.clipboard.readText()").split("\r\n")
    copied = dict(zip(head.split("\t"), line.split("\t"), strict=True))
    assert (copied["Side"], copied["Quantity"], copied["Security"]) == ("Buy", "12345", "AAPL.XNAS")


def test_a_group_has_an_exact_subtotal(node: Node, sign_in: SignIn) -> None:
    for number, quantity in enumerate(("1000", "2001")):
        node.create("pm", f"web-group-{number}", **units(quantity))
    page = sign_in(node.base, "pm")
    expect(rows_of(page, "client:web-group")).to_have_count(2)
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitem", name="Funds").click()
    expect(page.locator(".slick-group")).to_contain_text("Quantity 3,001")


def test_a_pasted_basket_is_checked_as_one_and_entered(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "pm")
    page.get_by_role("button", name="Basket").click()
    rows = "Buy\t100\tAAPL\t250.00\tALPHA\nSell\t50\tMSFT.XNAS\t\tALPHA,BETA\n"
    page.fill("dialog textarea", rows)
    expect(page.locator("dialog tbody .badge")).to_have_count(2)
    page.get_by_role("button", name="Enter 2").click()
    expect(page.locator(".toast")).to_contain_text("2 orders entered")


def test_a_wrong_field_is_told_at_the_field(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "pm")
    page.keyboard.press("n")
    page.fill("#t-quantity", "100")
    page.fill("#t-security", "NOSUCH.XNAS")
    page.fill("#t-limit", "1")
    page.get_by_role("button", name="Enter order").click()
    expect(page.locator("#t-security-error")).to_be_visible()
    expect(page.locator("#t-security")).to_be_focused()


def test_what_a_role_may_not_do_is_not_in_the_document(node: Node, sign_in: SignIn) -> None:
    order = node.create("pm", "web-role-1")
    page = sign_in(node.base, "auditor", at=f"#/orders/{order['id']}")
    expect(page.locator(".detail h2")).to_be_visible()
    shown = page.content()
    words = ("New order", "order-line", "Basket", "Hand to the desk", "Cancel the order")
    assert [word for word in words if word in shown] == []
    assert page.locator(".detail .actions button").count() == 0
    page.keyboard.press("n")
    assert page.locator("dialog").count() == 0


def test_tabs_of_a_browser_share_one_stream(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "risk")
    streams: list[str] = []
    page.context.on("request", lambda asked: streams.append(asked.url))
    other = page.context.new_page()
    other.goto(node.base)
    other.locator("#link", has_text="Live").wait_for()
    node.create("pm", "web-tabs-1")
    for tab in (page, other):
        expect(rows_of(tab, "client:web-tabs-1")).to_have_count(1)
    assert [url for url in streams if "/stream" in url] == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_the_page_is_accessible(node: Node, sign_in: SignIn, dark: bool) -> None:
    order = node.create("pm", f"web-axe-{dark}")
    page = sign_in(node.base, "pm", at=f"#/orders/{order['id']}", dark=dark)
    expect(page.locator(".detail .badge").first).to_be_visible()
    axe = ROOT / "web/node_modules/axe-core/axe.min.js"
    page.evaluate(axe.read_text(encoding="utf-8"))
    rules = "{runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']}"
    found = page.evaluate(f"axe.run(document, {rules})")
    told = [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]
    assert told == [], json.dumps(told, indent=1)


def test_nothing_is_lost_while_the_server_is_away(
    pages: object, sign_in: SignIn, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = tmp_path_factory.mktemp("away")
    with running_node(data) as node:
        page = sign_in(node.base, "pm")
        rows = rows_of(page, "client:web-away")
        node.rest.kill()
        node.rest.wait(10)
        expect(page.locator("#link")).to_contain_text("Not connected")
        expect(page.locator("#stale")).to_contain_text("nothing will be missed")
        node.start_rest(int(node.base.rpartition(":")[2]))
        node.create("pm-a", "web-away-1")
        expect(page.locator("#link")).to_contain_text("Live")
        expect(rows).to_have_count(1)
