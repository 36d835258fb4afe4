"""Decides requests about rules: versions are never edited, and two people put one in force.

Two people take one out of force as well. A version proves itself by its own cases each time it
goes a step: tested, approved, put in force, and on the day that was set for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum, unique

from tradeoms.domain.ruleset import commands as c
from tradeoms.domain.ruleset import events as e
from tradeoms.domain.ruleset.state import RuleStatus, RuleVersion
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, reject


@unique
class RuleRejection(StrEnum):
    """Why a request about a rule was refused. Declared in the order the checks run."""

    RULE_UNKNOWN = "rule_unknown"
    RULE_INVALID = "rule_invalid"
    RULE_VERSION_EXISTS = "rule_version_exists"
    RULE_NOT_DRAFT = "rule_not_draft"
    RULE_NOT_TESTED = "rule_not_tested"
    RULE_NOT_ACTIVE = "rule_not_active"
    RETIREMENT_NOT_REQUESTED = "retirement_not_requested"
    APPROVER_IS_AUTHOR = "approver_is_author"
    SAME_PERSON = "same_person"
    RULE_CASES_MISSING = "rule_cases_missing"
    RULE_CASES_FAIL = "rule_cases_fail"
    EFFECTIVE_PAST = "effective_past"


Versions = Mapping[tuple[str, int], RuleVersion]


def decide_define(
    command: c.DefineRules, versions: Versions, stamp: Stamp
) -> list[e.RuleDefined] | Rejected:
    """Record drafts; a version that exists with the same text is left as it is."""
    refusals = []
    events = []
    for row, rule in enumerate(command.rules):
        known = versions.get((rule.rule_id, rule.version))
        if known is None:
            events.append(
                e.RuleDefined(
                    rule_id=rule.rule_id,
                    version=rule.version,
                    definition=rule.definition,
                    cases=rule.cases,
                    defined_by=stamp.actor,
                    at=stamp.at,
                )
            )
        elif (known.definition, known.cases) != (rule.definition, rule.cases):
            refusals.append(
                Refusal(
                    code=RuleRejection.RULE_VERSION_EXISTS,
                    detail=f"version {rule.version} stands; raise the version to change the rule",
                    field=f"rows/{row}/version",
                    value=f"{rule.rule_id}@{rule.version}",
                )
            )
    return Rejected(refusals=tuple(refusals)) if refusals else events


#: States from which a version may be put in force.
_WAITING = frozenset({RuleStatus.DRAFT, RuleStatus.TESTED, RuleStatus.APPROVED, RuleStatus.HELD})


def decide_test(
    command: c.TestRule, versions: Versions, *, ran: int, failures: tuple[str, ...], stamp: Stamp
) -> list[e.RuleTested] | Rejected:
    """Record how the cases of a version came out; ``ran`` is their number."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status not in (RuleStatus.DRAFT, RuleStatus.TESTED):
        return reject(code.RULE_NOT_DRAFT, f"it is {rule.status}", field="rule", value=name)
    if not ran:
        return _no_cases(name)
    return [
        e.RuleTested(
            rule_id=rule.rule_id,
            version=rule.version,
            cases=ran,
            failures=failures,
            tested_by=stamp.actor,
            at=stamp.at,
        )
    ]


def _no_cases(name: str) -> Rejected:
    detail = "a version must carry cases that it has to pass; write them into the next version"
    return reject(RuleRejection.RULE_CASES_MISSING, detail, field="rule", value=name)


def _cases_fail(failures: tuple[str, ...], name: str) -> Rejected:
    detail = "; ".join(failures)[:2000]
    return reject(RuleRejection.RULE_CASES_FAIL, detail, field="rule", value=name)


def decide_approve(
    command: c.ApproveRule, versions: Versions, *, failures: tuple[str, ...], stamp: Stamp
) -> list[e.RuleApproved] | Rejected:
    """Approve a tested version; its author cannot, and ``failures`` of its cases forbid it."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status is not RuleStatus.TESTED:
        return reject(code.RULE_NOT_TESTED, f"it is {rule.status}", field="rule", value=name)
    if stamp.actor == rule.defined_by:
        return reject(code.APPROVER_IS_AUTHOR, "another person must approve it", value=stamp.actor)
    if failures:
        return _cases_fail(failures, name)
    return [
        e.RuleApproved(
            rule_id=rule.rule_id,
            version=rule.version,
            approved_by=stamp.actor,
            note=command.note,
            at=stamp.at,
        )
    ]


def decide_activate(
    command: c.ActivateRule,
    versions: Versions,
    *,
    ran: int,
    failures: tuple[str, ...],
    today: date,
    stamp: Stamp,
) -> list[e.RuleActivated | e.RuleScheduled] | Rejected:
    """Put a version in force, now or on a later day; its author cannot.

    Args:
        command: What was asked.
        versions: All rule versions.
        ran: How many cases it carries.
        failures: A line for each of its cases that fails.
        today: The trading day.
        stamp: When and by whom.
    """
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status not in _WAITING:
        return reject(code.RULE_NOT_DRAFT, f"it is {rule.status}", field="rule", value=name)
    if stamp.actor == rule.defined_by:
        detail = "another person must activate it"
        return reject(code.APPROVER_IS_AUTHOR, detail, value=stamp.actor)
    if not ran:
        return _no_cases(name)
    if failures:
        return _cases_fail(failures, name)
    day = command.effective_on
    if day is not None and day < today:
        return reject(code.EFFECTIVE_PAST, f"today is {today}", field="effective_on", value=day)
    if day is not None and day > today:
        return [
            e.RuleScheduled(
                rule_id=rule.rule_id,
                version=rule.version,
                active_from=day,
                scheduled_by=stamp.actor,
                at=stamp.at,
            )
        ]
    return [
        e.RuleActivated(
            rule_id=rule.rule_id, version=rule.version, activated_by=stamp.actor, at=stamp.at
        )
    ]


def due(versions: Versions, *, today: date) -> list[RuleVersion]:
    """The scheduled versions whose day has come, oldest first.

    One below the version that is in force came too late: it never replaces a newer one.
    """
    newest: dict[str, int] = {}
    for rule in versions.values():
        if rule.status is RuleStatus.ACTIVE:
            newest[rule.rule_id] = max(rule.version, newest.get(rule.rule_id, 0))
    found = [
        rule
        for rule in versions.values()
        if rule.status is RuleStatus.SCHEDULED
        and rule.active_from is not None
        and rule.active_from <= today
        and rule.version > newest.get(rule.rule_id, 0)
    ]
    found.sort(key=lambda rule: (rule.active_from or today, rule.rule_id, rule.version))
    return found


def decide_due(
    rule: RuleVersion, *, failures: tuple[str, ...], at: datetime
) -> e.RuleActivated | e.RuleHeldBack:
    """Put a version in force whose day has come, or hold it back where a case of it fails."""
    if failures:
        return e.RuleHeldBack(rule_id=rule.rule_id, version=rule.version, failures=failures, at=at)
    return e.RuleActivated(
        rule_id=rule.rule_id, version=rule.version, activated_by=rule.activated_by, at=at
    )


def decide_retire(
    command: c.RetireRule, versions: Versions, stamp: Stamp
) -> list[e.RuleRetirementRequested | e.RuleRetired] | Rejected:
    """Ask to take a version out of force, or what was set for a later day back.

    Where another person asked for it already, do it.
    """
    code = RuleRejection
    rule = _retirable(command, versions)
    if isinstance(rule, Rejected):
        return rule
    asked = rule.retirement_requested_by
    if not asked:
        return [
            e.RuleRetirementRequested(
                rule_id=rule.rule_id, version=rule.version, requested_by=stamp.actor, at=stamp.at
            )
        ]
    if asked == stamp.actor:
        detail = "another person must agree to what you have asked for"
        return reject(code.SAME_PERSON, detail, field="user", value=stamp.actor)
    return [
        e.RuleRetired(
            rule_id=rule.rule_id,
            version=rule.version,
            retired_by=stamp.actor,
            at=stamp.at,
            requested_by=asked,
        )
    ]


def decide_keep(
    command: c.KeepRule, versions: Versions, stamp: Stamp
) -> list[e.RuleRetirementRefused] | Rejected:
    """Refuse a request to take a version out of force; who asked may as well."""
    rule = _retirable(command, versions)
    if isinstance(rule, Rejected):
        return rule
    if not rule.retirement_requested_by:
        detail = "nobody asked to retire it"
        name = f"{rule.rule_id}@{rule.version}"
        return reject(RuleRejection.RETIREMENT_NOT_REQUESTED, detail, field="rule", value=name)
    return [
        e.RuleRetirementRefused(
            rule_id=rule.rule_id, version=rule.version, refused_by=stamp.actor, at=stamp.at
        )
    ]


def _retirable(command: c.RetireRule | c.KeepRule, versions: Versions) -> RuleVersion | Rejected:
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status not in (RuleStatus.ACTIVE, RuleStatus.SCHEDULED):
        return reject(code.RULE_NOT_ACTIVE, f"it is {rule.status}", field="rule", value=name)
    return rule
