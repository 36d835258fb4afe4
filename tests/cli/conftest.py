"""A fresh data directory, and the command line run inside this process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tradeoms.cli import app

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `tradeoms ARGUMENTS`; `code` is the exit code that is expected."""
    for name in ("TRADEOMS_USER", "TRADEOMS_FIX_CONFIG", "TRADEOMS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TRADEOMS_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("TRADEOMS_PASSWORD", "correct horse battery")
    monkeypatch.setenv("TRADEOMS_ADMIN_PASSWORD", "correct horse battery")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()

    def invoke(*arguments: object, code: int = 0, text: str | None = None) -> Result:
        result = runner.invoke(app, [str(one) for one in arguments], input=text)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, result.output
        return result

    return invoke


@pytest.fixture
def node(run: Run, tmp_path: Path) -> Run:
    """As `run`, on a database with an admin, two funds and two securities."""
    run("init", "--admin", "ada", "--admin-name", "Ada Admin")
    load(run, tmp_path / "funds.csv", "code,name,currency\nGROWTH,Growth,USD\nYEN,Yen,JPY\n")
    load(
        run,
        tmp_path / "securities.csv",
        "symbol,mic,name,currency,isin\n"
        "AAPL,XNAS,Apple,USD,US0378331005\n7203,XTKS,Toyota,JPY,JP3633400001\n",
    )
    return run


def load(run: Run, path: Path, text: str, *arguments: object, code: int = 0) -> Result:
    """Write ``text`` to ``path``, and load it as what its name says."""
    path.write_text(text, encoding="utf-8")
    return run("load", path.stem, path, *arguments, code=code)


def parsed(result: Result) -> Any:  # Any: JSON
    """What the command printed as JSON."""
    return json.loads(result.stdout)
