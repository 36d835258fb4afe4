"""What a shadow rule found beside the rules that decided: read before it is promoted.

A shadow rule is tested with every order and never stops one; its cells stand in the evidence of
each check. The report makes them again from there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.explain import WrongRules, expand
from tradeoms.compliance.policy import Rule, parse_rule
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.evaluation import Outcome, Severity
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.ruleset.state import RuleStatus
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply

_codec: Final = Codec(EVENTS)
_STOPS: Final = frozenset({Outcome.BREACH, Outcome.UNKNOWN})


class ShadowFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One check in which the rule found what would stop an order, were it promoted.

    `action` is what the other rules answered; numbers are exact text of the worst cell.
    """

    check_id: str
    order_id: str
    at: str
    version: int
    action: str
    outcome: str
    fund: str | None
    cell: str | None
    numerator: str | None
    denominator: str | None
    limit: str | None


class ShadowReport(msgspec.Struct, frozen=True, kw_only=True):
    """How often the rule came to each outcome, and what it would have stopped.

    `unread` counts checks whose evidence names rules that cannot be made again.
    """

    rule_id: str
    checks: int
    unread: int
    outcomes: dict[str, int]
    findings: list[ShadowFinding]


def shadow_report(
    link: sa.Connection, rule_id: str, funds: frozenset[str] | None = None
) -> ShadowReport:
    """Go through every check made while a version of the rule was in its shadow.

    Args:
        link: Connection.
        rule_id: The rule.
        funds: Funds that may be shown; None is all.
    """
    outcomes: Counter[str] = Counter()
    findings: list[ShadowFinding] = []
    unread = 0
    for event, rules in _checks(link):
        mine = next((r for r in rules if r.id == rule_id and r.severity is Severity.SHADOW), None)
        if mine is None or not event.evidence:
            continue
        try:
            answers = expand(event.evidence, rules)
        except WrongRules:
            unread += 1
            continue
        answer = next(one for one in answers if one.rule.id == rule_id)
        outcomes[answer.outcome.value] += 1
        if answer.outcome in _STOPS:
            finding = _finding(event, answer)
            if funds is None or finding.fund is None or finding.fund in funds:
                findings.append(finding)
    return ShadowReport(
        rule_id=rule_id,
        checks=outcomes.total(),
        unread=unread,
        outcomes=dict(outcomes),
        findings=findings,
    )


def _checks(link: sa.Connection) -> Iterator[tuple[OrderChecked, list[Rule]]]:
    """Every check with the rules in force then, in the order in which evidence names them."""
    names = link.execute(sa.select(t.rules.c.rule_id).distinct()).scalars()
    subjects = [f"rule_{name}" for name in names]
    checked = sa.select(t.checks.c.seq)
    wanted = (
        sa.select(journal.c.seq, journal.c.body)
        .where(sa.or_(journal.c.subject.in_(subjects), journal.c.seq.in_(checked)))
        .order_by(journal.c.seq)
    )
    book, rules = Book(), list[Rule]()
    for seq, body in link.execute(wanted).yield_per(1_000):
        event = _codec.decode(body).event
        if isinstance(event, OrderChecked):
            yield event, rules
        else:
            apply(book, event, seq)
            active = [one for _, one in sorted(book.rules.items())]
            rules = [
                parse_rule(msgspec.json.decode(one.definition))
                for one in active
                if one.status is RuleStatus.ACTIVE
            ]


def _finding(event: OrderChecked, answer: RuleAnswer) -> ShadowFinding:
    cell = max(answer.cells, key=lambda one: one.outcome.badness)
    return ShadowFinding(
        check_id=event.check_id,
        order_id=event.order_id,
        at=event.at.isoformat(),
        version=answer.rule.version,
        action=event.action.value,
        outcome=answer.outcome.value,
        fund=cell.entity,
        cell=cell.key,
        numerator=exact_text(cell.num_after),
        denominator=exact_text(cell.den_after),
        limit=exact_text(cell.limit),
    )
