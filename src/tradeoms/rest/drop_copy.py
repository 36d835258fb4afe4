"""Drop copies: what counterparties told a second time, beside what they told at first."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from tradeoms.domain.dropcopy.state import CopyStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_copies import CopyResource
from tradeoms.rest.desk import list_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint
from tradeoms.rest.fields import Filter
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("fix")


class CopyQuery(ListQuery):
    """Narrows the list."""

    status: CopyStatus | None = None
    session: Filter | None = None
    placement: Filter | None = None


@endpoint(
    routes, "GET", "/fix/drop-copy", permission="read_sessions", query=CopyQuery,
    answer=PageOf(CopyResource),
)  # fmt: skip
async def get_copies(call: Call) -> Response:
    """List what drop copy sessions told and how it compares, newest first."""
    asked: CopyQuery = call.query
    return await list_of(
        call, q.COPIES, status=asked.status, session=asked.session, placement_id=asked.placement
    )
