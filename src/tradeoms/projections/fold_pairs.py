"""The fold of pairs; that an order is in one is among the order's own events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tradeoms.domain.pair import events as e
from tradeoms.domain.pair import state as pair_state
from tradeoms.projections.book import Book


def _fold_linked(book: Book, event: e.PairLinked, seq: int) -> None:
    book.add_pair(pair_state.link(event))
    book.touched["facts", (f"pair:{event.pair_id}",)] = seq


def _fold_changed(
    book: Book, event: e.PairUnlinked | e.PairUnbalanced | e.PairBalanced, seq: int
) -> None:
    book.add_pair(pair_state.evolve(book.pairs[event.pair_id], event))
    book.touched["facts", (f"pair:{event.pair_id}",)] = seq


PAIR_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    e.PairLinked: _fold_linked,
    e.PairUnlinked: _fold_changed,
    e.PairUnbalanced: _fold_changed,
    e.PairBalanced: _fold_changed,
}
