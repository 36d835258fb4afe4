"""A layout: what a person sees of the grid of a page, under a name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from tradeoms.domain.layout.events import LayoutDeleted, LayoutSaved
from tradeoms.kernel.enums import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What is kept of a grid.

    Attributes:
        version: Counts how often it was saved.
        owner: Who saved it, and alone may change or delete it.
        page: The page it is for, by the page's own name.
        name: Unique among the live ones of its owner and page.
        state: A JSON object that only the page reads; empty once deleted.
        shared_with: Whoever has one of these roles sees it, too.
        live: Not deleted.
    """

    id: str
    version: int
    owner: str
    page: str
    name: str
    state: str
    shared_with: tuple[Role, ...]
    live: bool
    created_at: datetime
    updated_at: datetime

    def shows_to(self, user: str, roles: Collection[Role]) -> bool:
        """True where ``user``, who has ``roles``, may see it."""
        return self.live and (self.owner == user or not set(roles).isdisjoint(self.shared_with))


def save(before: Layout | None, event: LayoutSaved) -> Layout:
    """The layout as it was saved."""
    return Layout(
        id=event.layout_id,
        version=1 if before is None else before.version + 1,
        owner=event.owner,
        page=event.page,
        name=event.name,
        state=event.state,
        shared_with=event.shared_with,
        live=True,
        created_at=event.at if before is None else before.created_at,
        updated_at=event.at,
    )


def delete(before: Layout, event: LayoutDeleted) -> Layout:
    """What stays of a layout: that it was there."""
    return replace(before, live=False, state="", shared_with=(), updated_at=event.at)
