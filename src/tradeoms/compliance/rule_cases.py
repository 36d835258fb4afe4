"""The cases that a rule carries, and how they come out: its arithmetic, and whether it fits a fund.

A case is of the public case format, with the rule itself where `rules` is left out or names it; or
it says what the rule finds in a fund as it stands now: `{"id", "mode": "fit", "fund", "expect"}`.
A case that expects nothing, or is about other rules alone, proves nothing and fails.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from tradeoms.compliance.answer import worst_outcome
from tradeoms.compliance.cases import run_case
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.policy import Rule, parse_rule
from tradeoms.compliance.question import effective, fund_tested
from tradeoms.compliance.statecheck import settled, state_of
from tradeoms.domain.evaluation import FundFacts, Outcome

#: Most cases that one rule may carry: the engine runs them.
CASES_MAX: Final = 200
Case = Mapping[str, Any]  # Any: JSON


class CaseError(ValueError):
    """The cases of a rule cannot be read."""


def read_cases(text: str) -> Sequence[Case]:
    """Read the cases of a rule.

    Raises:
        CaseError: If they are not a list of cases, each with an id and what it expects.
    """
    try:
        cases = json.loads(text)
    except ValueError as error:
        raise CaseError(f"cases: {error}") from None
    if not isinstance(cases, list) or len(cases) > CASES_MAX:
        raise CaseError(f"cases: a list of at most {CASES_MAX} is expected")
    for number, case in enumerate(cases):
        if not (isinstance(case, dict) and case.get("id") and isinstance(case.get("expect"), dict)):
            raise CaseError(f"cases.{number}: a case has an `id` and an `expect`")
    return cases


def run_rule_cases(
    definition: Case, cases: Sequence[Case], *, facts: Facts, today: date
) -> tuple[str, ...]:
    """Run ``cases`` of the rule ``definition``; return a line for each that fails.

    Args:
        definition: The rule as written.
        cases: Its cases.
        facts: The world as it is, for the cases that ask whether the rule fits a fund.
        today: The trading day.
    """
    failures = []
    for case in cases:
        try:
            problem = _run(definition, case, facts, today)
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
            problem = f"cannot be read: {error!r}"
        if problem is not None:
            failures.append(f"{case['id']}: {problem}")
    return tuple(failures)


def _run(definition: Case, case: Case, facts: Facts, today: date) -> str | None:
    if not case["expect"]:
        return "it expects nothing"
    if case.get("mode") != "fit":
        rules = [
            one if one.get("id") != definition["id"] else definition
            for one in case.get("rules", [definition])
        ]
        if definition not in rules:
            return f"it is about other rules than {definition['id']}"
        failure = run_case({**case, "rules": rules})
        return None if failure is None else f"expected {failure.expected}, got {failure.got}"
    fund = facts.funds.get(case["fund"])
    if fund is None:
        return f"there is no fund {case['fund']}"
    expected = str(case["expect"]["outcome"]).lower()
    found = standing(facts, parse_rule(definition), fund, today)
    return None if found.value == expected else f"expected {expected}, {fund.id} is {found}"


def standing(facts: Facts, rule: Rule, fund: FundFacts, today: date) -> Outcome:
    """What ``rule`` finds in ``fund`` as it stands; PASS where it looks at orders alone."""
    if not (effective(rule, today) and fund_tested(rule, fund, today)):
        return Outcome.NOT_TESTED
    cells = state_of(settled(facts), rule, fund, today)
    return worst_outcome([Outcome.PASS, *(cell.outcome for cell in cells)])
