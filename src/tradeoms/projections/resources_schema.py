"""The fields of the trading resources, in the order in which clients see them."""

from __future__ import annotations

import msgspec

from tradeoms.projections.resources_algo import AlgoResource
from tradeoms.projections.resources_text import SecurityRef


class OrderLeg(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fund's part of an order; `booked_quantity` where the allocation is at hand."""

    fund: str
    quantity: str
    booked_quantity: str | None = None


class Compliance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the newest check said; all fields are empty before the first.

    `max_quantity` is the most, of what was left then, that no rule stops, and `binding_rule` sets
    it; null where any quantity passes, and of checks made before they were recorded.
    """

    outcome: str
    action: str | None
    check_id: str
    waiting_for: tuple[str, ...]
    max_quantity: str | None
    binding_rule: str | None


class WaitingFor(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who must act for the order to go on, and why."""

    who: str
    why: str


class PendingTerms(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """New terms that a broker has not agreed to yet."""

    quantity: str
    limit_price: str | None
    stop_price: str | None
    allocations: tuple[OrderLeg, ...]


class SizingFund(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fund of a size: what was typed for it, what it came to, and what that rests on.

    `limited` says why it is less than the size: holding, at_target, rounding or minimum.
    """

    fund: str
    value: str | None
    quantity: str
    price: str | None
    nav: str | None
    held: str
    open: str
    limited: str | None


class Sizing(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A size as it was typed, with the quantities it came to."""

    measure: str
    scheme: str
    value: str | None
    currency: str
    target: str | None
    rounding: str
    minimum: str
    funds: tuple[SizingFund, ...]


class TriggerResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The price for which an order waits."""

    price: str
    when: str


class OrderResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order as clients see it."""

    id: str
    version: int
    seq: int
    client_order_id: str
    status: str
    security: SecurityRef
    side: str
    quantity: str
    order_type: str
    limit_price: str | None
    stop_price: str | None
    time_in_force: str
    expire_on: str | None
    allocations: tuple[OrderLeg, ...]
    placed_quantity: str
    cum_qty: str
    leaves_qty: str
    avg_px: str
    block_id: str | None
    portfolio_manager: str
    placed_by: str
    approved_by: str | None
    trader: str | None
    reason: str
    instructions: str
    venue: str | None
    cross_with: str | None
    source: str
    good_from: str | None
    trigger: TriggerResource | None
    unexecuted: str
    compliance: Compliance
    waiting_for: WaitingFor | None
    cancel_pending: bool
    pending_terms: PendingTerms | None
    sizing: Sizing | None
    pair_id: str | None
    custom: dict[str, str]
    """Values of the firm's own fields, by name."""
    created_at: str
    updated_at: str


class PendingRequest(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cancel or replace that the broker has not answered."""

    kind: str
    cl_ord_id: str
    quantity: str
    limit_price: str | None
    stop_price: str | None
    algo: AlgoResource | None
    sent: str | None


class PlacementResource(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True
):  # fmt: skip
    """A placement as clients see it; FIX's own names where FIX has one.

    `share` is there, and true, where it is shared with orders that you may not see: units are then
    those of your orders, and what tells of the whole is empty.
    """

    id: str
    version: int
    seq: int
    order_id: str | None
    """The order; none where the orders of a block share it, which the block names."""
    block_id: str
    destination: str
    security: SecurityRef
    side: str
    status: str
    reported_status: str | None
    order_type: str
    limit_price: str | None
    stop_price: str | None
    time_in_force: str
    expire_on: str | None
    order_qty: str
    display_quantity: str | None
    min_quantity: str | None
    cum_qty: str
    leaves_qty: str
    avg_px: str
    cl_ord_id: str
    orig_cl_ord_id: str | None
    broker_order_id: str | None
    text: str
    instructions: str
    trader: str
    requests: tuple[PendingRequest, ...]
    algo: AlgoResource | None
    manual: bool
    triggered: bool
    clearing_hold: bool
    carried_qty: str
    restatement: str | None
    day_order_qty: str | None
    day_cum_qty: str | None
    day_avg_px: str | None
    sent_at: str | None
    created_at: str
    updated_at: str
    share: bool = False


class ExecutionShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Units of an execution that one fund got for one order."""

    order_id: str
    fund: str
    quantity: str


class ExecutionResource(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True
):  # fmt: skip
    """An execution as the counterparty reported it, and as it was shared out.

    `share` as of its placement: units are then those that are booked to your orders.
    """

    id: str
    version: int
    seq: int
    exec_id: str
    exec_ref_id: str | None
    exec_type: str
    status: str
    placement_id: str
    order_ids: tuple[str, ...]
    session: str
    security: SecurityRef
    last_qty: str
    last_px: str
    booked_qty: str
    venue: str
    late: bool
    manual: bool
    keyed_by: str | None
    extra: dict[str, str]
    allocations: tuple[ExecutionShare, ...]
    trade_on: str
    transact_time: str | None
    received_at: str
    created_at: str
    updated_at: str
    share: bool = False


class ChargeShare(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A fund's part of a charge of a broker."""

    charge: str
    kind: str
    destination: str
    amount: str


class AllocationResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one fund was meant to get of an order, and what it has.

    `quantity` and `gross` follow every execution; `booked_quantity`, `commission`, `charges` and
    `net` are of what is booked, `net` null until all of it is.
    """

    id: str
    version: int
    seq: int
    order_id: str
    block_id: str
    fund: str
    stated_quantity: str
    quantity: str
    avg_px: str
    cost: str
    currency: str
    policy: str
    status: str
    booked_quantity: str
    gross: str
    commission: str
    charges: list[ChargeShare]
    net: str | None
    stated_at: str
    created_at: str
    updated_at: str


class BlockMember(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order of a block: still its manager's own, with its own limit and compliance."""

    order_id: str
    status: str
    portfolio_manager: str
    quantity: str
    limit_price: str | None
    placed_quantity: str
    cum_qty: str
    leaves_qty: str
    avg_px: str
    joined_at: str


class BlockResource(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True
):  # fmt: skip
    """Orders worked together.

    `share` is there, and true, where others are in it that you may not see: it shows yours alone.
    """

    id: str
    version: int
    seq: int
    order_ids: tuple[str, ...]
    security: SecurityRef
    side: str
    quantity: str
    placed_quantity: str
    cum_qty: str
    leaves_qty: str
    avg_px: str
    late_joiner: str
    """The policy by which an order that joins at work shares in executions."""
    orders: tuple[BlockMember, ...]
    created_at: str
    updated_at: str
    share: bool = False
