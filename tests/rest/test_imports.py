"""Files of orders over REST: reports row by row, mappings, and a file sent twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tests.rest.node import Node, post

Fresh = Callable[[], str]
PATH = "/api/v1/imports/orders"
HEADER = "client_order_id,security,side,quantity,order_type,limit_price,fund"


def send(
    node: Node, text: str, user: str = "pm", dry_run: bool = False, **more: Any
) -> httpx.Response:
    query = "?dry_run=true" if dry_run else ""
    return post(node.as_(user), PATH + query, {"format": "csv", "text": text, **more})


def lines(answer: httpx.Response) -> list[tuple[int, str, str, list[str]]]:
    assert answer.status_code == 200, answer.text
    return [
        (one["row"], one["status"], one["order_status"], [p["code"] for p in one["problems"]])
        for one in answer.json()["data"]
    ]


def test_a_trial_then_the_file_then_the_file_again(node: Node, fresh_id: Fresh) -> None:
    one, two = fresh_id(), fresh_id()
    text = (
        f"{HEADER}\n{one},AAPL.XNAS,buy,100,limit,250.10,ALPHA\n"
        f"{two},MSFT.XNAS,buy,10,limit,250,BETA\n"
    )
    trial = send(node, text, dry_run=True)
    assert lines(trial) == [(2, "accepted", "approved", []), (3, "accepted", "approved", [])]
    assert trial.json()["dry_run"] is True
    listed = node.as_("pm").get("/api/v1/orders", params={"client_order_id": one}).json()
    assert listed["data"] == []

    entered = send(node, text)
    assert lines(entered) == lines(trial)
    assert (entered.json()["accepted"], entered.json()["rows"]) == (2, 2)
    shown = node.as_("pm").get(f"/api/v1/orders/{entered.json()['data'][0]['id']}").json()
    assert (shown["source"], shown["client_order_id"], shown["status"]) == ("file", one, "approved")

    again = send(node, text)
    assert [status for _, status, _, _ in lines(again)] == ["known", "known"]
    assert [r["id"] for r in again.json()["data"]] == [r["id"] for r in entered.json()["data"]]


def test_one_bad_row_refuses_the_file_and_names_its_rows(node: Node, fresh_id: Fresh) -> None:
    one = fresh_id()
    good = f"{one},AAPL.XNAS,buy,100,limit,250.10,ALPHA\n"
    unread = send(node, f"{HEADER}\n{good}x,AAPL.XNAS,buy,many,limit,1,ALPHA\n")
    assert unread.status_code == 422
    assert [(e["pointer"], e["code"]) for e in unread.json()["errors"]] == [
        ("/rows/3/quantity", "number_invalid")
    ]
    decided = send(node, f"{HEADER}\n\n{good}{fresh_id()},AAPL.XNAS,buy,1,market,1,ALPHA\n")
    assert decided.status_code == 422
    assert [(e["pointer"], e["code"]) for e in decided.json()["errors"]] == [
        ("/rows/4/limit_price", "limit_price_unwanted")
    ]
    listed = node.as_("pm").get("/api/v1/orders", params={"client_order_id": one}).json()
    assert listed["data"] == []


def test_in_part_each_row_has_its_answer(node: Node, fresh_id: Fresh) -> None:
    text = (
        f"{HEADER}\n{fresh_id()},AAPL.XNAS,buy,many,limit,1,ALPHA\n"
        f"{fresh_id()},AAPL.XNAS,buy,100,limit,250.10,ALPHA\n"
        f"{fresh_id()},AAPL.XNAS,buy,1,market,1,ALPHA\n"
    )
    expected = [
        (2, "refused", "", ["number_invalid"]),
        (3, "accepted", "approved", []),
        (4, "refused", "", ["limit_price_unwanted"]),
    ]
    assert lines(send(node, text, dry_run=True)) == expected
    assert lines(send(node, text, partial=True)) == expected


def test_a_saved_mapping_reads_another_systems_file(node: Node, fresh_id: Fresh) -> None:
    name = fresh_id()
    mapping = {
        "name": name,
        "columns": {"client_order_id": "Ref", "side": "B/S", "security": "Ticker"},
        "defaults": {"order_type": "limit", "fund": "ALPHA"},
        "words": {"side": {"B": "buy"}},
        "ignored": ["Desk"],
    }
    saved = post(node.as_("operations"), "/api/v1/import-mappings", mapping)
    assert saved.status_code == 201, saved.text
    assert {key: saved.json()[key] for key in mapping} == mapping
    assert (saved.json()["version"], saved.json()["defined_by"]) == (1, "operations")
    assert saved.headers["location"] == f"/api/v1/import-mappings/{name}"
    found = node.as_("trader").get(f"/api/v1/import-mappings/{name}").json()
    assert found == saved.json()
    assert found in node.as_("trader").get("/api/v1/import-mappings").json()["data"]

    text = (
        f"Ref\tTicker\tB/S\tquantity\tlimit_price\tDesk\n{fresh_id()}\tAAPL.XNAS\tB\t1\t250.1\t7\n"
    )
    body = {"format": "tsv", "text": text, "mapping": name}
    assert lines(post(node.as_("pm"), PATH, body)) == [(2, "accepted", "approved", [])]
    missing = post(node.as_("pm"), PATH, {**body, "mapping": "none_such"})
    assert (missing.status_code, missing.json()["code"]) == (404, "mapping_unknown")


def test_rights_are_those_of_entering_an_order(node: Node, fresh_id: Fresh) -> None:
    text = f"{HEADER}\n{fresh_id()},AAPL.XNAS,buy,1,limit,250.10,ALPHA\n"
    assert send(node, text, user="officer").status_code == 403
    for dry_run in (True, False):
        answer = send(node, text, user="pm-b", dry_run=dry_run)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


def test_a_body_is_text_or_a_workbook(node: Node) -> None:
    client = node.as_("pm")
    for body, code in (
        ({"format": "csv"}, "one_of_required"),
        ({"format": "xlsx", "text": "x"}, "one_of_required"),
        ({"format": "xlsx", "workbook": "x", "text": "x"}, "one_of_required"),
        ({"format": "xlsx", "workbook": "*"}, "format_invalid"),
        ({"format": "pdf", "text": "x"}, "word_unknown"),
    ):
        answer = post(client, PATH, body)
        assert (answer.status_code, answer.json()["code"]) == (422, code), body
