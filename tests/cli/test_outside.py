"""Facts from outside from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, load, parsed


def test_what_was_loaded_from_outside_is_listed_by_kind_and_name(node: Run, tmp_path: Path) -> None:
    head = "issuer,name,amount,as_of\n"
    rows = "".join(f"I{number},votes_out,{number},2026-01-05\n" for number in range(600))
    load(node, tmp_path / "issuers.csv", f"{head}{rows}ACME,debt_out,7.50,2026-01-05\n")
    figures = "name,fund,value,at\nvar99,GROWTH,0.12,2026-01-05T06:00:00Z\n"
    load(node, tmp_path / "figures.csv", figures)
    assert len(parsed(node("compliance", "facts", "--name", "votes_out", "--json"))) == 600
    (debt,) = parsed(node("compliance", "facts", "--name", "debt_out", "--json"))
    assert (debt["kind"], debt["issuer"], debt["value"]) == ("issuer", "ACME", "7.5")
    shown = node("compliance", "facts", "--kind", "figure").stdout
    assert "var99" in shown
    assert "GROWTH" in shown
    assert "no kind rumour" in node("compliance", "facts", "--kind", "rumour", code=1).stderr
