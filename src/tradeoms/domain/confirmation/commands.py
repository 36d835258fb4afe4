"""Requests about allocation instructions and confirmations, and what brokers report of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructAllocation:
    """Tell the broker of a placement how a day's executions are split over funds.

    Attributes:
        trade_on: Trading day of the executions; `None` for the newest that is not instructed.
        tolerance: Money by which a fund's amounts on a confirmation may differ from ours, in the
            security's currency, from zero on.
    """

    placement_id: str
    trade_on: date | None = None
    tolerance: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceAllocation:
    """Tell the split anew, as it is booked now; the instruction before it is void."""

    instruction_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelAllocation:
    """Take an instruction back."""

    instruction_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AffirmConfirmation:
    """Agree to a broker's confirmation (AU, 940=3); one that differs needs a reason."""

    confirmation_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectConfirmation:
    """Refuse a broker's confirmation (AU, 940=2)."""

    confirmation_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestConfirmations:
    """Ask the broker for the confirmations of an instruction that have not come (BH)."""

    instruction_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtInstructions:
    """Look at the instructions to which a broker has had time to say yes or no, and has not."""


@unique
class AckStatus(StrEnum):
    """What a broker says of an instruction (FIX 87), whichever version he speaks."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """The whole of it: it is void."""
    ACCOUNT_REJECTED = "account_rejected"
    """An account of it: people replace or cancel it."""
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAllocationAck:
    """AllocationInstructionAck (P), or a reject of our message. A fact, never refused.

    Attributes:
        alloc_id: FIX 70, our name of the instruction.
        code: FIX 88, or the reason of the reject.
    """

    session: str
    row: int
    alloc_id: str
    status: AckStatus
    code: str = ""
    text: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConfirmation:
    """Confirmation (AK) of one account. A fact, never refused.

    Attributes:
        confirm_id: FIX 664; `ref_id` 772, the one that it replaces or cancels.
        transaction: `new`, `replace` or `cancel` (FIX 666).
        account: FIX 79.
        gross, net: FIX 381 and 118; `None` where absent. `commission` 12, `fees` the sum of 137.
        report_id: FIX 755 of the allocation report (AS) that it is one account of, else empty.
        alloc_ref: AllocID (70) as that report spells it, for the answer.
    """

    session: str
    row: int
    confirm_id: str
    transaction: str
    ref_id: str = ""
    alloc_id: str = ""
    account: str = ""
    symbol: str = ""
    side: Side | None = None
    quantity: Decimal = ZERO
    avg_px: Decimal = ZERO
    gross: Decimal | None = None
    net: Decimal | None = None
    commission: Decimal = ZERO
    fees: Decimal = ZERO
    trade_on: date | None = None
    settle_on: date | None = None
    raw: str = ""
    report_id: str = ""
    alloc_ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAllocationReport:
    """AllocationReport (AS): what all accounts of an allocation got. A fact, never refused.

    Attributes:
        report_id: FIX 755; `ref_id` 795, the report that it replaces or cancels.
        transaction: `new`, `replace` or `cancel` (FIX 71).
        alloc_id: Our name of the instruction that it answers; empty where it names none.
        cl_ord_id: The one order that it names (73), empty for none or several.
        quantity, gross, net: Of all accounts: FIX 53, 381 and 118; money is `None` where absent.
        lines: One confirmation for each account; no account stands in two.
    """

    session: str
    row: int
    report_id: str
    transaction: str
    ref_id: str = ""
    alloc_id: str = ""
    cl_ord_id: str = ""
    quantity: Decimal = ZERO
    gross: Decimal | None = None
    net: Decimal | None = None
    lines: tuple[ReportConfirmation, ...] = ()
    raw: str = ""


def part_id(report_id: str, account: str) -> str:
    """The `confirm_id` of one account of an allocation report."""
    return f"{report_id}/{account}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportConfirmationRefused:
    """The broker refuses a ConfirmationRequest (AK, 773=3). A fact, never refused.

    Attributes:
        request_id: FIX 859, our name of the request.
    """

    session: str
    row: int
    request_id: str
    text: str = ""
    raw: str = ""


#: What brokers report after trading.
StreetReport = (
    ReportAllocationAck | ReportConfirmation | ReportAllocationReport | ReportConfirmationRefused
)
ConfirmationCommand = (
    InstructAllocation
    | ReplaceAllocation
    | CancelAllocation
    | AffirmConfirmation
    | RejectConfirmation
    | RequestConfirmations
    | DoubtInstructions
)
