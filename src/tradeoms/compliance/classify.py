"""Why a holding is over its limit: a counterfactual, computed.

The quantities of the last compliant run are put at today's prices and net asset value. Where they
would comply, our own trades broke the limit (active); where they would be over it as far or more,
the market did (passive); where they would be over it but less far, both did, and the breach is
handled as active (CSSF 24/856; Directive 2009/65/EC art. 57(2)).

`attribute` also says how much of the change since then each cause made. The causes are let in one
after the other, in the order of `Cause`: the rule as it is now, reference data, prices, rates, the
flow of money, and last our trades. What a cause is given is the change of the excess when it is let
in, so that the shares add up to the whole change, exactly. Flow is whatever moved net asset value,
total assets and cash beside prices and rates, trades being taken at today's marks: subscriptions,
redemptions, income, fees, and the gain or loss of a trade against the mark.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from tradeoms.compliance.base import Base
from tradeoms.compliance.exact import exact_text
from tradeoms.compliance.facts import NOTHING, Facts
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.statecheck import excess_of, state_of
from tradeoms.domain.case.findings import BreachKind, Cause, Classification, Share
from tradeoms.domain.evaluation import FundFacts, Outcome, SecurityFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was known at the last compliant run.

    Attributes:
        base: Its numbers.
        rule: The rule as it was; None where it was not in force.
        securities: Reference data that differed, by id; `funds` likewise.
    """

    base: Base
    rule: Rule | None
    securities: Mapping[str, SecurityFacts]
    funds: Mapping[str, FundFacts]


def classify(
    facts: Facts,
    compliant: Mapping[str, Mapping[str, Decimal]],
    rule: Rule,
    fund: FundFacts,
    today: date,
) -> dict[str | None, BreachKind]:
    """Return the cause of every breach of ``rule`` in ``fund``, by cell.

    Args:
        facts: What is known now.
        compliant: Quantities at the last compliant run, by fund and security.
        rule: The rule.
        fund: The fund.
        today: Date of the run.
    """
    then = replace(facts, positions={name: dict(held) for name, held in compliant.items()})
    found: dict[str | None, BreachKind] = {}
    order = list(BreachKind)
    for cell in state_of(facts, rule, fund, today):
        if cell.outcome is Outcome.BREACH:
            kind = _kind(cell, _cell(then, rule, fund, today, cell))
            known = found.get(cell.key, kind)
            found[cell.key] = max(known, kind, key=order.index)
    return found


def _cell(facts: Facts, rule: Rule, fund: FundFacts, today: date, now: CellResult) -> CellResult:
    """The cell ``now`` in another world; one that does not exist there holds nothing."""
    for cell in state_of(facts, rule, fund, today, also=now.key, only=(now.key,)):
        if cell.key == now.key and cell.bound in (now.bound, None):
            return cell
    return replace(now, outcome=Outcome.PASS, num_before=NOTHING, num_after=NOTHING)


def _kind(now: CellResult, then: CellResult) -> BreachKind:
    """Whose doing it is: ``then`` is the cell at the old quantities and everything else of now."""
    before, after = excess_of(then), excess_of(now)
    if then.outcome is not Outcome.BREACH or before is None or after is None:
        return BreachKind.ACTIVE
    return BreachKind.PASSIVE if after <= before else BreachKind.PASSIVE_AGGRAVATED


def attribute(  # noqa: PLR0913  # two worlds, and the cell
    facts: Facts,
    past: Past,
    rule: Rule,
    fund: FundFacts,
    today: date,
    *,
    now: CellResult,
    base_run: str,
) -> Classification:
    """Return whose doing the breach ``now`` is, and how much each cause made of it.

    Where a number of then is missing, nothing is attributed and the breach counts as active.
    """
    old_rule = past.rule or rule
    cells = []
    for cause, world in _worlds(facts, past):
        own = old_rule if cause is None else rule
        cells.append(_cell(world, own, world.funds[fund.id], today, now))
    amounts = [excess_of(cell) for cell in cells]
    if past.rule is None and amounts[0] is not None:
        amounts[0] = min(amounts[0], NOTHING)  # nothing was exceeded before there was a rule
    amounts.append(excess_of(now))
    if any(amount is None for amount in amounts):
        return Classification(
            kind=BreachKind.ACTIVE, base_run=base_run, note="a number of then or now is missing"
        )
    known = [amount for amount in amounts if amount is not None]
    changes = [after - before for before, after in itertools.pairwise(known)]
    return Classification(
        kind=_kind(now, cells[-1]),
        base_run=base_run,
        base_excess=_say(known[0]),
        shares=tuple(
            Share(cause=cause, amount=_say(change))
            for cause, change in zip(Cause, changes, strict=True)
        ),
    )


def _say(amount: Fraction) -> str:
    return exact_text(amount) or "0"


def _worlds(facts: Facts, past: Past) -> list[tuple[Cause | None, Facts]]:
    """The worlds between then and now: each lets one cause more in; the trades are still to come.

    The first is then, the second differs by the rule alone.
    """
    base = past.base
    then = Facts(
        funds={**facts.funds, **_with_scalars(past.funds, base, facts)},
        securities={**facts.securities, **past.securities},
        prices={name: (price, None) for name, price in base.prices.items()},
        fx=dict(base.fx),
        lists=facts.lists,
        positions={fund: dict(held) for fund, held in base.positions.items()},
        cash={fund: dict(held) for fund, held in base.cash.items()},
        outside=facts.outside,
    )
    with_data = _again(
        then,
        securities=facts.securities,
        funds={**facts.funds, **_with_scalars({}, base, facts)},
    )
    priced = _again(with_data, prices=facts.prices)
    priced = _again(priced, funds=_moved(with_data, priced))
    exchanged = _again(priced, fx=facts.fx)
    exchanged = _again(exchanged, funds=_moved(priced, exchanged))
    flowed = _again(exchanged, funds=facts.funds, cash=_cash_without_trades(facts, base))
    return [
        (None, then), (Cause.RULE, then), (Cause.DATA, with_data), (Cause.PRICE, priced),
        (Cause.FX, exchanged), (Cause.FLOW, flowed),
    ]  # fmt: skip


def _again(facts: Facts, **changes: object) -> Facts:
    """A copy with other facts, which remembers no value of a unit."""
    return replace(facts, _units={}, **changes)  # type: ignore[arg-type]  # fields of Facts


def _with_scalars(old: Mapping[str, FundFacts], base: Base, facts: Facts) -> dict[str, FundFacts]:
    """The funds of the base with its net asset values."""
    return {
        name: replace(
            old.get(name, facts.funds[name]), nav=nav, total_assets=base.total_assets[name]
        )
        for name, nav in base.nav.items()
    }


def _moved(before: Facts, after: Facts) -> dict[str, FundFacts]:
    """The funds with what the same holdings gained or lost from ``before`` to ``after``."""
    funds = dict(after.funds)
    for name in before.positions:
        fund = funds[name]
        old, new = _worth(before, name, fund.currency), _worth(after, name, fund.currency)
        gain = None if old is None or new is None else new - old
        funds[name] = replace(
            fund, nav=_plus(fund.nav, gain), total_assets=_plus(fund.total_assets, gain)
        )
    return funds


def _plus(amount: Decimal | None, gain: Fraction | None) -> Decimal | None:
    """The amount after a gain, exactly: fractions stay fractions, which all sums are made of."""
    if amount is None or gain is None:
        return None
    return Fraction(amount) + gain  # type: ignore[return-value]  # a number all the same


def _worth(facts: Facts, fund: str, currency: str) -> Fraction | None:
    """Cash and holdings of a fund; None where a price or rate is missing."""
    total = facts.cash_in((fund,), currency) if fund in facts.cash else NOTHING
    if total is None:
        return None
    for security, quantity in facts.held(fund).items():
        unit = facts.unit("mv", security, currency)
        if unit is None:
            return None
        total += Fraction(quantity) * unit
    return total


def _cash_without_trades(facts: Facts, base: Base) -> dict[str, dict[str, Decimal]]:
    """Cash of now, had nothing been traded since: what trades moved is put back at the marks."""
    found = {}
    for fund, held in base.positions.items():
        cash = dict(facts.cash.get(fund, {}))
        now = facts.held(fund)
        for security in {*held, *now}:
            change = now.get(security, Decimal(0)) - held.get(security, Decimal(0))
            price = facts.price(security)
            if change and price is not None:
                one = facts.securities[security]
                worth = change * (price + one.accrued) * one.factor
                cash[one.currency] = cash.get(one.currency, Decimal(0)) + worth
        found[fund] = cash
    return found
