"""The linear cell: a numerator against a share of a denominator, judged exactly.

A cell is `num - limit * den` (the other way round for a minimum). Settled holdings are sums; what
may still happen is a list of choices, of each of which at most one move happens. The worst case
over everything that may happen is then a sum of maxima, and stays exact where the denominator
moves too: g = g(settled) + sum over choices of max(0, move's g). All numbers are Fractions; this
module is the exact verdict that every faster path must agree with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from tradeoms.compliance.facts import NOTHING, ONE
from tradeoms.domain.evaluation import Outcome

#: Why a cell is unknown that complies by all that is surely in it.
UNKNOWN_GROUP: Final = "holdings of unknown group could exceed the limit"
#: Why a cell is breached that the orders make no worse.
FROZEN: Final = "the limit is exceeded, and until it is not any trade is a breach"
#: A change of (numerator, denominator).
Move = tuple[Fraction, Fraction]
#: Moves of which at most one happens.
Choice = tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Sums:
    """A cell's settled numerator and denominator, and what may still move them."""

    num: Fraction
    den: Fraction
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A bound: `at` is a share of the denominator; exclusive where `strict`."""

    bound: str
    at: Fraction
    strict: bool = False
    warn: Fraction | None = None
    float_at: float = field(default=0.0, init=False, compare=False)

    def __post_init__(self) -> None:
        """Keep the limit as a float too, for screens."""
        object.__setattr__(self, "float_at", float(self.at))

    def excess(self, num: Fraction, den: Fraction) -> Fraction:
        """Amount over the limit: positive is too much (or, for a minimum, too little)."""
        over = num - self.at * den
        return over if self.bound == "max" else -over

    def violated(self, excess: Fraction) -> bool:
        """True where ``excess`` breaks the limit."""
        return excess > 0 or (self.strict and excess == 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearCell:
    """Everything a verdict on one cell needs.

    Attributes:
        entity: Fund, or name of the aggregate.
        key: Group within the entity, None where the rule has one cell.
        limit: The bound; None where it cannot be looked up.
        before: The cell without the new orders.
        after: The cell with them.
        changed: False where the new orders leave the cell as it is.
        maybe: Holdings that may or may not belong to the cell.
        unknown: Why the cell cannot be judged where it changes; None where it can.
        bad_den: True where the fund's own denominator is zero or negative.
        reduction: Factor up to which the order is a pure reduction of long positions, else 0.
        rebuild: The cell after the orders, with one order scaled by a factor; for headroom.
        kinks: Factors of one order at which the cell's slope may change.
    """

    entity: str
    key: str | None
    limit: Limit | None
    before: Sums
    after: Sums
    changed: bool = True
    maybe: tuple[Choice, ...] = ()
    unknown: str | None = None
    bad_den: bool = False
    reduction: Fraction = NOTHING
    rebuild: Callable[[str, Fraction], Sums] | None = None
    kinks: Callable[[str], Sequence[Fraction]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """The verdict on one cell and the numbers it rests on; None where unknown.

    `events` are the thresholds that must be disclosed: threshold, "up", "down" or "change", and
    "public" where the disclosure is public.
    """

    entity: str | None
    key: str | None
    outcome: Outcome
    num_before: Fraction | None = None
    den_before: Fraction | None = None
    num_after: Fraction | None = None
    den_after: Fraction | None = None
    limit: Fraction | None = None
    bound: str | None = None
    reason: str = ""
    events: tuple[tuple[str, ...], ...] = ()


def worst(sums: Sums, limit: Limit) -> Move:
    """Return numerator and denominator of the worst case for ``limit``."""
    num, den = sums.num, sums.den
    for choice in sums.choices:
        best, best_excess = (NOTHING, NOTHING), NOTHING
        for move in choice:
            excess = limit.excess(*move)
            if excess > best_excess:
                best, best_excess = move, excess
        num, den = num + best[0], den + best[1]
    return num, den


def judge(cell: LinearCell, *, acquisition: bool = False, deny: bool = False) -> CellResult:
    """Return the verdict on a cell that orders may change.

    Args:
        cell: The cell.
        acquisition: True where only cells that the orders make worse are tested.
        deny: True where a breached cell may not be traded at all.
    """
    if cell.unknown is not None and cell.changed:
        return CellResult(
            entity=cell.entity, key=cell.key, outcome=Outcome.UNKNOWN, reason=cell.unknown
        )
    if cell.limit is None:
        outcome = Outcome.UNKNOWN if cell.changed else Outcome.PASS
        return CellResult(
            entity=cell.entity,
            key=cell.key,
            outcome=outcome,
            reason="the limit cannot be looked up" if cell.changed else "",
        )
    limit = cell.limit
    num0, den0 = worst(cell.before, limit)
    num1, den1 = worst(cell.after, limit)
    outcome, reason = _outcome(
        cell, limit, (num0, den0, num1, den1), acquisition=acquisition, deny=deny
    )
    return CellResult(
        entity=cell.entity,
        key=cell.key,
        outcome=outcome,
        reason=reason,
        num_before=num0,
        den_before=den0,
        num_after=num1,
        den_after=den1,
        limit=limit.at,
        bound=limit.bound,
    )


def _outcome(
    cell: LinearCell,
    limit: Limit,
    numbers: tuple[Fraction, Fraction, Fraction, Fraction],
    *,
    acquisition: bool,
    deny: bool,
) -> tuple[Outcome, str]:
    num0, den0, num1, den1 = numbers
    if not cell.changed:
        return Outcome.PASS, ""
    if cell.bad_den:
        if cell.reduction >= 1 and abs(num1) <= abs(num0):
            return Outcome.REDUCING, "the denominator is not positive, but the position only falls"
        return Outcome.UNKNOWN, "the denominator is not positive"
    excess0, excess1 = limit.excess(num0, den0), limit.excess(num1, den1)
    return verdict(
        limit=limit,
        excess0=excess0,
        excess1=excess1,
        bound=bound_of(cell.maybe, limit),
        warned=limit.warn is not None and num1 > limit.warn * den1,
        acquisition=acquisition,
        deny=deny,
    )


def verdict(  # noqa: PLR0913  # the numbers of one verdict, each by its name
    *,
    limit: Limit,
    excess0: Fraction,
    excess1: Fraction,
    bound: Fraction,
    warned: bool,
    acquisition: bool,
    deny: bool,
) -> tuple[Outcome, str]:
    """Return outcome and reason of a changed cell from its excess before and after.

    Args:
        limit: The bound.
        excess0: Worst excess without the orders.
        excess1: Worst excess with them.
        bound: Excess that holdings of unknown membership could add, not negative.
        warned: True where the worst value after the orders is above the warning level.
        acquisition: True where only cells made worse are tested.
        deny: True where a breached cell may not be traded at all.
    """
    if limit.violated(excess0) and excess1 <= excess0:
        if deny:
            return Outcome.BREACH, FROZEN
        if limit.violated(excess1 + bound):
            return Outcome.REDUCING, "over the limit before the order, and not further over with it"
    elif acquisition and excess1 <= excess0:
        return Outcome.PASS, ""
    elif limit.violated(excess1):
        return Outcome.BREACH, ""
    elif limit.violated(excess1 + bound):
        return Outcome.UNKNOWN, UNKNOWN_GROUP
    if warned:
        return Outcome.WARN, "above the warning level"
    return Outcome.PASS, ""


def judge_state(cell: LinearCell) -> CellResult:
    """Return the verdict on a cell as it stands, without orders."""
    if cell.limit is None or cell.unknown is not None or cell.bad_den:
        return CellResult(
            entity=cell.entity,
            key=cell.key,
            outcome=Outcome.UNKNOWN,
            reason=cell.unknown or "the limit or the denominator is unknown",
        )
    limit, (num, den) = cell.limit, (cell.before.num, cell.before.den)
    excess = limit.excess(num, den)
    outcome, reason = Outcome.PASS, ""
    if limit.violated(excess):
        outcome = Outcome.BREACH
    elif limit.violated(excess + bound_of(cell.maybe, limit)):
        outcome, reason = Outcome.UNKNOWN, UNKNOWN_GROUP
    elif limit.warn is not None and num > limit.warn * den:
        outcome = Outcome.WARN
    return CellResult(
        entity=cell.entity,
        key=cell.key,
        outcome=outcome,
        num_before=num,
        den_before=den,
        num_after=num,
        den_after=den,
        limit=limit.at,
        bound=limit.bound,
        reason=reason,
    )


def bound_of(maybe: tuple[Choice, ...], limit: Limit) -> Fraction:
    """Return the most that holdings of unknown membership can add to the excess."""
    num, den = worst(Sums(NOTHING, NOTHING, maybe), limit)
    return limit.excess(num, den)


def largest_factor(
    cell: LinearCell,
    order_id: str,
    *,
    acquisition: bool = False,
    deny: bool = False,
    lenient: bool = False,
) -> tuple[Fraction | None, bool]:
    """Return how far one order may be scaled before the cell blocks it.

    The excess is piecewise linear in the factor; the answer is the end of the first stretch that
    starts at zero and stays allowed, or lies beyond every stretch that only improves.

    Args:
        cell: The cell.
        order_id: The order.
        acquisition: True where only a cell made worse is tested.
        deny: True where a breached cell may not be traded at all.
        lenient: True where a cell that is unknown does not block.

    Returns:
        The factor (None: unlimited), and whether that factor itself is excluded.
    """
    points = _bends(cell, order_id)
    free = _untouched(cell, order_id, points)
    if free is None:
        return None, False
    if cell.unknown is not None or cell.limit is None:
        return None if lenient else free, False
    limit = cell.limit
    if cell.bad_den:
        return None if lenient else max(free, cell.reduction), False
    before = limit.excess(*worst(cell.before, limit))
    exceeded = limit.violated(before)
    if exceeded and deny:
        return free, False
    ceiling = _ceiling(cell, limit, before, acquisition=acquisition, lenient=lenient)

    def excess_at(factor: Fraction) -> Fraction:
        assert cell.rebuild is not None
        return limit.excess(*worst(cell.rebuild(order_id, factor), limit))

    if not exceeded and before > ceiling < excess_at(ONE):
        return free, False  # what is of unknown group stands in the way, however little it is
    crossing = _crossing(points, excess_at, ceiling)
    if crossing is None:
        return None, False
    kept = ceiling == before and (exceeded or acquisition)  # no further over than it was
    return max(crossing, free), limit.strict and crossing > free and not kept


def _crossing(
    points: Sequence[Fraction], excess_at: Callable[[Fraction], Fraction], ceiling: Fraction
) -> Fraction | None:
    """Return the factor at which the excess first rises above ``ceiling``; None: never."""
    for index, start in enumerate(points):
        end = points[index + 1] if index + 1 < len(points) else None
        at_start = excess_at(start)
        slope = (excess_at(start + 1 if end is None else end) - at_start) / (
            1 if end is None else end - start
        )
        if slope <= 0:
            continue
        crossing = start + (ceiling - at_start) / slope
        if end is None or crossing < end:
            return crossing
    return None


def _bends(cell: LinearCell, order_id: str) -> list[Fraction]:
    """Return the factors between which the cell is linear, from zero."""
    found = () if cell.kinks is None else cell.kinks(order_id)
    return sorted({NOTHING, *(kink for kink in found if kink > 0)})


def _untouched(cell: LinearCell, order_id: str, points: Sequence[Fraction]) -> Fraction | None:
    """Return up to which factor an order leaves the cell as it is; None: however large it is."""
    if cell.rebuild is None:
        return NOTHING
    without = cell.rebuild(order_id, NOTHING)
    for start, end in zip(points, [*points[1:], points[-1] + 1], strict=True):
        if cell.rebuild(order_id, end) != without:
            return start
    return None


def _ceiling(
    cell: LinearCell, limit: Limit, before: Fraction, *, acquisition: bool, lenient: bool
) -> Fraction:
    """Return the excess up to which a cell does not block; ``before`` is that without orders."""
    if limit.violated(before):
        return before
    room = NOTHING if lenient else -bound_of(cell.maybe, limit)
    return max(before, room) if acquisition else room


def scale_of(
    cell: LinearCell, limit: Limit, pushed: Fraction, *, acquisition: bool = False, lenient: bool
) -> Fraction:
    """Largest factor, 0 to 1, on the orders that worsen a cell at which it no longer blocks.

    Args:
        cell: The cell.
        limit: Its bound.
        pushed: Excess that these orders add together.
        acquisition: True where only a cell made worse is tested.
        lenient: True where a cell that is unknown does not block.
    """
    before = limit.excess(*worst(cell.before, limit))
    after = limit.excess(*worst(cell.after, limit))
    ceiling = _ceiling(cell, limit, before, acquisition=acquisition, lenient=lenient)
    if pushed <= 0:
        return NOTHING
    return min(ONE, max(NOTHING, (ceiling - (after - pushed)) / pushed))


def floor_to_lot(
    factor: Fraction | None, *, excluded: bool, total: Fraction, lot: Fraction
) -> Fraction | None:
    """Return the largest multiple of ``lot`` up to ``factor * total``; None is unlimited."""
    if factor is None:
        return None
    lots = factor * total / lot
    whole = lots.__floor__()
    if excluded and whole == lots:
        whole -= 1
    return max(whole, 0) * lot
