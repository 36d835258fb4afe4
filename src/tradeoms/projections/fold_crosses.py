"""The fold of crosses; what they execute is folded as placements and executions of their orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tradeoms.domain.cross import events as e
from tradeoms.domain.cross import state as cross_state
from tradeoms.domain.cross.state import Cross, CrossStatus
from tradeoms.projections.book import Book


def hold_cross(book: Book, cross: Cross) -> None:
    """Hold a cross; its orders lead to it while it waits for a person."""
    book.crosses[cross.id] = cross
    for order_id in cross.order_ids:
        waiting = [one for one in book.waiting_crosses.get(order_id, ()) if one != cross.id]
        if cross.status is CrossStatus.PROPOSED:
            waiting.append(cross.id)
        if waiting:
            book.waiting_crosses[order_id] = tuple(waiting)
        else:
            book.waiting_crosses.pop(order_id, None)


def _fold_proposed(book: Book, event: e.CrossProposed, seq: int) -> None:
    cross = cross_state.propose(event)
    hold_cross(book, cross)
    book.touched["crosses", cross.id] = seq
    for order_id in cross.order_ids:
        book.extra["cross_orders", (cross.id, order_id)] = (cross.id, order_id)


def _fold_settled(
    book: Book, event: e.CrossBooked | e.CrossRefused | e.CrossLapsed, seq: int
) -> None:
    cross = cross_state.settle(book.crosses[event.cross_id], event)
    hold_cross(book, cross)
    book.touched["crosses", cross.id] = seq


def _fold_reversed(book: Book, event: e.CrossReversed, seq: int) -> None:
    cross = cross_state.reverse(book.crosses[event.cross_id], event)
    hold_cross(book, cross)
    book.touched["crosses", cross.id] = seq


CROSS_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    e.CrossProposed: _fold_proposed,
    e.CrossBooked: _fold_settled,
    e.CrossRefused: _fold_settled,
    e.CrossLapsed: _fold_settled,
    e.CrossReversed: _fold_reversed,
}
