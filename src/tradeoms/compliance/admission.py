"""What a rule that is written now may not say: names of nothing, and words that decide nothing.

A recorded rule is read for ever as it stands (`policy.parse_rule`), or its journal could not be
folded. Who writes one is told of what would go by without a word: a security that is not loaded, a
fund that does not exist, a type that no order has, a time at which the kind looks at nothing,
a limit in no said currency.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.dealings import CrossRule, WindowRule
from tradeoms.compliance.schema.figures import CoverageRule
from tradeoms.compliance.schema.groups import GroupsRule
from tradeoms.compliance.schema.orders import OrderRule
from tradeoms.compliance.schema.sums import CashRule, RatioRule
from tradeoms.kernel.enums import OrderType
from tradeoms.kernel.numbers import plain

#: Types of orders that rules may name: ours, and dealings that a case may be about.
ORDER_TYPES: Final = frozenset(
    {*(each.value for each in OrderType), "rights_exercise", "corporate_action", "in_kind"}
)
#: Kinds that look at orders alone, or at holdings alone, with the `when` at which they never look.
_NEVER: Final[Mapping[type, str]] = {
    OrderRule: "post",
    CrossRule: "post",
    WindowRule: "post",
    CoverageRule: "pre",
}
#: Amounts of a kind below which nothing is meant.
_NOT_NEGATIVE: Final[Mapping[type, tuple[str, ...]]] = {
    OrderRule: ("max_value", "max_qty", "max_adv", "collar"),
    CashRule: ("fee",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that a rule may not say: the path of its field, what stands there, and why."""

    field: str
    value: str
    reason: str


def with_ids(
    raw: Mapping[str, Any], find: Callable[[str], str | None]
) -> tuple[Mapping[str, Any], list[Fault]]:
    """Return a rule as written with the securities of its `list` by their ids.

    Args:
        raw: The rule; a list that is none, or the name of one, is left as it is.
        find: The id of the security of a name (`AAPL.XNAS`, `isin:...` or its id), None for none.
    """
    names = raw.get("list")
    if not isinstance(names, list):
        return raw, []
    found = [find(str(name)) for name in names]
    reason = "no such security: load it first, and name it TICKER.MIC or isin:..."
    faults = [
        Fault(field=f"list.{at}", value=str(name), reason=reason)
        for at, (name, known) in enumerate(zip(names, found, strict=True))
        if known is None
    ]
    members = [known or str(name) for name, known in zip(names, found, strict=True)]
    return {**raw, "list": members}, faults


def idle_words(rule: Rule) -> Iterator[Fault]:
    """Yield what decides nothing in a rule of its kind, or cannot be meant."""
    if rule.when == _NEVER.get(type(rule)):
        other = "pre" if rule.when == "post" else "post"
        reason = f"kind {rule.kind} decides nothing then; write {other} or both"
        yield Fault(field="when", value=rule.when, reason=reason)
    for field in ("order_types", "exempt_order_types"):
        for at, word in enumerate(getattr(rule, field)):
            if word not in ORDER_TYPES:
                reason = f"no order has this type; types are {', '.join(sorted(ORDER_TYPES))}"
                yield Fault(field=f"{field}.{at}", value=word, reason=reason)
    if isinstance(rule, RatioRule | GroupsRule) and rule.unsaid_currency:
        reason = "say what the limit is in; funds taken together may have several"
        yield Fault(field="currency", value="", reason=reason)
    for field in _NOT_NEGATIVE.get(type(rule), ()):
        amount = getattr(rule, field)
        if amount is not None and amount < 0:
            yield Fault(field=field, value=plain(amount), reason="must not be negative")


def unknown_funds(rule: Rule, funds: Collection[str]) -> Iterator[Fault]:
    """Yield the funds that a rule names and that do not exist."""
    named = [
        (f"scope.{field}.{at}", fund)
        for field in ("funds", "exclude_funds")
        for at, fund in enumerate(getattr(rule.scope, field))
    ]
    if not rule.excepts_cells:  # of the others an aggregate may be meant
        named += [
            (f"exceptions.{at}.match.funds", fund)
            for at, one in enumerate(rule.exceptions)
            for fund in one.match.funds
        ]
    if isinstance(rule, RatioRule):
        named += [(f"overrides.{fund}", fund) for fund in rule.overrides]
    for field, fund in named:
        if fund not in funds:
            yield Fault(field=field, value=fund, reason="no such fund: define it first")
