"""Breaks in a browser: what moves money is asked for by one person and let go by another."""

from __future__ import annotations

import itertools
import re
import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.rest.node import Node, post, running_node
from tests.web.conftest import SignIn
from tradeoms.app.wire import Frame, Hello, Splitter, Watermark, Welcome, pack, tag_report, unpack
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.kernel.enums import OrdStatus, Side

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
_ROWS = itertools.count(1)
#: Asks for something as the person who is signed in, past the buttons of the page.
_POST = """async ([path, body]) => {
  const me = await (await fetch("/api/v1/me")).json();
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": me.csrf_token};
  const answer = await fetch(path, {method: "POST", headers, body: JSON.stringify(body)});
  return [answer.status, (await answer.json()).detail];
}"""


@pytest.fixture(scope="module")
def house(pages: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: its only breaks are those of a test."""
    with running_node(tmp_path_factory.mktemp("breaks")) as node:
        yield node


def say(node: Node, report: ReportPlacement) -> None:
    """Tell the engine what a counterparty reports, as its gateway does."""
    token = node.settings.token_file.read_text().strip()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as link:
        link.settimeout(30)
        link.connect(str(node.settings.socket))
        link.sendall(pack(Hello(role="cli", name="test", token=token, build="")))
        said = _heard(link)
        welcome = next(said)
        assert isinstance(welcome, Welcome)
        row = next(_ROWS)
        link.sendall(
            pack(Frame(session="BROKER_SIM", epoch=1, row=row, reports=(tag_report(report),)))
        )
        assert next(said) == Watermark(session="BROKER_SIM", epoch=1, row=row)


def _heard(link: socket.socket) -> Iterator[Any]:
    splitter = Splitter()
    while data := link.recv(1 << 20):
        yield from map(unpack, splitter.feed(data))


def stray(exec_id: str) -> ReportPlacement:
    """An execution of 300 AAPL for an order that nobody knows."""
    return ReportPlacement(
        session="BROKER_SIM", row=0, kind=ReportKind.FILL, cl_ord_id=f"NOT-OURS-{exec_id}",
        exec_id=exec_id, symbol="AAPL", side=Side.BUY, last_qty=Decimal(300),
        last_px=Decimal("249.5"), raw=f"8=FIX.4.4|35=8|17={exec_id}|55=AAPL|54=1|32=300|31=249.5|",
    )  # fmt: skip


def placed(node: Node, name: str) -> tuple[str, str]:
    """An order of 1,000 AAPL with the desk and its placement, which has filled nothing."""
    legs = [{"fund": "ALPHA", "quantity": "1000"}]
    order = str(node.create("pm", name, quantity="1000", allocations=legs)["id"])
    released = post(node.as_("pm"), f"/api/v1/orders/{order}/release", {})
    assert released.status_code == 200, released.text
    body = {"order": order, "destination": "BROKER_SIM", "quantity": "1000", "manual": True}
    answer = post(node.as_("trader"), "/api/v1/placements", body, key=f"{name}-place")
    assert answer.status_code == 201, answer.text
    return order, str(answer.json()["id"])


def break_of(page: Page) -> Locator:
    """The row of the only open break."""
    row = page.get_by_role("region", name="Breaks", exact=True).get_by_role(
        "row", name=re.compile("^Open ")
    )
    expect(row).to_have_count(1)
    return row


def ask_to_attach(page: Page, placement: str) -> None:
    """Ask that the break's trade is booked to a placement."""
    break_of(page).get_by_role("button", name="Resolve").click()
    page.fill("#break-resolution", "the broker lost our number")
    page.select_option("#break-action", "attach")
    page.fill("#break-placement", placement)
    page.locator("dialog").get_by_role("button", name="Do it").click()
    expect(page.locator(".toast", has_text="It stays open until it is done.")).to_be_visible()


def filled(node: Node, order: str) -> str:
    return str(node.as_("auditor").get(f"/api/v1/orders/{order}").json()["cum_qty"])


def test_a_trade_is_booked_only_when_another_person_agrees(house: Node, sign_in: SignIn) -> None:
    order, placement = placed(house, "breaks-attach")
    say(house, stray("E1"))
    page = sign_in(house.base, "operations", at="#/operations/breaks")
    ask_to_attach(page, placement)
    mine = break_of(page)
    expect(mine).to_contain_text("asked for by operations: another person decides")
    expect(mine.get_by_role("button", name="Approve")).to_have_count(0)
    mine.focus()
    page.keyboard.press("a")
    expect(page.locator("dialog")).to_have_count(0)
    (found,) = house.as_("operations").get("/api/v1/breaks?status=open").json()["data"]
    path = f"/api/v1/breaks/{found['id']}/approve"
    told = page.evaluate(_POST, [path, {"reason": "myself"}])
    assert told == [403, "another person must approve what you have asked for"]
    assert filled(house, order) == "0"

    other = sign_in(house.base, "risk", at="#/desk/breaks")
    break_of(other).focus()
    other.keyboard.press("a")
    expect(other.locator("dialog")).to_contain_text("operations asks to attach")
    other.fill("#break-reason", "agreed with the broker")
    other.keyboard.press("Enter")
    expect(other.locator(".toast", has_text="It goes ahead.")).to_be_visible()
    expect(page.get_by_role("region", name="Breaks", exact=True)).to_contain_text("Resolved")
    assert filled(house, order) == "300"


def test_a_fill_that_never_came_is_added_by_two_people(house: Node, sign_in: SignIn) -> None:
    order, placement = placed(house, "breaks-adjust")
    cl_ord_id = house.as_("auditor").get(f"/api/v1/placements/{placement}").json()["cl_ord_id"]
    say(
        house,
        ReportPlacement(
            session="BROKER_SIM", row=0, kind=ReportKind.STATUS, cl_ord_id=cl_ord_id,
            ord_status=OrdStatus.PARTIALLY_FILLED, cum_qty=Decimal(200), raw="8=FIX.4.4|14=200|",
        ),
    )  # fmt: skip
    page = sign_in(house.base, "operations", at="#/operations/breaks")
    break_of(page).get_by_role("button", name="Resolve").click()
    expect(page.locator("#break-quantity")).to_be_hidden()
    page.fill("#break-resolution", "their desk read it to us")
    page.select_option("#break-action", "adjust")
    page.fill("#break-placement", placement)
    page.fill("#break-quantity", "200")
    page.fill("#break-price", "249.5")
    page.fill("#break-exec-id", "E9")
    page.locator("dialog").get_by_role("button", name="Do it").click()
    expect(page.locator(".toast", has_text="It stays open until it is done.")).to_be_visible()
    assert filled(house, order) == "0"

    other = sign_in(house.base, "risk", at="#/desk/breaks")
    break_of(other).get_by_role("button", name="Approve").click()
    expect(other.locator("dialog")).to_contain_text("E9: 200 at 249.5")
    other.fill("#break-reason", "heard the recording")
    other.locator("dialog").get_by_role("button", name="Approve").click()
    expect(other.locator(".toast", has_text="It goes ahead.")).to_be_visible()
    assert filled(house, order) == "200"


def test_what_another_person_refuses_moves_nothing(house: Node, sign_in: SignIn) -> None:
    order, placement = placed(house, "breaks-refused")
    say(house, stray("E2"))
    page = sign_in(house.base, "operations", at="#/operations/breaks")
    ask_to_attach(page, placement)
    other = sign_in(house.base, "risk", at="#/desk/breaks")
    break_of(other).get_by_role("button", name="Refuse").click()
    other.fill("#break-reason", "the broker took it back")
    other.locator("dialog").get_by_role("button", name="Refuse").click()
    expect(
        other.locator(".toast", has_text="It was refused; the break stays open.")
    ).to_be_visible()
    expect(break_of(page)).not_to_contain_text("another person decides")
    assert filled(house, order) == "0"
