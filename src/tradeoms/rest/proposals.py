"""Rebalance proposals: computed beside the engine, reviewed as a set, made orders at once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as Exact
from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.responses import Response

from tradeoms.app.fund_states import PlanRefused
from tradeoms.domain.proposal.terms import Band, Flow, Mode, Plan
from tradeoms.kernel.enums import OrderType
from tradeoms.projections.queries_portfolio import LINES, PROPOSALS
from tradeoms.projections.resources_portfolio import LineResource, ProposalResource
from tradeoms.projections.resources_text import encode
from tradeoms.rest import bodies as b
from tradeoms.rest.acting import act_and_show, made_id
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.errors import ErrorItem, ProblemError, problem
from tradeoms.rest.fields import Body, Code, Decimal, Filter, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("proposals")


class FlowBody(Body):
    """Cash that comes into a fund, or leaves it where negative, in its base currency."""

    fund: Code
    amount: Decimal


class ToleranceBody(Body):
    """A deviation that is left alone, in modes `full` and `sell_only`."""

    value: Decimal
    """Points of NAV, or per cent of the target weight."""
    band: Band = Band.ABSOLUTE


class ProposalBody(Body):
    """What to compute. Percentages are in points: `2.5` is 2.5 %."""

    funds: Annotated[list[Code], Field(min_length=1, max_length=2_000)]
    model: Code | None = None
    """Its approved version; each fund's own benchmark, if absent."""
    mode: Mode = Mode.FULL
    tolerance: ToleranceBody | None = None
    cash_buffer: Decimal = "0"
    """Points of NAV that stay cash."""
    minimum_trade: Decimal = "0"
    """Smallest amount worth trading, in each fund's base currency."""
    do_not_trade: Annotated[list[b.SecurityBody], Field(max_length=5_000)] = Field(
        default_factory=list
    )
    flows: Annotated[list[FlowBody], Field(max_length=2_000)] = Field(default_factory=list)
    """Subscriptions and redemptions."""
    fit: bool = False
    """Cut what compliance stops to what passes."""
    order_type: OrderType = OrderType.MARKET


class ApproveProposalBody(Body):
    """How the orders are entered."""

    reason: Text = ""
    submit: bool = True
    """Send them to compliance at once; false keeps them drafts."""
    custom: dict[Code, Text] = Field(default_factory=dict)
    """Values of custom fields, for all of them."""


class DiscardBody(Body):
    """Why, if you like."""

    reason: Text = ""


class ProposalQuery(ListQuery):
    """Narrows the list."""

    status: Literal["open", "approved", "discarded"] | None = None


class LineQuery(ListQuery):
    """Narrows the list."""

    fund: Filter | None = None


def _subject(proposal_id: str) -> Subject:
    return subject_of(PROPOSALS, "proposal", proposal_id)


def _of(call: Call) -> Subject:
    return _subject(call.request.path_params["proposal_id"])


@endpoint(
    routes, "POST", "/proposals", permission="MakeProposal", body=ProposalBody,
    answer=ProposalResource, status=201, key="optional",
)  # fmt: skip
async def make_proposal(call: Call) -> Response:
    """Compute the trades that bring funds to a model or their benchmarks; nothing is entered.

    Holdings count with all open orders filled. Compliance tests the set as one end state.
    """
    asked: ProposalBody = call.body
    checker = call.services.checker
    if checker is None:
        raise problem("not_available", "this node cannot compute proposals")
    scope = call.principal.scope.funds
    for number, fund in enumerate(asked.funds):
        if scope is not None and fund not in scope:
            raise problem("fund_unknown", "no such fund", pointer=f"/funds/{number}", value=fund)
    spared = [(one.scheme, one.value) for one in asked.do_not_trade]
    try:
        made = await call.services.in_thread(lambda: checker.propose(_plan(asked), spared))
    except PlanRefused as error:
        items = [
            ErrorItem(pointer=f"/{one.field}", code=one.code, detail=one.detail, value=one.value)
            for one in error.refusals
        ]
        raise ProblemError(items) from None
    except LookupError as error:
        told = str(error).strip("'\"")
        raise problem("security_unknown", told, pointer="/do_not_trade") from None
    outcome = await call.submit("MakeProposal", encode(made))
    return await call.show_changed(outcome, _subject(made_id(outcome)), status=201)


def _plan(asked: ProposalBody) -> Plan:
    """What was asked; the day and the version of the model are set where it is computed."""
    tolerance = asked.tolerance
    return Plan(
        funds=tuple(asked.funds),
        model=asked.model or "",
        model_version=0,
        mode=asked.mode,
        trade_on=date.min,
        tolerance=Exact(tolerance.value if tolerance else 0),
        band=tolerance.band if tolerance else Band.ABSOLUTE,
        cash_buffer=Exact(asked.cash_buffer),
        minimum_trade=Exact(asked.minimum_trade),
        flows=tuple(Flow(fund=one.fund, amount=Exact(one.amount)) for one in asked.flows),
        fit=asked.fit,
        order_type=asked.order_type,
    )


@endpoint(
    routes, "GET", "/proposals", permission="read", query=ProposalQuery,
    answer=PageOf(ProposalResource),
)  # fmt: skip
async def get_proposals(call: Call) -> Response:
    """List proposals, newest first."""
    return await list_of(call, PROPOSALS, status=call.query.status)


@endpoint(routes, "GET", "/proposals/{proposal_id}", permission="read", answer=ProposalResource)
async def get_proposal(call: Call) -> Response:
    """Show a proposal, without its lines."""
    return show(await call.find(_of(call)))


@endpoint(
    routes, "GET", "/proposals/{proposal_id}/lines", permission="read", query=LineQuery,
    answer=PageOf(LineResource),
)  # fmt: skip
async def get_lines(call: Call) -> Response:
    """List the lines of a proposal, traded and left out, fund by fund."""
    subject = _of(call)
    await call.find(subject)
    return await list_of(call, LINES, proposal_id=subject.id, fund=call.query.fund)


@endpoint(
    routes, "POST", "/proposals/{proposal_id}/approve", permission="ApproveProposal",
    body=ApproveProposalBody, answer=ProposalResource, key="optional",
)  # fmt: skip
async def approve_proposal(call: Call) -> Response:
    """Turn all lines into orders, one for each security and side, or none of them.

    It must be of this trading day, and everything it sells must still be there.
    """
    subject = _of(call)
    custom = list(call.body.custom.items())
    return await act_and_show(
        call, "ApproveProposal", subject, proposal_id=subject.id, custom=custom
    )


@endpoint(
    routes, "POST", "/proposals/{proposal_id}/discard", permission="DiscardProposal",
    body=DiscardBody, answer=ProposalResource, key="optional",
)  # fmt: skip
async def discard_proposal(call: Call) -> Response:
    """Let a proposal go; it stays on record."""
    subject = _of(call)
    return await act_and_show(call, "DiscardProposal", subject, proposal_id=subject.id)
