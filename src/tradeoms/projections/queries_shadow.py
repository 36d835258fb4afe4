"""What a shadow rule found beside the rules that decided: read before it is promoted.

A shadow rule is tested with every order and never stops one; its cells stand in the evidence of
each check. The report makes them again from there.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.explain import OtherSums, WrongRules, expand
from tradeoms.compliance.policy import Rule, read_rule
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
from tradeoms.projections.paging import PAGE_MAX, Cut, beyond, encode_cursor

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

    All of it is of the part that was asked for; add what `next` leads to. `unread` counts checks
    whose evidence names rules that cannot be made again.
    """

    rule_id: str
    checks: int
    unread: int
    outcomes: dict[str, int]
    findings: list[ShadowFinding]
    next: str | None
    has_more: bool


def shadow_report(
    link: sa.Connection, rule_id: str, funds: frozenset[str] | None, cut: Cut
) -> ShadowReport:
    """Go through some checks, of those made while a version of the rule was in its shadow.

    Args:
        link: Connection.
        rule_id: The rule.
        funds: Funds that may be shown; None is all.
        cut: Behind which check to begin, and how many to read, of whatever rules.
    """
    outcomes: Counter[str] = Counter()
    findings: list[ShadowFinding] = []
    unread = 0
    numbers, following = _numbers_of_checks(link, cut)
    for event, rules in _checks(link, numbers):
        mine = next((r for r in rules if r.id == rule_id and r.severity is Severity.SHADOW), None)
        if mine is None or not event.evidence:
            continue
        try:
            answers = expand(event.evidence, rules)
        except (WrongRules, OtherSums):
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
        next=following,
        has_more=following is not None,
    )


def whole_shadow_report(link: sa.Connection, rule_id: str) -> ShadowReport:
    """The report over every check there is."""
    part = shadow_report(link, rule_id, None, Cut(limit=PAGE_MAX))
    outcomes, findings, unread = Counter(part.outcomes), part.findings, part.unread
    while part.next is not None:
        part = shadow_report(link, rule_id, None, Cut(part.next, PAGE_MAX))
        outcomes.update(part.outcomes)
        findings += part.findings
        unread += part.unread
    return msgspec.structs.replace(
        part, checks=outcomes.total(), outcomes=dict(outcomes), findings=findings, unread=unread
    )


def _numbers_of_checks(link: sa.Connection, cut: Cut) -> tuple[list[int], str | None]:
    """Where the next checks stand in the journal, and the cursor behind them.

    Ids sort by creation, so the key of the table leads through it; in the journal two neighbours
    may stand the other way round.
    """
    table = t.checks
    wanted = (
        sa.select(table.c.id, table.c.seq)
        .where(*beyond((table.c.id,), cut.after, descending=False))
        .order_by(table.c.id)
        .limit(cut.limit + 1)
    )
    rows = link.execute(wanted).all()
    following = encode_cursor([rows[cut.limit - 1].id]) if len(rows) > cut.limit else None
    return sorted(row.seq for row in rows[: cut.limit]), following


def _checks(link: sa.Connection, numbers: list[int]) -> Iterator[tuple[OrderChecked, list[Rule]]]:
    """These checks with the rules in force then, in the order in which evidence names them."""
    if not numbers:
        return
    names = link.execute(sa.select(t.rules.c.rule_id).distinct()).scalars()
    about_rules = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.subject.in_([f"rule_{name}" for name in names]))
        .where(journal.c.seq < numbers[-1])
        .order_by(journal.c.seq)
    )
    changes = deque(link.execute(about_rules).all())
    checked = sa.select(journal.c.seq, journal.c.body).where(journal.c.seq.in_(numbers))
    book, rules = Book(), list[Rule]()
    for seq, body in link.execute(checked.order_by(journal.c.seq)):
        event = _codec.decode(body).event
        if not isinstance(event, OrderChecked):
            continue
        if changes and changes[0].seq < seq:
            while changes and changes[0].seq < seq:
                change = changes.popleft()
                apply(book, _codec.decode(change.body).event, change.seq)
            rules = _in_force(book)
        yield event, rules


def _in_force(book: Book) -> list[Rule]:
    return [
        read_rule(one.definition)
        for _, one in sorted(book.rules.items())
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
