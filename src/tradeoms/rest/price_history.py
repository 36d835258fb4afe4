"""Marks of a security over the last days, for charts and for whoever must see what was known."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries_prices import MarkResource, marks_of
from tradeoms.rest.desk import subject_of
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.fields import Limit, Query
from tradeoms.rest.routes import Routes

routes: Final = Routes("reference")


class HistoryQuery(Query):
    """How far back."""

    days: Limit = 260
    """Marks of so many days at most, the newest."""


class HistoryResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Marks of a security, the oldest first."""

    security_id: str
    currency: str
    data: list[MarkResource]


@endpoint(
    routes, "GET", "/prices/{security_id}/history", permission="read", query=HistoryQuery,
    answer=HistoryResource,
)  # fmt: skip
async def get_price_history(call: Call) -> Response:
    """Show the marks of a security, one a day: the last that was set for it."""
    security_id = call.request.path_params["security_id"]
    security = await call.find(subject_of(q.SECURITIES, "security", security_id))
    marks = await call.read(marks_of, security_id, call.query.days)
    answer = HistoryResource(security_id=security_id, currency=security.currency, data=marks)
    return show(answer)
