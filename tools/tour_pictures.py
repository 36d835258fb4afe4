"""Take the pictures of docs/tour.md from a running demo: `tour_pictures.py [ADDRESS] [FOLDER]`.

Needs Chromium and playwright (extra `test`). Each role signs in with its demo password; the pages
are those that the tour tells of, in light or dark. Before that its people do what the tour tells
of: one waiver waits, another was given, the run after the trade found what came of it, and orders
of two managers are worked together, could be, or could meet. So take them from a demo that has just
begun.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Page, sync_playwright

SIZE: Final = {"width": 1280, "height": 800}
PHONE: Final = {"width": 390, "height": 844}
#: Name of the picture, who, where, and whether it is dark.
PICTURES: Final = (
    ("manager-fund", "pm.growth", "funds/GROWTH", False),
    ("desk-placements", "trader.tom", "desk/placements", True),
    ("desk-blocks", "trader.tom", "desk/blocks", False),
    ("compliance-draft", "officer.olga", "compliance/rules/growth.issuer/1/draft", True),
    ("desk-kill", "risk.rita", "desk/kill", False),
    ("compliance-queue", "officer.olga", "compliance/queue", False),
    ("compliance-breaches", "officer.olga", "compliance/breaches", True),
    ("operations-book", "ops.oscar", "operations/book", False),
    ("auditor-proof", "auditor.aude", "history/proof", True),
)


def sign_in(browser: Browser, address: str, user: str, *, dark: bool) -> Page:
    """A page of the demo with ``user`` signed in."""
    context = browser.new_context(
        viewport=SIZE,  # type: ignore[arg-type]  # a typed dict of playwright's own
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    page.goto(address)
    page.fill("#sign-in-user", user)
    page.fill("#sign-in-password", f"demo-{user}")
    page.keyboard.press("Enter")
    page.locator("#link", has_text="Live").wait_for()
    return page


def take(page: Page, place: str, file: Path) -> None:
    """Show ``place`` and take its picture once nothing loads any more."""
    page.evaluate("place => { location.hash = `#/${place}` }", place)
    loads = "() => /Loading…|Checking…/.test(document.querySelector('main').innerText)"
    page.wait_for_timeout(500)  # for what the address begins to load
    page.wait_for_function(f"() => !({loads})()")
    page.screenshot(path=file)


def take_ticket(page: Page, file: Path) -> None:
    """Take a picture of a ticket by weight, with what each fund would get."""
    page.keyboard.press("n")
    page.fill("#t-security", "ORCL.XNAS")
    page.fill("#t-limit", "15")
    page.select_option("#t-size", "target_weight")
    page.check("#t-size-INDEX")
    page.fill("#t-value", "2")
    page.locator("dialog .what-if .badge").first.wait_for()
    page.screenshot(path=file)


def first(page: Page, path: str) -> str:
    """Id of the newest thing of a list that has one."""
    script = "async path => (await (await fetch(path)).json()).data[0].id"
    found: str = page.evaluate(script, f"/api/v1/{path}")
    return found


def busiest(page: Page) -> str:
    """The order with the most executions: it has the most to show."""
    script = "async () => (await (await fetch('/api/v1/executions?limit=500')).json()).data"
    fills = Counter(order for one in page.evaluate(script) for order in one["order_ids"])
    return str(fills.most_common(1)[0][0])


#: Sends a request as the person who is signed in to the page.
SEND: Final = """async ([path, body]) => {
  const me = await (await fetch("/api/v1/me")).json();
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": me.csrf_token,
    "Idempotency-Key": crypto.randomUUID()};
  const sent = {method: "POST", headers, body: JSON.stringify(body)};
  const answer = await fetch(`/api/v1/${path}`, sent);
  return [answer.status, await answer.text()];
}"""


def send(page: Page, path: str, body: dict[str, object]) -> Any:  # Any: JSON
    """What the server answers to a request of the person of ``page``."""
    status, text = page.evaluate(SEND, [path, body])
    assert status < 300, f"{path}: {text}"
    return json.loads(text)


def until(page: Page, path: str, wanted: str) -> None:
    """Wait until a thing, or the first of a list, has the status ``wanted``."""
    script = """([path, wanted]) => fetch(`/api/v1/${path}`).then(answer => answer.json())
      .then(found => (found.data ? found.data[0]?.status : found.status) === wanted)"""
    page.wait_for_function(script, arg=[path, wanted], polling=500, timeout=60_000)


def held_order(manager: Page, name: str, quantity: str) -> tuple[str, str]:
    """An order above a soft limit, and the waiver that its manager asks for."""
    terms = {
        "client_order_id": f"tour-{name}", "reason": "raise the weight before the results",
        "security": {"scheme": "ticker_mic", "value": "AAPL.XNAS"},
        "side": "buy", "quantity": quantity, "order_type": "limit", "limit_price": "262",
        "time_in_force": "day", "allocations": [{"fund": "GROWTH", "quantity": quantity}],
    }  # fmt: skip
    order = send(manager, "orders", terms)["id"]
    asked = {"order": order, "rule": "growth.issuer", "reason": "until the flow of Friday"}
    return order, send(manager, "waivers", asked)["id"]


def at_market(manager: Page, fund: str, side: str, symbol: str, quantity: str) -> str:
    """A released order at the market for one fund."""
    terms = {
        "client_order_id": f"tour-{symbol}-{fund}", "reason": "the model of this week",
        "security": {"scheme": "ticker_mic", "value": symbol},
        "side": side, "quantity": quantity, "order_type": "market", "time_in_force": "day",
        "allocations": [{"fund": fund, "quantity": quantity}],
    }  # fmt: skip
    order: str = send(manager, "orders", terms)["id"]
    send(manager, f"orders/{order}/release", {})
    return order


def work_together(manager: Page, other: Page, trader: Page) -> None:
    """Leave a block that is half done, two orders that could be one, and two that could meet."""
    block = [at_market(one, fund, "buy", "CSCO.XNAS", "900")
             for one, fund in ((manager, "GROWTH"), (other, "INDEX"))]  # fmt: skip
    merged = send(trader, "blocks", {"orders": block})["id"]
    send(trader, "placements", {"block": merged, "destination": "BROKER_SIM", "quantity": "800"})
    for one, fund in ((manager, "GROWTH"), (other, "INDEX")):
        at_market(one, fund, "buy", "INTC.XNAS", "700")
    at_market(manager, "GROWTH", "buy", "MSFT.XNAS", "400")
    at_market(other, "INDEX", "sell", "MSFT.XNAS", "300")


def live_the_tour(browser: Browser, address: str) -> None:
    """Do what leaves a breach, a waiver that waits, and work for the desk."""
    manager = sign_in(browser, address, "pm.growth", dark=False)
    officer = sign_in(browser, address, "officer.olga", dark=False)
    trader = sign_in(browser, address, "trader.tom", dark=False)
    order, waiver = held_order(manager, "filled", "5000")
    send(officer, f"waivers/{waiver}/approve", {"note": "seen with the manager"})
    send(manager, f"orders/{order}/release", {})
    send(trader, "placements", {"order": order, "destination": "BROKER_SIM", "quantity": "5000"})
    until(manager, f"orders/{order}", "filled")
    send(officer, "compliance/runs", {})
    until(officer, "compliance/runs?limit=1", "finished")
    until(officer, "breaches?limit=1", "open")
    held_order(manager, "waits", "500")
    other = sign_in(browser, address, "pm.index", dark=False)
    work_together(manager, other, trader)
    for page in (manager, officer, trader, other):
        page.context.close()


def main() -> None:
    """Take all."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        live_the_tour(browser, address)
        for name, user, place, dark in PICTURES:
            take(sign_in(browser, address, user, dark=dark), place, folder / f"tour-{name}.png")
        page = sign_in(browser, address, "officer.olga", dark=False)
        breach = first(page, "breaches?limit=1")
        take(page, f"compliance/breaches/{breach}", folder / "tour-compliance-breach.png")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # as above
        take(page, "approvals", folder / "tour-phone.png")
        page = sign_in(browser, address, "pm.growth", dark=False)
        take_ticket(page, folder / "tour-manager-ticket.png")
        page = sign_in(browser, address, "auditor.aude", dark=True)
        take(page, f"history/{busiest(page)}", folder / "tour-auditor-history.png")
        browser.close()


if __name__ == "__main__":
    main()
