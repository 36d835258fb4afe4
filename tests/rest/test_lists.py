"""Lists: every page once, the filters, and what a person of few funds gets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.rest.node import Node, order_body, post

Fresh = Callable[[], str]
ORDERS = "/api/v1/orders"


def every(_number: int) -> bool:
    return True


def no(_number: int) -> bool:
    return False


def pages(node: Node, user: str, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Follow `next` to the end."""
    after: str | None = None
    while True:
        asked = {**query, **({"after": after} if after else {})}
        answer = node.as_(user).get(path, params=asked)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        assert page["has_more"] == (page["next"] is not None)
        yield page["data"]
        after = page["next"]
        if after is None:
            return


def all_of(node: Node, user: str, path: str, **query: Any) -> list[dict[str, Any]]:
    """Every row of a list."""
    return [row for page in pages(node, user, path, **query) for row in page]


@pytest.fixture(scope="module")
def some(node: Node) -> list[dict[str, Any]]:
    """Thirty orders of both funds."""
    bodies = []
    for number in range(30):
        fund = "ALPHA" if number % 3 else "BETA"
        bodies.append(
            order_body(
                f"list-{number:03d}",
                security={
                    "scheme": "ticker_mic",
                    "value": "MSFT.XNAS" if number % 2 else "AAPL.XNAS",
                },
                allocations=[{"fund": fund, "quantity": "100"}],
                reason=f"case {'odd' if number % 2 else 'even'} {number}",
                submit=number % 5 != 0,
            )
        )
    answer = post(node.as_("pm"), f"{ORDERS}:batch", {"orders": bodies}, key="list-batch")
    lines: list[dict[str, Any]] = answer.json()["data"]
    assert [line["status"] for line in lines] == ["accepted"] * 30
    return lines


def test_pages_show_every_order_once_newest_first(node: Node, some: list[Any]) -> None:
    whole = [row["id"] for row in all_of(node, "pm", ORDERS, limit=500)]
    assert whole == sorted(whole, reverse=True)
    assert set(whole) >= {line["id"] for line in some}
    for limit in (1, 7, len(whole)):
        assert [row["id"] for row in all_of(node, "pm", ORDERS, limit=limit)] == whole
    oldest = [row["id"] for row in all_of(node, "pm", ORDERS, limit=11, sort="created_at")]
    assert oldest == whole[::-1]


@pytest.mark.parametrize("sort", ["-updated_at", "updated_at"])
def test_pages_by_last_change_are_in_order_of_seq(node: Node, some: list[Any], sort: str) -> None:
    rows = all_of(node, "pm", ORDERS, limit=7, sort=sort)
    seqs = [row["seq"] for row in rows]
    assert seqs == sorted(seqs, reverse=sort.startswith("-"))
    assert {row["id"] for row in rows} >= {line["id"] for line in some}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"text": "odd"}, lambda n: n % 2 == 1),
        ({"text": "LIST-01"}, lambda n: 10 <= n < 20),
        ({"security": "MSFT"}, lambda n: n % 2 == 1),
        ({"security": "US5949181045"}, lambda n: n % 2 == 1),
        ({"security": "sec_msft"}, lambda n: n % 2 == 1),
        ({"fund": "BETA"}, lambda n: n % 3 == 0),
        ({"status": "draft"}, lambda n: n % 5 == 0),
        ({"status": "draft,approved"}, every),
        ({"status": "draft", "fund": "BETA"}, lambda n: n % 15 == 0),
        ({"status": "draft", "security": "MSFT"}, lambda n: n % 10 == 5),
        ({"status": "filled"}, no),
        ({"side": "sell"}, no),
        ({"portfolio_manager": "pm"}, every),
        ({"trader": "nobody"}, no),
        ({"broker": "BROKER_SIM"}, no),
        ({"live": "true"}, every),
        ({"client_order_id": "list-007"}, lambda n: n == 7),
        ({"security": "NOTHING"}, no),
    ],
)
def test_filters_narrow(
    node: Node, some: list[Any], query: dict[str, str], expected: Callable[[int], bool]
) -> None:
    rows = all_of(node, "pm", ORDERS, limit=4, **query)
    names = {r["client_order_id"] for r in rows if r["client_order_id"].startswith("list-")}
    assert names == {f"list-{n:03d}" for n in range(30) if expected(n)}
    assert len({row["id"] for row in rows}) == len(rows)


def test_updated_after_finds_what_changed_since(node: Node, fresh_id: Fresh) -> None:
    before = node.create("pm", fresh_id())
    after = node.create("pm", fresh_id())
    rows = all_of(node, "pm", ORDERS, updated_after=before["updated_at"], limit=3)
    ids = [row["id"] for row in rows]
    assert after["id"] in ids
    assert before["id"] not in ids
    assert all_of(node, "pm", ORDERS, updated_after="2100-01-01T00:00:00Z") == []


@pytest.mark.parametrize("query", [{}, {"status": "approved"}, {"text": "case"}, {"limit": 3}])
def test_a_person_of_one_fund_lists_only_its_orders(
    node: Node, some: list[Any], query: dict[str, Any]
) -> None:
    rows = all_of(node, "pm-b", ORDERS, **query)
    assert rows
    for row in rows:
        assert [leg["fund"] for leg in row["allocations"]] == ["BETA"]


def test_a_person_without_funds_lists_nothing(node: Node, some: list[Any]) -> None:
    for path in ("orders", "placements", "positions", "cash", "executions", "allocations"):
        assert all_of(node, "admin", f"/api/v1/{path}") == [], path


def test_a_cursor_of_another_list_is_refused(node: Node, some: list[Any]) -> None:
    by_change = node.as_("pm").get(ORDERS, params={"limit": 1, "sort": "-updated_at"}).json()
    answer = node.as_("pm").get(ORDERS, params={"limit": 1, "after": by_change["next"]})
    assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")


def test_the_book_and_reference_lists_page_too(node: Node) -> None:
    for path in ("positions", "cash", "funds", "securities", "prices", "destinations"):
        whole = all_of(node, "trader", f"/api/v1/{path}")
        assert whole, path
        assert all_of(node, "trader", f"/api/v1/{path}", limit=1) == whole


def test_every_row_has_an_id_a_version_and_a_seq(node: Node, some: list[Any]) -> None:
    for path in ("orders", "positions", "cash", "funds", "securities", "destinations"):
        for row in all_of(node, "trader", f"/api/v1/{path}"):
            assert row["id"]
            assert isinstance(row["version"], int)
            assert isinstance(row["seq"], int)


def test_loads_are_tried_out_and_then_done(node: Node, fresh_id: Fresh) -> None:
    operations, code = node.as_("operations"), fresh_id()
    body = {"funds": [{"code": code, "name": "New", "currency": "EUR"}]}
    tried = post(operations, "/api/v1/funds?dry_run=true", body)
    assert (tried.status_code, tried.json()["rows"]) == (200, 1)
    assert operations.get(f"/api/v1/funds/{code}").status_code == 404
    assert post(operations, "/api/v1/funds", body).status_code == 200
    assert operations.get(f"/api/v1/funds/{code}").json()["currency"] == "EUR"


def test_prices_name_securities_by_identifier(node: Node) -> None:
    price = {"price": "251.5", "as_of": "2026-01-06"}
    named = {"security": {"scheme": "isin", "value": "US0378331005"}, **price}
    unknown = {"security": {"scheme": "isin", "value": "US0000000000"}, **price}
    operations = node.as_("operations")
    assert post(operations, "/api/v1/prices", {"prices": [named]}).status_code == 200
    refused = post(operations, "/api/v1/prices", {"prices": [named, unknown]})
    assert refused.json()["errors"] == [
        {
            "pointer": "/prices/1/security",
            "code": "security_unknown",
            "detail": "no security has this isin",
            "value": "US0000000000",
        }
    ]
    shown = all_of(node, "pm", "/api/v1/prices")
    assert {row["id"]: row["price"] for row in shown}["sec_aapl"] == "251.5"
