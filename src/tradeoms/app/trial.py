"""A dry run: the same decisions, and nothing is kept of them."""

from __future__ import annotations

from typing import Any

from tradeoms.app.turn import Turn


class Trial:
    """A turn whose events are thrown away."""

    trial = True

    def __init__(self, turn: Turn) -> None:
        """Read from ``turn``; write nothing into it."""
        self._turn = turn

    def __getattr__(self, name: str) -> Any:  # Any: whatever the turn has
        return getattr(self._turn, name)

    def emit(self, event: object, subject: str) -> None:
        """Forget the event."""
