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


def test_lists_are_loaded_with_a_dry_run_first_and_shown_with_their_members(
    node: Run, tmp_path: Path
) -> None:
    file = tmp_path / "lists.csv"
    text = "list,attribute,value,reason\nbarred,,AAPL.XNAS,takeover\nsanctions,issuer,ACME,\n"
    told = load(node, file, text, "--dry-run")
    assert "would load 2 lists" in told.stdout
    assert parsed(node("compliance", "lists", "--json")) == []
    load(node, file, text)
    lists = {one["name"]: one for one in parsed(node("compliance", "lists", "--json"))}
    assert set(lists) == {"barred", "sanctions"}
    assert lists["sanctions"]["members"] == [{"value": "ACME", "reason": ""}]
    assert "takeover" in node("compliance", "lists", "barred").stdout
    assert "no list absent is loaded" in node("compliance", "lists", "absent", code=1).stderr
    assert parsed(node("compliance", "facts", "--json")) == []
    wrong = load(node, file, "list,value\nbarred,7203.XTKS\nbarred,NO.XNAS\n", code=1)
    assert "lists.csv:3: value: 'NO.XNAS': no such security" in wrong.stderr
    (still,) = parsed(node("compliance", "lists", "barred", "--json"))
    assert [one["reason"] for one in still["members"]] == ["takeover"]


def test_constituents_are_loaded_with_a_warning_of_what_they_leave_out(
    node: Run, tmp_path: Path
) -> None:
    rows = "AAPL.XNAS,ACME,0.4,2026-01-05\nAAPL.XNAS,ZED,0.5,2026-01-05\n"
    file = tmp_path / "constituents.csv"
    told = load(node, file, f"security,group,weight,as_of\n{rows}")
    assert "loaded 1 constituents" in told.stdout
    assert "weights of AAPL.XNAS by issuer add up to 0.9" in told.stderr
    (shown,) = parsed(node("compliance", "facts", "--kind", "constituents", "--json"))
    assert shown["weights"] == {"issuer=ACME": "0.4", "issuer=ZED": "0.5"}
    wrong = load(node, file, "security,group,weight,as_of\nAAPL.XNAS,ACME,40,2026-01-05\n", code=1)
    assert "constituents.csv:2: weight: '40': must be at most 1" in wrong.stderr
