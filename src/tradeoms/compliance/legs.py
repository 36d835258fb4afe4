"""What one leg of an order is tested against: rows of tests over the slots it touches.

Bounds on the same slot and denominator share a row that carries the tightest of them; a row that
clears it clears them all. Rows depend on the security's places in the cubes and on which rules
apply to the fund, so few sets of rows serve all legs; a leg only looks up its slots.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.cells import Floats, Int64s
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import ratio_limits
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.own_limits import OwnLimits, depends_on_fund
from tradeoms.compliance.plan import DENS, IN, UNKNOWN, Plan, Test
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.question import effective, fund_tested, order_tested, side_tested
from tradeoms.compliance.rows import GroupRow, Row, RowSet, tightest
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.groups import BucketRule, CountRule, GroupsRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.compliance.state import LiveState
from tradeoms.compliance.templates import Place, Shape, Template
from tradeoms.domain.evaluation import Candidate, FundFacts
from tradeoms.kernel.enums import Side

NOT_TESTED: Final = 0
TESTED: Final = 1
OTHER_SIDE: Final = 2


@dataclass(slots=True)
class LegPlan:
    """One fund and security: where its holdings count and what they are tested against.

    Attributes:
        place: The fund's place.
        template: The slots the security touches there.
        applies: Applicability of every rule.
        set: The rows.
        rows: The rows with the limits of this fund and security.
        limit: As in the set, for this fund and security.
        cap: As in the set, for this fund and security.
    """

    place: Place
    template: Template
    applies: bytes
    set: RowSet
    rows: tuple[Row, ...]
    limit: Floats
    cap: Floats

    def den_at(self, row: int) -> int:
        """Index of one row's denominator."""
        level, scalar = divmod(int(self.set.den[row]), len(DENS))
        return self.place.entities[level] * len(DENS) + scalar

    def den(self) -> Int64s:
        """Index of every row's denominator in the state's table, (R,)."""
        entities = np.array(self.place.entities, np.int64)
        return entities[self.set.den // len(DENS)] * len(DENS) + self.set.den % len(DENS)


class LegPlanner:
    """Remembers leg plans until rules, securities or funds change, or the day does."""

    def __init__(self, facts: Facts, plan: Plan, state: LiveState, today: date) -> None:
        self._facts = facts
        self._plan = plan
        self._state = state
        self.today: Final = today
        self._applies: dict[tuple[str, Side, str], bytes] = {}
        self._sets: dict[tuple[int, bytes, bytes, str], RowSet] = {}
        words = {
            word for rule in plan.rules for word in (*rule.order_types, *rule.exempt_order_types)
        }
        self._order_types: Final = words
        self._shared: dict[bytes, bytes] = {}
        self.own_limits: Final = OwnLimits(facts, plan, state)
        self._choosy: Final = [index for index, rule in enumerate(plan.rules) if rule.is_narrow]
        self._own_limits: Final = {
            fund_id
            for rule in plan.rules
            if isinstance(rule, RatioRule)
            for fund_id in rule.overrides
        }

    def leg(self, candidate: Candidate, fund_id: str) -> LegPlan:
        """Return the plan of one leg."""
        word = self.word(candidate)
        place = self._state.place(fund_id)
        template = self._state.templates.template(place, candidate.security_id)
        applies = self._applies.get((fund_id, candidate.side, word))
        if applies is None:
            applies = self._applicable(candidate, self._facts.funds[fund_id], word)
        own = fund_id if fund_id in self._own_limits else ""
        key = (place.kind, template.shape.statuses, applies, own)
        rows = self._sets.get(key)
        if rows is None:
            fund = self._facts.funds[fund_id]
            rows = self._sets[key] = self._make_set(place, template.shape, applies, fund)
        if rows.dynamic:
            limit, bound, members = self.own_limits.of(rows, place, template, candidate)
            return LegPlan(place, template, applies, rows, members, limit, bound)
        return LegPlan(place, template, applies, rows, rows.rows, rows.limit, rows.cap)

    def word(self, candidate: Candidate) -> str:
        """Return the order's type where rules ask for it, else the empty text."""
        return candidate.order_type if candidate.order_type in self._order_types else ""

    def _applicable(self, candidate: Candidate, fund: FundFacts, word: str) -> bytes:
        for_all = ("", candidate.side, word)
        if for_all not in self._applies:
            self._applies[for_all] = bytes(
                self._to_order(rule, candidate) for rule in self._plan.rules
            )
        applies = bytearray(self._applies[for_all])
        for index in self._choosy:
            if not fund_tested(self._plan.rules[index], fund, self.today):
                applies[index] = NOT_TESTED
        found = self._shared.setdefault(bytes(applies), bytes(applies))
        self._applies[fund.id, candidate.side, word] = found
        return found

    def _to_order(self, rule: Rule, candidate: Candidate) -> int:
        """Return whether the rule looks at the order, whatever the fund."""
        in_force = rule.when != "post" and effective(rule, self.today)
        if not in_force or not order_tested(rule, candidate):
            return NOT_TESTED
        return TESTED if side_tested(rule.sides, candidate.side) else OTHER_SIDE

    def _make_set(self, place: Place, shape: Shape, applies: bytes, fund: FundFacts) -> RowSet:
        plan = self._plan
        position = {slot_type: at for at, slot_type in enumerate(shape.slot_types)}
        groups: dict[tuple[int, str, str, int], list[tuple[Test, Limit | None]]] = {}
        unknown = []
        for index, tests in enumerate(plan.tests):
            if applies[index] != TESTED or not tests:
                continue
            cube = plan.slot_types[tests[0].slot_type].cube
            if shape.statuses[cube] == UNKNOWN and cube in place.cubes:
                if not isinstance(plan.rules[index], GroupsRule):
                    unknown.append(index)
                continue
            for test in tests:
                if test.slot_type not in position:
                    continue
                limit = None if test.dynamic else self._fixed(test, fund)
                if limit is None and not test.dynamic:
                    continue
                alone = index + 1 if test.dynamic else 0
                key = (position[test.slot_type], test.bound, test.den, alone)
                groups.setdefault(key, []).append((test, limit))
        rows = tuple(Row(key[0], key[1], tuple(members)) for key, members in groups.items())
        levels = shape.levels
        group_rows, unsure = self._group_rows(place, shape, applies, position)
        return RowSet(
            rows=rows,
            at=np.array([key[0] for key in groups], np.int64),
            den=np.array(
                [levels[key[0]] * len(DENS) + DENS.index(key[2]) for key in groups], np.int64
            ),
            sign=np.array([1.0 if key[1] == "max" else -1.0 for key in groups]),
            limit=np.array([tightest(row, warn=True) for row in rows], np.float64),
            cap=np.array([tightest(row, warn=False) for row in rows], np.float64),
            dynamic=tuple(at for at, key in enumerate(groups) if key[3]),
            by_fund=any(key[3] and depends_on_fund(plan.rules[key[3] - 1]) for key in groups),
            unknown=tuple(unknown),
            groups=group_rows,
            group_at=np.array([row.main for row in group_rows], np.int64),
            group_test=np.array([row.test for row in group_rows], np.int64),
            unsure=unsure,
        )

    def _group_rows(
        self, place: Place, shape: Shape, applies: bytes, position: dict[int, int]
    ) -> tuple[tuple[GroupRow, ...], tuple[int, ...]]:
        """Return the rules about groups that apply, and those that cannot be told."""
        rows, unsure = [], []
        for at, test in enumerate(self._plan.groups):
            slots = [one for one in (test.high, test.low, test.part) if one is not None]
            cubes = {self._plan.slot_types[one].cube for one in slots}
            if applies[test.rule] != TESTED or not cubes.issubset(place.cubes):
                continue
            statuses = {shape.statuses[cube] for cube in cubes}
            if UNKNOWN in statuses:
                unsure.append(test.rule)
            elif statuses == {IN}:
                places = [
                    None if one is None else position[one]
                    for one in (test.high, test.low, test.part)
                ]
                rows.append(GroupRow(at, *places))
        return tuple(rows), tuple(unsure)

    def _fixed(self, test: Test, fund: FundFacts) -> Limit | None:
        """Return the bound of a test that is the same for every security; None for none."""
        rule = self._plan.rules[test.rule]
        match rule:
            case CashRule():
                return Limit(bound="min", at=Fraction(rule.min))
            case ShortRule():
                return Limit(bound="min", at=Fraction(0))
            case WavgRule():
                return Limit(bound=test.bound, at=Fraction(0))
            case BucketRule() | CountRule() if rule.per_group_max is not None:
                return Limit(bound="max", at=Fraction(rule.per_group_max))
            case RatioRule():
                return next(
                    (
                        one
                        for one in ratio_limits.limits_of(rule, fund, None, None)
                        if one is not None and one.bound == test.bound
                    ),
                    None,
                )
            case _:
                return None
