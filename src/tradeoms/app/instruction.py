"""What the engine tells a gateway to send. Committed to the outbox before any gateway sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.reference.contracts import Contract
from tradeoms.kernel.enums import OrderType, Side, TimeInForce


@unique
class InstructionKind(StrEnum):
    """The FIX message an instruction becomes: D, G, F, H, Q, q, J, AU, AT, BH, or an E's end."""

    NEW = "new"
    REPLACE = "replace"
    CANCEL = "cancel"
    STATUS = "status"
    DONT_KNOW = "dont_know"
    MASS_CANCEL = "mass_cancel"
    ALLOCATION = "allocation"
    CONFIRMATION_ACK = "confirmation_ack"
    ALLOCATION_REPORT_ACK = "allocation_report_ack"
    CONFIRMATION_REQUEST = "confirmation_request"
    PROGRAM = "program"

    @property
    def is_posttrade(self) -> bool:
        """True for what is said of executions after trading: it takes no risk."""
        return self in _POSTTRADE


_POSTTRADE: Final = frozenset(
    {
        InstructionKind.ALLOCATION, InstructionKind.CONFIRMATION_ACK,
        InstructionKind.ALLOCATION_REPORT_ACK, InstructionKind.CONFIRMATION_REQUEST,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Posttrade:
    """What a message after trading (J, AU, AT, BH) says beside its placement.

    Attributes:
        transaction: `new`, `replace` or `cancel` of an instruction; `affirm` or `reject` of a
            confirmation or an allocation report; `request` of confirmations.
        ref_id: AllocID that a replace, cancel or request speaks of; for the answer to an
            allocation report as that report spells it.
        lines: (account, quantity), summing to `quantity`.
        executions: (ExecID, quantity, price).
        confirm_id, account, text: Of an answer: FIX 664 or 755, 79, 58. A request without
            ``account`` is about all of them.
    """

    transaction: str
    trade_on: date
    ref_id: str = ""
    quantity: Decimal = Decimal(0)
    avg_px: Decimal = Decimal(0)
    lines: tuple[tuple[str, Decimal], ...] = ()
    executions: tuple[tuple[str, Decimal, Decimal], ...] = ()
    confirm_id: str = ""
    account: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """One message to send, complete: the gateway looks nothing up.

    Attributes:
        number: Position in the outbox, contiguous over all sessions; the gateway's idempotency key.
        session: Destination, the name of the FIX session.
        cl_ord_id: FIX 11; for `status` that of the request asked about.
        orig_cl_ord_id: FIX 41, the last accepted ClOrdID; empty for a new order.
        quantity: FIX 38, the new total on a replace.
        identifiers: (scheme, value) pairs: ticker_mic, isin, cusip, sedol, figi, bloomberg, ric.
        order_id: The portfolio manager's order; the guard sums what leaves for it.
        approved_quantity: Units compliance allowed for the order. The guard refuses a new order or
            replace that would take the sum over the order's placements above it.
        check_id: The check that approved; the guard refuses an empty one.
        epoch: Lease epoch of the engine that decided; the guard refuses one lower than it has seen.
        price_factor: Money for one unit at price 1; 0.01 where our own prices are in pence.
        build: Build id of that engine; the guard refuses another than its own.
        not_after: A new order or replace not handed to the wire by then is not sent.
        funds, people, security_id: What kill switches ask of its order; where it does not say,
            every switch of that kind stops it.
        dk_reason, answers: For `dont_know`, FIX 127, and the report it is about, separators as `|`:
            what is said of the trade is copied from there.
        mass_cancel: For `cancel`, the ClOrdID of the mass cancel that goes before it; it leaves
            where that one does not do it.
        action_id: For `mass_cancel` and `program`, the session action of which its outcome is told.
            A mass cancel without ``security_id`` is about all orders of the session.
        program, program_seq: For `new`, the list that it goes out with (ListID, FIX 66), and its
            place there (67); it waits for the `program` whose `cl_ord_id` is that ListID.
        algo: (tag, text) of the counterparty's algorithm, as they stand on the wire.
        posttrade: For what is posttrade; `cl_ord_id` is the AllocID (70) then, ConfirmReqID (859),
            or our own name of the answer, and `orig_cl_ord_id` the ClOrdID of the placement.
        contract: For a future or an option, what its symbol does not say.
        accounts: For `new` and `replace`, (account, quantity) of the funds that it is for, summing
            to `quantity`; what they get is told after trading.
        display_quantity, min_quantity: FIX 111 or 1138, and 110; `None` says nothing of it.
    """

    number: int
    kind: InstructionKind
    session: str
    placement_id: str
    order_id: str
    cl_ord_id: str
    orig_cl_ord_id: str
    broker_order_id: str
    symbol: str
    identifiers: tuple[tuple[str, str], ...]
    security_type: str
    currency: str
    mic: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    limit_price: Decimal | None
    stop_price: Decimal | None
    time_in_force: TimeInForce
    expire_on: date | None
    account: str
    text: str
    approved_quantity: Decimal
    check_id: str
    epoch: int
    build: str
    created_at: datetime
    not_after: datetime | None
    price_factor: Decimal = Decimal(1)
    funds: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    security_id: str = ""
    dk_reason: str = ""
    answers: str = ""
    mass_cancel: str = ""
    action_id: str = ""
    algo: tuple[tuple[int, str], ...] = ()
    posttrade: Posttrade | None = None
    contract: Contract | None = None
    accounts: tuple[tuple[str, Decimal], ...] = ()
    program: str = ""
    program_seq: int = 0
    display_quantity: Decimal | None = None
    min_quantity: Decimal | None = None
