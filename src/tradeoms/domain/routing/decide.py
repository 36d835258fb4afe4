"""Decides which routing data is sound, and where an order goes by it or against it."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum, unique

from tradeoms.domain.order.state import Order
from tradeoms.domain.routing import commands as c
from tradeoms.domain.routing import events as e
from tradeoms.domain.routing.propose import Proposal, restricted_for
from tradeoms.domain.routing.state import Routing, RoutingRule
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal, reject
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import is_code, is_printable


@unique
class RoutingRejection(StrEnum):
    """Why a request about routing was refused. Declared in the order the checks run."""

    ROUTING_NAME_INVALID = "routing_name_invalid"
    ROUTING_ROW_TWICE = "routing_row_twice"
    ROUTING_DESTINATION_UNKNOWN = "routing_destination_unknown"
    ROUTING_FUND_UNKNOWN = "routing_fund_unknown"
    ROUTING_RANGE = "routing_range"
    ROUTING_CURRENCY = "routing_currency"
    BUDGET_AMOUNT = "budget_amount"
    BROKER_RESTRICTED = "broker_restricted"
    ROUTING_REASON_MISSING = "routing_reason_missing"
    NO_ROUTE = "no_route"


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


def decide_load_budgets(
    command: c.LoadCommissionBudgets,
    *,
    funds: Collection[str],
    destinations: Collection[str],
    stamp: Stamp,
) -> list[e.CommissionBudgetsLoaded] | Rejected:
    """Set the commission budgets; every reason against them is told at once."""
    code = RoutingRejection
    refusals: list[Refusal] = []
    known: set[tuple[str, str, str]] = set()
    for number, one in enumerate(command.budgets):
        field = f"budgets/{number}"
        key = (one.destination, one.fund, one.period)
        if key in known:
            detail = "destination, fund and period stand there twice"
            value = " ".join(part for part in key if part)
            refusals.append(refusal(code.ROUTING_ROW_TWICE, detail, field, value))
        known.add(key)
        named = (one.fund,) if one.fund else ()
        refusals += _unknown(field, (one.destination,), named, funds, destinations)
        if one.amount <= 0:
            detail, value = "above zero", plain(one.amount)
            refusals.append(refusal(code.BUDGET_AMOUNT, detail, f"{field}/amount", value))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return [e.CommissionBudgetsLoaded(budgets=command.budgets, loaded_by=stamp.actor, at=stamp.at)]


def refuse_destination(order: Order, routing: Routing, destination: str) -> Rejected | None:
    """Refuse a destination that a fund of the order may not use, whoever asks and however."""
    funds = restricted_for(order, routing, destination)
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
        because=proposal.because,
        routed_by=stamp.actor,
        at=stamp.at,
    )


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
        ("value", rule.min_value, rule.max_value),
    )
    found = []
    below = rule.below_budget_pct
    if below is not None and below <= 0:
        place, detail = f"{field}/below_budget_pct", "above zero"
        found.append(refusal(RoutingRejection.ROUTING_RANGE, detail, place, plain(below)))
    if (rule.min_value is None and rule.max_value is None) != (not rule.currency):
        place, detail = f"{field}/currency", "a value has a currency, and nothing else has one"
        found.append(refusal(RoutingRejection.ROUTING_CURRENCY, detail, place, rule.currency))
    return found + [
        refusal(
            RoutingRejection.ROUTING_RANGE, "0 or more, the least not above the most",
            f"{field}/min_{name}", f"{low} to {high}",
        )
        for name, low, high in pairs
        if (low is not None and low < 0)
        or (high is not None and high < 0)
        or (low is not None and high is not None and low > high)
    ]  # fmt: skip
