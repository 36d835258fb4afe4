"""Requests about rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """A rule as written: its id, version and canonical JSON, validated by `compliance.policy`.

    `cases` is a JSON list of the cases that it must pass: of the public case format (where `rules`
    may be left out), or `{"id", "mode": "fit", "fund", "expect": {"outcome"}}`.
    """

    rule_id: str
    version: int
    definition: str
    cases: str = "[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class DefineRules:
    """Record new versions of rules as drafts. A version once defined is never edited."""

    rules: tuple[RuleText, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRule:
    """Run the cases of a version; those of a draft that all pass make it tested."""

    rule_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveRule:
    """Approve a tested version whose cases still pass; by another person than its author."""

    rule_id: str
    version: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivateRule:
    """Put a version in force, in place of the active one; by another person than its author.

    `effective_on` is a later trading day on which that happens; absent is now. Its cases are run
    first, and once more on that day.
    """

    rule_id: str
    version: int
    effective_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RetireRule:
    """Take a rule out of force, or take back what was set for a later day.

    The first person asks for it and changes nothing else; the same request of another does it.
    """

    rule_id: str
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepRule:
    """Refuse what somebody asked with `RetireRule`; who asked may take it back so."""

    rule_id: str
    version: int
