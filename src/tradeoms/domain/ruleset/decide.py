"""Decides requests about rules: versions are never edited, and two people put one in force."""

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
    APPROVER_IS_AUTHOR = "approver_is_author"
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
_WAITING = frozenset({RuleStatus.DRAFT, RuleStatus.TESTED, RuleStatus.APPROVED})


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
        detail = "a new version must carry cases that it has to pass"
        return reject(code.RULE_CASES_MISSING, detail, field="rule", value=name)
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


def decide_approve(
    command: c.ApproveRule, versions: Versions, stamp: Stamp
) -> list[e.RuleApproved] | Rejected:
    """Approve a tested version; its author cannot."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status is not RuleStatus.TESTED:
        return reject(code.RULE_NOT_TESTED, f"it is {rule.status}", field="rule", value=name)
    if stamp.actor == rule.defined_by:
        return reject(code.APPROVER_IS_AUTHOR, "another person must approve it", value=stamp.actor)
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
    failures: tuple[str, ...],
    today: date,
    stamp: Stamp,
) -> list[e.RuleActivated | e.RuleScheduled] | Rejected:
    """Put a version in force, now or on a later day; its author cannot.

    Args:
        command: What was asked.
        versions: All rule versions.
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
    if failures:
        detail = "; ".join(failures)[:2000]
        return reject(code.RULE_CASES_FAIL, detail, field="rule", value=name)
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


def due(versions: Versions, *, today: date, at: datetime) -> list[e.RuleActivated]:
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
    return [
        e.RuleActivated(
            rule_id=rule.rule_id, version=rule.version, activated_by=rule.activated_by, at=at
        )
        for rule in found
    ]


def decide_retire(
    command: c.RetireRule, versions: Versions, stamp: Stamp
) -> list[e.RuleRetired] | Rejected:
    """Take an active version out of force, or take back what was set for a later day."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status not in (RuleStatus.ACTIVE, RuleStatus.SCHEDULED):
        return reject(code.RULE_NOT_ACTIVE, f"it is {rule.status}", field="rule", value=name)
    return [
        e.RuleRetired(
            rule_id=rule.rule_id, version=rule.version, retired_by=stamp.actor, at=stamp.at
        )
    ]
