"""The running sums of the whole book, kept in step with the facts.

Every change of a holding takes its old contribution out and puts the new one in; the sums are
exact, so the result equals a rebuild bit for bit. A fund is added up when it is first asked for.
A holding that has no price marks its slots as missing; one whose place in a cube is unknown marks
the whole cube of its entity as uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import Loose, TooFine, Valuer, holding_amount, steps_of
from tradeoms.compliance.cells import PLACES, CellStore, Floats, Int64s, split
from tradeoms.compliance.exact import scaled_int
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.keytable import KeyTable
from tradeoms.compliance.moves import Bases, bases_of
from tradeoms.compliance.plan import DENS, Plan
from tradeoms.compliance.question import in_scope
from tradeoms.compliance.standings import Standings
from tradeoms.compliance.templates import KEY_SHIFT, Place, Template, Templates, currency_of

#: A global key is the entity and the key within it.
ENTITY_SHIFT: Final = 44
_KIND_MASK: Final = (1 << (ENTITY_SHIFT - KEY_SHIFT)) - 1
_CODE_MASK: Final = (1 << KEY_SHIFT) - 1
#: What one holding adds: coarse and fine by term (T, 2), and the terms without a price.
Parts = tuple[Int64s, list[int]]


def global_keys(place: Place, levels: Int64s, keys: Int64s) -> Int64s:
    """Return the keys of a fund's cells, and of the aggregates above it, in the whole book."""
    if len(place.entities) == 1:
        return keys + (place.entities[0] << ENTITY_SHIFT)
    return keys + (np.array(place.entities, np.int64) << ENTITY_SHIFT)[levels]


class LiveState:
    """Running sums of every fund that has been asked for."""

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.facts: Final = facts
        self.plan: Final = plan
        self.bases: Final[Bases] = bases_of(plan)
        self.store: Final = CellStore()
        self.standings: Final = Standings(plan, self.store)
        self._table: Final = KeyTable()
        self.valuer: Final = Valuer(facts)
        self.templates: Final = Templates(facts, plan)
        self.names: Final[list[str]] = []
        self.uncertain: Final[dict[tuple[int, int], int]] = {}
        self.den: Floats = np.zeros(0)
        self.den_exact: Final[list[Fraction | None]] = []
        #: Places in `den` of what is unknown or not positive.
        self.bad_dens: Final[set[int]] = set()
        self._rows: Final[dict[str, int]] = {}
        self._members: Final[dict[int, tuple[str, ...]]] = {}
        self._aggregates: Final[dict[str, list[int]]] = {}
        self._places: Final[dict[str, Place]] = {}
        self._kinds: Final[dict[object, int]] = {}
        self._built: Final[set[str]] = set()

    def place(self, fund_id: str) -> Place:
        """Return where the fund's holdings count."""
        found = self._places.get(fund_id)
        if found is None:
            found = self._places[fund_id] = self._make_place(fund_id)
        return found

    def adopt(self, place: Place) -> None:
        """Use a place made elsewhere, e.g. from evidence."""
        self._places[place.fund_id] = place

    def slots(self, place: Place, levels: Int64s, keys: Int64s) -> Int64s:
        """Return the slots of ``keys`` in a fund and its aggregates, int64 by position."""
        return self.find(global_keys(place, levels, keys))

    def find(self, keys: Int64s, *, make: bool = True) -> Int64s:
        """Return the slots of global keys; absent ones are made, or are slot 0, which is zero."""
        known = self._table.count
        slots = self._table.find(keys, make=make)
        self.store.reach(self._table.count)
        if self.plan.groups and self._table.count > known:
            fresh = dict(zip(slots.tolist(), keys.tolist(), strict=True))
            for slot, key in fresh.items():
                if slot >= known:
                    kind, code = key >> KEY_SHIFT & _KIND_MASK, key & _CODE_MASK
                    self.standings.enrol((key >> ENTITY_SHIFT, kind, code), slot)
        return slots

    @property
    def size(self) -> int:
        """Number of slots."""
        return self._table.count

    def build(self, fund_ids: Iterable[str]) -> None:
        """Add up the funds that have not been added up yet, and those they share cells with."""
        todo = [fund_id for fund_id in fund_ids if fund_id not in self._built]
        while todo:
            fund_id = todo.pop()
            if fund_id in self._built:
                continue
            self._built.add(fund_id)
            place = self.place(fund_id)
            held = dict.fromkeys(self.facts.held(fund_id))
            for order in self.facts.open_by_fund.get(fund_id, {}).values():
                held[order.security_id] = None
            self._apply(place, list(held), 1)
            self._apply_cash(place, 1)
            for entity in place.entities:
                todo.extend(one for one in self._members[entity] if one not in self._built)

    def before_change(self, fund_id: str, security_id: str) -> None:
        """Take a holding out of the sums; the facts are about to change."""
        if fund_id in self._built:
            self._apply(self.place(fund_id), [security_id], -1)

    def after_change(self, fund_id: str, security_id: str) -> None:
        """Put a holding back into the sums; the facts have changed."""
        if fund_id in self._built:
            self._apply(self.place(fund_id), [security_id], 1)

    def before_cash(self, fund_id: str) -> None:
        """Take a fund's cash out of the sums."""
        if fund_id in self._built:
            self._apply_cash(self.place(fund_id), -1)

    def after_cash(self, fund_id: str) -> None:
        """Put a fund's cash back into the sums."""
        if fund_id in self._built:
            self._apply_cash(self.place(fund_id), 1)

    def holders(self, security_id: str) -> list[str]:
        """Return the funds added up that may hold the security or have it on order."""
        return sorted(self._built & self.facts.holders.get(security_id, set()))

    def refresh_denominators(self, fund_id: str) -> None:
        """Read the scalars of a fund, and of every aggregate it is in, again."""
        for entity in self._aggregates.get(fund_id, ()):
            self._read_denominators(entity)

    def loose(self, fund_id: str, security_id: str) -> list[Loose]:
        """Return the open orders of a fund in a security."""
        orders = self.facts.open_by_holding.get((fund_id, security_id))
        if not orders:
            return []
        return [
            Loose(order.side.sign * steps_of(leg.quantity), order)
            for order in orders.values()
            for leg in order.legs
            if leg.fund_id == fund_id
        ]

    def _apply(self, place: Place, security_ids: list[str], sign: int) -> None:
        """Add (``sign`` 1) or take out (-1) the contributions of holdings."""
        templates, parts = [], []
        for security_id in security_ids:
            held = self._holding(place, security_id, sign)
            if held is not None:
                templates.append(held[0])
                parts.append(held[1])
        if not templates:
            return
        slots = self.slots(
            place,
            np.concatenate([one.shape.levels for one in templates]),
            np.concatenate([one.keys for one in templates]),
        )
        tables, start = [], 0
        for template, part in zip(templates, parts, strict=True):
            stop = start + len(template.keys)
            if template.shape.unknown:
                self._mark_unknown(place, template, sign)
            if part is None:
                self.store.mark_odd(slots[start:stop], sign)
                tables.append(np.zeros((stop - start, 2), np.int64))
            else:
                table, gaps = part
                if gaps:
                    missing = np.isin(template.shape.terms, gaps)
                    self.store.mark_missing(slots[start:stop][missing], sign)
                tables.append(table[template.shape.terms])
            start = stop
        whole = np.concatenate(tables)
        self.store.add(slots, whole[:, 0], whole[:, 1])

    def _holding(
        self, place: Place, security_id: str, sign: int
    ) -> tuple[Template, Parts | None] | None:
        """Return template and amounts by term of a holding; amounts None where too fine."""
        held = self.facts.held(place.fund_id).get(security_id)
        try:
            loose = self.loose(place.fund_id, security_id)
            settled = 0 if held is None else steps_of(held)
            if not settled and not loose:
                return None
            terms = self.plan.terms if loose else self.bases.terms
            amounts = [
                holding_amount(
                    self.valuer,
                    term,
                    security_id,
                    currency_of(place, term),
                    settled=settled,
                    loose=loose,
                )
                for term in terms
            ]
        except TooFine:
            return self.templates.template(place, security_id), None
        template = self.templates.template(place, security_id)
        gaps = [index for index, amount in enumerate(amounts) if amount is None]
        pieces = [split(sign * (amount or 0)) for amount in amounts]
        if None in pieces:
            return template, None
        table = np.array(pieces, np.int64).reshape(-1, 2)
        if not loose:
            table = table[self.bases.of_term]
            gaps = np.flatnonzero(np.isin(self.bases.of_term, gaps)).tolist() if gaps else []
        return template, (table, gaps)

    def _mark_unknown(self, place: Place, template: Template, sign: int) -> None:
        for cube in template.shape.unknown:
            entity = place.entities[place.levels.index(self.plan.cubes[cube].level)]
            count = self.uncertain.pop((entity, cube), 0) + sign
            if count:
                self.uncertain[entity, cube] = count

    def _apply_cash(self, place: Place, sign: int) -> None:
        for cube_index in place.cubes:
            cube = self.plan.cubes[cube_index]
            if not cube.counts_cash:
                continue
            level = place.levels.index(cube.level)
            name = cube.currency if cube.kind == "cash" else None
            amount = self._cash(place, name, cube.currency or place.currencies[level])
            keys = np.array(
                [self.templates.key(one, name) for one in self.plan.slots_of_cube[cube_index]],
                np.int64,
            )
            slots = self.find(keys + (place.entities[level] << ENTITY_SHIFT))
            if amount is None:
                self.store.mark_missing(slots, sign)
                continue
            whole = scaled_int(amount, PLACES)
            parts = None if whole is None else split(sign * whole)
            if parts is None:
                self.store.mark_odd(slots, sign)
            else:
                self.store.add(slots, np.full(len(slots), parts[0]), np.full(len(slots), parts[1]))

    def _cash(self, place: Place, held: str | None, currency: str) -> Fraction | None:
        if held is None:
            return self.facts.cash_in((place.fund_id,), currency)
        balances = self.facts.cash.get(place.fund_id)
        return None if balances is None else Fraction(balances.get(held, 0))

    def _make_place(self, fund_id: str) -> Place:
        facts, plan = self.facts, self.plan
        fund = facts.funds[fund_id]
        levels: dict[str, tuple[str, tuple[str, ...]]] = {"fund": (fund_id, (fund_id,))}
        cubes = []
        for index, cube in enumerate(plan.cubes):
            found = facts.level_of(fund, cube.level)
            own = cube.level != "fund" or any(
                in_scope(plan.rules[rule], fund) for rule in plan.rules_of_cube[index]
            )
            if found is not None and own:
                levels[cube.level] = found
                cubes.append(index)
        kind = self._kinds.setdefault((tuple(cubes), tuple(levels)), len(self._kinds))
        return Place(
            fund_id,
            kind,
            tuple(cubes),
            tuple(levels),
            tuple(self._entity(name, members) for name, members in levels.values()),
            tuple(facts.currency_of(members) for _, members in levels.values()),
        )

    def _entity(self, name: str, members: tuple[str, ...]) -> int:
        if name not in self._rows:
            row = self._rows[name] = len(self._rows)
            self.names.append(name)
            self._members[row] = members
            for fund_id in members:
                self._aggregates.setdefault(fund_id, []).append(row)
            self.den_exact.extend([None] * len(DENS))
            if row * len(DENS) >= len(self.den):
                self.den = np.concatenate([self.den, np.zeros(1024 * len(DENS))])
            self._read_denominators(row)
        return self._rows[name]

    def _read_denominators(self, entity: int) -> None:
        members = self._members[entity]
        currency = self.facts.currency_of(members)
        for index, name in enumerate(DENS):
            value = self.facts.denominator(name, members, currency)
            at = entity * len(DENS) + index
            self.den_exact[at] = value
            if value is None or value <= 0:
                self.bad_dens.add(at)
            else:
                self.bad_dens.discard(at)
            self.den[at] = -1.0 if value is None else float(value)
        self.standings.forget(entity)
