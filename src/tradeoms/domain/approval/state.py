"""Approval limits, as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tradeoms.kernel.enums import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLimit:
    """An order that it fits, and that is larger by one of its measures, needs a second person.

    Empty tuples fit every order, `None` measures nothing.

    Attributes:
        managers: Portfolio managers whose orders it is for: led, entered or changed by one of them.
        roles: One of these is held by the person who entered the order, over one of its funds.
        funds: One of these is among the order's.
        above_value: Worth of the whole order in `currency`, at the worst of mark, limit and stop.
        above_adv_pct: Per cent of the average daily volume.
        above_nav_pct: Per cent of NAV of any one fund, by its leg.
    """

    id: str
    managers: tuple[str, ...] = ()
    roles: tuple[Role, ...] = ()
    funds: tuple[str, ...] = ()
    above_value: Decimal | None = None
    currency: str = ""
    above_adv_pct: Decimal | None = None
    above_nav_pct: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalLimits:
    """All that are loaded."""

    limits: tuple[ApprovalLimit, ...] = ()
