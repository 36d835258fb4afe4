"""The facts of a rule version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique
from typing import assert_never

from tradeoms.domain.ruleset import events as e


@unique
class RuleStatus(StrEnum):
    """How far a rule version has come."""

    DRAFT = "draft"
    TESTED = "tested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    HELD = "held"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule, as written and as approved.

    Attributes:
        cases: JSON list of the cases that it must pass.
        failures: Lines of the cases that failed when they were last run.
        active_from: Day from which it is in force, where that was set for later.
        retirement_requested_by: Who asked to retire it; empty where nobody did, or another person
            refused.
        retirement_requested_at: When; `None` where nobody did.
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
    retirement_requested_by: str = ""
    retirement_requested_at: datetime | None = None


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


def change(rule: RuleVersion, event: e.RuleChange) -> RuleVersion:
    """The version after what happened to it."""
    rule = replace(rule, updated_at=event.at)
    match event:
        case e.RuleTested(tested_by=person, failures=failures):
            status = RuleStatus.DRAFT if failures else RuleStatus.TESTED
            return replace(rule, status=status, tested_by=person, failures=failures)
        case e.RuleApproved(approved_by=person):
            return replace(rule, status=RuleStatus.APPROVED, approved_by=person)
        case e.RuleScheduled(scheduled_by=person, active_from=day):
            going = _let_go(rule)
            return replace(going, status=RuleStatus.SCHEDULED, activated_by=person, active_from=day)
        case e.RuleActivated(activated_by=person):
            return replace(_let_go(rule), status=RuleStatus.ACTIVE, activated_by=person)
        case e.RuleHeldBack(failures=failures):
            return replace(_unasked(rule), status=RuleStatus.HELD, failures=failures)
        case e.RuleRetirementRequested(requested_by=person, at=at):
            return replace(rule, retirement_requested_by=person, retirement_requested_at=at)
        case e.RuleRetirementRefused():
            return _unasked(rule)
        case e.RuleRetired(retired_by=person):
            return replace(rule, status=RuleStatus.RETIRED, retired_by=person)
        case _:
            assert_never(event)


def supersede(rule: RuleVersion, event: e.RuleActivated) -> RuleVersion:
    """The version out of force because another took its place."""
    return replace(
        _unasked(rule),
        status=RuleStatus.RETIRED,
        retired_by=event.activated_by,
        updated_at=event.at,
    )


def _let_go(rule: RuleVersion) -> RuleVersion:
    """The version without what held it back, where something did."""
    return replace(rule, failures=()) if rule.status is RuleStatus.HELD else rule


def _unasked(rule: RuleVersion) -> RuleVersion:
    return replace(rule, retirement_requested_by="", retirement_requested_at=None)
