"""Sizes of orders, from what the book knows now: prices, net asset values, holdings, open orders.

The engine sizes what is entered, a replica what is only asked about; both by these functions.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from types import MappingProxyType
from typing import Final

from tradeoms.app.pretrade import Pretrade
from tradeoms.app.target import names_of
from tradeoms.compliance.facts import Facts
from tradeoms.domain.evaluation import Leg as EvaluationLeg
from tradeoms.domain.evaluation import OpenOrder
from tradeoms.domain.order.commands import AmendOrder, CreateOrder, Leg
from tradeoms.domain.order.events import OrderCreated
from tradeoms.domain.order.sizing import Sized, Sizing, SizingRejection
from tradeoms.domain.order.sizing_checks import check_sizing
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.decider import Rejected, reject
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO
from tradeoms.portfolio.sizing import FundBasis, Traded, size

#: Orders of one batch that come before another and are not open yet, by fund and security.
Ahead = Mapping[tuple[str, str], Sequence[OpenOrder]]
NONE_AHEAD: Final[Ahead] = MappingProxyType({})


def size_new(
    pretrade: Pretrade, command: CreateOrder, security: Security | None, ahead: Ahead
) -> tuple[CreateOrder, Sized | None] | Rejected:
    """``command`` with quantities where it came with a size; ``ahead`` counts as open."""
    sizing = command.sizing
    if sizing is None:
        return command, None
    if command.quantity or command.legs:
        return _both()
    if security is None:
        code = SizingRejection.SIZING_SECURITY_UNKNOWN
        detail = f"no security has this {command.scheme}"
        return reject(code, detail, field="security", value=command.security)
    found = _resolve(
        pretrade,
        sizing,
        side=command.side,
        security=security,
        limit_price=command.limit_price,
        ahead=ahead,
    )
    if isinstance(found, Rejected):
        return found
    legs = legs_of(found)
    return replace(command, quantity=_total(legs), legs=legs), found


def size_amended(
    pretrade: Pretrade, command: AmendOrder, order: Order
) -> tuple[AmendOrder, Sized | None] | Rejected:
    """``command`` with the order's new total quantities where it came with a size.

    What is executed of the order counts as part of it: holdings are those before it.
    """
    if command.sizing is None:
        return command, None
    if command.quantity is not None or command.legs is not None:
        return _both()
    found = _resolve(
        pretrade,
        command.sizing,
        side=order.side,
        security=pretrade.book.securities[order.security_id],
        limit_price=command.limit_price or order.limit_price,
        own=order.id,
    )
    if isinstance(found, Rejected):
        return found
    legs = legs_of(found)
    return replace(command, quantity=_total(legs), legs=legs), found


def legs_of(sized: Sized) -> tuple[Leg, ...]:
    """The legs of an order of this size: the funds with a quantity."""
    return tuple(Leg(fund=one.fund, quantity=one.quantity) for one in sized.funds if one.quantity)


def _total(legs: tuple[Leg, ...]) -> Decimal:
    return sum((leg.quantity for leg in legs), ZERO)


def _both() -> Rejected:
    detail = "say the size, or quantity and allocations; not both"
    return reject(SizingRejection.SIZING_AND_QUANTITY, detail, field="sizing")


def _resolve(  # noqa: PLR0913  # all that bears on a size
    pretrade: Pretrade,
    sizing: Sizing,
    *,
    side: Side,
    security: Security,
    limit_price: Decimal | None,
    own: str = "",
    ahead: Ahead = NONE_AHEAD,
) -> Sized | Rejected:
    refusals = check_sizing(sizing, pretrade.book.funds)
    if refusals:
        return Rejected(refusals=tuple(refusals))
    facts = pretrade.compliance.facts
    mark = facts.price(security.id)
    known = [price for price in (mark, limit_price) if price is not None]
    worse = max(known, default=None)
    names = (security.id, *sorted(names_of(security) - {security.id}))
    traded = Traded(
        lot=security.lot,
        price=mark,
        cost=facts.value_at(worse, facts.securities[security.id], security.currency),
    )
    opens = facts.open_by_holding
    funds = []
    for one in sizing.funds:
        holding = (one.fund, security.id)
        others = [order for order in opens.get(holding, {}).values() if order.order_id != own]
        others += ahead.get(holding, ())
        basis = _basis(facts, one.fund, security.id, side=side, worse=worse, others=others)
        held = basis.held - _booked(pretrade, own, one.fund)
        funds.append(replace(basis, held=held, benchmark=benchmark_weight(facts, one.fund, names)))
    return size(sizing, side=side, traded=traded, funds=funds)


def _basis(
    facts: Facts,
    fund: str,
    security_id: str,
    *,
    side: Side,
    worse: Decimal | None,
    others: Sequence[OpenOrder],
) -> FundBasis:
    known, traded = facts.funds[fund], facts.securities[security_id]
    return FundBasis(
        fund=fund,
        nav=known.nav,
        held=facts.held(fund).get(security_id, ZERO),
        open=sum((order.side.sign * _units(order, fund) for order in others), ZERO),
        closing=sum((_units(order, fund) for order in others if order.side is side), ZERO),
        unit=facts.value_at(facts.price(security_id), traded, known.currency),
        cost=facts.value_at(worse, traded, known.currency),
        benchmark=None,
    )


def benchmark_weight(facts: Facts, fund: str, names: Sequence[str]) -> Decimal | None:
    """Weight in the fund's benchmark under the first of ``names`` that it has, 0 to 1."""
    weights = facts.funds[fund].benchmark
    return next((weights[name] for name in names if name in weights), None)


def _booked(pretrade: Pretrade, order_id: str, fund: str) -> Decimal:
    """Units of the order itself that are in the fund's position already, signed."""
    allocation = pretrade.book.allocations.get(order_id)
    if allocation is None:
        return ZERO
    return pretrade.book.orders[order_id].side.sign * allocation.booked(fund)


def _units(order: OpenOrder, fund: str) -> Decimal:
    return sum((leg.quantity for leg in order.legs if leg.fund_id == fund), ZERO)


def note_ahead(ahead: dict[tuple[str, str], list[OpenOrder]], order: OpenOrder) -> None:
    """Let ``order`` count for the sizes of the orders behind it in its batch."""
    for leg in order.legs:
        ahead.setdefault((leg.fund_id, order.security_id), []).append(order)


def as_open(entered: OrderCreated) -> OpenOrder:
    """An order that was just entered, as one that may fill."""
    return OpenOrder(
        order_id=entered.order_id,
        security_id=entered.security_id,
        side=entered.side,
        legs=tuple(EvaluationLeg(fund_id=leg.fund, quantity=leg.quantity) for leg in entered.legs),
    )


def sellable(
    pretrade: Pretrade, holdings: Collection[tuple[str, str]]
) -> dict[tuple[str, str], Decimal]:
    """Units of each fund and security that are held and not on their way out, by open sales."""
    facts = pretrade.compliance.facts
    found = {}
    for fund, security_id in holdings:
        opens = facts.open_by_holding.get((fund, security_id), {}).values()
        out = sum((_units(one, fund) for one in opens if one.side is Side.SELL), ZERO)
        held = facts.held(fund).get(security_id, ZERO)
        found[fund, security_id] = max(ZERO, held - out)
    return found
