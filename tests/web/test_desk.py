"""The desk in a browser: blocks, split orders, lists, fairness, sessions of two persons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node, post, running_node
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def desk(pages: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: suggestions look at every order."""
    with running_node(tmp_path_factory.mktemp("desk")) as node:
        yield node


def released(node: Node, name: str, fund: str, quantity: int, **changes: Any) -> str:
    """An order of one fund with the desk."""
    legs = [{"fund": fund, "quantity": str(quantity)}]
    order = node.create("pm", name, quantity=str(quantity), allocations=legs, **changes)
    answer = post(node.as_("pm"), f"/api/v1/orders/{order['id']}/release", {})
    assert answer.status_code == 200, answer.text
    return str(order["id"])


def row_of(page: Page, table: str, text: str) -> Locator:
    """Move the focus down a table until it is on the row with ``text``."""
    region = page.get_by_role("region", name=table, exact=True).last
    row = region.get_by_role("row", name=re.compile(text))
    expect(row).to_have_count(1)
    row.focus()
    return row


def test_orders_are_merged_placed_and_parted_by_keys(desk: Node, sign_in: SignIn) -> None:
    one = released(desk, "desk-1", "ALPHA", 600)
    two = released(desk, "desk-2", "BETA", 300)
    page = sign_in(desk.base, "trader", at="#/desk/blocks")
    row_of(page, "Could be worked together", "AAPL.XNAS.*900")
    page.keyboard.press("m")
    expect(page.locator("dialog tbody tr")).to_have_count(2)
    page.keyboard.press("Enter")
    row_of(page, "Blocks at work", "AAPL.XNAS.*900")
    page.keyboard.press("p")
    page.fill("#place-quantity", "450")
    page.fill("#place-display", "100")
    page.fill("#place-min", "50")
    page.locator("dialog").get_by_role("button", name="Place").click()
    expect(row_of(page, "Blocks at work", "AAPL.XNAS")).to_contain_text("450")
    (block,) = [
        found for found in desk.as_("trader").get("/api/v1/blocks").json()["data"]
        if sorted(found["order_ids"]) == sorted([one, two])
    ]  # fmt: skip
    assert (block["quantity"], block["placed_quantity"]) == ("900", "450")
    (placed,) = [
        found for found in desk.as_("trader").get("/api/v1/placements").json()["data"]
        if found["block_id"] == block["id"]
    ]  # fmt: skip
    assert (placed["display_quantity"], placed["min_quantity"]) == ("100", "50")

    third = released(desk, "desk-3", "ALPHA", 70, limit_price="251")
    fourth = released(desk, "desk-4", "BETA", 30, limit_price="251")
    page.evaluate("location.hash = '#/orders'")
    page.fill("#filter", "client:desk-3 OR client:desk-4")
    expect(page.locator(".slick-pane-left .slick-row")).to_have_count(2)
    page.keyboard.press("Enter")  # into the grid
    page.keyboard.press("Shift+ArrowDown")
    page.locator(".bulk").get_by_role("button", name="Merge 2").click()
    page.locator("dialog").get_by_role("button", name="Merge").click()
    expect(page.locator(".toast", has_text="100 AAPL.XNAS in blk_")).to_be_visible()
    page.evaluate("location.hash = '#/desk/blocks'")
    row_of(page, "Blocks at work", "AAPL.XNAS.*100")
    page.keyboard.press("u")
    page.locator("dialog").get_by_role("button", name="Unmerge").click()
    expect(page.locator(".toast", has_text="2 orders are worked alone again")).to_be_visible()
    blocks = desk.as_("trader").get("/api/v1/blocks").json()["data"]
    assert [b for b in blocks if {third, fourth} <= set(b["order_ids"])] == []


def test_the_chosen_row_stays_chosen_when_the_page_reads_itself_again(
    desk: Node, sign_in: SignIn
) -> None:
    orders = [released(desk, f"desk-kept-{fund}", fund, 40, limit_price="252")
              for fund in ("ALPHA", "BETA")]  # fmt: skip
    trader = desk.as_("trader")
    block = post(trader, "/api/v1/blocks", {"orders": orders}).json()["id"]
    page = sign_in(desk.base, "trader", at="#/desk/blocks")
    row = row_of(page, "Blocks at work", r"AAPL.XNAS.*\b80\b")
    body = {"block": block, "destination": "BROKER_SIM", "quantity": "30", "manual": True}
    assert post(trader, "/api/v1/placements", body, key="desk-kept").status_code == 201
    expect(row).to_contain_text("30")
    expect(row).to_be_focused()


def test_a_part_is_split_off_by_fund(desk: Node, sign_in: SignIn) -> None:
    legs = [{"fund": "ALPHA", "quantity": "600"}, {"fund": "BETA", "quantity": "400"}]
    order = desk.create("pm", "desk-split", quantity="1000", allocations=legs)
    page = sign_in(desk.base, "pm", at=f"#/orders/{order['id']}")
    expect(page.locator(".detail h2")).to_have_text("Buy 1,000 AAPL.XNAS")
    page.keyboard.press("x")
    page.fill("#split-0", "700")
    page.locator("dialog").get_by_role("button", name="Split").click()
    expect(page.locator("#split-0-error")).to_contain_text("600 left for the fund")
    page.fill("#split-0", "250")
    expect(page.locator("dialog")).to_contain_text("350 of 600 stay.")
    page.locator("dialog").get_by_role("button", name="Split").click()
    expect(page.locator(".toast", has_text="Buy 250 AAPL.XNAS is an order")).to_be_visible()
    expect(page.locator(".detail h2")).to_have_text("Buy 750 AAPL.XNAS")


def test_a_basket_becomes_a_list_and_each_order_has_its_answer(desk: Node, sign_in: SignIn) -> None:
    page = sign_in(desk.base, "pm")
    page.get_by_role("button", name="Basket").click()
    page.fill("dialog textarea", "Buy\t100\tMSFT\t250.00\tALPHA\nBuy\t50\tMSFT\t249\tBETA\n")
    expect(page.locator("dialog tbody .badge")).to_have_count(2)
    page.fill("#basket-list", "Month end")
    page.get_by_role("button", name="Enter 2").click()
    expect(page.locator(".case-head")).to_contain_text("Month end")
    page.get_by_role("button", name="Act on all").click()
    page.select_option("#list-action", "release")
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("✓ Released")).to_have_count(2)
    page.get_by_role("button", name="Act on all").click()
    page.select_option("#list-action", "submit")
    page.get_by_role("button", name="Do it").click()
    expect(page.locator(".toast.tone-bad")).to_contain_text("0 done, 2 refused")
    (found,) = desk.as_("pm").get("/api/v1/order-lists").json()["data"]
    assert (found["name"], found["progress"]) == ("Month end", {"released": 2})


def test_a_sequence_number_is_set_only_when_another_person_agrees(
    desk: Node, sign_in: SignIn
) -> None:
    page = sign_in(desk.base, "operations", at="#/desk/sessions")
    page.get_by_role("region", name="BROKER_SIM").get_by_role(
        "button", name="Set the next number"
    ).click()
    page.fill("#session-number", "12")
    page.fill("#session-reason", "agreed by telephone")
    page.locator("dialog").get_by_role("button", name="Set the next number").click()
    mine = page.get_by_role("row", name=re.compile("Waiting.*agreed by telephone"))
    expect(mine).to_be_visible()
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    other = sign_in(desk.base, "risk", at="#/desk/sessions")
    asked = other.get_by_role("row", name=re.compile("agreed by telephone"))
    asked.get_by_role("button", name="Approve").click()
    other.fill("#decide-reason", "as the broker says")
    other.locator("dialog").get_by_role("button", name="Approve").click()
    expect(other.locator(".toast", has_text="It goes ahead.")).to_be_visible()
    (done,) = desk.as_("auditor").get("/api/v1/fix/actions").json()["data"]
    assert (done["requested_by"], done["decided_by"]) == ("operations", "risk")


def test_how_evenly_funds_were_served_is_shown(desk: Node, sign_in: SignIn) -> None:
    orders = [
        released(desk, f"desk-fair-{fund}", fund, 100, security={"scheme": "isin", "value": isin})
        for fund, isin in (("ALPHA", "US5949181045"), ("BETA", "US5949181045"))
    ]
    for order, price in zip(orders, ("247", "253"), strict=True):
        body = {"order": order, "destination": "BROKER_SIM", "quantity": "100", "manual": True}
        placed = post(desk.as_("trader"), "/api/v1/placements", body, key=f"place-{order}").json()
        told = {"quantity": "100", "price": price}
        path = f"/api/v1/placements/{placed['id']}/executions"
        answer = post(desk.as_("trader"), path, told, key=f"fill-{order}")
        assert answer.status_code == 201, answer.text
    page = sign_in(desk.base, "officer", at="#/compliance/fairness")
    page.fill("#fair-to", datetime.now(UTC).date().isoformat())
    page.get_by_role("button", name="Show").click()
    funds = page.get_by_role("region", name="Funds").last
    expect(funds.get_by_role("row", name="ALPHA")).to_contain_text("-120.0")
    expect(funds.get_by_role("row", name="BETA")).to_contain_text("120.0")


def test_a_proposal_is_computed_reviewed_and_made_orders(desk: Node, sign_in: SignIn) -> None:
    weights = [{"security": {"scheme": "ticker_mic", "value": "AAPL.XNAS"}, "weight": "1"}]
    body = {"id": "web", "name": "Web", "weights": weights}
    assert post(desk.as_("pm"), "/api/v1/models", body).status_code == 201
    path = "/api/v1/models/web/versions/1/approve"
    assert post(desk.as_("risk"), path, {}).status_code == 200
    page = sign_in(desk.base, "pm", at="#/proposals")
    page.get_by_role("button", name="New proposal").click()
    page.get_by_role("button", name="Compute").click()
    expect(page.locator("dialog .problem")).to_have_text("Tick at least one fund.")
    page.check("#propose-BETA")
    page.select_option("#propose-model", "web")
    page.fill("#propose-buffer", "1")
    page.get_by_role("button", name="Compute").click()
    expect(page.locator(".case-head")).to_contain_text("BETA to web@1")
    lines = page.get_by_role("region", name="Lines").last
    expect(lines.get_by_role("row", name=re.compile("AAPL.*Buy"))).to_contain_text("1.00 %")
    expect(page.get_by_role("region", name="Orders it becomes")).to_contain_text("AAPL.XNAS")
    page.keyboard.press("a")
    page.keyboard.type("month end")
    page.keyboard.press("Enter")
    expect(page.locator(".case-head")).to_contain_text("Approved")
    (found,) = desk.as_("pm").get("/api/v1/proposals").json()["data"]
    assert (found["status"], found["cash_buffer"]) == ("approved", "1")
    order = desk.as_("pm").get(f"/api/v1/orders/{found['order_ids'][0]}").json()
    assert order["reason"] == "month end"
