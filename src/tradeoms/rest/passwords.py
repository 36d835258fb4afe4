"""Passwords: Argon2id in a thread, as long for everyone, and a pause that grows with guesses."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

_FREE_TRIES: Final = 5
_LONGEST_PAUSE_S: Final = 900.0
_REMEMBERED: Final = 10_000
#: Two at a time: each takes 64 MiB.
_AT_ONCE: Final = 2


@dataclass(slots=True)
class _Failures:
    count: int = 0
    until: float = 0.0


@dataclass(slots=True)
class Passwords:
    """Verifies passwords and slows down whoever guesses, by account and address."""

    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    _failures: dict[tuple[str, str], _Failures] = field(default_factory=dict)
    _gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    _nobody: str = ""

    def __post_init__(self) -> None:
        """Make the hash that stands in for people we do not know."""
        self._nobody = self.hasher.hash("nobody has this password")

    def pause(self, account: str, address: str) -> float:
        """Seconds that must pass before the next try; 0 for none."""
        found = self._failures.get((account, address))
        return max(0.0, found.until - time.monotonic()) if found else 0.0

    async def right(self, account: str, address: str, stored: str, password: str) -> bool:
        """Whether ``password`` fits; an empty ``stored`` takes as long, and never fits."""
        async with self._gate:
            fits = await asyncio.to_thread(self._fits, stored or self._nobody, password)
        good = fits and bool(stored)
        self._note(account, address, good=good)
        return good

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self.hasher.verify(stored, password)
        except (Argon2Error, InvalidHashError):
            return False

    def _note(self, account: str, address: str, *, good: bool) -> None:
        key = (account, address)
        if good:
            self._failures.pop(key, None)
            return
        if len(self._failures) >= _REMEMBERED:
            self._failures.clear()
        found = self._failures.setdefault(key, _Failures())
        found.count += 1
        if found.count >= _FREE_TRIES:
            pause = min(_LONGEST_PAUSE_S, 2.0 ** (found.count - _FREE_TRIES))
            found.until = time.monotonic() + pause
