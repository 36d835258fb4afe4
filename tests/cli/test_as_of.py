"""Lists as they were at an instant that is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cli.conftest import Run, parsed
from tradeoms.cli import COMMANDS, find_command

PEOPLE = ("users", "list", "--json")


def lists(path: tuple[str, ...], command: Any) -> Iterator[tuple[str, ...]]:  # Any: typer's own
    """The words of every command that takes --as-of for an instant, with what else it needs."""
    names = {option for parameter in command.params for option in parameter.opts}
    if "--as-of" in names:
        days = ("--from", "2026-01-01", "--to", "2026-03-31") if "--from" in names else ()
        yield (*path, *days)
    for name, below in getattr(command, "commands", {}).items():
        yield from lists((*path, name), below)


def every_list() -> list[tuple[str, ...]]:
    groups = [name for name in COMMANDS if name != "load"]
    return [found for name in groups for found in lists((name,), find_command(name))]


def added(node: Run, user: str) -> str:
    """Add a person, and tell when it was over."""
    node("users", "add", user, "--name", user.title(), "--roles", "trader@*", "--user", "ada")
    return datetime.now(UTC).isoformat()


def test_a_list_shows_what_had_been_recorded_by_then(node: Run) -> None:
    first = added(node, "tom")
    second = added(node, "tim")
    node("users", "disable", "tom", "--user", "ada")

    def seen(*asked: str) -> dict[str, bool]:
        return {one["id"]: one["active"] for one in parsed(node(*PEOPLE, *asked))}

    assert seen() == {"ada": True, "tim": True, "tom": False}
    assert seen("--as-of", second) == {"ada": True, "tim": True, "tom": True}
    assert seen("--as-of", first) == {"ada": True, "tom": True}
    assert seen("--as-of", first.replace("+00:00", "Z")) == {"ada": True, "tom": True}
    assert seen("--as-of", "2020-01-01T00:00:00Z") == {}


def test_every_list_has_a_past(node: Run) -> None:
    found = every_list()
    assert len(found) >= 20
    for path in found:
        node(*path, "--as-of", "2020-01-01T00:00:00Z", "--json")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", "no instant"),
        ("2026-01-31T16:30:00", "say the time zone"),
        ("2126-01-31T16:30:00Z", "that is over"),
    ],
)
def test_an_instant_that_cannot_be_is_a_mistake(node: Run, text: str, reason: str) -> None:
    assert reason in node(*PEOPLE, "--as-of", text, code=2).stderr
