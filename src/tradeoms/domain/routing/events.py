"""What happened to routing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.routing.state import BrokerList, CommissionBudget, RoutingRule


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRulesLoaded:
    """From now on orders are routed by these rules."""

    rules: tuple[RoutingRule, ...]
    loaded_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerListsLoaded:
    """From now on the funds may use these destinations only."""

    lists: tuple[BrokerList, ...]
    loaded_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionBudgetsLoaded:
    """From now on these are the commission budgets."""

    budgets: tuple[CommissionBudget, ...]
    loaded_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRouted:
    """An order was sent where the rules propose, or somewhere else for a reason.

    Attributes:
        rule: The rule that proposed; empty where none fits.
        proposed: Where it would go by the rules; empty for nowhere.
        destination: Where it went.
        reason: Why somewhere else; empty where the proposal was taken.
        because: The figures by which the rule fits; empty where none does, or it asks for none.
    """

    order_id: str
    rule: str
    proposed: str
    destination: str
    reason: str
    routed_by: str
    at: datetime
    because: str = ""


RoutingEvent = RoutingRulesLoaded | BrokerListsLoaded | CommissionBudgetsLoaded | OrderRouted
