"""Why a holding is over its limit: a counterfactual, computed.

The quantities of the last compliant run are put at today's prices and net asset value. Where they
would comply, our own trades broke the limit (active); where they would be over it as far or more,
the market did (passive); where they would be over it but less far, both did, and the breach is
handled as active (CSSF 24/856; Directive 2009/65/EC art. 57(2)).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction

from tradeoms.compliance.facts import Facts
from tradeoms.compliance.kinds import ratio
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.domain.evaluation import FundFacts


@unique
class BreachClass(StrEnum):
    """Cause of a breach, declared from none to worst."""

    NONE = "none"
    PASSIVE = "passive"
    PASSIVE_AGGRAVATED = "passive_aggravated"
    ACTIVE = "active"


def classify(
    facts: Facts,
    compliant: Mapping[str, Mapping[str, Decimal]],
    rule: RatioRule,
    fund: FundFacts,
    today: date,
) -> dict[str | None, BreachClass]:
    """Return the cause of every breach of ``rule`` in ``fund``, by cell.

    Args:
        facts: What is known now.
        compliant: Quantities at the last compliant run, by fund and security.
        rule: The rule.
        fund: The fund.
        today: Date of the run.
    """
    then = replace(facts, positions={name: dict(held) for name, held in compliant.items()})
    found: dict[str | None, BreachClass] = {}
    for cell in ratio.state_cells(facts, rule, fund, today):
        if cell.limit is None or cell.unknown is not None or cell.bad_den:
            continue
        excess = cell.limit.excess(cell.before.num, cell.before.den)
        cause = BreachClass.NONE
        if cell.limit.violated(excess):
            cause = _cause(
                cell.limit, excess, _excess_then(then, rule, fund, today, cell.key, cell.limit)
            )
        order = list(BreachClass)
        found[cell.key] = max(found.get(cell.key, BreachClass.NONE), cause, key=order.index)
    return found


def _excess_then(  # the world then, and the cell
    then: Facts, rule: RatioRule, fund: FundFacts, today: date, key: str | None, limit: Limit
) -> Fraction:
    """Excess of the cell at the old quantities; a cell that did not exist holds nothing."""
    for cell in ratio.state_cells(then, rule, fund, today, also=key):
        if cell.key == key and cell.limit is not None and cell.limit.bound == limit.bound:
            return limit.excess(cell.before.num, cell.before.den)
    raise AssertionError(key)


def _cause(limit: Limit, now: Fraction, then: Fraction) -> BreachClass:
    if not limit.violated(then):
        return BreachClass.ACTIVE
    return BreachClass.PASSIVE if now <= then else BreachClass.PASSIVE_AGGRAVATED
