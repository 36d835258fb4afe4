"""What people say of confirmations, and ask for: affirmed, refused (AU, AT), missing (BH)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tradeoms.app.handlers.allocation_reports import settle_break
from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.confirmations import (
    confirmation_of,
    instruction_of,
    parts_of,
    send_posttrade,
)
from tradeoms.app.instruction import InstructionKind, Posttrade
from tradeoms.app.turn import Turn
from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation import decide as d
from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation.state import Confirmation
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.kernel.decider import Rejected


def answer_confirmation(
    turn: Turn, command: c.AffirmConfirmation | c.RejectConfirmation
) -> bytes | Rejected:
    """Affirm or refuse a confirmation, and tell the broker."""
    found = confirmation_of(turn, command.confirmation_id)
    decided = d.decide_answer(command, found, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert found is not None
    if found.report_id:
        _answer_part(turn, found, decided)
    else:
        turn.emit(decided, found.id)
        _tell(turn, found, decided, InstructionKind.CONFIRMATION_ACK)
    after = turn.book.street.confirmations[found.id]
    return plain_json(id=after.id, status=after.status, seq=turn.seq)


def _answer_part(turn: Turn, found: Confirmation, decided: e.ConfirmationDecided) -> None:
    """A report is affirmed with the last of its accounts, and refused with the first."""
    others = [
        part
        for part in parts_of(turn, found.session, found.report_id)
        if part.id != found.id and part.stands
    ]
    if decided.affirmed and any(part.status.is_open for part in others):
        turn.emit(replace(decided, answer_id=""), found.id)
        return
    turn.emit(decided, found.id)
    if not decided.affirmed:
        for part in others:
            turn.emit(replace(decided, confirmation_id=part.id, answer_id=""), part.id)
    _tell(turn, found, decided, InstructionKind.ALLOCATION_REPORT_ACK)
    word = "affirmed" if decided.affirmed else "refused"
    settle_break(turn, found.session, found.report_id, f"{word} by {decided.decided_by}")


def _tell(
    turn: Turn, found: Confirmation, decided: e.ConfirmationDecided, kind: InstructionKind
) -> None:
    """Send the answer, or put on record that nobody knows where to."""
    placement_id, trade_on = _about(turn, found)
    if not placement_id or trade_on is None:
        undone = e.ConfirmationAnswerReported(
            confirmation_id=found.id, outcome=SendOutcome.NOT_SENT,
            detail="it confirms nothing of ours: tell the broker", at=turn.at,
        )  # fmt: skip
        turn.emit(undone, found.id)
        return
    told = Posttrade(
        transaction="affirm" if decided.affirmed else "reject",
        confirm_id=found.report_id or found.confirm_id,
        ref_id=found.alloc_ref,
        trade_on=trade_on,
        account=found.account,
        text=decided.reason,
    )
    send_posttrade(turn, placement_id, kind, decided.answer_id, told)


def _about(turn: Turn, found: Confirmation) -> tuple[str, date | None]:
    """The placement that a confirmation is about and its trading day; empty where none is."""
    instruction = instruction_of(turn, found.instruction_id)
    if instruction is None:
        return found.placement_id, found.trade_on
    return instruction.placement_id, found.trade_on or instruction.trade_on


def request_confirmations(turn: Turn, command: c.RequestConfirmations) -> bytes | Rejected:
    """Ask the broker for the confirmations of an instruction that have not come."""
    found = instruction_of(turn, command.instruction_id)
    decided = d.decide_request(command, found, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert found is not None
    turn.emit(decided, found.id)
    told = Posttrade(
        transaction="request",
        ref_id=found.alloc_id,
        trade_on=found.trade_on,
        account=decided.accounts[0] if len(decided.accounts) == 1 else "",
    )
    kind = InstructionKind.CONFIRMATION_REQUEST
    send_posttrade(turn, found.placement_id, kind, decided.request_id, told)
    return plain_json(id=found.id, accounts=decided.accounts, seq=turn.seq)
