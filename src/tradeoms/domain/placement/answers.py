"""Whether a status shows that a replace was taken whose own answer is lost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.kernel.enums import OrdStatus

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
