"""Commissions paid: a sum for each row, and the sums that budgets are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from tradeoms.domain.routing.budget import CommissionPaid, PaidKey


@dataclass(slots=True)
class Commissions:
    """What funds paid destinations since the beginning.

    Attributes:
        rows: By destination, fund, currency and month.
        sums: Minor units by currency, of a destination, a fund (empty for the firm) and a month.
    """

    rows: dict[PaidKey, CommissionPaid] = field(default_factory=dict)
    sums: dict[tuple[str, str, str], dict[str, int]] = field(default_factory=dict)

    def add(self, more: CommissionPaid) -> None:
        """Add what a fund paid, negative where it is taken back."""
        before = self.rows.get(more.key)
        minor = more.minor + (before.minor if before else 0)
        self.rows[more.key] = replace(more, minor=minor)
        for fund in (more.fund, ""):
            sums = self.sums.setdefault((more.destination, fund, more.month), {})
            sums[more.currency] = sums.get(more.currency, 0) + more.minor
