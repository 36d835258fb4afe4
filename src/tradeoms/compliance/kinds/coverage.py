"""`coverage`: total assets less other liabilities against senior debt (Investment Company Act 18).

Total assets, debt and liabilities are the fund's own figures; a trade moves none of them, so no
order is charged. What a fund may borrow is `largest_borrowing`.
"""

from __future__ import annotations

from fractions import Fraction

from tradeoms.compliance.facts import NOTHING
from tradeoms.compliance.linear import CellResult, Limit, LinearCell, Sums, judge_state
from tradeoms.compliance.schema.figures import CoverageRule
from tradeoms.domain.evaluation import FundFacts


def state(rule: CoverageRule, fund: FundFacts) -> list[CellResult]:
    """Return the verdict on ``fund`` as it stands."""
    assets, debt = _net_assets(fund), fund.debt
    unknown = "total assets, debt or other liabilities are unknown"
    sums = Sums(assets or NOTHING, Fraction(debt or 0))
    cell = LinearCell(
        entity=fund.id,
        key=None,
        limit=Limit(bound="min", at=Fraction(rule.min)),
        before=sums,
        after=sums,
        unknown=unknown if assets is None or debt is None else None,
    )
    return [judge_state(cell)]


def largest_borrowing(rule: CoverageRule, fund: FundFacts) -> Fraction | None:
    """Return the most that ``fund`` may borrow more, in its base currency; None is unlimited.

    What is borrowed is both debt and assets: (assets + x) >= min * (debt + x).

    Raises:
        ValueError: If assets, debt or other liabilities of the fund are unknown.
    """
    assets = _net_assets(fund)
    if assets is None or fund.debt is None:
        message = f"{fund.id}: total assets, debt or other liabilities are unknown"
        raise ValueError(message)
    at = Fraction(rule.min)
    room = assets - at * Fraction(fund.debt)
    if at <= 1:
        return None if room >= 0 or at < 1 else NOTHING
    return max(room / (at - 1), NOTHING)


def _net_assets(fund: FundFacts) -> Fraction | None:
    if fund.total_assets is None or fund.other_liabilities is None:
        return None
    return Fraction(fund.total_assets) - Fraction(fund.other_liabilities)
