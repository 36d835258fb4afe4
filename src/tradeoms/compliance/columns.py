"""The holdings of the firm as columns, and the sums over them that rules share.

A cube is a measure, a selection, a grouping and a level; rules with the same cube share one sum a
cell. Axes: `_n` holdings (funds one behind the other), `_c` cells of a grouping (entities one
behind the other), `_e` entities of a level, `_s` securities. Amounts are floats in the currency of
the entity and never decide by themselves: see `sweep`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from tradeoms.compliance.cells import Bools, Floats, Int64s
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds.membership import membership, selected
from tradeoms.compliance.schema.measures import CURVED, DenSelect
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.selector import Condition

Int8s = npt.NDArray[np.int8]
T = TypeVar("T")

OUT: Final = 0
IN: Final = 1
UNKNOWN: Final = 2
#: Code of a holding whose group is not known.
NO_KEY: Final = -1


@dataclass(frozen=True, slots=True)
class Level:
    """The entities of a level: names, the entity of every fund (-1 for none), and of holdings."""

    names: tuple[str, ...]
    first_fund: tuple[str, ...]
    funds: tuple[tuple[str, ...], ...]
    entity_n: Int64s
    currency_e: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """The cells of a level by group. Look-through gives a holding several rows.

    Attributes:
        row_n: Holding of every row; None where every holding is one row.
        weight: Weight of every row; None where all are whole.
        cell: Cell of every row; the number of cells where the group is not known.
        keyless: Rows whose group is not known.
        entity_c: Entity of every cell, ascending.
        code_c: Key of every cell, an index into `keys`.
        starts: First cell of every entity that has cells; `owners`: those entities.
        count_e: Cells of every entity.
    """

    row_n: Int64s | None
    weight: Floats | None
    cell: Int64s
    keyless: Bools
    entity_c: Int64s
    code_c: Int64s
    keys: tuple[str | None, ...]
    starts: Int64s
    owners: Int64s
    count_e: Int64s

    def rows(self, values_n: npt.NDArray[T]) -> npt.NDArray[T]:  # type: ignore[type-var]  # numpy's
        """Return what every row takes from its holding."""
        return values_n if self.row_n is None else values_n[self.row_n]


@dataclass(frozen=True, slots=True)
class Cube:
    """Sums over the cells of a grouping.

    Attributes:
        amount_c: Sum of the measure; NaN or infinite where a price is missing.
        size_c: Sum of its absolute parts, for the error bound.
        maybe_e: What holdings of unknown membership could add, by entity.
        keyless_e: True where a holding's group is not known.
    """

    amount_c: Floats
    size_c: Floats
    maybe_e: Floats
    keyless_e: Bools


class Columns:
    """The holdings, and what has been made of them; made once for a run."""

    def __init__(self, facts: Facts, today: date) -> None:
        """Lay the settled holdings of ``facts`` out as columns."""
        self.facts: Final = facts
        self.today: Final = today
        self.funds: Final = tuple(facts.funds)
        self.securities: Final = tuple(facts.securities)
        code_of = {name: code for code, name in enumerate(self.securities)}
        held = [facts.held(fund) for fund in self.funds]
        counts = [len(one) for one in held]
        count = sum(counts)
        names = (name for one in held for name in one)
        codes = np.fromiter((code_of[name] for name in names), np.int64, count)
        quantity = np.fromiter((float(q) for one in held for q in one.values()), float, count)
        fund = np.repeat(np.arange(len(held)), counts)
        used = quantity != 0
        self.quantity_n: Final[Floats] = quantity[used]
        self.security_n: Final[Int64s] = codes[used]
        self.fund_n: Final[Int64s] = fund[used].astype(np.int64)
        #: Share of a float sum by which it may be wrong, with a wide margin.
        self.error: Final = (int(np.bincount(self.fund_n).max(initial=0)) + 16) * 2.0**-50
        self._made: dict[Hashable, object] = {}

    def _once(self, key: Hashable, make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]  # type: ignore[return-value]  # what `make` gave

    def level(self, level: str) -> Level:
        """Return the entities of a level."""
        return self._once(("level", level), lambda: self._level(level))

    def _level(self, level: str) -> Level:
        codes: dict[str, int] = {}
        first: list[str] = []
        members: list[tuple[str, ...]] = []
        entity_f = np.full(len(self.funds), -1, np.int64)
        for number, fund in enumerate(self.facts.funds.values()):
            place = self.facts.level_of(fund, level)
            if place is not None:
                if place[0] not in codes:
                    first.append(fund.id)
                    members.append(place[1])
                entity_f[number] = codes.setdefault(place[0], len(codes))
        currencies = tuple(self.facts.currency_of(ids) for ids in members)
        entity_n = entity_f[self.fund_n] if len(self.fund_n) else self.fund_n
        return Level(tuple(codes), tuple(first), tuple(members), entity_n, currencies)

    def selection(self, select: tuple[Condition, ...], exclude: tuple[Condition, ...]) -> Int8s:
        """Return for every security whether a selection takes it: OUT, IN or UNKNOWN."""

        def make() -> Int8s:
            answers = (selected(select, exclude, one) for one in self.facts.securities.values())
            words = (UNKNOWN if one is None else int(one) for one in answers)
            return np.fromiter(words, np.int8, len(self.securities))

        return self._once(("selection", select, exclude), make)

    def values(self, measure: str, level: str) -> Floats:
        """Return the value of every holding in the currency of its entity; NaN where unknown."""
        return self._once(("values", measure, level), lambda: self._values(measure, level))

    def _values(self, measure: str, level: str) -> Floats:
        place = self.level(level)
        currencies = tuple(dict.fromkeys(place.currency_e)) or ("",)
        units = np.array([self._units(measure, currency) for currency in currencies])
        if len(currencies) == 1:
            unit_n = units[0][self.security_n]
        else:
            at = np.array([currencies.index(one) for one in place.currency_e], np.int64)
            unit_n = units[at[place.entity_n], self.security_n]
        value = self.quantity_n * unit_n
        if measure == "mv_abs":
            return np.asarray(np.abs(value), np.float64)
        if measure == "mv_long":
            kept = np.where(self.quantity_n > 0, value, value * 0.0)  # NaN stays NaN
            return np.asarray(kept, np.float64)
        return np.asarray(np.maximum(value, 0.0) if measure in CURVED else value, np.float64)

    def _units(self, measure: str, currency: str) -> Floats:
        found = (self.facts.unit(measure, name, currency) for name in self.securities)
        units = (np.nan if one is None else float(one) for one in found)
        return np.fromiter(units, float, len(self.securities))

    def grouping(self, rule: RatioRule) -> Grouping:
        """Return the cells that a rule's holdings fall into."""
        through = (rule.lookthrough, rule.max_age_days)
        key = ("grouping", rule.level, rule.group_by, through)
        return self._once(key, lambda: self._grouping(rule))

    def _grouping(self, rule: RatioRule) -> Grouping:
        """Group by what every security says, whatever the rule selects."""
        plain = rule.model_copy(update={"select": (), "exclude": ()})
        keys: dict[str | None, int] = {}
        parts: list[list[tuple[int, float]]] = []
        for security in self.facts.securities.values():
            weights = membership(plain, security, self.today).weights
            parts.append(
                [(keys.setdefault(k, len(keys)), float(w)) for k, w in weights.items()]
                or [(NO_KEY, 1.0)]
            )
        row_n: Int64s | None = None
        weight: Floats | None = None
        if any(len(part) > 1 or part[0][1] != 1 for part in parts):
            rows_s = np.array([len(part) for part in parts], np.int64)
            first_s = np.concatenate([[0], np.cumsum(rows_s)[:-1]])
            codes = np.array([code for part in parts for code, _ in part], np.int64)
            weights_r = np.array([one for part in parts for _, one in part])
            many = rows_s[self.security_n]
            row_n = np.repeat(np.arange(len(self.security_n)), many)
            within = np.arange(len(row_n)) - np.repeat(np.cumsum(many) - many, many)
            at = first_s[self.security_n][row_n] + within
            code, weight = codes[at], weights_r[at]
        else:
            code = np.array([part[0][0] for part in parts], np.int64)[self.security_n]
        return self._cells(rule.level, tuple(keys), code, row_n, weight)

    def _cells(
        self,
        level: str,
        keys: tuple[str | None, ...],
        code: Int64s,
        row_n: Int64s | None,
        weight: Floats | None,
    ) -> Grouping:
        """Number the cells that occur, entity by entity."""
        place = self.level(level)
        entity = place.entity_n if row_n is None else place.entity_n[row_n]
        wide = max(len(keys), 1)
        known = (code != NO_KEY) & (entity >= 0)
        at = entity * wide + code
        table = np.zeros(len(place.names) * wide + 1, np.int64)
        table[at[known]] = 1
        occurs = np.flatnonzero(table)
        table[occurs] = np.arange(len(occurs))
        cell = np.where(known, table[np.where(known, at, -1)], len(occurs))
        entity_c = occurs // wide
        starts = np.flatnonzero(np.diff(entity_c, prepend=-1))
        return Grouping(
            row_n, weight, cell, (code == NO_KEY) & (entity >= 0), entity_c, occurs % wide, keys,
            starts, entity_c[starts], np.bincount(entity_c, minlength=len(place.names)),
        )  # fmt: skip

    def cube(self, rule: RatioRule) -> Cube:
        """Return the sums of the cube that a rule measures."""
        through = (rule.lookthrough, rule.max_age_days)
        key = (rule.measure, rule.select, rule.exclude, rule.level, rule.group_by, through)
        return self._once(("cube", *key), lambda: self._cube(rule))

    def _chosen(self, rule: RatioRule) -> tuple[Floats, Floats, bool, bool]:
        """Return the values surely inside a rule's selection, those perhaps, and two facts.

        The facts: whether a sure value is negative or unknown, and whether there are perhaps any.
        """
        key = ("chosen", rule.measure, rule.level, rule.select, rule.exclude)

        def make() -> tuple[Floats, Floats, bool, bool]:
            status = self.selection(rule.select, rule.exclude)
            value = self.values(rule.measure, rule.level)
            if bool((status == IN).all()):
                sure = value
            else:
                sure = np.where((status == IN)[self.security_n], value, 0.0)
            unsure = bool((status == UNKNOWN).any())
            inside = (status == UNKNOWN)[self.security_n] if unsure else None
            maybe = np.abs(np.where(inside, value, 0.0)) if inside is not None else value[:0]
            return sure, maybe, not bool((sure >= 0).all()), unsure

        return self._once(key, make)

    def _cube(self, rule: RatioRule) -> Cube:
        sure, maybe, signed, unsure = self._chosen(rule)
        place, group = self.level(rule.level), self.grouping(rule)
        count = len(group.entity_c)
        rows = group.rows(sure)
        if group.weight is not None:
            rows = rows * group.weight
        amount = _sums(group.cell, rows, count + 1)[:count]
        size = _sums(group.cell, np.abs(rows), count + 1)[:count] if signed else amount
        maybe_e = np.zeros(len(place.names))
        keyless_e = np.zeros(len(place.names), np.bool_)
        if unsure:
            inside = place.entity_n >= 0
            maybe_e += np.bincount(place.entity_n[inside], maybe[inside], len(place.names))
        if group.keyless.any():
            some = np.flatnonzero(group.keyless)
            at = some if group.row_n is None else group.row_n[some]
            status = self.selection(rule.select, rule.exclude)[self.security_n[at]]
            at = at[status != OUT]
            value = np.abs(self.values(rule.measure, rule.level)[at])
            maybe_e += np.bincount(place.entity_n[at], value, len(place.names))
            keyless_e[place.entity_n[at]] = True
        most = 1.0 if group.weight is None else max(1.0, float(np.abs(group.weight).max(initial=0)))
        return Cube(amount, size, maybe_e * most, keyless_e)

    def extremes(self, rule: RatioRule, bound: str) -> tuple[Floats, Floats, Floats]:
        """Return the worst amount of every entity with cells; amount and error of every cell.

        For a minimum, cells that nothing is surely in are left out: they are none of the rule's.
        """
        through = (rule.lookthrough, rule.max_age_days)
        key = (rule.measure, rule.select, rule.exclude, rule.level, rule.group_by, through)

        def make() -> tuple[Floats, Floats, Floats]:
            cube, starts = self.cube(rule), self.grouping(rule).starts
            amount, error = cube.amount_c, self.error * cube.size_c
            if bound == "max":
                return np.maximum.reduceat(amount + error, starts), amount, error
            amount = np.where(self._members(rule), amount, np.inf)
            return np.minimum.reduceat(amount - error, starts), amount, error

        return self._once(("extremes", bound, *key), make)

    def denominators(self, rule: RatioRule) -> tuple[Floats, Floats]:
        """Return the denominator of every entity (NaN where not positive), and its doubt."""
        den = rule.den
        if isinstance(den, DenSelect):
            status = self.selection(den.select, ())
            key: Hashable = ("den", den.select, rule.measure, rule.level)
            return self._once(key, lambda: self._sleeve(status, rule))
        assert isinstance(den, str), "amounts in issue are not screened"
        place = self.level(rule.level)

        def make() -> tuple[Floats, Floats]:
            amounts = (
                self.facts.denominator(den, funds, currency)
                for funds, currency in zip(place.funds, place.currency_e, strict=True)
            )
            values = (np.nan if one is None or one <= 0 else float(one) for one in amounts)
            count = len(place.names)
            return np.fromiter(values, float, count), np.zeros(count)

        return self._once(("den", den, rule.level), make)

    def _sleeve(self, status_s: Int8s, rule: RatioRule) -> tuple[Floats, Floats]:
        """Return the sum over a selection by entity, and what may be in it or is rounded."""
        place = self.level(rule.level)
        count, status_n = len(place.names), status_s[self.security_n]
        inside = place.entity_n >= 0
        entity, value = place.entity_n[inside], self.values(rule.measure, rule.level)[inside]
        sure = np.where(status_n[inside] == IN, value, 0.0)
        maybe = np.abs(np.where(status_n[inside] == UNKNOWN, value, 0.0))
        error = self.error * _sums(entity, np.abs(sure), count)
        return _sums(entity, sure, count), _sums(entity, maybe, count) + error

    def _members(self, rule: RatioRule) -> Bools:
        """Return for every cell of the rule's grouping whether a holding is surely in it."""
        group = self.grouping(rule)
        inside = self.selection(rule.select, rule.exclude)[self.security_n] == IN
        count = len(group.entity_c)
        return np.bincount(group.cell[group.rows(inside)], minlength=count + 1)[:count] > 0


def _sums(at: Int64s, values: Floats, count: int) -> Floats:
    """Add up ``values`` at the places ``at``."""
    return np.asarray(np.bincount(at, values, count), np.float64)
