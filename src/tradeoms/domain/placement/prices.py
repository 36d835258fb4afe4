"""Which prices of executions are believed, and which are worse than what was agreed."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.state import Placement

#: A price this many times above or below its limit or mark is not believed.
FAR_OFF: Final = 2


def limits_of(placement: Placement) -> list[Decimal]:
    """The limits that may be in force: those asked for, then the one agreed."""
    asked = (*(request.limit_price for request in placement.requests), placement.limit_price)
    return [limit for limit in asked if limit is not None]


def far_off(report: ReportPlacement, placement: Placement, mark: Decimal | None) -> bool:
    """True for a price that cannot be meant: none, a slip of the decimal point, another unit.

    It is not above zero, or far from every limit and from the mark. Such an execution is recorded,
    and booked once the broker corrects its price.

    Args:
        report: An execution or a correction.
        placement: The placement it is about.
        mark: Price of the security as last loaded; `None` where unknown.
    """
    if report.last_px <= 0:
        return True
    measures = limits_of(placement) + ([] if mark is None else [mark])
    if not measures or min(measures) <= 0:
        return False
    return not min(measures) / FAR_OFF <= report.last_px <= max(measures) * FAR_OFF


def beyond(report: ReportPlacement, placement: Placement) -> bool:
    """True for a price worse than every limit (FIX 127=E)."""
    sign, limits = placement.side.sign, limits_of(placement)
    return bool(limits) and sign * report.last_px > max(sign * limit for limit in limits)
