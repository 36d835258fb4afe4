"""What a rule found in one cell, in one plain sentence.

What is measured and how much it comes to, the limit, why, and how much of the order passes: "Issuer
Alphabet would be 10.4 % of GROWTH's net assets; limit 10 %; at most 12,300 of 20,000 shares pass."
Amounts are rounded to be read, never to the other side of the limit nor on to it; the exact numbers
stand beside the sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tradeoms.compliance.actions import stops
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.kinds.bucket import BUCKET
from tradeoms.compliance.kinds.count import NUMBER
from tradeoms.compliance.kinds.membership import JOINT
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.dealings import CrossRule, WindowRule
from tradeoms.compliance.schema.figures import CoverageRule, ExternalRule, WavgRule
from tradeoms.compliance.schema.groups import (
    BucketRule,
    CountRule,
    GrossRule,
    GroupsBase,
    IssuesRule,
    TopRule,
)
from tradeoms.compliance.schema.measures import DenAmount, DenIssuer, DenSecurity, DenSelect
from tradeoms.compliance.schema.orders import OrderRule, RestrictRule
from tradeoms.compliance.schema.owned import LadderRule, OwnedRule, OwnershipRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule, ShortRule
from tradeoms.domain.evaluation import Candidate, Outcome

#: How a person calls a security, by its id.
Names = Callable[[str], str]
#: Types of securities that come in shares.
_SHARES: Final = frozenset({"equity", "preferred", "depositary_receipt", "etf", "fund"})
#: Decimals to which limits are shown, and amounts at least.
_EXACT, _READABLE = 12, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """How much of an order passes.

    Attributes:
        asked: Units that were tested.
        most: The most that pass; None where any quantity does, or nobody told.
        rule: Rule that sets `most`.
        unit: What one of them is called, in the plural.
    """

    asked: Fraction
    most: Fraction | None
    rule: str | None
    unit: str


def passing_of(
    facts: Facts, candidate: Candidate, most: Fraction | None, rule: str | None
) -> Passing:
    """Return how much of ``candidate`` passes; ``rule`` sets the most of it."""
    return Passing(
        asked=sum((Fraction(leg.quantity) for leg in candidate.legs), NOTHING),
        most=most,
        rule=rule,
        unit=unit_of(facts.securities[candidate.security_id].asset_type),
    )


def unit_of(asset_type: str | None) -> str:
    """Return what one of a security is called, in the plural."""
    return "shares" if asset_type in _SHARES else "units"


def name_in(facts: Facts, security_id: str) -> str:
    """Return how a person calls a security: symbol and market, else its id."""
    known = facts.securities.get(security_id)
    symbol = None if known is None else known.attributes.get("symbol")
    if known is None or symbol is None:
        return security_id
    return f"{symbol}.{known.mic}" if known.mic else str(symbol)


def sentence(
    rule: Rule, cell: CellResult, names: Names = str, passing: Passing | None = None
) -> str:
    """Say what ``rule`` found in ``cell``; empty where there is nothing to say.

    Args:
        rule: The rule, as written or as evaluated.
        cell: What it found.
        names: How securities are called.
        passing: How much of the order passes, which is said where the cell stops it.
    """
    parts = _parts(rule, cell, names)
    if not parts:
        return ""
    if passing is not None and stops(rule, cell.outcome):
        parts += _passing(rule, passing)
    return f"{'; '.join(parts)}."


def _parts(rule: Rule, cell: CellResult, names: Names) -> list[str]:
    reason = [cell.reason] if cell.reason else []
    if isinstance(rule, RestrictRule | WindowRule | CrossRule) or not _is_measured(cell):
        head = rule.title or rule.id
        if cell.outcome is Outcome.UNKNOWN:
            key = "" if cell.key is None else f" for {names(cell.key)}"
            place = "" if cell.entity is None else f" in {_owner(cell)}"
            head = f"{head} cannot be judged{key}{place}"
        return [f"{head}: {cell.reason}"] if reason else []
    amount, limit = _amounts(rule, cell)
    moved = (cell.num_before, cell.den_before) != (cell.num_after, cell.den_after)
    subject = _SUBJECTS[type(rule)](rule, cell, names)
    place = "" if cell.entity is None or _whole(rule, cell) else f" in {_owner(cell)}"
    measured = f"{subject}{place} {'would be' if moved else 'is'} {amount}"
    return [measured, limit, *([] if isinstance(rule, OrderRule) else reason)]


def _is_measured(cell: CellResult) -> bool:
    return None not in (cell.num_after, cell.den_after, cell.limit)


def _passing(rule: Rule, passing: Passing) -> list[str]:
    if passing.most is None or passing.most >= passing.asked:
        return []
    most, asked = _told(passing.most, places=_EXACT), _told(passing.asked, places=_EXACT)
    by = "" if passing.rule in (None, rule.id) else f" (rule {passing.rule})"
    return [f"at most {most} of {asked} {passing.unit} pass{by}"]


def _amounts(rule: Rule, cell: CellResult) -> tuple[str, str]:
    """Say how much the cell comes to, of what or where, and its limit."""
    assert cell.num_after is not None
    assert cell.den_after is not None
    assert cell.limit is not None
    num, den, at = cell.num_after, cell.den_after, cell.limit
    unit = ""
    if den <= 0:
        at *= den
    else:
        num /= den
    whole = _whole(rule, cell)
    if whole:
        num, at, unit = num * 100, at * 100, " %"
    limit = f"{_word(rule, cell)} {_told(at, places=_EXACT)}{unit}"
    if isinstance(rule, IssuesRule) and JOINT not in (cell.key or ""):
        limit += f" in fewer than {rule.min_issues} issues"
    return f"{_told(num, beside=at)}{unit}{whole}", limit


def _word(rule: Rule, cell: CellResult) -> str:
    if isinstance(rule, LadderRule):
        return "threshold"
    strict = isinstance(rule, RatioRule | OwnershipRule | GrossRule | ExternalRule) and rule.strict
    if cell.bound == "min":
        return "minimum above" if strict else "minimum"
    return "limit below" if strict else "limit"


def _told(value: Fraction, *, beside: Fraction | None = None, places: int = _READABLE) -> str:
    """Write a number rounded, on the side of ``beside`` on which it is."""
    while True:
        told = Fraction(round(value * 10**places), 10**places)
        if beside is None or _side(told, beside) == _side(value, beside):
            return f"{Decimal(exact_text(told) or 0):,f}"
        places += _READABLE


def _side(value: Fraction, beside: Fraction) -> int:
    return (value > beside) - (value < beside)


_DENS: Final[Mapping[str, str]] = {
    "nav": "net assets",
    "net_assets": "net assets",
    "total_assets": "total assets",
    "nav_plus_borrowings": "net assets and borrowings",
}


def _whole(rule: Rule, cell: CellResult) -> str:
    """Say what the cell is a share of; empty where it is none, or of nothing."""
    if not isinstance(rule, RatioRule | OwnedRule | GroupsBase) or (cell.den_after or 0) <= 0:
        return ""
    if rule.den == "one" or (isinstance(rule, CountRule) and cell.key == NUMBER):
        return ""
    if isinstance(rule.den, DenAmount):
        return f" of its {_amount_name(rule.den)}"
    if isinstance(rule.den, DenSelect):
        return f" of {_owner(cell)}'s reference holdings"
    return f" of {_owner(cell)}'s {_DENS[rule.den]}"


def _amount_name(den: DenAmount) -> str:
    if isinstance(den, DenSecurity):
        name = den.security
    else:
        name = den.issuer if isinstance(den, DenIssuer) else den.underlying
    return name.replace("_", " ")


def _owner(cell: CellResult) -> str:
    """The fund of a cell, or what its aggregate is called."""
    entity = cell.entity or ""
    return "the firm" if entity == "firm" else entity.replace(":", " ")


_LABELS: Final[Mapping[str, str]] = {
    "id": "security",
    "sec": "security",
    "ultimate_parent": "group",
}
#: Attributes whose values are ids of securities, or may be.
_SECURITIES: Final = frozenset({"id", "sec", "underlying"})


def _label(group_by: tuple[str, ...]) -> str:
    return " and ".join(_LABELS.get(name, name.replace("_", " ")) for name in group_by)


def _many(group_by: tuple[str, ...]) -> str:
    label = _label(group_by)
    return f"{label[:-1]}ies" if label.endswith("y") else f"{label}s"


def _group(group_by: tuple[str, ...], key: str | None, names: Names) -> str:
    label = _label(group_by)
    if key is None:
        return f"{label} not known"
    alone = len(group_by) == 1 and group_by[0] in _SECURITIES
    return f"{label} {names(key) if alone else key}"


def _first(text: str) -> str:
    """Begin a sentence; what people named is left as they wrote it."""
    return text[0].upper() + text[1:]


def _of_sum(rule: RatioRule | OwnedRule, cell: CellResult, names: Names) -> str:
    if not rule.group_by:
        return f"{rule.title or rule.id}: the sum"
    group = _group(rule.group_by, cell.key, names)
    held = f" held by {_owner(cell)}" if isinstance(rule.den, DenAmount) else ""
    return f"{_first(group)}{held}"


def _of_bucket(rule: BucketRule, cell: CellResult, names: Names) -> str:
    if cell.key != BUCKET:
        return _first(_group(rule.group_by, cell.key, names))
    groups = f"{_many(rule.group_by)} above {_line(rule, Fraction(rule.threshold))}"
    if rule.own_threshold is not None:
        groups += f" (or {_percent(Fraction(rule.own_threshold))} of their {rule.own_attr})"
    return f"The excess of {groups}" if rule.count == "excess" else _first(f"{groups} together")


def _of_top(rule: TopRule, cell: CellResult, _: Names) -> str:
    number = (cell.key or "").removeprefix("top")
    if number == "1":
        return f"The largest {_label(rule.group_by)}"
    return f"The {number} largest {_many(rule.group_by)} together"


def _of_count(rule: CountRule, cell: CellResult, names: Names) -> str:
    if cell.key != NUMBER:
        return _first(_group(rule.group_by, cell.key, names))
    above = "" if rule.above is None else f" above {_line(rule, Fraction(rule.above))}"
    return f"The number of {_many(rule.group_by)}{above}"


def _of_issues(rule: IssuesRule, cell: CellResult, names: Names) -> str:
    issuer, joint, issue = (cell.key or "").partition(JOINT)
    of = _group((rule.issuer_key,), issuer, names)
    return f"Issue {names(issue)} of {of}" if joint else _first(of)


def _of_position(_: ShortRule, cell: CellResult, names: Names) -> str:
    return f"Security {names(cell.key or '')}"


def _of_cash(_: CashRule, cell: CellResult, __: Names) -> str:
    return f"Cash ({cell.key})" if cell.key else "Cash"


#: What the parts of a rule about the order measure.
_PARTS: Final[Mapping[str, str]] = {
    "max_value": "Value of the order",
    "max_qty": "Quantity of the order",
    "max_adv": "Quantity of the order",
    "collar": "Distance of the limit price from the mark",
    "max_messages": "Number of messages in the window",
    "duplicate_seconds": "Number of orders like it sent a moment ago",
}


def _line(rule: GroupsBase, share: Fraction) -> str:
    """Write a share of the denominator, or the amount where that is one."""
    return _told(share, places=_EXACT) if rule.den == "one" else _percent(share)


def _percent(share: Fraction) -> str:
    return f"{_told(share * 100, places=_EXACT)} %"


_Subject = Callable[[Any, CellResult, Names], str]  # Any: the class that the table maps
_SUBJECTS: Final[Mapping[type, _Subject]] = {
    **dict.fromkeys((RatioRule, OwnershipRule, LadderRule), _of_sum),
    BucketRule: _of_bucket,
    TopRule: _of_top,
    CountRule: _of_count,
    IssuesRule: _of_issues,
    GrossRule: lambda _, __, ___: "Gross exposure",
    WavgRule: lambda rule, _, __: f"Average {rule.attr}",
    CoverageRule: lambda _, __, ___: "Asset coverage",
    ExternalRule: lambda rule, _, __: rule.figure,
    CashRule: _of_cash,
    ShortRule: _of_position,
    OrderRule: lambda _, cell, __: _PARTS[cell.key or ""],
}
