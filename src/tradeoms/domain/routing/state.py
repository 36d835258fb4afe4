"""Routing rules, broker lists and commission budgets, as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingRule:
    """Sends orders that fit to the first of its destinations that may be used.

    Empty tuples, empty texts and `None` fit every order.

    Attributes:
        asset_types: Of the security.
        mics: Market of the security.
        funds: The order is for these funds alone.
        min_quantity: Units of the order, at least. `max_quantity`: at most.
        min_adv_pct: Percent of the average daily volume that the order is, at least.
            `max_adv_pct`: at most. A security without a volume fits no rule that asks.
        destinations: In order of preference.
        currency: Of `min_value` and `max_value`, ISO 4217.
        min_value: What the order is worth, at least. `max_value`: at most. An order of which price
            or rate is not known fits no rule that asks.
        below_budget_pct: A destination counts while less than this percent of each of its
            commission budgets is used, the firm's and those of the order's funds; the rule fits
            while one destination counts. Without a budget none does.
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
    currency: str = ""
    min_value: Decimal | None = None
    max_value: Decimal | None = None
    below_budget_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerList:
    """The destinations that a fund may use; a fund without a list may use every one."""

    fund: str
    destinations: tuple[str, ...]


@unique
class Period(StrEnum):
    """How long a budget is for, by the calendar; the next one starts at nothing paid."""

    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommissionBudget:
    """What a destination is to be paid in commissions in one period.

    Attributes:
        amount: Money of `currency`, positive.
        fund: Paid by this fund; empty for all funds of the firm together.
    """

    destination: str
    amount: Decimal
    currency: str
    period: Period
    fund: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """All that is loaded: the rules in the order in which they are tried, lists by fund."""

    rules: tuple[RoutingRule, ...] = ()
    lists: tuple[BrokerList, ...] = ()
    budgets: tuple[CommissionBudget, ...] = ()
