"""FIX messages as pairs of tag and text, cut from a stream and put together again.

Only what a proxy needs: BodyLength (9) and CheckSum (10) are computed anew for every message that
leaves (FIX 4.4 Vol. 2). Text is latin-1, so every byte passes unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

SOH: Final = b"\x01"
ADMIN: Final = frozenset("012345A")
#: Set anew by `encode`.
_FRAME: Final = frozenset({8, 9, 10})
#: Tags that must stand in the header (FIX 4.4 Vol. 2), of those that a fault may add.
_HEADER: Final = frozenset({43, 97, 122})
_CHECK_SUM: Final = b"\x0110="


@dataclass(frozen=True, slots=True)
class Message:
    """One message: BeginString and the fields between BodyLength and CheckSum, in their order."""

    begin_string: str
    fields: tuple[tuple[int, str], ...]

    def get(self, tag: int) -> str:
        """Return the first text of a tag, empty where absent."""
        return next((text for each, text in self.fields if each == tag), "")

    @property
    def msg_type(self) -> str:
        """Return MsgType (35)."""
        return self.get(35)

    @property
    def seq(self) -> int:
        """Return MsgSeqNum (34)."""
        return int(self.get(34))

    @property
    def is_admin(self) -> bool:
        """Return whether it belongs to the session, not to the application."""
        return self.msg_type in ADMIN

    def changed(self, changes: Mapping[int, str | None]) -> Message:
        """Return the message with tags set, added or (None) removed."""
        fields = [
            (tag, changes.get(tag, text))
            for tag, text in self.fields
            if changes.get(tag, text) is not None
        ]
        present = {tag for tag, _ in self.fields}
        for tag, text in changes.items():
            if tag in present or text is None:
                continue
            at = 1 if tag in _HEADER else len(fields)
            fields.insert(at, (tag, text))
        return Message(self.begin_string, tuple((tag, str(text)) for tag, text in fields))

    def extended(self, fields: Iterable[tuple[int, str]]) -> Message:
        """Return the message with more fields at its end, repeated tags allowed."""
        return Message(self.begin_string, (*self.fields, *fields))

    def encode(self) -> bytes:
        """Return the bytes, with length and checksum right."""
        body = b"".join(f"{tag}={text}\x01".encode("latin-1") for tag, text in self.fields)
        text = f"8={self.begin_string}\x019={len(body)}\x01".encode("latin-1") + body
        return text + check_sum(text)


def check_sum(text: bytes) -> bytes:
    """Return the field CheckSum (10) of the bytes before it."""
    return f"10={sum(text) % 256:03d}\x01".encode()


def decode(raw: bytes) -> Message:
    """Read one whole message."""
    fields = []
    begin_string = ""
    for part in raw.split(SOH):
        name, equals, text = part.partition(b"=")
        if not equals or not name.isdigit():
            continue
        tag = int(name)
        if tag == 8:
            begin_string = text.decode("latin-1")
        elif tag not in _FRAME:
            fields.append((tag, text.decode("latin-1")))
    return Message(begin_string, tuple(fields))


class Splitter:
    """Cuts a stream into whole messages; what is not whole yet waits."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Add bytes and return the messages that are whole now."""
        self._buffer += data
        found = []
        while (mark := self._buffer.find(_CHECK_SUM)) >= 0:
            end = self._buffer.find(SOH, mark + len(_CHECK_SUM))
            if end < 0:
                break
            found.append(self._buffer[: end + 1])
            self._buffer = self._buffer[end + 1 :]
        return found
