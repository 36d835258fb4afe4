"""`kill`: the gateways' folder first, then the engine; and without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed
from tradeoms.app.kill_folder import KillFolder


@pytest.fixture
def people(node: Run, tmp_path: Path) -> Run:
    """As `node`, with people of risk and compliance."""
    load(
        node,
        tmp_path / "users.csv",
        "id,name,roles\nrita,Rita,risk@*\ncora,Cora,compliance_officer@*\n",
    )
    return node


def names(tmp_path: Path) -> frozenset[str]:
    return KillFolder(tmp_path / "data").names()


def test_thrown_listed_and_released(people: Run, tmp_path: Path) -> None:
    told = people("kill", "--fund", "GROWTH", "--user", "rita", "--reason", "runaway").output
    switch = told.partition(":")[0]
    assert names(tmp_path) == {switch}
    shown = {
        "id": switch, "status": "active", "scope": "fund", "value": "GROWTH",
        "thrown_by": "rita", "reason": "runaway", "released_by": "",
    }  # fmt: skip
    assert parsed(people("kill", "list", "--json")) == [shown]
    over = ("kill", "release", switch, "--reason", "over", "--user")
    assert "same_person" in people(*over, "rita", code=1).output
    people(*over, "cora")
    assert parsed(people("kill", "list", "--json")) == []
    after = parsed(people("kill", "list", "--all", "--json"))
    assert after == [{**shown, "status": "released", "released_by": "cora"}]


def test_offline_tells_the_gateways_and_nobody_else(people: Run, tmp_path: Path) -> None:
    people("kill", "--offline", "--firm", "--user", "rita", "--reason", "no engine")
    (found,) = parsed(people("kill", "list", "--json"))
    assert (found["status"], found["scope"]) == ("unrecorded", "firm")
    assert names(tmp_path) == {found["id"]}


def test_what_the_engine_refuses_is_taken_back(people: Run, tmp_path: Path) -> None:
    wrong = people("kill", "--fund", "NONE", "--user", "rita", "--reason", "x", code=1)
    assert "kill_scope_unknown" in wrong.output
    people("kill", "--firm", "--user", "ada", "--reason", "x", code=1)
    assert not names(tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        (), ("--firm",), ("--firm", "--user", "rita"), ("--user", "rita", "--reason", "x"),
        ("--firm", "--fund", "GROWTH", "--user", "rita", "--reason", "x"),
    ],
)  # fmt: skip
def test_half_a_switch_is_no_switch(
    people: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    people("kill", *arguments, code=2)
    assert not names(tmp_path)
