"""Requests about rules."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as written: its id, version and canonical JSON, validated by `compliance.policy`."""

    rule_id: str
    version: int
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineRules:
    """Record new versions of rules as drafts. A version once defined is never edited."""

    rules: tuple[RuleText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateRule:
    """Put a version in force, in place of the active one; by another person than its author."""

    rule_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireRule:
    """Take a rule out of force."""

    rule_id: str
    version: int
