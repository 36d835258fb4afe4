"""One rule about groups and one touched group, exactly, from the fund's standing.

The cells before and after an order, and the largest quantity in closed form: every kind says up to
which value the touched group may come, all others left as they are. Amounts are in units of
10**-21, counts are counts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from tradeoms.compliance.actions import stops
from tradeoms.compliance.facts import NOTHING, ONE
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.bucket import BUCKET
from tradeoms.compliance.kinds.count import NUMBER, line_of
from tradeoms.compliance.kinds.gross import limit_of
from tradeoms.compliance.kinds.grouped import verdict
from tradeoms.compliance.kinds.topn import cell_name
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.linear import CellResult, Limit, floor_to_lot
from tradeoms.compliance.plan import DENS
from tradeoms.compliance.rows import GroupRow
from tradeoms.compliance.schema.groups import (
    BucketRule,
    CountRule,
    GrossRule,
    GroupsRule,
    IssuesRule,
    TopRule,
)
from tradeoms.compliance.standing import UNITS, Standing
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Outcome

Pair = tuple[Amount, Amount]
#: Largest factor on the order (None: unlimited), and whether it is itself excluded.
Factor = tuple[Fraction | None, bool]
UNLIMITED: Factor = (None, False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """The group that an order touches.

    Attributes:
        key: Its name.
        high: Its upper value before the order, units.
        low: Its lower value before the order, units.
        part: Name and upper value of the part of the group, where parts are cells too.
        move: What the order adds, units.
        den: The denominator, positive.
    """

    key: str | None
    high: int
    low: int
    part: tuple[str | None, int] | None
    move: int
    den: Fraction

    def bar(self, share: Fraction) -> Fraction:
        """Return a share of the denominator in units."""
        return share * self.den * UNITS


@dataclass(frozen=True, slots=True)
class GroupCase:
    """One rule about groups and the group that one order touches in one fund.

    Attributes:
        rule: Index of the rule.
        judged: The rule.
        entity: The fund.
        standing: What the fund's groups come to together.
        touch: The touched group.
        total: Quantity of the whole order; for the largest one.
        lot: Step of the quantity.
        reference: Largest quantity by the reference, where there is no closed form.
    """

    rule: int
    judged: GroupsRule
    entity: str
    standing: Standing
    touch: Touch
    total: Fraction = ONE
    lot: Fraction = ONE
    reference: Callable[[], Fraction | None] = lambda: None

    def cells(self) -> list[CellResult]:
        """Return the verdict on every cell of all groups together."""
        return cells(self.entity, self.judged, self.standing, self.touch)

    def cap(self) -> Fraction | None:
        """Return the largest quantity that the cells do not stop; None: unlimited."""
        if not stops(self.judged, Outcome.BREACH):
            return None
        if isinstance(self.judged, IssuesRule):
            return self.reference()
        return cap(self.judged, self.standing, self.touch, self.total, self.lot)


def group_case(
    state: LiveState,
    leg: LegPlan,
    row: GroupRow,
    standing: Standing | None,
    sums: Mapping[int, int],
    move: int | None,
) -> GroupCase | None:
    """Return a case from the exact sums of a leg by position; None where they do not tell."""
    index = state.plan.groups[row.test].rule
    rule, entity = state.plan.rules[index], leg.place.entities[0]
    assert isinstance(rule, GroupsRule)
    den = state.den_exact[entity * len(DENS) + DENS.index(rule.den)]
    if standing is None or move is None or den is None:
        return None

    def name(position: int) -> str | None:
        return state.templates.name(int(leg.template.keys[position]))

    touch = Touch(
        key=name(row.main),
        high=0 if row.high is None else sums[row.high],
        low=0 if row.low is None else sums[row.low],
        part=None if row.part is None else (name(row.part), sums[row.part]),
        move=move,
        den=den,
    )
    return GroupCase(index, rule, state.names[entity], standing, touch)


def cells(entity: str, rule: GroupsRule, standing: Standing, touch: Touch) -> list[CellResult]:
    """Return the verdict on every cell of all groups together."""
    return results(entity, rule, pairs(rule, standing, touch))


def results(entity: str, rule: GroupsRule, found_pairs: Sequence[Pair]) -> list[CellResult]:
    """Return the verdict on cells before and after."""
    found = []
    for before, after in found_pairs:
        outcome, reason = verdict(rule, before, after, None)
        found.append(
            CellResult(
                entity=entity,
                key=after.key,
                outcome=outcome,
                reason=reason,
                num_before=before.num,
                den_before=before.den,
                num_after=after.num,
                den_after=after.den,
                limit=after.limit.at,
                bound=after.limit.bound,
            )
        )
    return found


def cap(
    rule: GroupsRule, standing: Standing, touch: Touch, total: Fraction, lot: Fraction
) -> Fraction | None:
    """Return the largest quantity, a multiple of the lot, that the cells allow; None: unlimited.

    Args:
        rule: Not `issues`, whose quantity the reference finds.
        standing: The fund's standing.
        touch: The touched group.
        total: Quantity of the whole order.
        lot: Step of the quantity.
    """
    caps = [
        floor_to_lot(factor, excluded=excluded, total=total, lot=lot)
        for factor, excluded in factors(rule, standing, touch, amounts(rule, standing, touch.den))
    ]
    return min((one for one in caps if one is not None), default=None)


def pairs(rule: GroupsRule, standing: Standing, touch: Touch) -> list[Pair]:
    """Return the cells of all groups together before and after the order."""
    match rule:
        case BucketRule():
            after = standing[0] - _in_bucket(rule, touch, 0) + _in_bucket(rule, touch, touch.move)
            limit = Limit(bound="max", at=Fraction(rule.bucket_max))
            return [_pair(BUCKET, limit, standing[0], after, touch)]
        case TopRule():
            return [
                _pair(
                    cell_name(count),
                    Limit(bound="max", at=Fraction(share)),
                    sum(standing[:count]),
                    max(alone, with_it + touch.high + touch.move),
                    touch,
                )
                for count, share in sorted(rule.max_by_n.items())
                for with_it, alone in [_others(standing, count, touch)]
            ]
        case CountRule():
            return _counted(rule, standing, touch)
        case GrossRule():
            size = max(abs(touch.high), abs(touch.low))
            then = max(abs(touch.high + touch.move), abs(touch.low + touch.move))
            return [_pair(None, limit_of(rule), standing[0], standing[0] - size + then, touch)]
        case IssuesRule():
            return _quiet(rule, touch)


def _pair(
    key: str | None, limit: Limit, before: Fraction | int, after: Fraction | int, touch: Touch
) -> Pair:
    return _amount(key, limit, before, touch.den), _amount(key, limit, after, touch.den)


def _amount(key: str | None, limit: Limit, units: Fraction | int, den: Fraction) -> Amount:
    return Amount(key=key, limit=limit, num=Fraction(units) / UNITS, den=den)


def _in_bucket(rule: BucketRule, touch: Touch, move: int) -> Fraction | int:
    """What the touched group adds to the bucket after ``move``."""
    line, value = touch.bar(Fraction(rule.threshold)), touch.high + move
    if rule.count == "excess":
        return max(value - line, NOTHING)
    return value if value > line else 0


def _others(standing: Standing, count: int, touch: Touch) -> tuple[int, int]:
    """Return the sums of the ``count`` - 1 and of the ``count`` largest other groups."""
    value = max(touch.high, 0)
    return (
        sum(standing[:count]) - max(value, standing[count - 1]),
        sum(standing[: count + 1]) - max(value, standing[count]),
    )


def _counted(rule: CountRule, standing: Standing, touch: Touch) -> list[Pair]:
    line = line_of(rule, touch.den) * UNITS
    found = []
    ends = (("max", rule.max, touch.high, standing[0]), ("min", rule.min, touch.low, standing[1]))
    for bound, at, value, number in ends:
        if at is not None:
            after = number - (value > line) + (value + touch.move > line)
            limit = Limit(bound=bound, at=Fraction(at))
            one, other = (
                Amount(key=NUMBER, limit=limit, num=Fraction(num), den=ONE)
                for num in (number, after)
            )
            found.append((one, other))
    return found


def _quiet(rule: IssuesRule, touch: Touch) -> list[Pair]:
    """Return the cells of an issuer that is below the share from which issues count."""
    assert touch.part is not None
    name, part = touch.part
    found = []
    for key, share, value in (
        (touch.key, rule.when_above, touch.high),
        (name, rule.per_issue_max, part),
    ):
        limit = Limit(bound="max", at=Fraction(share))
        one, other = (
            Amount(key=key, limit=limit, num=Fraction(num, UNITS), den=touch.den, in_force=False)
            for num in (value, value + touch.move)
        )
        found.append((one, other))
    return found


def factors(
    rule: GroupsRule, standing: Standing, touch: Touch, start: Sequence[Amount]
) -> list[Factor]:
    """Return how far the order may be scaled, by cell.

    Args:
        rule: Not `issues`.
        standing: The standing without the order, but with those it is tested with.
        touch: The touched group, likewise.
        start: The cells before any of them.
    """
    found: list[Factor] = []
    tops = sorted(rule.max_by_n) if isinstance(rule, TopRule) else []
    for at, (before, rest) in enumerate(
        zip(start, amounts(rule, standing, touch.den), strict=True)
    ):
        if rest is not before and verdict(rule, before, rest, None)[0] is Outcome.BREACH:
            found.append((NOTHING, False))
            continue
        cell = (before, rest)
        match rule:
            case BucketRule():
                found.append(_bucket_factor(rule, cell, touch))
            case TopRule():
                found.append(_top_factor(rule, cell, _others(standing, tops[at], touch), touch))
            case CountRule():
                found.append(_count_factor(rule, cell, touch))
            case GrossRule():
                found.append(_gross_factor(rule, cell, touch))
            case IssuesRule():
                raise AssertionError(rule.id)
    return found


def amounts(rule: GroupsRule, standing: Standing, den: Fraction) -> list[Amount]:
    """Return the cells of all groups together, as they stand; none for `issues`."""
    match rule:
        case BucketRule():
            limit = Limit(bound="max", at=Fraction(rule.bucket_max))
            return [_amount(BUCKET, limit, standing[0], den)]
        case TopRule():
            return [
                _amount(
                    cell_name(count),
                    Limit(bound="max", at=Fraction(share)),
                    sum(standing[:count]),
                    den,
                )
                for count, share in sorted(rule.max_by_n.items())
            ]
        case CountRule():
            ends = (("max", rule.max, standing[0]), ("min", rule.min, standing[1]))
            return [
                Amount(
                    key=NUMBER,
                    limit=Limit(bound=bound, at=Fraction(at)),
                    num=Fraction(number),
                    den=ONE,
                )
                for bound, at, number in ends
                if at is not None
            ]
        case GrossRule():
            return [_amount(None, limit_of(rule), standing[0], den)]
        case IssuesRule():
            return []


def _ceiling(rule: GroupsRule, before: Amount) -> tuple[Fraction, bool]:
    """Return what the cell may come to, in units, and whether any change is refused."""
    exceeded = before.limit.violated(before.excess)
    most = before.num if exceeded else before.limit.at * before.den
    return most * UNITS, exceeded and rule.reducing == "deny"


def _up_to(value: Fraction, touch: Touch) -> Factor:
    """Return the factor at which the touched group rises to ``value``."""
    return max((value - touch.high) / touch.move, NOTHING), False


def _bucket_factor(rule: BucketRule, cell: Pair, touch: Touch) -> Factor:
    """The cliff: a group either has room in the bucket, or stays at the threshold outside it."""
    (before, rest), line = cell, touch.bar(Fraction(rule.threshold))
    inside = _in_bucket(rule, touch, 0)
    most, frozen = _ceiling(rule, before)
    if frozen and touch.high > line:
        return NOTHING, False
    if touch.move < 0:
        return UNLIMITED
    room = most - (rest.num * UNITS - inside)
    return _up_to(line + room if rule.count == "excess" else max(line, room), touch)


def _top_factor(rule: TopRule, cell: Pair, others: tuple[int, int], touch: Touch) -> Factor:
    (before, rest), (with_it, alone) = cell, others
    most, frozen = _ceiling(rule, before)
    if frozen and rest.num * UNITS > alone:
        return NOTHING, False
    return UNLIMITED if touch.move < 0 else _up_to(most - with_it, touch)


def _count_factor(rule: CountRule, cell: Pair, touch: Touch) -> Factor:
    """A group that may not start to count stops at the line, one that must not stop before it."""
    line = line_of(rule, touch.den) * UNITS
    before, rest = cell
    value = touch.high if before.limit.bound == "max" else touch.low
    counts, rises = value > line, touch.move > 0
    if counts is rises:
        return UNLIMITED
    then = replace(rest, num=rest.num + (1 if rises else -1))
    if verdict(rule, before, then, None)[0] is not Outcome.BREACH:
        return UNLIMITED
    return (line - value) / touch.move, counts


def _gross_factor(rule: GrossRule, cell: Pair, touch: Touch) -> Factor:
    before, rest = cell
    most, frozen = _ceiling(rule, before)
    if frozen:
        return NOTHING, False
    room = most - (rest.num * UNITS - max(abs(touch.high), abs(touch.low)))
    end = room - touch.high if touch.move > 0 else -room - touch.low
    excluded = rule.strict and not before.limit.violated(before.excess)
    return max(end / touch.move, NOTHING), excluded
