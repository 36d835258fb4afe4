"""Custom fields over HTTP: defined, given, found again, exported, and read from files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import pytest

from tests.rest.node import Node, order_body, post, running_node

Fresh = Callable[[], str]
V1 = "/api/v1"


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: its orders must name their desk."""
    with running_node(tmp_path_factory.mktemp("custom")) as running:
        fields = [
            {"name": "desk", "kind": "choice", "choices": ["a", "b%"],
             "required_for": ["portfolio_manager"]},
            {"name": "score", "kind": "number", "edited_by": ["trader"]},
        ]  # fmt: skip
        loaded = post(running.as_("operations"), f"{V1}/custom-fields", {"fields": fields})
        assert loaded.status_code == 200, loaded.text
        yield running


def test_values_are_given_changed_found_and_exported(firm: Node, fresh_id: Fresh) -> None:
    shown = firm.as_("auditor").get(f"{V1}/custom-fields").json()["data"]
    assert {one["name"]: one["choices"] for one in shown} == {"desk": ["a", "b%"], "score": []}
    missing = post(firm.as_("pm"), f"{V1}/orders", order_body(fresh_id()), key=fresh_id())
    assert missing.json()["errors"][0]["pointer"] == "/custom/desk"
    one = firm.create("pm", fresh_id(), custom={"desk": "a"})
    two = firm.create("pm", fresh_id(), custom={"desk": "b%"})
    path = f"{V1}/orders/{one['id']}/custom"
    given = firm.as_("trader").patch(path, json={"custom": {"score": "1.50"}})
    assert given.json()["custom"] == {"desk": "a", "score": "1.5"}
    assert firm.as_("pm").patch(path, json={"custom": {"score": "2"}}).status_code == 422
    assert firm.as_("pm-b").patch(path, json={"custom": {"desk": "b%"}}).status_code == 404

    def found(custom: str) -> list[str]:
        answer = firm.as_("pm").get(f"{V1}/orders", params={"custom": custom})
        return [order["id"] for order in answer.json()["data"]]

    assert found("desk=b%") == [two["id"]]
    assert found("desk=b") == []
    assert found("score=1.5") == [one["id"]]
    assert firm.as_("pm").get(f"{V1}/orders", params={"custom": "desk"}).status_code == 422
    text = firm.as_("pm").get(f"{V1}/orders?custom=score%3D1.5&format=csv").text
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["custom"] == '{"desk":"a","score":"1.5"}'


def test_a_file_brings_custom_values_and_terms_that_wait(firm: Node, fresh_id: Fresh) -> None:
    head = (
        "client_order_id,security,side,quantity,order_type,limit_price,fund,good_from,"
        "trigger_price,trigger_when,unexecuted,custom.desk"
    )
    name = fresh_id()
    row = f"{name},AAPL.XNAS,buy,100,limit,250.10,ALPHA,2126-01-05T14:30:00Z,240,at_or_below,roll,a"
    answer = post(
        firm.as_("pm"), f"{V1}/imports/orders", {"format": "csv", "text": f"{head}\n{row}\n"}
    )
    assert answer.json()["accepted"] == 1, answer.text
    (order,) = firm.as_("pm").get(f"{V1}/orders?client_order_id={name}").json()["data"]
    assert (order["custom"], order["unexecuted"]) == ({"desk": "a"}, "roll")
    assert order["good_from"] == "2126-01-05T14:30:00.000000Z"
    assert order["trigger"] == {"price": "240", "when": "at_or_below"}
    bad = row.replace("T14:30:00Z", "T14:30:00").replace(",240,", ",,").replace("roll", "sell")
    told = post(
        firm.as_("pm"), f"{V1}/imports/orders", {"format": "csv", "text": f"{head}\n{bad}\n"}
    )
    assert {error["pointer"].rpartition("/")[2] for error in told.json()["errors"]} == {
        "good_from", "trigger_price", "unexecuted",
    }  # fmt: skip
    columns, words = {"custom.desk": "Desk"}, {"custom.desk": {"A": "a"}}
    mapping = {"name": "vendor", "columns": columns, "words": words}
    saved = post(firm.as_("pm"), f"{V1}/import-mappings", mapping)
    assert saved.status_code == 201, saved.text
    other = fresh_id()
    text = head.replace("custom.desk", "Desk") + "\n" + row.replace(name, other)[:-1] + "A\n"
    body = {"format": "csv", "text": text, "mapping": "vendor"}
    assert post(firm.as_("pm"), f"{V1}/imports/orders", body).json()["accepted"] == 1
    (order,) = firm.as_("pm").get(f"{V1}/orders?client_order_id={other}").json()["data"]
    assert order["custom"] == {"desk": "a"}
