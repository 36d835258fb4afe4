"""Decides instructions and confirmations: what is told to brokers, and what their word is worth.

A request may be refused; a broker's word is recorded, with what differs, and a person decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.allocation.methods import whole
from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation.match import Expected, differences
from tradeoms.domain.confirmation.state import (
    AllocationInstruction,
    Confirmation,
    StreetStatus,
)
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.kernel.decider import Rejected, Stamp, reject
from tradeoms.kernel.numbers import ZERO, share_out, to_minor

_EIGHT: Final = Decimal("0.00000001")


@unique
class ConfirmationRejection(StrEnum):
    """Why a request after trading was refused. Declared in the order the checks run."""

    INSTRUCTION_UNKNOWN = "instruction_unknown"
    CONFIRMATION_UNKNOWN = "confirmation_unknown"
    PLACEMENT_NOT_THERE = "placement_not_there"
    PLACEMENT_BY_TELEPHONE = "placement_by_telephone"
    NOTHING_TO_INSTRUCT = "nothing_to_instruct"
    UNITS_IN_SUSPENSE = "units_in_suspense"
    DAY_NOT_BOOKED = "day_not_booked"
    ALREADY_INSTRUCTED = "already_instructed"
    TOLERANCE_RANGE = "tolerance_range"
    INSTRUCTION_OVER = "instruction_over"
    INSTRUCTION_IN_DOUBT = "instruction_in_doubt"
    CONFIRMATION_DECIDED = "confirmation_decided"
    CONFIRMATION_REASON = "confirmation_reason"
    CONFIRMATIONS_COMPLETE = "confirmations_complete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookings:
    """A placement with its live executions, and what its security is called.

    Attributes:
        accounts: Fund to its account at brokers.
        instructed: Instructions of the placement that are not over.
        unbooked: Trading days of its orders that are not booked for good yet.
    """

    placement: Placement
    executions: tuple[Execution, ...]
    symbol: str
    currency: str
    factor: Decimal
    accounts: dict[str, str]
    instructed: tuple[AllocationInstruction, ...]
    unbooked: frozenset[date]


def decide_instruct(
    command: c.InstructAllocation, found: Bookings | None, stamp: Stamp
) -> e.AllocationInstructed | Rejected:
    """Tell a day's executions of a placement; one instruction a placement and day."""
    code = ConfirmationRejection
    if found is None:
        value = command.placement_id
        return reject(code.PLACEMENT_NOT_THERE, "no such placement", field="placement", value=value)
    if not command.tolerance.is_finite() or command.tolerance < 0:
        value = str(command.tolerance)
        return reject(code.TOLERANCE_RANGE, "zero or more", field="tolerance", value=value)
    told = {one.trade_on for one in found.instructed}
    days = {one.trade_on for one in found.executions}
    newest = max(days - told, default=None) or max(days, default=None)
    trade_on = command.trade_on or newest
    if trade_on in told:
        detail = f"executions of {trade_on} are instructed: replace that instruction"
        return reject(code.ALREADY_INSTRUCTED, detail, field="trade_on", value=trade_on)
    tolerance = to_minor(command.tolerance, found.currency)
    return _told(found, trade_on, tolerance_minor=tolerance, reason="", stamp=stamp)


def decide_replace(
    command: c.ReplaceAllocation | c.CancelAllocation,
    before: AllocationInstruction | None,
    found: Bookings | None,
    stamp: Stamp,
) -> e.AllocationInstructed | Rejected:
    """Tell the split anew as it is booked now, or take it back."""
    code = ConfirmationRejection
    value = command.instruction_id
    if before is None or found is None:
        detail = "no such instruction"
        return reject(code.INSTRUCTION_UNKNOWN, detail, field="instruction", value=value)
    unfit = _refuse_unfit(before, "instruct anew")
    if unfit is not None:
        return unfit
    if not command.reason.strip():
        return reject(code.CONFIRMATION_REASON, "say why", field="reason")
    if isinstance(command, c.CancelAllocation):
        return e.AllocationInstructed(
            instruction_id=stamp.id("ali"), alloc_id=stamp.cl_ord_id, transaction="cancel",
            ref_id=before.alloc_id, replaces=before.id, placement_id=before.placement_id,
            session=before.session, security_id=before.security_id, symbol=before.symbol,
            side=before.side, currency=before.currency, trade_on=before.trade_on,
            quantity=before.quantity, avg_px=before.avg_px, notional=before.notional,
            lines=before.lines, execution_ids=before.execution_ids,
            tolerance_minor=before.tolerance_minor, reason=command.reason,
            instructed_by=stamp.actor, at=stamp.at,
        )  # fmt: skip
    return _told(
        found, before.trade_on, tolerance_minor=before.tolerance_minor, reason=command.reason,
        stamp=stamp, before=before,
    )  # fmt: skip


def _told(
    found: Bookings,
    trade_on: date | None,
    *,
    tolerance_minor: int,
    reason: str,
    stamp: Stamp,
    before: AllocationInstruction | None = None,
) -> e.AllocationInstructed | Rejected:
    """The instruction over the executions of a day, or why there can be none."""
    code, placement = ConfirmationRejection, found.placement
    if placement.manual:
        detail = "it was given by telephone: no session carries an instruction"
        return reject(code.PLACEMENT_BY_TELEPHONE, detail, field="placement", value=placement.id)
    executions = [one for one in found.executions if one.trade_on == trade_on]
    if trade_on is None or not executions:
        detail = f"no execution of {trade_on} counts" if trade_on else "nothing is executed"
        return reject(code.NOTHING_TO_INSTRUCT, detail, field="placement", value=placement.id)
    quantity = sum((one.last_qty for one in executions), ZERO)
    units = units_by_fund(executions)
    if sum(units.values(), ZERO) != quantity:
        detail = "units of an execution wait in suspense: settle its break first"
        return reject(code.UNITS_IN_SUSPENSE, detail, field="placement", value=placement.id)
    if trade_on in found.unbooked:
        detail = f"the funds' parts of {trade_on} are not booked yet"
        return reject(code.DAY_NOT_BOOKED, detail, field="trade_on", value=trade_on)
    notional = sum((one.last_qty * one.last_px for one in executions), ZERO)
    return e.AllocationInstructed(
        instruction_id=stamp.id("ali"),
        alloc_id=stamp.cl_ord_id,
        transaction="replace" if before else "new",
        ref_id=before.alloc_id if before else "",
        replaces=before.id if before else "",
        placement_id=placement.id,
        session=placement.destination,
        security_id=placement.security_id,
        symbol=found.symbol,
        side=placement.side,
        currency=found.currency,
        trade_on=trade_on,
        quantity=quantity,
        avg_px=(notional / quantity).quantize(_EIGHT, ROUND_HALF_EVEN),
        notional=notional,
        lines=_lines(found, units, notional),
        execution_ids=tuple(one.id for one in executions),
        tolerance_minor=tolerance_minor,
        reason=reason,
        instructed_by=stamp.actor,
        at=stamp.at,
    )


def _lines(found: Bookings, units: dict[str, Decimal], notional: Decimal) -> tuple[e.Line, ...]:
    """Each fund's units and its part of the money, cents by largest remainder."""
    funds = sorted(units)
    total = to_minor(notional * found.factor, found.currency)
    parts = share_out(total, whole([units[fund] for fund in funds]))
    return tuple(
        e.Line(fund=fund, account=found.accounts[fund], quantity=units[fund], gross_minor=part)
        for fund, part in zip(funds, parts, strict=True)
    )


def units_by_fund(executions: Sequence[Execution]) -> dict[str, Decimal]:
    """Units that executions gave to each fund; funds that got none are left out."""
    units: dict[str, Decimal] = {}
    for one in executions:
        given = [*one.split, *((fund, part) for _, fund, part in one.shared)]
        for fund, part in given:
            units[fund] = units.get(fund, ZERO) + part
    return {fund: part for fund, part in units.items() if part}


def decide_ack(
    report: c.ReportAllocationAck, found: AllocationInstruction, stamp: Stamp
) -> list[e.AllocationAcknowledged]:
    """Record a broker's word on an instruction; nothing where he has said so before.

    That it was received may come late, and takes back no yes or no.
    """
    if report.status is c.AckStatus.RECEIVED and found.ack not in (None, c.AckStatus.INCOMPLETE):
        return []
    if (found.ack, found.ack_code, found.text) == (report.status, report.code, report.text):
        return []
    return [
        e.AllocationAcknowledged(
            instruction_id=found.id, status=report.status, code=report.code, text=report.text,
            at=stamp.at,
        )
    ]  # fmt: skip


def decide_confirmation(
    report: c.ReportConfirmation,
    found: AllocationInstruction | None,
    before: Confirmation | None,
    *,
    names: frozenset[str],
    settle_on: date | None,
    stamp: Stamp,
) -> e.ConfirmationRecorded:
    """Record a confirmation with all that it says otherwise than we have booked.

    Args:
        report: The confirmation.
        found: The instruction that it names.
        before: The confirmation that it replaces, or the one of the same fund that stands.
        names: Symbol and identifiers of the instruction's security.
        settle_on: When its trade should settle; `None` where that is not known.
        stamp: Time and ids.
    """
    line = found.line_of(report.account) if found else None
    expected = Expected(instruction=found, line=line, names=names, settle_on=settle_on)
    told = differences(report, expected)
    if before is not None and report.transaction == "new":
        told = (*told, f"confirmation {before.confirm_id} of the same account stands")
    return e.ConfirmationRecorded(
        confirmation_id=stamp.id("cfm"),
        session=report.session,
        row=report.row,
        confirm_id=report.confirm_id,
        instruction_id=found.id if found else "",
        replaces=before.id if before and report.transaction == "replace" else "",
        fund=line.fund if line else "",
        account=report.account,
        symbol=report.symbol,
        side=report.side,
        quantity=report.quantity,
        avg_px=report.avg_px,
        gross=report.gross,
        net=report.net,
        commission=report.commission,
        fees=report.fees,
        trade_on=report.trade_on,
        settle_on=report.settle_on,
        differences=told,
        raw=report.raw,
        at=stamp.at,
        report_id=report.report_id,
        alloc_ref=report.alloc_ref,
    )


def _refuse_unfit(found: AllocationInstruction, advice: str) -> Rejected | None:
    """Refuse to go on from an instruction that is over, or of which nobody knows if it left."""
    code = ConfirmationRejection
    if found.status.is_over or found.transaction == "cancel":
        detail = f"it is {found.status}: {advice}"
        return reject(code.INSTRUCTION_OVER, detail, field="instruction", value=found.id)
    if found.status is StreetStatus.UNSENT:
        detail = "the gateway has not told yet whether it left"
        return reject(code.INSTRUCTION_IN_DOUBT, detail, field="instruction", value=found.id)
    return None


def decide_request(
    command: c.RequestConfirmations, found: AllocationInstruction | None, stamp: Stamp
) -> e.ConfirmationsRequested | Rejected:
    """Ask for the confirmations of an instruction that have not come."""
    code, value = ConfirmationRejection, command.instruction_id
    if found is None:
        detail = "no such instruction"
        return reject(code.INSTRUCTION_UNKNOWN, detail, field="instruction", value=value)
    unfit = _refuse_unfit(found, "nothing of it is confirmed")
    if unfit is not None:
        return unfit
    missing = tuple(line.account for line in found.lines if line.fund not in found.confirmed)
    if not missing:
        detail = "every account has a confirmation that stands"
        return reject(code.CONFIRMATIONS_COMPLETE, detail, field="instruction", value=value)
    return e.ConfirmationsRequested(
        instruction_id=found.id, request_id=stamp.cl_ord_id, accounts=missing,
        requested_by=stamp.actor, at=stamp.at,
    )  # fmt: skip


def decide_answer(
    command: c.AffirmConfirmation | c.RejectConfirmation, found: Confirmation | None, stamp: Stamp
) -> e.ConfirmationDecided | Rejected:
    """Affirm or refuse a confirmation; both end it, unless the broker replaces it."""
    code, value = ConfirmationRejection, command.confirmation_id
    if found is None:
        detail = "no such confirmation"
        return reject(code.CONFIRMATION_UNKNOWN, detail, field="confirmation", value=value)
    if not found.status.is_open:
        detail = f"it is {found.status} already"
        return reject(code.CONFIRMATION_DECIDED, detail, field="confirmation", value=value)
    affirmed = isinstance(command, c.AffirmConfirmation)
    if (found.differences or not affirmed) and not command.reason.strip():
        detail = "say why, as it differs" if affirmed else "say why"
        return reject(code.CONFIRMATION_REASON, detail, field="reason")
    return e.ConfirmationDecided(
        confirmation_id=found.id, affirmed=affirmed, reason=command.reason,
        answer_id=stamp.cl_ord_id, decided_by=stamp.actor, at=stamp.at,
    )  # fmt: skip
