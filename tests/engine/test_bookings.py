"""Booking what was executed: triggers, charges, reversals, restarts, and people's own splits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from tests.engine.house import House, fill
from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.policy import AllocationPolicy, Trigger
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.state import Basis, Charge, ChargeKind

OPS, RISK = "olga", "rita"
COMMISSION = Charge(id="broker", kind=ChargeKind.COMMISSION, basis=Basis.BPS, rate=D(5))


def policy(trigger: Trigger, **changes: Any) -> AllocationPolicy:
    return replace(AllocationPolicy(id="p", trigger=trigger), **changes)


def load(house: House, *policies: AllocationPolicy, charges: tuple[Charge, ...] = ()) -> None:
    house.get(LoadAllocationPolicies(policies=policies), user=OPS)
    house.get(LoadCharges(charges=charges), user=OPS)


def only(house: House) -> Booking:
    (booking,) = house.book.bookings.values()
    return booking


def units(booking: Booking) -> dict[str, D]:
    assert booking.booked is not None
    return {leg.fund: leg.quantity for leg in booking.booked.legs}


def cash(house: House) -> int:
    return sum(balance.minor for balance in house.book.cash.values())


def test_a_filled_order_is_booked_with_its_charges(house: House) -> None:
    load(house, policy(Trigger.FILLED), charges=(COMMISSION,))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.99"))
    assert only(house).status == "provisional"
    before = cash(house)
    house.hear(fill(placed["cl_ord_id"], "E2", 600, "100"))
    booked = only(house).booked
    assert booked is not None
    assert [(leg.fund, leg.quantity) for leg in booked.legs] == [("A", D(600)), ("B", D(400))]
    assert booked.gross_minor == 9_999_600
    assert sum(leg.charges_minor for leg in booked.legs) == 5_000
    assert cash(house) == before - 6_000_000 - 5_000
    assert all(leg.net_minor == leg.gross_minor + leg.charges_minor for leg in booked.legs)
