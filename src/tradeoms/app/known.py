"""What the book knows, in the words in which compliance asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from tradeoms.compliance.outside import Figure as KnownFigure
from tradeoms.compliance.outside import Offering as KnownOffering
from tradeoms.compliance.outside import Outside, PastTrade
from tradeoms.domain.evaluation import Candidate, FundFacts, SecurityFacts
from tradeoms.domain.evaluation import Leg as EvaluationLeg
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order
from tradeoms.domain.outside.state import (
    Benchmark,
    Constituents,
    Figure,
    IssuerAmount,
    Kept,
    Offering,
    OutsideFact,
    ReportedShare,
)
from tradeoms.domain.reference.state import Fund, Security
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.queries_trades import Traded


def net_value(fund: Fund, assets: Decimal | None) -> Decimal | None:
    """What the accountant struck, else what the liabilities leave of ``assets``."""
    if fund.nav is not None or assets is None:
        return fund.nav
    owed = fund.borrowings if fund.debt is None else fund.debt
    return assets - owed - (fund.other_liabilities or ZERO)


def past_trade(traded: Traded) -> PastTrade:
    """A trade of ours; whether it was in regular hours is not known, so it lifts no bar."""
    return PastTrade(
        on=traded.on,
        fund_id=traded.fund,
        security_id=traded.security_id,
        side=traded.side,
        quantity=traded.quantity,
        regular_hours=False,
    )


def set_outside(outside: Outside, fact: OutsideFact) -> None:
    """Keep a fact from outside in place of the one before."""
    match fact:
        case IssuerAmount():
            for kept in (outside.issuers, outside.underlyings):
                kept.setdefault(fact.issuer, {})[fact.name] = fact.amount
        case Offering():
            outside.offerings[fact.security_id] = KnownOffering(
                security_id=fact.security_id,
                pricing_date=fact.pricing_date,
                restricted_from=fact.restricted_from,
            )
        case Figure():
            outside.figures[fact.name, fact.fund] = KnownFigure(value=fact.value, at=fact.at)
        case ReportedShare():
            outside.reported[fact.rule, fact.cell] = fact.share
        case Benchmark() | Constituents():
            pass  # part of its fund, of its security


def fund_facts(fund: Fund, benchmark: Mapping[str, Decimal]) -> FundFacts:
    """What rules may ask of a fund; its values are struck apart."""
    return FundFacts(
        id=fund.code,
        currency=fund.currency,
        groups=fund.groups,
        family=fund.family or None,
        regimes=fund.regimes,
        borrowings=fund.borrowings,
        debt=fund.debt,
        other_liabilities=fund.other_liabilities,
        personal=fund.personal,
        authorised_on=fund.authorised_on,
        benchmark=benchmark,
    )


def security_facts(security: Security, outside: Mapping[str, Kept]) -> SecurityFacts:
    """What rules may ask of a security; its constituents are one of the facts from ``outside``."""
    inside = outside.get(f"constituents:{security.id}")
    known = inside if isinstance(inside, Constituents) else None
    attributes: dict[str, object] = {**dict(security.attributes), **dict(security.identifiers)}
    return SecurityFacts(
        id=security.id,
        currency=security.currency,
        lot=security.lot,
        factor=security.factor,
        asset_type=security.asset_type or None,
        issuer=security.issuer or None,
        ultimate_parent=security.ultimate_parent or None,
        sector=security.sector or None,
        industry=security.industry or None,
        country=security.country or None,
        mic=security.mic or None,
        shares_outstanding=security.shares_outstanding,
        adv=security.adv,
        constituents_by={} if known is None else known.grouped,
        constituents_on=None if known is None else known.as_of,
        attributes={**attributes, "symbol": security.symbol},
    )


def leg_of(leg: Leg) -> EvaluationLeg:
    """A leg as compliance is asked about it."""
    return EvaluationLeg(fund_id=leg.fund, quantity=leg.quantity)


def candidate_of(order: Order, legs: tuple[EvaluationLeg, ...]) -> Candidate:
    """An order as compliance is asked about it, with these legs."""
    return Candidate(
        order_id=order.id,
        security_id=order.security_id,
        side=order.side,
        legs=legs,
        order_type=order.order_type.value,
        limit_price=order.limit_price,
        venue=order.venue,
        cross_with=order.cross_with or None,
    )
