"""The request to load schedules of charges."""

from __future__ import annotations

from dataclasses import dataclass

from tradeoms.domain.charge.state import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadCharges:
    """Set all rows, in place of all there are; tried in this order."""

    charges: tuple[Charge, ...]
