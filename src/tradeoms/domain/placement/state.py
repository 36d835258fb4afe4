"""A placement's facts. The status is computed by FIX precedence, never copied.

FIX 4.4 Volume 4, appendix D: facts hold beside each other (a cancel may be pending on a partially
filled order that is done for the day); the highest by precedence is shown. Nothing is final: an
execution, bust or correction may follow any state and is taken.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.placement.algo import Algo
from tradeoms.domain.placement.commands import ReportKind, SendOutcome
from tradeoms.domain.placement.parts import Part, Portion, SharedDay
from tradeoms.kernel.enums import (
    ORD_STATUS_PRECEDENCE,
    ExecutionStatus,
    OrderType,
    OrdStatus,
    Side,
    TimeInForce,
)
from tradeoms.kernel.numbers import ZERO
from tradeoms.kernel.records import quick


@unique
class RequestKind(StrEnum):
    """What we asked the broker for."""

    CANCEL = "cancel"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A cancel or replace that the broker has not answered yet.

    `in_doubt` is true once people were told that no answer comes, or the broker told of the order
    as if it had never seen the request.
    """

    kind: RequestKind
    cl_ord_id: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    sent: SendOutcome | None = None
    parts: tuple[Portion, ...] = ()
    algo: Algo | None = None
    in_doubt: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change of state as the broker reported it, to know it again when it comes late."""

    kind: ReportKind
    exec_id: str
    order_qty: Decimal | None
    price: Decimal | None


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """The facts of one placement.

    Attributes:
        order_id: The order, or the block where several orders share the placement.
        told: The changes of state it reported that a later one may undo.
        told_at: FIX 60 of the newest of them, as far as they said; `None` where none did.
        refused: The replaces that it refused: one may be accepted after all.
        quantity: Total units in force at the broker, executed ones included (FIX 38).
        cl_ord_id: The last ClOrdID the broker accepted, or the first before any answer.
        links: Those before it, oldest first: earlier links of the chain of replaces.
        sent: What the gateway did with the new order; `None` before it said anything.
        forgotten: True where the gateway, or the house, lost what it knew of the order.
        answered: True once the broker said anything that shows that he has the order.
        manual: True for an order given by telephone: nothing leaves, a person keys what comes back.
        triggered: True once the broker activated what it held off the book (150=L).
        calculated: True once the broker had worked out an order of one day, which is over then.
        clearing_hold: True while a clearing house holds a trade of it (150=J, released by K).
        cum_qty: Executed units (FIX 14): live executions, over-fills included, and `carried_qty`.
        carried_qty: Units by which a split restated what was executed before it (378=0).
        notional: Exact sum of quantity times price over live executions.
        reported_status: The last FIX 39 the broker reported, kept beside our own.
        restatement: Why the broker restated it last (FIX 378); empty if it never did.
        day_order_qty, day_cum_qty, day_avg_px: FIX 424 to 426 as the broker reported them last.
        parts: What each order of a block has of it; empty where one order has it all.
        days: What the parts got on each trading day.
        algo: The broker's algorithm that works it, by the terms in force.
        program: ListID (FIX 66) of the list that it went out with; empty for none.
        display_quantity: Most units that the market may see of it; `None`: all.
        min_quantity: Least units that an execution must have; `None`: any.
        day_over: True for one done for the day for good, once another trading day began.
    """

    id: str
    version: int
    order_id: str
    block_id: str
    destination: str
    security_id: str
    side: Side
    order_type: OrderType
    time_in_force: TimeInForce
    expire_on: date | None
    text: str
    trader: str
    quantity: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    cl_ord_id: str
    orig_cl_ord_id: str
    created_at: datetime
    updated_at: datetime
    requests: tuple[Request, ...] = ()
    sent: SendOutcome | None = None
    sent_at: datetime | None = None
    answered: bool = False
    accepted: bool = False
    rejected: bool = False
    canceled: bool = False
    expired: bool = False
    done_for_day: bool = False
    calculated: bool = False
    stopped: bool = False
    suspended: bool = False
    manual: bool = False
    triggered: bool = False
    clearing_hold: bool = False
    cum_qty: Decimal = ZERO
    carried_qty: Decimal = ZERO
    notional: Decimal = ZERO
    broker_order_id: str = ""
    reported_status: OrdStatus | None = None
    broker_text: str = ""
    restatement: str = ""
    day_order_qty: Decimal | None = None
    day_cum_qty: Decimal | None = None
    day_avg_px: Decimal | None = None
    parts: tuple[Part, ...] = ()
    days: tuple[SharedDay, ...] = ()
    algo: Algo | None = None
    program: str = ""
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None
    links: tuple[str, ...] = ()
    told: tuple[Told, ...] = ()
    told_at: datetime | None = None
    refused: tuple[Request, ...] = ()
    day_over: bool = False
    forgotten: bool = False

    @property
    def order_ids(self) -> tuple[str, ...]:
        """The orders that it executes."""
        return tuple(part.order_id for part in self.parts) or (self.order_id,)

    @property
    def ord_status(self) -> OrdStatus:
        """Status by FIX precedence over everything that holds."""
        holds = [self._base_status]
        if self.cum_qty > 0:
            filled = self.cum_qty >= self.quantity
            holds.append(OrdStatus.FILLED if filled else OrdStatus.PARTIALLY_FILLED)
        if not self.is_ended:
            holds += [_PENDING[request.kind] for request in self.requests]
        holds += [status for status, fact in self._facts() if fact]
        return max(holds, key=ORD_STATUS_PRECEDENCE.__getitem__)

    @property
    def _base_status(self) -> OrdStatus:
        """What holds before anything else does; these exclude each other and share a precedence."""
        if self.rejected or self.is_not_sent:
            return OrdStatus.REJECTED
        if self.accepted:
            return OrdStatus.NEW
        if self.answered:
            return OrdStatus.PENDING_NEW
        if self.sent is SendOutcome.UNKNOWN:
            return OrdStatus.UNKNOWN
        return OrdStatus.UNSENT if self.sent is None else OrdStatus.PENDING_NEW

    def _facts(self) -> tuple[tuple[OrdStatus, bool], ...]:
        return (
            (OrdStatus.CANCELED, self.canceled),
            (OrdStatus.EXPIRED, self.expired),
            (OrdStatus.DONE_FOR_DAY, self.done_for_day),
            (OrdStatus.CALCULATED, self.calculated),
            (OrdStatus.STOPPED, self.stopped and self.is_open),
            (OrdStatus.SUSPENDED, self.suspended and self.is_open),
        )

    @property
    def is_open(self) -> bool:
        """True while the broker may still execute, by the terms in force or by those asked for."""
        return self.is_replaceable and self.cum_qty < self._most_qty

    @property
    def is_replaceable(self) -> bool:
        """True while a larger quantity may still be asked for, even where all is executed."""
        return not (self.is_ended or self._finished_day)

    @property
    def is_ended(self) -> bool:
        """The broker said that it is over; a filled order may still be reopened by a larger one."""
        told = self.rejected or self.canceled or self.expired or self.calculated
        return told or self.is_not_sent

    @property
    def is_not_sent(self) -> bool:
        """The gateway says that it never arrived, and no word of the broker shows otherwise."""
        return self.sent is SendOutcome.NOT_SENT and not self.answered

    @property
    def _finished_day(self) -> bool:
        """A day order that is done for the day is done for good."""
        return self.done_for_day and not self.lives_days

    @property
    def done_today(self) -> bool:
        """True where the broker said, on this trading day, that it is done for the day."""
        return self.done_for_day and not self.day_over

    @property
    def lives_days(self) -> bool:
        """True for an order that goes on on the next trading day."""
        return self.time_in_force in (TimeInForce.GTC, TimeInForce.GTD)

    @property
    def cancel_pending(self) -> bool:
        """True while the broker owes an answer to a request to cancel."""
        return any(request.kind is RequestKind.CANCEL for request in self.requests)

    @property
    def cancel_awaited(self) -> bool:
        """True while the broker may still be expected to answer a cancel: no other is asked for."""
        return any(r.kind is RequestKind.CANCEL and not r.in_doubt for r in self.requests)

    @property
    def committed_qty(self) -> Decimal:
        """Units of the order that this placement uses up: executed, and still possible."""
        if not self.is_open:
            return self.cum_qty
        return max(self._most_qty, self.cum_qty)

    def committed_to(self, order_id: str) -> Decimal:
        """Units of one of its orders that it uses up.

        While executed units wait in suspense, any part may turn out to be theirs.
        """
        if not self.parts:
            return self.committed_qty
        part = self.part_of(order_id)
        if self.is_open:
            return self.most_of(order_id)
        booked = sum((each.booked for each in self.parts), ZERO)
        return part.booked + min(part.lacking, max(ZERO, self.cum_qty - booked))

    def is_open_for(self, order_id: str) -> bool:
        """True while the broker may still execute units of one of its orders."""
        if not self.parts:
            return self.is_open
        return self.is_open and self.committed_to(order_id) > self.part_of(order_id).booked

    def leaves_for(self, order_id: str) -> Decimal:
        """Units of one of its orders that the broker may still execute under the terms in force."""
        if not self.parts:
            return self.leaves_qty
        return self.part_of(order_id).lacking if self.is_open else ZERO

    def most_of(self, order_id: str) -> Decimal:
        """An order's part in force, or the larger one of a replace that has no answer."""
        asked = [p.quantity for r in self.requests for p in r.parts if p.order_id == order_id]
        return max(self.part_of(order_id).quantity, *asked, ZERO)

    def is_leaving(self, order_id: str) -> bool:
        """True while the broker owes an answer that may take one of its orders out."""
        if self.cancel_pending or not self.parts:
            return self.cancel_pending
        part = self.part_of(order_id)
        asked = [p.quantity for r in self.requests for p in r.parts if p.order_id == order_id]
        return bool(asked) and asked[-1] <= part.booked < part.quantity

    def part_of(self, order_id: str) -> Part:
        """The part of one of its orders."""
        return next(part for part in self.parts if part.order_id == order_id)

    @property
    def _most_qty(self) -> Decimal:
        """Units in force, or the larger ones of a replace that has no answer."""
        asked = [r.quantity for r in self.requests if r.kind is RequestKind.REPLACE]
        return max(self.quantity, *asked, ZERO)

    @property
    def leaves_qty(self) -> Decimal:
        """Units the broker may still execute (FIX 151)."""
        return max(self.quantity - self.cum_qty, ZERO) if self.is_open else ZERO


_PENDING = {
    RequestKind.CANCEL: OrdStatus.PENDING_CANCEL,
    RequestKind.REPLACE: OrdStatus.PENDING_REPLACE,
}


@quick
@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution, with how it was shared out.

    Attributes:
        exec_id: FIX 17; unique within the session.
        exec_ref_id: For a corrected execution's successor, the FIX 17 it replaces.
        keyed_by: The person who keyed it, or its correction, as told by telephone; else empty.
        extra: (name, value) of the broker's own tags that the dialect keeps.
        split: (fund, units) as booked; empty while in suspense.
        of_block: True where several orders share the placement; `order_id` is then the block's.
        shared: (order, fund, units) as booked to them.
        pool_on: The trading day whose average price it is part of; `None` where it is not shared.
        booked_on: The trading day on which it was first shared out; `None` while in suspense.
        traded_on: The trading day it was traded on; `None` where it was recorded without.
    """

    id: str
    session: str
    exec_id: str
    exec_ref_id: str
    placement_id: str
    order_id: str
    security_id: str
    last_qty: Decimal
    last_px: Decimal
    booked_qty: Decimal
    venue: str
    late: bool
    status: ExecutionStatus
    transact_time: datetime | None
    received_at: datetime
    updated_at: datetime
    split: tuple[tuple[str, Decimal], ...] = ()
    keyed_by: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    of_block: bool = False
    shared: tuple[tuple[str, str, Decimal], ...] = ()
    pool_on: date | None = None
    booked_on: date | None = None
    traded_on: date | None = None

    @property
    def trade_on(self) -> date:
        """The trading day it counts for."""
        told = self.transact_time or self.received_at
        return self.booked_on or self.traded_on or told.date()

    @property
    def fund_units(self) -> tuple[tuple[str, Decimal], ...]:
        """(fund, units) as booked, over all orders."""
        units = dict(self.split)
        for _, fund, quantity in self.shared:
            units[fund] = units.get(fund, ZERO) + quantity
        return tuple(units.items())

    @property
    def order_units(self) -> tuple[tuple[str, str, Decimal], ...]:
        """(order, fund, units) as booked."""
        return (*((self.order_id, *each) for each in self.split), *self.shared)

    def split_of(self, order_id: str) -> dict[str, Decimal]:
        """Fund to units, as booked to one order."""
        if self.split:
            return dict(self.split)
        return {fund: units for owner, fund, units in self.shared if owner == order_id}


def check_invariants(placement: Placement) -> None:
    """Assert what must hold after every event."""
    assert placement.cum_qty >= 0
    assert placement.leaves_qty >= 0
    assert placement.committed_qty >= placement.cum_qty
    assert all(ZERO <= part.booked <= part.quantity for part in placement.parts)
    assert all(placement.committed_to(part.order_id) >= part.booked for part in placement.parts)
