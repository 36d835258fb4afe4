"""A check with every cell it measured, made again from the evidence in the journal.

The evidence names the rule set by its content; the rules that were in force then are folded from
the journal up to the check.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.explain import OtherSums, WrongRules, candidate_in, expand
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import read_rule
from tradeoms.compliance.reference import RuleAnswer
from tradeoms.compliance.sentences import Names, Passing, sentence, unit_of
from tradeoms.domain.booking.events import BookingChecked
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.order.events import OrderChecked
from tradeoms.domain.reference.state import Security
from tradeoms.domain.ruleset.state import RuleStatus, RuleVersion
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.projections import tables as t
from tradeoms.projections.book import Book
from tradeoms.projections.fold import apply
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries_journal import find_check
from tradeoms.projections.resources_control import CheckResource, check_resource
from tradeoms.projections.resources_text import security_ref

_codec: Final = Codec(EVENTS)
_security: Final = msgspec.json.Decoder(Security).decode
Cell = Mapping[str, Any]  # Any: JSON


def one_check(link: sa.Connection, check_id: str, scope: Scope) -> CheckResource | None:
    """The check, if its order is in scope; the cells of other funds are left out."""
    found = find_check(link, check_id, scope)
    if found is None:
        return None
    checked, seq = found
    cells = _cells(link, checked, seq) if checked.evidence else []
    return check_resource(checked, seq=seq, cells=cells, funds=scope.funds)


def rules_at(link: sa.Connection, seq: int) -> list[RuleVersion]:
    """The rule versions in force at ``seq``, in the order in which they were defined."""
    names = link.execute(sa.select(t.rules.c.rule_id).distinct()).scalars()
    wanted = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.subject.in_([f"rule_{name}" for name in names]), journal.c.seq < seq)
        .order_by(journal.c.seq)
    )
    book = Book()
    for number, body in link.execute(wanted):
        apply(book, _codec.decode(body).event, number)
    return [rule for rule in book.rules.values() if rule.status is RuleStatus.ACTIVE]


def answers_of(evidence: str, active: Sequence[RuleVersion]) -> tuple[RuleAnswer, ...]:
    """What every rule in force said; nothing where evidence cannot be read with these."""
    by_name = sorted(active, key=lambda rule: (rule.rule_id, rule.version))
    for versions in (active, by_name):
        try:
            return expand(evidence, [read_rule(version.definition) for version in versions])
        except (WrongRules, OtherSums):
            continue
    return ()


def _cells(link: sa.Connection, checked: OrderChecked | BookingChecked, seq: int) -> Sequence[Cell]:
    """Every cell of every rule; none where the rule set of then cannot be made again."""
    answers = answers_of(checked.evidence, rules_at(link, seq))
    tested = candidate_in(checked.evidence)
    keys = {cell.key or "" for answer in answers for cell in answer.cells} | {tested.security_id}
    wanted = sa.select(t.securities.c.state).where(t.securities.c.id.in_(keys))
    known = {one.id: one for one in map(_security, link.execute(wanted).scalars())}
    passing = None
    if isinstance(checked, OrderChecked) and checked.max_quantity is not None:
        passing = Passing(
            asked=sum((Fraction(leg.quantity) for leg in tested.legs), Fraction(0)),
            most=Fraction(checked.max_quantity),
            rule=checked.binding_rule,
            unit=unit_of(known[tested.security_id].asset_type),
        )

    def name(key: str) -> str:
        return security_ref(known.get(key), key).value

    return [cell for answer in answers for cell in _of_rule(answer, name, passing)]


def _of_rule(answer: RuleAnswer, name: Names, passing: Passing | None) -> Iterator[Cell]:
    rule = answer.rule
    named = {
        "rule": rule.id,
        "rule_version": rule.version,
        "kind": rule.kind,
        "severity": str(rule.severity),
    }
    for cell in answer.cells:
        told = sentence(rule, cell, name, passing)
        yield {**named, **_of_cell(cell), "explanation": told}
    if not answer.cells:
        nothing = CellResult(entity=None, key=None, outcome=answer.outcome)
        yield {**named, **_of_cell(nothing), "explanation": ""}


def _of_cell(cell: CellResult) -> Cell:
    return {
        "fund": cell.entity,
        "cell": cell.key,
        "outcome": cell.outcome.value,
        "numerator_before": exact_text(cell.num_before),
        "denominator_before": exact_text(cell.den_before),
        "numerator_after": exact_text(cell.num_after),
        "denominator_after": exact_text(cell.den_after),
        "limit": exact_text(cell.limit),
        "bound": cell.bound,
        "headroom": exact_text(_headroom(cell)),
    }


def _headroom(cell: CellResult) -> Fraction | None:
    """What the numerator may still move before the limit; negative beyond it."""
    if cell.limit is None or cell.num_after is None or cell.den_after is None:
        return None
    room = cell.limit * cell.den_after - cell.num_after
    return room if cell.bound == "max" else -room
