"""Kill switches over REST: thrown, listed, streamed, released; and with the engine gone."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.rest.node import Node, order_body, post, running_node
from tradeoms.app.kill_folder import KillFolder
from tradeoms.bootstrap import door
from tradeoms.demo.desk import wait_for

PATH = "/api/v1/kill-switch"
Fresh = Callable[[], str]


@pytest.fixture(scope="module")
def halls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of our own: a switch for the firm would stop the tests beside us."""
    with running_node(tmp_path_factory.mktemp("kill")) as running:
        yield running


@pytest.fixture(autouse=True)
def calm(halls: Node) -> Iterator[None]:
    """Leave no switch behind."""
    yield
    for switch in halls.as_("risk").get(PATH, params={"status": "active"}).json()["data"]:
        release(halls, switch["id"], "officer" if switch["thrown_by"] == "risk" else "risk")
    wait_for("the files to go", lambda: not KillFolder(halls.data).names(), within_s=10)


def throw(node: Node, user: str = "risk", **scope: Any) -> httpx.Response:
    body = {"scope": scope or {"firm": True}, "reason": "runaway basket"}
    return post(node.as_(user), PATH, body)


def release(node: Node, switch: str, user: str) -> httpx.Response:
    return post(node.as_(user), f"{PATH}/{switch}/release", {"reason": "withdrawn"})


def enter(node: Node, fresh_id: Fresh) -> httpx.Response:
    name = fresh_id()
    return post(node.as_("pm"), "/api/v1/orders", order_body(name), key=name)


def problem(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["code"], body["detail"]


def test_a_switch_is_thrown_shown_and_released_by_another(halls: Node, fresh_id: Fresh) -> None:
    thrown = throw(halls, fund="ALPHA")
    assert thrown.status_code == 201, thrown.text
    switch = thrown.json()
    assert (switch["status"], switch["scope"]) == ("active", {"fund": "ALPHA"})
    assert (switch["thrown_by"], switch["offline"]) == ("risk", False)
    assert KillFolder(halls.data).names() == {switch["id"]}
    active = {"status": "active"}
    shown = halls.as_("pm-b").get(PATH, params=active).json()["data"]
    assert shown == [switch], "everybody may know"

    status, code, detail = problem(enter(halls, fresh_id))
    assert (status, code) == (409, "kill_switch_active")
    assert switch["id"] in detail
    assert "thrown by risk: runaway basket" in detail

    assert problem(release(halls, switch["id"], "risk"))[:2] == (403, "same_person")
    released = release(halls, switch["id"], "officer")
    assert released.status_code == 200, released.text
    assert (released.json()["status"], released.json()["released_by"]) == ("released", "officer")
    assert enter(halls, fresh_id).status_code == 201
    assert halls.as_("pm").get(PATH, params={"status": "active"}).json()["data"] == []


@pytest.mark.parametrize(
    ("scope", "pointer"),
    [
        ({}, "/scope"), ({"fund": "ALPHA", "trader": "pm"}, "/scope"), ({"fund": None}, "/scope"),
        ({"firm": False}, "/scope/firm"), ({"desk": "x"}, "/scope/desk"),
    ],
)  # fmt: skip
def test_the_scope_is_exactly_one(halls: Node, scope: dict[str, Any], pointer: str) -> None:
    answer = post(halls.as_("risk"), PATH, {"scope": scope, "reason": "x"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not KillFolder(halls.data).names()


def test_what_is_refused_leaves_the_gateways_open(halls: Node) -> None:
    assert problem(throw(halls, fund="ALPHQ"))[:2] == (422, "kill_scope_unknown")
    assert problem(throw(halls, "trader", firm=True))[:2] == (403, "not_permitted")
    assert problem(throw(halls, "officer-b", fund="ALPHA"))[:2] == (403, "not_permitted")
    assert problem(throw(halls, "pm", trader="pm"))[:2] == (403, "not_permitted")
    assert not KillFolder(halls.data).names()
    assert throw(halls, "trader", trader="trader").status_code == 201


def test_the_same_key_is_the_same_switch(halls: Node) -> None:
    body = {"scope": {"firm": True}, "reason": "twice"}
    first, second = (post(halls.as_("risk"), PATH, body, key="k-kill") for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert KillFolder(halls.data).names() == {first.json()["id"]}


def test_a_stream_tells_of_switches(halls: Node) -> None:
    params = {"topics": "kill_switches"}
    with halls.as_("auditor-b").stream("GET", "/api/v1/stream", params=params) as told:
        lines = told.iter_lines()
        switch: str | None = None
        for line in lines:
            if switch is None:
                switch = throw(halls).json()["id"]
            if line.startswith("data:") and switch in line:
                assert json.loads(line[5:])["topic"] == "kill_switches"
                break


def test_an_engine_that_hangs_is_not_needed(tmp_path: Path, fresh_id: Fresh) -> None:
    with running_node(tmp_path / "node") as node:
        node.engine.send_signal(signal.SIGSTOP)
        thrown = throw(node)
        os.kill(node.engine.pid, signal.SIGCONT)
        assert thrown.status_code == 202, thrown.text
        switch = thrown.json()
        assert (switch["status"], switch["offline"]) == ("unrecorded", True)
        assert KillFolder(node.data).names() == {switch["id"]}
        with door(node.settings):  # its turn comes behind the one that was waiting
            assert problem(enter(node, fresh_id))[:2] == (409, "kill_switch_active")
        (recorded,) = node.as_("pm").get(PATH).json()["data"]
        assert (recorded["id"], recorded["status"]) == (switch["id"], "active")
