"""Blocks: orders worked together, merged and parted; and orders that are split."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries import one_block
from tradeoms.projections.queries_blocks import list_found_crosses, suggested_blocks
from tradeoms.projections.resources_blocks import CrossResource, Suggestions
from tradeoms.projections.resources_schema import BlockResource, OrderResource
from tradeoms.rest import bodies as b
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show, show_outcome
from tradeoms.rest.fields import Body, Id
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.orders import order_subject
from tradeoms.rest.placing import PlacementBody, placement_fields
from tradeoms.rest.routes import Routes

routes: Final = Routes("blocks")


class MergeBody(Body):
    """Released orders, of which none was ever placed, to be worked together.

    Security, side, type, stop price, time in force, last day, instructions, venue and the other
    side of a cross must be the same; limits may differ.
    """

    orders: Annotated[list[Id], Field(min_length=1, max_length=1_000)]
    block: Id | None = None
    """The block they join, also one at work; a new one, if absent."""


class UnmergeBody(Body):
    """Orders that shall be worked alone again; all of the block, if empty."""

    orders: Annotated[list[Id], Field(max_length=1_000)] = Field(default_factory=list)


class Named(msgspec.Struct):
    """What the engine says of a block."""

    id: str


_named: Final = msgspec.json.Decoder(Named).decode


@endpoint(
    routes, "GET", "/blocks", permission="read", query=ListQuery, answer=PageOf(BlockResource)
)
async def get_blocks(call: Call) -> Response:
    """List blocks, newest first; those that all orders have left are empty."""
    return await show_list(call, q.list_rows, q.BLOCKS, {}, call.principal.scope)


@endpoint(routes, "GET", "/blocks/suggestions", permission="read", answer=Suggestions)
async def get_suggestions(call: Call) -> Response:
    """Show released orders, never placed or merged, that could be worked together."""
    return show(await call.read(suggested_blocks, call.principal.scope))


@endpoint(
    routes, "GET", "/crosses", permission="read", query=ListQuery, answer=PageOf(CrossResource)
)
async def get_crosses(call: Call) -> Response:
    """List purchases and sales of different funds that could trade with each other."""
    return await show_list(call, list_found_crosses, call.principal.scope)


@endpoint(routes, "GET", "/blocks/{block_id}", permission="read", answer=BlockResource)
async def get_block(call: Call) -> Response:
    """Show a block."""
    return show(await call.find(_block(call.request.path_params["block_id"])))


@endpoint(
    routes, "POST", "/orders/{order_id}/split", permission="SplitOrder", body=b.SplitBody,
    answer=OrderResource, status=201, key="optional",
)  # fmt: skip
async def split_order(call: Call) -> Response:
    """Make an order of its own of a part of an order that was never placed; that is the answer."""
    asked: b.SplitBody = call.body
    subject = order_subject(call.request.path_params["order_id"])
    fields: dict[str, object] = {
        "order_id": subject.id,
        "client_order_id": asked.client_order_id,
        "legs": [{"fund": each.fund, "quantity": each.quantity} for each in asked.allocations],
    }
    if asked.quantity is not None:
        fields["quantity"] = asked.quantity
    outcome = await call.submit("SplitOrder", b.encode_fields(fields), subject=subject)
    return show_outcome(outcome, status=201, location="/api/v1/orders")


@endpoint(
    routes, "POST", "/blocks", permission="MergeOrders", body=MergeBody, answer=BlockResource,
    status=201, key="optional",
)  # fmt: skip
async def merge_orders(call: Call) -> Response:
    """Work orders together, in a new block or in one that is there."""
    asked: MergeBody = call.body
    fields = {"order_ids": asked.orders, "block_id": asked.block or ""}
    outcome = await call.submit("MergeOrders", b.encode_fields(fields))
    return await call.show_changed(
        outcome, _block(_named(outcome.answer).id), status=201, location="/api/v1/blocks"
    )


@endpoint(
    routes, "POST", "/blocks/{block_id}/unmerge", permission="UnmergeBlock", body=UnmergeBody,
    answer=BlockResource, key="optional",
)  # fmt: skip
async def unmerge_block(call: Call) -> Response:
    """Work orders of a block alone again; what is executed stays with the orders that got it."""
    asked: UnmergeBody = call.body
    subject = _block(call.request.path_params["block_id"])
    fields = {"order_ids": asked.orders, "block_id": subject.id}
    outcome = await call.submit("UnmergeBlock", b.encode_fields(fields), subject=subject)
    return await call.show_changed(outcome, subject)


async def place_block(call: Call, body: PlacementBody) -> Response:
    """Route units of a block; the answer is the placement."""
    assert body.block is not None
    fields = placement_fields(body)
    outcome = await call.submit(
        "PlaceBlock",
        b.encode_fields({**fields, "block_id": body.block}),
        subject=_block(body.block),
    )
    return show_outcome(outcome, status=201, location="/api/v1/placements")


def _block(block_id: str) -> Subject:
    return Subject(kind="block", id=block_id, find=one_block)
