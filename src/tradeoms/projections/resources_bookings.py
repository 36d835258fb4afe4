"""The resources of bookings, allocation policies and charges."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal

import msgspec

from tradeoms.domain.allocation.policy import AllocationPolicy
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.booking.events import (
    AllocationBooked,
    AllocationReversed,
    BookedCharge,
    BookedExecution,
    FailedCondition,
    FundBooking,
)
from tradeoms.domain.booking.state import Booking, Reallocation
from tradeoms.domain.charge.state import Charge, ChargeKind
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.numbers import ZERO, from_minor, plain
from tradeoms.projections.resources_schema import ChargeShare
from tradeoms.projections.resources_text import (
    SecurityRef,
    average_price,
    instant,
    instant_or_none,
    plain_or_none,
    security_ref,
)

Funds = Collection[str] | None


class BookingLeg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fund gets. Charges and net are known once it is booked, null before."""

    fund: str
    quantity: str
    gross: str
    commission: str | None
    charges: list[ChargeShare]
    net: str | None


class ExecutionPart(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fund's units of an execution."""

    fund: str
    quantity: str


class BookingExecution(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An execution that was booked, as far as your funds have units of it."""

    execution_id: str
    destination: str
    quantity: str
    price: str
    allocations: list[ExecutionPart]


class ConditionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Why it waits; `fund` is null where it is about all."""

    code: str
    fund: str | None
    detail: str


class ReallocationResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another split that a person asked for."""

    allocations: list[ExecutionPart]
    reason: str
    proposed_by: str
    proposed_at: str


class BookingResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an order got on a trading day, for the funds that you may see.

    Money is in `currency`. `booked_version` counts how often it was booked.
    """

    id: str
    version: int
    seq: int
    order_id: str
    block_id: str
    security: SecurityRef
    side: str
    trade_on: str
    status: str
    policy: str
    trigger: str
    booked_version: int
    currency: str
    quantity: str
    avg_px: str
    gross: str
    allocations: list[BookingLeg]
    executions: list[BookingExecution]
    waiting_for: list[ConditionResource]
    reallocation: ReallocationResource | None
    check_id: str | None
    booked_by: str | None
    booked_at: str | None
    reason: str
    created_at: str
    updated_at: str


class BookingVersion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One version of a booking, and when it was taken back; null while it counts."""

    version: int
    quantity: str
    avg_px: str
    gross: str
    allocations: list[BookingLeg]
    booked_by: str
    booked_at: str
    reason: str
    reversed_at: str | None
    because: str | None


class PolicyResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An allocation policy; empty conditions fit every order."""

    id: str
    version: int
    in_force: bool
    method: str
    trigger: str
    funds: list[str]
    asset_types: tuple[str, ...]
    sides: list[str]
    least: str | None
    book_at: str | None
    time_zone: str | None
    residual: str
    on_failure: str


class ChargeResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row of a schedule as it was loaded; empty conditions fit everything."""

    id: str
    kind: str
    basis: str
    rate: str
    per: str
    currency: str | None
    minimum: str | None
    maximum: str | None
    rounding: str
    destinations: tuple[str, ...]
    asset_types: tuple[str, ...]
    mics: tuple[str, ...]
    countries: tuple[str, ...]
    sides: list[str]
    since: str | None
    until: str | None


def booking_resource(  # a keyword for each row that it is made of
    booking: Booking,
    *,
    seq: int,
    order: Order,
    allocation: Allocation,
    security: Security | None,
    funds: Funds = None,
) -> BookingResource:
    """Show a booking; before it is booked, what the funds have by now."""
    booked, day = booking.booked, allocation.day(booking.trade_on)
    currency = allocation.currency
    legs = _seen(booked.legs, funds) if booked else _provisional(booking, allocation, funds)
    price = booked.price if booked else day.notional / day.quantity if day.quantity else ZERO
    return BookingResource(
        id=booking.id,
        version=seq,
        seq=seq,
        order_id=booking.order_id,
        block_id=allocation.block_id,
        security=security_ref(security, order.security_id),
        side=order.side.value,
        trade_on=booking.trade_on.isoformat(),
        status=booking.status.value,
        policy=allocation.policy,
        trigger=booked.trigger.value if booked else allocation.trigger.value,
        booked_version=booking.version,
        currency=currency,
        quantity=plain(sum((leg.quantity for leg in legs), ZERO)),
        avg_px=average_price(price, Decimal(1)),
        gross=_money(sum(leg.gross_minor for leg in legs), currency),
        allocations=[_leg(leg, currency, final=booked is not None) for leg in legs],
        executions=_executions(booked.executions if booked else (), funds),
        waiting_for=_conditions(booking.held, funds),
        reallocation=_reallocation(booking.proposal, funds),
        check_id=booking.check_id or None,
        booked_by=booked.booked_by if booked else None,
        booked_at=instant_or_none(booked.at if booked else None),
        reason=booked.reason if booked else "",
        created_at=instant(booking.created_at),
        updated_at=instant(booking.updated_at),
    )


def booking_versions(
    events: Sequence[AllocationBooked | AllocationReversed], *, funds: Funds = None
) -> list[BookingVersion]:
    """Every version that was booked, oldest first, with its reversal."""
    reversals = {each.version: each for each in events if isinstance(each, AllocationReversed)}
    return [
        _version(each, reversals.get(each.version), funds)
        for each in events
        if isinstance(each, AllocationBooked)
    ]


def policy_resource(
    policy: AllocationPolicy, *, in_force: bool, funds: Funds = None
) -> PolicyResource:
    """Show a policy; funds that the person may not see are left out."""
    return PolicyResource(
        id=policy.id,
        version=policy.version,
        in_force=in_force,
        method=policy.method.value,
        trigger=policy.trigger.value,
        funds=[fund for fund in policy.funds if funds is None or fund in funds],
        asset_types=policy.asset_types,
        sides=[side.value for side in policy.sides],
        least=plain_or_none(policy.least),
        book_at=policy.book_at or None,
        time_zone=policy.time_zone or None,
        residual=policy.residual.value,
        on_failure=policy.on_failure.value,
    )


def charge_resource(charge: Charge) -> ChargeResource:
    """Show a row of a schedule."""
    return ChargeResource(
        id=charge.id,
        kind=charge.kind.value,
        basis=charge.basis.value,
        rate=plain(charge.rate),
        per=charge.per.value,
        currency=charge.currency or None,
        minimum=plain_or_none(charge.minimum),
        maximum=plain_or_none(charge.maximum),
        rounding=charge.rounding.value,
        destinations=charge.destinations,
        asset_types=charge.asset_types,
        mics=charge.mics,
        countries=charge.countries,
        sides=[side.value for side in charge.sides],
        since=charge.since.isoformat() if charge.since else None,
        until=charge.until.isoformat() if charge.until else None,
    )


def charge_shares(charges: Sequence[BookedCharge], currency: str) -> list[ChargeShare]:
    """Show charges, those of the same name and broker together."""
    totals: dict[tuple[str, str, str], int] = {}
    for one in charges:
        key = (one.charge, one.kind.value, one.destination)
        totals[key] = totals.get(key, 0) + one.minor
    return [
        ChargeShare(charge=key[0], kind=key[1], destination=key[2], amount=_money(minor, currency))
        for key, minor in totals.items()
    ]


def _version(
    booked: AllocationBooked, reversal: AllocationReversed | None, funds: Funds
) -> BookingVersion:
    legs = _seen(booked.legs, funds)
    return BookingVersion(
        version=booked.version,
        quantity=plain(sum((leg.quantity for leg in legs), ZERO)),
        avg_px=average_price(booked.price, Decimal(1)),
        gross=_money(sum(leg.gross_minor for leg in legs), booked.currency),
        allocations=[_leg(leg, booked.currency, final=True) for leg in legs],
        booked_by=booked.booked_by,
        booked_at=instant(booked.at),
        reason=booked.reason,
        reversed_at=instant_or_none(reversal.at if reversal else None),
        because=reversal.because if reversal else None,
    )


def _provisional(booking: Booking, allocation: Allocation, funds: Funds) -> list[FundBooking]:
    shares = [share for share in allocation.day(booking.trade_on).shares if share.quantity]
    return [
        FundBooking(
            fund=share.fund, quantity=share.quantity, gross_minor=share.cost_minor, charges=(),
            net_minor=0,
        )
        for share in shares
        if funds is None or share.fund in funds
    ]  # fmt: skip


def _seen(legs: Sequence[FundBooking], funds: Funds) -> list[FundBooking]:
    return [leg for leg in legs if funds is None or leg.fund in funds]


def _leg(leg: FundBooking, currency: str, *, final: bool) -> BookingLeg:
    commission = sum(one.minor for one in leg.charges if one.kind is ChargeKind.COMMISSION)
    return BookingLeg(
        fund=leg.fund,
        quantity=plain(leg.quantity),
        gross=_money(leg.gross_minor, currency),
        commission=_money(commission, currency) if final else None,
        charges=charge_shares(leg.charges, currency),
        net=_money(leg.net_minor, currency) if final else None,
    )


def _executions(executions: Sequence[BookedExecution], funds: Funds) -> list[BookingExecution]:
    found = []
    for each in executions:
        parts = [leg for leg in each.legs if funds is None or leg.fund in funds]
        if parts:
            found.append(
                BookingExecution(
                    execution_id=each.execution_id,
                    destination=each.destination,
                    quantity=plain(sum((leg.quantity for leg in parts), ZERO)),
                    price=plain(each.price),
                    allocations=_parts(parts),
                )
            )
    return found


def _parts(parts: Sequence[Leg]) -> list[ExecutionPart]:
    return [ExecutionPart(fund=leg.fund, quantity=plain(leg.quantity)) for leg in parts]


def _conditions(held: Sequence[FailedCondition], funds: Funds) -> list[ConditionResource]:
    return [
        ConditionResource(code=each.code, fund=each.fund or None, detail=each.detail)
        for each in held
        if not each.fund or funds is None or each.fund in funds
    ]


def _reallocation(asked: Reallocation | None, funds: Funds) -> ReallocationResource | None:
    if asked is None:
        return None
    return ReallocationResource(
        allocations=_parts([leg for leg in asked.legs if funds is None or leg.fund in funds]),
        reason=asked.reason,
        proposed_by=asked.proposed_by,
        proposed_at=instant(asked.at),
    )


def _money(minor: int, currency: str) -> str:
    return plain(from_minor(minor, currency))
