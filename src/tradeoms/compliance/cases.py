"""The public case format: read a file of worked cases, run each, report what differs.

A case is funds, securities, positions, open orders, new orders and rules with the answer expected;
`schema` at the top of a file explains every field. Every number is text and is read exactly. A case
with a kind of rule that does not exist here is reported as failed, by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from tradeoms.compliance.answer import worst_action, worst_outcome
from tradeoms.compliance.basket import evaluate_basket
from tradeoms.compliance.book import ComplianceBook
from tradeoms.compliance.casefile import candidate_of, load_book, now_of, today_of
from tradeoms.compliance.classify import classify
from tradeoms.compliance.exact import decimal_of
from tradeoms.compliance.explain import expand
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import KINDS, PolicyError, Rule
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, undisclosed
from tradeoms.compliance.statecheck import is_post, settled, state_of, subjects
from tradeoms.domain.case.findings import BreachKind
from tradeoms.domain.evaluation import (
    Action,
    CellExcess,
    Evaluation,
    Outcome,
    Severity,
)
from tradeoms.domain.waiver.decide import Hold, why_not
from tradeoms.domain.waiver.state import Approval, Waiver, WaiverStatus
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.enums import Role


@dataclass(frozen=True, slots=True)
class Failure:
    """One case that did not come out as expected."""

    case_id: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a file of cases came to."""

    passed: tuple[str, ...]
    failures: tuple[Failure, ...]

    def lines(self) -> Iterator[str]:
        """Yield one line for every failing case, then the count."""
        for one in self.failures:
            yield f"{one.case_id}: expected {one.expected}, got {one.got}"
        yield f"{len(self.passed)} passed, {len(self.failures)} failed"


def run_cases(path: Path | str) -> Report:
    """Run every case of a file.

    Args:
        path: JSON file with a list `cases`.
    """
    content = json.loads(Path(path).read_text(encoding="utf-8"))
    passed: list[str] = []
    failures: list[Failure] = []
    for case in content["cases"]:
        failure = run_case(case)
        if failure is None:
            passed.append(case["id"])
        else:
            failures.append(failure)
    return Report(tuple(passed), tuple(failures))


def run_case(case: Mapping[str, Any]) -> Failure | None:  # Any: parsed JSON of the case format
    """Run one case; return what differs, None where nothing does."""
    kinds = [str(rule.get("kind")) for rule in case.get("rules", ())]
    unknown = sorted({kind for kind in kinds if kind not in KINDS})
    expected = case["expect"]
    if unknown:
        return _unsupported(case, ", ".join(f"kind {kind}" for kind in unknown))
    run = _MODES.get(case["mode"])
    if run is None:
        return _unsupported(case, f"mode {case['mode']}")
    try:
        got = run(case)
    except PolicyError as error:
        return _unsupported(case, str(error))
    shown = {name: got.get(name) for name in expected}
    wrong = {name: shown[name] for name in expected if not _agrees(name, expected[name], got)}
    if not wrong:
        return None
    return Failure(
        case["id"],
        json.dumps({name: expected[name] for name in wrong}),
        json.dumps(wrong, default=str),
    )


def _unsupported(case: Mapping[str, Any], what: str) -> Failure:
    return Failure(case["id"], json.dumps(case["expect"]), f"not supported: {what}")


def _run_pre(case: Mapping[str, Any]) -> dict[str, Any]:
    book = load_book(case)
    candidates = tuple(candidate_of(raw) for raw in case["orders"])
    if len(candidates) == 1:
        one = book.check(candidates[0], today=today_of(case), now=now_of(case))
        found = _from_check(book, one)
        book.put_rules(_heeded(book.rules))
        sized = book.check(candidates[0], today=today_of(case), now=now_of(case))
        most = {one.order_id: (sized.max_quantity, sized.binding_rule)}
        question = Question(candidates=candidates, today=today_of(case), now=now_of(case))
        return {**found, **_sizes(book, question, most)}
    worst = case.get("basket", "net") == "worst"
    question = Question(
        candidates=candidates, today=today_of(case), now=now_of(case), any_subset=worst
    )
    basket, answers = evaluate_basket(book.facts, book.rules, question)
    heeded, _ = evaluate_basket(book.facts, _heeded(book.rules), question)
    most = {
        name: (heeded.max_quantity[name], heeded.binding_rule[name]) for name in heeded.max_quantity
    }
    return {
        "outcome": basket.outcome.value.upper(),
        "action": basket.action.value.upper(),
        "by_rule": {name: one.value.upper() for name, one in basket.outcome_by_rule},
        **_sizes(book, question, most),
        "basket_scale": heeded.scale,
        "culprits": list(heeded.culprits),
        "cells": [(answer.rule.id, cell) for answer in answers for cell in answer.cells],
    }


def _heeded(rules: Sequence[Rule]) -> tuple[Rule, ...]:
    """Return rules that all stop an order: the quantities of the format heed every one of them."""
    return tuple(
        rule.model_copy(
            update={
                "severity": Severity.HARD,
                "on_missing": "block" if rule.on_missing == "warn" else rule.on_missing,
            }
        )
        for rule in rules
    )


def _sizes(
    book: ComplianceBook, question: Question, most: Mapping[str, tuple[Decimal | None, str | None]]
) -> dict[str, Any]:
    """Return the largest quantities, and the rule that sets the first: nothing to disclose, too."""
    found = {}
    for candidate in question.candidates:
        quantity, binding = most[candidate.order_id]
        for rule in book.rules:
            silent = undisclosed(book.facts, rule, question, candidate)
            if silent is not None and (quantity is None or silent < quantity):
                quantity, binding = decimal_of(silent), rule.id
        found[candidate.order_id] = (quantity, binding)
    return {
        "max_qty": {name: quantity for name, (quantity, _) in found.items()},
        "binding": next((binding for _, binding in found.values()), None),
    }


def _run_post(case: Mapping[str, Any]) -> dict[str, Any]:
    """Test the state as it stands; only rules about holdings have a state to test."""
    book, today = load_book(case), today_of(case)
    facts = settled(book.facts)
    answers = []
    for rule in book.rules:
        cells: list[CellResult] = []
        if is_post(rule, today):
            for fund in subjects(facts, rule, today).values():
                cells.extend(state_of(facts, rule, fund, today))
        outcome = worst_outcome(cell.outcome for cell in cells)
        answers.append(RuleAnswer(rule, outcome, tuple(cells)))
    outcome = worst_outcome(answer.outcome for answer in answers)
    action = Action.REPORT if outcome is Outcome.BREACH else worst_action(answers)
    return {
        "outcome": outcome.value.upper(),
        "action": action.value.upper(),
        "by_rule": {answer.rule.id: answer.outcome.value.upper() for answer in answers},
        "cells": [(answer.rule.id, cell) for answer in answers for cell in answer.cells],
    }


def _run_classify(case: Mapping[str, Any]) -> dict[str, Any]:
    """Compare the state now with the quantities of the last compliant run."""
    now, before = case["current"], case["previous"]
    book = load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": now["nav"]}},
            "securities": {
                name: {"ccy": "EUR", **{key: held[key] for key in held if key != "qty"}}
                for name, held in now["positions"].items()
            },
            "positions": [["F", name, held["qty"]] for name, held in now["positions"].items()],
            "rules": case["rules"],
        }
    )
    compliant = {
        "F": {
            name: Decimal(held["qty"])
            for name, held in before["positions"].items()
            if name in now["positions"]
        }
    }
    fund, causes = book.facts.funds["F"], list(BreachKind)
    found = [
        cause
        for rule in book.rules
        for cause in classify(book.facts, compliant, rule, fund, today_of(case)).values()
    ]
    worst = max(found, key=causes.index, default=None)
    if worst is None:
        return {"outcome": Outcome.PASS.value.upper(), "breach_class": "none"}
    return {"outcome": Outcome.BREACH.value.upper(), "breach_class": worst.value}


def _run_workflow(case: Mapping[str, Any]) -> dict[str, Any]:
    """Ask whether a permission lets a breach pass: the function that the engine asks."""
    breach, given = case["breach"], case.get("override")
    hold = Hold(
        order_id=breach["order"],
        rule=f"{breach['rule']}@{breach['rule_version']}",
        hard=breach["severity"] == Severity.HARD,
        quantity=Decimal(breach["qty"]),
        excess=_excess(breach["g"]),
        people=frozenset({breach["requester"]}),
    )
    why = why_not(_waiver(given, breach["requester"]), hold, _stamp_at(case["now"]))
    stopped = Action.BLOCK_HARD if hold.hard else Action.BLOCK_SOFT
    return {"action": (Action.ALLOW if why is None else stopped).value.upper()}


def _excess(amount: str) -> tuple[CellExcess, ...]:
    return (CellExcess(fund="", cell="", bound="max", amount=amount),)


def _waiver(given: Mapping[str, Any] | None, requester: str) -> Waiver:
    """The permission of a case, as both people approved it; where there is none, nobody did."""
    given = given or {}
    roles = {"compliance": Role.COMPLIANCE_OFFICER, "risk": Role.RISK}
    named = (("by", "role"), ("second_by", "second_role"))
    expires = _instant(given.get("expires", "0001-01-01T00:00:00Z"))
    approvals = tuple(
        Approval(person=given[person], role=roles[given[role]], note="", at=expires)
        for person, role in named
        if given.get(person) and given.get(role) in roles
    )
    return Waiver(
        id="wvr",
        version=1,
        order_id=given.get("order", ""),
        rule=f"{given.get('rule', '')}@{given.get('rule_version', '')}",
        reason=given.get("reason") or "",
        quantity=Decimal(given.get("max_qty", "0")),
        excess=_excess(given.get("max_g", "")),
        requested_by=requester,
        expires_at=expires,
        created_at=expires,
        updated_at=expires,
        status=WaiverStatus.APPROVED,
        approvers=2,
        approvals=approvals,
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _stamp_at(text: str) -> Stamp:
    return Stamp(at=_instant(text), actor="", base="")


_MODES: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "pre": _run_pre,
    "post": _run_post,
    "classify": _run_classify,
    "workflow": _run_workflow,
}


def _from_check(book: ComplianceBook, one: Evaluation) -> dict[str, Any]:
    expanded = expand(one.evidence, book.rules) if one.evidence else ()
    return {
        "outcome": one.outcome.value.upper(),
        "action": one.action.value.upper(),
        "by_rule": {answer.rule.id: answer.outcome.value.upper() for answer in expanded},
        "cells": [(answer.rule.id, cell) for answer in expanded for cell in answer.cells],
        "events": [event for answer in expanded for cell in answer.cells for event in cell.events],
    }


def _agrees(name: str, expected: Any, got: Mapping[str, Any]) -> bool:
    found = got.get(name)
    if name == "cells":
        return all(
            any(_same_cell(want, rule_id, cell) for rule_id, cell in found or ())
            for want in expected
        )
    if name == "max_qty":
        return all(
            _same_number(most, (found or {}).get(order_id, "absent"))
            for order_id, most in expected.items()
        )
    if name == "events":
        return _same_events(expected, found or ())
    if name == "basket_scale":
        return found is not None and Fraction(found) == Fraction(expected)
    if name == "culprits":
        return sorted(found or ()) == sorted(expected)
    return bool(found == expected)


def _same_events(expected: Any, found: Any) -> bool:
    def sortable(events: Any) -> list[tuple[Any, ...]]:
        return sorted((Fraction(threshold), *words) for threshold, *words in events)

    return sortable(expected) == sortable(found)


def _same_number(expected: Any, found: Any) -> bool:
    if expected is None or found is None or found == "absent":
        return expected is None and found is None
    return Fraction(expected) == Fraction(found)


def _same_cell(want: Mapping[str, Any], rule_id: str, cell: CellResult) -> bool:
    if (rule_id, cell.key) != (want["rule"], want.get("group")) or not cell.den_after:
        return False
    assert cell.num_after is not None
    return (
        cell.num_after == Fraction(want["num"])
        and cell.den_after == Fraction(want["den"])
        and cell.num_after * 100 / cell.den_after == Fraction(want["pct"])
    )
