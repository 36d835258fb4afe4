"""Drop copies: an ExecutionReport (8) or TradeCaptureReport (AE) -> what it copies.

An AE is brought into the tags of the ExecutionReport that it stands for (FIX 4.4 Volume 4 and
Volume 6, TradeReportTransType), so that both are read by the same code. Reports that are no
execution, bust or correction are kept in the wire journal and told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from tradeoms.app.instruction import Instruction
from tradeoms.domain.dropcopy.commands import ReportCopy, ReportDropCopy
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.placement.report import FACTS
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.inbound import Envelope, Unreadable, execution_report
from tradeoms.fix.line import Line
from tradeoms.fix.tags import SOH, tags_of
from tradeoms.fix.wire_journal import WireJournal

#: TradeReportTransType (487) -> ExecType (150): new, cancel, replace, release, reverse.
_TRADE_KINDS: Final = {"": "F", "0": "F", "1": "H", "2": "G", "3": "F", "4": "H"}
_json: Final = msgspec.json.Encoder()


class _Scope(msgspec.Struct, frozen=True):
    """Body of a `copies` row: what a `ReportDropCopy` will tell."""

    copies: tuple[str, ...]
    settle_s: int


def announce(journal: WireJournal, line: Line) -> None:
    """At a start: put down whose executions the session copies, before anything it brings."""
    scope = _Scope(copies=line.config.copies, settle_s=line.config.settle_s)
    raw = _json.encode(scope)
    journal.write(lambda db: journal.add_row(db, line.name, "copies", raw))


def announced(session: str, row: int, raw: bytes) -> ReportDropCopy:
    """What a `copies` row tells."""
    scope = msgspec.json.decode(raw, type=_Scope)
    return ReportDropCopy(session=session, row=row, copies=scope.copies, settle_s=scope.settle_s)


def read_copy(
    raw: bytes, envelope: Envelope, dialect: Dialect, sent: Instruction | None
) -> ReportCopy | None:
    """What a message of a drop copy session copies; `None` where it is no execution.

    Raises:
        Unreadable: If the type is another, or a needed field is missing or unknown.
    """
    tags = tags_of(raw)
    shown = raw.decode("latin-1").replace(SOH, "|")
    match tags.get(35, ""):
        case "8":
            report = execution_report(tags, envelope, dialect, sent, shown)
            report_id = report.exec_id
        case "AE":
            report = execution_report(_as_report(tags), envelope, dialect, sent, shown)
            report_id = f"AE:{tags.get(571, '')}" if tags.get(571) else ""
        case other:
            raise Unreadable(reason=f"message type {other!r} on a drop copy session")
    if report.kind not in FACTS:
        return None
    return _copy(report, report_id, tags)


def _as_report(tags: Mapping[int, str]) -> dict[int, str]:
    """The tags of the ExecutionReport that a TradeCaptureReport stands for.

    A cancel names the execution that it takes back by ExecID (17).

    Raises:
        Unreadable: If it has another number of sides than ours alone.
    """
    if tags.get(552, "1") != "1":
        raise Unreadable(reason=f"a trade of {tags[552]} sides (552), of which one must be ours")
    code = tags.get(150) or _TRADE_KINDS.get(tags.get(487, ""), "")
    told = {**tags, 35: "8", 150: code}
    told.pop(20, None)
    if code == "H":
        told[19] = tags.get(19) or tags.get(17, "")
        told.pop(17, None)
    return told


def _copy(report: ReportPlacement, report_id: str, tags: Mapping[int, str]) -> ReportCopy:
    trade = tags.get(880, "")
    if not report_id or not (report.exec_id or report.exec_ref_id or trade):
        raise Unreadable(reason="a copy without ExecID (17), TradeReportID (571), TrdMatchID (880)")
    busts = report.kind is ReportKind.BUST
    if not busts and report.last_qty <= 0:
        raise Unreadable(reason="a copy of an execution without LastQty (32)")
    return ReportCopy(
        session=report.session,
        row=report.row,
        report_id=report_id,
        kind=report.kind,
        exec_id=report.exec_id,
        exec_ref_id=report.exec_ref_id,
        trd_match_id=trade,
        cl_ord_id=report.cl_ord_id,
        orig_cl_ord_id=report.orig_cl_ord_id,
        broker_order_id=report.broker_order_id,
        symbol=report.symbol,
        side=report.side,
        quantity=report.last_qty,
        price=report.last_px,
        transact_time=report.transact_time,
        received_at=report.received_at,
        raw=report.raw,
    )
