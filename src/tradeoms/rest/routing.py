"""Routing: rules, broker lists and budgets loaded and shown, orders proposed and sent."""

from __future__ import annotations

from typing import Annotated, Any, Final

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.app.identity import SystemClock
from tradeoms.domain.routing.state import Period
from tradeoms.projections.queries_routing import (
    CommissionBudgetsResource,
    RoutingResource,
    find_budgets,
    find_routing,
)
from tradeoms.projections.resources_schema import PlacementResource
from tradeoms.rest.acting import act
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.fields import Body, Code, Currency, Decimal, Text
from tradeoms.rest.orders import order_subject
from tradeoms.rest.reference import DryRunQuery, Loaded, load_all
from tradeoms.rest.routes import Routes

routes: Final = Routes("routing")
_clock: Final = SystemClock()
_Codes = Annotated[list[Code], Field(max_length=500)]


class RoutingRuleBody(Body):
    """Sends orders that fit to the first of its destinations that may be used."""

    id: Code
    destinations: _Codes
    asset_types: _Codes = Field(default_factory=list)
    mics: _Codes = Field(default_factory=list)
    funds: _Codes = Field(default_factory=list)
    """The order is for these funds alone."""
    min_quantity: Decimal | None = None
    max_quantity: Decimal | None = None
    min_adv_pct: Decimal | None = None
    """Percent of the average daily volume that the order is, at least."""
    max_adv_pct: Decimal | None = None
    currency: Currency | None = None
    """Of `min_value` and `max_value`."""
    min_value: Decimal | None = None
    """What the order is worth at the worst of mark, limit and stop, at least."""
    max_value: Decimal | None = None
    below_budget_pct: Decimal | None = None
    """Destinations count while less than this percent of each of their commission budgets is used,
    the firm's and those of the order's funds."""


class RoutingRulesBody(Body):
    """All rules, in the order in which they are tried."""

    rules: Annotated[list[RoutingRuleBody], Field(max_length=1_000)]


class BrokerListsBody(Body):
    """Fund to the destinations it may use; a fund that is not named may use every one."""

    broker_lists: Annotated[dict[Code, _Codes], Field(max_length=5_000)]


class CommissionBudgetBody(Body):
    """What a destination is to be paid in commissions in a period of the calendar."""

    destination: Code
    amount: Decimal
    currency: Currency
    period: Period
    fund: Code | None = None
    """Paid by this fund; by all funds of the firm together, if absent."""


class CommissionBudgetsBody(Body):
    """All commission budgets."""

    budgets: Annotated[list[CommissionBudgetBody], Field(max_length=10_000)]


class RouteBody(Body):
    """Asks where an order should go; sends it there with `place`."""

    place: bool = False
    quantity: Decimal | None = None
    """All that is not placed, if absent."""
    destination: Code | None = None
    """Somewhere else than proposed; say why."""
    reason: Text = ""


class CandidateAnswer(msgspec.Struct):
    """A destination of the rule, and why it cannot be used."""

    destination: str
    why_not: str | None


class PassedAnswer(msgspec.Struct):
    """A rule before the one that fits, and why it does not."""

    rule: str
    why: str


class RouteAnswer(msgspec.Struct):
    """What the rules propose, and the placement that was made."""

    order: str
    rule: str | None
    because: str | None
    """The figures by which the rule fits."""
    passed: list[PassedAnswer]
    proposed: str | None
    candidates: list[CandidateAnswer]
    placement: PlacementResource | None
    seq: int


@endpoint(routes, "GET", "/routing-rules", permission="read", answer=RoutingResource)
async def get_routing_rules(call: Call) -> Response:
    """Show the rules and broker lists in force."""
    return show(await call.read(find_routing, call.principal.scope))


@endpoint(
    routes, "POST", "/routing-rules", permission="LoadRoutingRules", body=RoutingRulesBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_routing_rules(call: Call) -> Response:
    """Set the rules, in place of all there are."""
    asked: RoutingRulesBody = call.body
    rules: list[dict[str, Any]] = [  # Any: JSON
        rule.model_dump(exclude_none=True) for rule in asked.rules
    ]
    return await load_all(call, "LoadRoutingRules", {"rules": rules})


@endpoint(
    routes, "POST", "/broker-lists", permission="LoadBrokerLists", body=BrokerListsBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_broker_lists(call: Call) -> Response:
    """Set the brokers that funds may use, in place of all lists there are."""
    asked: BrokerListsBody = call.body
    lists = [{"fund": fund, "destinations": names} for fund, names in asked.broker_lists.items()]
    return await load_all(call, "LoadBrokerLists", {"lists": lists})


@endpoint(
    routes, "GET", "/commission-budgets", permission="read", answer=CommissionBudgetsResource,
)  # fmt: skip
async def get_commission_budgets(call: Call) -> Response:
    """Show what destinations were paid of their commission budgets in the period that runs."""
    return show(await call.read(find_budgets, call.principal.scope, _clock.now().date()))


@endpoint(
    routes, "POST", "/commission-budgets", permission="LoadCommissionBudgets",
    body=CommissionBudgetsBody, query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_commission_budgets(call: Call) -> Response:
    """Set the commission budgets, in place of all there are."""
    asked: CommissionBudgetsBody = call.body
    budgets = [one.model_dump(exclude_none=True) for one in asked.budgets]
    return await load_all(call, "LoadCommissionBudgets", {"budgets": budgets})


@endpoint(
    routes, "POST", "/orders/{order_id}/route", permission="RouteOrder", body=RouteBody,
    answer=RouteAnswer, key="required",
)  # fmt: skip
async def route_order(call: Call) -> Response:
    """Ask where an order should go, and send it there with `place`.

    Another destination than the rules propose needs a reason, which the journal keeps; one that a
    fund of the order may not use is refused, here and for every placement.
    """
    subject = order_subject(call.request.path_params["order_id"])
    return await act(call, "RouteOrder", subject, order_id=subject.id)
