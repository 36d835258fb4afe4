"""Requests about routing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradeoms.domain.routing.state import BrokerList, CommissionBudget, RoutingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadRoutingRules:
    """Set the rules, in place of all there are; tried in this order."""

    rules: tuple[RoutingRule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBrokerLists:
    """Set the brokers of each fund named, in place of all lists there are."""

    lists: tuple[BrokerList, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCommissionBudgets:
    """Set the commission budgets, in place of all there are."""

    budgets: tuple[CommissionBudget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOrder:
    """Ask where an order should go, and send it there where `place`.

    Attributes:
        quantity: Units to place; all that is not placed, if `None`.
        destination: Somewhere else than the rules propose; needs a `reason`.
    """

    order_id: str
    place: bool = False
    quantity: Decimal | None = None
    destination: str = ""
    reason: str = ""
