"""What happened to a rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefined:
    """A version was written down."""

    rule_id: str
    version: int
    definition: str
    defined_by: str
    at: datetime
    cases: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleTested:
    """The cases of a version were run; `failures` has a line for each that failed."""

    rule_id: str
    version: int
    cases: int
    failures: tuple[str, ...]
    tested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleApproved:
    """Another person approved a tested version."""

    rule_id: str
    version: int
    approved_by: str
    note: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleScheduled:
    """A version will be in force from the day that begins `active_from`."""

    rule_id: str
    version: int
    active_from: date
    scheduled_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleActivated:
    """A version is in force; the version before it is not any more."""

    rule_id: str
    version: int
    activated_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHeldBack:
    """The day of a version came and cases of it failed: what is in force stays in force."""

    rule_id: str
    version: int
    failures: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRetirementRequested:
    """Somebody asked to take a version out of force; another person must agree."""

    rule_id: str
    version: int
    requested_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRetirementRefused:
    """A version is kept that somebody asked to take out of force."""

    rule_id: str
    version: int
    refused_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRetired:
    """A version is out of force; `requested_by` is empty where one person could do it alone."""

    rule_id: str
    version: int
    retired_by: str
    at: datetime
    requested_by: str = ""


RuleChange = (
    RuleTested
    | RuleApproved
    | RuleScheduled
    | RuleActivated
    | RuleHeldBack
    | RuleRetirementRequested
    | RuleRetirementRefused
    | RuleRetired
)
RuleEvent = RuleDefined | RuleChange
