"""The running allocation of one order: what was stated and what each fund has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tradeoms.domain.allocation.events import AllocationStated, ExecutionAllocated
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.records import quick, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one fund has of the order: cumulative units and cost in minor units."""

    fund: str
    quantity: Decimal
    cost_minor: int


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Allocation of one order over its funds.

    Attributes:
        stated: The statement in force, in the order in which ties are broken.
        shares: What each fund has, in the order of the statement.
        shared_notional, shared_cost_minor: As in `ExecutionAllocated`.
    """

    order_id: str
    block_id: str
    number: int
    stated: tuple[Leg, ...]
    stated_at: datetime
    shares: tuple[Share, ...]
    notional: Decimal = ZERO
    currency: str = ""
    updated_at: datetime
    shared_notional: Decimal = ZERO
    shared_cost_minor: int = 0

    @property
    def quantity(self) -> Decimal:
        """Units booked to all funds."""
        return sum((share.quantity for share in self.shares), ZERO)

    def booked(self, fund: str) -> Decimal:
        """Units booked to ``fund``."""
        return next((s.quantity for s in self.shares if s.fund == fund), ZERO)


def state_allocation(before: Allocation | None, event: AllocationStated) -> Allocation:
    """The allocation under a new statement; what is booked stays booked, fund by fund."""
    if before is None:
        return Allocation(
            order_id=event.order_id,
            block_id=event.block_id,
            number=event.number,
            stated=event.legs,
            stated_at=event.at,
            shares=tuple(Share(fund=g.fund, quantity=ZERO, cost_minor=0) for g in event.legs),
            updated_at=event.at,
        )
    funds = [leg.fund for leg in event.legs]
    old = {share.fund: share for share in before.shares}
    assert all(fund in funds for fund, share in old.items() if share.quantity)
    return replace(
        before,
        number=event.number,
        stated=event.legs,
        shares=tuple(
            old.get(fund) or Share(fund=fund, quantity=ZERO, cost_minor=0) for fund in funds
        ),
        updated_at=event.at,
    )


def evolve(allocation: Allocation, event: ExecutionAllocated) -> Allocation:
    """The allocation after an execution was shared out or taken back."""
    return replace(
        allocation,
        shares=tuple(
            Share(fund=leg.fund, quantity=leg.quantity, cost_minor=leg.cost_minor)
            for leg in event.legs
        ),
        notional=event.notional,
        currency=event.currency,
        updated_at=event.at,
        shared_notional=event.shared_notional,
        shared_cost_minor=event.shared_cost_minor,
    )


def check_invariants(allocation: Allocation) -> None:
    """Assert that no fund has less than nothing, and that every stated fund has a share."""
    assert [leg.fund for leg in allocation.stated] == [share.fund for share in allocation.shares]
    assert all(share.quantity >= 0 for share in allocation.shares)
