"""The journal for auditors: its events, and whether anyone has touched them."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.projections.paging import EVERYTHING
from tradeoms.projections.queries_journal import (
    EventResource,
    Stretch,
    StretchRefused,
    Verified,
    audit_events,
    verify_journal,
)
from tradeoms.rest.endpoint import Call, ListQuery, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Chain, Cursor, Limit, Query, Whole
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("audit")

Positive = Annotated[Whole, Field(ge=1)]


class AuditQuery(ListQuery):
    """Which events."""

    limit: Limit = 100
    after: Cursor | None = None
    """The `seq` of the last event you have, or the `next` of the page before."""


class VerifyQuery(Query):
    """Which events to verify; nothing is the whole journal, while one answer can hold it."""

    first: Annotated[Positive | None, Field(alias="from")] = None
    """The first event."""
    last: Annotated[Positive | None, Field(alias="to")] = None
    """The last event; otherwise the newest."""
    chain: Chain | None = None
    """What the hash of the event before `from` must be: `head_chain` of an answer before."""


def _everything(call: Call) -> None:
    """The journal tells of all funds and drafts: only those may read it who may see all."""
    if call.principal.scope != EVERYTHING:
        raise problem("not_permitted", "the journal is for those who may see every fund and draft")


@endpoint(
    routes, "GET", "/audit/events", permission="read_audit", query=AuditQuery,
    answer=PageOf(EventResource),
)  # fmt: skip
async def get_audit_events(call: Call) -> Response:
    """List the events of the journal from the oldest on."""
    _everything(call)
    return await show_list(call, audit_events)


@endpoint(
    routes, "GET", "/audit/verify", permission="read_audit", query=VerifyQuery, answer=Verified
)
async def verify_audit(call: Call) -> Response:
    """Recompute the hash chain of the journal, or of a part; go on from `next` with `head_chain`.

    One answer verifies at most 50,000 events. Without `from`, a longer journal is refused, so that
    nobody takes a part for the whole.
    """
    _everything(call)
    asked: VerifyQuery = call.query
    first = asked.first or 1
    if asked.last is not None and asked.last < first:
        raise problem("range_invalid", "`to` is before `from`", pointer="to", value=str(asked.last))
    if asked.chain and first == 1:
        raise problem("range_invalid", "no event is before the first", pointer="chain")
    database, stretch = call.services.database, Stretch(asked.first, asked.last, asked.chain or "")
    try:
        found = await call.services.in_thread(lambda: verify_journal(database, stretch))
    except StretchRefused as error:
        raise problem("range_invalid", str(error), pointer="from") from None
    return show(found)
