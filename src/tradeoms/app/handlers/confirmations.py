"""After trading: brokers are told the split, their confirmations matched, people affirm them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from tradeoms.app.dispatch import posttrade_instruction
from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.instruction import InstructionKind, Posttrade
from tradeoms.app.target import names_of
from tradeoms.app.turn import Turn
from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation import decide as d
from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.domain.placement import events as pe
from tradeoms.domain.placement.commands import (
    ReportKind,
    ReportPlacement,
    ReportSend,
    ReportUnreadable,
    SendOutcome,
)
from tradeoms.domain.placement.report import decide_unreadable
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import ExecutionStatus

_CHANGES = (pe.ExecutionRecorded, pe.ExecutionBusted, pe.ExecutionCorrected)


def instruct_allocation(turn: Turn, command: c.InstructAllocation) -> bytes | Rejected:
    """Tell the broker of a placement how a day's executions are split."""
    return _instruct(
        turn, d.decide_instruct(command, _bookings(turn, command.placement_id), turn.stamp)
    )


def replace_allocation(
    turn: Turn, command: c.ReplaceAllocation | c.CancelAllocation
) -> bytes | Rejected:
    """Tell it anew, or take it back."""
    before = _instruction(turn, command.instruction_id)
    found = _bookings(turn, before.placement_id) if before else None
    return _instruct(turn, d.decide_replace(command, before, found, turn.stamp))


def _instruct(turn: Turn, decided: e.AllocationInstructed | Rejected) -> bytes | Rejected:
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.instruction_id)
    executions = [turn.book.executions.get(each) for each in decided.execution_ids]
    told = Posttrade(
        transaction=decided.transaction,
        ref_id=decided.ref_id,
        quantity=decided.quantity,
        avg_px=decided.avg_px,
        trade_on=decided.trade_on,
        lines=tuple((line.account, line.quantity) for line in decided.lines),
        executions=tuple((x.exec_id, x.last_qty, x.last_px) for x in executions if x is not None),
    )
    _send(turn, decided.placement_id, InstructionKind.ALLOCATION, decided.alloc_id, told)
    found = turn.book.street.instructions[decided.instruction_id]
    return plain_json(id=found.id, status=found.status, alloc_id=found.alloc_id, seq=turn.seq)


def answer_confirmation(
    turn: Turn, command: c.AffirmConfirmation | c.RejectConfirmation
) -> bytes | Rejected:
    """Affirm or refuse a confirmation, and tell the broker."""
    found = _confirmation(turn, command.confirmation_id)
    decided = d.decide_answer(command, found, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert found is not None
    turn.emit(decided, found.id)
    instruction = _instruction(turn, found.instruction_id)
    if instruction is None:
        undone = e.ConfirmationAnswerReported(
            confirmation_id=found.id, outcome=SendOutcome.NOT_SENT,
            detail="it confirms nothing of ours: tell the broker", at=turn.at,
        )  # fmt: skip
        turn.emit(undone, found.id)
    else:
        told = Posttrade(
            transaction="affirm" if decided.affirmed else "reject",
            confirm_id=found.confirm_id,
            trade_on=found.trade_on or instruction.trade_on,
            account=found.account,
            text=decided.reason,
        )
        _send(
            turn,
            instruction.placement_id,
            InstructionKind.CONFIRMATION_ACK,
            decided.answer_id,
            told,
        )
    after = turn.book.street.confirmations[found.id]
    return plain_json(id=after.id, status=after.status, seq=turn.seq)


def take_ack(turn: Turn, report: c.ReportAllocationAck) -> None:
    """Record what a broker says of an instruction; one of none of ours becomes a break."""
    found = _by_alloc_id(turn, report.session, report.alloc_id)
    if found is None:
        detail = f"an allocation acknowledgement of {report.alloc_id!r}, which is not ours"
        _park(turn, report.session, report.row, detail, report.raw)
        return
    for event in d.decide_ack(report, found, turn.stamp):
        turn.emit(event, found.id)


def take_refusal(turn: Turn, report: ReportPlacement) -> bool:
    """Record a Reject (3, j) of an instruction or of an answer; False where it is of neither."""
    if report.kind is not ReportKind.SESSION_REJECTED:
        return False
    found = _by_alloc_id(turn, report.session, report.cl_ord_id)
    if found is not None:
        told = c.ReportAllocationAck(
            session=report.session, row=report.row, alloc_id=report.cl_ord_id,
            status=c.AckStatus.REJECTED, code=report.reason, text=report.text,
        )  # fmt: skip
        take_ack(turn, told)
        return True
    answered = _answered(turn, report.cl_ord_id)
    if answered is None:
        return False
    event = e.ConfirmationAnswerReported(
        confirmation_id=answered, outcome=SendOutcome.NOT_SENT,
        detail=f"refused by the broker: {report.text or report.reason}", at=turn.at,
    )  # fmt: skip
    turn.emit(event, answered)
    return True


def take_confirmation(turn: Turn, report: c.ReportConfirmation) -> None:
    """Record a confirmation with what it says otherwise; once for each ConfirmID."""
    turn.recall.confirmation(turn.book, confirm_id=(report.session, report.confirm_id))
    known = turn.book.street.confirm_ids.get((report.session, report.confirm_id))
    if known is not None:
        _take_again(turn, report, turn.book.street.confirmations[known])
        return
    found = _by_alloc_id(turn, report.session, report.alloc_id)
    before = _before(turn, report, found)
    if report.transaction == "cancel":
        if before is None:
            detail = f"a confirmation {report.ref_id!r} is canceled, which is not known"
            _park(turn, report.session, report.row, detail, report.raw)
        else:
            _cancel(turn, before)
        return
    names = names_of(turn.book.securities[found.security_id]) if found else frozenset()
    recorded = d.decide_confirmation(report, found, before, names=names, stamp=turn.stamp)
    turn.emit(recorded, recorded.confirmation_id)


def _take_again(turn: Turn, report: c.ReportConfirmation, before: Confirmation) -> None:
    """The ConfirmID is known: its cancel counts, a repeat does not, other content is a break."""
    if report.transaction == "cancel":
        _cancel(turn, before)
        return
    ours = (before.account, before.quantity, before.avg_px, before.net)
    if ours != (report.account, report.quantity, report.avg_px, report.net):
        detail = f"ConfirmID {report.confirm_id} came before with other content"
        _park(turn, report.session, report.row, detail, report.raw)


def _cancel(turn: Turn, before: Confirmation) -> None:
    if not before.canceled:
        turn.emit(e.ConfirmationCanceled(confirmation_id=before.id, at=turn.at), before.id)


def _before(
    turn: Turn, report: c.ReportConfirmation, found: AllocationInstruction | None
) -> Confirmation | None:
    """The confirmation that it names (772), else the one of the same account that stands."""
    if report.ref_id:
        turn.recall.confirmation(turn.book, confirm_id=(report.session, report.ref_id))
        key = turn.book.street.confirm_ids.get((report.session, report.ref_id))
        return turn.book.street.confirmations[key] if key else None
    mine = turn.book.street.confirmations_of.get(found.id, ()) if found else ()
    standing = (turn.book.street.confirmations[each] for each in mine)
    return next((one for one in standing if one.account == report.account and one.stands), None)


def note_posttrade(turn: Turn, report: ReportSend) -> bool:
    """Put on record what became of an instruction or answer; False where it is neither."""
    found = _by_alloc_id(turn, report.session, report.cl_ord_id)
    if found is not None:
        if found.sent is not report.outcome:
            sent = e.AllocationSendReported(
                instruction_id=found.id, outcome=report.outcome, detail=report.reason, at=turn.at
            )
            turn.emit(sent, found.id)
        return True
    key = _answered(turn, report.cl_ord_id)
    if key is None:
        return False
    if turn.book.street.confirmations[key].answer_sent is not report.outcome:
        told = e.ConfirmationAnswerReported(
            confirmation_id=key, outcome=report.outcome, detail=report.reason, at=turn.at
        )
        turn.emit(told, key)
    return True


def outdate(turn: Turn, events: Iterable[object]) -> None:
    """Mark the instructions whose day has other executions now than they tell."""
    for event in events:
        if isinstance(event, _CHANGES):
            turn.recall.instruction(turn.book, placement_id=event.placement_id)
            execution = turn.book.executions[event.execution_id]
            for key in turn.book.street.instructions_of.get(event.placement_id, ()):
                _outdate(turn, turn.book.street.instructions[key], execution)


def _outdate(turn: Turn, found: AllocationInstruction, execution: Execution) -> None:
    told = execution.id in found.execution_ids
    later = not told and d.traded_on(execution) == found.trade_on
    known = execution.id in found.outdated_by or found.status.is_over
    if (told or later) and not known and found.transaction != "cancel":
        event = e.AllocationOutdated(instruction_id=found.id, execution_id=execution.id, at=turn.at)
        turn.emit(event, found.id)


def funds_of_confirmation(turn: Turn, command: object) -> list[str]:
    """The funds that a command about an instruction or a confirmation touches."""
    found = _instruction(turn, getattr(command, "instruction_id", ""))
    confirmed = _confirmation(turn, getattr(command, "confirmation_id", ""))
    if confirmed is not None:
        return [confirmed.fund] if confirmed.fund else ["*"]
    if found is not None:
        return sorted(found.funds)
    placement_id = getattr(command, "placement_id", "")
    turn.recall_placement(placement_id)
    placement = turn.book.placements.get(placement_id)
    orders = [turn.book.orders[each] for each in placement.order_ids] if placement else []
    return [leg.fund for order in orders for leg in order.legs]


def _bookings(turn: Turn, placement_id: str) -> d.Bookings | None:
    """A placement with its live executions and instructions; `None` where there is none."""
    turn.recall_placement(placement_id)
    book = turn.book
    placement = book.placements.get(placement_id)
    if placement is None:
        return None
    turn.recall.instruction(book, placement_id=placement_id)
    security = book.securities[placement.security_id]
    executions = (book.executions[each] for each in book.executions_of.get(placement_id, ()))
    told = (
        book.street.instructions[each] for each in book.street.instructions_of.get(placement_id, ())
    )
    return d.Bookings(
        placement=placement,
        executions=tuple(x for x in executions if x.status is ExecutionStatus.LIVE),
        symbol=security.symbol,
        currency=security.currency,
        factor=security.factor,
        accounts={fund.code: fund.account or fund.code for fund in book.funds.values()},
        unbooked=frozenset(
            booking.trade_on
            for order_id in placement.order_ids
            for booking in book.bookings_for(order_id)
            if booking.booked is None and not booking.empty
        ),
        instructed=tuple(x for x in told if not (x.status.is_over or x.transaction == "cancel")),
    )


def _send(turn: Turn, placement_id: str, kind: InstructionKind, key: str, told: Posttrade) -> None:
    turn.recall_placement(placement_id)
    base = posttrade_instruction(
        turn.book.placements[placement_id], turn.book, number=turn.number + 1, epoch=turn.epoch,
        build=turn.build,
    )  # fmt: skip
    turn.send(replace(base, kind=kind, cl_ord_id=key, posttrade=told, created_at=turn.at))


def _instruction(turn: Turn, key: str) -> AllocationInstruction | None:
    if key and key not in turn.book.street.instructions:
        turn.recall.instruction(turn.book, key=key)
    return turn.book.street.instructions.get(key)


def _by_alloc_id(turn: Turn, session: str, alloc_id: str) -> AllocationInstruction | None:
    if alloc_id and alloc_id not in turn.book.street.alloc_ids:
        turn.recall.instruction(turn.book, alloc_id=alloc_id)
    found = turn.book.street.instructions.get(turn.book.street.alloc_ids.get(alloc_id, ""))
    return found if found is not None and found.session == session else None


def _confirmation(turn: Turn, key: str) -> Confirmation | None:
    if key and key not in turn.book.street.confirmations:
        turn.recall.confirmation(turn.book, key=key)
    return turn.book.street.confirmations.get(key)


def _answered(turn: Turn, answer_id: str) -> str | None:
    """Id of the confirmation that an answer of ours is to."""
    if answer_id and answer_id not in turn.book.street.answer_ids:
        turn.recall.confirmation(turn.book, answer_id=answer_id)
    return turn.book.street.answer_ids.get(answer_id)


def _park(turn: Turn, session: str, row: int, reason: str, raw: str) -> None:
    """Keep what nobody can place as a break for a person."""
    report = ReportUnreadable(session=session, row=row, reason=reason, raw=raw)
    for event in decide_unreadable(report, turn.stamp):
        turn.emit(event, event.break_id)
