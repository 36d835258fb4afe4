"""Layouts as a person sees them: his own, and those shared with a role of his."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.layout.state import Layout
from tradeoms.kernel.enums import Role
from tradeoms.projections import tables as t
from tradeoms.projections.paging import EVERYTHING, Cut, Page, Scope
from tradeoms.projections.queries import Rows
from tradeoms.projections.queries_lists import Listing, list_rows
from tradeoms.projections.resources_layouts import LayoutResource, layout_resource

_read: Final = msgspec.json.Decoder(Layout).decode


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks, and the roles he holds."""

    user: str
    roles: frozenset[Role]


def _show(_link: sa.Connection, rows: Rows, _scope: Scope) -> list[Any]:  # Any: as `Listing.show`
    return [layout_resource(_read(row.state), seq=row.seq) for row in rows]


_LAYOUTS: Final = Listing(
    table=t.layouts, key=("id",), show=_show, inside=lambda _link, _scope: (), descending=False
)


def list_layouts(
    link: sa.Connection, viewer: Viewer, want: Mapping[str, str], cut: Cut
) -> Page[LayoutResource]:
    """One page of what ``viewer`` sees, oldest first; ``want`` names values of columns."""
    return list_rows(link, _LAYOUTS, want, EVERYTHING, cut, _seen_by(viewer))


def find_layout(link: sa.Connection, layout_id: str, viewer: Viewer) -> LayoutResource | None:
    """The layout of that id, `None` where ``viewer`` sees none."""
    wanted = sa.select(t.layouts.c.seq, t.layouts.c.state)
    row = link.execute(wanted.where(t.layouts.c.id == layout_id, _seen_by(viewer))).one_or_none()
    return None if row is None else layout_resource(_read(row.state), seq=row.seq)


def _seen_by(viewer: Viewer) -> sa.ColumnElement[bool]:
    """As `Layout.shows_to`."""
    shared = t.layouts.c.shared_with
    ways = [shared.contains(f"|{role}|", autoescape=True) for role in sorted(viewer.roles)]
    return sa.and_(t.layouts.c.live.is_(sa.true()), sa.or_(t.layouts.c.owner == viewer.user, *ways))
