"""Models and proposals as clients see them. Percentages are in points: `2.5` is 2.5 %."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from tradeoms.domain.model.state import ModelVersion
from tradeoms.domain.proposal.state import Proposal
from tradeoms.domain.proposal.terms import Line, Plan, ProposedOrder
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import SecurityRef, instant, plain_or_none, security_ref

Securities = Mapping[str, Security]


class ModelWeightResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A security and its weight."""

    security: SecurityRef
    weight: str


class ModelPartResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Another model and its weight."""

    model: str
    weight: str


class ModelOverrideResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fund holds in place of a security; `by` is null where it is excluded."""

    fund: str
    security: SecurityRef
    by: SecurityRef | None


class ModelResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A version of a model: `draft`, `approved` or `superseded`. What it leaves of 100 is cash."""

    id: str
    version: int
    seq: int
    name: str
    status: str
    weights: tuple[ModelWeightResource, ...]
    parts: tuple[ModelPartResource, ...]
    overrides: tuple[ModelOverrideResource, ...]
    cash: str
    defined_by: str
    approved_by: str | None
    created_at: str
    updated_at: str


class FlowResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cash that comes into a fund, or leaves it where negative."""

    fund: str
    amount: str


class FundCashResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Cash of a fund with open orders and its flow, and once the lines have filled."""

    fund: str
    before: str
    after: str


class ProposedOrderResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An order that the proposal becomes, and what compliance says to it.

    `action` is of the order alone, `max_quantity` the most that passes beside the others.
    """

    security: SecurityRef
    side: str
    quantity: str
    action: str
    max_quantity: str | None
    binding_rule: str | None
    culprit: bool


class StopResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A cell of a rule that stops the whole set."""

    rule: str
    fund: str | None
    cell: str | None
    outcome: str
    explanation: str


class ProposalCompliance(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The whole set as one end state; `scale` is the largest common factor that passes."""

    outcome: str
    action: str
    scale: str
    stops: tuple[StopResource, ...]


class ProposalResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A proposal: `open`, `approved` or `discarded`; `/proposals/{id}/lines` has its lines."""

    id: str
    version: int
    seq: int
    status: str
    funds: tuple[str, ...]
    model: str | None
    model_version: int | None
    mode: str
    tolerance: str
    band: str
    cash_buffer: str
    minimum_trade: str
    do_not_trade: tuple[SecurityRef, ...]
    flows: tuple[FlowResource, ...]
    fit: bool
    order_type: str
    trade_on: str
    lines: int
    cash: tuple[FundCashResource, ...]
    orders: tuple[ProposedOrderResource, ...]
    compliance: ProposalCompliance
    order_ids: tuple[str, ...]
    made_by: str
    settled_by: str | None
    reason: str
    created_at: str
    updated_at: str


class LineResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One fund and security; `left_out` says why it stops short of its target."""

    id: str
    version: int
    seq: int
    fund: str
    security: SecurityRef
    side: str | None
    quantity: str
    weight: str | None
    target: str
    after: str | None
    left_out: str | None


def model_resource(
    model: ModelVersion, *, seq: int, securities: Securities, funds: Collection[str] | None = None
) -> ModelResource:
    """Show a version of a model, with what it says for ``funds`` only; `None` is every fund."""

    def ref(security_id: str) -> SecurityRef:
        return security_ref(securities.get(security_id), security_id)

    return ModelResource(
        id=model.model,
        version=model.version,
        seq=seq,
        name=model.name,
        status=model.status.value,
        weights=tuple(
            ModelWeightResource(security=ref(one.security_id), weight=plain(one.weight))
            for one in model.weights
        ),
        parts=tuple(
            ModelPartResource(model=one.model, weight=plain(one.weight)) for one in model.parts
        ),
        overrides=tuple(
            ModelOverrideResource(
                fund=one.fund,
                security=ref(one.security_id),
                by=ref(one.by_id) if one.by_id else None,
            )
            for one in model.overrides
            if funds is None or one.fund in funds
        ),
        cash=plain(100 - model.total),
        defined_by=model.defined_by,
        approved_by=model.approved_by or None,
        created_at=instant(model.created_at),
        updated_at=instant(model.updated_at),
    )


def proposal_resource(
    proposal: Proposal, *, seq: int, securities: Securities, funds: Collection[str] | None = None
) -> ProposalResource:
    """Show a proposal.

    Whoever may not see every fund of it sees neither its orders nor its compliance, which are of
    all funds together.
    """
    plan = proposal.plan
    whole = funds is None or set(plan.funds) <= set(funds)
    verdict = proposal.verdict
    return ProposalResource(
        id=proposal.id,
        version=proposal.version,
        seq=seq,
        status=proposal.status.value,
        funds=tuple(one for one in plan.funds if funds is None or one in funds),
        model=plan.model or None,
        model_version=plan.model_version or None,
        mode=plan.mode.value,
        tolerance=plain(plan.tolerance),
        band=plan.band.value,
        cash_buffer=plain(plan.cash_buffer),
        minimum_trade=plain(plan.minimum_trade),
        do_not_trade=tuple(security_ref(securities.get(one), one) for one in plan.do_not_trade),
        flows=_flows(plan, funds),
        fit=plan.fit,
        order_type=plan.order_type.value,
        trade_on=plan.trade_on.isoformat(),
        lines=proposal.lines,
        cash=tuple(
            FundCashResource(fund=one.fund, before=plain(one.before), after=plain(one.after))
            for one in proposal.cash
            if funds is None or one.fund in funds
        ),
        orders=tuple(_order(one, securities) for one in proposal.orders) if whole else (),
        compliance=ProposalCompliance(
            outcome=verdict.outcome,
            action=verdict.action,
            scale=verdict.scale,
            stops=tuple(
                StopResource(
                    rule=one.rule,
                    fund=one.fund or None,
                    cell=one.cell or None,
                    outcome=one.outcome,
                    explanation=one.explanation,
                )
                for one in verdict.stops
                if whole
            ),
        ),
        order_ids=proposal.order_ids,
        made_by=proposal.made_by,
        settled_by=proposal.settled_by or None,
        reason=proposal.reason,
        created_at=instant(proposal.created_at),
        updated_at=instant(proposal.updated_at),
    )


def line_resource(
    line: Line, *, proposal_id: str, number: int, seq: int, securities: Securities
) -> LineResource:
    """Show a line; lines never change."""
    return LineResource(
        id=f"{proposal_id}-{number}",
        version=1,
        seq=seq,
        fund=line.fund,
        security=security_ref(securities.get(line.security_id), line.security_id),
        side=line.side.value if line.side else None,
        quantity=plain(line.quantity),
        weight=plain_or_none(line.weight),
        target=plain(line.target),
        after=plain_or_none(line.after),
        left_out=line.left_out.value if line.left_out else None,
    )


def _flows(plan: Plan, funds: Collection[str] | None) -> tuple[FlowResource, ...]:
    return tuple(
        FlowResource(fund=flow.fund, amount=plain(flow.amount))
        for flow in plan.flows
        if funds is None or flow.fund in funds
    )


def _order(order: ProposedOrder, securities: Securities) -> ProposedOrderResource:
    return ProposedOrderResource(
        security=security_ref(securities.get(order.security_id), order.security_id),
        side=order.side.value,
        quantity=plain(order.quantity),
        action=order.action,
        max_quantity=plain_or_none(order.max_quantity),
        binding_rule=order.binding_rule or None,
        culprit=order.culprit,
    )
