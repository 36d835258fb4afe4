"""Decides whether two orders may trade with each other.

The rules are those of Investment Company Act rule 17a-7: for cash, at the current market price of
an independent source, without commission. That a second person approves it is ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.block.cross import Idle, eligible
from tradeoms.domain.block.state import Block
from tradeoms.domain.cross import commands as c
from tradeoms.domain.cross import events as e
from tradeoms.domain.cross.state import Cross, CrossStatus
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.reference.state import Fund, Price, Security
from tradeoms.kernel.decider import Refusal, Rejected, Stamp, refusal, reject
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import is_multiple, plain
from tradeoms.kernel.text import is_printable

#: The name under which crosses stand among placements; no session and no destination has it.
INTERNAL: Final = "INTERNAL"
#: A market price is current for so long; a cross must be approved within it.
PRICE_LIFE: Final = timedelta(minutes=15)
_SOURCE_MAX: Final = 100


@unique
class CrossRejection(StrEnum):
    """Why a request about a cross was refused. Declared in the order the checks run."""

    CROSS_UNKNOWN = "cross_unknown"
    CROSS_SETTLED = "cross_settled"
    CROSS_OWN_APPROVAL = "cross_own_approval"
    CROSS_ORDER_UNFIT = "cross_order_unfit"
    CROSS_SIDES = "cross_sides"
    CROSS_SAME_FUND = "cross_same_fund"
    CROSS_FORBIDDEN = "cross_forbidden"
    CROSS_QUANTITY = "cross_quantity"
    CROSS_QUOTE_INVALID = "cross_quote_invalid"
    CROSS_PRICE_STALE = "cross_price_stale"
    CROSS_BEYOND_LIMIT = "cross_beyond_limit"
    CROSS_TEXT_INVALID = "cross_text_invalid"
    CROSS_PLACEMENT_FIXED = "cross_placement_fixed"
    CROSS_UNITS_SET_ASIDE = "cross_units_set_aside"
    CROSS_NOT_BOOKED = "cross_not_booked"
    CROSS_OWN_REVERSAL = "cross_own_reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """One side: what is idle of its order, `None` for no order, and the block it is in."""

    id: str
    idle: Idle | None
    block: Block | None


def decide_propose(  # noqa: PLR0913  # all that bears on a cross
    command: c.ProposeCross,
    *,
    buy: Counterpart,
    sell: Counterpart,
    security: Security | None,
    funds: Mapping[str, Fund],
    mark: Price | None,
    stamp: Stamp,
) -> e.CrossProposed | Rejected:
    """Put a cross forward; every reason against it is told at once.

    Args:
        command: The request.
        buy: The purchase.
        sell: The sale.
        security: What the purchase buys.
        funds: All funds.
        mark: Price as last loaded.
        stamp: When, and by whom.
    """
    refused = _refuse_orders(buy, sell)
    if refused is not None:
        return refused
    assert buy.idle is not None
    assert sell.idle is not None
    assert security is not None
    refusals = [
        *_check_funds(buy.idle.order, sell.idle.order, funds),
        *_check_quantity(command.quantity, buy.idle, sell.idle, security.lot),
        *_check_quote(command.quote, stamp.at),
    ]
    if not command.reason.strip() or not is_printable(command.reason):
        detail = "say why it is in the interest of both sides, in printable ASCII"
        refusals.append(refusal(CrossRejection.CROSS_TEXT_INVALID, detail, "reason", ""))
    price = price_of(command.quote)
    if price is not None:
        refusals += _check_limits(price, buy.idle.order, sell.idle.order)
    if refusals or price is None:
        return Rejected(refusals=tuple(refusals))
    return e.CrossProposed(
        cross_id=stamp.id("crs"),
        buy_order_id=buy.id,
        sell_order_id=sell.id,
        buy_funds=tuple(leg.fund for leg in buy.idle.order.legs),
        sell_funds=tuple(leg.fund for leg in sell.idle.order.legs),
        security_id=security.id,
        quantity=command.quantity,
        quote=command.quote,
        price=price,
        expires_at=command.quote.observed_at + PRICE_LIFE,
        mark=mark.price if mark else None,
        mark_as_of=mark.as_of if mark else None,
        reason=command.reason,
        proposed_by=stamp.actor,
        at=stamp.at,
    )


def refuse_approval(  # noqa: PLR0913  # as above
    command: c.ApproveCross,
    cross: Cross,
    *,
    buy: Counterpart,
    sell: Counterpart,
    security: Security,
    funds: Mapping[str, Fund],
    stamp: Stamp,
) -> Rejected | None:
    """Refuse to book what may not be booked any more; `None` lets compliance look.

    The approver neither proposed it nor has a hand in one of its orders.
    """
    code = CrossRejection
    refused = _refuse_orders(buy, sell)
    if refused is not None:
        return refused
    assert buy.idle is not None
    assert sell.idle is not None
    orders = (buy.idle.order, sell.idle.order)
    if stamp.actor in _hands(cross, orders):
        detail = "a person with no hand in the cross or its orders must approve it"
        return reject(code.CROSS_OWN_APPROVAL, detail, value=stamp.actor)
    if stamp.at >= cross.expires_at:
        detail = f"the price was current until {cross.expires_at.isoformat()}; propose it anew"
        return reject(code.CROSS_PRICE_STALE, detail, field="cross", value=cross.id)
    refusals = [
        *_check_funds(*orders, funds),
        *_check_quantity(cross.quantity, buy.idle, sell.idle, security.lot),
        *_check_limits(cross.price, *orders),
    ]
    if not is_printable(command.note):
        detail = "printable ASCII, at most 500 characters"
        refusals.append(refusal(code.CROSS_TEXT_INVALID, detail, "note", ""))
    return Rejected(refusals=tuple(refusals)) if refusals else None


def decide_refuse(command: c.RefuseCross, cross: Cross, stamp: Stamp) -> e.CrossRefused | Rejected:
    """Say no, or take it back."""
    if not command.reason.strip() or not is_printable(command.reason):
        code = CrossRejection.CROSS_TEXT_INVALID
        return reject(code, "say why, in printable ASCII", field="reason")
    return e.CrossRefused(
        cross_id=cross.id, refused_by=stamp.actor, reason=command.reason, at=stamp.at
    )


def decide_reverse(
    command: c.ReverseCross, cross: Cross | None, orders: Iterable[Order], stamp: Stamp
) -> e.CrossReversed | Rejected:
    """Take a booked cross back, by a person who neither approved it nor has a hand in it.

    Args:
        command: The request.
        cross: `None` where there is none of that id.
        orders: Both orders of the cross.
        stamp: When, and by whom.
    """
    code = CrossRejection
    if cross is None:
        return reject(code.CROSS_UNKNOWN, "no such cross", field="cross", value=command.cross_id)
    if cross.status is not CrossStatus.BOOKED:
        detail = f"it is {cross.status}: nothing of it is booked"
        return reject(code.CROSS_NOT_BOOKED, detail, field="cross", value=cross.id)
    if stamp.actor in _hands(cross, orders) | {cross.settled_by}:
        detail = "a person with no hand in the cross, its orders and its approval must reverse it"
        return reject(code.CROSS_OWN_REVERSAL, detail, value=stamp.actor)
    if not command.reason.strip() or not is_printable(command.reason):
        return reject(code.CROSS_TEXT_INVALID, "say why, in printable ASCII", field="reason")
    return e.CrossReversed(
        cross_id=cross.id, reversed_by=stamp.actor, reason=command.reason, at=stamp.at
    )


def refuse_settled(cross: Cross | None, cross_id: str) -> Rejected | None:
    """Refuse anything about a cross that is over, or that never was."""
    code = CrossRejection
    if cross is None:
        return reject(code.CROSS_UNKNOWN, "no such cross", field="cross", value=cross_id)
    if cross.status is not CrossStatus.PROPOSED:
        return reject(code.CROSS_SETTLED, f"it is {cross.status}", field="cross", value=cross.id)
    return None


def refuse_fixed(destination: str, placement_id: str) -> Rejected | None:
    """Refuse to change one side of a cross that is booked: the other side would not follow."""
    if destination != INTERNAL:
        return None
    code = CrossRejection.CROSS_PLACEMENT_FIXED
    detail = "it is one side of a booked cross; reverse the whole cross instead"
    return reject(code, detail, field="placement", value=placement_id)


def price_of(quote: c.Quote) -> Decimal | None:
    """The market price of a quote; `None` where what its rule needs is not there."""
    if quote.rule is c.PriceRule.LAST_SALE:
        return quote.price
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) / 2


def why_lapsed(cross: Cross, orders: Mapping[str, Order], now: datetime) -> str:
    """Why a cross that waits can be approved no more; empty where it can.

    Args:
        cross: It waits.
        orders: Those that are live, by id.
        now: The time.
    """
    if now >= cross.expires_at:
        return f"the price was current until {cross.expires_at.isoformat()}"
    for order_id in cross.order_ids:
        order = orders.get(order_id)
        if order is None or order.is_closed or order.phase is Phase.CANCELING:
            return f"order {order_id} is {order.phase if order else 'closed'}"
    return ""


def refuse_set_aside(
    quantity: Decimal, *, free: Decimal, crosses: Sequence[Cross]
) -> Rejected | None:
    """Refuse units that wait for the approval of a cross.

    Args:
        quantity: Units asked for.
        free: Units that no placement uses up, with those set aside.
        crosses: Those that set units of the order aside.
    """
    held = sum((cross.quantity for cross in crosses), Decimal(0))
    if not 0 < quantity <= free or quantity <= free - held:
        return None
    names = ", ".join(cross.id for cross in crosses)
    detail = (
        f"{plain(held)} of the {plain(free)} units that are not placed are set aside for {names} "
        f"until it is approved, refused or lapsed; {plain(max(free - held, Decimal(0)))} are free"
    )
    code = CrossRejection.CROSS_UNITS_SET_ASIDE
    return reject(code, detail, field="quantity", value=plain(quantity))


def _hands(cross: Cross, orders: Iterable[Order]) -> set[str]:
    """Who proposed a cross, or has a hand in one of its orders."""
    return {cross.proposed_by}.union(
        *((one.placed_by, one.portfolio_manager, one.trader) for one in orders)
    )


def _refuse_orders(buy: Counterpart, sell: Counterpart) -> Rejected | None:
    """Both orders are with the desk, worked alone, and of opposite sides of one security."""
    code = CrossRejection
    for field, one in (("buy_order", buy), ("sell_order", sell)):
        if one.idle is None:
            return reject(code.CROSS_ORDER_UNFIT, "no such order", field=field, value=one.id)
        order = one.idle.order
        if order.phase is not Phase.RELEASED or order.is_closed or order.pending is not None:
            detail = f"the order is {order.phase}; it must be released, with no terms that wait"
            return reject(code.CROSS_ORDER_UNFIT, detail, field=field, value=one.id)
        if one.block is not None and one.block.is_shared:
            detail = f"it is worked in block {one.block.id}; unmerge it first"
            return reject(code.CROSS_ORDER_UNFIT, detail, field=field, value=one.id)
    assert buy.idle is not None
    assert sell.idle is not None
    bought, sold = buy.idle.order, sell.idle.order
    opposite = (bought.side, sold.side) == (Side.BUY, Side.SELL)
    if not opposite or bought.security_id != sold.security_id:
        detail = "a purchase and a sale of the same security; no short sale and no cover"
        return reject(code.CROSS_SIDES, detail, field="sell_order", value=sell.id)
    return None


def _check_funds(buy: Order, sell: Order, funds: Mapping[str, Fund]) -> list[Refusal]:
    """No fund trades with itself, none that may not, and no account of a person of the house."""
    code = CrossRejection
    bought, sold = ([leg.fund for leg in order.legs] for order in (buy, sell))
    refusals = [
        refusal(code.CROSS_SAME_FUND, "it stands on both sides", "sell_order", fund)
        for fund in bought
        if fund in sold
    ]
    for fund in dict.fromkeys((*bought, *sold)):
        if funds[fund].personal or not funds[fund].may_cross:
            detail = "it may not trade with other accounts of the house"
            refusals.append(refusal(code.CROSS_FORBIDDEN, detail, "fund", fund))
    return refusals


def _check_quantity(quantity: Decimal, buy: Idle, sell: Idle, lot: Decimal) -> list[Refusal]:
    code = CrossRejection.CROSS_QUANTITY
    if quantity <= 0 or not is_multiple(quantity, lot):
        detail = f"must be a positive multiple of the lot {plain(lot)}"
        return [refusal(code, detail, "quantity", plain(quantity))]
    most = eligible(buy, sell)
    if quantity > most:
        detail = f"at most {plain(max(most, Decimal(0)))} units are free on both sides"
        return [refusal(code, detail, "quantity", plain(quantity))]
    return []


def _check_quote(quote: c.Quote, now: datetime) -> list[Refusal]:
    code = CrossRejection
    refusals = []
    last = quote.rule is c.PriceRule.LAST_SALE
    wanted = (quote.price,) if last else (quote.bid, quote.ask)
    other = (quote.bid, quote.ask) if last else (quote.price,)
    fits = all(one is not None and one > 0 for one in wanted) and other.count(None) == len(other)
    if not fits or (not last and quote.bid is not None and quote.ask is not None
                    and quote.bid > quote.ask):  # fmt: skip
        detail = "`last_sale` has a price; `mid` a bid and an ask not below it; all above zero"
        refusals.append(refusal(code.CROSS_QUOTE_INVALID, detail, "quote", quote.rule))
    if not quote.source.strip() or not is_printable(quote.source, limit=_SOURCE_MAX):
        detail = f"the independent source, up to {_SOURCE_MAX} printable ASCII characters"
        refusals.append(refusal(code.CROSS_QUOTE_INVALID, detail, "quote/source", ""))
    if not now - PRICE_LIFE < quote.observed_at <= now:
        minutes = PRICE_LIFE // timedelta(minutes=1)
        detail = f"seen in the last {minutes} minutes; it is {now.isoformat()}"
        field, value = "quote/observed_at", quote.observed_at.isoformat()
        refusals.append(refusal(code.CROSS_PRICE_STALE, detail, field, value))
    return refusals


def _check_limits(price: Decimal, buy: Order, sell: Order) -> list[Refusal]:
    code = CrossRejection.CROSS_BEYOND_LIMIT
    refusals = []
    if buy.limit_price is not None and price > buy.limit_price:
        detail = f"the purchase pays {plain(buy.limit_price)} at most"
        refusals.append(refusal(code, detail, "quote", plain(price)))
    if sell.limit_price is not None and price < sell.limit_price:
        detail = f"the sale takes {plain(sell.limit_price)} at least"
        refusals.append(refusal(code, detail, "quote", plain(price)))
    return refusals
