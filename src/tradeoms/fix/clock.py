"""The gateway's clock: it stamps what arrives and what leaves, and decides only age by it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def now_us() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1000  # noqa: TID251 - a process of its own, stamping its own wire


def from_us(instant_us: int) -> datetime:
    """The aware datetime of `instant_us` microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant_us)


def to_us(at: datetime) -> int:
    """Microseconds since 1970 of the aware ``at``."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def fix_timestamp(instant_us: int, precision: int) -> str:
    """Write UTCTimestamp, `YYYYMMDD-HH:MM:SS` with ``precision`` digits (0, 3 or 6) of a second."""
    at = from_us(instant_us)
    seconds = at.strftime("%Y%m%d-%H:%M:%S")
    return f"{seconds}.{at.microsecond:06d}"[: 18 + precision] if precision else seconds
