"""Compliance before the trade: checks, hits, waivers and rules."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec
from pydantic import ConfigDict, Field
from starlette.responses import Response

from tradeoms.domain.ruleset.state import RuleStatus
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries_checks import one_check
from tradeoms.projections.queries_waivers import ApproverCount, count_approvals
from tradeoms.projections.resources_control import (
    CheckResource,
    HitResource,
    RuleResource,
    WaiverResource,
)
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show, show_outcome
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Code, Filter, Query
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.orders import order_subject
from tradeoms.rest.permissions import READ_PEOPLE
from tradeoms.rest.routes import Routes

routes: Final = Routes("compliance")


class HitQuery(ListQuery):
    """Narrows the list."""

    fund: Filter | None = None
    rule: Filter | None = None
    order: Filter | None = None


class WaiverQuery(ListQuery):
    """Narrows the list."""

    status: WaiverStatus | None = None
    order: Filter | None = None


class RuleQuery(ListQuery):
    """Narrows the list."""

    status: RuleStatus | None = None
    rule: Filter | None = None


class RuleBody(Body):
    """A rule as written; `compliance.policy` says what its kind needs."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    id: Code
    version: int = Field(ge=1, le=1_000_000)
    cases: list[dict[str, Any]] = Field(default_factory=list, max_length=200)  # Any: JSON
    """Cases that it must pass before it is in force."""


class WaiverStanding(msgspec.Struct):
    """One of several waivers, as it stands after an approval."""

    id: str
    status: str


class WaiversApproved(msgspec.Struct):
    """What became of each."""

    data: list[WaiverStanding]
    seq: int


class ApproverCounts(msgspec.Struct):
    """One line for every person who decided about waivers."""

    data: list[ApproverCount]


class RulesBody(Body):
    """New versions of rules."""

    rules: list[RuleBody] = Field(min_length=1, max_length=2_000)


class DryRunQuery(Query):
    """Whether to decide only."""

    dry_run: Literal["true", "false"] = "false"


@endpoint(routes, "GET", "/checks/{check_id}", permission="read", answer=CheckResource)
async def get_check(call: Call) -> Response:
    """Show a check: every rule and cell with its numbers."""
    check_id = call.request.path_params["check_id"]
    return show(await call.find(Subject(kind="check", id=check_id, find=one_check)))


@endpoint(routes, "GET", "/hits", permission="read", query=HitQuery, answer=PageOf(HitResource))
async def get_hits(call: Call) -> Response:
    """List limits that orders would have exceeded, newest first.

    A hit stops an order before it trades. What a portfolio exceeds is a breach.
    """
    asked: HitQuery = call.query
    return await list_of(call, q.HITS, fund=asked.fund, rule_id=asked.rule, order_id=asked.order)


@endpoint(routes, "GET", "/hits/{hit_id}", permission="read", answer=HitResource)
async def get_hit(call: Call) -> Response:
    """Show a hit."""
    hit_id = call.request.path_params["hit_id"]
    return show(await call.find(subject_of(q.HITS, "hit", hit_id)))


@endpoint(
    routes, "POST", "/waivers", permission="RequestWaiver", body=b.WaiverBody,
    answer=WaiverResource, status=201, key="required",
)  # fmt: skip
async def request_waiver(call: Call) -> Response:
    """Ask for permission to proceed with a soft breach."""
    asked: b.WaiverBody = call.body
    bounds = asked.model_dump(exclude_none=True, exclude={"order"})
    fields = {"order_id": asked.order, **bounds}
    outcome = await call.submit(
        "RequestWaiver", b.encode_fields(fields), subject=order_subject(asked.order)
    )
    waiver = subject_of(q.WAIVERS, "waiver", made_id(outcome))
    return await call.show_changed(outcome, waiver, status=201, location="/api/v1/waivers")


@endpoint(
    routes, "GET", "/waivers", permission="read", query=WaiverQuery, answer=PageOf(WaiverResource)
)
async def get_waivers(call: Call) -> Response:
    """List waivers, newest first."""
    return await list_of(call, q.WAIVERS, status=call.query.status, order_id=call.query.order)


@endpoint(
    routes, "POST", "/waivers:approve", permission="ApproveWaivers", body=b.ApproveWaiversBody,
    answer=WaiversApproved, key="optional",
)  # fmt: skip
async def approve_waivers(call: Call) -> Response:
    """Give several permissions, all or none; each is recorded with the reason they share."""
    asked: b.ApproveWaiversBody = call.body
    fields = {"waiver_ids": asked.waivers, "reason": asked.reason}
    return show_outcome(await call.submit("ApproveWaivers", b.encode_fields(fields)))


@endpoint(routes, "GET", "/waivers:approvers", permission=READ_PEOPLE, answer=ApproverCounts)
async def get_approvers(call: Call) -> Response:
    """Count what each approver has decided, and how much of it many at once."""
    return show(ApproverCounts(data=await call.read(count_approvals, call.principal.scope)))


@endpoint(routes, "GET", "/waivers/{waiver_id}", permission="read", answer=WaiverResource)
async def get_waiver(call: Call) -> Response:
    """Show a waiver."""
    waiver_id = call.request.path_params["waiver_id"]
    return show(await call.find(subject_of(q.WAIVERS, "waiver", waiver_id)))


async def _decide(call: Call, kind: str) -> Response:
    waiver_id = call.request.path_params["waiver_id"]
    subject = subject_of(q.WAIVERS, "waiver", waiver_id)
    return await act_and_show(call, kind, subject, waiver_id=waiver_id)


@endpoint(
    routes, "POST", "/waivers/{waiver_id}/approve", permission="ApproveWaiver",
    body=b.ApproveWaiverBody, answer=WaiverResource, key="optional",
)  # fmt: skip
async def approve_waiver(call: Call) -> Response:
    """Give the permission; another person than who asked."""
    return await _decide(call, "ApproveWaiver")


@endpoint(
    routes, "POST", "/waivers/{waiver_id}/refuse", permission="RefuseWaiver",
    body=b.RefuseWaiverBody, answer=WaiverResource, key="optional",
)  # fmt: skip
async def refuse_waiver(call: Call) -> Response:
    """Say no."""
    return await _decide(call, "RefuseWaiver")


@endpoint(routes, "GET", "/rules", permission="read", query=RuleQuery, answer=PageOf(RuleResource))
async def get_rules(call: Call) -> Response:
    """List all versions of the rules."""
    return await list_of(call, q.RULES, status=call.query.status, rule_id=call.query.rule)


@endpoint(
    routes, "POST", "/rules", permission="DefineRules", body=RulesBody, query=DryRunQuery,
    answer={"type": "object"}, key="optional",
)  # fmt: skip
async def define_rules(call: Call) -> Response:
    """Record new versions of rules as drafts."""
    asked: RulesBody = call.body
    rules = [
        {
            "rule_id": rule.id,
            "version": rule.version,
            "definition": msgspec.json.encode(_as_written(rule), order="sorted").decode(),
            "cases": msgspec.json.encode(rule.cases, order="sorted").decode(),
        }
        for rule in asked.rules
    ]
    outcome = await call.submit(
        "DefineRules", b.encode_fields({"rules": rules}), dry_run=call.query.dry_run == "true"
    )
    return show_outcome(outcome)


def _as_written(rule: RuleBody) -> dict[str, Any]:  # Any: JSON
    return {"id": rule.id, "version": rule.version, **(rule.model_extra or {})}


async def _change_rule(call: Call, kind: str) -> Response:
    rule_id = call.request.path_params["rule_id"]
    number = call.request.path_params["version"]
    subject = Subject(kind="rule", id=f"{rule_id}@{number}", find=_find_rule)
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise problem("rule_unknown", "no such rule", pointer="/rule", value=subject.id)
    return await act_and_show(call, kind, subject, rule_id=rule_id, version=int(number))


def _find_rule(link: Any, name: str, scope: Any) -> Any:  # Any: as `one_row`
    rule_id, _, version = name.rpartition("@")
    return q.one_row(link, q.RULES, [rule_id, int(version)], scope)


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/test", permission="TestRule",
    body=b.NothingBody, answer=RuleResource, key="optional",
)  # fmt: skip
async def test_rule(call: Call) -> Response:
    """Run the cases that a version carries; `failures` tells which did not pass."""
    return await _change_rule(call, "TestRule")


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/approve", permission="ApproveRule",
    body=b.ApproveRuleBody, answer=RuleResource, key="optional",
)  # fmt: skip
async def approve_rule(call: Call) -> Response:
    """Approve a tested version; another person than its author."""
    return await _change_rule(call, "ApproveRule")


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/activate", permission="ActivateRule",
    body=b.ActivateRuleBody, answer=RuleResource, key="optional",
)  # fmt: skip
async def activate_rule(call: Call) -> Response:
    """Put a version in force, now or on a later day; another person than its author."""
    return await _change_rule(call, "ActivateRule")


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/retire", permission="RetireRule",
    body=b.NothingBody, answer=RuleResource, key="optional",
)  # fmt: skip
async def retire_rule(call: Call) -> Response:
    """Take a version out of force: two people, each by this call.

    After the first the version stays as it is, and `retirement_requested_by` names who asked.
    """
    return await _change_rule(call, "RetireRule")


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/keep", permission="KeepRule",
    body=b.NothingBody, answer=RuleResource, key="optional",
)  # fmt: skip
async def keep_rule(call: Call) -> Response:
    """Refuse to take a version out of force that somebody asked to retire; who asked may too."""
    return await _change_rule(call, "KeepRule")
