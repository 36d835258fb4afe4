"""Where an order should go: the first rule that fits, the first destination that may be used.

A proposal tells the figures by which its rule fits, and those by which the rules before it do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.state import Destination, Security
from tradeoms.domain.routing.budget import Usage
from tradeoms.domain.routing.state import Routing, RoutingRule
from tradeoms.kernel.numbers import plain

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the rules ask about an order beside its terms.

    Attributes:
        worth: By currency that a rule names; `None` where price or rate is not known.
        budgets: By destination: those of the firm and of the order's funds.
    """

    security: Security
    worth: Mapping[str, Decimal | None]
    budgets: Mapping[str, tuple[Usage, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A destination that a rule names, and why it cannot be used; empty where it can."""

    destination: str
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A rule before the one that fits, and why it does not."""

    rule: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Where an order should go: the rule that fits, and its destinations in order.

    Attributes:
        because: The figures by which it fits; empty where it asks for none.
        passed: The rules that were tried before it.
    """

    rule: str
    candidates: tuple[Candidate, ...]
    because: str
    passed: tuple[Passed, ...]

    @property
    def destination(self) -> str:
        """The first that can be used; empty for none."""
        return next((one.destination for one in self.candidates if not one.why_not), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Condition:
    """What a rule asks, as it is of this order."""

    holds: bool
    text: str


def propose(
    order: Order, *, routing: Routing, measured: Measured, destinations: Mapping[str, Destination]
) -> Proposal:
    """Where ``order`` should go; a proposal without a rule where none fits."""
    passed: list[Passed] = []
    for rule in routing.rules:
        asked = list(_conditions(rule, order, measured))
        failing = [one.text for one in asked if not one.holds]
        if failing:
            passed.append(Passed(rule=rule.id, why="; ".join(failing)))
            continue
        candidates = tuple(
            Candidate(
                destination=name,
                why_not=_unfit(name, order, routing, destinations)
                or _spent(rule.below_budget_pct, measured.budgets.get(name, ())),
            )
            for name in rule.destinations
        )
        because = "; ".join(one.text for one in asked)
        return Proposal(rule=rule.id, candidates=candidates, because=because, passed=tuple(passed))
    return Proposal(rule="", candidates=(), because="", passed=tuple(passed))


def restricted_for(order: Order, routing: Routing, destination: str) -> list[str]:
    """The funds of the order whose list does not have ``destination``."""
    allowed = {one.fund: one.destinations for one in routing.lists}
    return [
        leg.fund for leg in order.legs if destination not in allowed.get(leg.fund, (destination,))
    ]


def _conditions(rule: RoutingRule, order: Order, measured: Measured) -> Iterator[_Condition]:
    """What ``rule`` asks, in the order of its columns; nothing for what it leaves open."""
    security = measured.security
    if rule.asset_types:
        holds = security.asset_type in rule.asset_types
        yield _Condition(holds=holds, text=f"asset type {security.asset_type}")
    if rule.mics:
        yield _Condition(holds=security.mic in rule.mics, text=f"market {security.mic}")
    if rule.funds:
        funds = [leg.fund for leg in order.legs]
        yield _Condition(holds=set(funds) <= set(rule.funds), text=f"funds {', '.join(funds)}")
    if rule.min_quantity is not None or rule.max_quantity is not None:
        holds = _between(order.quantity, rule.min_quantity, rule.max_quantity)
        yield _Condition(holds=holds, text=f"{plain(order.quantity)} units")
    if rule.min_adv_pct is not None or rule.max_adv_pct is not None:
        yield _volume(rule, order, security)
    if rule.currency:
        yield _value(rule, measured.worth[rule.currency])
    if rule.below_budget_pct is not None:
        yield _budget(rule, rule.below_budget_pct, measured)


def _volume(rule: RoutingRule, order: Order, security: Security) -> _Condition:
    if not security.adv:
        return _Condition(holds=False, text="no average daily volume")
    low, high = (
        None if bound is None else bound * security.adv
        for bound in (rule.min_adv_pct, rule.max_adv_pct)
    )
    holds = _between(order.quantity * _HUNDRED, low, high)
    text = f"{plain(order.quantity)} of an average daily volume of {plain(security.adv)}"
    return _Condition(holds=holds, text=text)


def _value(rule: RoutingRule, worth: Decimal | None) -> _Condition:
    if worth is None:
        return _Condition(
            holds=False, text=f"no price or rate to tell its worth in {rule.currency}"
        )
    holds = _between(worth, rule.min_value, rule.max_value)
    return _Condition(holds=holds, text=f"worth {plain(worth)} {rule.currency}")


def _budget(rule: RoutingRule, percent: Decimal, measured: Measured) -> _Condition:
    """Told is the first destination that counts, or of each why it does not."""
    reasons = []
    for name in rule.destinations:
        budgets = measured.budgets.get(name, ())
        why_not = _spent(percent, budgets)
        if not why_not:
            figures = " and ".join(one.text for one in budgets)
            return _Condition(holds=True, text=f"{name}: {figures}")
        reasons.append(f"{name}: {why_not}")
    return _Condition(holds=False, text=", ".join(reasons))


def _spent(percent: Decimal | None, budgets: tuple[Usage, ...]) -> str:
    """Why a destination does not count by its budgets; empty where it does."""
    if percent is None:
        return ""
    if not budgets:
        return "no commission budget"
    return " and ".join(one.text for one in budgets if not one.is_below(percent))


def _unfit(
    name: str, order: Order, routing: Routing, destinations: Mapping[str, Destination]
) -> str:
    found = destinations.get(name)
    if found is None or not found.enabled:
        return "disabled"
    funds = restricted_for(order, routing, name)
    return f"not on the broker list of {', '.join(funds)}" if funds else ""


def _between(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)
