"""Drop copy: every execution told a second time, on a session of its own.

As an ExecutionReport (8) like the first, or as a TradeCaptureReport (AE; FIX 4.4 Volume 4).
"""

from __future__ import annotations

from typing import Final

from simulators.counterparty.config import CopyForm
from simulators.counterparty.model import Execution, Kind, Order, Pairs, price_text, text_of

#: TradeReportTransType (487): new, cancel, replace.
TRANS_TYPES: Final = {Kind.FILL: "0", Kind.BUST: "1", Kind.CORRECT: "2"}


def message_of(
    form: CopyForm, order: Order, kind: Kind, execution: Execution, report: Pairs
) -> tuple[str, Pairs]:
    """Return message type and body of the copy of an ExecutionReport."""
    if form is CopyForm.REPORT:
        return "8", report
    told = dict(report)
    exec_id = execution.ref if kind is Kind.BUST else execution.exec_id
    body: Pairs = [
        (571, f"T{told[17]}"),
        (487, TRANS_TYPES[kind]),
        (856, "0"),
        (570, "N"),
        (17, exec_id),
        (880, f"M{exec_id}"),
        (55, order.symbol),
        (32, text_of(execution.last_qty)),
        (31, price_text(execution.last_px)),
        (75, told[60][:8]),
        (60, told[60]),
        (552, "1"),
        (54, order.side),
        (37, order.order_id),
        (11, order.cl_ord_id),
    ]
    return "AE", body
