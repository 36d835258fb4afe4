"""`gross`: the sum over netting sets of the absolute value of each, exactly.

Global exposure by commitment (Directive 2009/65/EC art. 51(3)) and leverage (Regulation 231/2013
arts. 6-8): holdings net within a set only. Open orders may leave a set anywhere between its least
and its most; it counts at the larger absolute value of the two.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.spans import Groups, Key
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.groups import GrossRule


def amounts(rule: GrossRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return the one cell; ``keys`` do not matter."""
    del keys
    return [
        Amount(
            key=None,
            limit=limit_of(rule),
            num=sum((span.size for span in groups.spans.values()), NOTHING),
            den=groups.den,
            gain=sum((span.size for _, span in groups.extras), NOTHING),
        )
    ]


def signs(rule: GrossRule, groups: Groups, keys: Iterable[Key]) -> list[Fraction]:
    """Return the amounts whose change of sign bends the sum, for ``keys``."""
    del rule
    spans = [groups.span(key) for key in keys]
    return [part for span in spans for part in (span.lo, span.hi, span.lo + span.hi)]


def limit_of(rule: GrossRule) -> Limit:
    """Return the bound of the cell."""
    warn = None if rule.warn is None else Fraction(rule.warn)
    return Limit(bound="max", at=Fraction(rule.max), strict=rule.strict, warn=warn)
