"""`GET /fix/algos`: what the node was set up with, by destination."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, post, running_node
from tradeoms.bootstrap import door
from tradeoms.commands.fix_pages import CONFIG
from tradeoms.domain.reference.commands import LoadDestinations
from tradeoms.domain.reference.state import Destination

ALGOS = "/api/v1/fix/algos"


@pytest.fixture(scope="module")
def with_algos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the shipped sessions, of which one names a file that is wrong."""
    folder = tmp_path_factory.mktemp("algos")
    config = folder / "fix"
    shutil.copytree(CONFIG, config)
    (config / "atdl" / "wrong.xml").write_text("<!DOCTYPE x><x/>")
    session = config / "sessions" / "ems-42.yaml"
    session.write_text(session.read_text() + "algos: wrong.xml\n")
    with running_node(folder / "node", fix_config=config) as node:
        with door(node.settings) as to:
            command = LoadDestinations(destinations=(Destination(name="broker-44"),))
            assert to.submit("LoadDestinations", command).status == "accepted"
        yield node


def test_algorithms_are_listed_by_destination(with_algos: Node) -> None:
    listed = with_algos.as_("trader").get(ALGOS).json()["data"]
    assert [one["destination"] for one in listed] == ["broker-42", "broker-44", "ems-42"]
    (broker,) = with_algos.as_("pm").get(ALGOS, params={"destination": "broker-44"}).json()["data"]
    assert (broker["file"], broker["problem"]) == ("simulators.xml", "")
    assert [one["name"] for one in broker["strategies"]] == ["VWAP", "TWAP", "POV"]
    participation, *_, cross = broker["strategies"][2]["parameters"]
    assert participation == {
        "name": "Participation", "label": "Of volume", "type": "Percentage_t",
        "form": "a fraction as in 0.15", "required": True, "values": [], "minimum": "0.01",
        "maximum": "0.35", "precision": 4, "constant": "", "fix_tag": 0, "changeable": True,
    }  # fmt: skip
    assert cross["name"] == "CrossSpread"


def test_a_file_that_is_wrong_says_so_and_gives_no_strategy(with_algos: Node) -> None:
    asked = {"destination": "ems-42"}
    (ems,) = with_algos.as_("operations").get(ALGOS, params=asked).json()["data"]
    assert ems["strategies"] == []
    assert "wrong.xml:1: a document type (DOCTYPE) is not taken" in ems["problem"]


def test_a_destination_without_a_file_has_none(with_algos: Node) -> None:
    answer = with_algos.as_("trader").get(ALGOS, params={"destination": "venue-50sp2"})
    assert (answer.status_code, answer.json()) == (200, {"data": []})
    assert with_algos.as_("trader").get(ALGOS, params={"colour": "x"}).status_code == 422


def test_a_node_without_sessions_has_none(node: Node) -> None:
    assert node.as_("trader").get(ALGOS).json() == {"data": []}


def placing(with_algos: Node, fresh_id: Callable[[], str], **algo: Any) -> httpx.Response:
    """Route an order to the broker with an algorithm."""
    order = with_algos.create("pm", fresh_id())["id"]
    released = post(with_algos.as_("pm"), f"/api/v1/orders/{order}/release", {})
    assert released.status_code == 200, released.text
    body = {"order": order, "destination": "broker-44", "quantity": "100", "algo": algo}
    return post(with_algos.as_("trader"), "/api/v1/placements", body, key=fresh_id())


def test_a_placement_shows_its_algorithm(with_algos: Node, fresh_id: Callable[[], str]) -> None:
    made = placing(with_algos, fresh_id, strategy="VWAP", parameters={"Aggression": "low"})
    assert made.status_code == 201, made.text
    assert made.json()["algo"] == {
        "strategy": "VWAP", "version": "1", "parameters": {"Aggression": "low"},
        "fields": [[847, "1"], [957, "1"], [958, "Aggression"], [959, "12"], [960, "L"]],
    }  # fmt: skip
    path = f"/api/v1/placements/{made.json()['id']}"
    trader = with_algos.as_("trader")
    assert trader.get(path).json()["algo"] == made.json()["algo"]
    asked = trader.patch(
        path, json={"algo": {"strategy": "VWAP", "parameters": {"Aggression": "high"}}}
    )
    assert asked.status_code == 202, asked.text
    assert asked.json()["requests"][0]["algo"]["parameters"] == {"Aggression": "high"}
    other = trader.patch(path, json={"algo": {"strategy": "TWAP"}})
    assert (other.status_code, other.json()["errors"][0]["pointer"]) == (422, "/algo/strategy")


def test_wrong_values_are_told_with_field_value_and_what_to_do(
    with_algos: Node, fresh_id: Callable[[], str]
) -> None:
    wrong = placing(
        with_algos, fresh_id, strategy="POV",
        parameters={"Participation": "0.9", "Colour": "red", "Aggression": "low"},
    )  # fmt: skip
    assert wrong.status_code == 422
    assert wrong.json()["errors"] == [
        {
            "pointer": "/algo/parameters/Participation", "code": "algo_parameter",
            "detail": "Participation: at most 0.35", "value": "0.9",
        },
        {
            "pointer": "/algo/parameters/Colour", "code": "algo_parameter", "value": "red",
            "detail": "Colour: known are Participation, StartTime, EndTime, Aggression,"
            " CrossSpread",
        },
    ]  # fmt: skip
    unknown = placing(with_algos, fresh_id, strategy="ICE")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "algo_unknown")
    assert unknown.json()["detail"] == "broker-44 has VWAP, TWAP, POV"
    malformed = placing(with_algos, fresh_id, strategy="VWAP", parameters={"Aggression": 1})
    assert malformed.status_code == 422
