"""Which bounds a cell of a `ratio` has: the rule's, a fund's own, looked up, or an exception's."""

from __future__ import annotations

from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.selector import attribute
from tradeoms.domain.evaluation import FundFacts, SecurityFacts


def limits_of(
    rule: RatioRule, fund: FundFacts, key: str | None, security: SecurityFacts | None
) -> list[Limit | None]:
    """Return the bounds of a cell; None stands for one that cannot be looked up."""
    exempt = rule.exception_for(entity_of(rule.level, fund), key)
    if exempt is not None and exempt.limit is None:
        return []
    own = rule.overrides.get(fund.id) if rule.level == "fund" else None
    has_lower, lower = lower_of(rule, fund, key)
    warn = rule.warn if own is None or own.warn is None else own.warn
    has_upper, upper = _upper(rule, fund, key, security)
    if exempt is not None and exempt.limit is not None:
        if has_upper:
            upper = Fraction(exempt.limit)
        else:
            has_lower, lower = True, Fraction(exempt.limit)
    found: list[Limit | None] = []
    if has_upper and upper is None:
        found.append(None)
    elif upper is not None:
        level = None if warn is None else Fraction(warn)
        found.append(Limit(bound="max", at=upper, strict=rule.strict, warn=level))
    if lower is not None:
        found.append(Limit(bound="min", at=lower, strict=rule.strict))
    elif has_lower:
        found.append(None)
    return found


def lower_of(rule: RatioRule, fund: FundFacts, key: str | None) -> tuple[bool, Fraction | None]:
    """Return whether the rule has a minimum for the cell, and what it is; None where unknown.

    A fund's own stands for the rule's; beside one that is looked up, the tighter holds.
    """
    own = rule.overrides.get(fund.id) if rule.level == "fund" else None
    ours = [] if own is None or own.min is None else [Fraction(own.min)]
    if rule.min_under_benchmark is not None:
        if not fund.benchmark:
            return True, None
        weight = fund.benchmark.get(key or "", NOTHING)
        return True, max([Fraction(weight) - Fraction(rule.min_under_benchmark), *ours])
    if not ours and rule.min is not None:
        ours = [Fraction(rule.min)]
    return bool(ours), ours[0] if ours else None


def _upper(
    rule: RatioRule, fund: FundFacts, key: str | None, security: SecurityFacts | None
) -> tuple[bool, Fraction | None]:
    """Return whether the rule has a maximum for the cell, and what it is; None where unknown.

    A fund's own stands for the rule's; beside one that is looked up, the tighter holds.
    """
    own = rule.overrides.get(fund.id) if rule.level == "fund" else None
    ours = [] if own is None or own.max is None else [Fraction(own.max)]
    if rule.max_over_benchmark is not None:
        weight = fund.benchmark.get(key or "", NOTHING)
        return True, min([Fraction(weight) + Fraction(rule.max_over_benchmark), *ours])
    if rule.limit_by is not None:
        name = None if security is None else attribute(security, rule.limit_by.attr)
        by = rule.limit_by.map.get(str(name), rule.limit_by.default)
        return True, None if by is None else min([Fraction(by), *ours])
    if not ours and rule.max is not None:
        ours = [Fraction(rule.max)]
    return bool(ours), ours[0] if ours else None


def entity_of(level: str, fund: FundFacts) -> str:
    """Name of the aggregate of ``level`` that ``fund`` is in."""
    if level == "fund":
        return fund.id
    return f"family:{fund.family}" if level == "family" else level
