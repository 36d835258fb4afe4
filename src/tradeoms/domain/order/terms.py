"""Checks the terms of an order: identity, security, legs, prices, life and texts.

Every check returns all that is wrong, so that a person mends an order once and not field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from tradeoms.domain.order import commands as c
from tradeoms.domain.order.rejection import OrderRejection
from tradeoms.domain.reference.entitlement import roles_over
from tradeoms.domain.reference.state import Fund, Security, User
from tradeoms.kernel.decider import Refusal
from tradeoms.kernel.enums import OrderType, Role, TimeInForce, Unexecuted
from tradeoms.kernel.numbers import ZERO, is_multiple, plain
from tradeoms.kernel.text import is_code, is_printable

#: Times in force that each order type may have; the first is used where none is given.
TIMES_IN_FORCE: Final[dict[OrderType, tuple[TimeInForce, ...]]] = {
    OrderType.MARKET: (
        TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTC, TimeInForce.GTD,
        TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE,
    ),
    OrderType.LIMIT: (
        TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK,
        TimeInForce.AT_THE_OPENING, TimeInForce.AT_THE_CLOSE,
    ),
    OrderType.STOP: (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD),
    OrderType.STOP_LIMIT: (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD),
    OrderType.PEGGED: (TimeInForce.DAY, TimeInForce.GTC, TimeInForce.GTD),
    OrderType.MARKET_ON_CLOSE: (TimeInForce.AT_THE_CLOSE, TimeInForce.DAY),
    OrderType.LIMIT_ON_CLOSE: (TimeInForce.AT_THE_CLOSE, TimeInForce.DAY),
    OrderType.MARKET_ON_OPEN: (TimeInForce.AT_THE_OPENING, TimeInForce.DAY),
    OrderType.LIMIT_ON_OPEN: (TimeInForce.AT_THE_OPENING, TimeInForce.DAY),
}  # fmt: skip

AUCTIONS: Final = frozenset(
    {
        OrderType.MARKET_ON_CLOSE, OrderType.LIMIT_ON_CLOSE,
        OrderType.MARKET_ON_OPEN, OrderType.LIMIT_ON_OPEN,
    }
)  # fmt: skip


def refusal(code: OrderRejection, detail: str, field: str, value: object) -> Refusal:
    """One reason, with the field and the value that it is about."""
    return Refusal(code=code, detail=detail, field=field, value=str(value))


def check_identity(command: c.CreateOrder, used_by: str) -> list[Refusal]:
    """The client's id is well formed and was never used before."""
    code = OrderRejection
    field, value = "client_order_id", command.client_order_id
    if not is_code(value):
        return [
            refusal(code.CLIENT_ORDER_ID_FORMAT, "1 to 64 letters, digits or ._:/-", field, value)
        ]
    if used_by:
        return [refusal(code.CLIENT_ORDER_ID_USED, f"it is order {used_by}", field, value)]
    return []


def check_security(command: c.CreateOrder, security: Security | None) -> list[Refusal]:
    """The security exists and is traded."""
    code = OrderRejection
    if security is None:
        detail = f"no security has this {command.scheme}"
        return [refusal(code.SECURITY_UNKNOWN, detail, "security", command.security)]
    if not security.active:
        detail = "the security is not traded any more"
        return [refusal(code.SECURITY_INACTIVE, detail, "security", command.security)]
    return []


def check_legs(
    legs: tuple[c.Leg, ...],
    *,
    quantity: Decimal,
    funds: dict[str, Fund],
    security: Security | None,
) -> list[Refusal]:
    """The legs name existing funds once each, are in lots, and add up."""
    code = OrderRejection
    refusals: list[Refusal] = []
    if quantity <= 0:
        refusals.append(
            refusal(code.QUANTITY_NOT_POSITIVE, "must be above zero", "quantity", quantity)
        )
    if not legs:
        detail = "name at least one fund and its quantity"
        return [*refusals, refusal(code.ALLOCATIONS_MISSING, detail, "allocations", "")]
    seen: set[str] = set()
    for number, leg in enumerate(legs):
        field = f"allocations/{number}"
        if leg.fund not in funds:
            refusals.append(refusal(code.FUND_UNKNOWN, "no such fund", f"{field}/fund", leg.fund))
        if leg.fund in seen:
            detail = "each fund once"
            refusals.append(refusal(code.FUND_TWICE, detail, f"{field}/fund", leg.fund))
        seen.add(leg.fund)
        if leg.quantity <= 0:
            detail = "must be above zero"
            refusals.append(
                refusal(code.QUANTITY_NOT_POSITIVE, detail, f"{field}/quantity", leg.quantity)
            )
        elif security is not None and not is_multiple(leg.quantity, security.lot):
            detail = f"must be a multiple of the lot {plain(security.lot)}"
            refusals.append(
                refusal(code.QUANTITY_NOT_IN_LOTS, detail, f"{field}/quantity", leg.quantity)
            )
    total = sum((leg.quantity for leg in legs), ZERO)
    if total != quantity:
        detail = f"the allocations sum to {plain(total)}"
        refusals.append(refusal(code.ALLOCATIONS_SUM, detail, "quantity", quantity))
    return refusals


def check_terms(command: c.CreateOrder, *, security: Security | None, today: date) -> list[Refusal]:
    """Prices, life and last day fit the order type."""
    code = OrderRejection
    kind = command.order_type
    refusals = check_prices(
        kind, limit_price=command.limit_price, stop_price=command.stop_price, security=security
    )
    if command.time_in_force not in TIMES_IN_FORCE[kind]:
        allowed = ", ".join(TIMES_IN_FORCE[kind])
        detail = f"{kind} may be: {allowed}"
        refusals.append(
            refusal(code.TIME_IN_FORCE_UNFIT, detail, "time_in_force", command.time_in_force)
        )
    if command.time_in_force is TimeInForce.GTD:
        if command.expire_on is None:
            detail = "a gtd order needs its last day"
            refusals.append(refusal(code.EXPIRE_ON_MISSING, detail, "expire_on", ""))
        elif command.expire_on < today:
            detail = f"today is {today}"
            refusals.append(refusal(code.EXPIRE_ON_PAST, detail, "expire_on", command.expire_on))
    elif command.expire_on is not None:
        detail = "only a gtd order has a last day"
        refusals.append(refusal(code.EXPIRE_ON_UNWANTED, detail, "expire_on", command.expire_on))
    return refusals


def check_prices(
    kind: OrderType,
    *,
    limit_price: Decimal | None,
    stop_price: Decimal | None,
    security: Security | None,
) -> list[Refusal]:
    """Limit and stop are there where needed, absent where not, and on the tick."""
    code = OrderRejection
    refusals: list[Refusal] = []
    if kind.needs_limit and limit_price is None:
        refusals.append(
            refusal(code.LIMIT_PRICE_MISSING, f"a {kind} order needs one", "limit_price", "")
        )
    if limit_price is not None and not kind.may_have_limit:
        detail = f"a {kind} order has none"
        refusals.append(refusal(code.LIMIT_PRICE_UNWANTED, detail, "limit_price", limit_price))
    if kind.needs_stop and stop_price is None:
        refusals.append(
            refusal(code.STOP_PRICE_MISSING, f"a {kind} order needs one", "stop_price", "")
        )
    if stop_price is not None and not kind.needs_stop:
        detail = f"a {kind} order has none"
        refusals.append(refusal(code.STOP_PRICE_UNWANTED, detail, "stop_price", stop_price))
    for field, price in (("limit_price", limit_price), ("stop_price", stop_price)):
        if price is None:
            continue
        if price <= 0:
            refusals.append(refusal(code.PRICE_NOT_POSITIVE, "must be above zero", field, price))
        elif security is not None and not is_multiple(price, security.tick):
            detail = f"must be a multiple of the tick {plain(security.tick)}"
            refusals.append(refusal(code.PRICE_NOT_ON_TICK, detail, field, price))
    return refusals


def check_place(command: c.CreateOrder, *, funds: Mapping[str, Fund]) -> list[Refusal]:
    """The venue is a name; the other side of a cross is another fund that exists."""
    code = OrderRejection
    refusals = []
    if command.venue and not is_code(command.venue):
        detail = "1 to 64 letters, digits or ._:/-"
        refusals.append(refusal(code.VENUE_FORMAT, detail, "venue", ascii(command.venue)[:80]))
    other = command.cross_with
    if other and (other not in funds or any(leg.fund == other for leg in command.legs)):
        detail = "a fund that exists, and none of the allocations"
        refusals.append(refusal(code.CROSS_FUND_UNFIT, detail, "cross_with", ascii(other)[:80]))
    return refusals


def check_waiting(
    command: c.CreateOrder, *, security: Security | None, now: datetime
) -> list[Refusal]:
    """The time and price it waits for can come, and its rest has a day to go to."""
    code = OrderRejection
    refusals = []
    if command.good_from is not None and command.good_from <= now:
        detail = f"it is {now.isoformat()} already"
        refusals.append(
            refusal(code.GOOD_FROM_PAST, detail, "good_from", command.good_from.isoformat())
        )
    if command.trigger is not None:
        price = command.trigger.price
        if price <= 0:
            detail = "must be above zero"
            refusals.append(refusal(code.PRICE_NOT_POSITIVE, detail, "trigger/price", price))
        elif security is not None and not is_multiple(price, security.tick):
            detail = f"must be a multiple of the tick {plain(security.tick)}"
            refusals.append(refusal(code.PRICE_NOT_ON_TICK, detail, "trigger/price", price))
    return [*refusals, *check_unexecuted(command)]


def kept_life(kind: OrderType, life: TimeInForce) -> TimeInForce:
    """The time in force under which an order is kept: an auction's own, however that was said."""
    allowed = TIMES_IN_FORCE[kind]
    return allowed[0] if kind in AUCTIONS and life in allowed else life


def check_unexecuted(command: c.CreateOrder) -> list[Refusal]:
    """Only the rest of a day order can go on behind its day."""
    day = command.time_in_force is TimeInForce.DAY and command.order_type not in AUCTIONS
    if command.unexecuted is Unexecuted.EXPIRE or day:
        return []
    code, detail = OrderRejection.UNEXECUTED_UNFIT, "only a day order has a rest at the close"
    return [refusal(code, f"{detail} that can go on", "unexecuted", command.unexecuted)]


def check_texts(command: c.CreateOrder) -> list[Refusal]:
    """Instructions go to brokers (FIX 58) and must be plain; the reason stays in the house."""
    texts = (
        ("instructions", command.instructions),
        ("reason", command.reason),
        ("portfolio_manager", command.portfolio_manager),
    )
    detail = "printable ASCII, at most 500 characters"
    return [
        refusal(OrderRejection.TEXT_NOT_PRINTABLE, detail, field, ascii(text)[:80])
        for field, text in texts
        if not is_printable(text)
    ]


def check_manager(command: c.CreateOrder, *, actor: str, named: User | None) -> list[Refusal]:
    """Who leads it is who enters it, or an active portfolio manager for all of its funds.

    Args:
        command: The request, its size resolved.
        actor: Who enters it.
        named: The person whom it names, if there is one.
    """
    name = command.portfolio_manager
    if name in ("", actor) or Role.PORTFOLIO_MANAGER in roles_over(named, command.funds):
        return []
    detail = "name an active portfolio manager for all of its funds; you lead it if you name nobody"
    code = OrderRejection.PORTFOLIO_MANAGER_UNFIT
    return [refusal(code, detail, "portfolio_manager", name)]
