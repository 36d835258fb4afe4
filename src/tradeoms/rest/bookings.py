"""Bookings: made by hand, split otherwise, shown; the policies and charges they follow."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.domain.allocation.policy import Method, OnFailure, Residual, Trigger
from tradeoms.domain.booking.state import BookingStatus
from tradeoms.domain.charge.state import Basis, ChargeKind, Per, Rounding
from tradeoms.kernel.enums import Side
from tradeoms.projections.queries_bookings import (
    BOOKINGS,
    ChargesResource,
    PoliciesResource,
    find_charges,
    find_policies,
    find_versions,
)
from tradeoms.projections.resources_bookings import BookingResource, BookingVersion
from tradeoms.rest.acting import act_and_show
from tradeoms.rest.bodies import AllocationBody, encode_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show, show_outcome
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Code, Currency, Date, Decimal, Filter, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.orders import order_subject
from tradeoms.rest.reference import DryRunQuery, Loaded, load_all
from tradeoms.rest.routes import Routes

routes: Final = Routes("bookings")
_Codes = Annotated[list[Code], Field(max_length=5_000)]


class PolicyBody(Body):
    """How the executions of orders that fit are shared and booked."""

    id: Code
    method: Method
    trigger: Trigger
    funds: _Codes = Field(default_factory=list)
    """The order is for these funds alone."""
    asset_types: _Codes = Field(default_factory=list)
    sides: list[Side] = Field(default_factory=list, max_length=len(Side))
    least: Decimal | None = None
    """Units: smallest part of `minimum_ticket`, largest of `de_minimis` that is given back."""
    book_at: Text = ""
    """Of `timed`, the time of day, `HH:MM`."""
    time_zone: Text = ""
    """Of `timed`, an IANA name."""
    residual: Residual = Residual.LARGEST_FUND
    on_failure: OnFailure = OnFailure.WAIT


class PoliciesBody(Body):
    """All policies, in the order in which they are tried."""

    policies: Annotated[list[PolicyBody], Field(max_length=500)]


class ChargeBody(Body):
    """A row of a schedule."""

    id: Code
    kind: ChargeKind
    basis: Basis
    rate: Decimal
    per: Per = Per.ORDER_DAY
    currency: Currency | None = None
    """Of every amount of the row."""
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    rounding: Rounding = Rounding.HALF_EVEN
    destinations: _Codes = Field(default_factory=list)
    asset_types: _Codes = Field(default_factory=list)
    mics: _Codes = Field(default_factory=list)
    countries: _Codes = Field(default_factory=list)
    sides: list[Side] = Field(default_factory=list, max_length=len(Side))
    since: Date | None = None
    until: Date | None = None


class ChargesBody(Body):
    """All rows, in the order in which they are tried."""

    charges: Annotated[list[ChargeBody], Field(max_length=2_000)]


class BookBody(Body):
    """What to book: an order, or all orders of a block."""

    order: Code | None = None
    block: Code | None = None
    trade_on: Date | None = None
    """One trading day; every day that is not booked if absent."""
    reason: Text = ""
    """Needed where a condition failed."""


class ReallocateBody(Body):
    """Another split of what is executed; funds that are not named get nothing."""

    allocations: Annotated[list[AllocationBody], Field(min_length=1, max_length=2_000)]
    reason: Text


class WordBody(Body):
    """What there is to say about it."""

    reason: Text = ""


class BookingQuery(ListQuery):
    """Narrows the list."""

    order: Filter | None = None
    status: BookingStatus | None = None
    trade_on: Filter | None = None


class BookAnswer(msgspec.Struct):
    """The bookings that were made."""

    bookings: list[str]
    seq: int


class VersionsAnswer(msgspec.Struct):
    """Every version of a booking, oldest first."""

    data: list[BookingVersion]


@endpoint(routes, "GET", "/allocation-policies", permission="read", answer=PoliciesResource)
async def get_allocation_policies(call: Call) -> Response:
    """Show the allocation policies, in the order in which they are tried, then older versions."""
    return show(await call.read(find_policies, call.principal.scope))


@endpoint(
    routes, "POST", "/allocation-policies", permission="LoadAllocationPolicies",
    body=PoliciesBody, query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_allocation_policies(call: Call) -> Response:
    """Set the policies, in place of all there are; statements that are made keep theirs."""
    asked: PoliciesBody = call.body
    return await load_all(call, "LoadAllocationPolicies", asked.model_dump(exclude_none=True))


@endpoint(routes, "GET", "/charges", permission="read", answer=ChargesResource)
async def get_charges(call: Call) -> Response:
    """Show the commissions, fees and taxes in force, in the order in which they are tried."""
    return show(await call.read(find_charges))


@endpoint(
    routes, "POST", "/charges", permission="LoadCharges", body=ChargesBody, query=DryRunQuery,
    answer=Loaded, key="optional",
)  # fmt: skip
async def load_charges(call: Call) -> Response:
    """Set the commissions, fees and taxes, in place of all there are."""
    asked: ChargesBody = call.body
    return await load_all(call, "LoadCharges", asked.model_dump(exclude_none=True))


@endpoint(
    routes, "POST", "/allocations", permission="BookAllocations", body=BookBody,
    answer=BookAnswer, status=201, key="required",
)  # fmt: skip
async def book_allocations(call: Call) -> Response:
    """Book what is executed of an order, or of all orders of a block, by hand."""
    asked: BookBody = call.body
    if (asked.order is None) == (asked.block is None):
        raise problem("one_of_required", "name an order or a block, not both", pointer="/order")
    fields: dict[str, Any] = {  # Any: JSON
        "order_id": asked.order or "", "block_id": asked.block or "", "reason": asked.reason,
    }  # fmt: skip
    if asked.trade_on is not None:
        fields["trade_on"] = asked.trade_on
    subject = order_subject(asked.order) if asked.order else None
    outcome = await call.submit("BookAllocations", encode_fields(fields), subject=subject)
    return show_outcome(outcome, status=201)


@endpoint(
    routes, "GET", "/bookings", permission="read", query=BookingQuery,
    answer=PageOf(BookingResource),
)  # fmt: skip
async def get_bookings(call: Call) -> Response:
    """List what is booked, or is to be booked, by order and trading day, newest order first."""
    asked: BookingQuery = call.query
    return await list_of(
        call, BOOKINGS, order_id=asked.order, status=asked.status, trade_on=asked.trade_on
    )


def _subject(call: Call) -> Subject:
    return subject_of(BOOKINGS, "booking", call.request.path_params["booking_id"])


@endpoint(routes, "GET", "/bookings/{booking_id}", permission="read", answer=BookingResource)
async def get_booking(call: Call) -> Response:
    """Show a booking."""
    return show(await call.find(_subject(call)))


@endpoint(
    routes, "GET", "/bookings/{booking_id}/versions", permission="read", answer=VersionsAnswer
)
async def get_booking_versions(call: Call) -> Response:
    """Show every version that was booked, with its reversal."""
    subject = _subject(call)
    await call.find(subject)
    found = await call.read(find_versions, subject.id, call.principal.scope)
    return show(VersionsAnswer(data=found))


@endpoint(
    routes, "POST", "/bookings/{booking_id}/reallocate", permission="ReallocateBooking",
    body=ReallocateBody, answer=BookingResource, key="optional",
)  # fmt: skip
async def reallocate_booking(call: Call) -> Response:
    """Ask for another split before it is booked; another person must approve it."""
    asked: ReallocateBody = call.body
    subject = _subject(call)
    legs = [{"fund": each.fund, "quantity": each.quantity} for each in asked.allocations]
    fields = {"booking_id": subject.id, "legs": legs, "reason": asked.reason}
    outcome = await call.submit("ReallocateBooking", encode_fields(fields), subject=subject)
    return await call.show_changed(outcome, subject)


@endpoint(
    routes, "POST", "/bookings/{booking_id}/approve", permission="ApproveReallocation",
    body=WordBody, answer=BookingResource, key="optional",
)  # fmt: skip
async def approve_reallocation(call: Call) -> Response:
    """Agree to the split that another person asked for."""
    subject = _subject(call)
    return await act_and_show(call, "ApproveReallocation", subject, booking_id=subject.id)


@endpoint(
    routes, "POST", "/bookings/{booking_id}/refuse", permission="RefuseReallocation",
    body=WordBody, answer=BookingResource, key="optional",
)  # fmt: skip
async def refuse_reallocation(call: Call) -> Response:
    """Do not agree to the split that was asked for."""
    subject = _subject(call)
    return await act_and_show(call, "RefuseReallocation", subject, booking_id=subject.id)
