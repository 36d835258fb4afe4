"""Crosses: funds of the house trade with each other, approved by compliance, booked to both."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.responses import Response

from tradeoms.domain.cross.commands import PriceRule
from tradeoms.projections.queries_crosses import CROSSES, booked_crosses
from tradeoms.projections.resources_crosses import CrossTrade
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Date, Decimal, Id, Instant, Reason, Text
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.permissions import READ_FAIRNESS
from tradeoms.rest.routes import Routes

routes: Final = Routes("crosses")


class QuoteBody(Body):
    """The current market price, as an independent source showed it."""

    rule: PriceRule
    """`last_sale` takes `price`; `mid` the average of `bid` and `ask` (rule 17a-7(b))."""
    price: Decimal | None = None
    bid: Decimal | None = None
    ask: Decimal | None = None
    source: Reason
    observed_at: Instant
    """In the last 15 minutes; the cross must be approved within 15 minutes of it."""


class CrossBody(Body):
    """A purchase and a sale of one security by different funds."""

    buy_order: Id
    sell_order: Id
    quantity: Decimal
    quote: QuoteBody
    reason: Reason
    """Why it is in the interest of both sides."""


class ApproveCrossBody(Body):
    """A remark, if you like."""

    note: Text = ""


class RefuseCrossBody(Body):
    """Why not."""

    reason: Reason


class ReverseCrossBody(Body):
    """Why it is taken back."""

    reason: Reason


class CrossQuery(ListQuery):
    """Narrows the list."""

    status: Literal["proposed", "booked", "refused", "lapsed", "reversed"] | None = None


class CrossReportQuery(ListQuery):
    """Trading days, both included."""

    since: Annotated[Date, Field(alias="from")]
    until: Annotated[Date, Field(alias="to")]


def _subject(cross_id: str) -> Subject:
    return subject_of(CROSSES, "cross", cross_id)


def _of(call: Call) -> Subject:
    return _subject(call.request.path_params["cross_id"])


@endpoint(
    routes, "POST", "/crosses", permission="ProposeCross", body=CrossBody, answer=CrossTrade,
    status=201, key="required",
)  # fmt: skip
async def propose_cross(call: Call) -> Response:
    """Put a cross forward; compliance looks at both sides, and nothing is booked."""
    asked: CrossBody = call.body
    fields = {
        "buy_order_id": asked.buy_order, "sell_order_id": asked.sell_order,
        "quantity": asked.quantity, "reason": asked.reason,
        "quote": asked.quote.model_dump(exclude_unset=True, exclude_none=True),
    }  # fmt: skip
    outcome = await call.submit("ProposeCross", b.encode_fields(fields))
    made = made_id(outcome)
    return await call.show_changed(outcome, _subject(made), status=201, location="/api/v1/crosses")


@endpoint(
    routes, "GET", "/crosses/recorded", permission="read", query=CrossQuery,
    answer=PageOf(CrossTrade),
)  # fmt: skip
async def get_recorded_crosses(call: Call) -> Response:
    """List crosses that were proposed, newest first, whatever became of them."""
    return await list_of(call, CROSSES, status=call.query.status)


@endpoint(routes, "GET", "/crosses/{cross_id}", permission="read", answer=CrossTrade)
async def get_cross(call: Call) -> Response:
    """Show a cross, with the sides that are yours to see."""
    return show(await call.find(_of(call)))


@endpoint(
    routes, "POST", "/crosses/{cross_id}/approve", permission="ApproveCross",
    body=ApproveCrossBody, answer=CrossTrade, key="optional",
)  # fmt: skip
async def approve_cross(call: Call) -> Response:
    """Book a cross to both sides at once, without commission.

    The approver has no hand in the cross or its orders. Everything is looked at once more: where
    anything is in the way, or the price is too old, nothing is booked.
    """
    subject = _of(call)
    return await act_and_show(call, "ApproveCross", subject, cross_id=subject.id)


@endpoint(
    routes, "POST", "/crosses/{cross_id}/refuse", permission="RefuseCross", body=RefuseCrossBody,
    answer=CrossTrade, key="optional",
)  # fmt: skip
async def refuse_cross(call: Call) -> Response:
    """Say no to a cross, or take it back."""
    subject = _of(call)
    return await act_and_show(call, "RefuseCross", subject, cross_id=subject.id)


@endpoint(
    routes, "POST", "/crosses/{cross_id}/reverse", permission="ReverseCross",
    body=ReverseCrossBody, answer=CrossTrade, key="optional",
)  # fmt: skip
async def reverse_cross(call: Call) -> Response:
    """Take a booked cross back on both sides at once.

    Positions, cash and bookings of both sides, and what is open of both orders, are as if it had
    never been. It is done by a person who had no hand in the cross, its orders or its approval.
    """
    subject = _of(call)
    return await act_and_show(call, "ReverseCross", subject, cross_id=subject.id)


@endpoint(
    routes, "GET", "/reports/crosses", permission=READ_FAIRNESS, query=CrossReportQuery,
    answer=PageOf(CrossTrade),
)  # fmt: skip
async def report_crosses(call: Call) -> Response:
    """Report what was crossed in a period, for the board's quarterly review (rule 17a-7(e))."""
    asked: CrossReportQuery = call.query
    since, until = date.fromisoformat(asked.since), date.fromisoformat(asked.until)
    if until < since:
        raise problem("period_invalid", f"must be from {since} on", pointer="to", value=asked.until)
    return await show_list(call, booked_crosses, since, until, call.principal.scope)
