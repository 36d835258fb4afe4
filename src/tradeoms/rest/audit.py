"""The journal for auditors: its events, and whether anyone has touched them."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from tradeoms.projections.queries_journal import (
    EventResource,
    audit_events,
    verify_journal,
)
from tradeoms.projections.resources_text import encode
from tradeoms.rest.endpoint import Call, ListQuery, endpoint
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Cursor, Limit
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("audit")


class AuditQuery(ListQuery):
    """Which events."""

    limit: Limit = 100
    after: Cursor | None = None
    """The `seq` of the last event you have, or the `next` of the page before."""


class VerifyAnswer(msgspec.Struct):
    """Whether the hash chain is whole; `fault_seq` is the first event that is wrong."""

    good: bool
    checked: int
    head_seq: int
    head_chain: str
    fault_seq: int | None
    fault: str | None


def _everything(call: Call) -> None:
    """The journal tells of all funds, so only those may read it who may see all funds."""
    if call.principal.scope.funds is not None:
        raise problem("not_permitted", "the journal is for those who may see every fund")


@endpoint(
    routes, "GET", "/audit/events", permission="read_audit", query=AuditQuery,
    answer=PageOf(EventResource),
)  # fmt: skip
async def get_audit_events(call: Call) -> Response:
    """List the events of the journal from the oldest on."""
    _everything(call)
    return await show_list(call, audit_events)


@endpoint(routes, "GET", "/audit/verify", permission="read_audit", answer=VerifyAnswer)
async def verify_audit(call: Call) -> Response:
    """Recompute the hash chain of the whole journal; takes seconds for a million events."""
    _everything(call)
    database = call.services.database
    verified = await call.services.in_thread(lambda: verify_journal(database))
    return Response(encode(verified), media_type="application/json")
