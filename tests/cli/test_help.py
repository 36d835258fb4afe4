"""The command line's face: help with an example for every command, exit codes, a fast start."""

from __future__ import annotations

import re
import subprocess
import sys
import time

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from tests.cli.conftest import Run
from tradeoms import __version__
from tradeoms.cli import COMMANDS, app, find_command

SUB_COMMANDS = [
    (name, sub) for name in COMMANDS for sub in getattr(find_command(name), "commands", {})
]
ALONE = [(name,) for name in COMMANDS if not getattr(find_command(name), "commands", {})]
RESOURCES = ["users list", "keys list", "rules list", "orders", "compliance cases", "fix sessions"]


@pytest.mark.parametrize("words", [*ALONE, *SUB_COMMANDS], ids=" ".join)
def test_every_command_explains_itself_with_an_example(run: Run, words: tuple[str, ...]) -> None:
    text = run(*words, "--help").stdout
    example = re.search(rf"Example: tradeoms .*{' '.join(words)}", text)
    assert example, text


@pytest.mark.parametrize("words", RESOURCES)
def test_what_prints_data_prints_json_too(run: Run, words: str) -> None:
    assert "--json" in run(*words.split(), "--help").stdout


def test_the_help_lists_every_command_in_order() -> None:
    text = CliRunner().invoke(app, ["--help"]).stdout
    places = [text.index(f"  {name} ") for name in COMMANDS]
    assert places == sorted(places)
    assert all(entry.summary in re.sub(r"\s+", " ", text) for entry in COMMANDS.values())


def test_nothing_is_imported_for_help_that_takes_time() -> None:
    code = (
        "import sys; from tradeoms.cli import main; sys.argv = ['tradeoms', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'numpy', 'pydantic_settings', 'fastapi', 'quickfix', 'pandas'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_help_comes_at_once() -> None:
    """The best of five: this machine may be busy with other things."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "tradeoms", "--help"], check=True, capture_output=True
        )
        times.append(time.perf_counter() - start)
    assert min(times) < 0.6


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"tradeoms {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("load",),
        ("load", "trades", "x.csv"),
        ("load", "funds", "x.txt"),
        ("orders", "--status", "lost"),
        ("rules", "activate", "a", "0", "--user", "b"),
        ("rules", "activate", "a", "1"),
        ("users", "add", "tom", "--name", "Tom", "--roles", "boss@*"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, code=2)
    assert result.stdout == ""
    assert result.stderr != ""


def test_a_misspelt_command_is_answered_with_the_right_one(run: Run) -> None:
    assert "blotter" in run("bloter", code=2).stderr


def test_a_part_that_is_missing_fails_only_its_own_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tradeoms.commands.order_acts", None)
    message = run("orders", code=1).stderr
    assert (
        message == "tradeoms: `tradeoms orders` needs tradeoms.commands.order_acts, "
        "which is not installed\n"
    )
    run("rules", "--help")


def test_the_group_is_a_typer_app() -> None:
    assert list(get_command(app).list_commands(None)) == list(COMMANDS)  # type: ignore[attr-defined] # a group
