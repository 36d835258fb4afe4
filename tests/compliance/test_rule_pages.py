"""The cookbook of rules: every kind has a page, and what a page shows loads, passes and fits."""

from __future__ import annotations

import csv
import io
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from tradeoms.compliance.casefile import load_book
from tradeoms.compliance.cases import run_cases
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.policy import KINDS, parse_rule
from tradeoms.compliance.rule_cases import run_rule_cases
from tradeoms.demo import universe
from tradeoms.domain.ruleset.commands import DefineRules
from tradeoms.imports.rules import read_rules

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "rules"
PAGES: Final = {page.stem: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
#: Headings of every page of a kind, in this order.
HEADINGS: Final = ("Fields", "Example", "Arithmetic", "Missing data", "Traps")
#: Outcomes that an order or a holding may be stopped or told by.
STOPPING: Final = {"BREACH", "UNKNOWN", "DISCLOSE", "WARN"}
#: Longest line of a page that is no row of a table.
WIDTH: Final = 130

Rule = dict[str, Any]  # Any: JSON


def rules_of(text: str) -> list[Rule]:
    """Rules of the YAML blocks of a page, each with its cases."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [rule for block in blocks for rule in read(block)]


def read(text: str) -> list[Rule]:
    """Rules of a file, as `tradeoms load rules` reads it."""
    found = read_rules(text)
    assert isinstance(found, DefineRules), found
    return [
        {**json.loads(rule.definition), "cases": json.loads(rule.cases)} for rule in found.rules
    ]


MANDATE: Final = FOLDER / "mandate.yaml"
SHOWN: Final[list[Rule]] = [
    *(rule for _, text in sorted(PAGES.items()) for rule in rules_of(text)),
    *read(MANDATE.read_text(encoding="utf-8")),
]


def name_of(rule: Rule) -> str:
    return str(rule["id"])


def definition_of(rule: Rule) -> Rule:
    return {name: rule[name] for name in rule if name != "cases"}


@cache
def demo() -> Facts:
    """What the demo knows on the day of its books, in the public case format."""
    files = universe.build().files

    def rows(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(io.StringIO(files[name])))

    prices = {row["security"]: row["price"] for row in rows("prices")}
    securities: dict[str, dict[str, object]] = {}
    for row in rows("securities"):
        name = f"{row['symbol']}.{row['mic']}"
        free = dict(pair.split("=") for pair in row["attributes"].split(";") if pair)
        named = {key: row[key] for key in ("issuer", "sector", "industry", "country", "adv")}
        known = {key: value for key, value in named.items() if value}
        securities[name] = {"ccy": "USD", "type": "equity", "price": prices.get(name), **known}
        securities[name] |= {"group": row["ultimate_parent"], **free}
    held = [(row["fund"], row["security"], row["quantity"]) for row in rows("positions")]
    cash = {fund: quantity for fund, name, quantity in held if name == "cash:USD"}
    funds = {
        plan.code: {"base": "USD", "nav": str(plan.nav), "total_assets": str(plan.nav)}
        | {"cash": cash[plan.code], "groups": [plan.group]}
        for plan in universe.FUNDS
    }
    positions = [row for row in held if row[1] != "cash:USD"]
    return load_book(
        {"funds": funds, "securities": securities, "positions": positions, "rules": []}
    ).facts


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_page_with_an_example(kind: str) -> None:
    shown = rules_of(PAGES.get(kind, ""))
    assert shown
    assert {rule["kind"] for rule in shown} == {kind}
    assert tuple(re.findall(r"^## (.*)$", PAGES[kind], re.MULTILINE)) == HEADINGS
    assert f"]({kind}.md)" in PAGES["README"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_page_names_every_field_of_its_kind(kind: str) -> None:
    rule = parse_rule(definition_of(rules_of(PAGES[kind])[0]))
    told = PAGES["README"] + PAGES[kind].partition("## Fields")[2].partition("## Example")[0]
    assert [name for name in type(rule).model_fields if f"`{name}`" not in told] == []


@pytest.mark.parametrize("rule", SHOWN, ids=name_of)
def test_a_rule_that_is_shown_passes_its_own_cases(rule: Rule, tmp_path: Path) -> None:
    definition = definition_of(rule)
    asked = [case for case in rule["cases"] if case["mode"] != "fit"]
    file = tmp_path / "cases.json"
    file.write_text(json.dumps({"cases": [{**case, "rules": [definition]} for case in asked]}))
    report = run_cases(file)
    assert [str(failure) for failure in report.failures] == []
    assert len(report.passed) == len(asked)
    outcomes = {case["expect"]["outcome"] for case in asked}
    assert "PASS" in outcomes
    assert outcomes & STOPPING


@pytest.mark.parametrize("rule", SHOWN, ids=name_of)
def test_a_rule_that_is_shown_says_what_it_finds_in_the_demo(rule: Rule) -> None:
    fits = [case for case in rule["cases"] if case["mode"] == "fit"]
    assert fits
    assert run_rule_cases(definition_of(rule), fits, facts=demo(), today=universe.AS_OF) == ()


def test_no_two_rules_that_are_shown_have_one_name() -> None:
    names = [rule["id"] for rule in SHOWN]
    assert len(set(names)) == len(names)


def test_pages_read_well_beside_code() -> None:
    long = {
        f"{page}:{number}"
        for page, text in PAGES.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if len(line) > WIDTH and not line.startswith("|")
    }
    assert long == set()


def test_every_route_that_is_named_is_there() -> None:
    listed = (FOLDER.parent / "generated" / "routes.md").read_text(encoding="utf-8")
    for page in PAGES.values():
        for method, path in re.findall(r"`(GET|POST) (/api/v1/[^`?]*)`", page):
            assert f"| {method} | `{path}` |" in listed
