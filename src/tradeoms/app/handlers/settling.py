"""Ends a break by itself, where what it told of has been put right."""

from __future__ import annotations

from tradeoms.app.turn import Turn
from tradeoms.domain.placement.events import BreakResolved


def settle(turn: Turn, break_id: str, words: str) -> None:
    """Resolve a break in the name of the system; nothing where there is none, or it is over."""
    found = turn.book.breaks.get(break_id)
    if found is not None and not found.resolved_by:
        event = BreakResolved(break_id=found.id, resolution=words, resolved_by="system", at=turn.at)
        turn.emit(event, found.id)
