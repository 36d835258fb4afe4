"""What if: orders checked on a copy of the state. Nothing is saved, nothing is reserved."""

from __future__ import annotations

from typing import Any, Final

import msgspec
from pydantic import TypeAdapter
from starlette.responses import Response

from tradeoms.domain.evaluation import Evaluation
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import encode
from tradeoms.rest import bodies as b
from tradeoms.rest.endpoint import Call, endpoint
from tradeoms.rest.errors import problem
from tradeoms.rest.parsing import check_json, parse
from tradeoms.rest.permissions import CHECK
from tradeoms.rest.routes import Routes

routes: Final = Routes("orders")
_many: Final = TypeAdapter(b.CheckBody)
_single: Final = TypeAdapter(b.OrderBody)
_order: Final = msgspec.json.Decoder(CreateOrder).decode


class VerdictAnswer(msgspec.Struct):
    """One cell of one rule that did not simply pass."""

    rule: str
    rule_version: int
    kind: str
    severity: str
    fund: str | None
    cell: str | None
    outcome: str
    numerator_before: str | None
    numerator_after: str | None
    denominator_before: str | None
    denominator_after: str | None
    limit: str | None
    bound: str | None
    explanation: str


class CheckAnswer(msgspec.Struct):
    """What compliance would say to one order."""

    client_order_id: str
    outcome: str
    action: str
    max_quantity: str | None
    binding_rule: str | None
    waiting_for: tuple[str, ...]
    verdicts: tuple[VerdictAnswer, ...]


class CheckAnswers(msgspec.Struct):
    """One answer an order, in the order of the request."""

    data: list[CheckAnswer]


class _Peek(msgspec.Struct):
    orders: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


def _read(raw: bytes) -> b.CheckBody:
    """A list of orders, or a single one as it would be entered."""
    check_json(raw)
    try:
        many = msgspec.json.decode(raw, type=_Peek).orders is not msgspec.UNSET
    except msgspec.DecodeError:
        many = True
    if many:
        return parse(_many, raw)
    return b.CheckBody.model_construct(orders=[parse(_single, raw)], basket=None)


@endpoint(
    routes,
    "POST",
    "/orders:check",
    permission=CHECK,
    body=b.CheckBody,
    answer=CheckAnswers,
    read=_read,
)
async def check_orders(call: Call) -> Response:
    """Ask what compliance would say, without entering anything.

    `max_quantity` is the most that no rule would block, and `binding_rule` the rule that sets it.
    The body may also be a single order. The funds must be yours to see.
    """
    asked: b.CheckBody = call.body
    checker = call.services.checker
    if checker is None:
        raise problem("not_available", "this node cannot check what-ifs")
    _own_funds(call, asked)
    orders = [_order(b.create_order(order)) for order in asked.orders]
    mode = asked.basket or "each"
    if mode == "net":
        raise problem("not_available", "baskets are checked as `worst` only", pointer="/basket")
    try:
        found = await call.services.in_thread(lambda: checker.check(orders, mode=mode))
    except LookupError as error:
        raise problem("security_unknown", str(error).strip("'\""), pointer="/orders") from None
    answers = [_answer(order, one) for order, one in zip(asked.orders, found, strict=True)]
    return Response(encode(CheckAnswers(data=answers)), media_type="application/json")


def _own_funds(call: Call, asked: b.CheckBody) -> None:
    """A check measures whole funds: it must not be a way to look into other people's."""
    funds = call.principal.scope.funds
    if funds is None:
        return
    for number, order in enumerate(asked.orders):
        for leg, allocation in enumerate(order.allocations):
            if allocation.fund not in funds:
                pointer = f"/orders/{number}/allocations/{leg}/fund"
                raise problem(
                    "fund_unknown", "no such fund", pointer=pointer, value=allocation.fund
                )


def _answer(order: b.OrderBody, found: Evaluation) -> CheckAnswer:
    most = found.max_quantity
    return CheckAnswer(
        client_order_id=order.client_order_id,
        outcome=found.outcome.value,
        action=found.action.value,
        max_quantity=None if most is None else plain(most),
        binding_rule=found.binding_rule,
        waiting_for=found.waiting_for,
        verdicts=tuple(_verdict(verdict) for verdict in found.verdicts),
    )


def _verdict(verdict: Any) -> VerdictAnswer:  # Any: `domain.evaluation.Verdict`
    return VerdictAnswer(
        rule=verdict.rule_id,
        rule_version=verdict.rule_version,
        kind=verdict.kind,
        severity=verdict.severity.value,
        fund=verdict.fund,
        cell=verdict.cell,
        outcome=verdict.outcome.value,
        numerator_before=verdict.numerator_before,
        numerator_after=verdict.numerator_after,
        denominator_before=verdict.denominator_before,
        denominator_after=verdict.denominator_after,
        limit=verdict.limit,
        bound=verdict.bound,
        explanation=verdict.explanation,
    )
