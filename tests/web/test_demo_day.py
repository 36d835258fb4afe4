"""A new user's first order in the live demo: typed, released, placed, filled by the simulator."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(420)]
STARTS_WITHIN_S = 240  # 20 s on an idle machine with two cores
_SAID = "blotter in the browser:"


@pytest.fixture
def demo(pages: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a running demo."""
    told = tmp_path / "said"
    command = [sys.executable, "-m", "tradeoms", "demo", "--port", "0"]
    with told.open("wb") as out:
        process = subprocess.Popen(
            [*command, "--folder", tmp_path / "demo"], stdout=out, stderr=out,
            env={**os.environ, "NO_COLOR": "1"},
        )  # fmt: skip
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while _SAID not in told.read_text():
            assert process.poll() is None, told.read_text()
            assert time.monotonic() < deadline, told.read_text()
            time.sleep(0.2)
        yield told.read_text().split(_SAID)[1].split()[0]
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_a_new_user_reaches_a_filled_order(demo: str, sign_in: SignIn) -> None:
    manager = sign_in(demo, "pm.growth", password="demo-pm.growth")
    manager.keyboard.press("b")
    manager.keyboard.type("b 200 MSFT @31 gtc GROWTH")
    expect(manager.locator(".order-line .badge")).to_be_visible()
    manager.keyboard.press("Enter")
    expect(manager.locator(".detail .badge").first).to_contain_text("Approved")
    manager.locator(".detail .actions button", has_text="Release").click()
    manager.keyboard.press("Enter")
    expect(manager.locator(".detail .badge").first).to_contain_text("Released")

    order = manager.evaluate("location.hash")
    trader = sign_in(demo, "trader.tom", password="demo-trader.tom", at=order)
    trader.locator(".detail .actions button", has_text="Place").click()
    trader.select_option("#place-destination", "BROKER_SIM")
    trader.locator("dialog button.primary").click()

    for page in (trader, manager):
        expect(page.locator(".detail .badge").first).to_contain_text("Filled", timeout=30_000)
    expect(manager.locator(".detail section[aria-label=Executions] tbody tr")).not_to_have_count(0)
