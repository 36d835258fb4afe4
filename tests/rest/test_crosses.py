"""Crosses over HTTP: proposed, approved by compliance, shown to each side, reported as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.rest.node import Node, post

Fresh = Callable[[], str]
V1 = "/api/v1"


def released(node: Node, name: str, fund: str, **changes: Any) -> str:
    order = node.create(
        "pm", name, allocations=[{"fund": fund, "quantity": "100"}], **changes
    )  # fmt: skip
    answer = post(node.as_("pm"), f"{V1}/orders/{order['id']}/release", {})
    assert answer.status_code == 200, answer.text
    return str(order["id"])


def wish(node: Node, fresh_id: Fresh, **quote: str) -> dict[str, Any]:
    """A purchase for ALPHA and a sale of BETA, both of MSFT, which BETA holds."""
    msft = {"scheme": "ticker_mic", "value": "MSFT.XNAS"}
    buy = released(node, fresh_id(), "ALPHA", security=msft)
    sell = released(
        node,
        fresh_id(),
        "BETA",
        security=msft,
        side="sell",
        limit_price="249",
    )
    return {
        "buy_order": buy, "sell_order": sell, "quantity": "60", "reason": "both save the spread",
        "quote": {
            "rule": "mid", "bid": "249.99", "ask": "250.02", "source": "consolidated tape",
            "observed_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"), **quote,
        },
    }  # fmt: skip


def test_a_cross_goes_its_way_and_each_sees_his_side(node: Node, fresh_id: Fresh) -> None:
    body = wish(node, fresh_id)
    key = fresh_id()
    made = post(node.as_("trader"), f"{V1}/crosses", body, key=key)
    assert made.status_code == 201, made.text
    cross = made.json()
    assert (cross["status"], cross["price"], cross["commission"]) == ("proposed", "250.005", "0")
    assert post(node.as_("trader"), f"{V1}/crosses", body, key=key).json()["id"] == cross["id"]
    path = f"{V1}/crosses/{cross['id']}"
    assert post(node.as_("trader"), f"{path}/approve", {}).json()["code"] == "not_permitted"
    assert post(node.as_("officer-b"), f"{path}/approve", {}).json()["code"] == "not_permitted"
    done = post(node.as_("officer"), f"{path}/approve", {"note": "fair"}, key=fresh_id())
    assert done.status_code == 200, done.text
    booked = done.json()
    assert (booked["status"], booked["settled_by"]) == ("booked", "officer")
    assert booked["buy"]["funds"] == [{"fund": "ALPHA", "quantity": "60"}]
    for half, order in (("buy", body["buy_order"]), ("sell", body["sell_order"])):
        (placement,) = node.as_("trader").get(f"{V1}/placements?order={order}").json()["data"]
        assert placement["id"] == booked[half]["placement_id"]
        assert (placement["status"], placement["destination"]) == ("filled", "INTERNAL")
        shown = node.as_("pm").get(f"{V1}/orders/{order}").json()
        assert (shown["cum_qty"], shown["leaves_qty"], shown["avg_px"]) == ("60", "40", "250.005")
    mine = node.as_("pm-b").get(path).json()
    assert (mine["buy"], mine["sell"]["order_id"]) == (None, body["sell_order"])
    assert body["buy_order"] not in str(mine)
    assert "ALPHA" not in str(mine)
    (listed,) = node.as_("auditor-b").get(f"{V1}/crosses/recorded?status=booked").json()["data"]
    assert listed["buy"] is None

    day = booked["trade_on"]
    report = f"{V1}/reports/crosses?from={day}&to={day}"
    assert [one["id"] for one in node.as_("risk").get(report).json()["data"]] == [cross["id"]]
    (row,) = csv.DictReader(io.StringIO(node.as_("auditor").get(f"{report}&format=csv").text))
    assert (row["id"], row["quantity"], row["price"]) == (cross["id"], "60", "250.005")

    said = {"reason": "the quote was of another line"}
    assert post(node.as_("trader"), f"{path}/reverse", said).json()["code"] == "not_permitted"
    back = post(node.as_("operations"), f"{path}/reverse", said, key=fresh_id())
    assert back.status_code == 200, back.text
    taken = back.json()
    assert (taken["status"], taken["reversed_by"]) == ("reversed", "operations")
    assert taken["reversed_because"] == said["reason"]
    assert taken["buy"]["funds"] == [{"fund": "ALPHA", "quantity": "60"}]
    shown = node.as_("pm").get(f"{V1}/orders/{body['buy_order']}").json()
    assert (shown["cum_qty"], shown["leaves_qty"]) == ("0", "100")
    (listed,) = node.as_("risk").get(report).json()["data"]
    assert listed["status"] == "reversed", "the review sees what was taken back"
    assert "ALPHA" not in node.as_("auditor-b").get(f"{report}&format=csv").text
    assert node.as_("pm").get(report).status_code == 403
    before = f"{V1}/reports/crosses?from=2001-01-01&to=2001-03-31"
    assert node.as_("risk").get(before).json()["data"] == []
    wrong = node.as_("risk").get(f"{V1}/reports/crosses?from=2001-03-31&to=2001-01-01")
    assert wrong.json()["code"] == "period_invalid"


def test_a_cross_is_refused_by_a_person_and_by_the_clock(node: Node, fresh_id: Fresh) -> None:
    body = wish(node, fresh_id)
    old = (datetime.now(UTC) - timedelta(minutes=16)).isoformat().replace("+00:00", "Z")
    stale = {**body, "quote": {**body["quote"], "observed_at": old}}
    answer = post(node.as_("trader"), f"{V1}/crosses", stale, key=fresh_id())
    assert (answer.status_code, answer.json()["code"]) == (409, "cross_price_stale")
    assert answer.json()["errors"][0]["pointer"] == "/quote/observed_at"
    made = post(node.as_("trader"), f"{V1}/crosses", body, key=fresh_id()).json()
    path = f"{V1}/crosses/{made['id']}"
    said = post(node.as_("officer"), f"{path}/refuse", {"reason": "one-sided"})
    assert (said.json()["status"], said.json()["note"]) == ("refused", "one-sided")
    again = post(node.as_("officer"), f"{path}/approve", {})
    assert (again.status_code, again.json()["code"]) == (409, "cross_settled")
    assert node.as_("pm").get(f"{V1}/crosses/crs_none").status_code == 404
