"""`breaks` on a database that an engine has written."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.cli.conftest import parsed
from tests.engine.conftest import data, furnished
from tests.engine.house import opened
from tests.engine.test_break_actions import only_break, stray
from tradeoms.cli import app

__all__ = ["data", "furnished"]


def test_listed_asked_for_refused_and_done(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(data) as house:
        placement = house.placed(1)["id"]
        house.hear(stray())
        key = only_break(house).id
    monkeypatch.setenv("TRADEOMS_DATA", str(data))

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["breaks", *words])
        assert result.exit_code == code, result.output
        return result.output

    listed = CliRunner().invoke(app, ["breaks", "list", "--json"])
    (found,) = parsed(listed)
    assert (found["id"], found["symbol"], found["side"]) == (key, "ABC", "buy")
    assert (found["quantity"], found["price"], found["waits"]) == ("300", "99.5", "")
    asked = ("resolve", key, "--action", "attach", "--placement", placement, "--user", "tom")
    run(*asked, "--reason", "ours")
    assert "attach by tom" in run("list")
    run("refuse", key, "--user", "olga", "--reason", "unsure")
    assert "attach by tom" not in run("list")
    run(*asked, "--reason", "ours indeed")
    assert "not_permitted" in run("approve", key, "--user", "tom", "--reason", "x", code=1)
    run("approve", key, "--user", "olga", "--reason", "confirmed")
    assert key not in run("list")
    assert "approved: confirmed" in run("list", "--all")
