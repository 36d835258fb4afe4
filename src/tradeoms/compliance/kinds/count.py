"""`count`: the number of groups held, or held above a share of the denominator, exactly.

Numbers of holdings in a prospectus; with `above`, the one issuer that may be larger than the others
(Directive 2009/65/EC art. 53(2)). A group is held where its value is above zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING, ONE
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.bucket import group_amounts, named
from tradeoms.compliance.kinds.spans import Groups, Key, upward
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.groups import CountRule

NUMBER = "n"


def amounts(rule: CountRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return the cells of the number, and one for every group of ``keys`` where they have one."""
    found = []
    if rule.max is not None:
        num, limit = _most(rule, groups), Limit(bound="max", at=Fraction(rule.max))
        gain = _most(rule, groups.pressed()) + _lifted(rule, groups.pressed()) - num
        found.append(_amount(limit, num, gain))
    if rule.min is not None:
        num, limit = _least(rule, groups), Limit(bound="min", at=Fraction(rule.min))
        gain = num - _least(rule, groups.pressed()) + _dropped(rule, groups.pressed())
        found.append(_amount(limit, num, gain))
    if rule.per_group_max is not None:
        found += group_amounts(Fraction(rule.per_group_max), groups, keys)
    return found


def behind(rule: CountRule, groups: Groups, cell: str) -> list[Key]:
    """Return the groups that make up a cell: those that count, or the one it names."""
    if cell != NUMBER:
        return named(groups, cell)
    line = line_of(rule, groups.den)
    return [key for key, span in groups.spans.items() if span.hi > line]


def signs(rule: CountRule, groups: Groups, keys: Iterable[Key]) -> list[Fraction]:
    """Return the amounts whose change of sign may change the number, for ``keys``."""
    line, pressed = line_of(rule, groups.den), groups.pressed()
    extra = sum((upward(span).hi for _, span in pressed.extras), NOTHING)
    less = sum((upward(span).lo for _, span in pressed.extras), NOTHING)
    found = []
    for key in keys:
        for span in (groups.span(key), pressed.span(key)):
            found += [span.hi - line, span.hi + extra - line, span.lo - line, span.lo + less - line]
    return found


def line_of(rule: CountRule, den: Fraction) -> Fraction:
    """Return the value above which a group counts."""
    return NOTHING if rule.above is None else Fraction(rule.above) * den


def _amount(limit: Limit, num: int, gain: int) -> Amount:
    return Amount(key=NUMBER, limit=limit, num=Fraction(num), den=ONE, gain=Fraction(gain))


def _most(rule: CountRule, groups: Groups) -> int:
    line = line_of(rule, groups.den)
    return sum(span.hi > line for span in groups.spans.values())


def _least(rule: CountRule, groups: Groups) -> int:
    line = line_of(rule, groups.den)
    return sum(span.lo > line for span in groups.spans.values())


def _lifted(rule: CountRule, groups: Groups) -> int:
    """Most groups that the extras may lift over the line, one each."""
    line = line_of(rule, groups.den)
    extras = [upward(span).hi for _, span in groups.extras if span.hi > 0]
    extra = sum(extras, NOTHING)
    near = sum(span.hi <= line < span.hi + extra for span in groups.spans.values())
    return len(extras) if extra > line else min(len(extras), near)


def _dropped(rule: CountRule, groups: Groups) -> int:
    """Most groups that the extras may take below the line, one each."""
    line = line_of(rule, groups.den)
    extras = [span.lo for _, span in groups.extras if span.lo < 0]
    less = sum(extras, NOTHING)
    near = sum(span.lo + less <= line < span.lo for span in groups.spans.values())
    return min(len(extras), near)
