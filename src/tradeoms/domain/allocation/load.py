"""Decides whether allocation policies are sound, and which version each of them is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import time
from enum import StrEnum, unique
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.events import AllocationPoliciesLoaded
from tradeoms.domain.allocation.policy import (
    BUILT_IN,
    AllocationPolicy,
    Method,
    Policies,
    Trigger,
)
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal
from tradeoms.kernel.text import is_code

_GIVES_BACK: Final = frozenset({Method.MINIMUM_TICKET, Method.DE_MINIMIS})


@unique
class PolicyRejection(StrEnum):
    """Why allocation policies were not loaded. Declared in the order the checks run."""

    POLICY_NAME_INVALID = "policy_name_invalid"
    POLICY_TWICE = "policy_twice"
    POLICY_FUND_UNKNOWN = "policy_fund_unknown"
    POLICY_LEAST_INVALID = "policy_least_invalid"
    POLICY_TIME_INVALID = "policy_time_invalid"
    POLICY_TRIGGER_UNFIT = "policy_trigger_unfit"


def decide_load(
    command: LoadAllocationPolicies,
    *,
    policies: Policies,
    funds: Collection[str],
    stamp: Stamp,
) -> AllocationPoliciesLoaded | Rejected:
    """Set the policies; every reason against them is told at once."""
    refusals: list[Refusal] = []
    for number, policy in enumerate(command.policies):
        field = f"policies/{number}"
        refusals += _check_name(policy, field, command.policies[:number])
        refusals += [
            refusal(PolicyRejection.POLICY_FUND_UNKNOWN, "no such fund", f"{field}/funds", fund)
            for fund in policy.funds
            if fund not in funds
        ]
        refusals += _check_method(policy, field)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return AllocationPoliciesLoaded(
        policies=tuple(_numbered(policy, policies) for policy in command.policies),
        loaded_by=stamp.actor,
        at=stamp.at,
    )


def _numbered(policy: AllocationPolicy, policies: Policies) -> AllocationPolicy:
    """The policy with its version: that of the newest where it is the same, else the next."""
    latest = policies.latest(policy.id)
    if latest is None:
        return replace(policy, version=1)
    same = replace(policy, version=latest.version) == latest
    return replace(policy, version=latest.version + (not same))


def _check_name(
    policy: AllocationPolicy, field: str, before: Collection[AllocationPolicy]
) -> list[Refusal]:
    code = PolicyRejection
    if not is_code(policy.id) or policy.id == BUILT_IN.partition("/")[0]:
        detail = "1 to 64 letters, digits or ._:/-, and not the name of the built-in policy"
        return [refusal(code.POLICY_NAME_INVALID, detail, f"{field}/id", policy.id)]
    if policy.id in [other.id for other in before]:
        detail = "the policy stands there twice"
        return [refusal(code.POLICY_TWICE, detail, f"{field}/id", policy.id)]
    return []


def _check_method(policy: AllocationPolicy, field: str) -> list[Refusal]:
    code = PolicyRejection
    found = []
    gives_back = policy.method in _GIVES_BACK
    if gives_back != (policy.least is not None) or (policy.least is not None and policy.least <= 0):
        detail = "units above 0 for minimum_ticket and de_minimis, nothing for the others"
        found.append(
            refusal(code.POLICY_LEAST_INVALID, detail, f"{field}/least", str(policy.least))
        )
    timed = policy.trigger is Trigger.TIMED
    if not (_is_time(policy) if timed else policy.book_at == policy.time_zone == ""):
        detail = "HH:MM and an IANA time zone for timed, nothing for the others"
        value = f"{policy.book_at} {policy.time_zone}"
        found.append(refusal(code.POLICY_TIME_INVALID, detail, f"{field}/book_at", value))
    if gives_back and policy.trigger is Trigger.EACH_FILL:
        detail = "small parts are known when the day is over: book filled, or later"
        found.append(refusal(code.POLICY_TRIGGER_UNFIT, detail, f"{field}/trigger", "each_fill"))
    if policy.method is Method.MANUAL and policy.trigger is not Trigger.MANUAL:
        detail = "what is shared by hand is booked by hand"
        found.append(refusal(code.POLICY_TRIGGER_UNFIT, detail, f"{field}/trigger", policy.trigger))
    return found


def _is_time(policy: AllocationPolicy) -> bool:
    try:
        time.fromisoformat(policy.book_at)
        ZoneInfo(policy.time_zone)
    except (ValueError, ZoneInfoNotFoundError):
        return False
    return len(policy.book_at) == len("17:30")
