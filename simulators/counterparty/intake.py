"""The intake journal: each application message, written before the engine counts it as received.

A file of JSON lines, appended with one write call each from ``fromApp``. The ledger keeps the
offset up to which messages have taken effect (the watermark), in the same transaction as the
effects; what lies behind it is read again at start. A write survives a kill at once. It is not
forced to the disk: after a power loss an unanswered message may be gone, an answered one not,
because the ledger is forced before any answer.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One journaled message. ``end`` is the offset behind it."""

    session: str
    raw: str
    repeated: bool
    end: int


class Intake:
    """The file: one writer thread per session, serialised by the caller's append order."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "intake.jsonl"
        self._handle = -1
        self._size = 0

    def open(self, watermark: int) -> list[Incoming]:
        """Cut a torn tail, open for append and return the messages behind ``watermark``."""
        content = self._path.read_bytes() if self._path.exists() else b""
        whole = content.rfind(b"\n") + 1
        self._handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.ftruncate(self._handle, whole)
        self._size = whole
        waiting = []
        end = watermark
        for line in content[watermark:whole].splitlines(keepends=True):
            end += len(line)
            session, repeated, raw = json.loads(line)
            waiting.append(Incoming(session=session, raw=raw, repeated=repeated, end=end))
        return waiting

    def append(self, session: str, raw: str, *, repeated: bool) -> Incoming:
        """Write one message and return it with its offset."""
        line = json.dumps((session, repeated, raw)).encode() + b"\n"
        if os.write(self._handle, line) != len(line):
            raise OSError("the intake journal took only part of a message")
        self._size += len(line)
        return Incoming(session=session, raw=raw, repeated=repeated, end=self._size)
