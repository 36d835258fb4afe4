"""The routing rules and broker lists in force, and what is paid of commission budgets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.reference.state import FxRate
from tradeoms.domain.routing.budget import CommissionPaid, Usage, usage
from tradeoms.domain.routing.state import Period, Routing, RoutingRule
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t
from tradeoms.projections.commissions import Commissions
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import fact_row
from tradeoms.projections.resources_text import plain_or_none

_read: Final = msgspec.json.Decoder(Routing).decode
_read_paid: Final = msgspec.json.Decoder(CommissionPaid).decode
_read_rate: Final = msgspec.json.Decoder(FxRate).decode


class RoutingRuleResource(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it was loaded; empty conditions fit every order."""

    id: str
    destinations: tuple[str, ...]
    asset_types: tuple[str, ...]
    mics: tuple[str, ...]
    funds: tuple[str, ...]
    min_quantity: str | None
    max_quantity: str | None
    min_adv_pct: str | None
    max_adv_pct: str | None
    currency: str | None
    min_value: str | None
    max_value: str | None
    below_budget_pct: str | None


class RoutingResource(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in the order in which they are tried, and the broker lists of your funds."""

    rules: list[RoutingRuleResource]
    broker_lists: dict[str, tuple[str, ...]]
    seq: int


class CommissionBudgetResource(msgspec.Struct, frozen=True, kw_only=True):
    """A budget and what is booked of it in the period that runs.

    `fund` is absent for all funds of the firm together. `paid` is absent where a currency that was
    paid in has no rate; `without_rate` names it.
    """

    destination: str
    fund: str | None
    period: Period
    of: str
    amount: str
    currency: str
    paid: str | None
    without_rate: tuple[str, ...]


class CommissionBudgetsResource(msgspec.Struct, frozen=True, kw_only=True):
    """The firm's budgets and those of your funds, in their order."""

    data: list[CommissionBudgetResource]
    seq: int


def find_routing(link: sa.Connection, scope: Scope) -> RoutingResource:
    """What is loaded; broker lists of funds outside ``scope`` are left out."""
    routing, seq = _routing(link)
    return RoutingResource(
        rules=[_rule(rule) for rule in routing.rules],
        broker_lists={
            one.fund: one.destinations
            for one in routing.lists
            if scope.funds is None or one.fund in scope.funds
        },
        seq=seq,
    )


def find_budgets(link: sa.Connection, scope: Scope, today: date) -> CommissionBudgetsResource:
    """What is paid of the budgets; those of funds outside ``scope`` are left out.

    ``today`` counts where no trading day was ever rolled.
    """
    routing, seq = _routing(link)
    rolled = fact_row(link, "trade_on")
    on = date.fromisoformat(rolled.value) if rolled is not None and rolled.value else today
    paid = Commissions()
    for (state,) in link.execute(sa.select(t.commissions.c.state)):
        paid.add(_read_paid(state))
    rates = {}
    for (state,) in link.execute(sa.select(t.rates.c.state)):
        rate = _read_rate(state)
        rates[rate.base, rate.to] = rate.rate
    used = [
        usage(
            budget,
            on=on,
            paid=paid.sums,
            rate=lambda base, to: Decimal(1) if base == to else rates.get((base, to)),
        )
        for budget in routing.budgets
        if not budget.fund or scope.funds is None or budget.fund in scope.funds
    ]
    return CommissionBudgetsResource(data=[_budget(one) for one in used], seq=seq)


def _routing(link: sa.Connection) -> tuple[Routing, int]:
    """All that is loaded, and the event that changed it last."""
    row = fact_row(link, "routing")
    return (Routing(), 0) if row is None else (_read(row.value), row.seq)


def _budget(used: Usage) -> CommissionBudgetResource:
    budget = used.budget
    return CommissionBudgetResource(
        destination=budget.destination,
        fund=budget.fund or None,
        period=budget.period,
        of=used.of,
        amount=plain(budget.amount),
        currency=budget.currency,
        paid=plain_or_none(used.paid),
        without_rate=used.without_rate,
    )


def _rule(rule: RoutingRule) -> RoutingRuleResource:
    return RoutingRuleResource(
        id=rule.id,
        destinations=rule.destinations,
        asset_types=rule.asset_types,
        mics=rule.mics,
        funds=rule.funds,
        min_quantity=plain_or_none(rule.min_quantity),
        max_quantity=plain_or_none(rule.max_quantity),
        min_adv_pct=plain_or_none(rule.min_adv_pct),
        max_adv_pct=plain_or_none(rule.max_adv_pct),
        currency=rule.currency or None,
        min_value=plain_or_none(rule.min_value),
        max_value=plain_or_none(rule.max_value),
        below_budget_pct=plain_or_none(rule.below_budget_pct),
    )
