"""Requests about breach cases and post-trade runs, and what the passing of days makes of them."""

from __future__ import annotations

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.domain.case import commands as c
from tradeoms.domain.case.decide import CaseRejection, decide_case, decide_overdue
from tradeoms.domain.case.run import (
    RunRejection,
    decide_overdue_run,
    decide_record,
    decide_start,
)
from tradeoms.domain.case.state import Case, Run
from tradeoms.domain.placement.bare_break import open_bare
from tradeoms.domain.placement.events import BreakKind
from tradeoms.kernel.decider import Rejected, reject


def work_on_case(turn: Turn, command: c.CaseCommand) -> bytes | Rejected:
    """Assign, comment, explain, remediate, override, resolve or close a breach case."""
    case = turn.book.cases.get(command.breach_id)
    if case is None:
        code = CaseRejection.BREACH_UNKNOWN
        return reject(code, "no such breach", field="breach", value=command.breach_id)
    stamp = turn.stamp
    decided = decide_case(command, case, stamp, today=turn.pretrade.today(turn.at))
    if isinstance(decided, Rejected):
        return decided
    if isinstance(command, c.AssignBreach) and command.assignee not in turn.book.users:
        code = CaseRejection.ASSIGNEE_UNKNOWN
        return reject(code, "no such person", field="assignee", value=command.assignee)
    for event in decided:
        turn.emit(event, case.id)
    return plain_json(id=case.id, status=turn.book.cases[case.id].status, seq=turn.seq)


def start_run(turn: Turn, command: c.StartRun) -> bytes | Rejected:
    """Begin a post-trade run; whoever computes follows the journal and hands its results in."""
    today = turn.pretrade.today(turn.at)
    decided = decide_start(command, turn.pretrade.subjects(today), turn.stamp, today)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.run_id)
    return plain_json(id=decided.run_id, version=1, status="running", seq=turn.seq)


def _find_run(turn: Turn, run_id: str) -> Run | Rejected:
    run = turn.book.runs.get(run_id)
    if run is None:
        return reject(RunRejection.RUN_UNKNOWN, "no such open run", field="run", value=run_id)
    return run


def record_fund_run(turn: Turn, command: c.RecordFundRun) -> bytes | Rejected:
    """Take a result for one fund, and open, measure and cure its cases."""
    run = _find_run(turn, command.run_id)
    if isinstance(run, Rejected):
        return run
    book = turn.book
    cases = {key: book.cases[i] for key, i in book.cases_of.get(command.fund, {}).items()}
    last = book.fund_runs.get(command.fund)
    decided = decide_record(command, run, last, cases, turn.stamp, turn.seq)
    if isinstance(decided, Rejected):
        return decided
    recorded, events = decided
    turn.emit(recorded, run.id)
    for event in events:
        turn.emit(event, event.breach_id)
    for case_id in book.cases_of.get(command.fund, {}).values():
        _note_days(turn, book.cases[case_id])
    return plain_json(id=run.id, fund=command.fund, new=recorded.new, seq=turn.seq)


def report_run_overdue(turn: Turn, command: c.ReportRunOverdue) -> bytes | Rejected:
    """Open a break for a run that is late."""
    run = _find_run(turn, command.run_id)
    if isinstance(run, Rejected):
        return run
    decided = decide_overdue_run(command, run, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    _tell_overdue(turn, run)
    return plain_json(id=run.id, status="overdue", seq=turn.seq)


def note_new_day(turn: Turn) -> None:
    """At the roll of the day: tell of runs that never finished, and escalate what is overdue."""
    for run in list(turn.book.runs.values()):
        if not run.is_finished and not run.overdue:
            _tell_overdue(turn, run)
    for case in list(turn.book.cases.values()):
        _note_days(turn, case)


def _note_days(turn: Turn, case: Case) -> None:
    for event in decide_overdue(case, turn.stamp, today=turn.pretrade.today(turn.at)):
        turn.emit(event, case.id)


def _tell_overdue(turn: Turn, run: Run) -> None:
    late = decide_overdue_run(c.ReportRunOverdue(run_id=run.id), run, turn.stamp)
    assert not isinstance(late, Rejected)
    turn.emit(late, run.id)
    some = ", ".join(run.waiting[:5]) + (" ..." if len(run.waiting) > 5 else "")
    what = f"of {run.trade_on} lacks {len(run.waiting)} of {len(run.funds)} funds: {some}"
    opened = open_bare(
        BreakKind.RUN_OVERDUE,
        break_id=f"brk_{run.id}",
        subject=run.id,
        detail=f"the post-trade run {run.id} {what}",
        at=turn.at,
    )
    turn.emit(opened, opened.break_id)
