"""The room of a fund from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, load, parsed

RULE = """
- {id: size, kind: order, severity: hard, max_qty: '500',
   cases: [{id: fits, mode: fit, fund: GROWTH, expect: {outcome: PASS}}]}
"""


def test_the_room_of_a_fund_names_the_rule_that_sets_it(node: Run, tmp_path: Path) -> None:
    roles = "compliance_officer@*"
    node("users", "add", "omar", "--name", "Omar", "--roles", roles, "--user", "ada")
    load(node, tmp_path / "rules.yaml", RULE, "--user", "ada")
    node("rules", "activate", "size", "1", "--user", "omar")
    rows = parsed(node("compliance", "headroom", "GROWTH", "AAPL.XNAS", "--json"))
    assert [(one["side"], one["most"], one["rule"]) for one in rows] == [
        ("buy", "500", "size"),
        ("sell", "500", "size"),
    ]


def test_an_unknown_fund_or_security_is_named(node: Run) -> None:
    assert "NOWHERE" in node("compliance", "headroom", "NOWHERE", code=1).stderr
    assert "XXXX.XNAS" in node("compliance", "headroom", "GROWTH", "XXXX.XNAS", code=1).stderr
