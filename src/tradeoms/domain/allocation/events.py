"""What was stated and what was booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.allocation.policy import AllocationPolicy, Method, Trigger
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationStated:
    """The intended split of an order over funds, fixed before its first placement.

    A later statement replaces it for what is still to be executed (after an amendment); what is
    booked stays booked. Source of the duty: SEC no-action letter SMC Capital, 1995.

    Attributes:
        legs: In the order in which ties are broken, or in which funds that take turns are served.
        policy: The allocation policy with its version, `standard/3`; it holds for the order
            whatever is loaded later.
        method: How the policy shares executions. `trigger`: when it books them.
    """

    order_id: str
    block_id: str
    number: int
    legs: tuple[Leg, ...]
    policy: str
    at: datetime
    method: Method = Method.PRO_RATA
    trigger: Trigger = Trigger.EACH_FILL


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedLeg:
    """A fund's share of an order after this execution, and what this execution changed.

    Attributes:
        quantity: Cumulative units booked to the fund, never negative.
        cost_minor: Cumulative cost in minor units: the fund's units at the order's one average
            price, rounded so that the legs sum to the rounded total.
        quantity_delta: Units this event adds (negative for a bust).
        cost_delta_minor: Minor units this event adds.
    """

    fund: str
    quantity: Decimal
    cost_minor: int
    quantity_delta: Decimal
    cost_delta_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionAllocated:
    """One execution, bust or correction was shared out to the funds of its order.

    Attributes:
        execution_id: The execution shared out; for a bust the one taken back.
        quantity: Signed units: positive for a fill, negative for a bust.
        price: Price of the execution in the security's price currency.
        cum_qty: Units of the order booked after it.
        notional: Sum of quantity times price over the order's live executions; exact for those of
            its own placements, for those it shares its share of their exact sum.
        legs: One for each fund of the statement, in its order.
        shared_notional, shared_cost_minor: The part of `notional`, and of the cost in minor units,
            that comes from placements shared with other orders, at their one average price. An
            execution moves that price, so an order may change by it without getting units.
        pool_on: The trading day whose average price it is; `None` for `trade_on`.
    """

    order_id: str
    placement_id: str
    execution_id: str
    security_id: str
    buys: bool
    quantity: Decimal
    price: Decimal
    cum_qty: Decimal
    notional: Decimal
    currency: str
    trade_on: date
    legs: tuple[BookedLeg, ...]
    at: datetime
    shared_notional: Decimal = ZERO
    shared_cost_minor: int = 0
    pool_on: date | None = None

    @property
    def traded(self) -> list[tuple[str, str, Decimal]]:
        """(execution, fund, units) that it adds to what funds traded."""
        changed = (leg for leg in self.legs if leg.quantity_delta)
        return [(self.execution_id, leg.fund, leg.quantity_delta) for leg in changed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """How the split of one execution changed: units of funds, which sum to nothing."""

    execution_id: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationAdjusted:
    """Units of a day that was not booked yet went from some funds of an order to others.

    What the order has, and what it paid, stays as it was.

    Attributes:
        trade_on: The trading day.
        because: The method that gave small parts back, or `manual`.
        legs: As of `ExecutionAllocated`, one for each fund of the statement.
        moves: How the split of each execution changed.
        proposed_by, approved_by: Who asked by hand, and who agreed; empty for a method.
    """

    order_id: str
    security_id: str
    buys: bool
    currency: str
    trade_on: date
    because: str
    legs: tuple[BookedLeg, ...]
    moves: tuple[Move, ...]
    at: datetime
    reason: str = ""
    proposed_by: str = ""
    approved_by: str = ""

    @property
    def traded(self) -> list[tuple[str, str, Decimal]]:
        """(execution, fund, units) that it adds to what funds traded."""
        return [
            (one.execution_id, leg.fund, leg.quantity) for one in self.moves for leg in one.legs
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationPoliciesLoaded:
    """From now on statements are made by these policies, tried in this order."""

    policies: tuple[AllocationPolicy, ...]
    loaded_by: str
    at: datetime


AllocationEvent = (
    AllocationStated | ExecutionAllocated | AllocationAdjusted | AllocationPoliciesLoaded
)
