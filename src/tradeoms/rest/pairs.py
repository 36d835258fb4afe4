"""Pairs: two orders worked in step."""

from __future__ import annotations

from typing import Final, Literal

from starlette.responses import Response

from tradeoms.domain.pair.commands import PairUnit
from tradeoms.projections.queries_pairs import PairFilter, PairResource, list_pairs, one_pair
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.fields import Body, Decimal, Id, Reason
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("pairs")


class PairBody(Body):
    """Two open orders, and how far one may be ahead."""

    first: Id
    second: Id
    ratio: Decimal
    """Units of the second for one of the first."""
    limit: Decimal
    """Per cent of the pair, or money at the marks in the price currency of both."""
    unit: PairUnit = PairUnit.PERCENT


class UnlinkBody(Body):
    """Why they go on alone."""

    reason: Reason


class PairQuery(ListQuery):
    """Narrows the list."""

    order: Id | None = None
    linked: Literal["true", "false"] = "true"
    """`false`: those that were unlinked."""


def _subject(pair_id: str) -> Subject:
    return Subject(kind="pair", id=pair_id, find=one_pair)


@endpoint(
    routes, "POST", "/pairs", permission="LinkPair", body=PairBody, answer=PairResource,
    status=201, key="optional",
)  # fmt: skip
async def link_pair(call: Call) -> Response:
    """Work two orders in step: each is placed only as far as the other has been executed."""
    asked: PairBody = call.body
    fields = {
        "first_order_id": asked.first, "second_order_id": asked.second, "ratio": asked.ratio,
        "limit": asked.limit, "unit": asked.unit,
    }  # fmt: skip
    outcome = await call.submit("LinkPair", b.encode_fields(fields))
    subject = _subject(made_id(outcome))
    return await call.show_changed(outcome, subject, status=201, location="/api/v1/pairs")


@endpoint(routes, "GET", "/pairs", permission="read", query=PairQuery, answer=PageOf(PairResource))
async def get_pairs(call: Call) -> Response:
    """List the pairs that are worked now, newest first."""
    asked: PairQuery = call.query
    want = PairFilter(linked=asked.linked == "true", order_id=asked.order or "")
    return await show_list(call, list_pairs, want, call.principal.scope)


@endpoint(routes, "GET", "/pairs/{pair_id}", permission="read", answer=PairResource)
async def get_pair(call: Call) -> Response:
    """Show a pair with how far each order has come."""
    return show(await call.find(_subject(call.request.path_params["pair_id"])))


@endpoint(
    routes, "POST", "/pairs/{pair_id}/unlink", permission="UnlinkPair", body=UnlinkBody,
    answer=PairResource, key="optional",
)  # fmt: skip
async def unlink_pair(call: Call) -> Response:
    """Let the orders go on alone."""
    subject = _subject(call.request.path_params["pair_id"])
    return await act_and_show(call, "UnlinkPair", subject, pair_id=subject.id)
