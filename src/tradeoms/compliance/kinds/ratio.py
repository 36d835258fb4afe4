"""`ratio`: a sum of a measure per group against a share of a denominator, exactly.

Covers most percentage limits: issuer and sector limits, minima, shares of a sleeve (a denominator
that trades move), limits relative to a benchmark, limits that count cash, look-through to the
constituents of funds (UCITS, Directive 2009/65/EC art. 52; Investment Company Act 12(d)(1)).
This is the reference: it walks the holdings of the fund and adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, ONE, Facts
from tradeoms.compliance.kinds.in_issue import in_issue
from tradeoms.compliance.kinds.ratio_limits import limits_of
from tradeoms.compliance.kinds.stakes import (
    Stake,
    currency_of,
    denominator_of,
    sold_share,
    stakes_of,
    unknown_denominator,
    value_of,
)
from tradeoms.compliance.linear import Choice, Limit, LinearCell, Sums
from tradeoms.compliance.question import Question
from tradeoms.compliance.schema.measures import CURVED, DenAmount, DenSelect
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.domain.evaluation import FundFacts, SecurityFacts

#: A signed quantity, and the cash that one unit of it moves; None where unknown.
_Moved = tuple[Fraction, Fraction | None]


def cells(facts: Facts, rule: RatioRule, question: Question, fund: FundFacts) -> list[LinearCell]:
    """Return the cells of ``rule`` that the orders of ``question`` may change through ``fund``."""
    place = facts.level_of(fund, rule.level)
    if place is None:
        return []
    entity, fund_ids = place
    stakes = stakes_of(facts, rule, question, fund_ids)
    ordered = [stake for stake in stakes if stake.news]
    problem = next((text for text in map(_own_problem(facts, rule), ordered) if text), None)
    if problem is not None:
        unknown = Sums(NOTHING, NOTHING)
        return [
            LinearCell(
                entity=entity, key=None, limit=None, before=unknown, after=unknown, unknown=problem
            )
        ]
    keys = touched_keys(rule, stakes, ordered)
    scene = Scene(facts, rule, question, entity, fund_ids, stakes)
    return [cell for key in keys for cell in scene.cells_of(key)]


def touched_keys(
    rule: RatioRule, stakes: list[Stake], ordered: list[Stake]
) -> dict[str | None, None]:
    """Return the keys of the cells that orders in ``ordered`` can change, in order."""
    keys: dict[str | None, None] = {}
    for stake in ordered:
        if stake.member.inside:
            keys.update(dict.fromkeys(stake.member.weights))
        if stake.in_den or rule.include_cash:
            for other in stakes:
                if other.member.inside:
                    keys.update(dict.fromkeys(other.member.weights))
            if not rule.group_by:
                keys[None] = None
    return keys


@dataclass(slots=True)
class Scene:
    """The holdings of one entity, from which its cells are added up."""

    facts: Facts
    rule: RatioRule
    question: Question
    entity: str
    fund_ids: tuple[str, ...]
    stakes: list[Stake]

    def cells_of(self, key: str | None) -> Iterator[LinearCell]:
        """Yield one cell for every bound of ``key``."""
        unknown = self._scalar_missing(key)
        if unknown is None and self.rule.on_missing != "disregard":
            unknown = self._missing(key)
        before, after = self._sums(key, {}), self._sums(key, None)
        scalar = ONE if isinstance(self.rule.den, DenSelect) else before.den
        maybe = () if self.rule.on_missing == "disregard" else tuple(self._maybe(key))
        for limit in self._limits(key):
            yield LinearCell(
                entity=self.entity,
                key=key,
                limit=limit,
                before=before,
                after=after,
                changed=before != after,
                maybe=maybe,
                unknown=unknown,
                bad_den=scalar <= 0,
                reduction=self._reduction(),
                rebuild=self._rebuilder(key),
                kinks=self._kinks,
            )

    def _limits(self, key: str | None) -> list[Limit | None]:
        """Return the bounds of a cell: where its securities have several maxima, the tightest.

        None stands beside it for one that cannot be looked up, which may be tighter still.
        """
        fund = self.facts.funds[self.fund_ids[0]]
        if self.rule.limit_by is None:
            return limits_of(self.rule, fund, key, None)
        members: list[SecurityFacts | None] = [
            stake.security for stake in self.stakes if key in stake.member.weights
        ]
        found: dict[Limit | None, None] = {}
        for security in members or [None]:
            found.update(dict.fromkeys(limits_of(self.rule, fund, key, security)))
        maxima = [one for one in found if one is not None and one.bound == "max"]
        tightest = min(maxima, key=lambda one: one.at, default=None)
        return [one for one in found if one is tightest or one not in maxima]

    def _rebuilder(self, key: str | None) -> Callable[[str, Fraction], Sums]:
        def rebuild(order_id: str, factor: Fraction) -> Sums:
            return self._sums(key, None, {order_id: factor})

        return rebuild

    def _sums(
        self,
        key: str | None,
        orders: Mapping[str, Fraction] | None,
        scale: Mapping[str, Fraction] | None = None,
    ) -> Sums:
        """Add up the cell; ``orders`` empty leaves the new orders out, None takes them all.

        What is missing counts as nothing here; `_missing` says so.
        """
        rule, facts = self.rule, self.facts
        currency = currency_of(facts, rule, self.fund_ids)
        num = den = NOTHING
        choices: list[Choice] = []
        if rule.include_cash:
            num += facts.cash_in(self.fund_ids, currency) or NOTHING
        den += self._fixed_den(key) or NOTHING
        for stake in self.stakes:
            weight = stake.member.weights.get(key, NOTHING) if stake.member.inside else NOTHING
            share = ONE if stake.in_den else NOTHING
            if not (weight or share or rule.include_cash) or (
                stake.unit is None and not rule.include_cash
            ):
                continue
            news = [] if orders is not None else _scaled(stake, scale or {})
            more = self._add(stake, weight, share, news)
            num, den = num + more.num, den + more.den
            choices.extend(more.choices)
        return Sums(num, den, tuple(choices))

    def _add(
        self,
        stake: Stake,
        weight: Fraction,
        share: Fraction,
        news: list[_Moved],
    ) -> Sums:
        """Return what one holding adds to the cell: ``weight`` of it above, ``share`` below."""
        rule, unit = self.rule, stake.unit or NOTHING
        if rule.measure in CURVED:
            return self._curved(weight, share, unit, self._ends(stake, news))
        sure, loose = self._parted(stake, news)
        settled = stake.settled + sum((quantity for quantity, _ in sure), NOTHING)
        value = settled * unit
        num = weight * value
        if rule.include_cash:
            num += sum((quantity_cash(one) for one in sure), NOTHING)
        choices = []
        for quantity, cash in loose:
            move_num = weight * quantity * unit
            if rule.include_cash:
                move_num += quantity_cash((quantity, cash))
            move = (move_num, share * quantity * unit)
            if move != (NOTHING, NOTHING):
                choices.append((move,))
        return Sums(num, share * value, tuple(choices))

    def _curved(
        self,
        weight: Fraction,
        share: Fraction,
        unit: Fraction,
        reach: tuple[Fraction, Fraction, Fraction],
    ) -> Sums:
        """A holding whose value is not proportional: it may end anywhere between low and high."""
        measure, (settled, low, high) = self.rule.measure, reach
        now = value_of(measure, settled, unit)
        ends = {low, high, *([NOTHING] if low < 0 < high else [])}
        moves = []
        for end in sorted(ends):
            change = value_of(measure, end, unit) - now
            if change:
                moves.append((weight * change, share * change))
        return Sums(weight * now, share * now, (tuple(moves),) if moves else ())

    def _parted(self, stake: Stake, news: list[_Moved]) -> tuple[list[_Moved], list[_Moved]]:
        """Return the moves of a holding that surely happen, and those that may."""
        opens = [(one.quantity, one.cash) for one in stake.opens]
        sure, loose = ([], news) if self.question.any_subset else (news, [])
        if self.rule.pending == "all":
            return sure + opens, loose
        return sure, loose + (opens if self.rule.pending == "worst" else [])

    def _ends(self, stake: Stake, news: list[_Moved]) -> tuple[Fraction, Fraction, Fraction]:
        """Return where a position surely stands, and the lowest and highest it may end at."""
        sure, loose = self._parted(stake, news)
        settled = stake.settled + sum((one for one, _ in sure), NOTHING)
        low = settled + sum((one for one, _ in loose if one < 0), NOTHING)
        return settled, low, settled + sum((one for one, _ in loose if one > 0), NOTHING)

    def _missing(self, key: str | None) -> str | None:
        """Say why the cell cannot be added up, None where it can."""
        rule = self.rule
        if rule.include_cash and self._cash_unknown():
            return "cash is unknown"
        for stake in self.stakes:
            member = stake.member
            concerned = member.inside is not False and (
                key in member.weights or not member.key_known
            )
            if stake.unit is None and (concerned or stake.in_den is not False):
                return self.facts.lack(stake.security.id)
            if concerned and not member.key_known and rule.on_missing_key == "block":
                return member.problem
            if rule.include_cash and any(one.cash is None for one in stake.opens):
                return self.facts.lack(stake.security.id)
        return None

    def _fixed_den(self, key: str | None) -> Fraction | None:
        """The denominator that trades do not move; None where it is unknown."""
        den = self.rule.den
        if isinstance(den, DenSelect):
            return NOTHING
        if isinstance(den, DenAmount):
            return in_issue(self.facts, den, self.rule.group_by, key)
        return denominator_of(self.facts, self.rule, self.fund_ids)

    def _scalar_missing(self, key: str | None) -> str | None:
        if self._fixed_den(key) is not None:
            return None
        if isinstance(self.rule.den, str):
            return unknown_denominator(self.rule)
        return "the amount in issue is unknown"

    def _cash_unknown(self) -> bool:
        currency = currency_of(self.facts, self.rule, self.fund_ids)
        return self.facts.cash_in(self.fund_ids, currency) is None

    def _maybe(self, key: str | None) -> Iterator[Choice]:
        """Yield what holdings of unknown membership could add to the cell."""
        for stake in self.stakes:
            member = stake.member
            above = (
                member.inside is not False
                and not member.certain
                and (key in member.weights or not member.key_known)
            )
            if stake.unit is None or not (above or stake.in_den is None):
                continue
            low = high = stake.settled + sum((one.quantity for one in stake.news), NOTHING)
            low += sum((one.quantity for one in stake.opens if one.quantity < 0), NOTHING)
            high += sum((one.quantity for one in stake.opens if one.quantity > 0), NOTHING)
            weight = member.weights.get(key, ONE) if above else NOTHING
            below = ONE if stake.in_den is None else NOTHING
            moves = []
            for end in {low, high}:
                value = value_of(self.rule.measure, end, stake.unit)
                moves += [
                    (weight * value, NOTHING),
                    (NOTHING, below * value),
                    (weight * value, below * value),
                ]
            yield tuple(moves)

    def _reduction(self) -> Fraction:
        """Factor up to which the new orders only sell what is held; 0 where they do not."""
        traded = (stake for stake in self.stakes if stake.news)
        return min(map(sold_share, traded), default=NOTHING)

    def _kinks(self, order_id: str) -> list[Fraction]:
        """Factors of the order at which a curved measure changes slope."""
        if self.rule.measure not in CURVED:
            return []
        found = []
        for stake in self.stakes:
            none, whole = (
                self._ends(stake, _scaled(stake, {order_id: factor})) for factor in (NOTHING, ONE)
            )
            turns = [*zip(none, whole, strict=True), (sum(none[1:]), sum(whole[1:]))]
            found += [Fraction(at, at - to) for at, to in turns if at != to]
        return found


def _scaled(stake: Stake, scale: Mapping[str, Fraction]) -> list[_Moved]:
    """Return what new orders move of a holding, scaled by their id."""
    return [(one.quantity * scale.get(one.order_id, ONE), one.cash) for one in stake.news]


def quantity_cash(move: _Moved) -> Fraction:
    """Cash that a signed quantity moves."""
    quantity, cash = move
    return abs(quantity) * (cash or NOTHING)


def _own_problem(facts: Facts, rule: RatioRule) -> Callable[[Stake], str | None]:
    """Return a function that says what is missing of an ordered security, or None."""

    def problem(stake: Stake) -> str | None:
        member = stake.member
        if not member.certain and member.inside is not False:
            return member.problem
        if stake.in_den is None:
            return f"an attribute of {stake.security.id} that the rule selects by is missing"
        needed = member.inside or stake.in_den
        cashless = rule.include_cash and any(one.cash is None for one in stake.news)
        if (needed and stake.unit is None) or cashless:
            return facts.lack(stake.security.id)
        return None

    return problem
