"""Decides where an order goes: the first rule that fits, the first destination that may be used."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.state import Destination, Security
from tradeoms.domain.routing import commands as c
from tradeoms.domain.routing import events as e
from tradeoms.domain.routing.state import Routing, RoutingRule
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal, reject
from tradeoms.kernel.text import is_code, is_printable

_HUNDRED: Final = Decimal(100)


@unique
class RoutingRejection(StrEnum):
    """Why a request about routing was refused. Declared in the order the checks run."""

    ROUTING_NAME_INVALID = "routing_name_invalid"
    ROUTING_ROW_TWICE = "routing_row_twice"
    ROUTING_DESTINATION_UNKNOWN = "routing_destination_unknown"
    ROUTING_FUND_UNKNOWN = "routing_fund_unknown"
    ROUTING_RANGE = "routing_range"
    BROKER_RESTRICTED = "broker_restricted"
    ROUTING_REASON_MISSING = "routing_reason_missing"
    NO_ROUTE = "no_route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A destination that a rule names, and why it cannot be used; empty where it can."""

    destination: str
    why_not: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Where an order should go: the rule that fits, and its destinations in order."""

    rule: str
    candidates: tuple[Candidate, ...]

    @property
    def destination(self) -> str:
        """The first that can be used; empty for none."""
        return next((one.destination for one in self.candidates if not one.why_not), "")


def decide_load_rules(
    command: c.LoadRoutingRules,
    *,
    funds: Collection[str],
    destinations: Collection[str],
    stamp: Stamp,
) -> list[e.RoutingRulesLoaded] | Rejected:
    """Set the rules; every reason against them is told at once."""
    code = RoutingRejection
    refusals: list[Refusal] = []
    for number, rule in enumerate(command.rules):
        field = f"rules/{number}"
        if not is_code(rule.id):
            detail = "1 to 64 letters, digits or ._:/-"
            refusals.append(refusal(code.ROUTING_NAME_INVALID, detail, f"{field}/id", rule.id))
        if rule.id in [other.id for other in command.rules[:number]]:
            detail = "the rule stands there twice"
            refusals.append(refusal(code.ROUTING_ROW_TWICE, detail, f"{field}/id", rule.id))
        refusals += _unknown(field, rule.destinations, rule.funds, funds, destinations)
        refusals += _ranges(field, rule)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [e.RoutingRulesLoaded(rules=command.rules, loaded_by=stamp.actor, at=stamp.at)]


def decide_load_lists(
    command: c.LoadBrokerLists,
    *,
    funds: Collection[str],
    destinations: Collection[str],
    stamp: Stamp,
) -> list[e.BrokerListsLoaded] | Rejected:
    """Set the brokers of funds; every reason against them is told at once."""
    refusals: list[Refusal] = []
    for number, one in enumerate(command.lists):
        field = f"lists/{number}"
        if one.fund in [other.fund for other in command.lists[:number]]:
            code, detail = RoutingRejection.ROUTING_ROW_TWICE, "the fund stands there twice"
            refusals.append(refusal(code, detail, f"{field}/fund", one.fund))
        refusals += _unknown(field, one.destinations, (one.fund,), funds, destinations)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [e.BrokerListsLoaded(lists=command.lists, loaded_by=stamp.actor, at=stamp.at)]


def propose(
    order: Order,
    *,
    security: Security,
    routing: Routing,
    destinations: Mapping[str, Destination],
) -> Proposal:
    """Where ``order`` should go; a proposal without a rule where none fits."""
    rule = next((one for one in routing.rules if fits(one, order, security)), None)
    if rule is None:
        return Proposal(rule="", candidates=())
    return Proposal(
        rule=rule.id,
        candidates=tuple(
            Candidate(destination=name, why_not=_why_not(name, order, routing, destinations))
            for name in rule.destinations
        ),
    )


def fits(rule: RoutingRule, order: Order, security: Security) -> bool:
    """True where every condition of ``rule`` holds."""
    if rule.asset_types and security.asset_type not in rule.asset_types:
        return False
    if rule.mics and security.mic not in rule.mics:
        return False
    if rule.funds and not {leg.fund for leg in order.legs} <= set(rule.funds):
        return False
    if not _between(order.quantity, rule.min_quantity, rule.max_quantity):
        return False
    if rule.min_adv_pct is None and rule.max_adv_pct is None:
        return True
    if not security.adv:
        return False
    low, high = (
        None if bound is None else bound * security.adv
        for bound in (rule.min_adv_pct, rule.max_adv_pct)
    )
    return _between(order.quantity * _HUNDRED, low, high)


def refuse_destination(order: Order, routing: Routing, destination: str) -> Rejected | None:
    """Refuse a destination that a fund of the order may not use, whoever asks and however."""
    funds = _restricted_for(order, routing, destination)
    if not funds:
        return None
    detail = f"not on the broker list of {', '.join(funds)}"
    code = RoutingRejection.BROKER_RESTRICTED
    return reject(code, detail, field="destination", value=destination)


def decide_route(
    command: c.RouteOrder, order: Order, proposal: Proposal, stamp: Stamp
) -> e.OrderRouted | Rejected:
    """Where the order goes now: as proposed, or somewhere else for a reason."""
    code = RoutingRejection
    proposed = proposal.destination
    destination = command.destination or proposed
    if not destination:
        detail = "no rule has a destination for it; name one, and a reason"
        return reject(code.NO_ROUTE, detail, field="order", value=order.id)
    reason = "" if destination == proposed else command.reason
    if destination != proposed and not (reason.strip() and is_printable(reason)):
        detail = f"the rules propose {proposed or 'nothing'}; say why, in printable ASCII"
        return reject(code.ROUTING_REASON_MISSING, detail, field="reason")
    return e.OrderRouted(
        order_id=order.id,
        rule=proposal.rule,
        proposed=proposed,
        destination=destination,
        reason=reason,
        routed_by=stamp.actor,
        at=stamp.at,
    )


def _why_not(
    name: str, order: Order, routing: Routing, destinations: Mapping[str, Destination]
) -> str:
    found = destinations.get(name)
    if found is None or not found.enabled:
        return "disabled"
    funds = _restricted_for(order, routing, name)
    return f"not on the broker list of {', '.join(funds)}" if funds else ""


def _restricted_for(order: Order, routing: Routing, destination: str) -> list[str]:
    """The funds of the order whose list does not have ``destination``."""
    allowed = {one.fund: one.destinations for one in routing.lists}
    return [
        leg.fund for leg in order.legs if destination not in allowed.get(leg.fund, (destination,))
    ]


def _between(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    return (low is None or value >= low) and (high is None or value <= high)


def _unknown(
    field: str,
    named: tuple[str, ...],
    named_funds: tuple[str, ...],
    funds: Collection[str],
    destinations: Collection[str],
) -> list[Refusal]:
    code = RoutingRejection.ROUTING_DESTINATION_UNKNOWN
    place = f"{field}/destinations"
    found = [
        refusal(code, "no such destination", place, name)
        for name in named
        if name not in destinations
    ]
    if not named:
        found.append(refusal(code, "name at least one", place, ""))
    code = RoutingRejection.ROUTING_FUND_UNKNOWN
    return found + [
        refusal(code, "no such fund", f"{field}/funds", name)
        for name in named_funds
        if name not in funds
    ]


def _ranges(field: str, rule: RoutingRule) -> list[Refusal]:
    pairs = (
        ("quantity", rule.min_quantity, rule.max_quantity),
        ("adv_pct", rule.min_adv_pct, rule.max_adv_pct),
    )
    return [
        refusal(
            RoutingRejection.ROUTING_RANGE, "0 or more, the least not above the most",
            f"{field}/min_{name}", f"{low} to {high}",
        )
        for name, low, high in pairs
        if (low is not None and low < 0)
        or (high is not None and high < 0)
        or (low is not None and high is not None and low > high)
    ]  # fmt: skip
