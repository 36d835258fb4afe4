"""The running allocation of one order: what was stated and what each fund has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.allocation.events import (
    AllocationAdjusted,
    AllocationStated,
    BookedLeg,
    ExecutionAllocated,
)
from tradeoms.domain.allocation.policy import BUILT_IN, Method, Trigger
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
class Day:
    """What an order got on one trading day, at one average price for all its funds.

    Attributes:
        notional: Sum of quantity times price, of own executions and of shared ones.
        alone: The part of it that comes from the order's own placements; exact.
        shared_cost_minor: Of the cost in minor units the part that comes from shared placements.
        shares: What each fund has of it; funds that never had any are left out.
    """

    on: date
    notional: Decimal = ZERO
    alone: Decimal = ZERO
    shared_cost_minor: int = 0
    shares: tuple[Share, ...] = ()

    @property
    def quantity(self) -> Decimal:
        """Units of all funds."""
        return sum((share.quantity for share in self.shares), ZERO)

    def of(self, fund: str) -> Share:
        """What one fund has."""
        nothing = Share(fund=fund, quantity=ZERO, cost_minor=0)
        return next((share for share in self.shares if share.fund == fund), nothing)


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Allocation of one order over its funds.

    Attributes:
        stated: The statement in force, in the order in which ties are broken.
        shares: What each fund has, in the order of the statement.
        shared_notional, shared_cost_minor: As in `ExecutionAllocated`.
        policy, method, trigger: As in `AllocationStated`.
        days: What it got day by day, oldest first.
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
    policy: str = BUILT_IN
    method: Method = Method.PRO_RATA
    trigger: Trigger = Trigger.EACH_FILL
    days: tuple[Day, ...] = ()

    @property
    def quantity(self) -> Decimal:
        """Units booked to all funds."""
        return sum((share.quantity for share in self.shares), ZERO)

    def booked(self, fund: str) -> Decimal:
        """Units booked to ``fund``."""
        return next((s.quantity for s in self.shares if s.fund == fund), ZERO)

    def day(self, on: date) -> Day:
        """What it got on a trading day."""
        return next((day for day in self.days if day.on == on), Day(on=on))

    def average(self, fund: str) -> Decimal:
        """Average price of what ``fund`` has, over the days on which it got some; 0 for nothing."""
        units = self.booked(fund)
        if not self.days:  # of before days were kept
            return self.notional / self.quantity if units else ZERO
        traded = [day for day in self.days if day.quantity]
        paid = sum((day.of(fund).quantity * day.notional / day.quantity for day in traded), ZERO)
        return paid / units if units else ZERO


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
            policy=event.policy,
            method=event.method,
            trigger=event.trigger,
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


def evolve(allocation: Allocation, event: ExecutionAllocated | AllocationAdjusted) -> Allocation:
    """The allocation after an execution was shared out or taken back, or units were moved."""
    shares = tuple(
        Share(fund=leg.fund, quantity=leg.quantity, cost_minor=leg.cost_minor) for leg in event.legs
    )
    if isinstance(event, AllocationAdjusted):
        day = allocation.day(event.trade_on)
        day = replace(day, shares=_added(day, event.legs))
        return replace(allocation, shares=shares, days=_with(allocation, day), updated_at=event.at)
    day = allocation.day(event.pool_on or event.trade_on)
    before = allocation.notional - allocation.shared_notional
    day = replace(
        day,
        notional=day.notional + event.notional - allocation.notional,
        alone=day.alone + event.notional - event.shared_notional - before,
        shared_cost_minor=(
            day.shared_cost_minor + event.shared_cost_minor - allocation.shared_cost_minor
        ),
        shares=_added(day, event.legs),
    )
    return replace(
        allocation,
        shares=shares,
        notional=event.notional,
        currency=event.currency,
        updated_at=event.at,
        shared_notional=event.shared_notional,
        shared_cost_minor=event.shared_cost_minor,
        days=_with(allocation, day),
    )


def _with(allocation: Allocation, day: Day) -> tuple[Day, ...]:
    others = (each for each in allocation.days if each.on != day.on)
    return tuple(sorted((*others, day), key=lambda each: each.on))


def _added(day: Day, legs: tuple[BookedLeg, ...]) -> tuple[Share, ...]:
    """The day's shares with what each leg adds."""
    shares = {share.fund: share for share in day.shares}
    for leg in legs:
        if leg.fund in shares or leg.quantity_delta or leg.cost_delta_minor:
            before = day.of(leg.fund)
            shares[leg.fund] = Share(
                fund=leg.fund,
                quantity=before.quantity + leg.quantity_delta,
                cost_minor=before.cost_minor + leg.cost_delta_minor,
            )
    return tuple(shares.values())


def check_invariants(allocation: Allocation) -> None:
    """Assert that no fund has less than nothing, and that the days add up to what each has."""
    assert [leg.fund for leg in allocation.stated] == [share.fund for share in allocation.shares]
    assert all(share.quantity >= 0 for share in allocation.shares)
    for share in allocation.shares:
        of_days = [day.of(share.fund) for day in allocation.days]
        assert share.quantity == sum((each.quantity for each in of_days), ZERO)
        assert share.cost_minor == sum(each.cost_minor for each in of_days)
        assert all(each.quantity >= 0 for each in of_days)
