"""Approval limits: which orders need a second person."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.kernel.enums import Role
from tradeoms.projections.queries_approvals import ApprovalLimitsResource, find_approval_limits
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.fields import Body, Code, Currency, Decimal
from tradeoms.rest.reference import DryRunQuery, Loaded, load_all
from tradeoms.rest.routes import Routes

routes: Final = Routes("approval limits")
_Codes = Annotated[list[Code], Field(max_length=500)]


class ApprovalLimitBody(Body):
    """An order that it fits, and that is larger by one measure, needs a second person."""

    id: Code
    managers: _Codes = Field(default_factory=list)
    roles: Annotated[list[Role], Field(max_length=20)] = Field(default_factory=list)
    """Of the person who entered the order."""
    funds: _Codes = Field(default_factory=list)
    above_value: Decimal | None = None
    """Of the whole order, in `currency`."""
    currency: Currency | None = None
    above_adv_pct: Decimal | None = None
    """Per cent of the average daily volume."""
    above_nav_pct: Decimal | None = None
    """Per cent of NAV of any one fund, by its leg."""


class ApprovalLimitsBody(Body):
    """All limits."""

    limits: Annotated[list[ApprovalLimitBody], Field(max_length=1_000)]


@endpoint(routes, "GET", "/approval-limits", permission="read", answer=ApprovalLimitsResource)
async def get_approval_limits(call: Call) -> Response:
    """Show the limits above which orders need a second person."""
    return show(await call.read(find_approval_limits, call.principal.scope))


@endpoint(
    routes, "POST", "/approval-limits", permission="LoadApprovalLimits", body=ApprovalLimitsBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_approval_limits(call: Call) -> Response:
    """Set the limits, in place of all there are; they hold from the next check of an order on."""
    asked: ApprovalLimitsBody = call.body
    limits = [one.model_dump(exclude_none=True) for one in asked.limits]
    return await load_all(call, "LoadApprovalLimits", {"limits": limits})
