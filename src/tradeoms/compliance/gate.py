"""Rules about the order itself, screened: which of them need an exact look at all.

Per security the restricted rules and the tightest size limits are remembered; an order clearly
inside every one of them is done after a handful of comparisons. Rate and repetition limits, and
anything near a limit, are judged by the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.amounts import TooFine, Valuer
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import restrict
from tradeoms.compliance.kinds.membership import selected
from tradeoms.compliance.legs import TESTED
from tradeoms.compliance.plan import Plan
from tradeoms.compliance.policy import OrderRule, RestrictRule
from tradeoms.domain.evaluation import Candidate, Outcome

#: Screens compare floats; within this share of a limit the reference decides.
MARGIN: Final = 1e-9


@dataclass(frozen=True, slots=True)
class SizeLimit:
    """One size limit of one rule: at most ``limit`` of what `what` measures per unit."""

    rule: int
    what: str
    limit: float


@dataclass(frozen=True, slots=True)
class Gate:
    """What stands between one security and the market, for one set of applicable rules.

    Attributes:
        forced: Rules that the reference must judge.
        sizes: Size limits, tightest first within each measure.
        tightest: Tightest limit by measure.
    """

    forced: tuple[int, ...]
    sizes: tuple[SizeLimit, ...]
    tightest: tuple[SizeLimit, ...]


class Gates:
    """Remembers gates by security and applicable rules until either changes."""

    #: Gates kept; beyond it all are dropped and made again when asked for.
    KEPT: Final = 50_000

    def __init__(self, facts: Facts, plan: Plan, valuer: Valuer) -> None:
        self._facts = facts
        self._valuer = valuer
        self._plan = plan
        self._kept: dict[tuple[str, bytes], Gate] = {}
        self._indices: Final = [
            index for index, rule in enumerate(plan.rules)
            if isinstance(rule, RestrictRule | OrderRule)
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
        forced: list[int] = []
        sizes: list[SizeLimit] = []
        security = self._facts.securities[security_id]
        for index in self._indices:
            rule = self._plan.rules[index]
            if applies[index] != TESTED:
                continue
            if isinstance(rule, RestrictRule):
                if restrict.standing(self._facts, rule, security)[0] is not Outcome.PASS:
                    forced.append(index)
            elif isinstance(rule, OrderRule):
                inside = selected(rule.select, rule.exclude, security)
                if inside is False:
                    continue
                if inside is None or rule.max_messages or rule.duplicate_seconds:
                    forced.append(index)
                else:
                    sizes.extend(_sizes(index, rule, security.adv))
        sizes.sort(key=lambda one: (one.what, one.limit))
        tightest = {one.what: one for one in reversed(sizes)}
        return Gate(tuple(forced), tuple(sizes), tuple(tightest.values()))

    def doubtful(
        self, gate: Gate, candidate: Candidate, total: float
    ) -> tuple[list[int], float]:
        """Return the rules to judge exactly, and the largest quantity of the others as a float."""
        doubt = list(gate.forced)
        cap = float("inf")
        for tight in gate.tightest:
            unit = self.per_unit(tight.what, candidate)
            if unit is None:
                continue
            collar = tight.what.startswith("collar")
            reached = unit if collar else unit * total
            if unit < 0 or reached >= tight.limit * (1 - MARGIN):
                doubt.extend(one.rule for one in gate.sizes if one.what == tight.what)
            elif unit > 0 and not collar:
                cap = min(cap, tight.limit / unit)
        return list(dict.fromkeys(doubt)), cap

    def near(self, gate: Gate, candidate: Candidate, quantity: float) -> Iterator[int]:
        """Yield the rules whose largest quantity may be at or below ``quantity``."""
        units = {one.what: self.per_unit(one.what, candidate) for one in gate.tightest
                 if not one.what.startswith("collar")}
        for one in gate.sizes:
            unit = units.get(one.what)
            if unit and unit > 0 and one.limit / unit <= quantity * (1 + MARGIN):
                yield one.rule

    def per_unit(self, what: str, candidate: Candidate) -> float | None:
        """What one unit of the order adds to a measure; -1 where unknown, None: not measured."""
        if what == "quantity":
            return 1.0
        mark = self._facts.price(candidate.security_id)
        limit = candidate.limit_price
        if what.startswith("collar"):
            if limit is None:
                return None
            if mark is None:
                return -1.0
            away = float(limit - mark) * (candidate.side.sign if what == "collar+" else 1)
            share = abs(away) if what == "collar" else max(away, 0.0)
            return share / float(mark) if mark > 0 else -1.0
        currency = what.removeprefix("value:")
        currency = currency or self._facts.funds[candidate.legs[0].fund_id].currency
        if mark is None:
            return -1.0
        try:
            if limit is None or limit <= mark:
                unit = self._valuer.unit("mv", candidate.security_id, currency)
            else:
                unit = self._valuer.cost(candidate, currency)
        except TooFine:
            return -1.0
        return -1.0 if unit is None else unit * 1e-21


def _sizes(index: int, rule: OrderRule, adv: Decimal | None) -> Iterator[SizeLimit]:
    if rule.max_value is not None:
        yield SizeLimit(index, f"value:{rule.currency or ''}", float(rule.max_value))
    if rule.max_qty is not None:
        yield SizeLimit(index, "quantity", float(rule.max_qty))
    if rule.max_adv is not None:
        limit = -1.0 if adv is None else float(Fraction(adv) * Fraction(rule.max_adv))
        yield SizeLimit(index, "quantity", limit)
    if rule.collar is not None:
        what = "collar" if rule.collar_side == "both" else "collar+"
        yield SizeLimit(index, what, float(rule.collar))
