"""Holds a broker's confirmation against what we have booked for the account.

Quantity, side, security and trade date must be equal, so must the day of settlement where the
security's is known, the average price as far as the broker prints decimals (four at least), money
within the tolerance that the instruction states, and the broker's own arithmetic right: net is
gross and costs, added for a purchase, taken off for a sale (FIX 4.4 Volume 5). Commission and fees
are the broker's word alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from tradeoms.domain.confirmation.commands import ReportConfirmation
from tradeoms.domain.confirmation.events import Line
from tradeoms.domain.confirmation.state import AllocationInstruction
from tradeoms.kernel.numbers import from_minor, plain

#: Fewer decimals of an average price are not believed, unless ours has no more either.
PRICE_PLACES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What we have for the account; `None` where nothing of ours fits, or nothing is known."""

    instruction: AllocationInstruction | None
    line: Line | None
    names: frozenset[str]
    settle_on: date | None = None


def differences(report: ReportConfirmation, expected: Expected) -> tuple[str, ...]:
    """What the confirmation says otherwise, in words; empty where it matches."""
    instruction, line = expected.instruction, expected.line
    if instruction is None:
        return (f"no instruction of ours has the AllocID {report.alloc_id or 'missing'}",)
    if line is None:
        return (f"account {report.account or 'missing'} is not in the instruction",)
    told: list[str] = []
    if instruction.status.is_over:
        told.append(f"the instruction is {instruction.status}")
    if instruction.outdated_by:
        told.append("the instruction is outdated: executions changed")
    told += _terms(report, instruction, line, expected)
    return (*told, *_money(report, instruction, line))


def _terms(
    report: ReportConfirmation,
    instruction: AllocationInstruction,
    line: Line,
    expected: Expected,
) -> list[str]:
    told: list[str] = []
    if report.side is None or report.side.fix != instruction.side.fix:
        told.append(f"side {report.side or 'missing'}, not {instruction.side}")
    if report.symbol and report.symbol not in expected.names:
        told.append(f"symbol {report.symbol}, not {instruction.symbol}")
    if report.quantity != line.quantity:
        told.append(f"quantity {plain(report.quantity)}, not {plain(line.quantity)}")
    if not _same_price(report.avg_px, instruction.avg_px):
        told.append(f"average price {plain(report.avg_px)}, not {plain(instruction.avg_px)}")
    if report.trade_on is not None and report.trade_on != instruction.trade_on:
        told.append(f"trade date {report.trade_on}, not {instruction.trade_on}")
    days = (report.settle_on, expected.settle_on)
    if None not in days and days[0] != days[1]:
        told.append(f"settlement on {days[0]}, not {days[1]}")
    return told


def _same_price(theirs: Decimal, ours: Decimal) -> bool:
    """True where ours, rounded to their decimals, is theirs."""
    exponent = theirs.as_tuple().exponent
    assert isinstance(exponent, int)
    places = max(-exponent, PRICE_PLACES)
    return ours.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN) == theirs


def _money(report: ReportConfirmation, instruction: AllocationInstruction, line: Line) -> list[str]:
    tolerance = from_minor(instruction.tolerance_minor, instruction.currency)
    gross = from_minor(line.gross_minor, instruction.currency)
    told: list[str] = []
    if report.gross is not None and abs(report.gross - gross) > tolerance:
        told.append(f"gross {plain(report.gross)}, not {plain(gross)}")
    if report.net is None:
        return [*told, "net money is missing"]
    base = gross if report.gross is None else report.gross
    costs = report.commission + report.fees
    net = base + instruction.side.sign * costs
    if abs(report.net - net) > tolerance:
        told.append(f"net {plain(report.net)}, which gross and costs do not come to")
    return told
