"""Which rows a fold has changed since they were last written, and when that began and ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

#: Tables whose rows tell when they came and last changed, because their states do not.
STAMPED: Final = frozenset(
    {
        "funds", "securities", "prices", "destinations", "users", "api_keys", "positions", "cash",
        "outside", "order_lists",
    }
)  # fmt: skip
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Touched(dict[tuple[str, Any], int]):  # Any: a key of any table
    """(Table, key) to the `seq` of the last event that changed the row.

    Attributes:
        at: Instant of the event that is being folded.
        spans: For rows of `STAMPED` tables, the instants of the first event that changed them
            since they were written, and of the last.
    """

    __slots__ = ("at", "spans")

    def __init__(self) -> None:
        """Begin with nothing touched."""
        super().__init__()
        self.at = EPOCH
        self.spans: dict[tuple[str, Any], tuple[datetime, datetime]] = {}

    def __setitem__(self, key: tuple[str, Any], seq: int) -> None:
        """Note that the event ``seq`` changes the row."""
        if key[0] in STAMPED:
            first, _ = self.spans.get(key, (self.at, self.at))
            self.spans[key] = (first, self.at)
        super().__setitem__(key, seq)

    def clear(self) -> None:
        """Forget what was touched."""
        super().clear()
        self.spans.clear()
