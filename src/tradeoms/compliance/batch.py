"""Check and reserve: orders one after the other, each seeing the allowed ones before it.

Where open orders count at their worst, more reservations never turn a block into a pass. So one
pass in which every order reserves finds those that pass in any case; a second without the blocked
ones finds those that are blocked in any case. Orders that fall between, orders that need the
reference, and orders behind these on the same cells are taken one by one; where rules net open
orders, so are the blocked ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import numpy as np

from tradeoms.compliance.actions import stops
from tradeoms.compliance.cells import Bools
from tradeoms.compliance.checker import Checker, Doubts
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.judge import Findings, Stage
from tradeoms.compliance.kinds.cross import meeting
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.prepared import Prepared, open_order
from tradeoms.compliance.screen import Screen
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Candidate, Evaluation, Outcome

#: Checks one order, reserves it where allowed, and answers.
OneByOne = Callable[[Candidate], Evaluation]
#: Orders up to which one after the other is faster than a pass over all of them.
FEW: Final = 12


def check_batch(
    checker: Checker,
    state: LiveState,
    candidates: Sequence[Candidate],
    now: datetime | None,
    one_by_one: OneByOne,
) -> list[Evaluation]:
    """Answer ``candidates`` in order; the allowed ones are reserved afterwards."""
    ahead = _by_singles(checker, state.facts, candidates, now) if len(candidates) <= FEW else []
    left = candidates[len(ahead) :]
    return ahead + (_check_together(checker, state, left, now, one_by_one) if left else [])


def _by_singles(
    checker: Checker, facts: Facts, candidates: Sequence[Candidate], now: datetime | None
) -> list[Evaluation]:
    """Answer and reserve orders one after the other, up to the first that needs a screen."""
    found: list[Evaluation] = []
    for candidate in candidates:
        if candidate.order_id in facts.open_orders:
            break
        answer = checker.answer_single(candidate, now, reserving=True)
        if answer is None:
            break
        found.append(answer)
    return found


def _check_together(
    checker: Checker,
    state: LiveState,
    candidates: Sequence[Candidate],
    now: datetime | None,
    one_by_one: OneByOne,
) -> list[Evaluation]:
    """Answer ``candidates`` in order by one pass over all of them, where that decides."""
    facts, plan = state.facts, state.plan
    prepared = checker.preparer.prepare(candidates, reserving=True)
    alone = _alone(facts, plan, state, prepared)
    late = _behind(state, prepared, alone)
    found: dict[int, Evaluation] = {}
    clean = np.flatnonzero(~late).tolist()
    chosen = [prepared[index] for index in clean]
    stage = checker.stage(chosen, reserving=True) if clean else None
    if stage is not None:
        reserving, unsure, last = _settle(checker, plan, stage, now)
        if unsure.any():
            mixed = late.copy()
            mixed[[clean[at] for at in np.flatnonzero(unsure)]] = True
            late = _behind(state, prepared, mixed)
        seen, doubts = last
        evaluations = checker.answers(stage, seen, doubts)
        found = {
            index: one for index, one in zip(clean, evaluations, strict=True) if not late[index]
        }
        if not late.any():
            _commit(state, stage, reserving)
            for index in clean:
                if found[index].action.allows:
                    facts.reserve(open_order(prepared[index].candidate))
            return [found[index] for index in range(len(prepared))]
    place = {index: at for at, index in enumerate(clean)}
    for index, one in enumerate(prepared):
        if index not in found:
            found[index] = one_by_one(one.candidate)
        elif found[index].action.allows:
            assert stage is not None
            only = np.zeros(len(clean), np.bool_)
            only[place[index]] = True
            _commit(state, stage, only)
            facts.reserve(open_order(one.candidate))
    return [found[index] for index in range(len(prepared))]


def _settle(
    checker: Checker, plan: Plan, stage: Stage, now: datetime | None
) -> tuple[Bools, Bools, tuple[Screen, Doubts]]:
    """Return which orders reserve, which the passes leave unsure, and what the last pass found."""
    everyone = np.ones(len(stage.prepared), np.bool_)
    seen = checker.screen(stage, everyone)
    found = checker.doubts(stage, seen, now)
    allowed = _allowed(plan, found)
    if allowed.all() or plan.netted:
        return everyone, ~allowed | _by_reference(found), (seen, found)
    seen = checker.screen(stage, allowed)
    found = checker.doubts(stage, seen, now)
    unsure = (_allowed(plan, found) & ~allowed) | _by_reference(found)
    return allowed, unsure, (seen, found)


def _by_reference(doubts: Doubts) -> Bools:
    """Return the orders of which a rule was judged whole, without those before them."""
    return np.array([bool(one.whole) for one in doubts.findings], np.bool_)


def _allowed(plan: Plan, doubts: Doubts) -> Bools:
    """Return which orders may proceed."""
    return np.array([_may_proceed(plan, one) for one in doubts.findings], np.bool_)


def _may_proceed(plan: Plan, findings: Findings) -> bool:
    return all(
        not stops(plan.rules[index], cell.outcome)
        for index, cells in findings.cells.items()
        for cell in cells
        if cell.outcome is not Outcome.PASS
    )


def _alone(facts: Facts, plan: Plan, state: LiveState, prepared: Sequence[Prepared]) -> Bools:
    """Return the orders that must be checked by themselves, when their turn comes."""
    alone = np.zeros(len(prepared), np.bool_)
    ids: set[str] = set()
    holdings: set[tuple[str, str]] = set()
    crossed = meeting([one.candidate for one in prepared]) if plan.sleeping else frozenset()
    for index, one in enumerate(prepared):
        order_id = one.candidate.order_id
        pairs = {(leg.fund_id, one.candidate.security_id) for leg in one.candidate.legs}
        again = plan.curved and not holdings.isdisjoint(pairs)
        alone[index] = (
            not one.by_sums
            or order_id in facts.open_orders
            or order_id in ids
            or again
            or one.candidate.security_id in crossed
            or _has_gaps(state, one)
        )
        ids.add(order_id)
        holdings |= pairs
    return alone


def _has_gaps(state: LiveState, one: Prepared) -> bool:
    """True where the order's own data, or that of its cells, is not complete."""
    for leg, move, slots in zip(one.legs, one.moves, one.slots, strict=True):
        if leg.template.shape.unknown or None in move.reserve or state.store.holds_marks(slots):
            return True
    return bool(state.uncertain) and any(
        entity in leg.place.entities for leg in one.legs for entity, _ in state.uncertain
    )


def _behind(state: LiveState, prepared: Sequence[Prepared], first: Bools) -> Bools:
    """Return ``first`` and every order behind one of them on the same cells.

    An order whose place in a cube is unknown may be on any cell of its funds.
    """
    late = first.copy()
    if not first.any():
        return late
    touched = np.zeros(state.size, np.bool_)
    anywhere: set[int] = set()
    for index, one in enumerate(prepared):
        if not late[index]:
            late[index] = any(touched[slots].any() for slots in one.slots) or any(
                not anywhere.isdisjoint(leg.place.entities) for leg in one.legs
            )
        if late[index]:
            for leg, slots in zip(one.legs, one.slots, strict=True):
                touched[slots] = True
                if leg.template.shape.unknown:
                    anywhere.update(leg.place.entities)
    return late


def _commit(state: LiveState, stage: Stage, orders: Bools) -> None:
    """Add the reservations of some orders of a stage to the sums."""
    layout = stage.layout
    assert stage.reserved is not None
    keep = orders[layout.order_of_leg[layout.leg_of_entry]]
    state.store.add(layout.slots[keep], stage.reserved[0][keep], stage.reserved[1][keep])
