"""The resource of a layout."""

from __future__ import annotations

from typing import Any

import msgspec

from tradeoms.domain.layout.state import Layout
from tradeoms.kernel.enums import Role
from tradeoms.projections.resources_text import instant


class LayoutResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person sees of the grid of a page, under a name."""

    id: str
    version: int
    seq: int
    name: str
    page: str
    owner: str
    shared_with: tuple[Role, ...]
    state: dict[str, Any]  # Any: JSON that only the page reads
    created_at: str
    updated_at: str


def layout_resource(layout: Layout, *, seq: int) -> LayoutResource:
    """Show a layout that is not deleted."""
    return LayoutResource(
        id=layout.id,
        version=layout.version,
        seq=seq,
        name=layout.name,
        page=layout.page,
        owner=layout.owner,
        shared_with=layout.shared_with,
        state=msgspec.json.decode(layout.state),
        created_at=instant(layout.created_at),
        updated_at=instant(layout.updated_at),
    )
