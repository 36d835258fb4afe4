"""What became of the messages that tell a counterparty that a trade is not ours (FIX Q)."""

from __future__ import annotations

from tradeoms.app.turn import Turn
from tradeoms.domain.breaks.events import DontKnowReported
from tradeoms.domain.placement.commands import ReportSend


def note_dont_know(turn: Turn, report: ReportSend) -> None:
    """Put it on record with its break; nothing where the request is none of these."""
    for found in turn.book.breaks.values():
        asked = found.dk_cl_ord_id == report.cl_ord_id
        if asked and report.cl_ord_id and found.dk_outcome is not report.outcome:
            told = DontKnowReported(
                break_id=found.id, outcome=report.outcome, detail=report.reason, at=turn.at
            )
            turn.emit(told, found.id)
            return
