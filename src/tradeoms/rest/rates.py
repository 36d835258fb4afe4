"""How often one key or person may ask: a bucket that fills steadily, per worker process.

What takes risk out of the market is never counted (RTS 6 art. 12, reliability scenario A30).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from tradeoms.rest.errors import problem

#: Permissions that are never limited.
UNLIMITED: Final = frozenset(
    {"CancelOrder", "CancelPlacement", "CancelPlacements", "HoldOrder", "ThrowKillSwitch"}
)
#: A bucket holds so many seconds of requests.
BURST_S: Final = 2
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float


class Rates:
    """Counts requests by who sends them."""

    def __init__(self, per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Allow ``per_second`` requests; 0 is no limit."""
        self._rate = per_second
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def count(self, who: str, permission: str) -> None:
        """Count one request of ``who``.

        Raises:
            ProblemError: 429 where it is one too many.
        """
        if not self._rate or permission in UNLIMITED:
            return
        now, full = self._clock(), float(self._rate * BURST_S)
        if len(self._buckets) >= _REMEMBERED:
            self._forget_full(now, full)
        bucket = self._buckets.setdefault(who, _Bucket(full, now))
        bucket.left = min(full, bucket.left + (now - bucket.at) * self._rate)
        bucket.at = now
        if bucket.left < 1:
            wait = max(1, math.ceil((1 - bucket.left) / self._rate))
            detail = f"at most {self._rate} requests a second, {int(full)} at once"
            raise problem("rate_limited", detail, headers={"Retry-After": str(wait)})
        bucket.left -= 1

    def _forget_full(self, now: float, full: float) -> None:
        """Let go of whoever has been quiet for as long as it takes to fill a bucket."""
        self._buckets = {
            who: bucket
            for who, bucket in self._buckets.items()
            if bucket.left + (now - bucket.at) * self._rate < full
        }
