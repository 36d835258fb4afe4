"""Whose order it is: claim, assign, hand over; and who decided what was entered."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from tradeoms.projections.queries_decision import DecisionResource, find_decision
from tradeoms.projections.resources_schema import OrderResource
from tradeoms.rest.acting import act
from tradeoms.rest.bodies import NothingBody
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.fields import Body, Code, Reason, Text
from tradeoms.rest.orders import order_subject
from tradeoms.rest.routes import Routes

routes: Final = Routes("orders")


class AssignTraderBody(Body):
    """Who shall trade it."""

    trader: Code
    note: Text = ""


class HandOverBody(Body):
    """Who takes it over, and what he must know."""

    trader: Code
    note: Reason


async def _act(call: Call, kind: str) -> Response:
    subject = order_subject(call.request.path_params["order_id"])
    return await act(call, kind, subject, order_id=subject.id)


@endpoint(
    routes, "POST", "/orders/{order_id}/claim", permission="ClaimOrder", body=NothingBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def claim_order(call: Call) -> Response:
    """Take an order on the desk that nobody has."""
    return await _act(call, "ClaimOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/assign", permission="AssignOrder", body=AssignTraderBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def assign_order(call: Call) -> Response:
    """Give an order to a trader, on the desk or before it gets there."""
    return await _act(call, "AssignOrder")


@endpoint(
    routes, "POST", "/orders/{order_id}/hand-over", permission="HandOverOrder", body=HandOverBody,
    answer=OrderResource, key="optional",
)  # fmt: skip
async def hand_over_order(call: Call) -> Response:
    """Pass an order to a colleague, also for a trader who is away: the journal keeps both."""
    return await _act(call, "HandOverOrder")


@endpoint(routes, "GET", "/orders/{order_id}/decision", permission="read", answer=DecisionResource)
async def get_order_decision(call: Call) -> Response:
    """Show who decided the order, who typed it, when, why and where; amendments leave it as is."""
    order = await call.find(order_subject(call.request.path_params["order_id"]))
    return show(await call.read(find_decision, order.id))
