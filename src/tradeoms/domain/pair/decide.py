"""Decides how far one order of a pair may run ahead of the other.

A placement counts with all that it may execute, the other order with what is executed: an order is
placed only as far as its lead would be within the limit if everything of it were executed now and
nothing more of the other. All of it in exact fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum, unique
from fractions import Fraction
from math import floor
from typing import Final

from tradeoms.domain.order.state import Order
from tradeoms.domain.pair import commands as c
from tradeoms.domain.pair import events as e
from tradeoms.domain.pair.state import Pair
from tradeoms.kernel.decider import Rejected, Stamp, refusal, reject
from tradeoms.kernel.numbers import plain
from tradeoms.kernel.text import is_printable

_HUNDRED: Final = Decimal(100)


@unique
class PairRejection(StrEnum):
    """Why a request about a pair, or one that a pair stops, was refused, in that order."""

    PAIR_UNKNOWN = "pair_unknown"
    PAIR_OVER = "pair_over"
    PAIR_TEXT_INVALID = "pair_text_invalid"
    PAIR_ORDER_UNFIT = "pair_order_unfit"
    PAIR_RATIO_RANGE = "pair_ratio_range"
    PAIR_LIMIT_RANGE = "pair_limit_range"
    PAIR_CURRENCIES = "pair_currencies"
    PAIR_PRICE_UNKNOWN = "pair_price_unknown"
    PAIR_IMBALANCE = "pair_imbalance"
    PAIR_LINKED = "pair_linked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One order of a pair.

    Attributes:
        order: `None` where there is none.
        pair_id: Pair that it is in; empty for none.
        shared: True where it is worked in a block with others.
        committed: Units that placements use up, executed ones among them.
        lot: Smallest step of its quantity.
        worth: Money for one unit at the mark; `None` without a mark.
        currency: Of its price.
    """

    id: str
    order: Order | None
    pair_id: str = ""
    shared: bool = False
    committed: Decimal = Decimal(0)
    lot: Decimal = Decimal(1)
    worth: Decimal | None = None
    currency: str = ""


def decide_link(
    command: c.LinkPair, first: Member, second: Member, stamp: Stamp
) -> e.PairLinked | Rejected:
    """Link two open orders; every reason against it is told at once."""
    code = PairRejection
    refusals = [
        refusal(code.PAIR_ORDER_UNFIT, why, field, one.id)
        for field, one in (("first", first), ("second", second))
        if (why := _unfit(one))
    ]
    if first.id == second.id:
        detail = "two orders are needed"
        refusals.append(refusal(code.PAIR_ORDER_UNFIT, detail, "second", second.id))
    if command.ratio <= 0:
        detail = "units of the second for one of the first, above 0"
        refusals.append(refusal(code.PAIR_RATIO_RANGE, detail, "ratio", plain(command.ratio)))
    percent = command.unit is c.PairUnit.PERCENT
    if command.limit <= 0 or (percent and command.limit > _HUNDRED):
        detail = "above 0, and up to 100 for per cent"
        refusals.append(refusal(code.PAIR_LIMIT_RANGE, detail, "limit", plain(command.limit)))
    if not percent and first.currency != second.currency:
        detail = f"{first.currency} and {second.currency}; limit the pair in per cent"
        refusals.append(refusal(code.PAIR_CURRENCIES, detail, "unit", command.unit))
    if refusals:
        return Rejected(refusals=tuple(refusals))
    return e.PairLinked(
        pair_id=stamp.id("pai"),
        first_order_id=first.id,
        second_order_id=second.id,
        ratio=command.ratio,
        limit=command.limit,
        unit=command.unit,
        linked_by=stamp.actor,
        at=stamp.at,
    )


def decide_unlink(
    command: c.UnlinkPair, pair: Pair | None, stamp: Stamp
) -> e.PairUnlinked | Rejected:
    """Let the orders go on alone."""
    code = PairRejection
    if pair is None:
        return reject(code.PAIR_UNKNOWN, "no such pair", field="pair", value=command.pair_id)
    if not pair.linked:
        detail = f"{pair.unlinked_by} ended it"
        return reject(code.PAIR_OVER, detail, field="pair", value=pair.id)
    if not command.reason.strip() or not is_printable(command.reason):
        return reject(code.PAIR_TEXT_INVALID, "say why, in printable ASCII", field="reason")
    return e.PairUnlinked(
        pair_id=pair.id, unlinked_by=stamp.actor, reason=command.reason, at=stamp.at
    )


def refuse_lead(pair: Pair, member: Member, other: Member, quantity: Decimal) -> Rejected | None:
    """Refuse to place ``quantity`` more units of ``member`` than the pair allows by now."""
    code = PairRejection
    most = most_of(pair, member, other)
    if most is None:
        detail = "the limit is in money; load the price first"
        return reject(code.PAIR_PRICE_UNKNOWN, detail, field="order", value=member.id)
    room = most - Fraction(member.committed)
    if Fraction(quantity) <= room:
        return None
    units = max(Decimal(0), floor(room / Fraction(member.lot)) * member.lot)
    detail = f"order {other.id} must follow first: {plain(units)} units may be placed now"
    return reject(code.PAIR_IMBALANCE, detail, field="quantity", value=plain(quantity))


def refuse_linked(pair: Pair | None, order_id: str) -> Rejected | None:
    """Refuse what would change the measure of a pair, or go round it."""
    if pair is None:
        return None
    detail = f"it is worked in step in pair {pair.id}; unlink it first"
    return reject(PairRejection.PAIR_LINKED, detail, field="order", value=order_id)


def leader(pair: Pair, members: Sequence[Member]) -> str:
    """The order that is executed further than the limit allows; empty for none, or unknown."""
    first, second = members
    for member, other in ((first, second), (second, first)):
        most = most_of(pair, member, other)
        if most is not None and member.order and Fraction(member.order.cum_qty) > most:
            return member.id
    return ""


def most_of(pair: Pair, member: Member, other: Member) -> Fraction | None:
    """Units of ``member`` that may be committed while ``other`` has what it has.

    `None` where the limit is in money and the mark is not known.
    """
    assert member.order is not None
    assert other.order is not None
    ratio, limit = Fraction(pair.ratio), Fraction(pair.limit)
    leads = member.id == pair.first
    in_step = Fraction(other.order.cum_qty)
    in_step = in_step / ratio if leads else in_step * ratio
    if pair.unit is c.PairUnit.MONEY:
        return None if not member.worth else in_step + limit / Fraction(member.worth)
    first = member.order if leads else other.order
    whole = Fraction(first.quantity) * (1 if leads else ratio)
    return in_step + whole * limit / 100


def _unfit(one: Member) -> str:
    """Why an order cannot be in a pair; empty where it can."""
    if one.order is None:
        return "no such order"
    if one.order.is_closed or one.order.pending is not None:
        return "it is over, or waits for new terms"
    if one.pair_id:
        return f"it is in pair {one.pair_id}"
    return "it is worked in a block with others; unmerge it first" if one.shared else ""
