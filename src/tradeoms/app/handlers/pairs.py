"""Pairs: linked, parted, and what they stop of placements and executions tell of them."""

from __future__ import annotations

from decimal import Decimal

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.turn import Turn
from tradeoms.domain.order.events import OrderPaired
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.pair import commands as c
from tradeoms.domain.pair import decide
from tradeoms.domain.pair.decide import Member
from tradeoms.domain.pair.events import PairBalanced, PairUnbalanced
from tradeoms.domain.pair.state import Pair
from tradeoms.kernel.decider import Rejected


def link_pair(turn: Turn, command: c.LinkPair) -> bytes | Rejected:
    """Work two orders in step; what is executed by now counts."""
    first, second = member(turn, command.first_order_id), member(turn, command.second_order_id)
    decided = decide.decide_link(command, first, second, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    turn.emit(decided, decided.pair_id)
    for one in (first, second):
        turn.emit(OrderPaired(order_id=one.id, pair_id=decided.pair_id, at=turn.at), one.id)
    watch_pair(turn, first.id)
    return plain_json(id=decided.pair_id, version=1, seq=turn.seq)


def unlink_pair(turn: Turn, command: c.UnlinkPair) -> bytes | Rejected:
    """Let the orders go on alone."""
    pair = turn.book.pairs.get(command.pair_id)
    decided = decide.decide_unlink(command, pair, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    assert pair is not None
    turn.emit(decided, decided.pair_id)
    for order_id in pair.order_ids:
        if not turn.book.orders[order_id].is_closed:
            turn.emit(OrderPaired(order_id=order_id, pair_id="", at=turn.at), order_id)
    return plain_json(id=command.pair_id, seq=turn.seq)


def refuse_pair_lead(turn: Turn, order_id: str, quantity: Decimal) -> Rejected | None:
    """Refuse to place so many more units of an order whose pair does not allow it yet."""
    pair = pair_of(turn, order_id)
    if pair is None:
        return None
    other = pair.second if order_id == pair.first else pair.first
    return decide.refuse_lead(pair, member(turn, order_id), member(turn, other), quantity)


def refuse_paired(turn: Turn, order_id: str) -> Rejected | None:
    """Refuse what would change the measure of the order's pair, or go round it."""
    return decide.refuse_linked(pair_of(turn, order_id), order_id)


def watch_pair(turn: Turn, order_id: str) -> None:
    """Tell where executions brought one order of a pair too far ahead, and where no more."""
    pair = pair_of(turn, order_id)
    if pair is None:
        return
    leading = decide.leader(pair, [member(turn, one) for one in pair.order_ids])
    if leading == pair.leading:
        return
    if leading:
        told = PairUnbalanced(pair_id=pair.id, leading_order_id=leading, at=turn.at)
        turn.emit(told, pair.id)
    else:
        turn.emit(PairBalanced(pair_id=pair.id, at=turn.at), pair.id)


def pair_of(turn: Turn, order_id: str) -> Pair | None:
    """The pair in which an order is worked now."""
    return turn.book.pairs.get(turn.book.pair_of.get(order_id, ""))


def member(turn: Turn, order_id: str) -> Member:
    """An order as its pair sees it."""
    book = turn.book
    turn.recall_order(order_id)
    order = book.orders.get(order_id)
    if order is None:
        return Member(id=order_id, order=None)
    security = book.securities[order.security_id]
    mark = book.prices.get(order.security_id)
    block = book.blocks.get(book.block_of.get(order_id, ""))
    return Member(
        id=order_id,
        order=order,
        pair_id=book.pair_of.get(order_id, ""),
        shared=block is not None and block.is_shared,
        committed=placed_quantity(order_id, book.placements_for(order_id)),
        lot=security.lot,
        worth=mark.price * security.factor if mark else None,
        currency=security.currency,
    )
