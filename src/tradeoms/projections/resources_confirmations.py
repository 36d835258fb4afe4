"""Allocation instructions and confirmations as REST shows them."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from decimal import Decimal

import msgspec

from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.kernel.numbers import ZERO, from_minor, plain
from tradeoms.projections.resources_text import instant


class InstructionLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one fund gets of an instruction."""

    fund: str
    account: str
    quantity: str
    gross: str
    confirmed: bool
    affirmed: bool


class InstructionResource(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True
):  # fmt: skip
    """How a broker was told to split a day's executions of a placement.

    `share` is there, and true, where lines are left out that are of funds you may not see: the
    quantity is then that of your lines, and free words are left out.
    """

    id: str
    version: int
    seq: int
    status: str
    alloc_id: str
    transaction: str
    ref_id: str | None
    replaces: str | None
    replaced_by: str | None
    placement_id: str
    destination: str
    symbol: str
    side: str
    currency: str
    trade_on: str
    quantity: str
    avg_px: str
    lines: tuple[InstructionLine, ...]
    tolerance: str
    outdated_by: tuple[str, ...]
    reason: str
    instructed_by: str
    reject_code: str
    text: str
    detail: str
    requested: str | None
    request_detail: str
    created_at: str
    updated_at: str
    share: bool = False


class ConfirmationResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a broker confirmed of one account, and how it compares with what is booked."""

    id: str
    version: int
    seq: int
    status: str
    session: str
    confirm_id: str
    report_id: str | None
    instruction_id: str | None
    fund: str | None
    account: str
    symbol: str
    side: str | None
    quantity: str
    avg_px: str
    gross: str | None
    commission: str
    fees: str
    net: str | None
    trade_on: str | None
    settle_on: str | None
    differences: tuple[str, ...]
    reason: str
    decided_by: str | None
    answer: str | None
    raw: str
    created_at: str
    updated_at: str


def instruction_resource(
    found: AllocationInstruction, *, seq: int, funds: AbstractSet[str] | None = None
) -> InstructionResource:
    """Show an instruction; with ``funds`` their lines only."""
    lines = tuple(line for line in found.lines if funds is None or line.fund in funds)
    share = len(lines) < len(found.lines)
    return InstructionResource(
        id=found.id,
        version=found.version,
        seq=seq,
        status=found.status.value,
        alloc_id=found.alloc_id,
        transaction=found.transaction,
        ref_id=found.ref_id or None,
        replaces=found.replaces or None,
        replaced_by=found.replaced_by or None,
        placement_id=found.placement_id,
        destination=found.session,
        symbol=found.symbol,
        side=found.side.value,
        currency=found.currency,
        trade_on=found.trade_on.isoformat(),
        quantity=plain(sum((line.quantity for line in lines), ZERO) if share else found.quantity),
        avg_px=plain(found.avg_px),
        lines=tuple(
            InstructionLine(
                fund=line.fund,
                account=line.account,
                quantity=plain(line.quantity),
                gross=plain(from_minor(line.gross_minor, found.currency)),
                confirmed=line.fund in found.confirmed,
                affirmed=line.fund in found.affirmed,
            )
            for line in lines
        ),
        tolerance=plain(from_minor(found.tolerance_minor, found.currency)),
        outdated_by=found.outdated_by,
        reason="" if share else found.reason,
        instructed_by=found.instructed_by,
        reject_code=found.ack_code,
        text="" if share else found.text,
        detail="" if share else found.detail,
        requested=_sent(found.request_sent) if found.request_ids else None,
        request_detail="" if share else found.request_detail,
        created_at=instant(found.created_at),
        updated_at=instant(found.updated_at),
        share=share,
    )


def confirmation_resource(found: Confirmation, *, seq: int) -> ConfirmationResource:
    """Show a confirmation."""
    return ConfirmationResource(
        id=found.id,
        version=found.version,
        seq=seq,
        status=found.status.value,
        session=found.session,
        confirm_id=found.confirm_id,
        report_id=found.report_id or None,
        instruction_id=found.instruction_id or None,
        fund=found.fund or None,
        account=found.account,
        symbol=found.symbol,
        side=found.side.value if found.side else None,
        quantity=plain(found.quantity),
        avg_px=plain(found.avg_px),
        gross=_amount(found.gross),
        commission=plain(found.commission),
        fees=plain(found.fees),
        net=_amount(found.net),
        trade_on=found.trade_on.isoformat() if found.trade_on else None,
        settle_on=found.settle_on.isoformat() if found.settle_on else None,
        differences=found.differences,
        reason=found.reason,
        decided_by=found.decided_by or None,
        answer=_sent(found.answer_sent) if found.answer_id else None,
        raw=found.raw,
        created_at=instant(found.created_at),
        updated_at=instant(found.updated_at),
    )


def _sent(outcome: SendOutcome | None) -> str:
    """What the gateway did with a message; `unsent` before it said."""
    return outcome.value if outcome else "unsent"


def _amount(money: Decimal | None) -> str | None:
    return None if money is None else plain(money)
