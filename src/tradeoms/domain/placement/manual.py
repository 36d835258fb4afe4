"""Decides what a person keys for a manual placement: a report, as a FIX message would have made it.

An order given by telephone has no session that reports it. What the broker says is keyed by a
person, checked like every request, and then recorded as the report it stands for; events and
executions carry the person's name.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement.state import Execution, Placement, Request, RequestKind
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.text import is_printable


@unique
class ManualRejection(StrEnum):
    """Why something keyed was refused. Declared in the order the checks run."""

    PLACEMENT_NOT_MANUAL = "placement_not_manual"
    EXECUTION_UNKNOWN = "execution_unknown"
    EXECUTION_NOT_KEYED = "execution_not_keyed"
    EXECUTION_NOT_LIVE = "execution_not_live"
    BUST_REASON_MISSING = "bust_reason_missing"
    EXECUTION_QUANTITY = "execution_quantity"
    EXECUTION_PRICE = "execution_price"
    EXECUTION_EXCEEDS = "execution_exceeds"
    EXEC_ID_FORMAT = "exec_id_format"
    EXEC_ID_USED = "exec_id_used"
    NOTHING_ASKED = "nothing_asked"


#: How ExecIDs begin that are made for executions of which a person knows none.
MADE: Final = "man"
EXEC_ID_MAX: Final = 64
_KINDS: Final = {
    c.Answer.CANCELED: c.ReportKind.CANCELED,
    c.Answer.REPLACED: c.ReportKind.REPLACED,
    c.Answer.REJECTED: c.ReportKind.REJECTED,
    c.Answer.EXPIRED: c.ReportKind.EXPIRED,
    c.Answer.DONE_FOR_DAY: c.ReportKind.DONE_FOR_DAY,
}
_REFUSED: Final = {
    RequestKind.CANCEL: c.ReportKind.CANCEL_REJECTED,
    RequestKind.REPLACE: c.ReportKind.REPLACE_REJECTED,
}


def decide_execution(
    command: c.RecordExecution, placement: Placement, *, known: bool, stamp: Stamp
) -> c.ReportPlacement | Rejected:
    """The fill that ``command`` keys. ``known`` is true where its ExecID was used before."""
    code = ManualRejection
    if not placement.manual:
        return _not_manual(placement)
    if command.quantity <= 0:
        return reject(code.EXECUTION_QUANTITY, "more than zero", field="quantity",
                      value=command.quantity)  # fmt: skip
    if command.price <= 0:
        return reject(code.EXECUTION_PRICE, "more than zero", field="price", value=command.price)
    room = placement.quantity - placement.cum_qty
    if command.quantity > room:
        detail = f"only {room} units of the placement are not executed; replace it first"
        return reject(code.EXECUTION_EXCEEDS, detail, field="quantity", value=command.quantity)
    if not (command.exec_id == "" or is_printable(command.exec_id, limit=EXEC_ID_MAX)):
        detail = f"up to {EXEC_ID_MAX} printable ASCII characters"
        return reject(code.EXEC_ID_FORMAT, detail, field="exec_id", value=command.exec_id)
    if known:
        detail = "an execution of this broker has it already"
        return reject(code.EXEC_ID_USED, detail, field="exec_id", value=command.exec_id)
    return c.ReportPlacement(
        session=placement.destination,
        row=0,
        kind=c.ReportKind.FILL,
        cl_ord_id=placement.cl_ord_id,
        exec_id=command.exec_id or stamp.id(MADE),
        last_qty=command.quantity,
        last_px=command.price,
        venue=command.venue,
        transact_time=command.executed_at,
        received_at=stamp.at,
        keyed_by=stamp.actor,
    )


def decide_bust(
    command: c.BustExecution, execution: Execution | None, placement: Placement | None, stamp: Stamp
) -> c.ReportPlacement | Rejected:
    """The bust of a keyed execution; one that came over the wire only its broker takes back."""
    code = ManualRejection
    if execution is None or placement is None:
        return reject(code.EXECUTION_UNKNOWN, "no such execution", field="execution",
                      value=command.execution_id)  # fmt: skip
    if not (execution.keyed_by and placement.manual):
        return reject(code.EXECUTION_NOT_KEYED, "the broker takes it back, or two people adjust it",
                      field="execution", value=execution.id)  # fmt: skip
    if execution.status is not ExecutionStatus.LIVE:
        return reject(code.EXECUTION_NOT_LIVE, f"the execution is {execution.status}",
                      field="execution", value=execution.id)  # fmt: skip
    if not command.reason.strip():
        return reject(code.BUST_REASON_MISSING, "say why", field="reason")
    return c.ReportPlacement(
        session=placement.destination,
        row=0,
        kind=c.ReportKind.BUST,
        cl_ord_id=placement.cl_ord_id,
        exec_id=stamp.id(MADE),
        exec_ref_id=execution.exec_id,
        text=command.reason,
        received_at=stamp.at,
        keyed_by=stamp.actor,
    )


def decide_answer(
    command: c.RecordAnswer, placement: Placement, stamp: Stamp
) -> c.ReportPlacement | Rejected:
    """The change of state that ``command`` keys."""
    if not placement.manual:
        return _not_manual(placement)
    asked = _asked(command.answer, placement)
    if asked is None and command.answer in (c.Answer.REPLACED, c.Answer.REFUSED):
        return reject(ManualRejection.NOTHING_ASKED, "no request is waiting for an answer",
                      field="answer", value=command.answer)  # fmt: skip
    kind = _KINDS.get(command.answer) or _REFUSED[asked.kind if asked else RequestKind.CANCEL]
    return c.ReportPlacement(
        session=placement.destination,
        row=0,
        kind=kind,
        cl_ord_id=asked.cl_ord_id if asked else placement.cl_ord_id,
        orig_cl_ord_id=placement.cl_ord_id if asked else "",
        order_qty=asked.quantity if asked and kind is c.ReportKind.REPLACED else None,
        text=command.text,
        received_at=stamp.at,
        keyed_by=stamp.actor,
    )


def find_added(
    report: c.ReportPlacement, placement: Placement, executions: Iterable[Execution]
) -> Execution | None:
    """The execution that a person keyed under an ExecID of our making, and that a fill may be.

    Its quantity and price are the same, and CumQty (14) counts no more than we do.
    """
    if report.cum_qty is None or report.cum_qty > placement.cum_qty:
        return None
    told = (report.last_qty, report.last_px, ExecutionStatus.LIVE)
    for each in executions:
        made = each.keyed_by and each.exec_id.startswith(f"{MADE}_")
        if made and (each.last_qty, each.last_px, each.status) == told:
            return each
    return None


def _asked(answer: c.Answer, placement: Placement) -> Request | None:
    """The oldest request that ``answer`` can be the answer to."""
    kinds = {
        c.Answer.REPLACED: (RequestKind.REPLACE,),
        c.Answer.REFUSED: (RequestKind.CANCEL, RequestKind.REPLACE),
        c.Answer.CANCELED: (RequestKind.CANCEL,),
    }.get(answer, ())
    return next((request for request in placement.requests if request.kind in kinds), None)


def _not_manual(placement: Placement) -> Rejected:
    detail = f"{placement.destination} reports it over FIX; only a manual placement is keyed"
    code = ManualRejection.PLACEMENT_NOT_MANUAL
    return reject(code, detail, field="placement", value=placement.id)
