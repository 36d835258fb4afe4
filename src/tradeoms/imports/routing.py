"""Routing rules, broker lists and commission budgets from files."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.routing.commands import (
    LoadBrokerLists,
    LoadCommissionBudgets,
    LoadRoutingRules,
)
from tradeoms.domain.routing.state import BrokerList, CommissionBudget, Period, RoutingRule
from tradeoms.imports.cells import Once, each, in_order, word
from tradeoms.imports.rows import Format, RowError
from tradeoms.kernel.numbers import ZERO

RULE_REQUIRED: Final = ("id", "destinations")
RULE_OPTIONAL: Final = (
    "asset_types", "mics", "funds", "min_quantity", "max_quantity", "min_adv_pct", "max_adv_pct",
    "currency", "min_value", "max_value", "below_budget_pct",
)  # fmt: skip
BUDGET_REQUIRED: Final = ("destination", "amount", "currency", "period")
BUDGET_OPTIONAL: Final = ("fund",)
LIST_REQUIRED: Final = ("fund", "destinations")


def read_routing_rules(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadRoutingRules | list[RowError]:
    """Read a file of routing rules, tried in the order of its rows."""
    errors: list[RowError] = []
    once = Once()
    rules = []
    for cells in each(text, format, required=RULE_REQUIRED, optional=RULE_OPTIONAL, errors=errors):
        name = cells.code("id")
        once.check(cells, "id", name)
        rules.append(
            RoutingRule(
                id=name,
                destinations=cells.codes("destinations"),
                asset_types=cells.codes("asset_types"),
                mics=cells.codes("mics"),
                funds=cells.codes("funds"),
                min_quantity=cells.number("min_quantity", least=ZERO),
                max_quantity=cells.number("max_quantity", least=ZERO),
                min_adv_pct=cells.number("min_adv_pct", least=ZERO),
                max_adv_pct=cells.number("max_adv_pct", least=ZERO),
                currency=cells.currency("currency") if cells.text("currency") else "",
                min_value=cells.number("min_value", least=ZERO),
                max_value=cells.number("max_value", least=ZERO),
                below_budget_pct=cells.number("below_budget_pct", least=ZERO),
            )
        )
    return in_order(errors) or LoadRoutingRules(rules=tuple(rules))


def read_broker_lists(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadBrokerLists | list[RowError]:
    """Read a file of the brokers that funds may use."""
    errors: list[RowError] = []
    once = Once()
    lists = []
    for cells in each(text, format, required=LIST_REQUIRED, errors=errors):
        fund = cells.code("fund")
        once.check(cells, "fund", fund)
        lists.append(BrokerList(fund=fund, destinations=cells.codes("destinations")))
    return in_order(errors) or LoadBrokerLists(lists=tuple(lists))


def read_commission_budgets(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadCommissionBudgets | list[RowError]:
    """Read a file of what destinations are to be paid in commissions."""
    errors: list[RowError] = []
    once = Once()
    budgets = []
    for cells in each(
        text, format, required=BUDGET_REQUIRED, optional=BUDGET_OPTIONAL, errors=errors
    ):
        budget = CommissionBudget(
            destination=cells.code("destination"),
            fund=cells.code("fund", needed=False),
            amount=cells.needed_number("amount", least=ZERO),
            currency=cells.currency("currency"),
            period=word(cells, "period", Period, Period.YEAR),
        )
        once.check(cells, "destination", (budget.destination, budget.fund, budget.period))
        budgets.append(budget)
    return in_order(errors) or LoadCommissionBudgets(budgets=tuple(budgets))
