"""Rules about the order itself, screened: which of them need an exact look at all.

Per security the restricted rules and the tightest size limits are remembered; an order clearly
inside every one of them is done after a handful of comparisons. Rate and repetition limits, and
anything near a limit, are judged by the reference.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.amounts import Measure, TooFine, Valuer
from tradeoms.compliance.cells import PLACES
from tradeoms.compliance.exact import whole_lots
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import external, restrict
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.legs import TESTED
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.schema.figures import ExternalRule
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.domain.evaluation import Candidate, Outcome

#: Screens compare floats; within this share of a limit the reference decides.
MARGIN: Final = 1e-9
#: Prices and sides of one security whose measures are remembered.
MEASURES_MAX: Final = 64


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """One size limit of one rule: at most ``limit`` of what `what` measures per unit."""

    rule: int
    what: str
    limit: float
    exact: Fraction


@dataclass(frozen=True, slots=True)
class Sizes:
    """Size limits, by measure and tightest first.

    `distinct` has by measure, of the limits that stop an order, the first rule of those with one
    limit, and the limits as floats; collars, which do not bound a quantity, are not in it.
    `tightest` has one limit of every measure, `most` the tightest by measure of those in
    `distinct`, `whats` the names of the measures.
    """

    all: tuple[SizeLimit, ...]
    distinct: tuple[tuple[str, tuple[SizeLimit, ...], tuple[float, ...]], ...]
    tightest: tuple[SizeLimit, ...]
    most: Mapping[str, float]
    whats: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between one security and the market, for one set of applicable rules.

    `forced` are the rules that the reference must judge, `lot` is the security's.
    """

    forced: tuple[int, ...]
    sizes: Sizes
    lot: Fraction


@dataclass(frozen=True, slots=True)
class _About:
    """What a security's gates have in common.

    `forced` are the rules that the reference must judge where they apply, `outside` the rules about
    orders that do not select it, or not surely.
    """

    forced: tuple[int, ...]
    outside: tuple[int, ...]
    lot: Fraction


class Gates:
    """Remembers gates by security and applicable rules until either changes."""

    #: Gates kept; beyond it all are dropped and made again when asked for.
    KEPT: Final = 50_000

    def __init__(self, facts: Facts, plan: Plan, valuer: Valuer) -> None:
        self._facts = facts
        self._valuer = valuer
        self._kept: dict[tuple[str, bytes], Gate] = {}
        self._about: dict[str, _About] = {}
        self._sizes: dict[tuple[bytes, tuple[int, ...]], Sizes] = {}
        numbered = list(enumerate(plan.rules))
        self._restricts: Final = [
            (index, rule) for index, rule in numbered if isinstance(rule, RestrictRule)
        ]
        self._orders: Final = [
            (index, rule, _sizes(rule)) for index, rule in numbered if isinstance(rule, OrderRule)
        ]
        self._stopping: Final = {index for index, rule in numbered if stops(rule, Outcome.BREACH)}
        self._externals: Final = [
            (index, rule) for index, rule in numbered if isinstance(rule, ExternalRule)
        ]
        self._choosy: Final = [
            (index, rule) for index, rule, _ in self._orders if rule.select or rule.exclude
        ]

    def unsettled(
        self, applies: Sequence[bytes], candidate: Candidate, now: datetime | None
    ) -> list[int]:
        """Return the rules on outside figures that do not clearly pass; ``applies`` by leg."""
        return [
            index
            for index, rule in self._externals
            if any(
                own[index] == TESTED and not external.is_clear(self._facts, rule, leg.fund_id, now)
                for own, leg in zip(applies, candidate.legs, strict=True)
            )
        ]

    def gate(self, security_id: str, applies: bytes) -> Gate:
        """Return the gate of a security under the rules that apply."""
        key = (security_id, applies)
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= self.KEPT:
                self._kept.clear()
            found = self._kept[key] = self._make(security_id, applies)
        return found

    def _make(self, security_id: str, applies: bytes) -> Gate:
        about = self._about.get(security_id)
        if about is None:
            about = self._about[security_id] = self._look_at(security_id)
        return Gate(
            tuple([index for index in about.forced if applies[index] == TESTED]),
            self._sizes_of(applies, about.outside),
            about.lot,
        )

    def _look_at(self, security_id: str) -> _About:
        security = self._facts.securities[security_id]
        forced = [
            index
            for index, rule in self._restricts
            if restrict.touches(self._facts, rule, security)
        ]
        outside: list[int] = []
        for index, rule in self._choosy:
            inside = selected(rule.select, rule.exclude, security)
            if inside is not True:
                outside.append(index)
            if inside is None:
                forced.append(index)
        forced += [
            index
            for index, rule, _ in self._orders
            if (rule.max_messages or rule.duplicate_seconds) and index not in outside
        ]
        return _About(tuple(forced), tuple(outside), Fraction(security.lot))

    def _sizes_of(self, applies: bytes, outside: tuple[int, ...]) -> Sizes:
        """Return the size limits of the rules that apply, but those in ``outside``."""
        key = (applies, outside)
        if key not in self._sizes:
            found = [
                SizeLimit(index, what, float(limit), limit)
                for index, _, limits in self._orders
                if applies[index] == TESTED and index not in outside
                for what, limit in limits
            ]
            found.sort(key=lambda one: (one.what, one.exact, one.rule))
            tightest = {one.what: one for one in reversed(found)}
            distinct = _distinct([one for one in found if one.rule in self._stopping])
            self._sizes[key] = Sizes(
                tuple(found),
                distinct,
                tuple(tightest.values()),
                {what: limits[0] for what, _, limits in distinct},
                tuple(tightest),
            )
        return self._sizes[key]

    def doubtful(self, gate: Gate, candidate: Candidate, total: float) -> tuple[list[int], float]:
        """Return the rules to judge exactly, and the most that the others do not stop, a float."""
        doubt = list(gate.forced)
        cap = float("inf")
        done = float(candidate.done) if candidate.done else 0.0
        measures = self._measures(gate, candidate)
        for tight in gate.sizes.tightest:
            unit = measures[tight.what][0]
            if unit is None:
                continue
            collar = tight.what.startswith("collar")
            reached = unit if collar else unit * (total + done)
            if unit < 0 or reached >= tight.limit * (1 - MARGIN):
                doubt.extend(one.rule for one in gate.sizes.all if one.what == tight.what)
            elif unit > 0 and tight.what in gate.sizes.most:
                cap = min(cap, gate.sizes.most[tight.what] / unit - done)
        return list(dict.fromkeys(doubt)), cap

    def near(
        self, gate: Gate, candidate: Candidate, quantity: float
    ) -> Iterator[tuple[Fraction, int]]:
        """Yield the largest quantity of passing limits at or below ``quantity``, and their rule.

        The quantities are exact, multiples of the lot.
        """
        lot, done = gate.lot, Fraction(candidate.done)
        most = quantity + float(done)
        measures = self._measures(gate, candidate)
        for what, sizes, limits in gate.sizes.distinct:
            ratio = measures[what][1]
            if ratio is None:
                continue
            up, down = ratio
            for one in sizes[: bisect_right(limits, most * (1 + MARGIN) * (up / down))]:
                if done:
                    lots = (one.exact * down / up - done) // lot
                else:
                    top = one.exact.numerator * down * lot.denominator
                    lots = top // (one.exact.denominator * up * lot.numerator)
                yield whole_lots(lots, lot), one.rule

    def _measures(self, gate: Gate, candidate: Candidate) -> dict[str, Measure]:
        """Return what one unit of the order adds to every size that the gate limits."""
        currency = self._facts.funds[candidate.legs[0].fund_id].currency
        known = self._valuer.measures.setdefault(candidate.security_id, {})
        key = (gate.sizes.whats, candidate.side, candidate.limit_price, currency)
        found = known.get(key)
        if found is None:
            if len(known) >= MEASURES_MAX:
                known.clear()
            found = known[key] = {
                what: (self._per_unit(what, candidate), self._ratio(what, candidate))
                for what in gate.sizes.whats
            }
        return found

    def _ratio(self, what: str, candidate: Candidate) -> tuple[int, int] | None:
        """What one unit of the order adds to a size, exactly; None where unknown or nothing."""
        if what == "quantity":
            return 1, 1
        if what == "volume":
            adv = self._facts.securities[candidate.security_id].adv
            up, down = adv.as_integer_ratio() if adv else (0, 1)
            return (down, up) if up > 0 else None
        units = self._units(what, candidate)
        return (units, 10**PLACES) if units is not None and units > 0 else None

    def _units(self, what: str, candidate: Candidate) -> int | None:
        """Value of one unit at the worse of mark and limit, units of 10**-21; None: unknown."""
        mark, limit = self._facts.price(candidate.security_id), candidate.limit_price
        if mark is None:
            return None
        currency = what[6:] or self._facts.funds[candidate.legs[0].fund_id].currency
        try:
            if limit is None or limit <= mark:
                return self._valuer.unit("mv", candidate.security_id, currency)
            return self._valuer.cost(candidate, currency)
        except TooFine:
            return None

    def _per_unit(self, what: str, candidate: Candidate) -> float | None:
        """What one unit of the order adds to a measure; -1 where unknown, None: not measured."""
        if what == "quantity":
            return 1.0
        if what == "volume":
            adv = self._facts.securities[candidate.security_id].adv
            return 1 / float(adv) if adv else -1.0
        if what.startswith("value"):
            units = self._units(what, candidate)
            return -1.0 if units is None else units * 1e-21
        mark, limit = self._facts.price(candidate.security_id), candidate.limit_price
        if limit is None:
            return None
        if mark is None or mark <= 0:
            return -1.0
        away = float(limit - mark) * (candidate.side.sign if what == "collar+" else 1)
        return (abs(away) if what == "collar" else max(away, 0.0)) / float(mark)


def _distinct(
    found: Sequence[SizeLimit],
) -> tuple[tuple[str, tuple[SizeLimit, ...], tuple[float, ...]], ...]:
    """Return by measure its limits, each once; ``found`` is tightest first."""
    by_what: dict[str, dict[Fraction, SizeLimit]] = {}
    for one in found:
        if not one.what.startswith("collar"):
            by_what.setdefault(one.what, {}).setdefault(one.exact, one)
    return tuple(
        (what, tuple(sizes.values()), tuple(one.limit for one in sizes.values()))
        for what, sizes in by_what.items()
    )


def _sizes(rule: OrderRule) -> tuple[tuple[str, Fraction], ...]:
    """What a rule limits, and how far."""
    collar = "collar" if rule.collar_side == "both" else "collar+"
    given = {
        f"value:{rule.currency or ''}": rule.max_value,
        "quantity": rule.max_qty,
        "volume": rule.max_adv,
        collar: rule.collar,
    }
    return tuple((what, Fraction(limit)) for what, limit in given.items() if limit is not None)
