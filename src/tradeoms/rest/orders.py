"""Orders: enter, amend, move along, list, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import AfterValidator, BeforeValidator, Field
from starlette.responses import Response

from tradeoms.kernel.enums import OrderStatus, Side
from tradeoms.projections.paging import PAGE_MAX
from tradeoms.projections.queries import one_order
from tradeoms.projections.queries_journal import EventResource, order_events, order_versions
from tradeoms.projections.queries_orders import OrderFilter, Sort, list_orders
from tradeoms.projections.resources_schema import OrderResource
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act
from tradeoms.rest.endpoint import (
    Call,
    ListQuery,
    Subject,
    endpoint,
    show,
    show_outcome,
)
from tradeoms.rest.fields import CustomFilter, Filter, Limit
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("orders")
_LOCATION: Final = "/api/v1/orders"


class Pending(msgspec.Struct):
    """What decides between 200 and 202."""

    pending_terms: Any = None  # Any: the terms, or null
    cancel_pending: bool = False


_pending: Final = msgspec.json.Decoder(Pending).decode


def _statuses(text: Any) -> Any:  # Any: text from the address
    return tuple(text.split(",")) if isinstance(text, str) else text


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        message = "say the time zone, as in 2026-01-31T09:30:00Z"
        raise ValueError(message)
    return at


class OrderQuery(ListQuery):
    """Narrows the blotter."""

    status: Annotated[
        tuple[OrderStatus, ...], BeforeValidator(_statuses, json_schema_input_type=str)
    ] = ()
    """Statuses with commas between."""
    fund: Filter | None = None
    security: Filter | None = None
    """Our id, an identifier of any scheme, or a ticker."""
    side: Side | None = None
    portfolio_manager: Filter | None = None
    trader: Filter | None = None
    broker: Filter | None = None
    """Destination of one of its placements."""
    block: Filter | None = None
    client_order_id: Filter | None = None
    """One of your own."""
    updated_after: Annotated[datetime, AfterValidator(_aware)] | None = None
    text: Annotated[Filter, Field(min_length=2)] | None = None
    """Part of the client's id, the ticker, the reason or the instructions."""
    custom: CustomFilter | None = None
    """Value of a custom field, as `desk=alpha`; a number in its shortest form."""
    live: Literal["true", "false"] | None = None
    """Whether it is of the current trading day."""
    sort: Sort = "-created_at"


class StoryQuery(ListQuery):
    """Which part of an order's story."""

    limit: Limit = PAGE_MAX


class BatchLine(msgspec.Struct):
    """What became of one order of a batch."""

    status: Literal["accepted", "refused"]
    id: str = ""
    client_order_id: str = ""
    order_status: str = ""
    check_id: str = ""
    version: int = 0
    seq: int = 0
    problems: list[dict[str, str]] = []


class BatchAnswer(msgspec.Struct):
    """One line an order, in the order of the request."""

    data: list[BatchLine]


def order_subject(order_id: str) -> Subject:
    """An order as what a request is about."""
    return Subject(kind="order", id=order_id, find=one_order)


def _pairs(text: str | None) -> tuple[tuple[str, str], ...]:
    """The one pair that `name=value` is."""
    name, _, value = (text or "").partition("=")
    return ((name, value),) if name else ()


def _subject(call: Call) -> Subject:
    return order_subject(call.request.path_params["order_id"])


@endpoint(
    routes, "POST", "/orders", permission="CreateOrder", body=b.OrderBody, answer=OrderResource,
    status=201, key="required",
)  # fmt: skip
async def create_order(call: Call) -> Response:
    """Enter an order.

    It is checked at once unless `submit` is false; one that compliance stops is entered all the
    same, as `blocked` or `held`.
    """
    outcome = await call.submit("CreateOrder", b.create_order(call.body))
    return show_outcome(outcome, status=201, location=_LOCATION)


@endpoint(
    routes, "POST", "/orders:batch", permission="CreateOrders", body=b.BatchBody,
    answer=BatchAnswer, key="required",
)  # fmt: skip
async def create_orders(call: Call) -> Response:
    """Enter many orders, each answered on its own, or all or none where `atomic`."""
    return show_outcome(await call.submit("CreateOrders", b.create_orders(call.body)))


@endpoint(
    routes, "GET", "/orders", permission="read", query=OrderQuery, answer=PageOf(OrderResource)
)
async def get_orders(call: Call) -> Response:
    """List orders, newest first.

    A page may be short, or empty, and still have a `next`: follow it to the end.
    """
    asked: OrderQuery = call.query
    want = OrderFilter(
        status=asked.status,
        fund=asked.fund or "",
        security=asked.security or "",
        side=asked.side or "",
        portfolio_manager=asked.portfolio_manager or "",
        trader=asked.trader or "",
        broker=asked.broker or "",
        block=asked.block or "",
        client=call.principal.user.id,
        client_order_id=asked.client_order_id or "",
        updated_after=asked.updated_after,
        text=asked.text or "",
        custom=_pairs(asked.custom),
        live=None if asked.live is None else asked.live == "true",
        sort=asked.sort,
    )
    return await show_list(call, list_orders, want, call.principal.scope)


@endpoint(routes, "GET", "/orders/{order_id}", permission="read", answer=OrderResource)
async def get_order(call: Call) -> Response:
    """Show an order."""
    return show(await call.find(_subject(call)))


@endpoint(
    routes, "GET", "/orders/{order_id}/events", permission="read", query=StoryQuery,
    answer=PageOf(EventResource),
)  # fmt: skip
async def get_order_events(call: Call) -> Response:
    """List the events of an order, its block, placements, breaches and waivers, oldest first."""
    order = await call.find(_subject(call))
    return await show_list(call, order_events, order.id, call.principal.scope)


@endpoint(
    routes, "GET", "/orders/{order_id}/versions", permission="read", query=StoryQuery,
    answer=PageOf(OrderResource),
)  # fmt: skip
async def get_order_versions(call: Call) -> Response:
    """List the order after each change of its own, oldest first; fills are among its events."""
    order = await call.find(_subject(call))
    return await show_list(call, order_versions, order.id, call.principal.scope)


@endpoint(
    routes, "PATCH", "/orders/{order_id}", permission="AmendOrder", body=b.AmendBody,
    answer=OrderResource,
)  # fmt: skip
async def amend_order(call: Call) -> Response:
    """Change the terms of the version in `If-Match`.

    202 means that brokers must agree first: `pending_terms` shows what was asked.
    """
    subject = _subject(call)
    version = call.expected_version()
    body = b.amend_order(call.body, order_id=subject.id, version=version)
    outcome = await call.submit("AmendOrder", body, subject=subject)
    waits = _pending(outcome.answer).pending_terms is not None
    return show_outcome(outcome, status=202 if waits else 200)


async def _move(call: Call, kind: str, status: int = 200) -> Response:
    subject = _subject(call)
    return await act(call, kind, subject, status=status, order_id=subject.id)


@endpoint(
    routes, "POST", "/orders/{order_id}/submit", permission="SubmitOrder", body=b.NothingBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def submit_order(call: Call) -> Response:
    """Send a draft to compliance, or check a blocked or held order again."""
    return await _move(call, "SubmitOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/approve", permission="ApproveOrder", body=b.NothingBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def approve_order(call: Call) -> Response:
    """Give the second approval; another person than who entered, leads or changed it."""
    return await _move(call, "ApproveOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/release", permission="ReleaseOrder", body=b.ReleaseBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def release_order(call: Call) -> Response:
    """Hand an approved order to the desk; it is checked once more."""
    return await _move(call, "ReleaseOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/hold", permission="HoldOrder", body=b.HoldBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def hold_order(call: Call) -> Response:
    """Stop an order from being placed; what is in the market stays there."""
    return await _move(call, "HoldOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/cancel", permission="CancelOrder", body=b.CancelBody,
    answer=OrderResource, status=202, key="optional",
)  # fmt: skip
async def cancel_order(call: Call) -> Response:
    """Ask for the cancellation; it is done when the status says `canceled`."""
    return await _move(call, "CancelOrder", 202)
