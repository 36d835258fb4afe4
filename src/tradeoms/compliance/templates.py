"""Which slots a security touches: looked up once per security, shaped once per kind of fund.

Funds with the same cubes are of one kind. Securities with the same status in every cube have one
shape in such funds: the same slot types and terms in the same order; only the keys of their cells
differ. Every question of a rule about a security is asked once, however many cubes share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from tradeoms.compliance.cells import Int64s
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.membership import group_key, selected
from tradeoms.compliance.plan import BELOW, IN, LEVEL, OUT, UNKNOWN, Cube, Plan, Term
from tradeoms.compliance.schema.measures import Weighted
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import SecurityFacts

#: Statuses of a security that counts.
_INSIDE: Final = frozenset({IN, BELOW, LEVEL})
#: A key is the slot type and the code of the cell.
KEY_SHIFT: Final = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a fund's holdings count: its cubes, and entity and currency of every level.

    Funds of one `kind` have the same cubes and levels.
    """

    fund_id: str
    kind: int
    cubes: tuple[int, ...]
    levels: tuple[str, ...]
    entities: tuple[int, ...]
    currencies: tuple[str, ...]


def currency_of(place: Place, term: Term) -> str:
    """Return the currency that a term is measured in for a fund."""
    if term.currency is not None:
        return term.currency
    return place.currencies[place.levels.index(term.level) if term.level in place.levels else 0]


@dataclass(frozen=True, slots=True)
class Shape:
    """What securities with the same statuses touch in funds of one kind, aligned by position.

    Attributes:
        kind: Kind of the fund.
        statuses: Status in every cube.
        slot_types: Slot type of every position.
        cubes: Cube of every position.
        levels: Index into the place's levels, by position.
        base_keys: Key of the nameless cell, by position.
        terms: Term, by position.
        unknown: Cubes that the security may or may not be in.
    """

    kind: int
    statuses: bytes
    slot_types: tuple[int, ...]
    cubes: Int64s
    levels: Int64s
    base_keys: Int64s
    terms: Int64s
    unknown: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """The slots that one security touches in funds of one kind; `keys` by position."""

    shape: Shape
    keys: Int64s


@dataclass(slots=True)
class Templates:
    """Templates made so far, and the codes of cell names."""

    facts: Facts
    plan: Plan
    _codes: dict[str | None, int] = field(default_factory=lambda: {None: 0})
    _names: list[str | None] = field(default_factory=lambda: [None])
    _places: dict[str, tuple[bytes, Int64s]] = field(default_factory=dict)
    _shapes: dict[tuple[int, bytes], Shape] = field(default_factory=dict)
    _made: dict[tuple[int, str], Template] = field(default_factory=dict)

    def template(self, place: Place, security_id: str) -> Template:
        """Return the slots that the security touches in funds of the place's kind."""
        found = self._made.get((place.kind, security_id))
        if found is None:
            statuses, codes = self._in_cubes(security_id)
            shape = self._shapes.get((place.kind, statuses))
            if shape is None:
                shape = self._shapes[place.kind, statuses] = self._shape(place, statuses)
            found = Template(shape, shape.base_keys + codes[shape.cubes])
            self._made[place.kind, security_id] = found
        return found

    def forget(self, security_id: str) -> None:
        """Drop what is remembered of a security."""
        self._places.pop(security_id, None)
        for key in [key for key in self._made if key[1] == security_id]:
            del self._made[key]

    def key(self, slot_type: int, name: str | None) -> int:
        """Return the key of a cell."""
        return (slot_type << KEY_SHIFT) | self._code(name)

    def name(self, key: int) -> str | None:
        """Return the name of the cell of a key."""
        return self._names[key & ((1 << KEY_SHIFT) - 1)]

    def _code(self, name: str | None) -> int:
        code = self._codes.setdefault(name, len(self._codes))
        if code == len(self._names):
            self._names.append(name)
        return code

    def _in_cubes(self, security_id: str) -> tuple[bytes, Int64s]:
        """Return the status of the security in every cube, and the code of its cell there."""
        found = self._places.get(security_id)
        if found is None:
            asker = _Asker(self.facts.securities[security_id], self.plan)
            places = [asker.place(index, cube) for index, cube in enumerate(self.plan.cubes)]
            codes = np.array([self._code(name) for _, name in places], np.int64)
            found = (bytes(status for status, _ in places), codes)
            self._places[security_id] = found
        return found

    def _shape(self, place: Place, statuses: bytes) -> Shape:
        rows: list[tuple[int, int, int, int]] = []
        for cube in place.cubes:
            level = place.levels.index(self.plan.cubes[cube].level)
            rows.extend(
                (slot_type, cube, level, term)
                for slot_type, term in self._touched(cube, statuses[cube])
            )
        table = np.array(rows, np.int64).reshape(-1, 4)
        return Shape(
            place.kind,
            statuses,
            tuple(row[0] for row in rows),
            table[:, 1].copy(),
            table[:, 2].copy(),
            table[:, 0] << KEY_SHIFT,
            table[:, 3].copy(),
            tuple(cube for cube in place.cubes if statuses[cube] == UNKNOWN),
        )

    def _touched(self, cube: int, status: int) -> Iterator[tuple[int, int]]:
        for slot_type in self.plan.slots_of_cube[cube]:
            kind = self.plan.slot_types[slot_type]
            if status in _INSIDE:
                yield slot_type, kind.term_for(status)
            elif status == OUT and kind.term_out is not None:
                yield slot_type, kind.term_out


class _Asker:
    """Finds the places of one security in the cubes, asking every question once."""

    def __init__(self, security: SecurityFacts, plan: Plan) -> None:
        self._security = security
        self._plan = plan
        self._inside: dict[int, bool | None] = {}
        self._keys: dict[int, str | None] = {}

    def place(self, index: int, cube: Cube) -> tuple[int, str | None]:
        """Return whether the security is in the cube (OUT, IN, UNKNOWN), and its cell."""
        security = self._security
        if cube.kind == "cash":
            return (IN if cube.currency in (None, security.currency) else OUT), cube.currency
        selection = self._plan.selection_of_cube[index]
        if selection not in self._inside:
            self._inside[selection] = selected(cube.select, cube.exclude, security)
        inside = self._inside[selection]
        if inside is False:
            return OUT, None
        if cube.kind == "short":
            return (UNKNOWN if inside is None else IN), security.id
        key = None
        if cube.group_by:
            grouping = self._plan.grouping_of_cube[index]
            if grouping not in self._keys:
                self._keys[grouping] = group_key(cube.group_by, security)
            key = self._keys[grouping]
        missing = inside is None or (key is None and bool(cube.group_by))
        if not missing and cube.weighted is not None:
            return _side_of(cube.weighted, security), key
        return (UNKNOWN if missing else IN), key


def _side_of(weighted: Weighted, security: SecurityFacts) -> int:
    """Return on which side of an average's level a security lies; one that lacks it, nowhere."""
    weight = number(attribute(security, weighted.attr))
    if weight is None or weight == weighted.at:
        return LEVEL
    return IN if weight > weighted.at else BELOW
