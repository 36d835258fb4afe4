"""The cells of a ladder: the position in a security, issuer or underlying, and what may move it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.kinds.in_issue import in_issue
from tradeoms.compliance.kinds.membership import Membership, membership
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.question import Question, side_tested, subjects
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.domain.evaluation import Candidate, OpenOrder, Outcome, SecurityFacts


@dataclass(frozen=True, slots=True)
class Rung:
    """One cell: its position and what may still move it. Quantities in the rule's measure.

    Attributes:
        entity: Fund, or name of the aggregate.
        key: Security, issuer or underlying.
        amount: Amount in issue; None where unknown.
        problem: Why the cell cannot be judged; empty where it can, and its amount is known.
        reported: Last reported share; None where there is none.
        settled: Position, signed, with everything that surely fills.
        opens: Open orders, of which any may fill.
        maybe: Holdings that may or may not belong to the cell.
    """

    entity: str
    key: str
    amount: Fraction | None
    problem: str
    reported: Decimal | None
    settled: Fraction
    opens: tuple[Fraction, ...]
    maybe: tuple[Fraction, ...]


def rungs(
    facts: Facts, rule: LadderRule, question: Question
) -> Iterator[tuple[Rung | CellResult, dict[str, Fraction]]]:
    """Yield every cell that the orders touch, with what each order adds to it; or what is wrong."""
    tested = [
        (candidate, fund)
        for candidate, fund in subjects(facts, rule, question)
        if side_tested(rule.sides, candidate.side)
    ]
    orders = {candidate.order_id: candidate for candidate, _ in tested}.values()
    seen: set[tuple[str, str | None]] = set()
    for candidate, fund in tested:
        place = facts.level_of(fund, rule.level)
        security = facts.securities[candidate.security_id]
        member = membership(rule, security, question.today)
        if place is None or member.inside is False:
            continue
        key = None if not member.certain else next(iter(member.weights))
        if (place[0], key) in seen:
            continue
        seen.add((place[0], key))
        if key is None:
            yield unknown_rung(place[0], None, member.problem), {}
            continue
        moves, lacking = _moves(facts, rule, orders, (key, place[1]), question)
        if lacking:
            yield unknown_rung(place[0], key, facts.lack(lacking)), {}
            continue
        yield rung_of(facts, rule, question, place, key), moves


def rung_of(
    facts: Facts,
    rule: LadderRule,
    question: Question,
    place: tuple[str, tuple[str, ...]],
    key: str,
) -> Rung:
    """Return the cell ``key`` of an aggregate as it stands, with what may still move it."""
    entity, fund_ids = place
    amount = in_issue(facts, rule.den, rule.group_by, key)
    problem = "the amount in issue is unknown" if amount is None else ""
    settled, maybe = NOTHING, []
    opens: dict[str, Fraction] = {}
    for security, member in _members(facts, rule, key, question.today):
        held, moves = _quantities(facts, rule, question, security.id, fund_ids)
        unit = facts.unit(rule.measure, security.id, "")
        if unit is None:
            counts = member.certain or rule.on_missing != "disregard"
            if counts and (held or moves):
                problem = problem or facts.lack(security.id)
        elif member.certain:
            settled += held * unit
            for order_id, move in moves.items():
                opens[order_id] = opens.get(order_id, NOTHING) + move * unit
        else:
            maybe += [one * unit for one in (held, *moves.values()) if one]
    if rule.pending == "all":
        settled, opens = settled + sum(opens.values(), NOTHING), {}
    return Rung(
        entity,
        key,
        amount,
        problem,
        facts.outside.reported.get((rule.id, key)),
        settled,
        tuple(opens.values()),
        () if rule.on_missing == "disregard" else tuple(maybe),
    )


def _quantities(
    facts: Facts,
    rule: LadderRule,
    question: Question,
    security_id: str,
    fund_ids: tuple[str, ...],
) -> tuple[Fraction, dict[str, Fraction]]:
    """Return what the funds hold of a security, and what each open order may add."""
    held = NOTHING
    moves: dict[str, Fraction] = {}
    for fund_id in facts.holders.get(security_id, set()) & set(fund_ids):
        held += Fraction(facts.held(fund_id).get(security_id, 0))
        for order in facts.open_by_holding.get((fund_id, security_id), {}).values():
            if order.order_id not in question.order_ids and rule.pending != "none":
                move = _quantity(order, (fund_id,))
                moves[order.order_id] = moves.get(order.order_id, NOTHING) + move
    return held, moves


def _members(
    facts: Facts, rule: LadderRule, key: str, today: date
) -> Iterator[tuple[SecurityFacts, Membership]]:
    """Yield the securities of a cell, and those that may belong to it."""
    single = rule.own_by == "sec" and key in facts.securities
    for security in [facts.securities[key]] if single else facts.securities.values():
        if security.id not in facts.holders:
            continue
        member = membership(rule, security, today)
        if member.inside is not False and (key in member.weights or not member.key_known):
            yield security, member


def held_keys(facts: Facts, rule: LadderRule, fund_ids: tuple[str, ...], today: date) -> list[str]:
    """Return the cells in which some funds hold anything."""
    held = dict.fromkeys(one for fund_id in fund_ids for one in facts.held(fund_id))
    members = (membership(rule, facts.securities[one], today) for one in held)
    keys = (key for one in members if one.inside for key in one.weights)
    return list(dict.fromkeys(key for key in keys if key is not None))


def _moves(
    facts: Facts,
    rule: LadderRule,
    orders: Iterable[Candidate],
    cell: tuple[str, tuple[str, ...]],
    question: Question,
) -> tuple[dict[str, Fraction], str]:
    """Return what each order adds to a cell of some funds, and a security that has no measure."""
    key, fund_ids = cell
    moves: dict[str, Fraction] = {}
    for order in orders:
        security = facts.securities[order.security_id]
        member = membership(rule, security, question.today)
        quantity = _quantity(order, fund_ids)
        if quantity and member.inside and key in member.weights:
            unit = facts.unit(rule.measure, security.id, "")
            if unit is None:
                return {}, security.id
            moves[order.order_id] = quantity * unit
    return moves, ""


def _quantity(order: Candidate | OpenOrder, fund_ids: Iterable[str]) -> Fraction:
    funds = set(fund_ids)
    whole = sum((Fraction(leg.quantity) for leg in order.legs if leg.fund_id in funds), NOTHING)
    return order.side.sign * whole


def unknown_rung(entity: str, key: str | None, reason: str) -> CellResult:
    """Return a cell that cannot be judged."""
    return CellResult(entity=entity, key=key, outcome=Outcome.UNKNOWN, reason=reason)
