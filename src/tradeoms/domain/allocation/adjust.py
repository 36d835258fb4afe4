"""Moves units of a day from fund to fund before they are booked: by a method, or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.allocation.events import AllocationAdjusted, BookedLeg, Move
from tradeoms.domain.allocation.methods import give_back, resplit, whole
from tradeoms.domain.allocation.policy import AllocationPolicy, Method
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import ZERO, share_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An execution of the day, and which funds have which units of it."""

    execution_id: str
    units: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """What units are moved in.

    Attributes:
        on: The trading day.
        executions: Those of the day that count, in the order in which they were recorded.
        lot: Smallest unit in which funds may hold the security.
    """

    allocation: Allocation
    on: date
    executions: Sequence[Given]
    security_id: str
    buys: bool
    lot: Decimal
    at: datetime


def without_small_parts(moving: Moving, policy: AllocationPolicy) -> AllocationAdjusted | None:
    """Give back what the policy calls too small; `None` where there is nothing of it."""
    if policy.least is None:
        return None
    allocation, day = moving.allocation, moving.allocation.day(moving.on)
    least = policy.least + (moving.lot if policy.method is Method.DE_MINIMIS else ZERO)
    parts = [day.of(leg.fund).quantity for leg in allocation.stated]
    room = [leg.quantity - allocation.booked(leg.fund) for leg in allocation.stated]
    after = give_back(parts, room, least=least, lot=moving.lot)
    if after == parts:
        return None
    wanted = dict(zip((leg.fund for leg in allocation.stated), after, strict=True))
    return adjust(moving, wanted, because=policy.method.value)


def adjust(
    moving: Moving,
    wanted: Mapping[str, Decimal],
    *,
    because: str,
    reason: str = "",
    people: tuple[str, str] = ("", ""),
) -> AllocationAdjusted:
    """Give every fund the units ``wanted`` of the day, at the day's one average price.

    Args:
        moving: The day.
        wanted: Fund to units for every fund of the statement; they sum to what is executed.
        because: The method, or `manual`.
        reason: Of a person.
        people: Who asked, and who agreed.
    """
    allocation, day = moving.allocation, moving.allocation.day(moving.on)
    had = [day.of(leg.fund) for leg in allocation.stated]
    units = [wanted[share.fund] for share in had]
    assert sum(units, ZERO) == day.quantity
    costs = share_out(sum(share.cost_minor for share in day.shares), whole(units))
    legs = tuple(
        BookedLeg(
            fund=share.fund,
            quantity=share.quantity + now - before.quantity,
            cost_minor=share.cost_minor + cost - before.cost_minor,
            quantity_delta=now - before.quantity,
            cost_delta_minor=cost - before.cost_minor,
        )
        for share, before, now, cost in zip(allocation.shares, had, units, costs, strict=True)
    )
    return AllocationAdjusted(
        order_id=allocation.order_id,
        security_id=moving.security_id,
        buys=moving.buys,
        currency=allocation.currency,
        trade_on=moving.on,
        because=because,
        legs=legs,
        moves=_moves(moving, wanted),
        at=moving.at,
        reason=reason,
        proposed_by=people[0],
        approved_by=people[1],
    )


def _moves(moving: Moving, wanted: Mapping[str, Decimal]) -> tuple[Move, ...]:
    """How the split of each execution changes so that the funds come to what is wanted."""
    before = {each.execution_id: each.units for each in moving.executions}
    totals = [(key, sum(units.values(), ZERO)) for key, units in before.items()]
    after = resplit(totals, wanted, moving.lot)
    found = []
    for key, units in before.items():
        funds = dict.fromkeys((*units, *after[key]))
        changes = tuple(
            Leg(fund=fund, quantity=change)
            for fund in funds
            if (change := after[key].get(fund, ZERO) - units.get(fund, ZERO))
        )
        if changes:
            found.append(Move(execution_id=key, legs=changes))
    return tuple(found)
