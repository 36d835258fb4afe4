"""The only reader of the clock and the only maker of ids.

Ids are `prefix_<epoch><counter>`, fixed width and hexadecimal: they sort by creation, and no two
engines can make the same one, since every lease has an epoch of its own. A ClOrdID (FIX 11) is
`<epoch>-<counter>` in base 36, at most 14 characters, unique for ever.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Protocol

from tradeoms.kernel.decider import Stamp

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Clock(Protocol):
    """Tells the time, aware and UTC."""

    def now(self) -> datetime:
        """The instant, microseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The instant by the machine."""
        return datetime.now(UTC)


class Identity:
    """Stamps commands of one epoch."""

    def __init__(self, clock: Clock, *, epoch: int) -> None:
        """Start counting for ``epoch``."""
        self._clock = clock
        self._epoch = epoch
        self._prefix = f"{epoch:06x}"
        self._cl_prefix = base36(epoch) + "-"
        self._count = 0
        self._cl_count = 0
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The time, never earlier than the last one told (the clock may be set back)."""
        self._last = max(self._last, self._clock.now())
        return self._last

    def stamp(self, actor: str, at: datetime | None = None) -> Stamp:
        """Make the stamp of a command that ``actor`` asked for."""
        self._count += 1
        return Stamp(
            at=at or self.now(),
            actor=actor,
            base=f"{self._prefix}{self._count:010x}",
            cl_ord_id=self.next_cl_ord_id(),
        )

    def next_cl_ord_id(self) -> str:
        """A ClOrdID never used before."""
        self._cl_count += 1
        return self._cl_prefix + base36(self._cl_count)


def base36(number: int) -> str:
    """Write a non-negative integer in digits and capital letters."""
    text = ""
    while number >= 36:
        number, digit = divmod(number, 36)
        text = _DIGITS[digit] + text
    return _DIGITS[number] + text
