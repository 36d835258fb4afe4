"""What happened to a rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleDefined:
    """A version was written down."""

    rule_id: str
    version: int
    definition: str
    defined_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleActivated:
    """A version is in force; the version before it is not any more."""

    rule_id: str
    version: int
    activated_by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRetired:
    """A version is out of force."""

    rule_id: str
    version: int
    retired_by: str
    at: datetime


RuleEvent = RuleDefined | RuleActivated | RuleRetired
