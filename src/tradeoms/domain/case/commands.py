"""Requests about breach cases and post-trade runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tradeoms.domain.case.findings import Finding, Remeasured


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRun:
    """Ask for a post-trade run of `funds`; of every fund and aggregate, if empty."""

    funds: tuple[str, ...] = ()
    executor: str = "node"
    scheduled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFundRun:
    """Hand in a run's result for one fund, bound to the state that it was computed from.

    `tested` names every rule that the run tested of the fund, with its severity: what it does not
    name cures nothing. `remeasured` says what became of the cells of open cases that are not among
    the breaches: a case whose cell it does not name is not cured.
    """

    run_id: str
    fund: str
    as_of_seq: int
    trade_on: date
    rules_hash: str
    cells: int
    outcomes: tuple[tuple[str, int], ...]
    findings: tuple[Finding, ...]
    base: str
    tested: tuple[tuple[str, str], ...] = ()
    remeasured: tuple[Remeasured, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRunOverdue:
    """Tell that a run did not finish in time."""

    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignBreach:
    """Make a person responsible for a breach."""

    breach_id: str
    assignee: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentBreach:
    """Add a remark that officer and portfolio manager both see."""

    breach_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainBreach:
    """Say how the breach came about."""

    breach_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RemediateBreach:
    """Say what is being done about it."""

    breach_id: str
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideBreach:
    """Let the breach of a rule that is not hard stand, as it is, until a day within a year.

    It ends before where a run finds another version of the rule, a larger excess, or a worse kind.
    """

    breach_id: str
    reason: str
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveBreach:
    """Claim that the breach is dealt with; the next run confirms it."""

    breach_id: str
    resolution: str
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseBreach:
    """Sign a breach off that is cured, or that no rule in force tests any more, with the evidence.

    Another person than the one who resolved it; where no run has seen a cure, than the one
    responsible too.
    """

    breach_id: str
    evidence: str = ""


CaseCommand = (
    AssignBreach
    | CommentBreach
    | ExplainBreach
    | RemediateBreach
    | OverrideBreach
    | ResolveBreach
    | CloseBreach
)
