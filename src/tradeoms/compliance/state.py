"""The running sums of the whole book, kept in step with the facts.

Every change of a holding takes its old contribution out and puts the new one in; the sums are
exact, so the result equals a rebuild bit for bit. A fund is added up when it is first asked for.
A holding that has no price marks its slots as missing; one whose place in a cube is unknown marks
the whole cube of its entity as uncertain.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.compliance.amounts import Loose, TooFine, Valuer, holding_amount, steps_of
from tradeoms.compliance.cells import PLACES, CellStore, Floats, Int64s, split
from tradeoms.compliance.exact import scaled_int
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.plan import DENS, IN, OUT, UNKNOWN, Plan, Term
from tradeoms.compliance.question import in_scope

#: A key is the slot type and the code of the cell.
KEY_SHIFT: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fund's holdings count: its cubes, and entity and currency of every level."""

    fund_id: str
    cubes: tuple[int, ...]
    levels: tuple[str, ...]
    entities: tuple[int, ...]
    currencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """The slots that a security touches in funds with the same cubes, aligned by position.

    Attributes:
        signature: Status of the security in every cube.
        slot_types: Slot type of every position.
        levels: Index into the place's levels, by position.
        keys: Key within the entity, by position.
        terms: Term, by position.
        unknown: Cubes that the security may or may not be in.
    """

    signature: bytes
    slot_types: tuple[int, ...]
    levels: Int64s
    keys: Int64s
    terms: Int64s
    unknown: tuple[int, ...]


def currency_of(place: Place, term: Term) -> str:
    """Return the currency that a term is measured in for a fund."""
    if term.currency is not None:
        return term.currency
    return place.currencies[place.levels.index(term.level) if term.level in place.levels else 0]


class LiveState:
    """Running sums of every fund that has been asked for."""

    def __init__(self, facts: Facts, plan: Plan) -> None:
        self.facts: Final = facts
        self.plan: Final = plan
        self.store: Final = CellStore()
        self.valuer: Final = Valuer(facts)
        self.names: Final[list[str]] = []
        self.uncertain: Final[dict[tuple[int, int], int]] = {}
        self.den: Floats = np.zeros(0)
        self.den_exact: Final[list[Fraction | None]] = []
        self._rows: Final[dict[str, int]] = {}
        self._members: Final[dict[int, tuple[str, ...]]] = {}
        self._codes: Final[dict[str | None, int]] = {None: 0}
        self._code_names: Final[list[str | None]] = [None]
        self._places: Final[dict[str, Place]] = {}
        self._templates: Final[dict[tuple[tuple[int, ...], str], Template]] = {}
        self._statuses: Final[dict[str, tuple[bytes, tuple[int, ...]]]] = {}
        self._built: Final[set[str]] = set()

    def place(self, fund_id: str) -> Place:
        """Return where the fund's holdings count."""
        if fund_id not in self._places:
            self._places[fund_id] = self._make_place(fund_id)
        return self._places[fund_id]

    def adopt(self, place: Place) -> None:
        """Use a place made elsewhere, e.g. from evidence."""
        self._places[place.fund_id] = place

    def template(self, place: Place, security_id: str) -> Template:
        """Return the slots that the security touches in the place's fund."""
        key = (place.cubes, security_id)
        if key not in self._templates:
            self._templates[key] = self._make_template(place, security_id)
        return self._templates[key]

    def slots(self, place: Place, template: Template) -> Int64s:
        """Return the slots of a template in a fund, int64 by position."""
        if len(place.levels) == 1:
            return self.store.find(place.entities[0], template.keys)
        found = np.empty(len(template.keys), np.int64)
        for level, entity in enumerate(place.entities):
            mine = template.levels == level
            found[mine] = self.store.find(entity, template.keys[mine])
        return found

    def cell_name(self, key: int) -> str | None:
        """Return the name of the cell of a key."""
        return self._code_names[key & ((1 << KEY_SHIFT) - 1)]

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
        for entity, members in self._members.items():
            if fund_id in members:
                self._read_denominators(entity)

    def loose(self, fund_id: str, security_id: str) -> list[Loose]:
        """Return the open orders of a fund in a security."""
        return [
            Loose(order.side.sign * steps_of(leg.quantity), order)
            for order in self.facts.open_by_holding.get((fund_id, security_id), {}).values()
            for leg in order.legs
            if leg.fund_id == fund_id
        ]

    def _apply(self, place: Place, security_ids: list[str], sign: int) -> None:
        """Add (``sign`` 1) or take out (-1) the contributions of holdings."""
        found = [one for one in map(self._holding, [place] * len(security_ids), security_ids) if one]
        if not found:
            return
        templates = [template for template, _ in found]
        joined = Template(
            b"", (), np.concatenate([one.levels for one in templates]),
            np.concatenate([one.keys for one in templates]), np.empty(0, np.int64), (),
        )
        slots = self.slots(place, joined)
        coarse = np.zeros(len(slots), np.int64)
        fine = np.zeros(len(slots), np.int64)
        start = 0
        for template, amounts in found:
            stop = start + len(template.keys)
            mine = slots[start:stop]
            self._mark_unknown(place, template, sign)
            if amounts is None:
                self.store.mark_odd(mine, sign)
            else:
                gaps = [index for index, amount in enumerate(amounts) if amount is None]
                if gaps:
                    missing = np.isin(template.terms, gaps)
                    self.store.mark_missing(mine[missing], sign)
                parts = [split(sign * (amount or 0)) for amount in amounts]
                assert all(part is not None for part in parts)
                table = np.array(parts, np.int64).reshape(-1, 2)
                coarse[start:stop] = table[template.terms, 0]
                fine[start:stop] = table[template.terms, 1]
            start = stop
        self.store.add(slots, coarse, fine)

    def _holding(self, place: Place, security_id: str) -> tuple[Template, list[int | None] | None] | None:
        """Return template and amounts by term of a holding; amounts None where too fine."""
        held = self.facts.held(place.fund_id).get(security_id)
        try:
            loose = self.loose(place.fund_id, security_id)
            settled = 0 if held is None else steps_of(held)
            if not settled and not loose:
                return None
            template = self.template(place, security_id)
            amounts = [
                holding_amount(self.valuer, term, security_id, currency_of(place, term),
                               settled=settled, loose=loose)
                for term in self.plan.terms
            ]
            if any(amount is not None and split(amount) is None for amount in amounts):
                return template, None
        except TooFine:
            return self.template(place, security_id), None
        return template, amounts

    def _mark_unknown(self, place: Place, template: Template, sign: int) -> None:
        for cube in template.unknown:
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
            amount = self._cash(place, cube.currency, place.currencies[level])
            keys = np.array([self._key(one, cube.currency)
                             for one in self.plan.slots_of_cube[cube_index]], np.int64)
            slots = self.store.find(place.entities[level], keys)
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

    def _key(self, slot_type: int, name: str | None) -> int:
        return (slot_type << KEY_SHIFT) | self._code(name)

    def _code(self, name: str | None) -> int:
        code = self._codes.setdefault(name, len(self._codes))
        if code == len(self._code_names):
            self._code_names.append(name)
        return code

    def _make_place(self, fund_id: str) -> Place:
        facts, plan = self.facts, self.plan
        fund = facts.funds[fund_id]
        levels: dict[str, tuple[str, tuple[str, ...]]] = {"fund": (fund_id, (fund_id,))}
        cubes = []
        for index, cube in enumerate(plan.cubes):
            found = facts.level_of(fund, cube.level)
            own = cube.level != "fund" or any(
                in_scope(plan.rules[rule], fund) for rule in plan.rules_of_cube[index])
            if found is not None and own:
                levels[cube.level] = found
                cubes.append(index)
        return Place(
            fund_id, tuple(cubes), tuple(levels),
            tuple(self._entity(name, members) for name, members in levels.values()),
            tuple(facts.currency_of(members) for _, members in levels.values()),
        )

    def _entity(self, name: str, members: tuple[str, ...]) -> int:
        if name not in self._rows:
            row = self._rows[name] = self.store.new_entity()
            self.names.append(name)
            self._members[row] = members
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
            self.den[at] = -1.0 if value is None else float(value)

    def _make_template(self, place: Place, security_id: str) -> Template:
        statuses, codes = self._place_in_cubes(security_id)
        rows: list[tuple[int, int, int, int]] = []
        unknown = []
        for cube_index in place.cubes:
            cube, status = self.plan.cubes[cube_index], statuses[cube_index]
            if status == UNKNOWN:
                unknown.append(cube_index)
            level = place.levels.index(cube.level)
            rows.extend(
                (slot_type, level, (slot_type << KEY_SHIFT) | codes[cube_index], term)
                for slot_type, term in self._touched(cube_index, status)
            )
        table = np.array(rows, np.int64).reshape(-1, 4)
        return Template(statuses, tuple(row[0] for row in rows), table[:, 1].copy(),
                        table[:, 2].copy(), table[:, 3].copy(), tuple(unknown))

    def _touched(self, cube_index: int, status: int) -> Iterator[tuple[int, int]]:
        for slot_type in self.plan.slots_of_cube[cube_index]:
            kind = self.plan.slot_types[slot_type]
            if status == IN:
                yield slot_type, kind.term_in
            elif status == OUT and kind.term_out is not None:
                yield slot_type, kind.term_out

    def _place_in_cubes(self, security_id: str) -> tuple[bytes, tuple[int, ...]]:
        if security_id not in self._statuses:
            security = self.facts.securities[security_id]
            found = [cube.place(security) for cube in self.plan.cubes]
            codes = tuple(self._code(name) for _, name in found)
            self._statuses[security_id] = (bytes(status for status, _ in found), codes)
        return self._statuses[security_id]
