"""Take the pictures of docs/tour.md from a running demo: `tour_pictures.py [ADDRESS] [FOLDER]`.

Needs Chromium and playwright (extra `test`). Each role signs in with its demo password; the pages
are those that the tour tells of, in light or dark.
"""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import Final

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
    loads = "() => document.querySelector('main').innerText.includes('Loading…')"
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
    """Id of the newest thing of a list; the demo has one of each."""
    script = "async path => (await (await fetch(path)).json()).data[0].id"
    found: str = page.evaluate(script, f"/api/v1/{path}")
    return found


def busiest(page: Page) -> str:
    """The order with the most executions: it has the most to show."""
    script = "async () => (await (await fetch('/api/v1/executions?limit=500')).json()).data"
    fills = Counter(order for one in page.evaluate(script) for order in one["order_ids"])
    return str(fills.most_common(1)[0][0])


def main() -> None:
    """Take all."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000"
    folder = Path(sys.argv[2] if len(sys.argv) > 2 else "docs/images")
    folder.mkdir(parents=True, exist_ok=True)
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
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
