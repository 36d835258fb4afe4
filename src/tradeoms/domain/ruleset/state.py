"""The facts of a rule version."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique

from tradeoms.domain.ruleset import events as e


@unique
class RuleStatus(StrEnum):
    """How far a rule version has come."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleVersion:
    """One version of a rule, as written and as approved."""

    rule_id: str
    version: int
    definition: str
    defined_by: str
    created_at: datetime
    updated_at: datetime
    status: RuleStatus = RuleStatus.DRAFT
    activated_by: str = ""
    retired_by: str = ""


def define(event: e.RuleDefined) -> RuleVersion:
    """The version as it was written."""
    return RuleVersion(
        rule_id=event.rule_id,
        version=event.version,
        definition=event.definition,
        defined_by=event.defined_by,
        created_at=event.at,
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
