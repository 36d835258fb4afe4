"""The order state scenarios of FIX 4.2, 4.4 and 5.0 SP2, as reports of ours.

`data/fix_order_state.json` holds the facts of the standard's tables (FIX 4.4 Volume 4, FIX 4.2
appendix D, FIX 5.0 SP2 Volumes 4 and 7). A row marked `alt_end` is another end of the story.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.events import CancelRequested, ReplaceRequested
from tradeoms.kernel.enums import OrdStatus, TimeInForce
from tradeoms.projections.book import Book

Row = dict[str, Any]  # Any: text and numbers of one row of the standard's table


SCENARIOS = json.loads((Path(__file__).parent / "data" / "fix_order_state.json").read_text())
AT = datetime(2010, 1, 4, 15, 0, tzinfo=UTC)
#: An order by an amount of money; tradeoms turns money into units before it sends anything.
LEFT_OUT = {("4.4", "L.1.b")}

_KINDS = {
    "0": ReportKind.NEW, "3": ReportKind.DONE_FOR_DAY, "4": ReportKind.CANCELED,
    "5": ReportKind.REPLACED, "6": ReportKind.PENDING_CANCEL, "7": ReportKind.STOPPED,
    "8": ReportKind.REJECTED, "A": ReportKind.PENDING_NEW, "C": ReportKind.EXPIRED,
    "D": ReportKind.RESTATED, "E": ReportKind.PENDING_REPLACE, "F": ReportKind.FILL,
    "G": ReportKind.CORRECT, "H": ReportKind.BUST, "I": ReportKind.STATUS,
    "L": ReportKind.TRIGGERED,
}  # fmt: skip
STATUS = {member.fix: member for member in OrdStatus if member.fix}
STATUS["5"] = OrdStatus.NEW  # Replaced, in FIX 4.2 only: no status of its own since 4.4
LIVES = {member.fix: member for member in TimeInForce}


def stories(rows: Sequence[Row]) -> Iterator[list[tuple[int, Row]]]:
    """The main story, and one for each other end, as numbered rows."""
    numbered = list(enumerate(rows))
    yield [(number, row) for number, row in numbered if not row.get("branch")]
    for last, row in numbered:
        if row.get("branch"):
            before = [(n, r) for n, r in numbered[:last] if not r.get("branch")]
            yield [*before, (last, row)]


def request_of(row: Row, book: Book) -> ReplaceRequested | CancelRequested:
    """Our own replace (G) or cancel (F) of a row."""
    own, orig = row["ClOrdID"], row["OrigClOrdID"]
    placement = book.placements[book.cl_ord_ids[orig]]
    if row["msg"] == "F":
        return CancelRequested(
            placement_id=placement.id, cl_ord_id=own, orig_cl_ord_id=orig, at=AT
        )  # fmt: skip
    return ReplaceRequested(
        placement_id=placement.id, cl_ord_id=own, orig_cl_ord_id=orig,
        quantity=Decimal(row["OrderQty"] or placement.quantity), limit_price=None, stop_price=None,
        at=AT,
    )  # fmt: skip


def report_of(row: Row, number: int) -> ReportPlacement:
    """The report of a row, as the gateway's translation of either FIX version would make it."""
    last_qty = Decimal(row["LastQty"] if "LastQty" in row else row.get("LastShares", 0))
    return ReportPlacement(
        session="BROKER", row=number, kind=_kind(row), cl_ord_id=row["ClOrdID"] or "PHONE",
        orig_cl_ord_id=row.get("OrigClOrdID") or "", broker_order_id="B-" + str(row["ClOrdID"]),
        exec_id=row.get("ExecID") or f"exec-{number}", exec_ref_id=row.get("ExecRefID", ""),
        last_qty=last_qty if not row.get("not_a_trade") else Decimal(0),
        last_px=Decimal(row.get("LastPx", 50)), order_qty=_quantity(row, "OrderQty"),
        cum_qty=_quantity(row, "CumQty"), leaves_qty=_quantity(row, "LeavesQty"),
        ord_status=None if row["OrdStatus"] == "5" else STATUS[row["OrdStatus"]],
        reason=row.get("ExecRestatementReason", ""), duplicate_order=row.get("OrdRejReason") == "6",
    )  # fmt: skip


def _quantity(row: Row, name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None


def _kind(row: Row) -> ReportKind:
    if row["msg"] == "9":
        cancels = row.get("CxlRejResponseTo", "1") == "1"
        return ReportKind.CANCEL_REJECTED if cancels else ReportKind.REPLACE_REJECTED
    transaction = row.get("ExecTransType", "0")
    if transaction in "123":
        return (ReportKind.BUST, ReportKind.CORRECT, ReportKind.STATUS)[int(transaction) - 1]
    if row["ExecType"] in "12":
        return ReportKind.FILL
    return _KINDS[row["ExecType"]]


def phoned(row: Row) -> Row:
    quantity = int("".join(c for c in row["event"] if c.isdigit()))
    return {"msg": "D", "ClOrdID": "PHONE", "OrderQty": quantity}
