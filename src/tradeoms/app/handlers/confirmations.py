"""After trading: brokers are told the split, and their confirmations held against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tradeoms.app.dispatch import posttrade_instruction
from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.finding import find_reported
from tradeoms.app.handlers.unanswered import settle_silence
from tradeoms.app.instruction import InstructionKind, Posttrade
from tradeoms.app.market_days import settles_on
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
from tradeoms.domain.placement.gateway_word import decide_unreadable
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.projections.book import Book

_CHANGES = (pe.ExecutionRecorded, pe.ExecutionBusted, pe.ExecutionCorrected)


def instruct_allocation(turn: Turn, command: c.InstructAllocation) -> bytes | Rejected:
    """Tell the broker of a placement how a day's executions are split."""
    return _instruct(
        turn, d.decide_instruct(command, bookings_of(turn, command.placement_id), turn.stamp)
    )


def instruct_booked(turn: Turn, order_id: str, on: date) -> None:
    """Tell a day that was booked to the brokers that want it so; once for a placement and day.

    Where it cannot be told yet, as another order of the placement is not booked, nothing is.
    """
    for placement in turn.book.placements_for(order_id):
        destination = turn.book.destinations.get(placement.destination)
        if destination is None or not destination.instruct_when_booked:
            continue
        found = bookings_of(turn, placement.id)
        street = turn.book.street
        before = street.instructions_of.get(placement.id, ())
        if any(street.instructions[each].trade_on == on for each in before):
            continue
        stamp = replace(
            turn.stamp,
            actor="system",
            base=f"{turn.stamp.base}-{placement.id.removeprefix('plc_')}-{on:%Y%m%d}",
            cl_ord_id=turn.identity.next_cl_ord_id(),
        )
        wished = c.InstructAllocation(placement_id=placement.id, trade_on=on)
        decided = d.decide_instruct(wished, found, stamp)
        if not isinstance(decided, Rejected):
            _instruct(turn, decided)


def replace_allocation(
    turn: Turn, command: c.ReplaceAllocation | c.CancelAllocation
) -> bytes | Rejected:
    """Tell it anew, or take it back."""
    before = instruction_of(turn, command.instruction_id)
    found = bookings_of(turn, before.placement_id) if before else None
    return _instruct(turn, d.decide_replace(command, before, found, turn.stamp))


def _instruct(turn: Turn, decided: e.AllocationInstructed | Rejected) -> bytes | Rejected:
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.instruction_id)
    settle_silence(turn, decided.replaces)
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
    send_posttrade(turn, decided.placement_id, InstructionKind.ALLOCATION, decided.alloc_id, told)
    found = turn.book.street.instructions[decided.instruction_id]
    return plain_json(id=found.id, status=found.status, alloc_id=found.alloc_id, seq=turn.seq)


def take_ack(turn: Turn, report: c.ReportAllocationAck) -> None:
    """Record what a broker says of an instruction; one of none of ours becomes a break."""
    found = by_alloc_id(turn, report.session, report.alloc_id)
    if found is None:
        if find_reported(turn, report.session, report.alloc_id) is None:
            detail = f"an allocation acknowledgement of {report.alloc_id!r}, which is not ours"
        elif report.status in (c.AckStatus.RECEIVED, c.AckStatus.ACCEPTED):
            return  # a yes to the accounts that an order left with
        else:
            detail = f"the accounts of order {report.alloc_id} are {report.status}: {report.text}"
        park(turn, report.session, report.row, detail, report.raw)
        return
    for event in d.decide_ack(report, found, turn.stamp):
        turn.emit(event, found.id)
    settle_silence(turn, found.id)


def take_refusal(turn: Turn, report: ReportPlacement) -> bool:
    """Record a Reject (3, j) of an instruction or of an answer; False where it is of neither."""
    if report.kind is not ReportKind.SESSION_REJECTED:
        return False
    found = by_alloc_id(turn, report.session, report.cl_ord_id)
    if found is not None:
        told = c.ReportAllocationAck(
            session=report.session, row=report.row, alloc_id=report.cl_ord_id,
            status=c.AckStatus.REJECTED, code=report.reason, text=report.text,
        )  # fmt: skip
        take_ack(turn, told)
        return True
    detail = f"refused by the broker: {report.text or report.reason}"
    if _note_request(turn, report.cl_ord_id, SendOutcome.NOT_SENT, detail):
        return True
    return _note_answer(turn, report.cl_ord_id, SendOutcome.NOT_SENT, detail)


def take_request_refusal(turn: Turn, report: c.ReportConfirmationRefused) -> None:
    """Record that the broker refuses to confirm; to a request that is not ours it is a break."""
    detail = f"refused by the broker: {report.text or 'no reason given'}"
    if not _note_request(turn, report.request_id, SendOutcome.NOT_SENT, detail):
        what = f"a request for confirmations {report.request_id!r} is refused, which is not ours"
        park(turn, report.session, report.row, what, report.raw)


def take_confirmation(turn: Turn, report: c.ReportConfirmation) -> None:
    """Record a confirmation with what it says otherwise; once for each ConfirmID."""
    turn.recall.confirmation(turn.book, confirm_id=(report.session, report.confirm_id))
    known = turn.book.street.confirm_ids.get((report.session, report.confirm_id))
    if known is not None:
        _take_again(turn, report, turn.book.street.confirmations[known])
        return
    found = by_alloc_id(turn, report.session, report.alloc_id)
    before = _before(turn, report, found)
    if report.transaction == "cancel":
        if before is None:
            detail = f"a confirmation {report.ref_id!r} is canceled, which is not known"
            park(turn, report.session, report.row, detail, report.raw)
        else:
            cancel_confirmation(turn, before)
        return
    names, settle_on = expected_of(turn.book, found)
    recorded = d.decide_confirmation(
        report, found, before, names=names, settle_on=settle_on, stamp=turn.stamp
    )
    turn.emit(recorded, recorded.confirmation_id)
    settle_silence(turn, recorded.instruction_id)


def expected_of(
    book: Book, found: AllocationInstruction | None
) -> tuple[frozenset[str], date | None]:
    """What the security of an instruction may be called, and when its trade settles."""
    if found is None:
        return frozenset(), None
    security = book.securities[found.security_id]
    return names_of(security), settles_on(security, found.trade_on)


def _take_again(turn: Turn, report: c.ReportConfirmation, before: Confirmation) -> None:
    """The ConfirmID is known: its cancel counts, a repeat does not, other content is a break."""
    if report.transaction == "cancel":
        cancel_confirmation(turn, before)
        return
    ours = (before.account, before.quantity, before.avg_px, before.net)
    if ours != (report.account, report.quantity, report.avg_px, report.net):
        detail = f"ConfirmID {report.confirm_id} came before with other content"
        park(turn, report.session, report.row, detail, report.raw)


def cancel_confirmation(turn: Turn, before: Confirmation) -> None:
    """The broker takes a confirmation back; once."""
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
    found = by_alloc_id(turn, report.session, report.cl_ord_id)
    if found is not None:
        if found.sent is not report.outcome:
            sent = e.AllocationSendReported(
                instruction_id=found.id, outcome=report.outcome, detail=report.reason, at=turn.at
            )
            turn.emit(sent, found.id)
            settle_silence(turn, found.id)
        return True
    if _note_request(turn, report.cl_ord_id, report.outcome, report.reason):
        return True
    return _note_answer(turn, report.cl_ord_id, report.outcome, report.reason)


def _note_request(turn: Turn, request_id: str, outcome: SendOutcome, detail: str) -> bool:
    """Put on record what became of a request for confirmations; False where there is none.

    Only the newest counts. A request is known while its instruction is not finished: afterwards
    nothing is missing.
    """
    key = turn.book.street.request_ids.get(request_id)
    if key is None:
        return False
    found = turn.book.street.instructions[key]
    if found.request_ids[-1] == request_id and found.request_sent is not outcome:
        told = e.ConfirmationRequestReported(
            instruction_id=key, request_id=request_id, outcome=outcome, detail=detail, at=turn.at
        )
        turn.emit(told, key)
    return True


def _note_answer(turn: Turn, answer_id: str, outcome: SendOutcome, detail: str) -> bool:
    """Put on record what became of an answer to a confirmation; False where it is none."""
    key = _answered(turn, answer_id)
    if key is None:
        return False
    if turn.book.street.confirmations[key].answer_sent is not outcome:
        told = e.ConfirmationAnswerReported(
            confirmation_id=key, outcome=outcome, detail=detail, at=turn.at
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
    later = not told and execution.trade_on == found.trade_on
    known = execution.id in found.outdated_by or found.status.is_over
    if (told or later) and not known and found.transaction != "cancel":
        event = e.AllocationOutdated(instruction_id=found.id, execution_id=execution.id, at=turn.at)
        turn.emit(event, found.id)


def funds_of_confirmation(turn: Turn, command: object) -> list[str]:
    """The funds that a command about an instruction or a confirmation touches."""
    found = instruction_of(turn, getattr(command, "instruction_id", ""))
    confirmed = confirmation_of(turn, getattr(command, "confirmation_id", ""))
    if confirmed is not None:
        parts = parts_of(turn, confirmed.session, confirmed.report_id) or [confirmed]
        return sorted({part.fund or "*" for part in parts})
    if found is not None:
        return sorted(found.funds)
    placement_id = getattr(command, "placement_id", "")
    turn.recall_placement(placement_id)
    placement = turn.book.placements.get(placement_id)
    orders = [turn.book.orders[each] for each in placement.order_ids] if placement else []
    return [leg.fund for order in orders for leg in order.legs]


def parts_of(turn: Turn, session: str, report_id: str) -> list[Confirmation]:
    """The confirmations that an allocation report was taken apart into."""
    if not report_id:
        return []
    turn.recall.confirmation(turn.book, report_id=(session, report_id))
    street = turn.book.street
    return [street.confirmations[each] for each in street.reported.get((session, report_id), ())]


def bookings_of(turn: Turn, placement_id: str) -> d.Bookings | None:
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


def send_posttrade(
    turn: Turn, placement_id: str, kind: InstructionKind, key: str, told: Posttrade
) -> None:
    """Send a message about a placement; ``key`` is our name of it."""
    turn.recall_placement(placement_id)
    base = posttrade_instruction(
        turn.book.placements[placement_id], turn.book, number=turn.number + 1, epoch=turn.epoch,
        build=turn.build,
    )  # fmt: skip
    turn.send(replace(base, kind=kind, cl_ord_id=key, posttrade=told, created_at=turn.at))


def instruction_of(turn: Turn, key: str) -> AllocationInstruction | None:
    """The instruction under an id, finished or not."""
    if key and key not in turn.book.street.instructions:
        turn.recall.instruction(turn.book, key=key)
    return turn.book.street.instructions.get(key)


def by_alloc_id(turn: Turn, session: str, alloc_id: str) -> AllocationInstruction | None:
    """The instruction that a session knows under an AllocID."""
    if alloc_id and alloc_id not in turn.book.street.alloc_ids:
        turn.recall.instruction(turn.book, alloc_id=alloc_id)
    found = turn.book.street.instructions.get(turn.book.street.alloc_ids.get(alloc_id, ""))
    return found if found is not None and found.session == session else None


def confirmation_of(turn: Turn, key: str) -> Confirmation | None:
    """The confirmation under an id, settled or not."""
    if key and key not in turn.book.street.confirmations:
        turn.recall.confirmation(turn.book, key=key)
    return turn.book.street.confirmations.get(key)


def _answered(turn: Turn, answer_id: str) -> str | None:
    """Id of the confirmation that an answer of ours is to."""
    if answer_id and answer_id not in turn.book.street.answer_ids:
        turn.recall.confirmation(turn.book, answer_id=answer_id)
    return turn.book.street.answer_ids.get(answer_id)


def park(turn: Turn, session: str, row: int, reason: str, raw: str) -> None:
    """Keep what nobody can place as a break for a person."""
    report = ReportUnreadable(session=session, row=row, reason=reason, raw=raw)
    for event in decide_unreadable(report, turn.stamp):
        turn.emit(event, event.break_id)
