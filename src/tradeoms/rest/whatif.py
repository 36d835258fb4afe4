"""What if: orders checked on a copy of the state. Nothing is saved, nothing is reserved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec
from pydantic import Field, TypeAdapter
from starlette.responses import Response

from tradeoms.app.replica import Headroom, SizeRefused
from tradeoms.domain.evaluation import BasketEvaluation, Evaluation
from tradeoms.domain.order.commands import CreateOrder
from tradeoms.domain.order.sizing import Sized
from tradeoms.domain.order.terms import check_manager
from tradeoms.kernel.decider import Refusal
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import plain
from tradeoms.projections.queries_access import find_users
from tradeoms.projections.resources_schema import Sizing
from tradeoms.projections.resources_sizing import sizing_resource
from tradeoms.projections.resources_text import SecurityRef, encode, security_ref
from tradeoms.rest import bodies as b
from tradeoms.rest.endpoint import Call, endpoint
from tradeoms.rest.errors import ErrorItem, ProblemError, problem
from tradeoms.rest.fields import Body, Code
from tradeoms.rest.parsing import check_json, parse
from tradeoms.rest.permissions import CHECK
from tradeoms.rest.routes import Routes
from tradeoms.rest.worker import Checker

routes: Final = Routes("orders")
T = TypeVar("T")
_many: Final = TypeAdapter(b.CheckBody)
_single: Final = TypeAdapter(b.OrderBody)
_order: Final = msgspec.json.Decoder(CreateOrder).decode


class HeadroomBody(Body):
    """Asks how much a fund may still trade."""

    fund: Code
    securities: Annotated[tuple[b.SecurityBody, ...], Field(max_length=5_000, strict=False)] = ()
    """Of which securities; all that the fund holds, if empty."""
    sides: Annotated[tuple[Side, ...], Field(min_length=1, max_length=4, strict=False)] = (
        Side.BUY,
        Side.SELL,
    )


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
    """What compliance would say to one order.

    In a basket `outcome` and `verdicts` are of the order alone, `max_quantity` is with the others
    as they are, and `culprit` says that it pushes a breached cell of the basket further over.
    `sizing` is what a size came to.
    """

    client_order_id: str
    outcome: str
    action: str
    max_quantity: str | None
    binding_rule: str | None
    waiting_for: tuple[str, ...]
    verdicts: tuple[VerdictAnswer, ...]
    culprit: bool = False
    sizing: Sizing | None = None


class BasketAnswer(msgspec.Struct):
    """What compliance would say to all orders together.

    `scale` is the largest common factor, 0 to 1, on the orders that worsen a cell at which no rule
    blocks: a decimal, or a fraction "n/d".
    """

    mode: str
    outcome: str
    action: str
    scale: str
    verdicts: tuple[VerdictAnswer, ...]


class CheckAnswers(msgspec.Struct, omit_defaults=True):
    """One answer an order, in the order of the request; and one of the basket, where asked."""

    data: list[CheckAnswer]
    basket: BasketAnswer | None = None


class HeadroomAnswer(msgspec.Struct):
    """How much of one security the fund may still trade on one side.

    `max_quantity` is null where no rule limits it; `outcome` is that of an order of one lot.
    """

    security: SecurityRef
    side: str
    held: str
    max_quantity: str | None
    binding_rule: str | None
    outcome: str


class HeadroomAnswers(msgspec.Struct):
    """One answer for every security and side."""

    data: list[HeadroomAnswer]


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
    checker = _checker(call)
    _own_funds(call, asked)
    orders = [_order(b.create_order(order)) for order in asked.orders]
    await _check_managers(call, orders)
    sizes: list[Sized | None] = [None] * len(orders)
    if any(order.sizing for order in orders):
        together = asked.basket is not None
        sized = await _look_up(call, "/orders", lambda: checker.size(orders, together=together))
        orders = [order for order, _ in sized]
        sizes = [found for _, found in sized]
    if asked.basket is None:
        alone = await _look_up(call, "/orders", lambda: checker.check(orders))
        answers = CheckAnswers(data=list(map(_answer, orders, alone)))
    else:
        mode = asked.basket
        found = await _look_up(call, "/orders", lambda: checker.check_basket(orders, mode=mode))
        answers = _basket(orders, *found)
    for answer, size in zip(answers.data, sizes, strict=True):
        answer.sizing = None if size is None else sizing_resource(size)
    return _respond(answers)


@endpoint(
    routes,
    "POST",
    "/compliance/headroom",
    permission=CHECK,
    body=HeadroomBody,
    answer=HeadroomAnswers,
)
async def ask_headroom(call: Call) -> Response:
    """Ask how much of each security a fund may still buy or sell.

    Positions and open orders count as in any check; nothing is reserved.
    """
    asked: HeadroomBody = call.body
    checker = _checker(call)
    if call.principal.scope.funds is not None and asked.fund not in call.principal.scope.funds:
        raise problem("fund_unknown", "no such fund", pointer="/fund", value=asked.fund)
    securities = [(one.scheme, one.value) for one in asked.securities]
    sides = tuple(dict.fromkeys(asked.sides))
    found = await _look_up(
        call, "/securities", lambda: checker.headroom(asked.fund, securities, sides)
    )
    return _respond(HeadroomAnswers(data=[_headroom(one) for one in found]))


def _checker(call: Call) -> Checker:
    if call.services.checker is None:
        raise problem("not_available", "this node cannot check what-ifs")
    return call.services.checker


async def _look_up(call: Call, pointer: str, ask: Callable[[], T]) -> T:
    """Ask in a thread; a name that does not exist, or a size that fails, is the caller's."""
    try:
        return await call.services.in_thread(ask)
    except SizeRefused as error:
        raise refused_size(error) from None
    except LookupError as error:
        raise problem("security_unknown", str(error).strip("'\""), pointer=pointer) from None


def refused_size(error: SizeRefused) -> ProblemError:
    """The problem that a size which cannot be turned into quantities is."""
    return ProblemError([_item(error.number, one) for one in error.rejected.refusals])


async def _check_managers(call: Call, orders: list[CreateOrder]) -> None:
    """Refuse to look at orders of people who could not lead them."""
    actor = call.principal.user.id
    names = {order.portfolio_manager for order in orders} - {"", actor}
    people = await call.read(find_users, names) if names else {}
    items = [
        _item(number, one)
        for number, order in enumerate(orders)
        for one in check_manager(order, actor=actor, named=people.get(order.portfolio_manager))
    ]
    if items:
        raise ProblemError(items)


def _item(number: int, one: Refusal) -> ErrorItem:
    """What is wrong with one order of many."""
    return ErrorItem(
        pointer=f"/orders/{number}/{one.field}",
        code=one.code.value,
        detail=one.detail,
        value=one.value,
    )


def _respond(answer: msgspec.Struct) -> Response:
    return Response(encode(answer), media_type="application/json")


def _basket(
    orders: list[CreateOrder], alone: list[Evaluation], basket: BasketEvaluation
) -> CheckAnswers:
    data = []
    for order, one in zip(orders, alone, strict=True):
        answer = _answer(order, one)
        most = basket.max_quantity[one.order_id]
        answer.max_quantity = None if most is None else plain(most)
        answer.binding_rule = basket.binding_rule[one.order_id]
        answer.culprit = one.order_id in basket.culprits
        data.append(answer)
    together = BasketAnswer(
        mode=basket.mode,
        outcome=basket.outcome.value,
        action=basket.action.value,
        scale=basket.scale,
        verdicts=tuple(_verdict(verdict) for verdict in basket.verdicts),
    )
    return CheckAnswers(data=data, basket=together)


def _headroom(one: Headroom) -> HeadroomAnswer:
    most = one.evaluation.max_quantity
    return HeadroomAnswer(
        security=security_ref(one.security, one.security.id),
        side=one.side.value,
        held=plain(one.held),
        max_quantity=None if most is None else plain(most),
        binding_rule=one.evaluation.binding_rule,
        outcome=one.evaluation.outcome.value,
    )


def _own_funds(call: Call, asked: b.CheckBody) -> None:
    """A check measures whole funds: it must not be a way to look into other people's."""
    funds = call.principal.scope.funds
    if funds is None:
        return
    for number, order in enumerate(asked.orders):
        for place, fund in order.funds:
            if fund not in funds:
                pointer = f"/orders/{number}/{place}/fund"
                raise problem("fund_unknown", "no such fund", pointer=pointer, value=fund)


def _answer(order: CreateOrder, found: Evaluation) -> CheckAnswer:
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
