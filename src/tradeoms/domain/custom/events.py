"""What happened to custom fields; the values of an order are among its own events."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.domain.custom.state import CustomField


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldsLoaded:
    """From now on orders may carry these fields."""

    fields: tuple[CustomField, ...]
    loaded_by: str
    at: datetime
