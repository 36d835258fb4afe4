"""The resources of breach cases and post-trade runs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import msgspec

from tradeoms.domain.case.events import FundRunRecorded
from tradeoms.domain.case.findings import BreachKind, Classification, Finding
from tradeoms.domain.case.state import Case, Run, Said
from tradeoms.projections.resources_text import instant


class SaidResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a person said, and when."""

    author: str
    text: str
    at: str


class ShareResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How much of the change one cause made; positive is further over the limit."""

    cause: str
    amount: str


class StepResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who is told, after which day, and whether that has been done."""

    to: str
    after: str
    told: bool


class OverrideResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Permission to let it stand until a day: this version of the rule, and this excess at most."""

    reason: str
    until: str
    by: str
    at: str
    rule_version: int
    excess: str
    lapsed: bool
    why: str


class BreachResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cell of one rule that a fund exceeds, or did.

    `attribution` adds up to `excess` less `base_excess`, both at the run that classified it.
    `unmeasured` says why the newest run could not measure it: `unknown`, `exempt`, `on_trial`,
    `no_rule`.
    """

    id: str
    version: int
    seq: int
    status: str
    kind: str | None
    fund: str
    rule: str
    rule_version: int
    rule_kind: str
    severity: str
    cell: str
    numerator: str
    denominator: str
    limit: str
    bound: str
    excess: str
    explanation: str
    run_id: str
    base_run: str | None
    base_excess: str | None
    attribution: tuple[ShareResource, ...]
    note: str
    found_on: str
    due_on: str | None
    escalation: tuple[StepResource, ...]
    times: int
    assignee: str | None
    comments: tuple[SaidResource, ...]
    cause_explained: SaidResource | None
    remediation: SaidResource | None
    override: OverrideResource | None
    resolution: SaidResource | None
    evidence: str
    unmeasured: str | None
    unmeasured_detail: str
    cured_by_run: str | None
    cured_on: str | None
    closed_by: str | None
    created_at: str
    updated_at: str


class RunResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A post-trade run: how far it is, and what it came to."""

    id: str
    version: int
    seq: int
    status: str
    scheduled: bool
    trade_on: str
    requested_by: str
    funds: int
    done: int
    cells: int
    findings: int
    new: int
    worsened: int
    improved: int
    unchanged: int
    cured: int
    created_at: str
    updated_at: str


class FindingResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cell that did not pass."""

    rule: str
    rule_version: int
    severity: str
    cell: str
    outcome: str
    numerator: str
    denominator: str
    limit: str
    bound: str
    excess: str
    explanation: str
    kind: str | None


class FundRunResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run's result for one fund."""

    fund: str
    as_of_seq: int
    rules_hash: str
    cells: int
    outcomes: dict[str, int]
    new: int
    worsened: int
    improved: int
    unchanged: int
    cured: int
    findings: tuple[FindingResource, ...]


class RunDetails(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A run with the results of the funds that the caller may see."""

    run: RunResource
    results: tuple[FundRunResource, ...]


def breach_resource(case: Case, *, seq: int) -> BreachResource:
    """Show a breach case."""
    found = case.finding
    cause = case.cause or Classification(kind=BreachKind.PASSIVE)  # empty but for the kind
    return BreachResource(
        id=case.id,
        version=case.version,
        seq=seq,
        status=case.status.value,
        kind=case.cause.kind.value if case.cause else None,
        fund=case.fund,
        rule=found.rule_id,
        rule_version=found.rule_version,
        rule_kind=found.rule_kind,
        severity=found.severity,
        cell=found.cell,
        numerator=found.numerator,
        denominator=found.denominator,
        limit=found.limit,
        bound=found.bound,
        excess=found.excess,
        explanation=found.explanation,
        run_id=case.run_id,
        base_run=cause.base_run or None,
        base_excess=cause.base_excess or None,
        attribution=tuple(
            ShareResource(cause=one.cause.value, amount=one.amount) for one in cause.shares
        ),
        note=cause.note,
        found_on=case.found_on.isoformat(),
        due_on=_day(case.due_on),
        escalation=tuple(
            StepResource(to=step.to, after=step.on.isoformat(), told=step.to in case.told)
            for step in case.steps
        ),
        times=case.times,
        assignee=case.assignee or None,
        comments=tuple(_said(one) for one in case.comments),
        cause_explained=_said(case.explanation) if case.explanation else None,
        remediation=_said(case.plan) if case.plan else None,
        override=_override(case),
        resolution=_said(case.resolution) if case.resolution else None,
        evidence=case.evidence,
        unmeasured=case.unmeasured or None,
        unmeasured_detail=case.unmeasured_detail,
        cured_by_run=case.cured_by_run or None,
        cured_on=_day(case.cured_on),
        closed_by=case.closed_by or None,
        created_at=instant(case.created_at),
        updated_at=instant(case.updated_at),
    )


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _said(said: Said) -> SaidResource:
    return SaidResource(author=said.by, text=said.text, at=instant(said.at))


def _override(case: Case) -> OverrideResource | None:
    given = case.override
    if given is None:
        return None
    return OverrideResource(
        reason=given.reason,
        until=given.until.isoformat(),
        by=given.by,
        at=instant(given.at),
        rule_version=given.rule_version,
        excess=given.excess,
        lapsed=given.lapsed,
        why=given.why,
    )


def run_resource(run: Run, *, seq: int) -> RunResource:
    """Show a run."""
    counts = dict(run.counts)
    names = ("cells", "findings", "new", "worsened", "improved", "unchanged", "cured")
    return RunResource(
        id=run.id,
        version=run.version,
        seq=seq,
        status=run.status,
        scheduled=run.scheduled,
        trade_on=run.trade_on.isoformat(),
        requested_by=run.requested_by,
        funds=len(run.funds),
        done=len(run.funds) - len(run.waiting),
        created_at=instant(run.started_at),
        updated_at=instant(run.updated_at),
        **{name: counts.get(name, 0) for name in names},
    )


def run_details(run: Run, results: Sequence[FundRunRecorded], *, seq: int) -> RunDetails:
    """Show a run with results."""
    return RunDetails(
        run=run_resource(run, seq=seq), results=tuple(_fund_run(one) for one in results)
    )


def _fund_run(event: FundRunRecorded) -> FundRunResource:
    return FundRunResource(
        fund=event.fund,
        as_of_seq=event.as_of_seq,
        rules_hash=event.rules_hash,
        cells=event.cells,
        outcomes=dict(event.outcomes),
        new=event.new,
        worsened=event.worsened,
        improved=event.improved,
        unchanged=event.unchanged,
        cured=event.cured,
        findings=tuple(_finding(one) for one in event.findings),
    )


def _finding(found: Finding) -> FindingResource:
    return FindingResource(
        rule=found.rule_id,
        rule_version=found.rule_version,
        severity=found.severity,
        cell=found.cell,
        outcome=found.outcome,
        numerator=found.numerator,
        denominator=found.denominator,
        limit=found.limit,
        bound=found.bound,
        excess=found.excess,
        explanation=found.explanation,
        kind=found.cause.kind.value if found.cause else None,
    )
