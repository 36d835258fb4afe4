"""What a report proves: that the broker has an order, that he does not, that he took a replace."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.kernel.enums import OrdStatus

#: OrdRejReason (103) of the answer to a status request: unknown order.
UNKNOWN_ORDER: Final = "5"
#: Refusals of a cancel or replace.
REFUSALS: Final = frozenset({ReportKind.CANCEL_REJECTED, ReportKind.REPLACE_REJECTED})
#: Kinds of report that may be about an order that the broker does not have; OrdStatus (39) tells.
_MAY_DENY: Final = frozenset(
    {
        ReportKind.STATUS, ReportKind.REJECTED, ReportKind.CANCEL_REJECTED,
        ReportKind.REPLACE_REJECTED, ReportKind.SESSION_REJECTED,
    }
)  # fmt: skip
_DENYING: Final = frozenset({None, OrdStatus.REJECTED})
#: Statuses that say nothing of the request itself: it may wait, or be refused.
_UNDECIDED: Final = frozenset(
    {
        None, OrdStatus.PENDING_NEW, OrdStatus.PENDING_REPLACE, OrdStatus.PENDING_CANCEL,
        OrdStatus.REJECTED,
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms of an order that a broker may tell: FIX 38 and 44."""

    quantity: Decimal
    limit_price: Decimal | None


def denies_order(kind: ReportKind, status: OrdStatus | None, reason: str) -> bool:
    """True where the broker answers a status request with "unknown order"."""
    return kind is ReportKind.STATUS and status in _DENYING and reason == UNKNOWN_ORDER


def of_its_day(
    kind: ReportKind, status: OrdStatus | None, *, lives_days: bool
) -> tuple[ReportKind, OrdStatus | None]:
    """What a report says of an order: calculated (B) ends the day of one that has others.

    For such an order it is done for the day (FIX 4.4 Volume 4, ExecType and OrdStatus).
    """
    if not lives_days:
        return kind, status
    done = ReportKind.DONE_FOR_DAY if kind is ReportKind.CALCULATED else kind
    return done, OrdStatus.DONE_FOR_DAY if status is OrdStatus.CALCULATED else status


def shows_order(kind: ReportKind, status: OrdStatus | None) -> bool:
    """True where a report of ``kind`` and OrdStatus ``status`` proves that the broker has it."""
    return kind not in _MAY_DENY or status not in _DENYING


def shows_replace(report: ReportPlacement, asked: Asked, before: Asked) -> bool:
    """True where ``report`` tells the order under the replace's ClOrdID and with its terms.

    The ClOrdID alone proves nothing, as a broker may repeat the one that he was asked about; one of
    the terms must be told that the order did not have before (FIX 4.4 Volume 4, appendix D).

    Args:
        report: A report that names the replace by its ClOrdID (11).
        asked: The terms that the replace asks for.
        before: The terms in force here.
    """
    if report.kind is not ReportKind.STATUS or report.ord_status in _UNDECIDED:
        return False
    told = Asked(report.order_qty or asked.quantity, report.price or asked.limit_price)
    new_quantity = report.order_qty == asked.quantity != before.quantity
    new_price = report.price is not None and report.price == asked.limit_price != before.limit_price
    return told == asked and (new_quantity or new_price)
