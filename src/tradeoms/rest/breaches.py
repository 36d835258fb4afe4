"""Compliance after the trade: the register of breaches, and the runs that find them."""

from __future__ import annotations

from typing import Any, Final, Literal

from starlette.responses import Response

from tradeoms.domain.case.findings import BreachKind
from tradeoms.domain.case.state import CaseStatus
from tradeoms.projections import queries_cases as cases
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_cases import BreachResource, RunDetails, RunResource
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.fields import Filter, Query, Whole
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("breaches")


class RegisterQuery(Query):
    """Narrows the register."""

    status: CaseStatus | None = None
    kind: BreachKind | None = None
    fund: Filter | None = None
    rule: Filter | None = None
    assignee: Filter | None = None
    open: Literal["true", "false"] | None = None
    """Whether the limit is still exceeded."""
    overdue: Literal["true"] | None = None
    """Still exceeded after the day by which it had to be cured."""
    age: Whole | None = None
    """Days since it was found, at least so many."""


class BreachQuery(ListQuery, RegisterQuery):
    """Narrows the list."""


class RunQuery(ListQuery):
    """Narrows the list."""

    status: Literal["running", "overdue", "finished"] | None = None


def _wanted(asked: RegisterQuery) -> cases.Wanted:
    return cases.Wanted(
        columns={
            name: value
            for name, value in (
                ("status", asked.status), ("kind", asked.kind), ("fund", asked.fund),
                ("rule_id", asked.rule), ("assignee", asked.assignee),
            )
            if value is not None
        },
        open=None if asked.open is None else asked.open == "true",
        overdue=asked.overdue is not None,
        age_days=asked.age,
    )  # fmt: skip


@endpoint(
    routes, "GET", "/breaches", permission="read", query=BreachQuery, answer=PageOf(BreachResource)
)
async def get_breaches(call: Call) -> Response:
    """List the limits that portfolios exceed, or did, newest first."""
    return await show_list(call, cases.register, _wanted(call.query), call.principal.scope)


@endpoint(
    routes, "GET", "/breaches.csv", permission="read", query=RegisterQuery,
    answer={"type": "string"}, media_type="text/csv",
)  # fmt: skip
async def export_breaches(call: Call) -> Response:
    """The whole register as a file, one line a breach."""
    text = await call.read(cases.register_csv, _wanted(call.query), call.principal.scope)
    return Response(text, media_type="text/csv; charset=utf-8")


@endpoint(routes, "GET", "/breaches/{breach_id}", permission="read", answer=BreachResource)
async def get_breach(call: Call) -> Response:
    """Show a breach."""
    breach_id = call.request.path_params["breach_id"]
    return show(await call.find(subject_of(q.BREACHES, "breach", breach_id)))


async def _work(call: Call, kind: str) -> Response:
    breach_id = call.request.path_params["breach_id"]
    subject = subject_of(q.BREACHES, "breach", breach_id)
    return await act_and_show(call, kind, subject, breach_id=breach_id)


@endpoint(
    routes, "POST", "/breaches/{breach_id}/assign", permission="AssignBreach",
    body=b.AssignBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def assign_breach(call: Call) -> Response:
    """Make a person responsible."""
    return await _work(call, "AssignBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/comment", permission="CommentBreach",
    body=b.CommentBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def comment_breach(call: Call) -> Response:
    """Add a remark that officers and the fund's portfolio managers see."""
    return await _work(call, "CommentBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/explain", permission="ExplainBreach",
    body=b.ExplainBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def explain_breach(call: Call) -> Response:
    """Say how it came about."""
    return await _work(call, "ExplainBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/remediate", permission="RemediateBreach",
    body=b.RemediateBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def remediate_breach(call: Call) -> Response:
    """Say what is being done about it."""
    return await _work(call, "RemediateBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/override", permission="OverrideBreach",
    body=b.OverrideBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def override_breach(call: Call) -> Response:
    """Let it stand until a day; never one of a hard rule."""
    return await _work(call, "OverrideBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/resolve", permission="ResolveBreach",
    body=b.ClaimBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def resolve_breach(call: Call) -> Response:
    """Claim that it is dealt with; the next run confirms it or not."""
    return await _work(call, "ResolveBreach")


@endpoint(
    routes, "POST", "/breaches/{breach_id}/close", permission="CloseBreach",
    body=b.CloseBody, answer=BreachResource, key="optional",
)  # fmt: skip
async def close_breach(call: Call) -> Response:
    """Sign off, with evidence, what is cured or tested no more; another person than who had it."""
    return await _work(call, "CloseBreach")


@endpoint(
    routes, "GET", "/compliance/statistics", permission="read", query=RegisterQuery,
    answer={"type": "object"},
)  # fmt: skip
async def get_statistics(call: Call) -> Response:
    """Count the register: by fund, rule, manager, cause, kind; days to cure; overrides."""
    return show(await call.read(cases.statistics, _wanted(call.query), call.principal.scope))


@endpoint(
    routes, "POST", "/compliance/runs", permission="StartRun", body=b.RunBody, answer=RunResource,
    status=202, key="optional",
)  # fmt: skip
async def start_run(call: Call) -> Response:
    """Test funds against every rule, as they stand now; the answer tells where to look."""
    outcome = await call.submit("StartRun", b.command_body(call.body))
    run = subject_of(q.RUNS, "run", made_id(outcome))
    return await call.show_changed(outcome, run, status=202, location="/api/v1/compliance/runs")


@endpoint(
    routes, "GET", "/compliance/runs", permission="read", query=RunQuery, answer=PageOf(RunResource)
)
async def get_runs(call: Call) -> Response:
    """List post-trade runs, newest first."""
    return await list_of(call, q.RUNS, status=call.query.status)


@endpoint(routes, "GET", "/compliance/runs/{run_id}", permission="read", answer=RunDetails)
async def get_run(call: Call) -> Response:
    """Show a run, and every cell that did not pass in the funds that are yours to see."""
    run_id = call.request.path_params["run_id"]
    found: Any = await call.find(Subject(kind="run", id=run_id, find=cases.one_run))
    return show(found)
