"""The gate of the kill switches: what this gateway must not send, with an engine or without.

It looks into the folder of the switches before every new order and replace, and keeps what it has
read in memory. What it cannot read or understand closes it for everything: fail closed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.kill_folder import KillFolder, Thrown
from tradeoms.domain.kill.scope import Target
from tradeoms.fix.oplog import say

#: How often a switch is looked for while nothing is sent, so that cancels leave soon.
_LOOK_S: Final = 0.01
_UNREADABLE: Final = "the kill switches cannot be read"
_OPENING: Final = frozenset({InstructionKind.NEW, InstructionKind.REPLACE})


@dataclass(frozen=True, slots=True)
class _Seen:
    """The folder as last read."""

    names: frozenset[str]
    switches: tuple[Thrown, ...]
    broken: str = ""


class Gate:
    """Says what an active kill switch stops; for any thread."""

    def __init__(self, data: Path) -> None:
        """Read the switches of the data directory ``data``."""
        self._folder = KillFolder(data)
        self._file = data / "kill"
        self._seen = _Seen(frozenset(), ())

    def holds(self, instruction: Instruction) -> str:
        """Which switch stops ``instruction``, by whom and why; empty where none does."""
        if instruction.kind not in _OPENING:
            return ""
        seen = self._look()
        if seen.broken:
            return seen.broken
        if self._file.exists():
            return f"the file {self._file} is there"
        if not seen.switches:
            return ""
        target = target_of(instruction)
        return next((each.words for each in seen.switches if each.stops(target)), "")

    def closed(self) -> str:
        """Why something is stopped, whatever it is; empty where nothing is."""
        seen = self._look()
        if not seen.broken and self._file.exists():
            return f"the file {self._file} is there"
        return seen.broken or next((each.words for each in seen.switches), "")

    def switches(self) -> tuple[Thrown, ...]:
        """The switches in force, as far as they can be read."""
        return self._look().switches

    def _look(self) -> _Seen:
        """The folder now; its files are read again only where the names have changed."""
        try:
            names = self._folder.names()
            seen = self._seen
            if names != seen.names or seen.broken:
                seen = self._read(names)
        except OSError as error:
            seen = _Seen(frozenset(), self._seen.switches, f"{_UNREADABLE}: {error}")
        if seen.broken and seen.broken != self._seen.broken:
            say("kill_switches_unreadable", detail=seen.broken)
        if seen.switches != self._seen.switches:
            say("kill_switches", active=[each.words for each in seen.switches])
        self._seen = seen
        return seen

    def _read(self, names: frozenset[str]) -> _Seen:
        """Every switch there is; one that cannot be understood closes the gate."""
        switches, broken = [], ""
        for name in sorted(names):
            try:
                switches.append(self._folder.read(name))
            except FileNotFoundError:
                continue  # released since we looked; the names will differ again
            except (OSError, msgspec.DecodeError) as error:
                broken = f"{_UNREADABLE}: {name}: {error}"
        return _Seen(names, tuple(switches), broken)


class Watch(threading.Thread):
    """Tells as soon as the switches in force change."""

    def __init__(self, gate: Gate, changed: Callable[[], None]) -> None:
        """Make the thread; it calls ``changed``."""
        super().__init__(name="kill-watch", daemon=True)
        self._gate = gate
        self._changed = changed
        self._stopping = threading.Event()

    def run(self) -> None:
        """Look until stopped; `Gate` reports what it cannot read, and is closed then."""
        before: tuple[Thrown, ...] = ()
        while not self._stopping.wait(_LOOK_S):
            now = self._gate.switches()
            if now != before:
                before = now
                self._changed()

    def stop(self) -> None:
        """Let the thread end."""
        self._stopping.set()
        self.join(timeout=1)


def target_of(instruction: Instruction) -> Target:
    """What switches ask of an instruction."""
    named = {instruction.security_id, instruction.symbol}
    named.update(value for _, value in instruction.identifiers)
    return Target(
        funds=frozenset(instruction.funds),
        people=frozenset(instruction.people),
        destination=instruction.session,
        securities=frozenset(named - {""}) if instruction.security_id else frozenset(),
    )
