"""A breach from the evening run to its sign-off, on the command line alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, load, parsed

RULE = """
- {id: half, kind: ratio, severity: soft, group_by: sec, max: '0.5',
   cases: [{id: none, mode: fit, fund: GROWTH, expect: {outcome: PASS}}]}
"""


@pytest.fixture
def desk(node: Run, tmp_path: Path) -> Run:
    """A rule that GROWTH, all of it in Apple, exceeds; an officer, another, and a manager."""
    for who, role in (
        ("omar", "compliance_officer"),
        ("olga", "compliance_officer"),
        ("pia", "portfolio_manager"),
    ):
        node("users", "add", who, "--name", who.title(), "--roles", f"{role}@*", "--user", "ada")
    load(node, tmp_path / "rules.yaml", RULE, "--user", "ada")
    node("rules", "activate", "half", "1", "--user", "omar")
    load(node, tmp_path / "prices.csv", "security,price,as_of\nAAPL.XNAS,100,2026-03-02\n")
    _hold(node, tmp_path, apple="90", cash="1000")
    return node


def _hold(node: Run, tmp_path: Path, *, apple: str, cash: str) -> None:
    text = f"fund,security,quantity\nGROWTH,AAPL.XNAS,{apple}\nGROWTH,cash:USD,{cash}\n"
    load(node, tmp_path / "positions.csv", text, "--as-of", "2026-03-02")


def _register(node: Run, *arguments: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = parsed(node("breaches", "list", "--json", *arguments))
    return found


def test_a_breach_is_found_worked_on_cured_and_signed_off(desk: Run, tmp_path: Path) -> None:
    desk("compliance", "run", "--fund", "GROWTH")
    (case,) = _register(desk)
    assert (case["fund"], case["rule"], case["status"]) == ("GROWTH", "half", "classified")
    assert (_register(desk, "--age", "0"), _register(desk, "--age", "1")) == ([case], [])
    key = case["id"]
    desk("breaches", "assign", key, "pia", "--user", "omar")
    desk("breaches", "comment", key, "selling on Monday", "--user", "pia")
    desk("breaches", "explain", key, "the rest was redeemed", "--user", "pia")
    desk("breaches", "resolve", key, "sold half", "--evidence", "trade 12", "--user", "pia")
    refused = desk("breaches", "close", key, "--evidence", "x", "--user", "olga", code=1)
    assert "run" in refused.stderr
    _hold(desk, tmp_path, apple="40", cash="6000")
    desk("compliance", "run", "--fund", "GROWTH")
    desk("breaches", "close", key, "--evidence", "evening run", "--user", "olga")
    assert _register(desk) == []
    (closed,) = _register(desk, "--all")
    assert (closed["id"], closed["status"]) == (key, "closed")
    shown = parsed(desk("breaches", "show", key))
    assert "selling on Monday" in str(shown)
    counted = parsed(desk("breaches", "statistics"))
    assert counted
    assert desk("breaches", "list", "--all", "--csv").stdout.splitlines()[1].count(key) == 1


def test_a_wrong_day_or_breach_is_named(desk: Run) -> None:
    late = desk("breaches", "override", "brc_1", "why", "--until", "soon", "--user", "omar", code=2)
    assert "soon" in late.stderr
    assert "brc_1" in desk("breaches", "show", "brc_1", code=1).stderr
