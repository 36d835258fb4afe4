"""How many messages may leave now: a bucket that fills at the agreed rate, up to the burst."""

from __future__ import annotations

import time
from collections.abc import Callable


class Throttle:
    """Counts messages against a rate; 0 means no limit."""

    def __init__(
        self, per_second: int, burst: int = 0, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Start with a full bucket; a burst of 0 is one second's worth."""
        self._rate = per_second
        self._full = burst or per_second
        self._left = self._full
        self._clock = clock
        self._filled = clock()

    def allowance(self, wanted: int) -> int:
        """At most ``wanted``, and at most what the rate leaves."""
        if self._rate == 0:
            return wanted
        now = self._clock()
        gained = int((now - self._filled) * self._rate)
        if gained:
            self._left = min(self._full, self._left + gained)
            self._filled = now
        return max(0, min(wanted, self._left))

    def spare(self, wanted: int) -> int:
        """At most ``wanted``, with half of a full bucket left for what is more urgent."""
        return max(0, min(wanted, self.allowance(wanted + self._full // 2) - self._full // 2))

    def spend(self, count: int) -> None:
        """Take ``count`` out of the bucket."""
        if self._rate:
            self._left -= count
