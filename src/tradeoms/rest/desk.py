"""The desk: blocks, placements, executions, allocations, and breaks with the outside world."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from starlette.responses import Response

from tradeoms.kernel.enums import ExecutionStatus, OrdStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries import one_execution, one_placement
from tradeoms.projections.resources_breaks import BreakResource
from tradeoms.projections.resources_schema import (
    AllocationResource,
    ExecutionResource,
    PlacementResource,
)
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act, act_and_show
from tradeoms.rest.blocks import place_block
from tradeoms.rest.endpoint import (
    Call,
    ListQuery,
    Subject,
    endpoint,
    show,
    show_outcome,
)
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Code, Filter, Reason
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.orders import order_subject
from tradeoms.rest.placing import PlacementBody, ReplaceBody, placement_fields
from tradeoms.rest.routes import Routes

routes: Final = Routes("desk")


class PlacementQuery(ListQuery):
    """Narrows the list."""

    order: Filter | None = None
    destination: Filter | None = None
    status: OrdStatus | None = None


class ExecutionQuery(ListQuery):
    """Narrows the list."""

    order: Filter | None = None
    placement: Filter | None = None
    status: ExecutionStatus | None = None


class AllocationQuery(ListQuery):
    """Narrows the list. `limit` counts orders, of which each gives a row for every fund."""

    order: Filter | None = None


class CancelPlacementsBody(Body):
    """What is to be canceled, and why: a destination, a security or both."""

    destination: Code | None = None
    security: Filter | None = None
    """Our id, the symbol, or any identifier (`AAPL.XNAS`)."""
    reason: Reason


class CanceledPlacements(msgspec.Struct):
    """The placements that are to be canceled, and the mass cancels that go before."""

    placements: list[str]
    mass_cancels: list[str]
    seq: int


class BreakQuery(ListQuery):
    """Narrows the list."""

    status: Literal["open", "suspense", "resolved"] | None = None
    kind: Filter | None = None
    session: Filter | None = None


async def list_of(call: Call, listing: q.Listing, **want: Any) -> Response:  # Any: column values
    """What is in ``listing`` where the columns have the values that were asked for."""
    given = {name: str(value) for name, value in want.items() if value is not None}
    return await show_list(call, q.list_rows, listing, given, call.principal.scope)


def _placement(call: Call) -> Subject:
    return Subject(
        kind="placement", id=call.request.path_params["placement_id"], find=one_placement
    )


@endpoint(
    routes, "POST", "/placements", permission="CreatePlacement", body=PlacementBody,
    answer=PlacementResource, status=201, key="required",
)  # fmt: skip
async def create_placement(call: Call) -> Response:
    """Route units of a released order, or of a block, to a destination."""
    body: PlacementBody = call.body
    if (body.order is None) == (body.block is None):
        raise problem("one_of_required", "name an order or a block, not both", pointer="/order")
    if body.block is not None:
        return await place_block(call, body)
    assert body.order is not None
    fields = placement_fields(body)
    outcome = await call.submit(
        "CreatePlacement",
        b.encode_fields({**fields, "order_id": body.order}),
        subject=order_subject(body.order),
    )
    return show_outcome(outcome, status=201, location="/api/v1/placements")


@endpoint(
    routes, "GET", "/placements", permission="read", query=PlacementQuery,
    answer=PageOf(PlacementResource),
)  # fmt: skip
async def get_placements(call: Call) -> Response:
    """List placements, newest first."""
    asked: PlacementQuery = call.query
    return await list_of(
        call,
        q.PLACEMENTS,
        order_id=asked.order,
        destination=asked.destination,
        status=asked.status,
    )


@endpoint(routes, "GET", "/placements/{placement_id}", permission="read", answer=PlacementResource)
async def get_placement(call: Call) -> Response:
    """Show a placement."""
    return show(await call.find(_placement(call)))


@endpoint(
    routes, "PATCH", "/placements/{placement_id}", permission="ReplacePlacement",
    body=ReplaceBody, answer=PlacementResource, status=202,
)  # fmt: skip
async def replace_placement(call: Call) -> Response:
    """Ask the broker for new terms; `requests` shows what it has not answered."""
    subject = _placement(call)
    fields = {**placement_fields(call.body), "placement_id": subject.id}
    outcome = await call.submit("ReplacePlacement", b.encode_fields(fields), subject=subject)
    return show_outcome(outcome, status=202)


@endpoint(
    routes, "POST", "/placements/{placement_id}/cancel", permission="CancelPlacement",
    body=b.NothingBody, answer=PlacementResource, status=202, key="optional",
)  # fmt: skip
async def cancel_placement(call: Call) -> Response:
    """Ask the broker to cancel what is left."""
    subject = _placement(call)
    return await act(call, "CancelPlacement", subject, status=202, placement_id=subject.id)


@endpoint(
    routes, "POST", "/placements:cancel", permission="CancelPlacements",
    body=CancelPlacementsBody, answer=CanceledPlacements, status=202, key="optional",
)  # fmt: skip
async def cancel_placements(call: Call) -> Response:
    """Ask the brokers to cancel all that is open in a scope, as far as you may cancel it.

    One mass cancel (FIX q) goes before the cancels of each where it says exactly the same;
    `GET /fix/actions` tells what came of it.
    """
    fields = call.body.model_dump(exclude_none=True)
    return show_outcome(await call.submit("CancelPlacements", b.encode_fields(fields)), status=202)


@endpoint(
    routes, "POST", "/placements/{placement_id}/executions", permission="RecordExecution",
    body=b.ExecutionBody, answer=PlacementResource, status=201, key="required",
)  # fmt: skip
async def record_execution(call: Call) -> Response:
    """Key an execution of a manual placement."""
    subject = _placement(call)
    body = b.command_body(call.body, placement_id=subject.id)
    return show_outcome(await call.submit("RecordExecution", body, subject=subject), status=201)


@endpoint(
    routes, "POST", "/placements/{placement_id}/answer", permission="RecordAnswer",
    body=b.AnswerBody, answer=PlacementResource, key="optional",
)  # fmt: skip
async def record_answer(call: Call) -> Response:
    """Key what the broker said of a manual placement."""
    subject = _placement(call)
    body = b.command_body(call.body, placement_id=subject.id)
    return show_outcome(await call.submit("RecordAnswer", body, subject=subject))


@endpoint(
    routes, "POST", "/executions/{execution_id}/bust", permission="BustExecution",
    body=b.BustBody, answer=PlacementResource, key="optional",
)  # fmt: skip
async def bust_execution(call: Call) -> Response:
    """Take back an execution that was keyed."""
    execution_id = call.request.path_params["execution_id"]
    subject = Subject(kind="execution", id=execution_id, find=one_execution)
    body = b.command_body(call.body, execution_id=execution_id)
    return show_outcome(await call.submit("BustExecution", body, subject=subject))


@endpoint(
    routes, "GET", "/executions", permission="read", query=ExecutionQuery,
    answer=PageOf(ExecutionResource),
)  # fmt: skip
async def get_executions(call: Call) -> Response:
    """List executions, newest first."""
    asked: ExecutionQuery = call.query
    return await list_of(
        call,
        q.EXECUTIONS,
        order_id=asked.order,
        placement_id=asked.placement,
        status=asked.status,
    )


@endpoint(routes, "GET", "/executions/{execution_id}", permission="read", answer=ExecutionResource)
async def get_execution(call: Call) -> Response:
    """Show an execution."""
    execution_id = call.request.path_params["execution_id"]
    return show(await call.find(Subject(kind="execution", id=execution_id, find=one_execution)))


@endpoint(
    routes, "GET", "/allocations", permission="read", query=AllocationQuery,
    answer=PageOf(AllocationResource),
)  # fmt: skip
async def get_allocations(call: Call) -> Response:
    """List allocations, the newest order first, one row a fund."""
    return await list_of(call, q.ALLOCATIONS, order_id=call.query.order)


@endpoint(
    routes, "GET", "/breaks", permission="read", query=BreakQuery, answer=PageOf(BreakResource)
)
async def get_breaks(call: Call) -> Response:
    """List disagreements with counterparties, newest first."""
    asked: BreakQuery = call.query
    return await list_of(
        call, q.BREAKS, status=asked.status, kind=asked.kind, session=asked.session
    )


@endpoint(
    routes, "POST", "/breaks/{break_id}/resolve", permission="ResolveBreak",
    body=b.ResolutionBody, answer=BreakResource, key="optional",
)  # fmt: skip
async def resolve_break(call: Call) -> Response:
    """Say how a disagreement was settled, tell the counterparty, or ask for a booking."""
    asked: b.ResolutionBody = call.body
    break_id = call.request.path_params["break_id"]
    fields = {
        "break_id": break_id, "resolution": asked.resolution, "action": asked.action.value,
        "placement_id": asked.placement or "", "adjustment": _adjustment(asked.adjustment),
    }  # fmt: skip
    subject = subject_of(q.BREAKS, "break", break_id)
    outcome = await call.submit("ResolveBreak", b.encode_fields(fields), subject=subject)
    return await call.show_changed(outcome, subject)


def _adjustment(told: b.AdjustmentBody | None) -> dict[str, str | None] | None:
    if told is None:
        return None
    return {
        "execution_id": told.execution or "", "quantity": told.quantity, "price": told.price,
        "exec_id": told.exec_id,
    }  # fmt: skip


async def _decide_break(call: Call, kind: str) -> Response:
    break_id = call.request.path_params["break_id"]
    subject = subject_of(q.BREAKS, "break", break_id)
    return await act_and_show(call, kind, subject, break_id=break_id)


@endpoint(
    routes, "POST", "/breaks/{break_id}/approve", permission="ApproveBreakAction",
    body=b.BreakWordBody, answer=BreakResource, key="optional",
)  # fmt: skip
async def approve_break_action(call: Call) -> Response:
    """Let what was asked for go ahead; another person than who asked."""
    return await _decide_break(call, "ApproveBreakAction")


@endpoint(
    routes, "POST", "/breaks/{break_id}/refuse", permission="RefuseBreakAction",
    body=b.BreakWordBody, answer=BreakResource, key="optional",
)  # fmt: skip
async def refuse_break_action(call: Call) -> Response:
    """Say no to what was asked for; the break stays open."""
    return await _decide_break(call, "RefuseBreakAction")


def subject_of(listing: q.Listing, kind: str, row_id: str) -> Subject:
    """A row of a listing as what a request is about."""
    return Subject(
        kind=kind,
        id=row_id,
        find=lambda link, key, scope: q.one_row(link, listing, [key], scope),
    )
