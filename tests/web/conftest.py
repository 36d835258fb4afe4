"""Chromium, the pages as they are built, and people who are signed in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.rest.node import PASSWORD, Node, running_node

ROOT = Path(__file__).parent.parent.parent
#: The browser says so of a request that the server refuses; the page shows it to the person.
_EXPECTED = ("Failed to load resource",)

expect.set_options(timeout=15_000)

SignIn = Callable[..., Page]


@pytest.fixture(scope="session")
def pages() -> Path:
    """The folder of the built pages, which are those of the sources."""
    built = subprocess.run(
        [sys.executable, ROOT / "tools/web_build.py"], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    return ROOT / "src/tradeoms/web/static"


@pytest.fixture(scope="module")
def chromium(pages: Path) -> Iterator[Browser]:
    """A browser, for one file: its event loop would be in the way of other tests."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    assert found is not None, "no Chromium: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def node(pages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A running node on SQLite, without gateways."""
    with running_node(tmp_path_factory.mktemp("web")) as running:
        yield running


@pytest.fixture
def sign_in(chromium: Browser) -> Iterator[SignIn]:
    """Open the pages as a person. Whatever a page throws or the policy refuses fails the test."""
    opened = []
    wrong: list[str] = []

    def open_as(
        base: str, user: str, *, password: str = PASSWORD, at: str = "", dark: bool = False
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": 1500, "height": 850}, color_scheme="dark" if dark else "light"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"], origin=base)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{base}/{at}")
        page.fill("#sign-in-user", user)
        page.fill("#sign-in-password", password)
        page.keyboard.press("Enter")
        page.locator("#link", has_text="Live").wait_for()
        return page

    yield open_as
    for context in opened:
        context.close()
    assert [text for text in wrong if not text.startswith(_EXPECTED)] == []
