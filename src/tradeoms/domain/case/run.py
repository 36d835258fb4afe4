"""Decides what a post-trade run makes of the cases of a fund.

A result is bound to the state that it was computed from. It is taken where it is newer than the
last one of the fund, and compared with the cases as they stand: what is found for the first time
opens a case, what comes back opens the old one again, and what the run measured within its limit is
cured. A case that the run could not measure, or that no acting rule tests any more, stays open.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from tradeoms.domain.case import commands as c
from tradeoms.domain.case import events as e
from tradeoms.domain.case.findings import ACTING, Finding, Remeasured, Unmeasured
from tradeoms.domain.case.state import Case, FundRun, Run, case_key, excess_of
from tradeoms.kernel.decider import Rejected, Stamp, reject


@unique
class RunRejection(StrEnum):
    """Why a request about a post-trade run was refused. In the order the checks run."""

    RUN_UNKNOWN = "run_unknown"
    RUN_FUND_UNKNOWN = "run_fund_unknown"
    RUN_FINISHED = "run_finished"
    RUN_RECORDED = "run_recorded"
    RUN_AHEAD = "run_ahead"
    RUN_STALE = "run_stale"


Cases = Mapping[tuple[str, str, str], Case]


@dataclass(slots=True)
class _Tally:
    """The case events of a result, and how many cases went which way."""

    events: list[e.CaseEvent]
    new: int = 0
    worsened: int = 0
    improved: int = 0
    unchanged: int = 0
    cured: int = 0


def decide_start(
    command: c.StartRun, subjects: Sequence[str], stamp: Stamp, today: date
) -> e.RunStarted | Rejected:
    """Begin a run of the funds asked for, or of all ``subjects``."""
    unknown = [name for name in command.funds if name not in subjects]
    if unknown or not subjects:
        detail = "no such fund or aggregate of funds" if unknown else "there is no fund to test"
        return reject(
            RunRejection.RUN_FUND_UNKNOWN, detail, field="funds", value=", ".join(unknown)
        )
    return e.RunStarted(
        run_id=stamp.id("run"),
        funds=tuple(dict.fromkeys(command.funds)) or tuple(subjects),
        executor=command.executor,
        scheduled=command.scheduled,
        trade_on=today,
        requested_by=stamp.actor,
        at=stamp.at,
    )


def decide_overdue_run(
    command: c.ReportRunOverdue, run: Run, stamp: Stamp
) -> e.RunOverdue | Rejected:
    """Record, once, that a run is late."""
    if run.is_finished or run.overdue:
        detail = f"it is {run.status}"
        return reject(RunRejection.RUN_FINISHED, detail, field="run", value=command.run_id)
    return e.RunOverdue(run_id=run.id, missing=run.waiting, at=stamp.at)


def decide_record(
    command: c.RecordFundRun, run: Run, last: FundRun | None, cases: Cases, stamp: Stamp, seq: int
) -> tuple[e.FundRunRecorded, list[e.CaseEvent]] | Rejected:
    """Take a result, and say what it makes of the fund's cases.

    Args:
        command: The result.
        run: The run it belongs to.
        last: The last result of the fund.
        cases: Every case of the fund, by key.
        stamp: Who, when.
        seq: Newest position of the journal.
    """
    refused = _refuse(command, run, last, seq)
    if refused is not None:
        return refused
    tally = _Tally([])
    found = {case_key(command.fund, one): one for one in command.findings if one.opens_case}
    fresh = 0
    for key, finding in found.items():
        before = cases.get(key)
        if before is not None and before.is_open:
            _measure(tally, command, before, finding, stamp)
        else:
            breach_id = before.id if before else stamp.id("brc", fresh)
            fresh += before is None
            _detect(tally, command, breach_id, finding, stamp, again=before is not None)
    said = {(one.rule_id, one.cell): one for one in command.findings}
    for key, case in cases.items():
        if case.is_open and key not in found:
            _not_found(tally, command, case, said, stamp)
    return _recorded(command, tally, stamp), tally.events


def _refuse(command: c.RecordFundRun, run: Run, last: FundRun | None, seq: int) -> Rejected | None:
    code = RunRejection
    if command.fund not in run.funds:
        detail = "the run was not asked to test it"
        return reject(code.RUN_FUND_UNKNOWN, detail, field="fund", value=command.fund)
    if command.fund not in run.waiting:
        detail = "its result is recorded already"
        return reject(code.RUN_RECORDED, detail, field="fund", value=command.fund)
    if command.as_of_seq > seq:
        detail = f"the journal ends at {seq}"
        return reject(code.RUN_AHEAD, detail, field="as_of_seq", value=command.as_of_seq)
    if last is not None and command.as_of_seq < last.seq:
        detail = f"the fund has a newer result, recorded at {last.seq}; compute it again"
        return reject(code.RUN_STALE, detail, field="as_of_seq", value=command.as_of_seq)
    return None


def _measure(
    tally: _Tally, command: c.RecordFundRun, case: Case, finding: Finding, stamp: Stamp
) -> None:
    """An open case is still found: note the new amount, and take a claim back."""
    before, now = case.finding, finding
    change = excess_of(now.excess) - excess_of(before.excess)
    if change > 0:
        tally.worsened += 1
    elif change < 0:
        tally.improved += 1
    else:
        tally.unchanged += 1
    if case.resolution is not None:
        tally.events.append(
            e.BreachClaimRefuted(breach_id=case.id, run_id=command.run_id, at=stamp.at)
        )
    given = case.override
    why = "" if given is None or given.lapsed else given.broken_by(finding)
    if why:
        tally.events.append(e.BreachOverrideLapsed(breach_id=case.id, why=why, at=stamp.at))
    if change or case.unmeasured or (now.rule_version, now.numerator, now.denominator) != (
        before.rule_version, before.numerator, before.denominator,
    ):  # fmt: skip
        tally.events.append(
            e.BreachMeasured(breach_id=case.id, run_id=command.run_id, finding=finding, at=stamp.at)
        )
    if finding.cause is not None and (case.cause is None or case.cause.kind != finding.cause.kind):
        tally.events.append(_classified(command, case.id, finding, stamp))


def _not_found(
    tally: _Tally,
    command: c.RecordFundRun,
    case: Case,
    said: Mapping[tuple[str, str], Finding],
    stamp: Stamp,
) -> None:
    """An open case is not among the breaches: it is cured only where the run measured its cell.

    What is unknown of a rule as a whole, without a cell, is unknown of each of its cells.
    """
    rule_id = case.finding.rule_id
    about = [said[key] for key in ((rule_id, case.finding.cell), (rule_id, "")) if key in said]
    severity = dict(command.tested).get(rule_id)
    own = _remeasured(command, case)
    reason, detail = own.unmeasured, about[0].explanation if about else own.detail
    if severity is None:
        reason = Unmeasured.NO_RULE.value
    elif severity not in ACTING:
        reason = Unmeasured.ON_TRIAL.value
    elif not reason and any(one.outcome == "unknown" for one in about):
        reason = Unmeasured.UNKNOWN.value
    if not reason:
        tally.cured += 1
        tally.events.append(
            e.BreachCured(
                breach_id=case.id, run_id=command.run_id, cured_on=command.trade_on, at=stamp.at
            )
        )
    elif (case.unmeasured, case.unmeasured_detail) != (reason, detail):
        tally.events.append(
            e.BreachUnmeasured(
                breach_id=case.id,
                run_id=command.run_id,
                reason=reason,
                detail=detail,
                at=stamp.at,
            )
        )


def _remeasured(command: c.RecordFundRun, case: Case) -> Remeasured:
    """What the run says of the cell of a case; what it says nothing of is unknown."""
    rule_id, cell = case.finding.rule_id, case.finding.cell
    for one in command.remeasured:
        if (one.rule_id, one.cell) == (rule_id, cell):
            return one
    return Remeasured(rule_id=rule_id, cell=cell, unmeasured=Unmeasured.UNKNOWN.value)


def _detect(  # what one event says
    tally: _Tally,
    command: c.RecordFundRun,
    breach_id: str,
    finding: Finding,
    stamp: Stamp,
    *,
    again: bool,
) -> None:
    tally.new += 1
    tally.events.append(
        e.BreachDetected(
            breach_id=breach_id,
            run_id=command.run_id,
            fund=command.fund,
            finding=finding,
            found_on=command.trade_on,
            again=again,
            at=stamp.at,
        )
    )
    if finding.cause is not None:
        tally.events.append(_classified(command, breach_id, finding, stamp))


def _classified(
    command: c.RecordFundRun, breach_id: str, finding: Finding, stamp: Stamp
) -> e.BreachClassified:
    assert finding.cause is not None
    return e.BreachClassified(
        breach_id=breach_id, run_id=command.run_id, cause=finding.cause, at=stamp.at
    )


def _recorded(command: c.RecordFundRun, tally: _Tally, stamp: Stamp) -> e.FundRunRecorded:
    return e.FundRunRecorded(
        run_id=command.run_id,
        fund=command.fund,
        as_of_seq=command.as_of_seq,
        trade_on=command.trade_on,
        rules_hash=command.rules_hash,
        cells=command.cells,
        outcomes=command.outcomes,
        findings=command.findings,
        new=tally.new,
        worsened=tally.worsened,
        improved=tally.improved,
        unchanged=tally.unchanged,
        cured=tally.cured,
        base=command.base,
        tested=command.tested,
        at=stamp.at,
    )
