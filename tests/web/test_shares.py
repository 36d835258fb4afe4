"""Shares in a browser: marked, and without buttons for what only who sees the whole may do."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.rest.node import Node
from tests.rest.test_blocks import ask, merged
from tests.web.conftest import SignIn

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_share_is_marked_and_cannot_be_acted_on(node: Node, sign_in: SignIn) -> None:
    block, _, two = merged(node, "web-shares")
    body = {"block": block["id"], "destination": "BROKER_SIM", "quantity": "450", "manual": True}
    placement = ask(node, "/placements", body, 201, key="web-shares")["id"]
    told = {"quantity": "90", "price": "250"}
    ask(node, f"/placements/{placement}/executions", told, 201, key="web-shares-x")
    told = {"quantity": "33", "price": "25005"}
    ask(node, f"/placements/{placement}/executions", told, 201, key="web-shares-y")
    for user, mark, buttons in (("trader", "450", 1), ("trader-b", "150 (your share)", 0)):
        page = sign_in(node.base, user, at="#/desk/placements")
        expect(page.get_by_role("cell", name=mark, exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(buttons)
    page.goto(f"{node.base}/#/desk/blocks")
    expect(page.get_by_role("cell", name="300 (your share)", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Unmerge")).to_have_count(0)
    page.goto(f"{node.base}/#/desk/breaks")
    expect(page.get_by_role("cell", name="Price mismatch")).to_be_visible()
    expect(page.get_by_role("button", name="Resolve")).to_have_count(0)
    page.goto(f"{node.base}/#/history/{two}")
    expect(page.get_by_text("30 of 300")).to_be_visible()
    expect(page.get_by_text("Our fills")).to_be_visible()
