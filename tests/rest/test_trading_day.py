"""The trading day over HTTP: a node begins it, and what was good for the old day is over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.rest.node import Node, post
from tradeoms.bootstrap import reader
from tradeoms.projections.load import load_live

Fresh = Callable[[], str]
V1 = "/api/v1"
PATH = f"{V1}/trading-day"


def today() -> date:
    return datetime.now(UTC).date()


def orders_in_memory(node: Node) -> set[str]:
    """What an engine that starts now takes into memory."""
    database = reader(node.settings)
    try:
        with database.connect() as link:
            return set(load_live(link).orders)
    finally:
        database.dispose()


def test_a_day_begins_once_and_ends_the_orders_of_the_day_before(
    node: Node, fresh_id: Fresh
) -> None:
    before = node.as_("auditor").get(PATH).json()
    assert before == {"trade_on": None, "seq": 0}
    open_, closed, lasting = (
        node.create("pm", fresh_id(), **more)
        for more in ({}, {}, {"time_in_force": "gtc"})
    )  # fmt: skip
    ended = post(node.as_("pm"), f"{V1}/orders/{closed['id']}/cancel", {"reason": "x"})
    assert ended.status_code == 202, ended.text
    assert {open_["id"], closed["id"], lasting["id"]} <= orders_in_memory(node)
    body, key = {"trade_on": today().isoformat()}, fresh_id()
    done = post(node.as_("operations"), PATH, body, key=key)
    assert done.status_code == 200, done.text
    assert (done.json()["trade_on"], done.json()["expired"]) == (body["trade_on"], 1)
    assert post(node.as_("operations"), PATH, body, key=key).json() == done.json()
    now = node.as_("auditor").get(PATH).json()
    assert now == {"trade_on": body["trade_on"], "seq": done.json()["seq"]}
    statuses = {
        one["id"]: node.as_("pm").get(f"{V1}/orders/{one['id']}").json()["status"]
        for one in (open_, closed, lasting)
    }
    assert statuses[open_["id"]] == "expired"
    assert statuses[closed["id"]] == "canceled"
    assert statuses[lasting["id"]] == lasting["status"]
    assert orders_in_memory(node) == {lasting["id"]}
    again = post(node.as_("operations"), PATH, body)
    assert (again.status_code, again.json()["code"]) == (422, "day_not_later")


def test_a_day_of_the_wrong_year_ends_nothing(node: Node, fresh_id: Fresh) -> None:
    order = node.create("pm", fresh_id())
    wrong = {"trade_on": today().replace(year=today().year + 36, day=1).isoformat()}
    before = node.as_("auditor").get(PATH).json()
    refused = post(node.as_("operations"), PATH, wrong)
    assert (refused.status_code, refused.json()["code"]) == (422, "day_too_far")
    assert node.as_("auditor").get(PATH).json() == before
    assert node.as_("pm").get(f"{V1}/orders/{order['id']}").json()["status"] == order["status"]


@pytest.mark.parametrize("body", [{}, {"trade_on": "tomorrow"}, {"trade_on": "2026-02-30"}])
def test_what_is_no_day_is_refused(node: Node, body: dict[str, str]) -> None:
    assert post(node.as_("operations"), PATH, body).status_code == 422


def test_only_operations_and_admins_begin_a_day(node: Node) -> None:
    tomorrow = {"trade_on": (today() + timedelta(days=1)).isoformat()}
    assert post(node.as_("trader"), PATH, tomorrow).status_code == 403
    assert post(node.as_("admin"), PATH, tomorrow).status_code == 200
