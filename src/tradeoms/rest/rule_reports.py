"""What is asked of rules before they are promoted: differences, shadows, back-tests."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
from pydantic import Field
from starlette.responses import Response

from tradeoms.app.backtest import BackTest, Change, back_test
from tradeoms.app.day_ends import PositionChange
from tradeoms.compliance.rule_diff import diff_rules
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import PAGE_MAX, Cut, Scope
from tradeoms.projections.queries_shadow import ShadowReport, shadow_report
from tradeoms.projections.resources_control import RuleResource
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Body, Cursor, Limit, Query, Whole
from tradeoms.rest.routes import Routes

routes: Final = Routes("compliance")


class DiffQuery(Query):
    """Which versions."""

    before: Annotated[Whole, Field(alias="from")]
    after: Annotated[Whole, Field(alias="to")]


class ShadowQuery(Query):
    """Which checks."""

    limit: Limit = PAGE_MAX
    """How many checks to go through at most, of whatever rules."""
    after: Cursor | None = None
    """The `next` of the part before."""


class FieldChange(msgspec.Struct, frozen=True, rename={"before": "from", "after": "to"}):
    """One field that differs, and its value in both versions; null where it is absent."""

    field: str
    before: Any  # Any: JSON
    after: Any


class RuleDiff(msgspec.Struct, frozen=True):
    """What changed between two versions."""

    data: list[FieldChange]


class BackTestBody(Body):
    """How far back."""

    days: int = Field(default=30, ge=1, le=3_660)


class ChangeResource(msgspec.Struct, frozen=True, kw_only=True):
    """One check that would have come out otherwise."""

    order_id: str
    at: str
    stage: str
    then: str
    with_draft: str
    outcome: str
    fund: str
    cell: str
    numerator: str
    denominator: str
    limit: str
    explanation: str


class PositionChangeResource(msgspec.Struct, frozen=True, kw_only=True):
    """One cell that a run at the end of a day would have found otherwise."""

    day: str
    fund: str
    cell: str
    then: str
    with_draft: str
    numerator: str
    denominator: str
    limit: str
    explanation: str


class BackTestResource(msgspec.Struct, frozen=True, kw_only=True):
    """What a back-test came to; `checks`, `cells` and `positions_differing` count every fund's.

    `days` is how many ends of days were tested. `positions` lists the first 5,000 that differ.
    """

    rule_id: str
    version: int
    since: str
    checks: int
    changes: list[ChangeResource]
    days: int
    cells: int
    positions_differing: int
    positions: list[PositionChangeResource]


def _version(link: sa.Connection, rule_id: str, version: int, scope: Scope) -> RuleResource | None:
    found: RuleResource | None = q.one_row(link, q.RULES, [rule_id, version], scope)
    return found


async def _definition(call: Call, version: int) -> dict[str, Any]:  # Any: JSON
    rule_id = call.request.path_params["rule_id"]
    found = await call.read(_version, rule_id, version, call.principal.scope)
    if found is None:
        raise problem("rule_unknown", "no such rule", pointer="/rule", value=f"{rule_id}@{version}")
    definition: dict[str, Any] = msgspec.json.decode(found.definition)
    return definition


@endpoint(routes, "GET", "/rules/{rule_id}/diff", permission="read", query=DiffQuery,
          answer=RuleDiff)  # fmt: skip
async def get_diff(call: Call) -> Response:
    """Show what changed between two versions of a rule, field by field."""
    asked: DiffQuery = call.query
    before, after = await _definition(call, asked.before), await _definition(call, asked.after)
    changes = [FieldChange(one.field, one.before, one.after) for one in diff_rules(before, after)]
    return show(RuleDiff(changes))


@endpoint(routes, "GET", "/rules/{rule_id}/shadow", permission="read", query=ShadowQuery,
          answer=ShadowReport)  # fmt: skip
async def get_shadow(call: Call) -> Response:
    """Tell what a shadow rule found, and what it would have stopped, check by check.

    Counts and findings are of the checks of this part, oldest first; add those of each `next`.
    """
    rule_id, scope = call.request.path_params["rule_id"], call.principal.scope
    cut = Cut(call.query.after, call.query.limit)
    return show(await call.read(shadow_report, rule_id, scope.funds, cut))


def _run(link: sa.Connection, rule_id: str, version: int, days: int) -> BackTest:
    return back_test(link.engine, rule_id, version, days=days)


@endpoint(
    routes, "POST", "/rules/{rule_id}/versions/{version}/backtest", permission="TestRule",
    body=BackTestBody, answer=BackTestResource,
)  # fmt: skip
async def post_backtest(call: Call) -> Response:
    """Test a version on the orders and positions of the last days, in a thread of this process.

    Changes to orders and positions of funds that are not yours to see are left out, aggregates too.
    """
    rule_id, number = (call.request.path_params[name] for name in ("rule_id", "version"))
    version = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0
    await _definition(call, version)
    found = await call.read(_run, rule_id, version, call.body.days)
    mine = call.principal.scope.funds
    seen = [one for one in found.changes if mine is None or mine & set(one.funds)]
    return show(
        BackTestResource(
            rule_id=found.rule_id,
            version=found.version,
            since=found.since.isoformat(),
            checks=found.checks,
            changes=[_shown(one) for one in seen],
            days=found.days,
            cells=found.cells,
            positions_differing=found.positions_differing,
            positions=[
                _position(one) for one in found.positions if mine is None or one.fund in mine
            ],
        )
    )


def _shown(change: Change) -> ChangeResource:
    fields = {name: getattr(change, name) for name in ChangeResource.__struct_fields__}
    return ChangeResource(**{**fields, "at": change.at.isoformat()})


def _position(change: PositionChange) -> PositionChangeResource:
    fields = {name: getattr(change, name) for name in PositionChangeResource.__struct_fields__}
    return PositionChangeResource(**{**fields, "day": change.day.isoformat()})
