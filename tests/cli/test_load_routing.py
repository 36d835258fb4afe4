"""`load routing-rules` and `load broker-lists`."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run, load


def test_rules_and_lists_are_loaded_from_files(node: Run, tmp_path: Path) -> None:
    node("load", "destinations", "-", "--format", "yaml", text="- {name: BROKER_SIM}\n")
    text = "id,destinations,mics,max_adv_pct\nsmall,BROKER_SIM,XNAS;XNYS,5\nrest,BROKER_SIM,,\n"
    assert load(node, tmp_path / "routing-rules.csv", text).stdout == "loaded 2 rules\n"
    text = "fund,destinations\nGROWTH,BROKER_SIM\n"
    assert load(node, tmp_path / "broker-lists.csv", text).stdout == "loaded 1 lists\n"


def test_values_and_budgets_are_loaded_from_files(node: Run, tmp_path: Path) -> None:
    node("load", "destinations", "-", "--format", "yaml", text="- {name: BROKER_SIM}\n")
    text = "id,destinations,currency,min_value,below_budget_pct\nlarge,BROKER_SIM,USD,5,90.5\n"
    assert load(node, tmp_path / "routing-rules.csv", text).stdout == "loaded 1 rules\n"
    head = "destination,amount,currency,period,fund\n"
    file = tmp_path / "commission-budgets.csv"
    assert load(node, file, f"{head}BROKER_SIM,100,USD,year,\n").stdout == "loaded 1 budgets\n"
    told = load(node, file, f"{head}BROKER_SIM,-1,XXZ,week,\n", code=1).stderr
    for error in ("amount: '-1': must be at least 0", "currency: 'XXZ'", "period: 'week'"):
        assert f"2: {error}" in told


def test_what_is_wrong_is_told_by_row(node: Run, tmp_path: Path) -> None:
    text = "id,destinations,min_quantity\na b,X,-1\n"
    told = load(node, tmp_path / "routing-rules.csv", text, code=1).stderr
    assert "2: id: 'a b'" in told
    assert "2: min_quantity: '-1': must be at least 0" in told
    text = "fund,destinations\nGROWTH,NOWHERE\n"
    told = load(node, tmp_path / "broker-lists.csv", text, code=1).stderr
    assert told.startswith("lists/0/destinations: routing_destination_unknown")


def test_custom_fields_are_loaded_from_a_file(node: Run, tmp_path: Path) -> None:
    text = "name,kind,choices,required_for\ndesk,choice,alpha;beta,trader\nscore,number,,\n"
    assert load(node, tmp_path / "custom-fields.csv", text).stdout == "loaded 2 fields\n"
    told = load(node, tmp_path / "custom-fields.csv", "name,kind,edited_by\nx,float,boss\n", code=1)
    assert "2: kind: 'float'" in told.stderr
    assert "2: edited_by: 'boss'" in told.stderr


def test_approval_limits_are_loaded_from_a_file(node: Run, tmp_path: Path) -> None:
    text = "id,roles,above_value,currency,above_adv_pct\nlarge,trader,1000000,USD,5\n"
    assert load(node, tmp_path / "approval-limits.csv", text).stdout == "loaded 1 limits\n"
    told = load(node, tmp_path / "approval-limits.csv", "id,above_value\nx,5\n", code=1).stderr
    assert told.startswith("limits/0/currency: approval_limit_currency")
