"""From the cells of all rules to one answer: outcome, action, verdicts in plain words."""

from __future__ import annotations

from collections.abc import Iterable

from tradeoms.compliance.actions import action_of, lenient
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.compliance.sentences import Names, Passing, sentence
from tradeoms.domain.evaluation import Action, Outcome, Verdict


def worst_outcome(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the worst outcome; NOT_TESTED only where nothing was tested."""
    tested = [one for one in outcomes if one is not Outcome.NOT_TESTED]
    return max(tested, key=lambda one: one.badness, default=Outcome.NOT_TESTED)


def worst_action(answers: Iterable[RuleAnswer]) -> Action:
    """Return the worst action of all rules."""
    return max(
        (action_of(one.rule, one.outcome) for one in answers),
        key=lambda one: one.badness,
        default=Action.ALLOW,
    )


def waiting_for(outcome: Outcome, action: Action) -> tuple[str, ...]:
    """Say what must happen before the order may proceed."""
    waits = []
    if outcome is Outcome.UNKNOWN and not action.allows:
        waits.append("data")
    if action is Action.BLOCK_SOFT:
        waits.append("waiver")
    if action is Action.ALLOW_ACK:
        waits.append("acknowledgement")
    return tuple(waits)


def verdicts_of(
    answers: Iterable[RuleAnswer], names: Names = str, passing: Passing | None = None
) -> tuple[Verdict, ...]:
    """Return the cells that did not simply pass, worst first, then in rule order.

    Args:
        answers: What the rules say.
        names: How securities are called.
        passing: How much of the order passes; None where several are tested together.
    """
    found = [
        verdict_of(answer.rule, cell, sentence(answer.rule, cell, names, passing))
        for answer in answers
        for cell in answer.cells
        if cell.outcome is not Outcome.PASS
    ]
    return tuple(sorted(found, key=lambda one: -one.outcome.badness))


def verdict_of(rule: Rule, cell: CellResult, explanation: str) -> Verdict:
    """Return one cell as a plain value."""
    return Verdict(
        rule_id=rule.id,
        rule_version=rule.version,
        kind=rule.kind,
        severity=rule.severity,
        fund=cell.entity,
        cell=cell.key,
        outcome=cell.outcome,
        numerator_before=exact_text(cell.num_before),
        numerator_after=exact_text(cell.num_after),
        denominator_before=exact_text(cell.den_before),
        denominator_after=exact_text(cell.den_after),
        limit=exact_text(cell.limit),
        bound=cell.bound,
        explanation=explanation,
        lenient=lenient(rule),
    )
