"""Which of our messages a reject (ExecType 8) speaks of: the order, or a request about it.

Counterparties answer a replace or a cancel that they refuse with a cancel reject (35=9), and some
with an execution report (35=8, 150=8) under the ClOrdID of the request. The order lives on then.
"""

from __future__ import annotations

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.state import Placement, RequestKind
from tradeoms.kernel.enums import OrdStatus

_REFUSED = {
    RequestKind.CANCEL: ReportKind.CANCEL_REJECTED,
    RequestKind.REPLACE: ReportKind.REPLACE_REJECTED,
}


def spares_order(report: ReportPlacement) -> bool:
    """True for a reject of a ClOrdID known already, or whose OrdStatus says that the order lives.

    It speaks of another message than the order itself (FIX 4.4 Volume 4, F.1.a).
    """
    return report.duplicate_order or report.ord_status not in (None, OrdStatus.REJECTED)


def read_reject(report: ReportPlacement, placement: Placement, *, ours: bool) -> ReportKind | None:
    """What a reject comes to for the placement, as the kind of report that says the same.

    Args:
        report: A report of kind `rejected`.
        placement: The placement that was found for it.
        ours: True where its ClOrdID is one that the placement ever used.

    Returns:
        `rejected` for the order's own ClOrdID; `cancel_rejected` or `replace_rejected` for a
        request that waits, or that was refused before; `status` or `pending_new` where nothing
        changes; `None` for a ClOrdID that is not ours, or that was replaced by a later one.
    """
    nothing = ReportKind.STATUS if placement.accepted else ReportKind.PENDING_NEW
    if report.duplicate_order:
        return nothing
    asked = next((r for r in placement.requests if r.cl_ord_id == report.cl_ord_id), None)
    if asked is not None:
        return _REFUSED[asked.kind]
    if report.cl_ord_id == placement.cl_ord_id:
        return nothing if spares_order(report) else ReportKind.REJECTED
    if ours and report.cl_ord_id not in placement.links:
        return ReportKind.CANCEL_REJECTED
    return None
