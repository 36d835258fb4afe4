"""The facts of a rule version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique

from tradeoms.domain.ruleset import events as e


@unique
class RuleStatus(StrEnum):
    """How far a rule version has come."""

    DRAFT = "draft"
    TESTED = "tested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule, as written and as approved.

    Attributes:
        cases: JSON list of the cases that it must pass.
        failures: Lines of the cases that failed when they were last run.
        active_from: Day from which it is in force, where that was set for later.
    """

    rule_id: str
    version: int
    definition: str
    defined_by: str
    created_at: datetime
    updated_at: datetime
    status: RuleStatus = RuleStatus.DRAFT
    activated_by: str = ""
    retired_by: str = ""
    cases: str = "[]"
    tested_by: str = ""
    failures: tuple[str, ...] = ()
    approved_by: str = ""
    active_from: date | None = None


def define(event: e.RuleDefined) -> RuleVersion:
    """The version as it was written."""
    return RuleVersion(
        rule_id=event.rule_id,
        version=event.version,
        definition=event.definition,
        defined_by=event.defined_by,
        cases=event.cases,
        created_at=event.at,
        updated_at=event.at,
    )


def note_tested(rule: RuleVersion, event: e.RuleTested) -> RuleVersion:
    """The version after its cases were run."""
    status = RuleStatus.DRAFT if event.failures else RuleStatus.TESTED
    return replace(
        rule,
        status=status,
        tested_by=event.tested_by,
        failures=event.failures,
        updated_at=event.at,
    )


def approve(rule: RuleVersion, event: e.RuleApproved) -> RuleVersion:
    """The version that another person approved."""
    return replace(
        rule, status=RuleStatus.APPROVED, approved_by=event.approved_by, updated_at=event.at
    )


def schedule(rule: RuleVersion, event: e.RuleScheduled) -> RuleVersion:
    """The version that will be in force from a day."""
    return replace(
        rule,
        status=RuleStatus.SCHEDULED,
        activated_by=event.scheduled_by,
        active_from=event.active_from,
        updated_at=event.at,
    )


def activate(rule: RuleVersion, event: e.RuleActivated) -> RuleVersion:
    """The version in force."""
    return replace(
        rule, status=RuleStatus.ACTIVE, activated_by=event.activated_by, updated_at=event.at
    )


def retire(rule: RuleVersion, *, by: str, at: datetime) -> RuleVersion:
    """The version out of force."""
    return replace(rule, status=RuleStatus.RETIRED, retired_by=by, updated_at=at)
