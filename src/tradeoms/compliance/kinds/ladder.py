"""`ladder`: thresholds of a share in issue whose crossing must be disclosed, exactly.

Directive 2004/109/EC art. 9 and DTR 5 (votes, reached or fallen below), Exchange Act 13(d), 16(a)
(exceeded), Regulation (EU) 236/2012 art. 5, 6 (net short), FIEA 27-23, 27-25 (changes of a point).
An order discloses where it crosses a threshold, whichever of the open orders have filled by then.
This is the reference: it reads the holders of the cell's securities.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import DERIVED, NOTHING, ONE, Facts
from tradeoms.compliance.kinds.crossing import (
    Event,
    Stretch,
    events_of,
    measured,
    stretch_of,
)
from tradeoms.compliance.kinds.rungs import Rung, held_keys, rung_of, rungs, unknown_rung
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.domain.evaluation import Candidate, FundFacts, Outcome

#: Distinct sums of open orders that are told apart; beyond, any position between is possible.
SUMS_MAX: Final = 4_096


@dataclass(frozen=True, slots=True)
class Step:
    """A position before and after the new orders."""

    before: Fraction
    after: Fraction


def answer(facts: Facts, rule: LadderRule, question: Question) -> list[CellResult]:
    """Return the verdict on every cell that the orders of ``question`` change."""
    found = []
    for rung, moves in rungs(facts, rule, question):
        if isinstance(rung, CellResult):
            found.append(rung)
        elif sum(moves.values()) or (question.any_subset and any(moves.values())):
            found.append(_judge(rule, rung, list(moves.values()), any_subset=question.any_subset))
    return found


def factors(
    facts: Facts, rule: LadderRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield how far ``candidate`` may be scaled before a cell is unknown, where that stops it.

    What must be disclosed stops no order.
    """
    if not stops(rule, Outcome.UNKNOWN):
        return
    for rung, moves in rungs(facts, rule, question):
        if _is_blind(rung, moves):
            yield NOTHING, False
        elif isinstance(rung, Rung) and rung.maybe:
            yield from _silent(facts, rule, rung, moves, (question, candidate))


def silent_factors(
    facts: Facts, rule: LadderRule, question: Question, candidate: Candidate
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield how far ``candidate`` may be scaled before something must be disclosed."""
    for rung, moves in rungs(facts, rule, question):
        if isinstance(rung, Rung) and not _is_blind(rung, moves):
            yield from _silent(facts, rule, rung, moves, (question, candidate))


def _silent(
    facts: Facts,
    rule: LadderRule,
    rung: Rung,
    moves: dict[str, Fraction],
    asked: tuple[Question, Candidate],
) -> Iterator[tuple[Fraction | None, bool]]:
    """Yield the factor up to which one order crosses no threshold, whatever is unknown."""
    question, candidate = asked
    lot = Fraction(facts.securities[candidate.security_id].lot)
    total = sum((Fraction(leg.quantity) for leg in candidate.legs), NOTHING)
    own = moves.pop(candidate.order_id, NOTHING)
    if own:
        room = _room(rule, rung, own, list(moves.values()), any_subset=question.any_subset)
        yield _in_lots(room, total / lot)


def _is_blind(rung: Rung | CellResult, moves: Mapping[str, Fraction]) -> bool:
    """True where a cell that orders move cannot be judged."""
    return isinstance(rung, CellResult) or (bool(rung.problem) and any(moves.values()))


def state(facts: Facts, rule: LadderRule, fund: FundFacts, today: date) -> list[CellResult]:
    """Return the cells of ``fund`` in which a change is due to be reported, and those unknown."""
    place = facts.level_of(fund, rule.level)
    if place is None:
        return []
    found = []
    question = Question(candidates=(), today=today)
    for key in held_keys(facts, rule, place[1], today):
        rung = rung_of(facts, rule, question, place, key)
        assert not isinstance(rung, CellResult)
        found.append(_judge_state(rule, rung))
    return found


def blame(facts: Facts, rule: LadderRule, question: Question) -> tuple[set[str], Fraction]:
    """Return no orders: a disclosure is no breach; zero where the ladder cannot be judged."""
    cells = answer(facts, rule, question)
    return set(), NOTHING if any(stops(rule, one.outcome) for one in cells) else ONE


def asked(rule: LadderRule) -> set[str]:
    """Return the attributes of a security that the kind itself reads, beside its selection."""
    more = {"votes"} if rule.measure == "votes" else set()
    if rule.measure == "share_eq" or rule.own_by == "underlying":
        more |= DERIVED
    if rule.own_by == "sec" and rule.den_from == "issuers":
        more.add("issuer")
    return more | set(rule.group_by) | {rule.den_attr}


def passing_cell(
    rule: LadderRule,
    name: tuple[str, str | None],
    amount: Fraction,
    reported: Decimal | None,
    step: Step,
) -> CellResult:
    """Return a cell in which nothing has to be disclosed; `limit` is the next threshold ahead."""
    before, after = measured(rule, step.before), measured(rule, step.after)
    ahead = stretch_of(rule, before / amount, reported)
    bound = "max" if _grows(rule, step) else "min"
    return CellResult(
        entity=name[0],
        key=name[1],
        outcome=Outcome.PASS,
        num_before=before,
        den_before=amount,
        num_after=after,
        den_after=amount,
        limit=ahead.high if bound == "max" else ahead.low,
        bound=bound,
    )


def _grows(rule: LadderRule, step: Step) -> bool:
    return (step.after > step.before) != (rule.sign == "short")


def _judge(rule: LadderRule, rung: Rung, moves: list[Fraction], *, any_subset: bool) -> CellResult:
    if rung.problem:
        return unknown_rung(rung.entity, rung.key, rung.problem)
    assert rung.amount is not None
    steps = _steps(rung, moves, any_subset=any_subset, maybe=False)
    found = {step: _events(rule, rung, step) for step in steps}
    events = sorted({one for some in found.values() for one in some}, key=_by_threshold)
    up = sum(moves) > 0
    shown = max(steps, key=lambda one: (len(found[one]), one.after if up else -one.after))
    if events:
        return _disclosed(rule, rung, shown, tuple(events))
    if rung.maybe and any(
        _events(rule, rung, one) for one in _steps(rung, moves, any_subset=any_subset, maybe=True)
    ):
        return unknown_rung(
            rung.entity, rung.key, "holdings of unknown group could cross a threshold"
        )
    return passing_cell(rule, (rung.entity, rung.key), rung.amount, rung.reported, shown)


def _disclosed(rule: LadderRule, rung: Rung, step: Step, events: tuple[Event, ...]) -> CellResult:
    assert rung.amount is not None
    words = ", ".join(" ".join(one) for one in events)
    duty = ""
    if rule.disclosure is not None:
        due = f", due {rule.disclosure.deadline}" if rule.disclosure.deadline else ""
        duty = f" ({rule.disclosure.regime}{due})"
    return CellResult(
        entity=rung.entity,
        key=rung.key,
        outcome=Outcome.DISCLOSE,
        num_before=measured(rule, step.before),
        den_before=rung.amount,
        num_after=measured(rule, step.after),
        den_after=rung.amount,
        limit=Fraction(events[0][0]),
        bound="max" if _grows(rule, step) else "min",
        reason=f"crosses {words}{duty}",
        events=events,
    )


def _by_threshold(event: Event) -> tuple[Fraction, Event]:
    return Fraction(event[0]), event


def _events(rule: LadderRule, rung: Rung, step: Step) -> list[Event]:
    assert rung.amount is not None
    if step.before == step.after:
        return []
    before, after = measured(rule, step.before), measured(rule, step.after)
    return events_of(rule, before / rung.amount, after / rung.amount, rung.reported)


def _judge_state(rule: LadderRule, rung: Rung) -> CellResult:
    if rung.problem:
        return unknown_rung(rung.entity, rung.key, rung.problem)
    assert rung.amount is not None
    step = Step(rung.settled, rung.settled)
    share = measured(rule, rung.settled) / rung.amount
    events = events_of(rule, share, share, rung.reported)
    if events:
        return _disclosed(rule, rung, step, tuple(events))
    return passing_cell(rule, (rung.entity, rung.key), rung.amount, rung.reported, step)


def _steps(rung: Rung, moves: list[Fraction], *, any_subset: bool, maybe: bool) -> list[Step]:
    """Return the positions before and after, over all that may fill by then."""
    starts = _reachable(rung.settled, rung.opens + (rung.maybe if maybe else ()))
    changes = _reachable(NOTHING, moves) if any_subset else [sum(moves, NOTHING)]
    if starts is None or changes is None:
        low, high = _ends(rung.settled, rung.opens + (rung.maybe if maybe else ()))
        down, up = _ends(NOTHING, moves)
        ends = [Step(low, high + up)] if up else []
        return ends + ([Step(high, low + down)] if down else [])
    return [Step(start, start + change) for start in starts for change in changes if change]


def _reachable(start: Fraction, moves: Iterable[Fraction]) -> list[Fraction] | None:
    """Return ``start`` plus any subset of ``moves``; None where there are too many."""
    found = {start}
    for move in moves:
        found |= {one + move for one in found}
        if len(found) > SUMS_MAX:
            return None
    return sorted(found)


def _ends(start: Fraction, moves: Iterable[Fraction]) -> tuple[Fraction, Fraction]:
    low = high = start
    for move in moves:
        low, high = low + min(move, NOTHING), high + max(move, NOTHING)
    return low, high


def _room(
    rule: LadderRule, rung: Rung, own: Fraction, others: list[Fraction], *, any_subset: bool
) -> Stretch:
    """Return the factors of ``own`` at which every reachable position stays in its stretch."""
    assert rung.amount is not None
    moves = rung.opens + rung.maybe
    starts = _reachable(rung.settled, moves)
    rests = _reachable(NOTHING, others) if any_subset else [sum(others, NOTHING)]
    low, high = _ends(rung.settled, moves)
    if starts is None or rests is None:
        down, up = _ends(NOTHING, others)
        pairs = [(low, high + up), (high, low + down)]
    else:
        pairs = [(start, start + rest) for start in starts for rest in rests]
    room = Stretch(low=NOTHING)
    for start, rest in pairs:
        share = measured(rule, start) / rung.amount
        stretch = stretch_of(rule, share, rung.reported)
        room = room.meet(_factors_of(rule, stretch, rest / rung.amount, own / rung.amount))
    return room


def _factors_of(rule: LadderRule, stretch: Stretch, rest: Fraction, own: Fraction) -> Stretch:
    """Return the factors f with ``rest + f * own`` in the stretch; a short share is turned."""
    if rule.sign == "short":
        rest, own = -rest, -own
        if stretch.low is not None and stretch.low <= 0 and stretch.at_low:
            stretch = replace(stretch, low=None)
    low = None if stretch.low is None else (stretch.low - rest) / own
    high = None if stretch.high is None else (stretch.high - rest) / own
    if own > 0:
        return Stretch(low=low, at_low=stretch.at_low, high=high, at_high=stretch.at_high)
    return Stretch(low=high, at_low=stretch.at_high, high=low, at_high=stretch.at_low)


def _in_lots(room: Stretch, lots_each: Fraction) -> tuple[Fraction | None, bool]:
    """Return the largest factor of whole lots in ``room``; zero where none is."""
    if room.high is None:
        return None, False
    lots = (room.high * lots_each).__floor__()
    if lots == room.high * lots_each and not room.at_high:
        lots -= 1
    factor = Fraction(lots) / lots_each
    return (factor if factor > 0 and room.holds(factor) else NOTHING), False
