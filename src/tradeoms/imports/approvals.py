"""Approval limits from a file."""

from __future__ import annotations

from typing import Final

from tradeoms.domain.approval.commands import LoadApprovalLimits
from tradeoms.domain.approval.state import ApprovalLimit
from tradeoms.imports.cells import Once, each, in_order
from tradeoms.imports.custom import read_roles
from tradeoms.imports.rows import Format, RowError
from tradeoms.kernel.numbers import ZERO

REQUIRED: Final = ("id",)
OPTIONAL: Final = (
    "managers", "roles", "funds", "above_value", "currency", "above_adv_pct", "above_nav_pct",
)  # fmt: skip


def read_approval_limits(
    text: str,
    *,
    format: Format,  # noqa: A002 - public name
) -> LoadApprovalLimits | list[RowError]:
    """Read a file of approval limits."""
    errors: list[RowError] = []
    once = Once()
    limits = []
    for cells in each(text, format, required=REQUIRED, optional=OPTIONAL, errors=errors):
        name = cells.code("id")
        once.check(cells, "id", name)
        limits.append(
            ApprovalLimit(
                id=name,
                managers=cells.codes("managers"),
                roles=read_roles(cells, "roles"),
                funds=cells.codes("funds"),
                above_value=cells.number("above_value", least=ZERO),
                currency=cells.currency("currency") if cells.text("currency") else "",
                above_adv_pct=cells.number("above_adv_pct", least=ZERO),
                above_nav_pct=cells.number("above_nav_pct", least=ZERO),
            )
        )
    return in_order(errors) or LoadApprovalLimits(limits=tuple(limits))
