"""`topn`: the sum of the N largest groups, exactly.

Diversification of variable contracts (IRC 817(h), Treas. Reg. 1.817-5: 55, 70, 80, 90 % in one,
two, three, four investments) and "top ten" limits. A group below zero counts as none.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.spans import Groups, Key, upward
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.groups import TopRule


def amounts(rule: TopRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return the cells top1 to topN; ``keys`` do not matter."""
    del keys
    values, pressed = _largest(groups), groups.pressed()
    more = _largest(pressed)
    extra = sum((upward(span).hi for _, span in pressed.extras), NOTHING)
    found = []
    for count, share in sorted(rule.max_by_n.items()):
        num = sum(values[:count], NOTHING)
        found.append(
            Amount(
                key=cell_name(count),
                limit=Limit(bound="max", at=Fraction(share)),
                num=num,
                den=groups.den,
                gain=sum(more[:count], NOTHING) + extra - num,
            )
        )
    return found


def behind(rule: TopRule, groups: Groups, cell: str) -> list[Key] | None:
    """Return the groups that make up a cell; None where the rule has no such cell."""
    counts = [count for count in rule.max_by_n if cell_name(count) == cell]
    held = sorted(key for key, span in groups.spans.items() if span.hi > 0)
    held.sort(key=lambda key: -groups.span(key).hi)
    return held[: counts[0]] if counts else None


def signs(rule: TopRule, groups: Groups, keys: Iterable[Key]) -> list[Fraction]:
    """Return the amounts whose change of sign may bend the cells, for ``keys``."""
    del rule
    found = []
    for side in (groups, groups.pressed()):
        for key in keys:
            own = side.span(key).hi
            found += [own, *(own - other.hi for other in side.spans.values())]
    return found


def cell_name(count: int) -> str:
    """Return the name of the cell of the ``count`` largest groups."""
    return f"top{count}"


def _largest(groups: Groups) -> list[Fraction]:
    return sorted((span.hi for span in groups.spans.values() if span.hi > 0), reverse=True)
