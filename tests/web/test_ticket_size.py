"""The ticket with a size in words of portfolios: every measure and scheme, and what it comes to."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.rest.node import Node
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
#: Each fund holds 1,000 MSFT at 250 and has 100,000,000 in cash: a NAV of 100,250,000.
#: Measure, scheme, value, target, own values; then what ALPHA and BETA get.
SIZES = (
    ("shares", "equal", "1001", "", (), ("501", "500")),
    ("shares", "explicit", "", "", ("300", "50"), ("300", "50")),
    ("shares", "custom", "1000", "", ("60", "40"), ("600", "400")),
    ("shares", "pro_rata_nav", "1000", "", (), ("500", "500")),
    ("shares", "pro_rata_holding", "3000", "", (), ("1,500", "1,500")),
    ("notional", "to_target", "500,000", "1", (), ("1,000", "1,000")),
    ("nav_percent", "equal", "1", "", (), ("4,010", "4,010")),
    ("target_weight", "explicit", "", "", ("1", "0.5"), ("3,010", "1,005")),
    ("position_percent", "equal", "50", "", (), ("500", "500")),
)


def open_ticket(page: Page) -> None:
    page.keyboard.press("n")
    page.fill("#t-security", "MSFT.XNAS")
    page.fill("#t-limit", "250")
    page.select_option("#t-size", "shares")
    for fund in ("ALPHA", "BETA"):
        page.check(f"#t-size-{fund}")


def quantity_of(page: Page, fund: str) -> str:
    line = page.locator("dialog .sized tbody tr", has=page.get_by_text(fund, exact=True))
    return line.locator("td").nth(3).inner_text()


def type_size(page: Page, size: tuple[str, str, str, str, tuple[str, ...]]) -> None:
    measure, scheme, value, target, own = size
    page.select_option("#t-size", measure)
    page.select_option("#t-scheme-of", scheme)
    for place, typed in (("#t-value", value), ("#t-target", target)):
        if typed:
            page.fill(place, typed)
        else:
            expect(page.locator(place)).to_be_hidden()
    for fund, typed in zip(("ALPHA", "BETA"), own, strict=False):
        page.fill(f"#t-own-{fund}", typed)


def test_every_measure_and_scheme_shows_what_each_fund_gets(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "pm")
    open_ticket(page)
    for measure, scheme, value, target, own, wanted in SIZES:
        type_size(page, (measure, scheme, value, target, own))
        told = f"{sum(int(one.replace(',', '')) for one in wanted):,} in all"
        expect(page.locator("dialog .size .hint", has_text="in all")).to_contain_text(told)
        found = (quantity_of(page, "ALPHA"), quantity_of(page, "BETA"))
        assert found == wanted, (measure, scheme)
    type_size(page, ("benchmark_percent", "equal", "100", "", ()))
    expect(page.locator("dialog .what-if")).to_contain_text("benchmark")
    assert quantity_of(page, "ALPHA") == ""


def test_a_size_is_entered_as_it_was_typed(node: Node, sign_in: SignIn) -> None:
    page = sign_in(node.base, "pm")
    open_ticket(page)
    type_size(page, ("shares", "custom", "1000", "", ("60", "30")))
    expect(page.locator("dialog .what-if")).to_contain_text("sum to 90, not 100")
    page.get_by_role("button", name="Enter order").click()
    expect(page.locator("#t-own-ALPHA-error")).to_contain_text("sum to 90, not 100")
    page.fill("#t-own-BETA", "40")
    page.fill("#t-minimum", "500")
    expect(page.locator("dialog .sized tbody")).to_contain_text("below the minimum")
    page.get_by_role("button", name="Enter order").click()
    expect(page.locator(".detail h2")).to_have_text("Buy 600 MSFT.XNAS")
    expect(page.locator(".detail")).to_contain_text("1,000 · Shares, for all funds")
    order_id = page.evaluate("location.hash").rpartition("/")[2]
    order = node.as_("pm").get(f"/api/v1/orders/{order_id}").json()
    assert [(leg["fund"], leg["quantity"]) for leg in order["allocations"]] == [("ALPHA", "600")]
    typed = {name: order["sizing"][name] for name in ("measure", "scheme", "value", "minimum")}
    assert typed == {"measure": "shares", "scheme": "custom", "value": "1000", "minimum": "500"}
