"""Lists of orders: entered as one, worked as one, each order answered on its own."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.domain.orderlist.commands import ListAction
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_desk import OrderListResource
from tradeoms.rest.bodies import OrderBody, command_body, encode_fields, order_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint, show, show_outcome
from tradeoms.rest.fields import Body, Code, Decimal, Reason, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.orders import BatchLine
from tradeoms.rest.reference import DryRunQuery
from tradeoms.rest.routes import Routes

routes: Final = Routes("orders")


class OrderListBody(Body):
    """Orders to be entered as one list."""

    name: Reason
    orders: Annotated[list[OrderBody], Field(min_length=1, max_length=5_000)]
    atomic: bool = True
    """All or none."""


class ListActionBody(Body):
    """What to do with every open order of the list."""

    action: ListAction
    trader: Text = ""
    """Of `release`: who shall trade them."""
    destination: Code | None = None
    """Of `route` and `wave`: where it goes; as the routing rules say, if absent."""
    percent: Decimal | None = None
    """Of `wave`: how much of each order is placed now, down to lots."""
    limit_bps: Decimal | None = None
    """Of `reprice`: distance from the mark in basis points; positive is the aggressive side."""
    reason: Text = ""
    """Of `hold` and `cancel`."""
    acknowledge: bool = False
    """Of `release`: what the checks of the orders warn of was seen."""


class ListAnswer(msgspec.Struct):
    """One line an order, in the order of the list."""

    id: str
    seq: int
    data: list[BatchLine]


class ActedLine(BatchLine):
    """What became of one order; in a dry run also what would be asked for it."""

    quantity: str = ""
    destination: str = ""
    limit_price: str = ""
    trader: str = ""


class ActedAnswer(msgspec.Struct):
    """One line for each open order, in the order of the list."""

    id: str
    seq: int
    data: list[ActedLine]


@endpoint(
    routes, "POST", "/order-lists", permission="CreateOrderList", body=OrderListBody,
    answer=ListAnswer, status=201, key="required",
)  # fmt: skip
async def create_order_list(call: Call) -> Response:
    """Enter orders as a list; each has a life of its own, and its line in the answer."""
    asked: OrderListBody = call.body
    orders = [order_fields(order) for order in asked.orders]
    fields = {"name": asked.name, "orders": orders, "atomic": asked.atomic}
    outcome = await call.submit("CreateOrderList", encode_fields(fields))
    return show_outcome(outcome, status=201)


@endpoint(
    routes, "GET", "/order-lists", permission="read", query=ListQuery,
    answer=PageOf(OrderListResource),
)  # fmt: skip
async def get_order_lists(call: Call) -> Response:
    """List lists, newest first, each with those of its orders that you may see."""
    return await list_of(call, q.ORDER_LISTS)


@endpoint(routes, "GET", "/order-lists/{list_id}", permission="read", answer=OrderListResource)
async def get_order_list(call: Call) -> Response:
    """Show a list with its orders."""
    list_id = call.request.path_params["list_id"]
    return show(await call.find(subject_of(q.ORDER_LISTS, "order_list", list_id)))


@endpoint(
    routes, "POST", "/order-lists/{list_id}/act", permission="ActOnOrderList",
    body=ListActionBody, query=DryRunQuery, answer=ActedAnswer, key="optional",
)  # fmt: skip
async def act_on_order_list(call: Call) -> Response:
    """Submit, release, hold, route, send a wave of, re-price or cancel every open order of a list.

    Each order is decided as if it were asked alone; one that is refused stops no other. With
    `dry_run=true` nothing is done, and each line tells what would be asked and what stops it.
    """
    list_id = call.request.path_params["list_id"]
    subject = subject_of(q.ORDER_LISTS, "order_list", list_id)
    body = command_body(call.body, list_id=list_id)
    dry_run = call.query.dry_run == "true"
    return show_outcome(await call.submit("ActOnOrderList", body, subject=subject, dry_run=dry_run))
