"""What happened to a breach case, and what the runs were that found it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tradeoms.domain.case.findings import Classification, Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """A post-trade run was asked for.

    Attributes:
        funds: The funds and aggregates of funds that it tests, each on its own.
        executor: Who computes it: `node` or `cli`.
        scheduled: True where the clock asked and not a person.
    """

    run_id: str
    funds: tuple[str, ...]
    executor: str
    scheduled: bool
    trade_on: date
    requested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FundRunRecorded:
    """A run's result for one fund, of the state at `as_of_seq`.

    Attributes:
        as_of_seq: Journal position of the state that was tested.
        rules_hash: The rule set that was in force there.
        cells: Cells tested.
        outcomes: How many cells of each outcome, worst last, as (outcome, count).
        findings: The cells that do not pass.
        new: Cases found or found again; `worsened`, `improved`, `unchanged`: cases open before;
            `cured`: cases that comply now.
        base: What a later run compares with: see `compliance.base`.
        tested: Rules that the run tested of the fund, as (rule, severity); None where a journal
            from before it was kept does not say.
    """

    run_id: str
    fund: str
    as_of_seq: int
    trade_on: date
    rules_hash: str
    cells: int
    outcomes: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    new: int
    worsened: int
    improved: int
    unchanged: int
    cured: int
    base: str
    at: datetime
    tested: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOverdue:
    """A run did not finish in time. The break of it says so to the people."""

    run_id: str
    missing: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachDetected:
    """A run found a fund over a limit: the case begins, or an old one of the same cell again.

    `again` is True where the case had been cured or closed.
    """

    breach_id: str
    run_id: str
    fund: str
    finding: Finding
    found_on: date
    again: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachClassified:
    """The run said whose doing it is, and how much each cause made of it."""

    breach_id: str
    run_id: str
    cause: Classification
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachMeasured:
    """A later run found the limit still exceeded, by another amount."""

    breach_id: str
    run_id: str
    finding: Finding
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachUnmeasured:
    """A later run could not say whether the limit is still exceeded: the case stays open.

    Attributes:
        reason: Word of `findings.Unmeasured`.
        detail: What the run knows of the cell, in words; empty where it knows nothing.
    """

    breach_id: str
    run_id: str
    reason: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachAssigned:
    """A person became responsible."""

    breach_id: str
    assignee: str
    at: datetime
    assigned_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachCommented:
    """A remark, seen by officers and by the portfolio managers of the fund."""

    breach_id: str
    author: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachExplained:
    """Somebody said how it came about."""

    breach_id: str
    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachRemediationPlanned:
    """Somebody said what is being done about it."""

    breach_id: str
    plan: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachOverridden:
    """An officer let it stand until a day; the limit stays exceeded, the clock stops.

    It holds for the newest measurement of the case: this version of the rule, this excess at most.
    """

    breach_id: str
    reason: str
    until: date
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachOverrideLapsed:
    """The day until which it could stand is over, or a run found another breach than was let stand.

    `why` says which, in words; empty in journals from before other reasons than the day.
    """

    breach_id: str
    at: datetime
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachResolved:
    """Somebody claims that it is dealt with; the next run confirms it or not."""

    breach_id: str
    resolution: str
    resolved_by: str
    at: datetime
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachClaimRefuted:
    """The run after a claim found the limit still exceeded."""

    breach_id: str
    run_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachCured:
    """A run found the cell within its limit."""

    breach_id: str
    run_id: str
    cured_on: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachClosed:
    """Another person signed off a case that was cured, or that no rule in force tests any more."""

    breach_id: str
    closed_by: str
    at: datetime
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachEscalated:
    """The day of a step passed while the limit was exceeded."""

    breach_id: str
    to: str
    due_on: date
    at: datetime


RunEvent = RunStarted | FundRunRecorded | RunOverdue
CaseEvent = (
    BreachDetected
    | BreachClassified
    | BreachMeasured
    | BreachUnmeasured
    | BreachAssigned
    | BreachCommented
    | BreachExplained
    | BreachRemediationPlanned
    | BreachOverridden
    | BreachOverrideLapsed
    | BreachResolved
    | BreachClaimRefuted
    | BreachCured
    | BreachClosed
    | BreachEscalated
)
