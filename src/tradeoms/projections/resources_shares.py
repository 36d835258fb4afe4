"""What a person sees who may see some of the funds, or of the orders, that something is for.

Orders of several funds share a placement, its executions and its block. Who may not see every one
of these orders gets a *share*: the same resource with the units of the orders that he may see, and
`share` true. Prices are one for all and stay. What cannot be shared out is left out: what the
counterparty wrote, what the market may see, the values of an algorithm.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.parts import Part
from tradeoms.domain.placement.state import Execution, Placement, Request
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections.resources_algo import AlgoResource
from tradeoms.projections.resources_breaks import BreakResource
from tradeoms.projections.resources_copies import CopyResource
from tradeoms.projections.resources_schema import (
    ExecutionResource,
    ExecutionShare,
    OrderLeg,
    OrderResource,
    PendingRequest,
    PlacementResource,
    SizingFund,
)

Named = TypeVar("Named", OrderLeg, ExecutionShare, SizingFund)

#: Fields of a placement's events that tell of the whole, or in free words of who knows what.
OF_THE_WHOLE: Final[Mapping[str, frozenset[str]]] = {
    kind.__name__: frozenset(names)
    for kind, names in {
        e.PlacementCreated: ("quantity", "display_quantity", "min_quantity", "algo"),
        e.ReplaceRequested: ("quantity", "algo"),
        e.RequestSent: ("reason",),
        e.PlacementReported: (
            "order_qty", "cum_qty", "reason", "text", "day_order_qty", "day_cum_qty",
        ),
        e.ExecutionRecorded: ("last_qty", "booked_qty", "day_order_qty", "day_cum_qty", "extra"),
        e.ExecutionCorrected: ("last_qty", "booked_qty"),
        e.ExecutionBooked: ("booked_qty",),
    }.items()
}  # fmt: skip


def narrow_order(resource: OrderResource) -> Callable[[frozenset[str]], OrderResource]:
    """Leave out what is of other funds: legs, also of terms that wait, and parts of the size."""

    def narrow(funds: frozenset[str]) -> OrderResource:
        pending, sizing = resource.pending_terms, resource.sizing
        return replace(
            resource,
            allocations=_of_funds(resource.allocations, funds),
            pending_terms=pending
            and replace(pending, allocations=_of_funds(pending.allocations, funds)),
            sizing=sizing and replace(sizing, funds=_of_funds(sizing.funds, funds)),
        )

    return narrow


def narrow_execution(resource: ExecutionResource) -> Callable[[frozenset[str]], ExecutionResource]:
    """Leave out the legs of other funds; in a block also the orders of none of these."""

    def narrow(funds: frozenset[str]) -> ExecutionResource:
        kept = _of_funds(resource.allocations, funds)
        ids = resource.order_ids
        if len(ids) > 1:
            ids = tuple(dict.fromkeys(leg.order_id for leg in kept))
        return replace(resource, allocations=kept, order_ids=ids)

    return narrow


def placement_share(
    whole: PlacementResource, placement: Placement, orders: Collection[str]
) -> PlacementResource:
    """Show the parts that ``orders`` have of a placement; units in suspense are nobody's."""
    parts = [part for part in placement.parts if part.order_id in orders]
    return replace(
        whole,
        order_qty=_sum(part.quantity for part in parts),
        display_quantity=None,
        min_quantity=None,
        cum_qty=_sum(part.booked for part in parts),
        leaves_qty=_sum(placement.leaves_for(part.order_id) for part in parts),
        text="",
        requests=tuple(
            _request_share(shown, request, parts)
            for shown, request in zip(whole.requests, placement.requests, strict=True)
        ),
        algo=_strategy(whole.algo),
        carried_qty="0",
        day_order_qty=None,
        day_cum_qty=None,
        share=True,
    )


def execution_share(
    narrowed: ExecutionResource, execution: Execution, orders: Collection[str]
) -> ExecutionResource:
    """Show what ``orders`` have of an execution, all their funds together.

    Of one that was taken back they have nothing, and nobody has what waits in suspense.
    """
    mine = [(order_id, units) for order_id, _, units in execution.order_units if order_id in orders]
    units = _sum(units for _, units in mine)
    return replace(
        narrowed,
        order_ids=tuple(dict.fromkeys(order_id for order_id, _ in mine)),
        last_qty=units,
        booked_qty=units,
        extra={},
        share=True,
    )


def break_share(whole: BreakResource) -> BreakResource:
    """Show that there is a disagreement about a placement, without its units and free words."""
    asked = whole.proposal
    return replace(
        whole,
        quantity=None,
        detail="",
        raw="",
        proposal=asked and replace(asked, reason="", adjustment=None),
        resolution=None if whole.resolution is None else "",
        share=True,
    )


def copy_share(whole: CopyResource) -> CopyResource:
    """Show that there is a copy, and how it compares, without its units and free words."""
    return replace(whole, quantity=None, detail="", raw="", share=True)


def event_share(kind: str, told: dict[str, Any]) -> dict[str, Any]:  # Any: decoded JSON
    """What a placement's event tells of the parts that are left in it."""
    hidden = OF_THE_WHOLE.get(kind, frozenset())
    if told.get("parts"):
        units = _sum(Decimal(part["quantity"]) for part in told["parts"])
        told, hidden = {**told, "quantity": units}, hidden - {"quantity"}
    return {name: value for name, value in told.items() if name not in hidden}


def _request_share(
    whole: PendingRequest, request: Request, parts: Collection[Part]
) -> PendingRequest:
    """The portions that are asked for; where none are, the parts stay as they are."""
    asked = {portion.order_id: portion.quantity for portion in request.parts}
    units = (asked.get(part.order_id, ZERO) if asked else part.quantity for part in parts)
    return replace(whole, quantity=_sum(units), algo=_strategy(whole.algo))


def _strategy(algo: AlgoResource | None) -> AlgoResource | None:
    """The algorithm without its values, of which any may be units of the whole."""
    return algo and replace(algo, parameters={}, fields=())


def _of_funds(parts: tuple[Named, ...], funds: frozenset[str]) -> tuple[Named, ...]:
    return tuple(part for part in parts if part.fund in funds)


def _sum(units: Iterable[Decimal]) -> str:
    return plain(sum(units, ZERO))
