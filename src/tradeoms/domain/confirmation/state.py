"""The facts of an allocation instruction and of a confirmation; their statuses are derived."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation.commands import AckStatus
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.kernel.enums import Side


@unique
class StreetStatus(StrEnum):
    """How far an instruction is on the street."""

    UNSENT = "unsent"
    """Committed; the gateway has not told of it yet."""
    SENT = "sent"
    UNKNOWN = "unknown"
    """Nobody knows whether the broker has it."""
    NOT_SENT = "not_sent"
    """It certainly never left."""
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    ACCOUNT_REJECTED = "account_rejected"
    """An account of it is refused: replace it or cancel it."""
    CONFIRMED = "confirmed"
    """Every fund has a confirmation that stands."""
    AFFIRMED = "affirmed"
    """People agreed to every confirmation."""
    REPLACED = "replaced"
    CANCELED = "canceled"

    @property
    def is_over(self) -> bool:
        """True where it says nothing any more."""
        return self in _OVER

    @property
    def is_finished(self) -> bool:
        """True where nothing is expected of anybody any more."""
        return self.is_over or self is StreetStatus.AFFIRMED


_OVER = frozenset(
    {
        StreetStatus.NOT_SENT, StreetStatus.REJECTED, StreetStatus.REPLACED, StreetStatus.CANCELED,
    }
)  # fmt: skip


_WAITING = frozenset(
    {
        StreetStatus.UNSENT, StreetStatus.SENT, StreetStatus.UNKNOWN, StreetStatus.RECEIVED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationInstruction:
    """How a day's executions of a placement are split; fields as in `AllocationInstructed`.

    Attributes:
        sent: What the gateway did with it; `None` before it said anything.
        ack: The broker's newest word; `None` before it.
        confirmed, affirmed: Funds with a confirmation that stands, and of which one is agreed to.
        unanswered: The break that tells of the broker's silence; empty before.
        outdated_by: Executions that were busted or corrected, or came later on its day.
        replaced_by: The instruction that took its place; `canceled` where that one cancels it.
        request_ids: Requests for confirmations; what became of the last one is `request_sent`.
    """

    id: str
    version: int
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
    lines: tuple[e.Line, ...]
    execution_ids: tuple[str, ...]
    tolerance_minor: int
    reason: str
    instructed_by: str
    created_at: datetime
    updated_at: datetime
    sent: SendOutcome | None = None
    detail: str = ""
    ack: AckStatus | None = None
    ack_code: str = ""
    text: str = ""
    confirmed: tuple[str, ...] = ()
    affirmed: tuple[str, ...] = ()
    outdated_by: tuple[str, ...] = ()
    replaced_by: str = ""
    canceled: bool = False
    request_ids: tuple[str, ...] = ()
    request_sent: SendOutcome | None = None
    request_detail: str = ""
    unanswered: str = ""

    @property
    def funds(self) -> frozenset[str]:
        """Funds that have a line."""
        return frozenset(line.fund for line in self.lines)

    @property
    def status(self) -> StreetStatus:
        """How far it is, by what holds now: what ends it first, then what came last."""
        if self.replaced_by:
            return StreetStatus.CANCELED if self.canceled else StreetStatus.REPLACED
        if self.ack is AckStatus.REJECTED:
            return StreetStatus.REJECTED
        if self.transaction == "cancel":
            return StreetStatus.CANCELED if self.ack is AckStatus.ACCEPTED else self._reached
        if self.funds and self.funds <= set(self.affirmed):
            return StreetStatus.AFFIRMED
        if self.funds and self.funds <= set(self.confirmed):
            return StreetStatus.CONFIRMED
        return self._reached

    @property
    def waits(self) -> bool:
        """True where the broker owes a yes or no."""
        return self.status in _WAITING

    @property
    def _reached(self) -> StreetStatus:
        """How far the message itself came."""
        if self.ack is AckStatus.ACCEPTED:
            return StreetStatus.ACCEPTED
        if self.ack is AckStatus.ACCOUNT_REJECTED:
            return StreetStatus.ACCOUNT_REJECTED
        if self.ack is not None:
            return StreetStatus.RECEIVED
        return StreetStatus(self.sent.value) if self.sent else StreetStatus.UNSENT

    def line_of(self, account: str) -> e.Line | None:
        """The line of an account."""
        return next((line for line in self.lines if line.account == account), None)


@unique
class ConfirmationStatus(StrEnum):
    """How a confirmation stands."""

    MATCHED = "matched"
    """It says what we have booked; to be affirmed."""
    MISMATCHED = "mismatched"
    """It does not, or nothing of ours fits: an exception for a person."""
    AFFIRMED = "affirmed"
    REJECTED = "rejected"
    REPLACED = "replaced"
    CANCELED = "canceled"

    @property
    def is_open(self) -> bool:
        """True where a person must decide."""
        return self in (ConfirmationStatus.MATCHED, ConfirmationStatus.MISMATCHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What a broker confirmed; fields as in `ConfirmationRecorded`.

    Attributes:
        agreed: True where a person affirmed it, False where he refused; `None` before.
        answer_sent: What the gateway did with our answer (AU, AT).
    """

    id: str
    version: int
    session: str
    row: int
    confirm_id: str
    instruction_id: str
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
    created_at: datetime
    updated_at: datetime
    agreed: bool | None = None
    reason: str = ""
    decided_by: str = ""
    answer_id: str = ""
    answer_sent: SendOutcome | None = None
    answer_detail: str = ""
    replaced_by: str = ""
    canceled: bool = False
    report_id: str = ""
    alloc_ref: str = ""
    placement_id: str = ""

    @property
    def stands(self) -> bool:
        """True where the broker has neither replaced nor canceled it, and we have not refused."""
        return not (self.replaced_by or self.canceled) and self.agreed is not False

    @property
    def status(self) -> ConfirmationStatus:
        """By what holds now."""
        if self.canceled:
            return ConfirmationStatus.CANCELED
        if self.replaced_by:
            return ConfirmationStatus.REPLACED
        if self.agreed is not None:
            return ConfirmationStatus.AFFIRMED if self.agreed else ConfirmationStatus.REJECTED
        return ConfirmationStatus.MISMATCHED if self.differences else ConfirmationStatus.MATCHED


def instruct(event: e.AllocationInstructed) -> AllocationInstruction:
    """The instruction as it was decided."""
    return AllocationInstruction(
        id=event.instruction_id,
        version=1,
        alloc_id=event.alloc_id,
        transaction=event.transaction,
        ref_id=event.ref_id,
        replaces=event.replaces,
        placement_id=event.placement_id,
        session=event.session,
        security_id=event.security_id,
        symbol=event.symbol,
        side=event.side,
        currency=event.currency,
        trade_on=event.trade_on,
        quantity=event.quantity,
        avg_px=event.avg_px,
        notional=event.notional,
        lines=event.lines,
        execution_ids=event.execution_ids,
        tolerance_minor=event.tolerance_minor,
        reason=event.reason,
        instructed_by=event.instructed_by,
        created_at=event.at,
        updated_at=event.at,
    )


def end(before: AllocationInstruction, event: e.AllocationInstructed) -> AllocationInstruction:
    """The instruction that another one replaces or cancels."""
    return replace(
        before, version=before.version + 1, updated_at=event.at,
        replaced_by=event.instruction_id, canceled=event.transaction == "cancel",
    )  # fmt: skip


def evolve(
    before: AllocationInstruction,
    event: e.AllocationSendReported
    | e.AllocationAcknowledged
    | e.AllocationUnanswered
    | e.AllocationOutdated
    | e.ConfirmationsRequested
    | e.ConfirmationRequestReported,
) -> AllocationInstruction:
    """The instruction after a word of the gateway, of the broker, or of the executions."""
    after = replace(before, version=before.version + 1, updated_at=event.at)
    match event:
        case e.AllocationSendReported(outcome=outcome, detail=detail):
            return replace(after, sent=outcome, detail=detail)
        case e.AllocationAcknowledged(status=status, code=code, text=text):
            return replace(after, ack=status, ack_code=code, text=text)
        case e.AllocationUnanswered(break_id=break_id):
            return replace(after, unanswered=break_id)
        case e.AllocationOutdated(execution_id=execution_id):
            return replace(after, outdated_by=(*before.outdated_by, execution_id))
        case e.ConfirmationsRequested(request_id=request_id):
            asked = (*before.request_ids, request_id)
            return replace(after, request_ids=asked, request_sent=None, request_detail="")
        case e.ConfirmationRequestReported(outcome=outcome, detail=detail):
            return replace(after, request_sent=outcome, request_detail=detail)


def confirm(event: e.ConfirmationRecorded) -> Confirmation:
    """The confirmation as it came."""
    return Confirmation(
        id=event.confirmation_id,
        version=1,
        session=event.session,
        row=event.row,
        confirm_id=event.confirm_id,
        instruction_id=event.instruction_id,
        fund=event.fund,
        account=event.account,
        symbol=event.symbol,
        side=event.side,
        quantity=event.quantity,
        avg_px=event.avg_px,
        gross=event.gross,
        net=event.net,
        commission=event.commission,
        fees=event.fees,
        trade_on=event.trade_on,
        settle_on=event.settle_on,
        differences=event.differences,
        raw=event.raw,
        created_at=event.at,
        updated_at=event.at,
        report_id=event.report_id,
        alloc_ref=event.alloc_ref,
        placement_id=event.placement_id,
    )


def answer(
    before: Confirmation,
    event: e.ConfirmationCanceled | e.ConfirmationDecided | e.ConfirmationAnswerReported,
) -> Confirmation:
    """The confirmation after a person's, the gateway's or the broker's next word."""
    after = replace(before, version=before.version + 1, updated_at=event.at)
    match event:
        case e.ConfirmationCanceled():
            return replace(after, canceled=True)
        case e.ConfirmationDecided():
            return replace(
                after, agreed=event.affirmed, reason=event.reason, decided_by=event.decided_by,
                answer_id=event.answer_id, answer_sent=None, answer_detail="",
            )  # fmt: skip
        case e.ConfirmationAnswerReported(outcome=outcome, detail=detail):
            return replace(after, answer_sent=outcome, answer_detail=detail)


def supersede(before: Confirmation, event: e.ConfirmationRecorded) -> Confirmation:
    """The confirmation that another one took the place of."""
    return replace(
        before, version=before.version + 1, updated_at=event.at,
        replaced_by=event.confirmation_id,
    )  # fmt: skip


def tally(
    instruction: AllocationInstruction, confirmations: list[Confirmation], at: datetime
) -> AllocationInstruction:
    """The instruction with the funds that its confirmations cover now."""
    standing = [c for c in confirmations if c.stands and c.fund]
    confirmed = tuple(sorted({c.fund for c in standing}))
    affirmed = tuple(sorted({c.fund for c in standing if c.agreed}))
    return replace(
        instruction, version=instruction.version + 1, updated_at=at, confirmed=confirmed,
        affirmed=affirmed,
    )  # fmt: skip
