"""Routing rules and broker lists, as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Sends orders that fit to the first of its destinations that may be used.

    Empty tuples and `None` fit every order.

    Attributes:
        asset_types: Of the security.
        mics: Market of the security.
        funds: The order is for these funds alone.
        min_quantity: Units of the order, at least. `max_quantity`: at most.
        min_adv_pct: Percent of the average daily volume that the order is, at least.
            `max_adv_pct`: at most. A security without a volume fits no rule that asks.
        destinations: In order of preference.
    """

    id: str
    destinations: tuple[str, ...]
    asset_types: tuple[str, ...] = ()
    mics: tuple[str, ...] = ()
    funds: tuple[str, ...] = ()
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    min_adv_pct: Decimal | None = None
    max_adv_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerList:
    """The destinations that a fund may use; a fund without a list may use every one."""

    fund: str
    destinations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All that is loaded: the rules in the order in which they are tried, lists by fund."""

    rules: tuple[RoutingRule, ...] = ()
    lists: tuple[BrokerList, ...] = ()
