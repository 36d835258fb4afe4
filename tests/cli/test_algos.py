"""`tradeoms fix algos`: listed, tried, refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tradeoms.cli import app
from tradeoms.commands.fix_pages import CONFIG


def algos(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["fix", "algos", *arguments])


def values(**texts: str) -> list[str]:
    return [part for name, text in texts.items() for part in ("--value", f"{name}={text}")]


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped settings, to be changed."""
    folder = tmp_path / "fix"
    shutil.copytree(CONFIG, folder)
    monkeypatch.setenv("TRADEOMS_FIX_CONFIG", str(folder))
    return folder


def test_strategies_are_listed_with_their_parameters(config: Path) -> None:
    table = algos("broker-44")
    assert table.exit_code == 0
    assert "required  Percentage_t    a fraction as in 0.15 from 0.01 to 0.35" in table.output
    (found,) = json.loads(algos("broker-44", "--json").output)
    assert [one["name"] for one in found["strategies"]] == ["VWAP", "TWAP", "POV"]


def test_values_are_shown_as_the_fields_they_become(config: Path) -> None:
    tried = algos("broker-44", "--strategy", "POV", *values(Participation="0.1", Aggression="high"))
    assert tried.exit_code == 0
    assert tried.output.split() == [
        "847=2", "957=2", "958=Participation", "959=11", "960=0.1", "958=Aggression", "959=12",
        "960=H",
    ]  # fmt: skip


def test_values_that_are_wrong_are_told_with_their_parameter(config: Path) -> None:
    tried = algos("broker-44", "--strategy", "POV", *values(Participation="0.4", Aggression="x"))
    assert tried.exit_code == 1
    assert "POV Participation: above_maximum: at most 0.35" in tried.output
    assert "POV Aggression: not_allowed: allowed: low, medium, high" in tried.output
    assert algos("broker-44", "--strategy", "POV", "--value", "x").exit_code == 2


def test_a_wrong_file_ends_with_its_place(config: Path) -> None:
    file = config / "atdl" / "simulators.xml"
    file.write_text(file.read_text().replace('maxValue="0.35"', 'maxValue="a third"'))
    for more in ((), ("--strategy", "POV")):
        told = algos("broker-44", *more)
        assert told.exit_code == 1
        assert "simulators.xml" in told.output
        assert "strategy POV: parameter Participation: maxValue is 'a third'" in told.output


def test_a_destination_without_algorithms_says_so(config: Path) -> None:
    told = algos("venue-50sp2")
    assert told.exit_code == 1
    assert "venue-50sp2 has no algorithms: its session names no file in `algos`" in told.output
    session = config / "sessions" / "venue-50sp2.yaml"
    session.write_text(session.read_text() + "algos: ../secret.xml\n")
    assert "algos is '../secret.xml'" in algos("venue-50sp2").output
