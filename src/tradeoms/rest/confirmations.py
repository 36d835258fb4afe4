"""After trading: what brokers are told of the split, their confirmations, and people's word."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from tradeoms.domain.confirmation.state import ConfirmationStatus, StreetStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_confirmations import (
    ConfirmationResource,
    InstructionResource,
)
from tradeoms.rest.acting import act_and_show
from tradeoms.rest.bodies import NothingBody, encode_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint, show_outcome
from tradeoms.rest.fields import Body, Date, Decimal, Filter, Id, Reason
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("confirmations")


class InstructionQuery(ListQuery):
    """Narrows the list."""

    status: StreetStatus | None = None
    placement: Filter | None = None


class ConfirmationQuery(ListQuery):
    """Narrows the list; the exceptions are those that are `mismatched`."""

    status: ConfirmationStatus | None = None
    instruction: Filter | None = None
    fund: Filter | None = None


class InstructionBody(Body):
    """Whose executions, of which trading day (the newest), and how much money may differ."""

    placement: Id
    trade_on: Date | None = None
    tolerance: Decimal = "0"


class WhyBody(Body):
    """Why."""

    reason: Reason


class AffirmBody(Body):
    """Why; needed where the confirmation differs."""

    reason: Reason | None = None


@endpoint(
    routes, "GET", "/allocation-instructions", permission="read", query=InstructionQuery,
    answer=PageOf(InstructionResource),
)  # fmt: skip
async def get_instructions(call: Call) -> Response:
    """List what brokers were told of how executions are split, newest first."""
    asked: InstructionQuery = call.query
    return await list_of(call, q.INSTRUCTIONS, status=asked.status, placement_id=asked.placement)


@endpoint(
    routes, "POST", "/allocation-instructions", permission="InstructAllocation",
    body=InstructionBody, answer={"type": "object"}, status=201, key="required",
)  # fmt: skip
async def instruct(call: Call) -> Response:
    """Tell the broker of a placement how a day's executions are split over funds."""
    asked: InstructionBody = call.body
    fields = {
        "placement_id": asked.placement, "trade_on": asked.trade_on,
        "tolerance": asked.tolerance,
    }  # fmt: skip
    outcome = await call.submit("InstructAllocation", encode_fields(fields))
    return show_outcome(outcome, status=201)


async def _again(call: Call, kind: str) -> Response:
    key = call.request.path_params["instruction_id"]
    fields = {"instruction_id": key, **call.body.model_dump()}
    subject = subject_of(q.INSTRUCTIONS, "instruction", key)
    outcome = await call.submit(kind, encode_fields(fields), subject=subject)
    return show_outcome(outcome, status=201)


@endpoint(
    routes, "POST", "/allocation-instructions/{instruction_id}/replace",
    permission="ReplaceAllocation", body=WhyBody, answer={"type": "object"}, status=201,
    key="optional",
)  # fmt: skip
async def replace(call: Call) -> Response:
    """Tell the split anew, as it is booked now; the instruction before it is void."""
    return await _again(call, "ReplaceAllocation")


@endpoint(
    routes, "POST", "/allocation-instructions/{instruction_id}/cancel",
    permission="CancelAllocation", body=WhyBody, answer={"type": "object"}, status=201,
    key="optional",
)  # fmt: skip
async def cancel(call: Call) -> Response:
    """Take an instruction back."""
    return await _again(call, "CancelAllocation")


@endpoint(
    routes, "POST", "/allocation-instructions/{instruction_id}/request",
    permission="RequestConfirmations", body=NothingBody, answer={"type": "object"}, status=201,
    key="optional",
)  # fmt: skip
async def request(call: Call) -> Response:
    """Ask the broker for the confirmations that have not come (FIX BH)."""
    key = call.request.path_params["instruction_id"]
    subject = subject_of(q.INSTRUCTIONS, "instruction", key)
    fields = encode_fields({"instruction_id": key})
    outcome = await call.submit("RequestConfirmations", fields, subject=subject)
    return show_outcome(outcome, status=201)


@endpoint(
    routes, "GET", "/confirmations", permission="read", query=ConfirmationQuery,
    answer=PageOf(ConfirmationResource),
)  # fmt: skip
async def get_confirmations(call: Call) -> Response:
    """List what brokers confirmed and how it compares with what is booked, newest first."""
    asked: ConfirmationQuery = call.query
    return await list_of(
        call, q.CONFIRMATIONS, status=asked.status, instruction_id=asked.instruction,
        fund=asked.fund,
    )  # fmt: skip


async def _answer(call: Call, kind: str) -> Response:
    key = call.request.path_params["confirmation_id"]
    subject = subject_of(q.CONFIRMATIONS, "confirmation", key)
    return await act_and_show(call, kind, subject, confirmation_id=key)


@endpoint(
    routes, "POST", "/confirmations/{confirmation_id}/affirm", permission="AffirmConfirmation",
    body=AffirmBody, answer=ConfirmationResource, key="optional",
)  # fmt: skip
async def affirm(call: Call) -> Response:
    """Agree to a confirmation; one that differs needs a reason."""
    return await _answer(call, "AffirmConfirmation")


@endpoint(
    routes, "POST", "/confirmations/{confirmation_id}/reject", permission="RejectConfirmation",
    body=WhyBody, answer=ConfirmationResource, key="optional",
)  # fmt: skip
async def reject(call: Call) -> Response:
    """Refuse a confirmation; the broker is told why."""
    return await _answer(call, "RejectConfirmation")
