"""Many orders against all rows in one pass: floats to screen, an error bound to know when to stop.

Entries are (leg, slot) pairs, rows are (leg, test) pairs; both lie flat, leg after leg. The sums
are exact integers turned into floats once, so a row's excess carries a few roundings; where it is
not clear of zero by more than their bound, the row is judged again in exact arithmetic. There is no
tolerance anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from tradeoms.compliance.cells import FINE, Bools, CellStore, Floats, Int64s, as_floats
from tradeoms.compliance.legs import LegPlan
from tradeoms.compliance.moves import Bases, MoveTable
from tradeoms.compliance.plan import DENS

#: Bound of the relative error of a row: fewer than 16 roundings of 2**-53 each, doubled.
ERROR: Final = 2.0**-48
#: Bound of the absolute error of a sum: its coarse part rounds at 10**-6 * 2**-53.
ERROR_FLAT: Final = 1e-18


@dataclass(frozen=True, slots=True)
class Layout:
    """Where legs, entries and rows lie. Axes: L legs, E entries, R rows, G rules about groups.

    `above` is True where a leg touches cells above its fund.
    """

    order_of_leg: Int64s
    leg_of_entry: Int64s
    leg_of_row: Int64s
    entry_start: Int64s
    row_start: Int64s
    slots: Int64s
    base: Int64s
    clip: Int64s
    entry_of_row: Int64s
    sign: Floats
    limit: Floats
    cap: Floats
    den: Int64s
    above: bool
    leg_of_group: Int64s
    entry_of_group: Int64s
    test_of_group: Int64s
    entity_of_group: Int64s


@dataclass(frozen=True, slots=True)
class Screen:
    """The outcome of one pass.

    Attributes:
        coarse: Coarse part of every entry's sum before its order, (E,).
        fine: Fine part, (E,).
        clear: Rows that pass without doubt, (R,).
        cap: Largest order quantity every row allows, at most, (R,), infinite where unlimited.
        least: The same, at least: they differ by what was rounded.
        group_clear: Rules about groups that pass without doubt, (G,).
        group_cap: Order quantity up to which they surely do, (G,); the largest may be more.
    """

    coarse: Int64s
    fine: Int64s
    clear: Bools
    cap: Floats
    least: Floats
    group_clear: Bools
    group_cap: Floats


def lay_out(
    legs: Sequence[LegPlan], slots: Sequence[Int64s], order_of_leg: Int64s, bases: Bases
) -> Layout:
    """Lay the legs' slots and rows flat; ``slots`` are those of every leg."""
    sets = [leg.set for leg in legs]
    slots_each = np.array([len(one) for one in slots], np.int64)
    rows_each = np.array([len(one.at) for one in sets], np.int64)
    leg_of_group = np.repeat(np.arange(len(legs)), [len(one.groups) for one in sets])
    entry_start = np.concatenate([[0], np.cumsum(slots_each)])
    row_start = np.concatenate([[0], np.cumsum(rows_each)])
    leg_of_row = np.repeat(np.arange(len(legs)), rows_each)
    terms = np.concatenate([leg.template.shape.terms for leg in legs])
    above = any(len(leg.place.levels) > 1 for leg in legs)
    entities = np.array([leg.place.entities[0] for leg in legs], np.int64)
    if above:
        den = np.concatenate([leg.den() for leg in legs])
    else:
        den = np.concatenate([one.den for one in sets]) + entities[leg_of_row] * len(DENS)
    return Layout(
        order_of_leg=order_of_leg,
        leg_of_entry=np.repeat(np.arange(len(legs)), slots_each),
        leg_of_row=leg_of_row,
        entry_start=entry_start,
        row_start=row_start,
        slots=np.concatenate(slots),
        base=bases.of_term[terms] if len(bases.of_term) else terms,
        clip=bases.clip[terms] if len(bases.clip) else terms,
        entry_of_row=np.concatenate([one.at for one in sets]) + entry_start[leg_of_row],
        sign=np.concatenate([one.sign for one in sets]),
        limit=np.concatenate([leg.limit for leg in legs]),
        cap=np.concatenate([leg.cap for leg in legs]),
        den=den,
        above=above,
        leg_of_group=leg_of_group,
        entry_of_group=np.concatenate([one.group_at for one in sets]) + entry_start[leg_of_group],
        test_of_group=np.concatenate([one.group_test for one in sets]),
        entity_of_group=entities[leg_of_group],
    )


class Layouts:
    """Layouts of single orders, remembered by the kinds of their legs; only places differ."""

    #: Layouts kept; beyond it all are dropped and made again when asked for.
    KEPT: Final = 4_096

    def __init__(self, bases: Bases) -> None:
        self._bases = bases
        self._kept: dict[tuple[int, ...], tuple[Layout, Int64s, list[LegPlan]]] = {}

    def lay_out(self, legs: list[LegPlan], slots: Sequence[Int64s]) -> Layout:
        """Return what `lay_out` would for one order."""
        key = tuple([id(leg.set) for leg in legs])
        known = self._kept.get(key)
        if known is None or known[0].above:
            order_of_leg = np.zeros(len(legs), np.int64)
            layout = lay_out(legs, slots, order_of_leg, self._bases)
            if len(self._kept) >= self.KEPT:
                self._kept.clear()
            own = np.concatenate([leg.set.den for leg in legs])
            self._kept[key] = (layout, own, legs)  # the legs keep the sets, and so their ids, alive
            return layout
        layout, own, _ = known
        entities = np.array([leg.place.entities[0] for leg in legs], np.int64)
        fresh = replace(
            layout,
            slots=np.concatenate(slots),
            den=own + entities[layout.leg_of_row] * len(DENS),
            entity_of_group=entities[layout.leg_of_group],
        )
        if any(leg.set.dynamic for leg in legs):
            limit = np.concatenate([leg.limit for leg in legs])
            fresh = replace(fresh, limit=limit, cap=np.concatenate([leg.cap for leg in legs]))
        return fresh


def reservations(layout: Layout, table: MoveTable) -> tuple[Int64s, Int64s]:
    """Return what every entry's slot counts of its leg as an open order, coarse and fine (E,)."""
    at = (layout.leg_of_entry, layout.base)
    value, coarse, fine = table.value[at], table.coarse[at], table.fine[at]
    keep = (
        (layout.clip == 1) | ((layout.clip == 2) & (value > 0)) | ((layout.clip == 3) & (value < 0))
    )
    return np.where(keep, coarse, 0), np.where(keep, fine, 0)


def screen(
    store: CellStore,
    den: Floats,
    layout: Layout,
    table: MoveTable,
    reserved: tuple[Int64s, Int64s] | None,
    groups: tuple[Floats, Floats],
) -> Screen:
    """Test every row.

    Args:
        store: The running sums.
        den: Denominators by entity and scalar; not positive where unknown.
        layout: Legs, entries and rows.
        table: What the legs move.
        reserved: What every entry reserves for the orders behind it; None where nothing does.
        groups: Slack of the rules about groups by entity and test, and the way of every test.
    """
    slots = layout.slots
    coarse, fine = store.coarse[slots], store.fine[slots]
    at = (layout.leg_of_entry, layout.base)
    move, slope, shift = table.value[at], table.slope[at], table.shift[at]
    order_of_entry = layout.order_of_leg[layout.leg_of_entry]
    if reserved is not None or (layout.above and _shared(layout)):
        sort = np.sort(slots * len(slots) + np.arange(len(slots))) % max(len(slots), 1)
        runs = _Runs(slots[sort], order_of_entry[sort])
        if reserved is not None:
            coarse[sort] += runs.exclusive(reserved[0][sort])
            fine[sort] += runs.exclusive(reserved[1][sort])
            carry = fine // FINE
            coarse += carry
            fine -= carry * FINE
        if runs.joined:
            move[sort], slope[sort] = runs.total(move[sort]), runs.total(slope[sort])
    total = as_floats(coarse, fine)
    row = layout.entry_of_row
    base = den[layout.den]
    num, share, change = total[row], layout.limit * base, move[row]
    with np.errstate(invalid="ignore", divide="ignore"):
        before = layout.sign * (num - share)
        change = layout.sign * change
        band = ERROR * (np.abs(num) + np.abs(share) + np.abs(change)) + ERROR_FLAT
        inside = (before < -band) & (before + change < -band)
        # Against a limit of zero the sign of the exact sum decides, and no rounding can change it:
        # a fund that holds nothing and buys is clear of "no short position".
        held = np.where(coarse[row] < 0, -1, (coarse[row] > 0) | (fine[row] > 0))
        # Only where more of the order can only help: a curved sum may turn.
        helps = (change < 0) & (layout.sign * slope[row] <= 0) & (shift[row] == 0)
        inside |= (share == 0) & (layout.sign * held <= 0) & helps
        clear = inside & (base > 0)
        if store.marked:
            clear &= ((store.missing[slots] == 0) & (store.odd[slots] == 0))[row]
        changed = table.changed[at][row]
        rate = layout.sign * slope[row]
        bounded = rate > 0
        clear |= ~(changed | bounded)  # what a larger order would change is judged
        least, most = rooms(layout, base, num, np.abs(num))
        loose = ERROR * np.abs(shift[row])
        least = np.where(bounded, least / rate + shift[row] - loose, np.inf)
        cap = np.where(bounded, most / rate + shift[row] + loose, np.inf)
    at_group = layout.entry_of_group
    group_clear, group_cap = screen_groups(
        total[at_group],
        move[at_group],
        slope[at_group],
        groups[0][layout.entity_of_group, layout.test_of_group],
        groups[1][layout.test_of_group],
    )
    return Screen(coarse, fine, clear, cap, least, group_clear, group_cap)


def rooms(layout: Layout, base: Floats, num: Floats, size: Floats) -> tuple[Floats, Floats]:
    """Return how far sums are from the limits that stop orders, (R,), at least and at most.

    Args:
        layout: The rows.
        base: Their denominators.
        num: Their sums.
        size: Size of the sums' parts, by which they are rounded.
    """
    share = layout.cap * base
    room = layout.sign * (share - num)
    error = ERROR * (np.abs(share) + size) + ERROR_FLAT
    least = np.where(np.isfinite(share), np.maximum(room - error, 0), np.inf)
    return least, np.maximum(room + error, 0)


def screen_groups(
    value: Floats, move: Floats, slope: Floats, slack: Floats, way: Floats
) -> tuple[Bools, Floats]:
    """Return which rules about groups surely pass, and up to which quantity.

    Args:
        value: Value of the touched group, (G,).
        move: What the order adds to it, (G,); NaN where a price is missing.
        slope: Its change for one more unit of the order, (G,).
        slack: Rows of `Standings.slack`, (G, 4).
        way: 1 where only a rise of a group can hurt, -1 only a fall, 0 both, (G,).
    """
    if not len(value):
        return np.zeros(0, np.bool_), np.zeros(0)
    outside, inside, within, without = slack.T
    is_out, is_in = value < outside, value > inside
    step = np.where(way == 0, np.abs(move), np.maximum(way * move, 0))
    room = np.where(is_in, within, np.where(is_out, without, np.minimum(within, without)))
    clear = (step <= room) | (is_out & (value + move < outside)) | (move == 0)
    room = np.where(is_out, np.maximum(room, outside - value), room)
    with np.errstate(divide="ignore", invalid="ignore"):
        cap = np.where(step > 0, np.maximum(room, 0) / np.abs(slope), np.inf)
    return clear, cap


def _shared(layout: Layout) -> bool:
    """True where two legs of one order may touch one slot (cells above the fund)."""
    counts = np.bincount(layout.order_of_leg)
    if counts.max(initial=0) < 2:
        return False
    order = layout.order_of_leg[layout.leg_of_entry]
    pairs = np.sort(layout.slots * len(counts) + order)
    return bool((pairs[1:] == pairs[:-1]).any())


class _Runs:
    """Entries sorted by slot, then order: runs of one order within one slot."""

    def __init__(self, slots: Int64s, orders: Int64s) -> None:
        count = len(slots)
        new_slot = np.ones(count, np.bool_)
        new_slot[1:] = slots[1:] != slots[:-1]
        new_run = new_slot.copy()
        new_run[1:] |= orders[1:] != orders[:-1]
        index = np.arange(count)
        self._slot_first = np.maximum.accumulate(np.where(new_slot, index, 0))
        self._run_first = np.maximum.accumulate(np.where(new_run, index, 0))
        self._starts = np.flatnonzero(new_run)
        self._run = np.cumsum(new_run) - 1
        self.joined = len(self._starts) < count

    def exclusive(self, values: Int64s) -> Int64s:
        """Return the sum of earlier runs in the same slot. Wrap-around cancels in differences."""
        running = np.cumsum(values) - values
        return np.asarray(running[self._run_first] - running[self._slot_first], np.int64)

    def total(self, values: Floats) -> Floats:
        """Return the sum over every element's run."""
        return np.asarray(np.add.reduceat(values, self._starts)[self._run], np.float64)
