"""One row of one leg, exactly: the verdict and the largest quantity of every bound on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from tradeoms.compliance.actions import stops
from tradeoms.compliance.amounts import STEPS
from tradeoms.compliance.cells import PLACES
from tradeoms.compliance.exact import whole_lots
from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds import wavg
from tradeoms.compliance.kinds.ladder import Step, passing_cell
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.linear import CellResult, Limit, LinearCell, Sums, floor_to_lot
from tradeoms.compliance.moves import exact_fraction
from tradeoms.compliance.plan import DENS, Test
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.reference import judge_cell
from tradeoms.compliance.rows import BEYOND, Row
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.state import LiveState
from tradeoms.domain.evaluation import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class RowNumbers:
    """The exact numbers of a row.

    Attributes:
        num: Sum before the order, units of 10**-21.
        move: What the order adds; None where a price or rate is missing.
        slope: Change of the sum for one more unit of the order.
        shift: Quantity of the order that is free before the slope starts.
        free: Quantity of the order that leaves the cell as it is.
        changed: False where the order leaves the cell as it is.
        missing: True where a holding of the cell has no price or rate.
        reduction: Factor up to which the order only sells what is held.
        weights: Sum of the weights of an average before the order, and what the order adds.
        lot: Step of the order's quantity.
        lack: Why the ordered security cannot be valued, where it cannot.
    """

    num: int
    move: int | None
    slope: Fraction
    shift: Fraction
    changed: bool
    missing: bool
    reduction: Fraction
    total: Fraction
    lot: Fraction
    lack: str
    free: Fraction = NOTHING
    weights: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class MemberAnswer:
    """What one bound says: its rule, the verdict, the most that it does not stop (None: all)."""

    rule: int
    cell: CellResult
    cap: Fraction | None


def judge_row(
    state: LiveState, leg: LegPlan, row: int, numbers: RowNumbers, *, near: float | None = None
) -> Iterator[MemberAnswer]:
    """Yield the answer of every bound on a row.

    Args:
        state: For names and denominators.
        leg: The leg.
        row: Index of the row.
        numbers: The row's exact numbers.
        near: Leave out bounds whose quantity is surely above this; None judges all.
    """
    at = leg.den_at(row)
    entity, spec = state.names[at // len(DENS)], leg.rows[row]
    den = state.den_exact[at] if spec.amount is None else spec.amount
    key = state.templates.name(int(leg.template.keys[spec.at]))
    for test, limit in spec.members:
        rule = state.plan.rules[test.rule]
        if near is not None and not test.stops:
            continue
        if (
            near is not None
            and limit is not None
            and den is not None
            and not _close(limit, numbers, den, near)
        ):
            continue
        cell = _cell(rule, (test, limit), (entity, key), den, numbers)
        if isinstance(rule, LadderRule):
            ahead = _ahead(state, rule, spec, cell)
            if ahead is not None:
                yield MemberAnswer(test.rule, ahead, None)
            continue
        if limit is BEYOND[spec.bound] and numbers.move is not None:
            continue  # the cell is let out of the rule
        if isinstance(rule, WavgRule):
            if not cell.changed:
                continue
            cell = _averaged(rule, cell, numbers)
        result = judge_cell(rule, cell)  # type: ignore[arg-type]  # tests belong to linear rules
        yield MemberAnswer(test.rule, result, _cap(rule, cell, numbers))


def _ahead(state: LiveState, rule: LadderRule, row: Row, cell: LinearCell) -> CellResult | None:
    """Return the cell of a ladder in which nothing is disclosed, by the row the order moves to."""
    step = Step(cell.before.num, cell.after.num)
    if row.amount is None or (step.after > step.before) != (row.bound == "max"):
        return None
    reported = state.facts.outside.reported.get((rule.id, cell.key or ""))
    return passing_cell(rule, (cell.entity, cell.key), row.amount, reported, step)


def _averaged(rule: WavgRule, cell: LinearCell, numbers: RowNumbers) -> LinearCell:
    """Return the cell of an average, its sums apart: what is kept is the sum of v * (a - limit)."""
    assert cell.limit is not None
    limit = next(one for one in wavg.limits_of(rule) if one.bound == cell.limit.bound)
    before, change = (exact_fraction(one) for one in numbers.weights)
    return replace(
        cell,
        limit=limit,
        before=Sums(cell.before.num + limit.at * before, before),
        after=Sums(cell.after.num + limit.at * (before + change), before + change),
    )


def disregarded(rule: Rule, cell: CellResult) -> bool:
    """True where the rule does not mind that the cell is unknown."""
    return cell.outcome is Outcome.UNKNOWN and rule.on_missing == "disregard"


def quick_caps(  # noqa: PLR0913  # the integers of one row, each by its name
    state: LiveState,
    leg: LegPlan,
    row: int,
    *,
    num: int,
    move: int,
    steps: int,
    lot: Fraction,
    near: float,
) -> Iterator[tuple[Fraction, int]]:
    """Yield the largest quantity of every bound on a clear row of a straight line, in integers.

    Args:
        state: For the denominator.
        leg: The leg.
        row: Index of the row.
        num: Sum before the order, units of 10**-21.
        move: What the order adds, same units.
        steps: Quantity of the order, units of 10**-10.
        lot: Step of the quantity.
        near: Bounds whose quantity is surely above this are left out.
    """
    spec = leg.rows[row]
    den = state.den_exact[leg.den_at(row)] if spec.amount is None else spec.amount
    assert den is not None
    sign = 1 if spec.bound == "max" else -1
    base, per_step = float(den), sign * move / steps
    for test, limit in spec.members:
        if not test.stops:
            continue
        assert limit is not None
        share = limit.float_at * base
        slack = (abs(share) + abs(num) * 1e-21) * 1e-12
        room = sign * (share - num * 1e-21) - slack
        if room > near * (1 + 1e-9) * per_step * 1e-11:
            continue
        at = limit.at
        below = at.denominator * den.denominator
        top = sign * (at.numerator * den.numerator * 10**PLACES - num * below)
        top *= steps * lot.denominator
        bottom = below * sign * move * 10**STEPS * lot.numerator
        lots, rest = divmod(top, bottom)
        if limit.strict and not rest:
            lots -= 1
        yield whole_lots(max(lots, 0), lot), test.rule


def _cell(
    rule: Rule,
    bound: tuple[Test, Limit | None],
    name: tuple[str, str | None],
    den: Fraction | None,
    numbers: RowNumbers,
) -> LinearCell:
    (test, limit), (entity, key) = bound, name
    unknown = None
    if numbers.move is None:
        unknown = numbers.lack
    elif den is None:
        unknown = f"{test.den} is unknown"
    elif numbers.missing:
        unknown = "the price or rate of a holding is missing"
    num = exact_fraction(numbers.num)
    base = den or NOTHING
    return LinearCell(
        entity=entity,
        key=key,
        limit=limit,
        before=Sums(num, base),
        after=Sums(num + exact_fraction(numbers.move or 0), base),
        changed=numbers.changed,
        unknown=unknown,
        bad_den=isinstance(rule, RatioRule) and base <= 0,
        reduction=numbers.reduction,
    )


def _cap(rule: Rule, cell: LinearCell, numbers: RowNumbers) -> Fraction | None:
    """Return the largest quantity, as `linear.largest_factor` does for a straight line."""
    if not stops(rule, Outcome.BREACH):
        return None
    if not (cell.changed or numbers.slope):
        return None
    heeds = stops(rule, Outcome.UNKNOWN)
    limit, free = cell.limit, whole_lots((numbers.free / numbers.lot).__floor__(), numbers.lot)
    if cell.unknown is not None or limit is None:
        return free if heeds else None
    if cell.bad_den:
        sold = floor_to_lot(cell.reduction, excluded=False, total=numbers.total, lot=numbers.lot)
        assert sold is not None
        return max(free, sold) if heeds else None
    excess = limit.excess(cell.before.num, cell.before.den)
    exceeded = limit.violated(excess)
    if exceeded and getattr(rule, "reducing", "allow") == "deny":
        return free
    rate = limit.excess(numbers.slope, NOTHING)
    if rate <= 0:
        return None
    room = NOTHING if exceeded else -excess
    return floor_to_lot(
        room / rate + numbers.shift,
        excluded=limit.strict and not exceeded,
        total=Fraction(1),
        lot=numbers.lot,
    )


def _close(limit: Limit, numbers: RowNumbers, den: Fraction, near: float) -> bool:
    """True where the bound's quantity may be at or below ``near`` (floats, with a margin)."""
    sign = 1.0 if limit.bound == "max" else -1.0
    rate = sign * float(numbers.slope)
    if rate <= 0:
        return False
    share, num = float(limit.at) * float(den), numbers.num * 1e-21
    room = max(sign * (share - num), 0.0)
    slack = (abs(share) + abs(num)) * 1e-12
    return (room - slack) / rate + float(numbers.shift) <= near * (1 + 1e-9)
