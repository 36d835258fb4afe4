"""What happened to layouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tradeoms.kernel.enums import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutSaved:
    """A layout is kept from now on as it is here; the fields are those of `state.Layout`."""

    layout_id: str
    owner: str
    page: str
    name: str
    state: str
    shared_with: tuple[Role, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutDeleted:
    """Its owner wants a layout no more."""

    layout_id: str
    deleted_by: str
    at: datetime


LayoutEvent = LayoutSaved | LayoutDeleted
