"""Rules about groups in a basket: a fund's standing with all of its orders, and with all but one.

The cells before and after come from the standings, and the largest quantity of one order, the
others as they are, in the closed form of single orders. Where standings do not tell, the rule is
left to the reference; so is the common scale of the orders that break a limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.basket_sums import Found
from tradeoms.compliance.cells import FINE, as_floats
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.groupjudge import Touch, amounts, factors, results
from tradeoms.compliance.judge import Stage
from tradeoms.compliance.kinds import grouped
from tradeoms.compliance.linear import floor_to_lot
from tradeoms.compliance.plan import DENS, Plan
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.groups import GrossRule, GroupsRule, IssuesRule
from tradeoms.compliance.standing import NO_CELLS, Cells, Standing, standing_of
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Outcome


@dataclass(frozen=True, slots=True)
class _Part:
    """What one order adds to one group: its slots, and the move in units of 10**-21."""

    order: int
    key: str | None
    high: int | None
    low: int | None
    move: int


@dataclass(slots=True)
class _Fund:
    """One rule in one fund: its standing before, with all orders, and with all but one."""

    rule: int
    entity: int
    test: int
    den: Fraction
    parts: list[_Part]
    before: Standing
    after: Standing
    rests: dict[int, Standing] = field(default_factory=dict)


class BasketGroups:
    """The rules about groups that a basket touches."""

    def __init__(
        self, facts: Facts, plan: Plan, state: LiveState, stage: Stage, question: Question
    ) -> None:
        """Look at a staged basket; ``question`` has its orders."""
        self._facts = facts
        self._plan = plan
        self._state = state
        self._stage = stage
        self._question = question
        self._funds: Final[list[_Fund]] = []
        #: Rules that standings do not serve.
        self.whole: Final[set[int]] = set()
        for (entity, test), parts in self._touched().items():
            index = plan.groups[test].rule
            fund = None if None in parts else self._fund(entity, test, parts)  # type: ignore[arg-type]
            if fund is None:
                self.whole.add(index)
            else:
                self._funds.append(fund)

    def judge(self, found: Found) -> None:
        """Add cells, quantities, culprits and scale of the rules that `found` leaves to sums."""
        broken = set()
        for fund in self._funds:
            if fund.rule in found.whole:
                continue
            rule = self._rule(fund.rule)
            start = amounts(rule, fund.before, fund.den)
            pairs = list(zip(start, amounts(rule, fund.after, fund.den), strict=True))
            cells = results(self._state.names[fund.entity], rule, pairs)
            found.cells.setdefault(fund.rule, []).extend(cells)
            if not stops(rule, Outcome.BREACH):
                continue
            if any(one.outcome is Outcome.BREACH for one in cells):
                broken.add(fund.rule)
            for part in fund.parts:
                most = self._cap(rule, fund, part)
                if most is not None:
                    found.caps.setdefault(part.order, []).append((most, fund.rule))
        ids = {one.order_id: at for at, one in enumerate(self._question.candidates)}
        for index in broken:
            culprits, scale = grouped.blame(self._facts, self._rule(index), self._question)
            found.culprits.update(ids[name] for name in culprits)
            found.scale = min(found.scale, scale)

    def _rule(self, index: int) -> GroupsRule:
        rule = self._plan.rules[index]
        assert isinstance(rule, GroupsRule)
        return rule

    def _touched(self) -> Mapping[tuple[int, int], list[_Part | None]]:
        """Return by fund and rule what every order adds; None where a price is missing."""
        found: dict[tuple[int, int], list[_Part | None]] = {}
        bases = self._state.bases
        for number, one in enumerate(self._stage.prepared):
            for at, leg in enumerate(one.legs):
                for row in leg.set.groups:
                    base = int(bases.of_term[leg.template.shape.terms[row.main]])
                    move = one.moves[at].move[base]
                    key = self._state.templates.name(int(leg.template.keys[row.main]))
                    high, low = (
                        None if place is None else int(one.slots[at][place])
                        for place in (row.high, row.low)
                    )
                    part = None if move is None else _Part(number, key, high, low, move)
                    found.setdefault((leg.place.entities[0], row.test), []).append(part)
        return found

    def _fund(self, entity: int, test: int, parts: list[_Part]) -> _Fund | None:
        """Return the standings of one rule in one fund; None where they do not tell."""
        index = self._plan.groups[test].rule
        rule = self._rule(index)
        den = self._state.den_exact[entity * len(DENS) + DENS.index(rule.den)]
        before = self._state.standings.board(entity, self._state.den_exact).standings[test]
        if before is None or den is None or isinstance(rule, IssuesRule):
            return None
        # Where any subset may fill, a sale lowers no upper value: closed forms think it does.
        joint = any(one.high == one.low for one in parts)
        curious = isinstance(rule, GrossRule) or rule.reducing == "deny" or joint
        if self._question.any_subset and curious:
            return None
        after = self._stand(entity, test, den, parts)
        if after is None:
            return None
        fund = _Fund(index, entity, test, den, parts, before, after)
        for part in parts:
            rest = self._stand(entity, test, den, [one for one in parts if one is not part])
            if rest is None:
                return None
            fund.rests[part.order] = rest
        return fund

    def _counted(self, move: int, end: int) -> int:
        """Return what a move adds to an upper (``end`` 1) or lower (-1) value."""
        return 0 if self._question.any_subset and move * end < 0 else move

    def _shifts(self, parts: list[_Part]) -> dict[int, int]:
        """Return what orders add to the slots of their groups."""
        found: dict[int, int] = {}
        for one in parts:
            for slot, end in {one.high: 1, one.low: -1}.items():  # upper and lower may be one
                if slot is not None:
                    found[slot] = found.get(slot, 0) + self._counted(one.move, end)
        return found

    def _stand(self, entity: int, test: int, den: Fraction, parts: list[_Part]) -> Standing | None:
        """Return the standing of a fund with some orders; None where it does not tell."""
        kinds = self._plan.groups[test]
        shifts = self._shifts(parts)
        high, low = (self._cells(entity, kind, shifts) for kind in (kinds.high, kinds.low))
        return standing_of(self._rule(kinds.rule), high, low, den)

    def _cells(self, entity: int, kind: int | None, shifts: Mapping[int, int]) -> Cells:
        """Return the cells of a fund with what orders add to them."""
        if kind is None:
            return NO_CELLS
        store, slots = self._state.store, self._state.standings.slots_of(entity, kind)
        coarse, fine = store.coarse[slots], store.fine[slots]
        for at, slot in enumerate(slots.tolist()):
            if slot in shifts:
                value = int(coarse[at]) * FINE + int(fine[at]) + shifts[slot]
                coarse[at], fine[at] = divmod(value, FINE)
        return Cells(coarse, fine, as_floats(coarse, fine))

    def _cap(self, rule: GroupsRule, fund: _Fund, part: _Part) -> Fraction | None:
        """Return the largest quantity of one order, the others as they are; None: unlimited."""
        if not part.move:
            return None
        prepared = self._stage.prepared[part.order]
        start = amounts(rule, fund.before, fund.den)
        touch = self._touch(fund, part)
        total = Fraction(sum(leg.quantity for leg in prepared.candidate.legs))
        lot = Fraction(self._facts.securities[prepared.candidate.security_id].lot)
        caps = [
            floor_to_lot(factor, excluded=excluded, total=total, lot=lot)
            for factor, excluded in factors(rule, fund.rests[part.order], touch, start)
        ]
        return min((one for one in caps if one is not None), default=None)

    def _touch(self, fund: _Fund, part: _Part) -> Touch:
        """Return the group of one order as the others leave it."""
        shifts = self._shifts([one for one in fund.parts if one is not part])
        high, low = self._values((part.high, part.low), shifts)
        return Touch(key=part.key, high=high, low=low, part=None, move=part.move, den=fund.den)

    def _values(
        self, slots: tuple[int | None, int | None], shifts: Mapping[int, int]
    ) -> Iterator[int]:
        store = self._state.store
        for slot in slots:
            if slot is None:
                yield 0
            else:
                value = int(store.coarse[slot]) * FINE + int(store.fine[slot])
                yield value + shifts.get(slot, 0)
