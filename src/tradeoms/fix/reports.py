"""Rows of the wire journal -> reports and frames for the engine, in row order, folding new ones.

The fold runs once for each row, in the transaction that moves `folded`; frames may be made again
after a reconnect, from the same rows, with the same result.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.wire import Frame, GatewayReport, pack, tag_report
from tradeoms.domain.placement.commands import (
    ReportCancel,
    ReportKind,
    ReportPlacement,
    ReportSend,
    ReportUnanswered,
    ReportUnreadable,
)
from tradeoms.domain.session.commands import ReportGap, ReportHold, ReportSessionAction
from tradeoms.fix.actions import decode_action
from tradeoms.fix.clock import from_us
from tradeoms.fix.controls import Breaker
from tradeoms.fix.dialect import Dialect
from tradeoms.fix.fold import fold
from tradeoms.fix.inbound import (
    INFORMATION,
    Envelope,
    Refused,
    Unreadable,
    normalise,
    own_id,
)
from tradeoms.fix.line import FOREIGN, Line
from tradeoms.fix.mass_cancel import fold_report, list_canceled, report_of
from tradeoms.fix.news import keep_news
from tradeoms.fix.notes import (
    decode_cancel,
    decode_gap,
    decode_note,
    decode_send,
    decode_unanswered,
)
from tradeoms.fix.oplog import say
from tradeoms.fix.posttrade.answers import POSTTRADE, read_posttrade
from tradeoms.fix.posttrade.copies import announced, read_copy
from tradeoms.fix.programs import doubted_orders
from tradeoms.fix.requests import Request, all_by_seq, by_cl_ord_id
from tradeoms.fix.survey import says_nothing
from tradeoms.fix.tags import msg_type_of, tags_of
from tradeoms.fix.wire_journal import Database, Row, WireJournal, meta, rows_after, set_meta

BATCH: Final = 1_000
#: What one row tells the engine.
Reports = tuple[GatewayReport, ...]
_ADMIN_REFUSED: Final = frozenset({"", "0", "1", "2", "4", "5", "A", "H", "AF", "K", "L", "M"})


class Reporter:
    """Turns rows into packed frames; owned by the pump's thread."""

    def __init__(self, journal: WireJournal, lines: Mapping[str, Line]) -> None:
        """Begin where the last run stopped folding."""
        self._journal = journal
        self._lines = lines
        self._breakers = {name: Breaker(line.config.controls) for name, line in lines.items()}
        self.reader = journal.reader()
        self.last_row_of = {name: journal.session(name).acked_row for name in lines}
        self.folded = int(meta(self.reader, "folded", "0"))

    def fold_new(self) -> list[tuple[Row, bytes]]:
        """Fold the next rows, durably, and return them with their frames."""
        rows = rows_after(self.reader, self.folded, BATCH)
        if not rows:
            return []
        made = [(row, self._reports(row)) for row in rows]

        def work(db: Database) -> None:
            for row, reports in made:
                line = self._lines.get(row.session)
                if line is not None and row.kind == "in":
                    self._fold_row(db, line, row, reports)
            set_meta(db, "folded", str(rows[-1].row))

        self._journal.write(work)
        self._count_rejects(made)
        self._tell_surveys(made)
        self.folded = rows[-1].row
        self.last_row_of |= {row.session: row.row for row in rows}
        for line in self._lines.values():
            line.wake.set()
        return [(row, _frame(row, reports)) for row, reports in made]

    def _fold_row(self, db: Database, line: Line, row: Row, reports: Reports) -> None:
        """Apply a message to the gateway's own book; inside a write."""
        if (told := keep_news(db, row)) is not None:
            line.news.append(told)
        for cl_ord_id, number in doubted_orders(db, row.raw):
            line.in_doubt(cl_ord_id, number)
        for report in reports:
            if isinstance(report, ReportPlacement):
                fold(db, line, report)
            elif isinstance(report, ReportSessionAction):
                fold_report(db, report)

    def _tell_surveys(self, made: list[tuple[Row, Reports]]) -> None:
        for row, reports in made:
            line = self._lines.get(row.session)
            if row.kind == "in" and line is not None and line.survey is not None:
                line.survey.hear(tags_of(row.raw), next(iter(reports), None))

    def _count_rejects(self, made: list[tuple[Row, Reports]]) -> None:
        """Let the circuit breakers see what was folded."""
        for row, reports in made:
            line = self._lines.get(row.session)
            for report in reports:
                if not isinstance(report, ReportPlacement) or line is None:
                    continue
                if why := self._breakers[row.session].trips(report, row.at_us):
                    line.trip(why)

    def again(self, after: int) -> list[tuple[Row, bytes]]:
        """The next rows above ``after`` that are folded already, with their frames."""
        rows = [row for row in rows_after(self.reader, after, BATCH) if row.row <= self.folded]
        return [(row, _frame(row, self._reports(row))) for row in rows]

    def _reports(self, row: Row) -> Reports:
        """What the row tells the engine: several things where a list was refused, else one."""
        rejects = row.kind == "in" and msg_type_of(row.raw) in {"3", "j"}
        refused: list[Request | None] = [*(self._refused(row) if rejects else ())] or [None]
        told = [self._report(row, each) for each in refused]
        return tuple(each for each in told if each is not None)

    def _report(self, row: Row, refused: Request | None) -> GatewayReport | None:
        """What the row tells the engine; None if nothing."""
        if row.kind == "send":
            note = decode_send(row.raw)
            return ReportSend(
                session=row.session,
                row=row.row,
                outcome=note.outcome,
                cl_ord_id=note.cl_ord_id,
                msg_seq_num=note.msg_seq_num,
                reason=note.reason,
                sent_at=from_us(note.sent_us) if note.sent_us else None,
            )
        if row.kind == "cancel":
            asked = decode_cancel(row.raw)
            return ReportCancel(
                session=row.session,
                row=row.row,
                cl_ord_id=asked.cl_ord_id,
                orig_cl_ord_id=asked.orig_cl_ord_id,
                switch_id=asked.switch_id,
                asked_at=from_us(row.at_us),
            )
        if row.kind == "action":
            done = decode_action(row.raw)
            return ReportSessionAction(
                session=row.session,
                row=row.row,
                action_id=done.id,
                outcome=done.outcome,
                detail=done.detail,
            )
        if row.kind == "copies":
            return announced(row.session, row.row, row.raw)
        if row.kind == "trip":
            return ReportHold(session=row.session, row=row.row, reason=row.raw.decode())
        if row.kind == "gap":
            gap = decode_gap(row.raw)
            return ReportGap(
                session=row.session, row=row.row, expected=gap.expected, highest=gap.highest,
                seconds=gap.seconds,
            )  # fmt: skip
        if row.kind == "unanswered":
            silent = decode_unanswered(row.raw)
            return ReportUnanswered(
                session=row.session, row=row.row, cl_ord_id=silent.cl_ord_id, seconds=silent.seconds
            )
        if row.kind == "note":
            told = decode_note(row.raw)
            return ReportUnreadable(
                session=row.session, row=row.row, reason=told.reason, raw=told.raw
            )
        return self._inbound(row, refused)

    def _inbound(self, row: Row, refused: Request | None) -> GatewayReport | None:
        line = self._lines.get(row.session)
        try:
            return self._read(row, line, refused)
        except Exception as error:  # noqa: BLE001 - the door: it becomes a break
            reason = (
                error.reason
                if isinstance(error, Unreadable)
                else f"{type(error).__name__}: {error}"
            )
        if line is not None:
            line.quarantined += 1
        raw = row.raw.decode("latin-1").replace("\x01", "|")
        say("message_parked", session=row.session, row=row.row, reason=reason, raw=raw)
        return ReportUnreadable(session=row.session, row=row.row, reason=reason, raw=raw)

    def _read(self, row: Row, line: Line | None, refused: Request | None) -> GatewayReport | None:
        if line is None:
            raise Unreadable(reason=f"session {row.session} is not configured any more")
        config = line.config
        if not line.is_ours(row.raw):
            raise Unreadable(reason=FOREIGN)
        msg_type = msg_type_of(row.raw)
        tags = tags_of(row.raw)
        if msg_type in INFORMATION or (msg_type == "8" and says_nothing(tags)):
            return None
        canceled = self._canceled(row, msg_type, tags, line.config.dialect)
        if (told := report_of(canceled or refused, tags, row=row.row)) is not None:
            return told
        if msg_type == "N":
            return None
        if refused is None and msg_type in {"3", "j"} and tags.get(372, "") in _ADMIN_REFUSED:
            say("session_message_refused", session=row.session, raw=row.raw.decode("latin-1"))
            return None
        envelope = Envelope(
            session=row.session,
            row=row.row,
            received_at=from_us(row.at_us),
            poss_resend=row.poss_resend,
        )
        if msg_type in POSTTRADE:
            return read_posttrade(row.raw, envelope, config.dialect, config.version)
        dialect = line.config.dialect
        sent = self._sent(row.raw, dialect) if dialect.asks and msg_type == "8" else None
        if dialect.role == "drop_copy":
            return read_copy(row.raw, envelope, dialect, sent)
        named = None if refused is None else Refused(cl_ord_id=refused.instruction.cl_ord_id)
        report = normalise(row.raw, envelope, dialect, refused=named, sent=sent)
        return self._told_apart(report)

    def _canceled(
        self, row: Row, msg_type: str, tags: dict[int, str], dialect: Dialect
    ) -> Request | None:
        """The cancel of a list, or the mass cancel, that a ListStatus (N) or a report (r) is of."""
        if msg_type == "N":
            return list_canceled(self.reader, row.session, tags.get(66, ""))
        if msg_type == "r":
            return by_cl_ord_id(self.reader, own_id(tags.get(11, ""), dialect))
        return None

    def _sent(self, raw: bytes, dialect: Dialect) -> Instruction | None:
        """Our newest request that an ExecutionReport names, by ClOrdID or OrigClOrdID."""
        tags = tags_of(raw)
        for tag in (11, 41):
            request = by_cl_ord_id(self.reader, own_id(tags.get(tag, ""), dialect))
            if request is not None:
                return request.instruction
        return None

    def _refused(self, row: Row) -> list[Request]:
        """What a Reject or BusinessMessageReject names by RefSeqNum (45); several for a list."""
        ref = tags_of(row.raw).get(45, "")
        if not (ref.isdecimal() and ref.isascii()):
            return []
        return all_by_seq(self.reader, row.session, row.epoch, int(ref))

    def _told_apart(self, report: ReportPlacement) -> ReportPlacement:
        """A cancel reject without CxlRejResponseTo (434) is of the kind that we asked for."""
        if report.kind is not ReportKind.CANCEL_REJECTED or "|434=" in report.raw:
            return report
        request = by_cl_ord_id(self.reader, report.cl_ord_id)
        if request is None or request.instruction.kind is not InstructionKind.REPLACE:
            return report
        return replace(report, kind=ReportKind.REPLACE_REJECTED)


def _frame(row: Row, reports: Reports) -> bytes:
    told = tuple(tag_report(each) for each in reports)
    return pack(Frame(session=row.session, epoch=row.epoch, row=row.row, reports=told))
