"""From the cells of all rules to one answer: outcome, action, verdicts in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import action_of, lenient
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.domain.evaluation import Action, Outcome, Verdict

#: Kinds whose limits are shares.
_SHARES: Final = frozenset(
    {"ratio", "ownership", "ladder", "bucket", "topn", "count", "issues", "gross"}
)


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


def verdicts_of(answers: Iterable[RuleAnswer]) -> tuple[Verdict, ...]:
    """Return the cells that did not simply pass, worst first, then in rule order."""
    found = [
        verdict_of(answer.rule, cell)
        for answer in answers
        for cell in answer.cells
        if cell.outcome is not Outcome.PASS
    ]
    return tuple(sorted(found, key=lambda one: -one.outcome.badness))


def verdict_of(rule: Rule, cell: CellResult) -> Verdict:
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
        explanation=sentence(rule, cell),
        lenient=lenient(rule),
    )


def sentence(rule: Rule, cell: CellResult) -> str:
    """Say in one sentence what the rule found."""
    name = rule.title or rule.id
    where = "" if cell.entity is None else f" in {cell.entity}"
    what = "" if cell.key is None else f" for {cell.key}"
    numbers = ""
    if cell.num_after is not None and cell.limit is not None:
        numbers = f": {_share(cell.num_after, cell.den_after)}, {cell.bound} {_limit(rule, cell)}"
    reason = f" ({cell.reason})" if cell.reason else ""
    return f"{name}{where}{what} is {cell.outcome.value}{numbers}{reason}."


def _share(num: Fraction, den: Fraction | None) -> str:
    if den is None or den <= 0:
        return exact_text(num) or ""
    if den == 1:
        return _rounded(num)
    return f"{_rounded(num * 100 / den)} % of {_rounded(den)}"


def _limit(rule: Rule, cell: CellResult) -> str:
    assert cell.limit is not None
    if rule.kind in _SHARES and cell.den_after != 1:
        return f"{_rounded(cell.limit * 100)} %"
    return _rounded(cell.limit)


def _rounded(value: Fraction) -> str:
    """Six decimals are enough to read; the exact numbers stand beside the sentence."""
    whole = round(value * 10**6)
    text = exact_text(Fraction(whole, 10**6)) or ""
    return text if Fraction(whole, 10**6) == value else f"about {text}"
