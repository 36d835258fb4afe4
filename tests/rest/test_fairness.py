"""The report of fairness over HTTP: its figures, who may ask, and what is not theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
import sqlalchemy as sa

from tests.rest.node import Node, post, running_node

V1: Final = "/api/v1"
_AAPL: Final = {"scheme": "ticker_mic", "value": "AAPL.XNAS"}
Json = dict[str, Any]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node where nobody else trades."""
    with running_node(tmp_path_factory.mktemp("fairness")) as running:
        yield running


@pytest.fixture(scope="module")
def today(own: Node) -> date:
    """The day on which they traded."""
    return _trade(own)


def _trade(own: Node) -> date:
    """Let ALPHA and BETA buy in a block at 247 and 251.5, and BETA alone at 248, today."""
    on = datetime.now(UTC).date()
    one = _released(own, "one", "ALPHA", 600)
    two = _released(own, "two", "BETA", 300)
    three = _released(own, "three", "BETA", 1000, instructions="another desk")
    block = _ask(own, "/blocks", {"orders": [one, two]})["id"]
    _execute(own, {"block": block, "quantity": "900"}, ("10", "247"), ("80", "251.5"))
    _execute(own, {"order": three, "quantity": "500"}, ("90", "248"))
    for price, day in (("250", on), ("251", on), ("300", on + timedelta(days=1))):
        mark = {"security": _AAPL, "price": price, "as_of": day.isoformat()}
        answer = post(own.as_("operations"), f"{V1}/prices", {"prices": [mark]})
        assert answer.status_code == 200, answer.text
    return on


def _ask(own: Node, path: str, body: Json, user: str = "trader") -> Json:
    answer = post(own.as_(user), f"{V1}{path}", body, key=f"{path}{body}"[:200].replace(" ", ""))
    assert answer.status_code < 300, answer.text
    found: Json = answer.json()
    return found


def _released(own: Node, name: str, fund: str, quantity: int, **changes: str) -> str:
    legs = [{"fund": fund, "quantity": str(quantity)}]
    order = own.create(
        "pm", name, quantity=str(quantity), allocations=legs, limit_price="255", **changes
    )
    _ask(own, f"/orders/{order['id']}/release", {}, "pm")
    return str(order["id"])


def _execute(own: Node, what: Json, *told: tuple[str, str]) -> None:
    placement = _ask(own, "/placements", {**what, "destination": "BROKER_SIM", "manual": True})
    for quantity, price in told:
        body = {"quantity": quantity, "price": price}
        _ask(own, f"/placements/{placement['id']}/executions", body)


def _report(own: Node, user: str, since: object, until: object) -> httpx.Response:
    period = {"from": str(since), "to": str(until)}
    return own.as_(user).get(f"{V1}/reports/fairness", params=period)


def _near(own: Node, user: str, today: date) -> Json:
    """The report of the days around; midnight may have passed since the trades."""
    answer = _report(own, user, today - timedelta(days=1), today + timedelta(days=1))
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_prices_are_told_against_the_house(own: Node, today: date) -> None:
    """The block's 90 cost 251, BETA's own 90 cost 248: the house 249.5, of which 1.5 are 60.12.

    ALPHA gets 7 of the block's 10 and 53 of its 80, and pays no other price than BETA.
    """
    (market,) = _near(own, "officer", today)["markets"]
    assert (market["security"]["value"], market["side"]) == ("AAPL.XNAS", "buy")
    assert market["price"] == "249.5"
    served = {(one["fund"], one["quantity"]): one for one in market["orders"]}
    alpha, beta = served["ALPHA", "60"], served["BETA", "30"]
    assert {alpha["price"], beta["price"]} == {"251"}
    assert {alpha["difference_bps"], beta["difference_bps"]} == {"60.1202"}
    assert served["BETA", "90"]["difference_bps"] == "-60.1202"
    assert (alpha["fills"], alpha["stated"], alpha["filled"]) == (2, "600", "0.1")
    assert served["BETA", "90"]["order_filled"] == "0.09"
    assert alpha["block_id"] == beta["block_id"]
    assert Decimal(alpha["seconds_to_last"]) > Decimal(alpha["seconds_to_first"]) > 0
    funds = {one["name"]: one for one in market["funds"]}
    assert (funds["BETA"]["price"], funds["BETA"]["difference_bps"]) == ("248.75", "-30.0601")
    assert market["portfolio_managers"][0]["difference_bps"] == "0"


def test_totals_count_fills_and_what_could_be_compared(own: Node, today: date) -> None:
    found = _near(own, "risk", today)
    told = [
        (one["name"], one["currency"], one["fills"], one["compared"], one["mean_bps"])
        for one in (*found["funds"], *found["portfolio_managers"])
    ]
    assert told == [
        ("ALPHA", "USD", 2, 1, "60.1202"), ("BETA", "USD", 3, 1, "-30.0601"),
        ("pm", "USD", 5, 0, None),
    ]  # fmt: skip
    assert not any(one["unusual"] for one in found["funds"])


def test_the_first_day_is_told_at_the_mark_of_that_day(own: Node, today: date) -> None:
    (market,) = _near(own, "auditor", today)["markets"]
    funds = {one["name"]: one["first_day_bps"] for one in market["funds"]}
    if market["trade_on"] != today.isoformat():
        assert funds == {"ALPHA": None, "BETA": None}
        return
    assert funds == {"ALPHA": "0", "BETA": "90.4523"}  # 2.25 / 248.75


def test_other_funds_are_not_shown(own: Node, today: date) -> None:
    found = _near(own, "auditor-b", today)
    (market,) = found["markets"]
    assert market["price"] == "249.5"
    assert "ALPHA" not in str(found)
    assert [one["quantity"] for one in market["portfolio_managers"]] == ["120"]


@pytest.mark.parametrize("user", ["pm", "trader", "admin"])
def test_not_everyone_may_ask(own: Node, user: str) -> None:
    assert _report(own, user, "2026-01-01", "2026-01-31").status_code == 403


@pytest.mark.parametrize("user", ["officer", "risk", "auditor", "operations"])
def test_a_period_without_executions_is_empty(own: Node, today: date, user: str) -> None:
    for since, until in (("2020-01-01", "2020-12-31"), (today + timedelta(days=7),) * 2):
        answer = _report(own, user, since, until)
        assert (answer.status_code, answer.json()) == (
            200,
            {
                "from": str(since), "to": str(until), "funds": [], "portfolio_managers": [],
                "markets": [],
            },
        )  # fmt: skip


@pytest.mark.parametrize(
    ("since", "until", "code"),
    [
        ("2026-02-01", "2026-01-31", "period_invalid"),
        ("2024-12-31", "2026-01-01", "period_invalid"),
        ("2026-02-30", "2026-03-01", ""),
        ("", "2026-03-01", ""),
    ],
)
def test_what_is_no_period_is_refused(own: Node, since: str, until: str, code: str) -> None:
    answer = _report(own, "officer", since, until)
    assert answer.status_code == 422, answer.text
    assert code in answer.json()["code"]


@pytest.mark.postgres
@pytest.mark.slow
def test_the_same_is_told_on_postgresql(tmp_path: Path, postgres_url: sa.URL) -> None:
    url = postgres_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with running_node(tmp_path, url) as running:
        on = _trade(running)
        test_prices_are_told_against_the_house(running, on)
        test_other_funds_are_not_shown(running, on)


def test_without_days_the_report_ends_on_the_trading_day(own: Node, today: date) -> None:
    answer = own.as_("officer").get(f"{V1}/reports/fairness").json()
    first = today - timedelta(days=30)
    assert (answer["from"], answer["to"]) == (first.isoformat(), today.isoformat())
    assert answer["funds"]
