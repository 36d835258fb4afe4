"""`bucket`: the sum of the groups that are each above a threshold, exactly.

UCITS 5/10/40 (Directive 2009/65/EC art. 52(2)), covered bonds 25/80 (52(4)), the 75-5-10 test of
the Investment Company Act 5(b)(1) and IRC 851(b)(3), which also asks for a share of the votes.
Where only the excess counts, a group that is in by its votes alone adds nothing, not less.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.spans import Groups, Key, Span, shown, upward
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.groups import BucketRule

BUCKET = "bucket"


def amounts(rule: BucketRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return the cell of the bucket, and one for every group of ``keys`` where they have one."""
    num = _total(rule, groups, surely=True)
    limit = Limit(bound="max", at=Fraction(rule.bucket_max))
    worst = _pressed(rule, groups)
    found = [Amount(key=BUCKET, limit=limit, num=num, den=groups.den, gain=worst - num)]
    if rule.per_group_max is not None:
        found += group_amounts(Fraction(rule.per_group_max), groups, keys)
    return found


def group_amounts(at: Fraction, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return one cell for every group of ``keys``, each at most ``at`` of the denominator."""
    limit = Limit(bound="max", at=at)
    return [
        Amount(
            key=shown(key),
            limit=limit,
            num=groups.span(key).hi,
            den=groups.den,
            gain=groups.more(key),
            group=key,
        )
        for key in keys
    ]


def behind(rule: BucketRule, groups: Groups, cell: str) -> list[Key]:
    """Return the groups that make up a cell: those surely in the bucket, or the one it names."""
    if cell != BUCKET:
        return named(groups, cell)
    spans = groups.spans.items()
    return [key for key, span in spans if _part(rule, groups, key, span, surely=True)]


def named(groups: Groups, cell: str) -> list[Key]:
    """Return the group of a name; none where nothing is held in it."""
    return [key for key in groups.spans if shown(key) == cell]


def signs(rule: BucketRule, groups: Groups, keys: Iterable[Key]) -> list[Fraction]:
    """Return the amounts whose change of sign may bend or break the cells, for ``keys``."""
    line, pressed = Fraction(rule.threshold) * groups.den, groups.pressed()
    extra = sum((upward(span).hi for _, span in pressed.extras), NOTHING)
    votes = sum((upward(span).votes for _, span in pressed.extras), NOTHING)
    found = []
    for key in keys:
        own = own_line(rule, groups, key) or NOTHING
        for span in (groups.span(key), pressed.span(key)):
            found += [span.hi, span.hi - line, span.hi + extra - line]
            found += [span.votes - own, span.votes + votes - own]
        if pressed.extras:
            found += [pressed.span(key).hi - other.hi for other in pressed.spans.values()]
    return found


def own_line(rule: BucketRule, groups: Groups, key: Key) -> Fraction | None:
    """Return the votes above which a group is in the bucket; None where not known or not asked."""
    issued = groups.own.get(key[0])
    if rule.own_threshold is None or issued is None:
        return None
    return Fraction(rule.own_threshold) * Fraction(issued)


def _total(rule: BucketRule, groups: Groups, *, surely: bool) -> Fraction:
    """Sum of the groups in the bucket: those ``surely`` in it, or all that may be."""
    return sum(
        (_part(rule, groups, key, span, surely=surely) for key, span in groups.spans.items()),
        NOTHING,
    )


def _part(rule: BucketRule, groups: Groups, key: Key, span: Span, *, surely: bool) -> Fraction:
    line = Fraction(rule.threshold) * groups.den
    if rule.count == "excess":
        return max(span.hi - line, NOTHING)
    if span.hi > line:
        return span.hi
    if rule.own_threshold is None:
        return NOTHING
    own = own_line(rule, groups, key)
    if own is None:
        return NOTHING if surely else max(span.hi, NOTHING)
    return span.hi if span.votes > own else NOTHING


def _pressed(rule: BucketRule, groups: Groups) -> Fraction:
    """Sum of the bucket with all that holdings of unknown group may bring into it.

    Each of them adds its value where it lands in the bucket, and may lift one group over the
    threshold that is not in it without.
    """
    pressed = groups.pressed()
    num = _total(rule, pressed, surely=False)
    if not pressed.extras:
        return num
    line = Fraction(rule.threshold) * groups.den
    extra = Span(NOTHING, NOTHING)
    for _, span in pressed.extras:
        extra += upward(span)
    lifted, reached = [], extra.hi > line
    for key, span in pressed.spans.items():
        if _part(rule, pressed, key, span, surely=False) != NOTHING:
            reached = True
            continue
        own = own_line(rule, groups, key)
        by_votes = own is not None and span.votes + extra.votes > own
        if span.hi + extra.hi > line or (by_votes and rule.count == "whole"):
            reached = True
            lifted.append(max(span.hi, NOTHING))
    if not reached:
        return num
    if rule.count == "excess":
        return num + extra.hi
    return num + extra.hi + sum(sorted(lifted)[-len(pressed.extras) :], NOTHING)
