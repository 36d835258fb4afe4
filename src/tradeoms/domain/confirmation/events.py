"""What was instructed, acknowledged, confirmed and affirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.confirmation.commands import AckStatus
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What one fund gets of an instruction.

    Attributes:
        account: The fund's account at brokers; its code where it has none.
        gross_minor: Its part of the executions' notional; the parts sum to the whole.
    """

    fund: str
    account: str
    quantity: Decimal
    gross_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationInstructed:
    """The broker is to be told how executions are split.

    Attributes:
        alloc_id: FIX 70, never used for another message.
        transaction: `new`, `replace` or `cancel` (FIX 71); `ref_id` is the AllocID it speaks of.
        avg_px: Average price of the executions, at eight decimals, half to even.
        notional: Their quantity times price, summed, exact.
        lines: Sum of quantities is `quantity`.
        tolerance_minor: See `InstructAllocation`.
    """

    instruction_id: str
    alloc_id: str
    transaction: str
    ref_id: str
    replaces: str
    placement_id: str
    session: str
    security_id: str
    symbol: str
    side: Side
    currency: str
    trade_on: date
    quantity: Decimal
    avg_px: Decimal
    notional: Decimal
    lines: tuple[Line, ...]
    execution_ids: tuple[str, ...]
    tolerance_minor: int
    reason: str
    instructed_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationSendReported:
    """What the gateway did with an instruction."""

    instruction_id: str
    outcome: SendOutcome
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationAcknowledged:
    """What the broker said of an instruction."""

    instruction_id: str
    status: AckStatus
    code: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationUnanswered:
    """The broker has said neither yes nor no to an instruction in his time; told once.

    `break_id` is the break of which people learn it.
    """

    instruction_id: str
    break_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationOutdated:
    """An execution of its day was busted, corrected or came later: replace it or cancel it."""

    instruction_id: str
    execution_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationsRequested:
    """A person asked the broker for confirmations that have not come (BH).

    Attributes:
        request_id: FIX 859, never used for another message.
        accounts: Those without a confirmation that stands; at least one.
    """

    instruction_id: str
    request_id: str
    accounts: tuple[str, ...]
    requested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRequestReported:
    """What became of a request for confirmations: sent or not, or refused by the broker."""

    instruction_id: str
    request_id: str
    outcome: SendOutcome
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationRecorded:
    """A broker confirmed what an account got; fields as in `ReportConfirmation`.

    Attributes:
        instruction_id, fund: What it confirms; empty where nothing of ours fits.
        differences: What it says otherwise than we have booked, in words; empty where it matches.
        replaces: The confirmation of ours that it takes the place of; empty for none.
        placement_id: For a part of an allocation report the placement that it is about; empty
            where nobody knows.
    """

    confirmation_id: str
    session: str
    row: int
    confirm_id: str
    instruction_id: str
    replaces: str
    fund: str
    account: str
    symbol: str
    side: Side | None
    quantity: Decimal
    avg_px: Decimal
    gross: Decimal | None
    net: Decimal | None
    commission: Decimal
    fees: Decimal
    trade_on: date | None
    settle_on: date | None
    differences: tuple[str, ...]
    raw: str
    at: datetime
    report_id: str = ""
    alloc_ref: str = ""
    placement_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationCanceled:
    """The broker took a confirmation back."""

    confirmation_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationDecided:
    """A person agreed to a confirmation or refused it.

    `answer_id` names our message (AU, AT); empty where another account's word is the report's.
    """

    confirmation_id: str
    affirmed: bool
    reason: str
    answer_id: str
    decided_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmationAnswerReported:
    """What the gateway did with our answer."""

    confirmation_id: str
    outcome: SendOutcome
    detail: str
    at: datetime


InstructionEvent = (
    AllocationInstructed
    | AllocationSendReported
    | AllocationAcknowledged
    | AllocationUnanswered
    | AllocationOutdated
    | ConfirmationsRequested
    | ConfirmationRequestReported
)
ConfirmationEvent = (
    ConfirmationRecorded | ConfirmationCanceled | ConfirmationDecided | ConfirmationAnswerReported
)
