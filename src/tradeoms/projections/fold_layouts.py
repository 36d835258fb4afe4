"""The fold of people's layouts."""

from __future__ import annotations

from tradeoms.domain.layout import state as layout_state
from tradeoms.domain.layout.events import LayoutEvent, LayoutSaved
from tradeoms.projections.book import Book


def fold_layout(book: Book, event: LayoutEvent, seq: int) -> None:
    """Hold a layout as it is now; one that was deleted stays as a mark that it was there."""
    key = event.layout_id
    if isinstance(event, LayoutSaved):
        book.layouts[key] = layout_state.save(book.layouts.get(key), event)
    else:
        book.layouts[key] = layout_state.delete(book.layouts[key], event)
    book.touched["layouts", key] = seq
