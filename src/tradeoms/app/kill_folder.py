"""The kill switches on disk, one file each: how a throw reaches gateways without an engine.

Whoever throws writes the file first; every gateway looks into the folder before each order that it
sends. The engine's journal is the record, and `reconcile` brings the two together: what it does not
know it records, what it has released it removes, what is missing it writes again. A file never
changes, so that the names alone tell whether anything has.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from tradeoms.domain.kill.commands import RecordKillSwitch
from tradeoms.domain.kill.scope import KillScope, Target, covers
from tradeoms.domain.kill.state import KillSwitch, describe

FOLDER: Final = "kill-switches"
_ID: Final = re.compile(r"kil_[0-9a-z]{8,32}")
_SUFFIX: Final = ".json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """What a file says.

    Attributes:
        value: Fund, person, destination or security; empty for the firm.
    """

    id: str
    kind: KillScope
    value: str
    cancel_open: bool
    reason: str
    thrown_by: str
    thrown_at: datetime

    def stops(self, target: Target) -> bool:
        """True where ``target`` must not add risk."""
        return covers(self.kind, self.value, target)

    @property
    def words(self) -> str:
        """Which switch, who threw it and why."""
        return describe(self.id, self.kind, self.value, thrown_by=self.thrown_by, why=self.reason)


_decode: Final = msgspec.json.Decoder(Thrown, strict=True).decode


def new_id(at: datetime) -> str:
    """An id that sorts by the time of the throw; two throws in one microsecond are two ids."""
    micros = round(at.timestamp() * 1_000_000)
    return f"kil_{micros:014x}{secrets.token_hex(4)}"


class KillFolder:
    """The folder of one node."""

    def __init__(self, data: Path) -> None:
        """Use the data directory ``data``; the folder is made if it is not there."""
        self.path = data / FOLDER
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)

    def names(self) -> frozenset[str]:
        """Ids of the switches there are files of.

        Raises:
            OSError: If the folder cannot be read.
        """
        with os.scandir(self.path) as found:
            names = [entry.name for entry in found if entry.name.endswith(_SUFFIX)]
        return frozenset(name.removesuffix(_SUFFIX) for name in names)

    def read(self, switch_id: str) -> Thrown:
        """The switch ``switch_id``.

        Raises:
            OSError: If its file cannot be read.
            msgspec.DecodeError: If it does not say what a switch says.
        """
        return _decode(self._file(switch_id).read_bytes())

    def write(self, thrown: Thrown) -> None:
        """Put a switch into force: durable, whole or not at all; a second time changes nothing.

        Raises:
            ValueError: If its id is not one of ours.
            OSError: If it is not on disk.
        """
        if _ID.fullmatch(thrown.id) is None:
            message = f"{thrown.id!r} is no id of a kill switch"
            raise ValueError(message)
        draft = self.path / f".{thrown.id}.{os.getpid()}"
        with draft.open("wb") as file:
            file.write(msgspec.json.encode(thrown))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._file(thrown.id))
        handle = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def remove(self, switch_id: str) -> None:
        """Take a switch out of force."""
        self._file(switch_id).unlink(missing_ok=True)

    def age_s(self, switch_id: str, now: datetime) -> float:
        """Seconds since the file was written; below zero where it is gone."""
        with contextlib.suppress(FileNotFoundError):
            return now.timestamp() - self._file(switch_id).stat().st_mtime
        return -1.0

    def _file(self, switch_id: str) -> Path:
        return self.path / f"{switch_id}{_SUFFIX}"


def reconcile(
    folder: KillFolder, known: Mapping[str, KillSwitch], *, now: datetime, older_than_s: float
) -> list[RecordKillSwitch]:
    """Bring folder and journal together; return what the journal must still record.

    Args:
        folder: The folder.
        known: Every switch in the journal, active or released.
        now: The time.
        older_than_s: A younger file is left alone: whoever wrote it is about to ask the engine.

    Raises:
        OSError: If the folder cannot be read or written.
        msgspec.DecodeError: If a file cannot be understood; every gateway is closed until it can.
    """
    there = folder.names()
    for switch in known.values():
        if switch.active and switch.id not in there:
            folder.write(_as_thrown(switch))
        elif not switch.active and switch.id in there:
            folder.remove(switch.id)
    return [
        _as_command(folder.read(name))
        for name in sorted(there - known.keys())
        if folder.age_s(name, now) >= older_than_s
    ]


def _as_thrown(switch: KillSwitch) -> Thrown:
    return Thrown(
        id=switch.id,
        kind=switch.kind,
        value=switch.value,
        cancel_open=switch.cancel_open,
        reason=switch.reason,
        thrown_by=switch.thrown_by,
        thrown_at=switch.thrown_at,
    )


def _as_command(thrown: Thrown) -> RecordKillSwitch:
    return RecordKillSwitch(
        switch_id=thrown.id,
        kind=thrown.kind,
        value=thrown.value,
        reason=thrown.reason,
        cancel_open=thrown.cancel_open,
        thrown_by=thrown.thrown_by,
        thrown_at=thrown.thrown_at,
    )
