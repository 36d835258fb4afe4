"""The routing rules and broker lists in force."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.routing.state import Routing, RoutingRule
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import fact_row
from tradeoms.projections.resources_text import plain_or_none

_read: Final = msgspec.json.Decoder(Routing).decode


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


class RoutingResource(msgspec.Struct, frozen=True, kw_only=True):
    """The rules in the order in which they are tried, and the broker lists of your funds."""

    rules: list[RoutingRuleResource]
    broker_lists: dict[str, tuple[str, ...]]
    seq: int


def find_routing(link: sa.Connection, scope: Scope) -> RoutingResource:
    """What is loaded; broker lists of funds outside ``scope`` are left out."""
    row = fact_row(link, "routing")
    routing = Routing() if row is None else _read(row.value)
    return RoutingResource(
        rules=[_rule(rule) for rule in routing.rules],
        broker_lists={
            one.fund: one.destinations
            for one in routing.lists
            if scope.funds is None or one.fund in scope.funds
        },
        seq=0 if row is None else row.seq,
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
    )
