"""What people key for orders given by telephone: executions, busts, the broker's answers."""

from __future__ import annotations

from tradeoms.app.handlers.answer import placement_json
from tradeoms.app.handlers.placements import find_placement
from tradeoms.app.handlers.reports import take_report
from tradeoms.app.turn import Turn
from tradeoms.domain.cross.decide import refuse_fixed
from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement import manual
from tradeoms.kernel.decider import Rejected


def record_execution(turn: Turn, command: c.RecordExecution) -> bytes | Rejected:
    """Book an execution that a person keys."""
    placement = find_placement(turn, command.placement_id)
    if isinstance(placement, Rejected):
        return placement
    known = turn.knows_exec_id(placement.destination, command.exec_id)
    decided = manual.decide_execution(command, placement, known=known, stamp=turn.stamp)
    return _take(turn, decided, placement.id)


def bust_execution(turn: Turn, command: c.BustExecution) -> bytes | Rejected:
    """Take back an execution that was keyed."""
    execution = turn.recall_execution(command.execution_id)
    placement = turn.book.placements[execution.placement_id] if execution else None
    fixed = refuse_fixed(placement.destination, placement.id) if placement else None
    decided = fixed or manual.decide_bust(command, execution, placement, turn.stamp)
    return _take(turn, decided, placement.id if placement else "")


def record_answer(turn: Turn, command: c.RecordAnswer) -> bytes | Rejected:
    """Record what the broker said."""
    placement = find_placement(turn, command.placement_id)
    if isinstance(placement, Rejected):
        return placement
    return _take(turn, manual.decide_answer(command, placement, turn.stamp), placement.id)


def _take(turn: Turn, decided: c.ReportPlacement | Rejected, placement_id: str) -> bytes | Rejected:
    if isinstance(decided, Rejected):
        return decided
    take_report(turn, decided)
    return placement_json(turn.book, placement_id, turn.seq)
