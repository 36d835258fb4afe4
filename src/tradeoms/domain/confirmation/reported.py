"""Allocation reports (AS): each account is a confirmation, and the whole is held against the parts.

A report is answered as a whole (AT), so that what is wrong with the whole is told with each of its
accounts (FIX 4.4 Volume 5, AllocationReport).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation import events as e
from tradeoms.domain.confirmation.decide import decide_confirmation
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.domain.placement.events import BreakKind, BreakOpened
from tradeoms.kernel.decider import Stamp
from tradeoms.kernel.numbers import ZERO, from_minor, plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """What we have for an allocation report.

    Attributes:
        instruction: What the broker was told, or would be told now; `None` where nothing fits.
        told: False where that instruction was never made: the broker reports by himself.
        placement_id: Empty where nobody knows.
        why: Why there is no instruction, empty for none.
        names: Symbol and identifiers of the security.
        settle_on: When the trade should settle; `None` where that is not known.
        before: Account to the confirmation that it replaces, or that stands beside it.
    """

    instruction: AllocationInstruction | None = None
    told: bool = False
    placement_id: str = ""
    why: str = ""
    names: frozenset[str] = frozenset()
    settle_on: date | None = None
    before: Mapping[str, Confirmation]


def decide_allocation_report(
    report: c.ReportAllocationReport, own: Own, stamp: Stamp
) -> list[e.ConfirmationRecorded]:
    """Record what each account got, with all that the report says otherwise than we have booked."""
    whole = differences_of_whole(report, own)
    recorded: list[e.ConfirmationRecorded] = []
    for number, line in enumerate(report.lines):
        one = decide_confirmation(
            line,
            own.instruction,
            own.before.get(line.account),
            names=own.names,
            settle_on=own.settle_on,
            stamp=stamp,
        )
        recorded.append(
            replace(
                one,
                confirmation_id=stamp.id("cfm", number),
                instruction_id=one.instruction_id if own.told else "",
                placement_id=own.placement_id,
                differences=(*one.differences, *whole),
            )
        )
    return recorded


def differences_of_whole(report: c.ReportAllocationReport, own: Own) -> tuple[str, ...]:
    """What is wrong with a report as a whole, in words; empty where its sums are ours."""
    told = [own.why] if own.why else []
    quantity = sum((line.quantity for line in report.lines), ZERO)
    if report.quantity != quantity:
        told.append(f"the accounts get {plain(quantity)} of {plain(report.quantity)}")
    if own.instruction is None:
        return tuple(told)
    named = {line.account for line in report.lines}
    left_out = [line.account for line in own.instruction.lines if line.account not in named]
    told += [f"account {account} is left out" for account in left_out]
    return (*told, *_money_of_whole(report, own.instruction))


def _money_of_whole(
    report: c.ReportAllocationReport, instruction: AllocationInstruction
) -> list[str]:
    """Sums may differ by the tolerance of each account."""
    tolerance = from_minor(instruction.tolerance_minor, instruction.currency) * len(report.lines)
    minor = sum(line.gross_minor for line in instruction.lines)
    gross = from_minor(minor, instruction.currency)
    nets = [line.net for line in report.lines if line.net is not None]
    told: list[str] = []
    if _beyond(report.gross, gross, tolerance):
        told.append(f"gross of all {_shown(report.gross)}, not {plain(gross)}")
    if len(nets) == len(report.lines) and _beyond(report.net, sum(nets, ZERO), tolerance):
        told.append(f"net of all {_shown(report.net)}, its accounts {plain(sum(nets, ZERO))}")
    return told


def _beyond(theirs: Decimal | None, ours: Decimal, tolerance: Decimal) -> bool:
    return theirs is not None and abs(theirs - ours) > tolerance


def _shown(money: Decimal | None) -> str:
    return "" if money is None else plain(money)


def same_lines(report: c.ReportAllocationReport, before: list[Confirmation]) -> bool:
    """True where a report that came before says the same."""
    known = {(one.account, one.quantity, one.avg_px, one.net) for one in before}
    return known == {(one.account, one.quantity, one.avg_px, one.net) for one in report.lines}


def break_of(
    report: c.ReportAllocationReport, recorded: list[e.ConfirmationRecorded], stamp: Stamp
) -> BreakOpened | None:
    """The break of a report that differs, until it is answered; `None` where it matches."""
    differing = [one for one in recorded if one.differences]
    if not differing:
        return None
    first = differing[0]
    said = "; ".join(f"{one.account}: {', '.join(one.differences)}" for one in differing)
    return BreakOpened(
        break_id=stamp.id("brk"),
        kind=BreakKind.ALLOCATION_DIFFERS,
        session=report.session,
        row=report.row,
        placement_id=first.placement_id,
        cl_ord_id=report.report_id,
        exec_id="",
        quantity=ZERO,
        price=ZERO,
        detail=f"allocation report {report.report_id} differs: {said}",
        raw=report.raw,
        at=stamp.at,
        symbol=first.symbol,
        side=first.side,
    )
