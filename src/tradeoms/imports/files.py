"""A file of any kind becomes the one command that loads it, or the list of what is wrong with it.

Command line and REST read files with this, so that a file means the same wherever it comes in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.compliance.rule_cases import read_cases
from tradeoms.domain.reference.commands import LoadPrices
from tradeoms.domain.reference.state import Security
from tradeoms.domain.ruleset.commands import DefineRules
from tradeoms.imports.allocation import read_allocation_policies, read_charges
from tradeoms.imports.approvals import read_approval_limits
from tradeoms.imports.calendar import CalendarUnknown, is_session
from tradeoms.imports.custom import read_custom_fields
from tradeoms.imports.funds import read_destinations, read_funds
from tradeoms.imports.lists import read_lists
from tradeoms.imports.outside import (
    read_benchmarks,
    read_constituents,
    read_figures,
    read_issuers,
    read_offerings,
    read_reported,
)
from tradeoms.imports.positions import read_positions
from tradeoms.imports.prices import read_prices
from tradeoms.imports.routing import (
    read_broker_lists,
    read_commission_budgets,
    read_routing_rules,
)
from tradeoms.imports.rows import Format, RowError
from tradeoms.imports.rules import read_rules
from tradeoms.imports.securities import read_securities
from tradeoms.imports.users import read_users
from tradeoms.projections import tables as t

_security = msgspec.json.Decoder(Security)
#: Is told of what may be a mistake and does not stop a load.
Warn = Callable[[str], None]


class Kind(StrEnum):
    """What can be loaded."""

    FUNDS = "funds"
    SECURITIES = "securities"
    POSITIONS = "positions"
    PRICES = "prices"
    DESTINATIONS = "destinations"
    USERS = "users"
    RULES = "rules"
    ROUTING_RULES = "routing-rules"
    BROKER_LISTS = "broker-lists"
    COMMISSION_BUDGETS = "commission-budgets"
    ALLOCATION_POLICIES = "allocation-policies"
    CHARGES = "charges"
    ORDERS = "orders"
    ISSUERS = "issuers"
    OFFERINGS = "offerings"
    FIGURES = "figures"
    REPORTED = "reported"
    BENCHMARKS = "benchmarks"
    CONSTITUENTS = "constituents"
    LISTS = "lists"
    CUSTOM_FIELDS = "custom-fields"
    APPROVAL_LIMITS = "approval-limits"


#: What reads the files that name no security.
_PLAIN: Final[dict[Kind, Callable[..., object]]] = {
    Kind.FUNDS: read_funds,
    Kind.DESTINATIONS: read_destinations,
    Kind.USERS: read_users,
    Kind.ISSUERS: read_issuers,
    Kind.FIGURES: read_figures,
    Kind.REPORTED: read_reported,
    Kind.BENCHMARKS: read_benchmarks,
    Kind.ROUTING_RULES: read_routing_rules,
    Kind.BROKER_LISTS: read_broker_lists,
    Kind.COMMISSION_BUDGETS: read_commission_budgets,
    Kind.ALLOCATION_POLICIES: read_allocation_policies,
    Kind.CHARGES: read_charges,
    Kind.CUSTOM_FIELDS: read_custom_fields,
    Kind.APPROVAL_LIMITS: read_approval_limits,
}


@dataclass(frozen=True, slots=True)
class Known:
    """The securities that are loaded: id by (scheme, value), price currency and market by id."""

    ids: dict[tuple[str, str], str]
    currencies: dict[str, str]
    mics: dict[str, str]

    def resolve(self, scheme: str, value: str) -> str | None:
        """The id of a security."""
        return value if value in self.currencies else self.ids.get((scheme, value))


def known_securities(engine: sa.Engine) -> Known:
    """Read all securities at once: a file of positions asks for each of them."""
    with engine.connect() as link:
        ids = {
            (row.scheme, row.value): row.security_id
            for row in link.execute(sa.select(t.identifiers))
        }
        states = link.execute(sa.select(t.securities.c.state)).scalars()
        securities = [_security.decode(state) for state in states]
    return Known(
        ids=ids,
        currencies={one.id: one.currency for one in securities},
        mics={one.id: one.mic for one in securities},
    )


def read(
    kind: Kind,
    text: str,
    form: Format,
    *,
    known: Callable[[], Known],
    as_of: date | None,
    warn: Warn,
) -> object:
    """The command that loads ``text``, or a list of what is wrong with it."""
    if kind in _PLAIN:
        return _PLAIN[kind](text, format=form)
    match kind:
        case Kind.SECURITIES:
            return read_securities(text, format=form, warn=lambda e: warn(f"line {describe(e)}"))
        case Kind.RULES:
            rules = read_rules(text, format=form, resolve=known().resolve)
            if isinstance(rules, DefineRules):
                _warn_of_cases(rules, warn)
            return rules
        case Kind.OFFERINGS:
            return read_offerings(text, format=form, resolve=known().resolve)
        case Kind.LISTS:
            return read_lists(text, format=form, resolve=known().resolve)
        case Kind.CONSTITUENTS:
            return read_constituents(text, format=form, resolve=known().resolve, warn=warn)
        case Kind.PRICES:
            found = known()
            prices = read_prices(text, format=form, resolve=found.resolve)
            if isinstance(prices, LoadPrices):
                _warn_of_days(prices, found, warn)
            return prices
        case _:
            found = known()
            return read_positions(
                text,
                format=form,
                resolve=found.resolve,
                currency_of=found.currencies.get,
                as_of=as_of,
            )


def describe(error: RowError) -> str:
    """One line for an error: line, column, value, reason, code."""
    column = f" {error.column}:" if error.column else ""
    value = f" {error.value!r}:" if error.value else ""
    return f"{error.row}:{column}{value} {error.reason} [{error.code}]"


def _warn_of_cases(rules: DefineRules, warn: Warn) -> None:
    """Tell of rules that can be loaded as they are, and not be put in force."""
    for one in rules.rules:
        if not read_cases(one.cases):
            warn(
                f"{one.rule_id}@{one.version} carries no cases, and cannot be put in force without"
            )


def _warn_of_days(prices: LoadPrices, known: Known, warn: Warn) -> None:
    """Tell of prices dated on a day without trading: most often a mistyped date."""
    for mic, day in sorted({(known.mics[one.security_id], one.as_of) for one in prices.prices}):
        try:
            trades = is_session(mic, day)
        except CalendarUnknown:
            continue
        if not trades:
            warn(f"prices of {day}, on which {mic} did not trade")
