"""Decides requests about rules: versions are never edited, and two people put one in force."""

from __future__ import annotations

from collections.abc import Mapping
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
    RULE_NOT_ACTIVE = "rule_not_active"
    APPROVER_IS_AUTHOR = "approver_is_author"


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
                    defined_by=stamp.actor,
                    at=stamp.at,
                )
            )
        elif known.definition != rule.definition:
            refusals.append(
                Refusal(
                    code=RuleRejection.RULE_VERSION_EXISTS,
                    detail=f"version {rule.version} stands; raise the version to change the rule",
                    field=f"rows/{row}/version",
                    value=f"{rule.rule_id}@{rule.version}",
                )
            )
    return Rejected(refusals=tuple(refusals)) if refusals else events


def decide_activate(
    command: c.ActivateRule, versions: Versions, stamp: Stamp
) -> list[e.RuleActivated] | Rejected:
    """Put a draft in force; its author cannot."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status is not RuleStatus.DRAFT:
        return reject(code.RULE_NOT_DRAFT, f"it is {rule.status}", field="rule", value=name)
    if stamp.actor == rule.defined_by:
        detail = "another person must activate it"
        return reject(code.APPROVER_IS_AUTHOR, detail, value=stamp.actor)
    return [
        e.RuleActivated(
            rule_id=rule.rule_id, version=rule.version, activated_by=stamp.actor, at=stamp.at
        )
    ]


def decide_retire(
    command: c.RetireRule, versions: Versions, stamp: Stamp
) -> list[e.RuleRetired] | Rejected:
    """Take an active version out of force."""
    code = RuleRejection
    name = f"{command.rule_id}@{command.version}"
    rule = versions.get((command.rule_id, command.version))
    if rule is None:
        return reject(code.RULE_UNKNOWN, "no such rule version", field="rule", value=name)
    if rule.status is not RuleStatus.ACTIVE:
        return reject(code.RULE_NOT_ACTIVE, f"it is {rule.status}", field="rule", value=name)
    return [
        e.RuleRetired(
            rule_id=rule.rule_id, version=rule.version, retired_by=stamp.actor, at=stamp.at
        )
    ]
