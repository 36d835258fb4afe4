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


def run(*words: str, code: int = 0) -> str:
    """What a command about breaks prints, in one line."""
    result = CliRunner().invoke(app, ["breaks", *words])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_listed_asked_for_refused_and_done(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(data) as house:
        placement = house.placed(1)["id"]
        house.hear(stray())
        key = only_break(house).id
    monkeypatch.setenv("TRADEOMS_DATA", str(data))

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


def test_an_adjustment_is_asked_for_and_done(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(data) as house:
        placement = house.placed(1)["id"]
        house.hear(stray())
        key = only_break(house).id
    monkeypatch.setenv("TRADEOMS_DATA", str(data))

    asked = ("resolve", key, "--user", "tom", "--reason", "read out", "--placement", placement)
    assert "is no number" in run(*asked, "--action", "adjust", "--quantity", "x", code=2)
    assert "adjustment_figures" in run(*asked, "--action", "attach", "--price", "99", code=1)
    assert "adjustment_figures" in run(*asked, "--action", "adjust", "--price", "99", code=1)
    run(*asked, "--action", "adjust", "--quantity", "400", "--price", "99", "--exec-id", "E7")
    (found,) = parsed(CliRunner().invoke(app, ["breaks", "list", "--json"]))
    assert found["waits"] == f"adjust by tom: new on {placement} = 400 at 99"
    run("approve", key, "--user", "olga", "--reason", "confirmed")
    with opened(data) as house:
        assert house.book.placements[placement].cum_qty == 400
