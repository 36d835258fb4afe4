"""Lists as CSV: all of it, only what one may see, and nothing that a spreadsheet runs (A11)."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.rest.node import Node, key_of, post
from tests.rest.test_lists import ORDERS, all_of, some

__all__ = ("some",)  # the fixture of thirty orders

KEYED = 600


def exported(node: Node, user: str, path: str, **query: Any) -> list[dict[str, str]]:
    answer = node.as_(user).get(path, params={**query, "format": "csv"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


@pytest.mark.usefixtures("some")
@pytest.mark.parametrize("user", ["pm", "pm-a", "auditor-b"])
def test_an_export_is_the_whole_list_and_no_more(node: Node, user: str) -> None:
    listed = all_of(node, user, ORDERS, limit=7)
    found = exported(node, user, ORDERS, limit=2)
    assert [row["id"] for row in found] == [row["id"] for row in listed]
    assert [row["quantity"] for row in found] == [row["quantity"] for row in listed]
    assert set(found[0]) == set(listed[0])
    odd = exported(node, user, ORDERS, text="case odd")
    assert 0 < len(odd) < len(found)


def test_an_export_is_asked_for_by_name_or_by_accept(node: Node) -> None:
    client = node.as_("auditor")
    by_accept = client.get("/api/v1/funds", headers={"Accept": "text/csv"})
    assert by_accept.text == client.get("/api/v1/funds?format=csv").text
    assert by_accept.headers["content-disposition"] == 'attachment; filename="funds.csv"'
    plain = client.get("/api/v1/funds?format=json", headers={"Accept": "text/csv"})
    assert {"ALPHA", "BETA"} <= {fund["code"] for fund in plain.json()["data"]}
    assert client.get("/api/v1/funds?format=xls").status_code == 422
    assert client.get(f"{ORDERS}?format=csv&after=none").json()["code"] == "cursor_invalid"


def test_an_empty_list_has_its_header(node: Node) -> None:
    answer = node.as_("auditor").get("/api/v1/breaks?format=csv")
    header, *rows = answer.text.split("\r\n")
    assert header.startswith("id,")
    assert rows == [""]


def test_an_export_goes_on_beyond_the_longest_page(node: Node) -> None:
    securities = [
        {"symbol": f"Z{n}", "mic": "XNAS", "name": f"Z {n}", "currency": "USD"}
        for n in range(KEYED)
    ]
    loaded = post(node.as_("operations"), "/api/v1/securities", {"securities": securities})
    assert loaded.status_code == 200, loaded.text
    found = exported(node, "auditor", "/api/v1/securities")
    assert len({row["symbol"] for row in found if row["symbol"].startswith("Z")}) == KEYED


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1+2", "-2+3", "@SUM(A1)", '=1,"x"'])
def test_a11_no_text_is_a_formula(node: Node, text: str) -> None:
    own = f"csv-{sum(map(ord, text))}"
    order = node.create("pm", own, reason=text)
    (row,) = [r for r in exported(node, "pm", ORDERS) if r["id"] == order["id"]]
    assert row["reason"] == f"'{text}"
    assert row["limit_price"] == "250.1"


def test_a13_an_export_needs_the_rights_of_its_list(node: Node) -> None:
    headers = {"Authorization": f"Bearer {key_of('pm')}", "Accept": "text/csv"}
    with node.nobody() as client:
        assert client.get("/api/v1/users", headers=headers).status_code == 403
        assert client.get("/api/v1/users", headers={"Accept": "text/csv"}).status_code == 401
