"""Rows: bounds on one slot that are screened together, and sets of them that many legs share."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import inf
from typing import Final

from tradeoms.compliance.cells import Floats, Int64s
from tradeoms.compliance.linear import Limit
from tradeoms.compliance.plan import Test

#: Bounds that no position reaches, for cells that have none of their own.
BEYOND: Final = {
    "max": Limit(bound="max", at=Fraction(10**30)),
    "min": Limit(bound="min", at=Fraction(-(10**30))),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Bounds that share a slot and a denominator.

    `at` is the position of the slot in the leg, `amount` a denominator of the row's own.
    """

    at: int
    bound: str
    members: tuple[tuple[Test, Limit | None], ...]
    amount: Fraction | None = None


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One rule about groups: its place in the plan, and positions of its slots in the leg."""

    test: int
    high: int | None
    low: int | None
    part: int | None

    @property
    def main(self) -> int:
        """Position of the slot that decides."""
        found = self.low if self.high is None else self.high
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class RowSet:
    """Rows of every leg with the same applicable rules and the same places in the cubes.

    Attributes:
        rows: The rows.
        at: Position of each row's slot, int64 (R,).
        den: Level and scalar of each row's denominator, int64 (R,): level * len(DENS) + scalar.
        sign: 1 for a maximum, -1 for a minimum, (R,).
        limit: Tightest limit or warning level of each row, as a share of the denominator, (R,).
        cap: Tightest limit of each row that stops an order, (R,); infinite where none does.
        dynamic: Rows whose limit depends on fund or security.
        by_fund: True where one of them depends on the fund.
        unknown: Rules whose cube the security may or may not be in.
        groups: Rules about groups.
        group_at: Position of the slot that decides in each of them, (G,).
        group_test: Their places in the plan, (G,).
        unsure: Rules about groups for which the group of the security is not known.
    """

    rows: tuple[Row, ...]
    at: Int64s
    den: Int64s
    sign: Floats
    limit: Floats
    cap: Floats
    dynamic: tuple[int, ...]
    by_fund: bool
    unknown: tuple[int, ...]
    groups: tuple[GroupRow, ...]
    group_at: Int64s
    group_test: Int64s
    unsure: tuple[int, ...]


def tightest(row: Row, *, warn: bool) -> float:
    """Return the tightest limit of a row, or warning level; NaN where one is unknown.

    Without warning levels only limits that stop an order count; infinite where there are none.
    """
    values: list[Fraction] = []
    for test, limit in row.members:
        if limit is None:
            return float("nan")
        if warn or test.stops:
            values.append(limit.at)
        if warn and limit.warn is not None:
            values.append(limit.warn)
    if not values:
        return inf if row.bound == "max" else -inf
    share = min(values) if row.bound == "max" else max(values)
    if share == 0 and any(one is not None and one.strict for _, one in row.members):
        # The screen lets sums of zero pass a limit of zero, which a strict one does not.
        return -5e-324 if row.bound == "max" else 5e-324
    return float(share if row.amount is None else share * row.amount)
