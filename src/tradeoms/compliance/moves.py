"""What a candidate's leg moves: exact integers per base, from which all its terms follow.

A **base** is a term without its mode: one number of the leg serves the slots `hi`, `lo`, `net` and
`none` alike, clipped to what each of them counts. Curved measures (absolute, long only) depend on
the position, so each of their terms is a base of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import (
    STEPS,
    Loose,
    TooFine,
    Valuer,
    curved_value,
    ends,
    move_of,
    times,
    value_of,
)
from tradeoms.compliance.cells import COARSE_MAX, FINE, PLACES, Bools, Floats, Int64s
from tradeoms.compliance.plan import Plan, Term
from tradeoms.compliance.templates import Place, currency_of
from tradeoms.domain.evaluation import Candidate

#: What a slot counts of an open order's move: nothing, all, what is positive, what is negative.
CLIP: Final = {"none": 0, "net": 1, "hi": 2, "lo": 3}
_STEP: Final = 10**STEPS
#: Prices and sides of one security whose unit moves are remembered.
UNIT_MOVES_MAX: Final = 64
_NO_SHIFT: Final = Fraction(0)
#: A slot holds no move of this size, units of 10**-21.
MOVE_MAX: Final = COARSE_MAX * FINE
#: A reservation of a curved base is already clipped.
AS_IS: Final = 1


@dataclass(frozen=True, slots=True)
class Bases:
    """The bases of a plan, and the base and clipping of every term."""

    terms: tuple[Term, ...]
    of_term: Int64s
    clip: Int64s
    curved: bool
    no_slopes: tuple[None, ...]
    no_shifts: tuple[Fraction, ...]


@dataclass(slots=True)
class LegMove:
    """One leg's moves by base; None where a price or rate is missing.

    Attributes:
        move: Change of the base when the leg fills whole, units of 10**-21.
        reserve: Change of its slots when the leg becomes an open order, before clipping.
        slope: Change for one more unit of quantity, at the far end; only for curved bases.
        shift: Quantity that is free before the slope starts; only for curved bases.
        changed: False where the leg leaves the cell as it is; None: where it moves by zero.
    """

    move: Sequence[int | None]
    reserve: Sequence[int | None]
    slope: Sequence[int | None]
    shift: Sequence[Fraction]
    changed: Sequence[bool] | None

    def changes(self, base: int) -> bool:
        """True where the leg changes the cells of a base."""
        return self.move[base] != 0 if self.changed is None else self.changed[base]


def bases_of(plan: Plan) -> Bases:
    """Return the bases of a plan's terms."""
    found: list[Term] = []
    of_term, clips = [], []
    for term in plan.terms:
        mode = term.mode if term.curved else "net"
        base = Term(term.measure, term.level, term.cash, term.fee, term.currency, mode)
        if base not in found:
            found.append(base)
        of_term.append(found.index(base))
        clips.append(AS_IS if term.curved else CLIP[term.mode])
    return Bases(
        tuple(found),
        np.array(of_term, np.int64),
        np.array(clips, np.int64),
        any(term.curved for term in found),
        (None,) * len(found),
        (_NO_SHIFT,) * len(found),
    )


def straight_move(
    valuer: Valuer, bases: Bases, place: Place, candidate: Candidate, steps: int
) -> LegMove:
    """Return what one leg moves where no base is curved; as `leg_move`, but remembered by unit."""
    moves = scaled(unit_moves(valuer, bases, place, candidate), abs(steps))
    return LegMove(moves, moves, bases.no_slopes, bases.no_shifts, None)


def scaled(units: Sequence[int | None], steps: int) -> list[int | None]:
    """Return the moves of ``steps`` (10**-10, not negative) from those of one unit.

    Raises:
        TooFine: If one has more decimals than the arrays hold.
    """
    count, part = divmod(steps, _STEP)
    if part:
        return [None if unit is None else times(unit, steps) for unit in units]
    return [None if unit is None else unit * count for unit in units]


def unit_moves(
    valuer: Valuer, bases: Bases, place: Place, candidate: Candidate
) -> tuple[int | None, ...]:
    """Return what one unit of the candidate moves in a fund, where no base is curved."""
    known = valuer.unit_moves.get(candidate.security_id)
    if known is None:
        known = valuer.unit_moves[candidate.security_id] = {}
    key = (candidate.side, candidate.limit_price, place.levels, place.currencies)
    units = known.get(key)
    if units is None:
        if len(known) > UNIT_MOVES_MAX:
            known.clear()
        one = leg_move(
            valuer,
            bases,
            place,
            candidate,
            steps=candidate.side.sign * 10**STEPS,
            settled=0,
            loose=(),
        )
        units = known[key] = tuple(one.move)
    return units


def leg_move(  # noqa: PLR0913  # one leg and its holding, each by its name
    valuer: Valuer,
    bases: Bases,
    place: Place,
    candidate: Candidate,
    *,
    steps: int,
    settled: int,
    loose: Sequence[Loose],
) -> LegMove:
    """Return what one leg moves.

    Args:
        valuer: Unit values.
        bases: The bases.
        place: The leg's fund.
        candidate: The order.
        steps: Signed quantity of the leg, units of 10**-10.
        settled: The fund's settled position in the security; used by curved bases only.
        loose: The fund's open orders in the security; used by curved bases only.

    Raises:
        TooFine: If a number needs more decimals than the arrays hold.
    """
    moves: list[int | None] = []
    reserves: list[int | None] = []
    slopes: list[int | None] = []
    shifts: list[Fraction] = []
    changes: list[bool] = []
    one = Loose(steps, candidate)
    for term in bases.terms:
        currency = currency_of(place, term)
        unit: int | None = 0
        if term.measure is not None:
            unit = valuer.unit(term.measure, candidate.security_id, currency)
        if unit is None:
            move = reserve = slope = None
            shift, changed = _NO_SHIFT, True
        elif term.curved:
            move, reserve, slope, shift, changed = _curved(term, unit, steps, settled, loose)
        else:
            move = reserve = move_of(valuer, term, unit, one, currency)
            slope, shift, changed = None, _NO_SHIFT, move != 0
        moves.append(move)
        reserves.append(reserve)
        slopes.append(slope)
        shifts.append(shift)
        changes.append(changed)
    return LegMove(moves, reserves, slopes, shifts, changes)


def _curved(
    term: Term, unit: int, steps: int, settled: int, loose: Sequence[Loose]
) -> tuple[int, int, int, Fraction, bool]:
    """Return move, reservation, far slope, shift and whether anything changes, of a curved base.

    The excess stays below its start until the far end of the position passes where it began; from
    there it grows with the slope. A unit below zero turns the measure round; such a holding is
    left to the reference.
    """
    if unit < 0:
        raise TooFine
    assert term.measure is not None
    opens = [one.steps for one in loose]
    low, high = ends(term, settled, opens)
    before = curved_value(term, unit, settled, opens)
    after = max(
        value_of(term.measure, unit, low + steps), value_of(term.measure, unit, high + steps)
    )
    kept = before if term.mode == "none" else curved_value(term, unit, settled, [*opens, steps])
    base = settled + sum(opens) if term.mode == "net" else settled
    changed = any(
        value_of(term.measure, unit, at) != value_of(term.measure, unit, at + steps)
        for at in (base, low, high)
    )
    grows = steps > 0 or term.measure == "mv_abs"
    slope = unit if grows else 0
    if not slope:
        return after - before, kept - before, 0, _NO_SHIFT, changed
    start = Fraction(before * 10**STEPS, slope)
    edge = start - high if steps > 0 else start + low
    return after - before, kept - before, slope, edge / 10**STEPS, changed


@dataclass(frozen=True, slots=True)
class MoveTable:
    """Moves of many legs as arrays (L, B): float value, exact reservation, slope and shift.

    `slope` is per unit of the whole order's quantity, `shift` in units of it.
    """

    value: Floats
    coarse: Int64s
    fine: Int64s
    slope: Floats
    shift: Floats
    changed: Bools


def tabulate(moves: Sequence[LegMove], shares: Floats, totals: Floats, bases: Bases) -> MoveTable:
    """Return the moves of many legs as arrays.

    Args:
        moves: One per leg.
        shares: Leg quantity over order quantity, (L,).
        totals: Order quantity of every leg, (L,).
        bases: The bases, B of them.
    """
    shape = (len(moves), len(bases.terms))
    flat = [divmod(one or 0, FINE) for leg in moves for one in leg.reserve]
    parts = np.array(flat, np.int64).reshape(*shape, 2)
    scale = 10.0**-PLACES
    value = np.array(
        [float("nan") if one is None else one * scale for leg in moves for one in leg.move]
    ).reshape(shape)
    slope = value / totals[:, None]
    shift = np.zeros(shape)
    for at, term in enumerate(bases.terms if bases.curved else ()):
        if term.curved:
            far = [
                float("nan") if leg.slope[at] is None else (leg.slope[at] or 0) * scale
                for leg in moves
            ]
            slope[:, at] = np.array(far) * shares
            shift[:, at] = np.array([float(leg.shift[at]) for leg in moves]) / shares
    changed = value != 0  # true where not a number
    if bases.curved:
        changed = np.array([leg.changed for leg in moves], np.bool_).reshape(shape)
    return MoveTable(value, parts[..., 0], parts[..., 1], slope, shift, changed)


def fits(move: LegMove) -> bool:
    """True where every number of the move can be held by a slot."""
    limit = MOVE_MAX
    found = [one for one in move.move if one is not None]
    if move.reserve is not move.move:
        found += [one for one in move.reserve if one is not None]
    return not found or (max(found) < limit and min(found) > -limit)


def exact_fraction(units: int) -> Fraction:
    """Return an exact value as a Fraction."""
    return Fraction(units, FINE * 10**6)
