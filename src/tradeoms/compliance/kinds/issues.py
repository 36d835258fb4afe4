"""`issues`: an issuer above a share must be held in many issues, none of them too large, exactly.

State paper up to 100 % in at least six issues of at most 30 % each (Directive 2009/65/EC art. 54;
Regulation 2017/1131 art. 17(7)). Two kinds of cell: the issuer's total against `when_above`, in
force while it is above and held in too few issues; and each issue, in force while the total is
above `when_above`. So a purchase that pushes an issuer with too few issues further up is a breach,
and a sale from it is not.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.kinds.amount import Amount
from tradeoms.compliance.kinds.spans import Groups, Key, Span, shown
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.groups import IssuesRule


def amounts(rule: IssuesRule, groups: Groups, keys: Iterable[Key]) -> list[Amount]:
    """Return the cells of every issuer of ``keys``: its total, and each of its issues."""
    found = []
    for issuer in dict.fromkeys(key[0] for key in keys):
        own = {key: span for key, span in groups.spans.items() if key[0] == issuer}
        own |= {key: groups.span(key) for key in keys if key[0] == issuer}
        found += _cells(rule, groups, issuer, own)
    return found


def behind(_: IssuesRule, groups: Groups, cell: str) -> list[Key]:
    """Return the issues of the issuer that a cell names, or the issue."""
    return [key for key in groups.spans if cell in (key[0], shown(key))]


def signs(rule: IssuesRule, groups: Groups, keys: Iterable[Key]) -> list[Fraction]:
    """Return the amounts whose change of sign may bend or break the cells, for ``keys``."""
    line = Fraction(rule.when_above) * groups.den
    found = []
    for key in keys:
        own, issuer = groups.span(key), key[:1]
        others = {**groups.spans, key: own}
        same = [span for other, span in others.items() if other[:1] == issuer]
        total = sum((span.hi for span in same), NOTHING)
        found += [own.lo, own.hi, total - line, total + groups.more(issuer) - line]
        found += [own.hi - span.hi for span in same]
    return found


def _cells(rule: IssuesRule, groups: Groups, issuer: str, own: dict[Key, Span]) -> list[Amount]:
    """Return the cells of one issuer from its issues."""
    den, more = groups.den, groups.more((issuer,))
    line = Limit(bound="max", at=Fraction(rule.when_above))
    total = sum((span.hi for span in own.values()), NOTHING)
    few = _few(list(own.values()), rule.min_issues)
    over = Fraction(-1) if few is None else line.excess(few, den)
    broken = line.violated(over)
    perhaps_few = few is not None and line.violated(over + more)
    found = [
        Amount(
            key=issuer,
            limit=line,
            num=few if broken and few is not None else total,
            den=den,
            gain=over + more - (over if broken else -1) if perhaps_few else NOTHING,
            group=(issuer,),
            in_force=broken,
        )
    ]
    above = line.violated(line.excess(total, den))
    perhaps = line.violated(line.excess(total + more, den))
    each = Limit(bound="max", at=Fraction(rule.per_issue_max))
    for key, span in own.items():
        sure = each.excess(span.hi, den) if above else Fraction(-1)
        worst = each.excess(span.hi + groups.more(key), den) if perhaps else sure
        found.append(
            Amount(
                key=shown(key),
                limit=each,
                num=span.hi,
                den=den,
                gain=max(worst - sure, NOTHING),
                group=(issuer,),
                in_force=above,
            )
        )
    return found


def _few(spans: list[Span], needed: int) -> Fraction | None:
    """Return the most the issuer may come to while held in fewer than ``needed`` issues.

    Issues that open orders may sell out can be gone, the smallest first. None where enough remain
    in any case.
    """
    held = [span for span in spans if span.hi > 0]
    total = sum((span.hi for span in spans), NOTHING)
    gone = len(held) - (needed - 1)
    if gone <= 0:
        return total
    leaving = sorted(span.hi for span in held if span.lo <= 0)
    return None if len(leaving) < gone else total - sum(leaving[:gone], NOTHING)
