"""Which cells of a rule a security belongs to: surely, perhaps, or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.facts import ONE
from tradeoms.compliance.schema.figures import WavgRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule, ShortRule
from tradeoms.compliance.selector import Condition, attribute, holds
from tradeoms.domain.evaluation import SecurityFacts
from tradeoms.kernel.numbers import plain

#: Joins the parts of a key of several attributes.
JOINT: Final = "|"
#: Types of securities that hold others: without constituents nobody knows what is in them.
_FUNDS: Final = frozenset({"etf", "fund"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """Cells of one security in one rule.

    Attributes:
        inside: True, False, or None where a missing attribute decides.
        weights: Weight in every cell, by key.
        key_known: False where the security is selected but its group is not known.
        problem: What is missing, in words.
    """

    inside: bool | None
    weights: dict[str | None, Fraction]
    key_known: bool = True
    problem: str = ""

    @property
    def certain(self) -> bool:
        """True where nothing is missing."""
        return self.inside is not None and self.key_known


OUTSIDE: Final = Membership(inside=False, weights={})


def membership(
    rule: RatioRule | ShortRule | WavgRule | LadderRule, security: SecurityFacts, today: date
) -> Membership:
    """Return the cells of ``security`` in ``rule`` on ``today``."""
    inside = selected(rule.select, rule.exclude, security)
    if inside is False:
        return OUTSIDE
    problem = "" if inside else f"an attribute of {security.id} that the rule selects by is missing"
    if isinstance(rule, ShortRule | WavgRule) or not rule.group_by:
        return Membership(inside=inside, weights={None: ONE}, problem=problem)
    if isinstance(rule, RatioRule) and rule.lookthrough and _holds_others(security):
        return _looked_through(rule, security, today, inside=inside, problem=problem)
    key = group_key(rule.group_by, security)
    if key is None:
        missing = ", ".join(rule.group_by)
        return _unknown(inside=inside, problem=f"{missing} of {security.id} is missing")
    return Membership(inside=inside, weights={key: ONE}, problem=problem)


def _holds_others(security: SecurityFacts) -> bool:
    known = security.constituents or security.constituents_by
    return bool(known) or attribute(security, "type") in _FUNDS


def _looked_through(
    rule: RatioRule, security: SecurityFacts, today: date, *, inside: bool | None, problem: str
) -> Membership:
    """Return the cells of what a fund holds; unknown where that is not known, or too old."""
    by = rule.group_by[0] if len(rule.group_by) == 1 else JOINT
    found = security.constituents or security.constituents_by.get(by, ())
    if not found:
        named = ", ".join(rule.group_by)
        problem = f"the constituents of {security.id} by {named} are missing"
        return _unknown(inside=inside, problem=problem)
    if _stale(rule, security, today):
        return _unknown(inside=inside, problem=f"the constituents of {security.id} are too old")
    weights: dict[str | None, Fraction] = {}
    for name, weight in found:
        weights[name] = weights.get(name, Fraction(0)) + Fraction(weight)
    return Membership(inside=inside, weights=weights, problem=problem)


def _unknown(*, inside: bool | None, problem: str) -> Membership:
    return Membership(inside=inside, weights={}, key_known=False, problem=problem)


def selected(
    select: tuple[Condition, ...], exclude: tuple[Condition, ...], security: SecurityFacts
) -> bool | None:
    """Return whether a selection takes ``security``; a missing attribute does not exclude."""
    if exclude and holds(exclude, security) is True:
        return False
    return holds(select, security)


def group_key(group_by: tuple[str, ...], security: SecurityFacts) -> str | None:
    """Return the key of the cell; None where an attribute is missing."""
    parts = [
        underlying_of(security) if name == "underlying" else attribute(security, name)
        for name in group_by
    ]
    if any(part is None for part in parts):
        return None
    return joined([_text(part) for part in parts])


def joined(parts: Sequence[str]) -> str:
    """Return one name for several parts; what joins them is escaped within a part."""
    if len(parts) == 1:
        return parts[0]
    return JOINT.join(part.replace("\\", "\\\\").replace(JOINT, f"\\{JOINT}") for part in parts)


def underlying_of(security: SecurityFacts) -> object:
    """Return what a derivative rests on; a security that is none rests on itself."""
    named = attribute(security, "underlying")
    if named is None and attribute(security, "mult") is None:
        return security.id
    return named


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain(value) if isinstance(value, Decimal) else str(value)


def _stale(rule: RatioRule, security: SecurityFacts, today: date) -> bool:
    if rule.max_age_days is None:
        return False
    on = security.constituents_on
    return on is None or (today - on).days > rule.max_age_days
