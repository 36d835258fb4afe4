"""How a fund stands now: what it is exposed to, and how near each of its limits is.

Exact, from the settled book of a replica; open orders do not count. What has no price or no rate
makes a sum unknown, and is named. Amounts are in the fund's base currency.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from fractions import Fraction
from typing import Final

from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.contributing import parts_of
from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.question import effective, fund_tested
from tradeoms.compliance.schema.orders import OrderRule
from tradeoms.compliance.statecheck import Verdict, level_of, settled, state_of, worst_by_cell
from tradeoms.domain.evaluation import FundFacts
from tradeoms.domain.reference.state import Security


@unique
class ExposureBy(StrEnum):
    """What holdings are put together by."""

    SECTOR = "sector"
    INDUSTRY = "industry"
    COUNTRY = "country"
    CURRENCY = "currency"
    ASSET_TYPE = "asset_type"
    ISSUER = "issuer"
    SECURITY = "security"


_KEY: Final[Mapping[ExposureBy, Callable[[Security], str]]] = {
    ExposureBy.SECTOR: lambda one: one.sector,
    ExposureBy.INDUSTRY: lambda one: one.industry,
    ExposureBy.COUNTRY: lambda one: one.country,
    ExposureBy.CURRENCY: lambda one: one.currency,
    ExposureBy.ASSET_TYPE: lambda one: one.asset_type,
    ExposureBy.ISSUER: lambda one: one.issuer,
    ExposureBy.SECURITY: lambda one: f"{one.symbol}.{one.mic}",
}


@dataclass(slots=True)
class Exposure:
    """Market value held in one group; `short` is not positive."""

    long: Fraction = NOTHING
    short: Fraction = NOTHING
    holdings: int = 0

    @property
    def net(self) -> Fraction:
        """Long less what is short."""
        return self.long + self.short


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposures:
    """What a fund holds, by group; `unpriced` names the securities that are in no group."""

    currency: str
    nav: Fraction | None
    cash: Fraction | None
    groups: Mapping[str, Exposure]
    unpriced: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellUse:
    """One cell of one rule as it stands; `used` is the share of the limit that is taken."""

    entity: str
    verdict: Verdict
    used: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one holding adds to a cell, in the measure of the rule; `value` None: not known."""

    security: Security
    quantity: Fraction
    value: Fraction | None


def exposures(pretrade: Pretrade, fund: str, by: ExposureBy) -> Exposures:
    """Put the holdings of ``fund`` together.

    Raises:
        LookupError: If the fund does not exist.
    """
    facts = pretrade.compliance.facts
    known = _fund(facts, fund)
    groups: dict[str, Exposure] = {}
    unpriced = []
    for security_id, quantity in facts.held(fund).items():
        if not quantity:
            continue
        security = pretrade.book.securities[security_id]
        unit = facts.unit("mv", security_id, known.currency)
        if unit is None:
            unpriced.append(f"{security.symbol}.{security.mic}")
            continue
        group = groups.setdefault(_KEY[by](security), Exposure())
        value = Fraction(quantity) * unit
        group.long += max(value, NOTHING)
        group.short += min(value, NOTHING)
        group.holdings += 1
    return Exposures(
        currency=known.currency,
        nav=None if known.nav is None else Fraction(known.nav),
        cash=facts.cash_in((fund,), known.currency),
        groups=groups,
        unpriced=tuple(sorted(unpriced)),
    )


def limits(pretrade: Pretrade, fund: str, today: date) -> list[CellUse]:
    """Measure every cell of every rule in force that has a state in ``fund``, worst first.

    Raises:
        LookupError: If the fund does not exist.
    """
    facts = settled(pretrade.compliance.facts)
    known = _fund(facts, fund)
    found: list[CellUse] = []
    for rule in pretrade.compliance.rules:
        if isinstance(rule, OrderRule) or not effective(rule, today):
            continue
        place = facts.level_of(known, level_of(rule)) if fund_tested(rule, known, today) else None
        if place is not None:
            found += _cells(facts, rule, fund, place[0], today)
    return sorted(found, key=_nearness)


def contributions(
    pretrade: Pretrade, fund: str, rule_id: str, cell: str | None, today: date
) -> list[Contribution]:
    """Return the holdings of ``fund`` that make up a cell of a rule in force, the largest first.

    Raises:
        LookupError: If fund or rule do not exist.
        NoSuchCell: If the rule has no such cell, or nobody knows what is in it.
        NoHoldings: If its cells are not made up of holdings.
    """
    facts = settled(pretrade.compliance.facts)
    known = _fund(facts, fund)
    written = next((rule for rule in pretrade.compliance.rules if rule.id == rule_id), None)
    if written is None:
        message = f"no rule {rule_id} is in force"
        raise LookupError(message)
    found = [
        Contribution(
            security=pretrade.book.securities[one.security_id],
            quantity=one.quantity,
            value=one.value,
        )
        for one in parts_of(facts, evaluated(written, today), known, cell, today)
    ]
    return sorted(found, key=lambda one: -abs(one.value or NOTHING))


def _cells(facts: Facts, rule: Rule, fund: str, entity: str, today: date) -> Iterator[CellUse]:
    results = state_of(facts, rule, facts.funds[fund], today)
    for verdict in worst_by_cell(rule, results):
        yield CellUse(entity=entity, verdict=verdict, used=_used(verdict))


def _used(verdict: Verdict) -> Fraction | None:
    """Share of the limit that is taken, above 1 where it is broken; None where it has no share."""
    result = verdict.result
    if result.num_after is None or result.den_after is None or result.limit is None:
        return None
    line = result.limit * result.den_after
    part, whole = (result.num_after, line) if result.bound == "max" else (line, result.num_after)
    return part / whole if whole > 0 and part >= 0 else None


def _nearness(cell: CellUse) -> tuple[int, Fraction, str, str]:
    used = NOTHING if cell.used is None else cell.used
    verdict = cell.verdict
    return (-verdict.result.outcome.badness, -used, verdict.rule.id, verdict.key or "")


def _fund(facts: Facts, fund: str) -> FundFacts:
    found = facts.funds.get(fund)
    if found is None:
        message = f"no fund {fund}"
        raise LookupError(message)
    return found
