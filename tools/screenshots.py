"""Take the pictures of docs/images from a running demo: `tools/screenshots.py http://127.0.0.1:8000`."""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs/images"


def order_line(page: Page) -> None:
    """An order that is typed, and what compliance would say."""
    page.fill("#order-line", "b 6000 AAPL @250 gtc GROWTH,LONGSHORT")
    page.locator(".order-line .badge").wait_for()


def order_in_full(page: Page) -> None:
    """An order beside the grid."""
    page.locator(".slick-pane-left .slick-row").nth(3).click()
    page.keyboard.press("Enter")
    page.locator(".detail section[aria-label=Events] li").first.wait_for()


def ticket(page: Page) -> None:
    """A ticket that compliance would stop."""
    page.keyboard.press("n")
    page.fill("#t-quantity", "90000")
    page.fill("#t-security", "AAPL.XNAS")
    page.fill("#t-limit", "250")
    page.locator("dialog .verdicts li").first.wait_for()


PICTURES: tuple[tuple[str, str, str, Callable[[Page], None]], ...] = (
    ("orders-light", "pm.growth", "light", order_line),
    ("orders-dark", "pm.growth", "dark", order_line),
    ("order-dark", "trader.tom", "dark", order_in_full),
    ("ticket-light", "pm.growth", "light", ticket),
)


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="where the demo runs")
    address = parser.parse_args().address
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        for name, user, scheme, arrange in PICTURES:
            size = {"width": 1320, "height": 680}
            context = browser.new_context(viewport=size, color_scheme=scheme)  # type: ignore[arg-type]  # literal
            page = context.new_page()
            page.goto(address)
            page.fill("#sign-in-user", user)
            page.fill("#sign-in-password", f"demo-{user}")
            page.keyboard.press("Enter")
            page.locator(".slick-row").first.wait_for()
            page.wait_for_timeout(1500)  # until nothing flashes
            arrange(page)
            page.wait_for_timeout(300)
            page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
