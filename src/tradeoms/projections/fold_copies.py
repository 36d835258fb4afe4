"""The fold of drop copies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from tradeoms.domain.dropcopy import events as e
from tradeoms.domain.dropcopy import state
from tradeoms.projections.book import Book


def _fold_attached(book: Book, event: e.DropCopyAttached, seq: int) -> None:
    before = book.drop_copies.get(event.session)
    book.drop_copies[event.session] = state.attach(before, event)
    book.touched["facts", (f"drop_copy:{event.session}",)] = seq


def _fold_recorded(book: Book, event: e.CopyRecorded, seq: int) -> None:
    book.add_copy(state.record(event))
    book.touched["drop_copies", event.copy_id] = seq


def _fold_copy(book: Book, event: e.CopyMatched | e.CopyDiffers | e.CopyMissed, seq: int) -> None:
    book.add_copy(state.evolve(book.copies[event.copy_id], event))
    book.touched["drop_copies", event.copy_id] = seq


def _fold_compared(book: Book, event: e.CopiesCompared, seq: int) -> None:
    before = book.drop_copies[event.session]
    book.drop_copies[event.session] = replace(before, since=event.until)
    book.touched["facts", (f"drop_copy:{event.session}",)] = seq


COPY_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    e.DropCopyAttached: _fold_attached,
    e.CopyRecorded: _fold_recorded,
    e.CopyMatched: _fold_copy,
    e.CopyDiffers: _fold_copy,
    e.CopyMissed: _fold_copy,
    e.CopiesCompared: _fold_compared,
}
