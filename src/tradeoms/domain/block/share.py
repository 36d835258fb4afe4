"""Shares an execution of a block over its orders: first in units, then at one average price.

Units: by what each order's part of the placement still lacks, in lots, the lots left over going to
the largest remainders (ties: the earlier order). No order gets more than its part, nor more than
its statement lacks.

Money: what the placements that the same orders share execute on a trading day has one average
price (SEC no-action letter SMC Capital, 1995). An order's notional and cost are its units times
that price, by largest remainder, so that they sum to what was paid. An execution therefore moves
the cost of orders that got no unit of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from tradeoms.domain.allocation.decide import Fill, share, unshare
from tradeoms.domain.allocation.decide import lacking as order_lacks
from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.allocation.methods import split
from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.numbers import ZERO, share_out, to_minor

#: Decimal places to which an order's share of a notional is exact at least.
_PLACES: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What a set of orders got together of the placements they share, at one average price.

    Attributes:
        units: Units of each order, in their order.
        notional: Exact sum of quantity times price.
    """

    units: tuple[Decimal, ...]
    notional: Decimal

    def notionals(self) -> list[Decimal]:
        """Each order's share of the notional; they sum to it exactly."""
        grain = Decimal(1).scaleb(min(_exponent(self.notional), -_PLACES))
        shares = share_out(int(self.notional / grain), _weights(self.units))
        return [count * grain for count in shares]

    def costs(self, fill: Fill) -> list[int]:
        """Each order's share of the cost in minor units; they sum to the rounded whole."""
        whole = to_minor(self.notional * fill.price_factor, fill.currency)
        return share_out(whole, _weights(self.units))


def lacking(placement: Placement, allocations: Mapping[str, Allocation]) -> Decimal:
    """Units that the orders can still take of the placement; what exceeds them is an over-fill."""
    return sum(_room(placement, allocations), ZERO)


def share_fill(
    placement: Placement,
    fill: Fill,
    *,
    allocations: Mapping[str, Allocation],
    beside: Sequence[Placement],
) -> list[ExecutionAllocated]:
    """Share ``fill``, cut to what the orders still lack, over the orders of ``placement``.

    Args:
        placement: The placement before the execution was shared.
        fill: The execution.
        allocations: Allocation of each order.
        beside: All placements that the same orders share, this one included.
    """
    given = split(_room(placement, allocations), fill.quantity, fill.lot)
    before = pool_of(placement, beside, fill.pool_on)
    after = Pool(
        units=tuple(had + got for had, got in zip(before.units, given, strict=True)),
        notional=before.notional + fill.quantity * fill.price,
    )
    return [
        share(allocations[each], fill, units=units, notional=notional, cost_minor=cost)
        for each, units, notional, cost in _changes(
            placement, fill, given=given, pools=(before, after), allocations=allocations
        )
    ]


def take_back(
    placement: Placement,
    execution: Execution,
    fill: Fill,
    *,
    allocations: Mapping[str, Allocation],
    beside: Sequence[Placement],
) -> list[ExecutionAllocated]:
    """Take back exactly what ``execution`` gave to each order and fund.

    Args:
        placement: The placement before anything was taken back.
        execution: The execution with its shares.
        fill: The execution as it was booked.
        allocations: Allocation of each order.
        beside: As for `share_fill`.
    """
    shares = [execution.split_of(each) for each in placement.order_ids]
    taken = [sum(units.values(), ZERO) for units in shares]
    before = pool_of(placement, beside, fill.pool_on)
    after = Pool(
        units=tuple(had - less for had, less in zip(before.units, taken, strict=True)),
        notional=before.notional - sum(taken, ZERO) * fill.price,
    )
    return [
        unshare(
            allocations[each], fill, execution.split_of(each), notional=notional, cost_minor=cost
        )
        for each, _, notional, cost in _changes(
            placement, fill, given=taken, pools=(before, after), allocations=allocations
        )
    ]


def pool_of(placement: Placement, beside: Sequence[Placement], on: date | None) -> Pool:
    """What the orders of ``placement`` got on a trading day of all the placements they share."""
    days = [day for each in beside for day in each.days if day.on == on]
    nothing = tuple(ZERO for _ in placement.parts)
    columns = zip(nothing, *(day.units for day in days), strict=True)
    return Pool(
        units=tuple(sum(column, ZERO) for column in columns),
        notional=sum((day.notional for day in days), ZERO),
    )


def _changes(
    placement: Placement,
    fill: Fill,
    *,
    given: Sequence[Decimal],
    pools: tuple[Pool, Pool],
    allocations: Mapping[str, Allocation],
) -> list[tuple[str, Decimal, Decimal, int]]:
    """The orders that change: id, units, and shared notional and cost after it."""
    before, after = pools
    notionals = zip(before.notionals(), after.notionals(), strict=True)
    costs = zip(before.costs(fill), after.costs(fill), strict=True)
    found = []
    rows = zip(placement.order_ids, given, notionals, costs, strict=True)
    for order_id, units, (old, new), (old_cost, new_cost) in rows:
        if units or (old, old_cost) != (new, new_cost):
            allocation = allocations[order_id]
            found.append(
                (
                    order_id,
                    units,
                    allocation.shared_notional + new - old,
                    allocation.shared_cost_minor + new_cost - old_cost,
                )
            )
    return found


def _room(placement: Placement, allocations: Mapping[str, Allocation]) -> list[Decimal]:
    """What each order can still take: of its part, or a larger one asked for, and of its own."""
    return [
        max(
            ZERO,
            min(
                placement.most_of(part.order_id) - part.booked,
                order_lacks(allocations[part.order_id]),
            ),
        )
        for part in placement.parts
    ]


def _weights(units: Sequence[Decimal]) -> list[int]:
    grain = Decimal(1).scaleb(min(0, *(_exponent(each) for each in units)))
    return [int(each / grain) for each in units]


def _exponent(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent
