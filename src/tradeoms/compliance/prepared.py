"""A candidate made ready for the arrays: its legs looked up, its moves as exact integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import STEPS, TooFine, steps_of
from tradeoms.compliance.cells import Int64s
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.gate import Gate, Gates
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.legs import NOT_TESTED, TESTED, LegPlan, LegPlanner
from tradeoms.compliance.moves import Bases, LegMove, fits, leg_move, straight_move
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.state import LiveState, global_keys
from tradeoms.domain.evaluation import Candidate, Leg, OpenOrder, SecurityFacts


@dataclass(slots=True, kw_only=True)
class Prepared:
    """One candidate, ready to be screened.

    Attributes:
        candidate: The order, legs of one fund merged.
        legs: One plan per leg.
        slots: Slots of every leg, by position of its template.
        moves: One move per leg; empty where a number is too fine for the arrays.
        steps: Signed quantity of every leg, units of 10**-10.
        total: Quantity of the order, units.
        applies: Applicability of every rule, over all legs.
        gate: Rules about the order itself.
        scans: Rules that only the reference can judge.
    """

    candidate: Candidate
    legs: list[LegPlan]
    slots: list[Int64s]
    moves: list[LegMove]
    steps: tuple[int, ...]
    total: float
    applies: bytes
    gate: Gate
    scans: tuple[int, ...]

    @property
    def tested(self) -> bool:
        """True where any rule looks at the order at all."""
        return any(self.applies)

    @property
    def by_sums(self) -> bool:
        """True where the touched cells alone decide, but for rules about the order itself."""
        return bool(self.moves) and not self.scans and not any(leg.set.groups for leg in self.legs)


class Preparer:
    """Makes candidates ready, on one day."""

    def __init__(self, facts: Facts, plan: Plan, state: LiveState, today: date) -> None:
        self._facts = facts
        self._state = state
        self._plan = plan
        self._today = today
        self.planner: Final = LegPlanner(facts, plan, state, today)
        self.gates: Final = Gates(facts, plan, state.valuer)
        self.bases: Final[Bases] = state.bases

    def prepare(self, candidates: Sequence[Candidate], *, reserving: bool) -> list[Prepared]:
        """Return ``candidates`` ready to be screened; all their slots are looked up at once.

        Cells that do not exist yet are made where the orders may be reserved, or may meet in one.
        """
        if not candidates:
            return []
        found = [self._prepare(merge_legs(candidate)) for candidate in candidates]
        keys = [
            global_keys(leg.place, leg.template.shape.levels, leg.template.keys)
            for one in found
            for leg in one.legs
        ]
        make = reserving or any(len(leg.place.levels) > 1 for one in found for leg in one.legs)
        slots = self._state.find(np.concatenate(keys), make=make)
        start = 0
        for one in found:
            for leg in one.legs:
                stop = start + len(leg.template.keys)
                one.slots.append(slots[start:stop])
                start = stop
        return found

    def _prepare(self, candidate: Candidate) -> Prepared:
        self._state.build([leg.fund_id for leg in candidate.legs])
        plan_leg = self.planner.leg
        legs = [plan_leg(candidate, leg.fund_id) for leg in candidate.legs]
        applies = union([leg.applies for leg in legs])
        moves: list[LegMove] = []
        steps: tuple[int, ...] = ()
        try:
            sign = candidate.side.sign
            steps = tuple([sign * steps_of(leg.quantity) for leg in candidate.legs])
            moves = self._moves(legs, candidate, steps)
        except TooFine:
            moves = []
        return Prepared(
            candidate=candidate,
            legs=legs,
            slots=[],
            moves=moves,
            steps=steps,
            total=float(sum([leg.quantity for leg in candidate.legs])),
            applies=applies,
            gate=self.gates.gate(candidate.security_id, applies),
            scans=self.scans(candidate, applies, legs),
        )

    def scans(
        self, candidate: Candidate, applies: bytes, legs: Sequence[LegPlan]
    ) -> tuple[int, ...]:
        """Return the rules that apply and that only the reference can judge."""
        plan = self._plan
        found = [index for leg in legs for index in leg.set.unsure]
        if plan.scans:
            security = self._facts.securities[candidate.security_id]
            found += [
                index
                for index in plan.scans
                if applies[index] == TESTED and _looks_at(plan.rules[index], security)
            ]
        for kind, rules in plan.sleeping:
            if kind.stirs(self._facts, candidate):
                found += [
                    index
                    for index, rule in rules
                    if applies[index] == TESTED
                    and kind.wakes(self._facts, rule, candidate, self._today)
                ]
        return tuple(found)

    def _moves(
        self, legs: Sequence[LegPlan], candidate: Candidate, steps: Sequence[int]
    ) -> list[LegMove]:
        """Return what every leg moves; nothing where a slot cannot hold one of the numbers.

        Where no base is curved, legs of one size and currency share what they move.

        Raises:
            TooFine: If a number needs more decimals than the arrays hold.
        """
        known: dict[tuple[object, ...], LegMove] = {}
        moves: list[LegMove] = []
        for number, (leg, part) in enumerate(zip(legs, steps, strict=True)):
            place = leg.place
            key = (number,) if self.bases.curved else (place.levels, place.currencies, part)
            move = known.get(key)
            if move is None:
                move = known[key] = self._move(leg, candidate, part)
                if not fits(move):
                    return []
            moves.append(move)
        return moves

    def _move(self, leg: LegPlan, candidate: Candidate, steps: int) -> LegMove:
        if not self.bases.curved:
            return straight_move(self._state.valuer, self.bases, leg.place, candidate, steps)
        fund_id, security_id = leg.place.fund_id, candidate.security_id
        settled = steps_of(self._facts.held(fund_id).get(security_id, Decimal(0)))
        loose = self._state.loose(fund_id, security_id)
        return leg_move(
            self._state.valuer,
            self.bases,
            leg.place,
            candidate,
            steps=steps,
            settled=settled,
            loose=loose,
        )

    def holding(self, leg: LegPlan, candidate: Candidate) -> list[int]:
        """Position, open purchases and open sales of a leg, units of 10**-10.

        Nothing where one is finer than that: the reference judges what rests on them.
        """
        fund_id, security_id = leg.place.fund_id, candidate.security_id
        try:
            loose = [one.steps for one in self._state.loose(fund_id, security_id)]
            settled = steps_of(self._facts.held(fund_id).get(security_id, Decimal(0)))
        except TooFine:
            return [0, 0, 0]
        return [
            settled,
            sum(one for one in loose if one > 0),
            sum(one for one in loose if one < 0),
        ]

    def reduction(self, prepared: Prepared, leg: int, mode: str) -> Fraction:
        """Factor up to which a leg only sells what is held; 0 where it does not.

        What open orders sell is held no more, but where sums of ``mode`` leave them out.
        """
        steps = prepared.steps[leg]
        fund_id, security_id = prepared.legs[leg].place.fund_id, prepared.candidate.security_id
        left = Fraction(self._facts.held(fund_id).get(security_id, 0))
        if mode != "none":
            left -= self._facts.on_sale(fund_id, security_id)
        return left * 10**STEPS / -steps if steps < 0 < left else NOTHING


def _looks_at(rule: Rule, security: SecurityFacts) -> bool:
    """False where an order in ``security`` surely moves no cell of ``rule``."""
    if not isinstance(rule, RatioRule) or not rule.mixes_limits or not isinstance(rule.den, str):
        return True
    return rule.lookthrough or selected(rule.select, rule.exclude, security) is not False


def merge_legs(candidate: Candidate) -> Candidate:
    """Return the order with one leg per fund."""
    funds = [leg.fund_id for leg in candidate.legs]
    if len(set(funds)) == len(funds):
        return candidate
    merged: dict[str, Decimal] = {}
    for leg in candidate.legs:
        merged[leg.fund_id] = merged.get(leg.fund_id, Decimal(0)) + leg.quantity
    legs = tuple(Leg(fund_id=fund, quantity=quantity) for fund, quantity in merged.items())
    return replace(candidate, legs=legs)


def union(applies: list[bytes]) -> bytes:
    """Return by rule whether it looks at any of the legs."""
    first = applies[0]
    if applies.count(first) == len(applies):
        return first
    order = {NOT_TESTED: 0, TESTED: 2}
    return bytes(
        max(column, key=lambda one: order.get(one, 1)) for column in zip(*applies, strict=True)
    )


def open_order(candidate: Candidate) -> OpenOrder:
    """Return ``candidate`` as an open order, nothing filled."""
    return OpenOrder(
        order_id=candidate.order_id,
        security_id=candidate.security_id,
        side=candidate.side,
        legs=candidate.legs,
        order_type=candidate.order_type,
        limit_price=candidate.limit_price,
    )
