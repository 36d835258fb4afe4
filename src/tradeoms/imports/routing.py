"""Routing rules and broker lists from files."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.routing.commands import LoadBrokerLists, LoadRoutingRules
from tradeoms.domain.routing.state import BrokerList, RoutingRule
from tradeoms.imports.cells import Once, each, in_order
from tradeoms.imports.rows import Format, RowError
from tradeoms.kernel.numbers import ZERO

RULE_REQUIRED: Final = ("id", "destinations")
RULE_OPTIONAL: Final = (
    "asset_types", "mics", "funds", "min_quantity", "max_quantity", "min_adv_pct", "max_adv_pct",
)  # fmt: skip
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
