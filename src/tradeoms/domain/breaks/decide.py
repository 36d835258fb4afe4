"""Decides what people do about breaks: what fits, what takes two, and what it comes to.

An execution is attached with the counterparty's own quantity, price and ExecID. Where no report
will come that puts things right, two people state the figures, and stand for them by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique

from tradeoms.domain.breaks import commands as c
from tradeoms.domain.breaks import events as e
from tradeoms.domain.breaks.adjusting import lacks
from tradeoms.domain.breaks.state import (
    ADJUSTABLE,
    DK_REASONS,
    UNBOOKED,
    Break,
    BreakAction,
    Proposal,
)
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import BreakResolved
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.numbers import ZERO


@unique
class BreakRejection(StrEnum):
    """Why a request about a break was refused. Declared in the order the checks run."""

    BREAK_UNKNOWN = "break_unknown"
    BREAK_ACTION_UNKNOWN = "break_action_unknown"
    BREAK_ACTION_PENDING = "break_action_pending"
    NOTHING_PROPOSED = "nothing_proposed"
    SAME_PERSON = "same_person"
    BREAK_ACTION_MISFIT = "break_action_misfit"
    ADJUSTMENT_FIGURES = "adjustment_figures"
    TARGET_UNKNOWN = "target_unknown"
    TARGET_SESSION_DIFFERS = "target_session_differs"
    TARGET_SECURITY_DIFFERS = "target_security_differs"
    TARGET_SIDE_DIFFERS = "target_side_differs"
    TRADE_BOOKED_ALREADY = "trade_booked_already"
    NO_ROOM_TO_BOOK = "no_room_to_book"
    DONT_KNOW_ASKED = "dont_know_asked"
    REASON_MISSING = "reason_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the house knows that bears on an action.

    Attributes:
        placement: For `attach` and `adjust`, the placement named, or that of the execution; `None`
            where there is none.
        names: Symbol and identifiers of its security.
        execution: For `book`, the execution of the break; `None` where there is none.
        lacking: Units that the order's statement can still take.
        twin: Id of an execution with the same ExecID, quantity and price; empty for none.
        adjusted: For `adjust`, the execution named; `None` where there is none.
        exec_id_used: For `adjust`, true where an execution has the ExecID that is told.
    """

    placement: Placement | None = None
    names: frozenset[str] = frozenset()
    execution: Execution | None = None
    lacking: Decimal = ZERO
    twin: str = ""
    adjusted: Execution | None = None
    exec_id_used: bool = False


Decided = BreakResolved | e.DontKnowRequested | e.BreakActionProposed


def decide_resolve(
    command: c.ResolveBreak, found: Break | None, target: Target, stamp: Stamp
) -> Decided | Rejected:
    """Settle a break, or ask for an action that another person must approve."""
    code = BreakRejection
    if found is None or found.resolved_by:
        detail = "no such open break"
        return reject(code.BREAK_UNKNOWN, detail, field="break", value=command.break_id)
    if command.action not in list(BreakAction):
        detail = f"one of {', '.join(BreakAction)}"
        return reject(code.BREAK_ACTION_UNKNOWN, detail, field="action", value=command.action)
    if found.proposal is not None:
        detail = f"{found.proposal.by} asked for {found.proposal.action}: approve or refuse it"
        return reject(code.BREAK_ACTION_PENDING, detail, field="break", value=found.id)
    action = BreakAction(command.action)
    wanted = Proposal(
        action=action, placement_id=command.placement_id, reason=command.resolution,
        by=stamp.actor, at=stamp.at, adjustment=command.adjustment,
    )  # fmt: skip
    refused = refuse_action(found, wanted, target)
    if refused is not None:
        return refused
    if not command.resolution.strip():
        return reject(code.REASON_MISSING, "say how or why", field="resolution")
    if action.takes_two:
        return e.BreakActionProposed(
            break_id=found.id, action=action, placement_id=wanted.placement_id,
            reason=wanted.reason, proposed_by=wanted.by, at=wanted.at,
            adjustment=wanted.adjustment,
        )  # fmt: skip
    if action is BreakAction.DONT_KNOW:
        return e.DontKnowRequested(
            break_id=found.id, cl_ord_id=stamp.cl_ord_id, dk_reason=DK_REASONS[found.kind],
            reason=command.resolution, requested_by=stamp.actor, at=stamp.at,
        )  # fmt: skip
    return resolved(found, command.resolution, stamp)


def decide_approve(
    command: c.ApproveBreakAction, found: Break | None, target: Target, stamp: Stamp
) -> e.BreakActionApproved | Rejected:
    """Let what was asked for go ahead; all is checked again, for the house has gone on."""
    refused = _refuse_word(command, found, stamp, own=False)
    if refused is not None:
        return refused
    assert found is not None
    assert found.proposal is not None
    wanted = found.proposal
    refused = refuse_action(found, wanted, target)
    if refused is not None:
        return refused
    return e.BreakActionApproved(
        break_id=found.id, action=wanted.action, reason=command.reason,
        approved_by=stamp.actor, at=stamp.at,
    )  # fmt: skip


def decide_refuse(
    command: c.RefuseBreakAction, found: Break | None, stamp: Stamp
) -> e.BreakActionRefused | Rejected:
    """End what was asked for."""
    refused = _refuse_word(command, found, stamp, own=True)
    if refused is not None:
        return refused
    return e.BreakActionRefused(
        break_id=command.break_id, reason=command.reason, refused_by=stamp.actor, at=stamp.at
    )


def refuse_action(found: Break, wanted: Proposal, target: Target) -> Rejected | None:
    """Why an action does not fit a break as things are; `None` where it does."""
    code, action = BreakRejection, wanted.action
    if not _fits(found, action):
        detail = f"a break {found.kind} has no trade that {action} could settle"
        return reject(code.BREAK_ACTION_MISFIT, detail, field="action", value=action)
    if action is not BreakAction.ADJUST and wanted.adjustment is not None:
        return _wrong_figures("they are for the action adjust only")
    match action:
        case BreakAction.ADJUST:
            return _refuse_adjustment(found, wanted, target)
        case BreakAction.ATTACH:
            return _refuse_attach(found, wanted, target)
        case BreakAction.BOOK:
            return _refuse_booking(target)
        case BreakAction.DONT_KNOW if found.dk_cl_ord_id:
            detail = "it was told already"
            return reject(code.DONT_KNOW_ASKED, detail, field="break", value=found.id)
        case _:
            return None


def _fits(found: Break, action: BreakAction) -> bool:
    match action:
        case BreakAction.EXPLAIN:
            return True
        case BreakAction.BOOK:
            return found.kind in UNBOOKED
        case BreakAction.DONT_KNOW:
            return found.is_stray_fill or (found.kind in UNBOOKED and bool(found.exec_id))
        case BreakAction.ATTACH:
            return found.is_stray_fill
        case BreakAction.SUSPENSE:
            return found.is_stray_fill and not found.suspense
        case BreakAction.ADJUST:
            return found.kind in ADJUSTABLE


def _refuse_attach(found: Break, wanted: Proposal, target: Target) -> Rejected | None:
    """An orphan may be attached to the same session, security and side only, and once."""
    refused = _refuse_target(found, target, wanted.placement_id, told=True)
    if refused is None and target.twin:
        detail = "the very same trade is booked; explain the break instead"
        code = BreakRejection.TRADE_BOOKED_ALREADY
        return reject(code, detail, field="break", value=target.twin)
    return refused


def _refuse_target(
    found: Break, target: Target, placement_id: str, *, told: bool
) -> Rejected | None:
    """Refuse another session, security or side; ``told`` where these must have been reported."""
    code, placement = BreakRejection, target.placement
    if placement is None:
        detail = "no such placement"
        return reject(code.TARGET_UNKNOWN, detail, field="placement", value=placement_id)
    if placement.destination != found.session:
        detail = f"the trade came from {found.session}"
        value = placement.destination
        return reject(code.TARGET_SESSION_DIFFERS, detail, field="placement", value=value)
    if (told or found.symbol) and found.symbol not in target.names:
        detail = f"the trade is in {found.symbol or 'no symbol that was told'}"
        return reject(code.TARGET_SECURITY_DIFFERS, detail, field="placement", value=placement_id)
    side = None if found.side is None else found.side.fix
    if (told or side) and side != placement.side.fix:
        detail = f"the trade is a {found.side or 'side that was not told'}"
        return reject(code.TARGET_SIDE_DIFFERS, detail, field="placement", value=placement.side)
    return None


def _refuse_adjustment(found: Break, wanted: Proposal, target: Target) -> Rejected | None:
    """Refuse figures that are no execution, and what the placement has no room for."""
    code, adjusted, asked = BreakRejection, target.adjusted, wanted.adjustment
    wrong = lacks(asked)
    if wrong or asked is None:
        return _wrong_figures(wrong)
    of_it = adjusted is not None and wanted.placement_id in ("", adjusted.placement_id)
    if asked.execution_id and not of_it:
        detail = "no such execution of the placement"
        return reject(
            code.TARGET_UNKNOWN, detail, field="adjustment/execution", value=asked.execution_id
        )
    refused = _refuse_target(found, target, wanted.placement_id, told=False)
    if refused is not None:
        return refused
    if adjusted is not None and adjusted.status is not ExecutionStatus.LIVE:
        detail = f"the execution is {adjusted.status}"
        return reject(code.BREAK_ACTION_MISFIT, detail, field="action", value="adjust")
    if target.exec_id_used:
        detail = "an execution of this counterparty has it"
        return reject(
            code.TRADE_BOOKED_ALREADY, detail, field="adjustment/exec_id", value=asked.exec_id
        )
    assert target.placement is not None
    room = target.placement.quantity - target.placement.cum_qty
    room += adjusted.last_qty if adjusted else ZERO
    if asked.quantity is not None and asked.quantity > room:
        detail = f"only {room} units of the placement are not executed"
        return reject(
            code.NO_ROOM_TO_BOOK, detail, field="adjustment/quantity", value=asked.quantity
        )
    return None


def _wrong_figures(detail: str) -> Rejected:
    return reject(BreakRejection.ADJUSTMENT_FIGURES, detail, field="adjustment")


def _refuse_booking(target: Target) -> Rejected | None:
    code, execution = BreakRejection, target.execution
    if execution is None or execution.status is not ExecutionStatus.LIVE:
        detail = "its execution is not live any more"
        return reject(code.BREAK_ACTION_MISFIT, detail, field="action", value="book")
    if execution.last_px <= 0:
        detail = "it was reported without a price: the broker must correct or bust it"
        return reject(code.BREAK_ACTION_MISFIT, detail, field="action", value="book")
    waiting = execution.last_qty - execution.booked_qty
    if waiting <= 0 or waiting > target.lacking:
        detail = f"{waiting} units wait, the order can take {target.lacking}: amend it first"
        return reject(code.NO_ROOM_TO_BOOK, detail, field="break", value=execution.exec_id)
    return None


def attached_fill(
    found: Break, placement: Placement, *, symbol: str, taken: bool
) -> ReportPlacement:
    """The fill of a break, as if it had named the placement.

    Args:
        found: The break.
        placement: Where it belongs.
        symbol: Of the placement's security, as the house calls it.
        taken: True where another execution has its ExecID; the row tells the two apart then.
    """
    return ReportPlacement(
        session=found.session,
        row=found.row,
        kind=ReportKind.FILL,
        cl_ord_id=placement.cl_ord_id,
        exec_id=f"{found.exec_id}~{found.row}" if taken else found.exec_id,
        symbol=symbol,
        side=placement.side,
        last_qty=found.quantity,
        last_px=found.price,
        received_at=found.created_at,
        raw=found.raw,
    )


def resolved(found: Break, resolution: str, stamp: Stamp) -> BreakResolved:
    """The end of a break."""
    return BreakResolved(
        break_id=found.id, resolution=resolution, resolved_by=stamp.actor, at=stamp.at
    )


def _refuse_word(
    command: c.ApproveBreakAction | c.RefuseBreakAction,
    found: Break | None,
    stamp: Stamp,
    *,
    own: bool,
) -> Rejected | None:
    code = BreakRejection
    if found is None or found.resolved_by:
        detail = "no such open break"
        return reject(code.BREAK_UNKNOWN, detail, field="break", value=command.break_id)
    if found.proposal is None:
        detail = "nobody asked for anything that waits"
        return reject(code.NOTHING_PROPOSED, detail, field="break", value=found.id)
    if not own and found.proposal.by == stamp.actor:
        detail = "another person must approve what you have asked for"
        return reject(code.SAME_PERSON, detail, field="user", value=stamp.actor)
    if not command.reason.strip():
        return reject(code.REASON_MISSING, "say why", field="reason")
    return None
