"""An order's facts, and how its events change them. Statuses are derived, never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final, assert_never

from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.evaluation import CellExcess
from tradeoms.domain.order import events as e
from tradeoms.domain.order.commands import Leg, Trigger
from tradeoms.domain.order.sizing import Sized
from tradeoms.kernel.enums import OrderSource, OrderType, Side, TimeInForce, Unexecuted
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.records import quick, replace


@unique
class Phase(StrEnum):
    """How far an order has come; the machine of `TRANSITIONS` moves it."""

    DRAFT = "draft"
    BLOCKED = "blocked"
    HELD = "held"
    APPROVED = "approved"
    RELEASED = "released"
    CANCELING = "canceling"
    CANCELED = "canceled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """New terms that wait for a broker's answer."""

    quantity: Decimal
    legs: tuple[Leg, ...]
    limit_price: Decimal | None
    stop_price: Decimal | None
    instructions: str
    reason: str
    sizing: Sized | None = None
    asked_by: str = ""


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """The facts of one order.

    Attributes:
        version: Counts the changes people made; fills do not raise it (it is the ETag).
        cum_qty: Units executed and booked, busts taken off.
        notional: Exact sum of quantity times price of the same executions.
        submitted_at: When it was last submitted, `None` while it never was.
        canceling_from: Phase in which a cancellation was asked for; a refusal leads back to it.
        check_action: Answer of the newest check, `None` before the first.
        blocking: `rule@version` that stop the order by the newest check.
        excess: For each of `blocking` how far its cells are over their limits.
        check_price: Price of a placement at which those of `by_price` stop the order.
        by_price: Those of `blocking` that stop it only at that price.
        check_most: The most that passed; `None` is unlimited, or not told. `check_binding` sets it.
        venue: Where it is meant to trade; empty says nothing.
        cross_with: Fund on the other side of an arranged cross; empty where it is none.
        sizing: The size that the quantities came from; `None` where they were typed.
        source: The door by which it came in.
        good_from: Not released before; `trigger` likewise. Then the engine releases it.
        unexecuted: What becomes of its rest at the close.
        returned: True where that sent it back to its portfolio manager, until it is submitted.
        custom: Values of custom fields, as (name, value), by name.
        pair_id: Pair in which it is worked in step with another order; empty for none.
        waived: `rule@version` for which another person gave permission.
        amended_by: Who changed the terms since they were last approved.
        warned: `rule@version` that warn by the newest check.
    """

    id: str
    version: int
    client: str
    client_order_id: str
    security_id: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    expire_on: date | None
    legs: tuple[Leg, ...]
    reason: str
    instructions: str
    portfolio_manager: str
    placed_by: str
    created_at: datetime
    updated_at: datetime
    phase: Phase = Phase.DRAFT
    canceling_from: Phase | None = None
    submitted_at: datetime | None = None
    check_id: str = ""
    check_action: e.CheckAction | None = None
    check_outcome: str = ""
    blocking: tuple[str, ...] = ()
    excess: tuple[tuple[CellExcess, ...], ...] = ()
    check_price: Decimal | None = None
    by_price: tuple[str, ...] = ()
    check_most: Decimal | None = None
    check_binding: str = ""
    waived: tuple[str, ...] = ()
    needs_approval: bool = False
    approved_by: str = ""
    held_because: str = ""
    trader: str = ""
    pending: Terms | None = None
    cum_qty: Decimal = ZERO
    notional: Decimal = ZERO
    venue: str = ""
    cross_with: str = ""
    sizing: Sized | None = None
    source: OrderSource = OrderSource.REST
    good_from: datetime | None = None
    trigger: Trigger | None = None
    unexecuted: Unexecuted = Unexecuted.EXPIRE
    returned: bool = False
    custom: tuple[tuple[str, str], ...] = ()
    pair_id: str = ""
    amended_by: tuple[str, ...] = ()
    warned: tuple[str, ...] = ()

    @property
    def makers(self) -> frozenset[str]:
        """The people whose order it is: none of them is the other person who looks at it."""
        return frozenset({self.placed_by, self.portfolio_manager, *self.amended_by})

    @property
    def leaves_qty(self) -> Decimal:
        """Units still wanted; 0 once the order is closed."""
        return ZERO if self.is_closed else max(ZERO, self.quantity - self.cum_qty)

    @property
    def is_closed(self) -> bool:
        """True where nothing more will be placed: canceled or expired, or filled."""
        return self.phase in (Phase.CANCELED, Phase.EXPIRED) or self.cum_qty >= self.quantity

    @property
    def waits(self) -> bool:
        """True where it is approved and the engine releases it when its time or price comes."""
        timed = self.good_from is not None or self.trigger is not None
        return timed and self.phase is Phase.APPROVED

    @property
    def unwaived(self) -> tuple[str, ...]:
        """The rules that stop the order and for which nobody has given permission."""
        return tuple(rule for rule in self.blocking if rule not in self.waived)


#: Which event may follow which phase. An allocation is a fact and is legal in every phase.
#: `OrderChecked` leads to the phase that `_phase_after_check` derives, `OrderCancelRefused` to the
#: one in which the cancellation was asked for.
_Moves = Mapping[type[e.OrderEvent], Phase | None]
_OPEN: Final[_Moves] = {
    e.OrderChecked: None,
    e.OrderAmended: None,
    e.OrderAmendRefused: None,
    e.OrderCancelRequested: Phase.CANCELING,
    e.OrderCanceled: Phase.CANCELED,
    e.OrderExpired: Phase.EXPIRED,
    e.OrderAssigned: None,
    e.OrderRolled: None,
    e.OrderCustomSet: None,
    e.OrderPaired: None,
}
#: Past its first check an order may have been at brokers, and still be when a later check stops it.
_CHECKED: Final[_Moves] = {**_OPEN, e.OrderAmendRequested: None}
TRANSITIONS: Final[Mapping[Phase, _Moves]] = {
    Phase.DRAFT: _OPEN,
    Phase.BLOCKED: _CHECKED,
    Phase.HELD: {**_CHECKED, e.OrderApproved: Phase.APPROVED, e.OrderHeld: Phase.HELD},
    Phase.APPROVED: {
        **_CHECKED,
        e.OrderReleased: Phase.RELEASED,
        e.OrderHeld: Phase.HELD,
        e.OrderReturned: Phase.HELD,
    },
    Phase.RELEASED: {**_CHECKED, e.OrderHeld: Phase.HELD, e.OrderReturned: Phase.HELD},
    Phase.CANCELING: {
        e.OrderPaired: None,
        e.OrderAssigned: None,
        e.OrderCustomSet: None,
        e.OrderCanceled: Phase.CANCELED,
        e.OrderExpired: Phase.EXPIRED,
        e.OrderAmended: Phase.CANCELING,
        e.OrderAmendRefused: Phase.CANCELING,
        e.OrderCancelRequested: Phase.CANCELING,
        e.OrderCancelRefused: None,
    },
    Phase.CANCELED: {e.OrderAmendRefused: Phase.CANCELED},
    Phase.EXPIRED: {e.OrderAmendRefused: Phase.EXPIRED},
}


#: Phases in which an order can be held for a person to look.
HOLDABLE: Final = frozenset(phase for phase, moves in TRANSITIONS.items() if e.OrderHeld in moves)


def create(event: e.OrderCreated) -> Order:
    """The order as it was entered."""
    return Order(
        id=event.order_id,
        version=1,
        client=event.client,
        client_order_id=event.client_order_id,
        security_id=event.security_id,
        side=event.side,
        quantity=event.quantity,
        order_type=event.order_type,
        limit_price=event.limit_price,
        stop_price=event.stop_price,
        time_in_force=event.time_in_force,
        expire_on=event.expire_on,
        legs=event.legs,
        reason=event.reason,
        instructions=event.instructions,
        portfolio_manager=event.portfolio_manager,
        placed_by=event.placed_by,
        venue=event.venue,
        cross_with=event.cross_with,
        sizing=event.sizing,
        source=event.source,
        good_from=event.good_from,
        trigger=event.trigger,
        unexecuted=event.unexecuted,
        custom=event.custom,
        created_at=event.at,
        updated_at=event.at,
    )


def evolve(order: Order, event: e.OrderEvent | ExecutionAllocated) -> Order:
    """Return the order after ``event``.

    Raises:
        ValueError: If the event cannot follow the order's phase: the journal is corrupt.
    """
    if isinstance(event, ExecutionAllocated):
        return replace(order, cum_qty=event.cum_qty, notional=event.notional, updated_at=event.at)
    moves = TRANSITIONS[order.phase]
    if isinstance(event, e.OrderCreated) or type(event) not in moves:
        message = f"{type(event).__name__} cannot follow {order.phase} of {order.id}"
        raise ValueError(message)
    target = moves[type(event)] or order.phase
    version = order.version + 1
    match event:
        case e.OrderChecked():
            return _evolve_checked(order, event)
        case e.OrderApproved(approved_by=approver, at=at):
            return replace(
                order, phase=target, approved_by=approver, amended_by=(), version=version,
                updated_at=at,
            )  # fmt: skip
        case e.OrderReleased(trader=trader, at=at):
            return replace(
                order, phase=target, trader=trader, held_because="", version=version, updated_at=at
            )
        case e.OrderHeld(reason=reason, at=at):
            return replace(order, phase=target, held_because=reason, version=version, updated_at=at)
        case e.OrderAmendRequested():
            return replace(order, pending=_terms(event), version=version, updated_at=event.at)
        case e.OrderAmended():
            return _evolve_amended(order, event)
        case e.OrderAmendRefused(at=at):
            return replace(order, pending=None, version=version, updated_at=at)
        case e.OrderCancelRequested(at=at):
            start = order.canceling_from or order.phase
            return replace(
                order, phase=target, canceling_from=start, version=version, updated_at=at
            )
        case e.OrderCancelRefused(at=at):
            assert order.canceling_from is not None
            return replace(
                order, phase=order.canceling_from, canceling_from=None, version=version,
                updated_at=at,
            )  # fmt: skip
        case e.OrderAssigned(trader=trader, at=at):
            return replace(order, trader=trader, version=version, updated_at=at)
        case e.OrderCustomSet(custom=custom, at=at):
            return replace(order, custom=custom, version=version, updated_at=at)
        case e.OrderPaired(pair_id=pair_id, at=at):
            return replace(order, pair_id=pair_id, version=version, updated_at=at)
        case e.OrderRolled(at=at):
            return replace(order, version=version, updated_at=at)
        case e.OrderReturned(reason=reason, at=at):
            return replace(
                order, phase=target, held_because=reason, returned=True, version=version,
                updated_at=at,
            )  # fmt: skip
        case e.OrderCanceled(at=at) | e.OrderExpired(at=at):
            return replace(order, phase=target, pending=None, version=version, updated_at=at)
        case _:
            assert_never(event)


def waive(order: Order, rule: str, at: datetime) -> Order:
    """Return the order with permission to breach ``rule`` (`rule@version`)."""
    waived = (*order.waived, rule)
    changed = replace(order, waived=waived, version=order.version + 1, updated_at=at)
    if changed.phase is Phase.HELD and not changed.unwaived and not changed.held_because:
        phase = Phase.HELD if changed.needs_approval and not changed.approved_by else Phase.APPROVED
        return replace(changed, phase=phase)
    return changed


def _evolve_checked(order: Order, event: e.OrderChecked) -> Order:
    waived = tuple(rule for rule in order.waived if rule not in event.lapsed)
    submitted = event.stage is e.Stage.SUBMIT
    held_because = "" if submitted else order.held_because
    return replace(
        order,
        version=order.version + 1,
        phase=_phase_after_check(order, event, waived=waived, held_because=held_because),
        submitted_at=event.at if submitted else order.submitted_at,
        check_id=event.check_id,
        check_action=event.action,
        check_outcome=event.outcome,
        blocking=event.blocking,
        warned=event.warned,
        excess=event.excess,
        check_price=event.limit_price,
        by_price=event.by_price,
        check_most=event.max_quantity,
        check_binding=event.binding_rule,
        waived=waived,
        needs_approval=event.needs_approval if event.binding else order.needs_approval,
        held_because=held_because,
        returned=order.returned and not submitted,
        updated_at=event.at,
    )


def _phase_after_check(
    order: Order, event: e.OrderChecked, *, waived: tuple[str, ...], held_because: str
) -> Phase:
    """A pass keeps a released order released; a block takes it back from the desk."""
    if not event.binding:
        return order.phase
    if event.action is e.CheckAction.BLOCK_HARD:
        return Phase.BLOCKED
    unwaived = any(rule not in waived for rule in event.blocking)
    if event.action is e.CheckAction.BLOCK_SOFT and unwaived:
        return Phase.HELD
    if held_because or (event.needs_approval and not order.approved_by):
        return Phase.HELD
    return Phase.RELEASED if order.phase is Phase.RELEASED else Phase.APPROVED


def _terms(event: e.OrderAmendRequested) -> Terms:
    return Terms(
        quantity=event.quantity, legs=event.legs, limit_price=event.limit_price,
        stop_price=event.stop_price, instructions=event.instructions, reason=event.reason,
        sizing=event.sizing, asked_by=event.amended_by,
    )  # fmt: skip


def _with(people: tuple[str, ...], person: str) -> tuple[str, ...]:
    return people if person in ("", *people) else (*people, person)


def _evolve_amended(order: Order, event: e.OrderAmended) -> Order:
    """New terms; a permission given for the old ones holds only where they lessen the order."""
    return replace(
        order,
        version=order.version + 1,
        quantity=event.quantity,
        legs=event.legs,
        limit_price=event.limit_price,
        stop_price=event.stop_price,
        order_type=event.order_type or order.order_type,
        time_in_force=event.time_in_force or order.time_in_force,
        expire_on=event.expire_on if event.time_in_force else order.expire_on,
        instructions=event.instructions,
        reason=event.reason,
        sizing=event.sizing,
        pending=None,
        waived=order.waived if event.lessens else (),
        approved_by=order.approved_by if event.lessens else "",
        amended_by=order.amended_by if event.lessens else _with(order.amended_by, event.amended_by),
        updated_at=event.at,
    )


def check_invariants(order: Order) -> None:
    """Assert what must hold after every event: the legs add up, no negative fact."""
    assert sum((leg.quantity for leg in order.legs), ZERO) == order.quantity
    assert order.cum_qty >= 0
    assert order.notional >= 0
    assert order.version >= 1
