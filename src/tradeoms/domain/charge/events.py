"""What happened to schedules of charges."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.charge.state import Charge


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesLoaded:
    """From now on bookings are charged by these rows; what is booked stays as it was charged.

    Attributes:
        version: Counts the loads, from 1.
    """

    version: int
    charges: tuple[Charge, ...]
    loaded_by: str
    at: datetime
