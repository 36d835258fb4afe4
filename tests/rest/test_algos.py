"""`GET /fix/algos`: what the node was set up with, by destination."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.rest.node import Node, running_node
from tradeoms.commands.fix_pages import CONFIG

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
