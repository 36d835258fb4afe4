"""The facts of breach cases and of runs; how far a case has come is derived from them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique
from fractions import Fraction
from typing import assert_never

from tradeoms.domain.case import events as e
from tradeoms.domain.case.findings import (
    BreachKind,
    Classification,
    Finding,
    Step,
    Unmeasured,
)


@unique
class CaseStatus(StrEnum):
    """How far a case has come, declared in the order of the usual life."""

    DETECTED = "detected"
    CLASSIFIED = "classified"
    ASSIGNED = "assigned"
    EXPLAINED = "explained"
    REMEDIATING = "remediating"
    OVERRIDDEN = "overridden"
    RESOLVED = "resolved"
    CURED = "cured"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something a person said of a case, and when."""

    by: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Permission to let a breach stand until a day, as it was when the permission was given.

    Attributes:
        rule_version: Version of the rule that was exceeded.
        excess: The most by which it may be exceeded; empty where the run gave no number.
        kind: Whose doing it was; None where no run had said.
        lapsed: True where it no longer holds. `why`: what ended it, in words.
    """

    reason: str
    until: date
    by: str
    at: datetime
    rule_version: int = 0
    excess: str = ""
    kind: BreachKind | None = None
    lapsed: bool = False
    why: str = ""

    def broken_by(self, found: Finding) -> str:
        """Say why a new measurement is not what was let stand; empty where it is."""
        if found.severity == "hard":
            return "the rule is hard now"
        if found.rule_version != self.rule_version:
            return f"the rule is version {found.rule_version} now, it was {self.rule_version}"
        if excess_of(found.excess) > excess_of(self.excess):
            return f"the excess is {found.excess} now, {self.excess or 'no number'} was let stand"
        worst = list(BreachKind).index
        if found.cause is not None and (
            self.kind is None or worst(found.cause.kind) > worst(self.kind)
        ):
            return f"the breach is {found.cause.kind.value} now"
        return ""


def excess_of(amount: str) -> Fraction:
    """The excess as a number; none where a run gave none, e.g. of a forbidden holding."""
    return Fraction(amount or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One cell of one rule that one fund exceeds, or did. There is one case a cell, for ever.

    Attributes:
        finding: The newest measurement.
        cause: Whose doing the present breach is.
        found_on: Trading day on which the present breach was found.
        due_on: Day by which it must be cured; `steps`: who is told, and from which day on.
        told: Who has been told.
        times: How often it was found anew after a cure.
        resolution: The claim that it is dealt with, until a run refutes it.
        evidence: What the claim or the sign-off rests on.
        unmeasured: Why the newest run could not measure it, a word of `findings.Unmeasured`; empty
            where it could. `unmeasured_detail`: what it knew all the same, in words.
        cured_by_run: The run that found it within the limit; empty while it is not.
    """

    id: str
    version: int
    fund: str
    finding: Finding
    run_id: str
    found_on: date
    due_on: date | None
    steps: tuple[Step, ...]
    created_at: datetime
    updated_at: datetime
    cause: Classification | None = None
    told: tuple[str, ...] = ()
    times: int = 1
    assignee: str = ""
    comments: tuple[Said, ...] = ()
    explanation: Said | None = None
    plan: Said | None = None
    override: Override | None = None
    resolution: Said | None = None
    evidence: str = ""
    unmeasured: str = ""
    unmeasured_detail: str = ""
    cured_by_run: str = ""
    cured_on: date | None = None
    closed_by: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two findings the same breach."""
        return case_key(self.fund, self.finding)

    @property
    def is_open(self) -> bool:
        """True while the limit is exceeded, as far as the runs know, and nobody closed the case."""
        return not (self.cured_by_run or self.closed_by)

    @property
    def is_untested(self) -> bool:
        """True where no run will say whether the limit is exceeded, unless the rule comes back."""
        return bool(self.unmeasured) and Unmeasured(self.unmeasured).is_final

    @property
    def status(self) -> CaseStatus:
        """The furthest step that holds now."""
        if self.closed_by:
            return CaseStatus.CLOSED
        if self.cured_by_run:
            return CaseStatus.CURED
        if self.resolution is not None:
            return CaseStatus.RESOLVED
        if self.override is not None and not self.override.lapsed:
            return CaseStatus.OVERRIDDEN
        if self.plan is not None:
            return CaseStatus.REMEDIATING
        if self.explanation is not None:
            return CaseStatus.EXPLAINED
        if self.assignee:
            return CaseStatus.ASSIGNED
        return CaseStatus.DETECTED if self.cause is None else CaseStatus.CLASSIFIED

    def overdue_on(self, today: date) -> bool:
        """True where the limit is still exceeded after the day by which it had to be cured."""
        waits = self.status is not CaseStatus.OVERRIDDEN
        return self.is_open and waits and self.due_on is not None and today > self.due_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A post-trade run and what it came to so far.

    Attributes:
        waiting: Funds without a result yet.
        counts: Sums over the funds: cells, findings, new, worsened, improved, unchanged, cured.
    """

    id: str
    version: int
    funds: tuple[str, ...]
    waiting: tuple[str, ...]
    executor: str
    scheduled: bool
    trade_on: date
    requested_by: str
    started_at: datetime
    updated_at: datetime
    overdue: bool = False
    counts: tuple[tuple[str, int], ...] = ()

    @property
    def is_finished(self) -> bool:
        """True where every fund has its result."""
        return not self.waiting

    @property
    def status(self) -> str:
        """One word for it."""
        if self.is_finished:
            return "finished"
        return "overdue" if self.overdue else "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class FundRun:
    """A run's result for one fund, as far as the next run needs it.

    Attributes:
        seq: Place of the whole result in the journal.
        base_of: Last compliant run of every cell that did not comply, by rule and cell.
        tested: Rules that it tested.
        since: Rules that an earlier run tested and this one did not, or could not as a whole, and
            the last run that did: the base of every cell of theirs that `base_of` does not name.
    """

    run_id: str
    fund: str
    seq: int
    as_of_seq: int
    trade_on: date
    base_of: tuple[tuple[str, str, str], ...]
    tested: tuple[str, ...] = ()
    since: tuple[tuple[str, str], ...] = ()

    def base_for(self, rule_id: str, cell: str) -> str:
        """Return the last run in which a cell complied; empty where there is none."""
        for known_rule, known_cell, base_run in self.base_of:
            if (known_rule, known_cell) == (rule_id, cell):
                return base_run
        return dict(self.since).get(rule_id, self.run_id)


def case_key(fund: str, finding: Finding) -> tuple[str, str, str]:
    """What makes two findings the same breach: the version of the rule does not."""
    return (fund, finding.rule_id, finding.cell)


def start_run(event: e.RunStarted) -> Run:
    """The run as it was asked for."""
    return Run(
        id=event.run_id,
        version=1,
        funds=event.funds,
        waiting=event.funds,
        executor=event.executor,
        scheduled=event.scheduled,
        trade_on=event.trade_on,
        requested_by=event.requested_by,
        started_at=event.at,
        updated_at=event.at,
    )


def evolve_run(run: Run, event: e.FundRunRecorded | e.RunOverdue) -> Run:
    """The run after a result, or after it was late."""
    after = replace(run, version=run.version + 1, updated_at=event.at)
    if isinstance(event, e.RunOverdue):
        return replace(after, overdue=True)
    counts = dict(run.counts)
    for name, number in (
        ("cells", event.cells), ("findings", len(event.findings)), ("new", event.new),
        ("worsened", event.worsened), ("improved", event.improved),
        ("unchanged", event.unchanged), ("cured", event.cured),
    ):  # fmt: skip
        counts[name] = counts.get(name, 0) + number
    return replace(
        after,
        waiting=tuple(fund for fund in run.waiting if fund != event.fund),
        counts=tuple(counts.items()),
    )


def fund_run(event: e.FundRunRecorded, seq: int, before: FundRun | None) -> FundRun:
    """What the next run of the fund needs to know of this one; ``before`` is what it knew.

    A rule that the run did not measure keeps the bases it had: nothing has complied meanwhile.
    """
    base_of = {
        (one.rule_id, one.cell): one.base_run
        for one in event.findings
        if one.outcome in ("breach", "unknown")
    }
    tested = tuple(rule for rule, _ in event.tested or ())
    blind = {one.rule_id for one in event.findings if one.outcome == "unknown" and not one.cell}
    if before is not None:
        if event.tested is not None:
            known = {*before.tested, *dict(before.since), *(rule for rule, _, _ in before.base_of)}
            blind |= known.difference(tested)
        for rule, cell, base_run in before.base_of:
            if rule in blind:
                base_of.setdefault((rule, cell), base_run)
    last = "" if before is None else before.run_id
    earlier = {} if before is None else dict(before.since)
    return FundRun(
        run_id=event.run_id,
        fund=event.fund,
        seq=seq,
        as_of_seq=event.as_of_seq,
        trade_on=event.trade_on,
        base_of=tuple((*key, base_run) for key, base_run in base_of.items()),
        tested=tested,
        since=tuple((rule, earlier.get(rule, last)) for rule in sorted(blind)),
    )


def detect(before: Case | None, event: e.BreachDetected) -> Case:
    """The case as the run found it; one found again keeps its remarks and who is responsible.

    Raises:
        ValueError: If the case was found while it was open: the journal is corrupt.
    """
    if before is not None and before.is_open:
        message = f"breach {before.id} was found while it was open"
        raise ValueError(message)
    return Case(
        id=event.breach_id,
        version=1 if before is None else before.version + 1,
        fund=event.fund,
        finding=event.finding,
        run_id=event.run_id,
        found_on=event.found_on,
        due_on=event.finding.due_on,
        steps=event.finding.steps,
        created_at=event.at if before is None else before.created_at,
        updated_at=event.at,
        times=1 if before is None else before.times + 1,
        comments=() if before is None else before.comments,
        assignee="" if before is None else before.assignee,
    )


def evolve_case(case: Case, event: e.CaseEvent) -> Case:  # a case an event
    """The case after ``event``."""
    after = replace(case, version=case.version + 1, updated_at=event.at)
    match event:
        case e.BreachDetected():
            return detect(case, event)
        case e.BreachClassified(cause=cause):
            return replace(after, cause=cause)
        case e.BreachMeasured(finding=finding, run_id=run_id):
            return replace(
                after, finding=finding, run_id=run_id, unmeasured="", unmeasured_detail=""
            )
        case e.BreachUnmeasured(reason=reason, detail=detail):
            return replace(after, unmeasured=reason, unmeasured_detail=detail)
        case e.BreachAssigned(assignee=assignee):
            return replace(after, assignee=assignee)
        case e.BreachCommented(author=by, text=text, at=at):
            return replace(after, comments=(*case.comments, Said(by=by, text=text, at=at)))
        case e.BreachExplained(by=by, text=text, at=at):
            return replace(after, explanation=Said(by=by, text=text, at=at))
        case e.BreachRemediationPlanned(by=by, plan=text, at=at):
            return replace(after, plan=Said(by=by, text=text, at=at))
        case e.BreachOverridden(reason=reason, until=until, by=by, at=at):
            given = Override(
                reason=reason,
                until=until,
                by=by,
                at=at,
                rule_version=case.finding.rule_version,
                excess=case.finding.excess,
                kind=None if case.cause is None else case.cause.kind,
            )
            return replace(after, override=given)
        case e.BreachOverrideLapsed(why=why):
            assert case.override is not None
            return replace(after, override=replace(case.override, lapsed=True, why=why))
        case e.BreachResolved(resolution=text, resolved_by=by, evidence=evidence, at=at):
            claim = Said(by=by, text=text, at=at)
            return replace(after, resolution=claim, evidence=evidence or case.evidence)
        case e.BreachClaimRefuted():
            return replace(after, resolution=None)
        case e.BreachCured(run_id=run_id, cured_on=day):
            return replace(
                after, cured_by_run=run_id, cured_on=day, unmeasured="", unmeasured_detail=""
            )
        case e.BreachClosed(closed_by=by, evidence=evidence):
            return replace(after, closed_by=by, evidence=evidence or case.evidence)
        case e.BreachEscalated(to=to):
            return replace(after, told=(*case.told, to))
        case _:
            assert_never(event)
