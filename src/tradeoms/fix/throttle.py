"""How many messages may leave now: a bucket that fills at the agreed rate and holds one second."""

from __future__ import annotations

import time


class Throttle:
    """Counts messages against a rate; 0 means no limit."""

    def __init__(self, per_second: int) -> None:
        """Start with a full bucket."""
        self._rate = per_second
        self._left = per_second
        self._filled = time.monotonic()

    def allowance(self, wanted: int) -> int:
        """At most ``wanted``, and at most what the rate leaves."""
        if self._rate == 0:
            return wanted
        now = time.monotonic()
        gained = int((now - self._filled) * self._rate)
        if gained:
            self._left = min(self._rate, self._left + gained)
            self._filled = now
        return min(wanted, self._left)

    def spend(self, count: int) -> None:
        """Take ``count`` out of the bucket."""
        if self._rate:
            self._left -= count
