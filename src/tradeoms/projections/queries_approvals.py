"""The approval limits in force."""

from __future__ import annotations

from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.approval.state import ApprovalLimits
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import fact_row
from tradeoms.projections.resources_text import plain_or_none

_read: Final = msgspec.json.Decoder(ApprovalLimits).decode


class ApprovalLimitResource(msgspec.Struct, frozen=True, kw_only=True):
    """Above it an order needs a second person; `funds` shows those that are yours to see."""

    id: str
    managers: tuple[str, ...]
    roles: tuple[str, ...]
    funds: tuple[str, ...]
    above_value: str | None
    currency: str | None
    above_adv_pct: str | None
    above_nav_pct: str | None


class ApprovalLimitsResource(msgspec.Struct, frozen=True, kw_only=True):
    """All of them, in their order."""

    data: list[ApprovalLimitResource]


def find_approval_limits(link: sa.Connection, scope: Scope) -> ApprovalLimitsResource:
    """The limits; one for other funds alone is left out."""
    row = fact_row(link, "approval-limits")
    found = ApprovalLimits() if row is None else _read(row.value)
    shown = []
    for one in found.limits:
        funds = tuple(f for f in one.funds if scope.funds is None or f in scope.funds)
        if one.funds and not funds:
            continue
        shown.append(
            ApprovalLimitResource(
                id=one.id,
                managers=one.managers,
                roles=tuple(role.value for role in one.roles),
                funds=funds,
                above_value=plain_or_none(one.above_value),
                currency=one.currency or None,
                above_adv_pct=plain_or_none(one.above_adv_pct),
                above_nav_pct=plain_or_none(one.above_nav_pct),
            )
        )
    return ApprovalLimitsResource(data=shown)
