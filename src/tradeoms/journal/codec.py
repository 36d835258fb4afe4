"""Events to JSON text and back. What is encoded here is hashed and stored, and never re-serialised.

The envelope is `{"type", "v", "at", "actor", "on_behalf_of", "cause", "build", "epoch", "data"}` in
this order. A decimal is a string that keeps its scale, an instant is RFC 3339 in UTC, an enum is
its word. The part of the envelope that the events of one command share is encoded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from tradeoms.journal.upcast import RENAMED, SCHEMA_VERSIONS, UPCASTERS, Upcaster
from tradeoms.kernel.errors import UnknownEvent

_UTC_OFFSET: Final = timedelta(0)
_write: Final = msgspec.json.Encoder().encode


class Meta(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Who, when and why: what every event of one command shares.

    Attributes:
        at: When it was decided, aware UTC, microseconds.
        actor: User or system that asked.
        on_behalf_of: User in whose place the actor acted, if any.
        cause: Command or frame that led to the event.
        build: Build id of the engine.
        epoch: Lease epoch of the engine.
    """

    at: datetime
    actor: str
    on_behalf_of: str | None
    cause: str
    build: str
    epoch: int


class Recorded(msgspec.Struct, frozen=True):
    """An event read back: what happened, with who, when and why."""

    meta: Meta
    event: Any  # Any: one of the registry's types; the caller matches on it


class _Shared(msgspec.Struct, gc=False):
    """`Meta` as it is written; the instant is text already."""

    at: str
    actor: str
    on_behalf_of: str | None
    cause: str
    build: str
    epoch: int


class _Envelope(msgspec.Struct, gc=False):
    type: str
    v: int
    at: datetime
    actor: str
    on_behalf_of: str | None
    cause: str
    build: str
    epoch: int
    data: msgspec.Raw


class Codec:
    """Encodes and decodes the closed union of events it is given."""

    def __init__(
        self,
        events: Iterable[type],
        *,
        versions: Mapping[str, int] = SCHEMA_VERSIONS,
        upcasters: Mapping[tuple[str, int], Upcaster] = UPCASTERS,
    ) -> None:
        """Build one decoder per event type.

        Args:
            events: The event types; the class name is the name in the journal.
            versions: Current schema version of each type that has had more than one.
            upcasters: See `upcast`.

        Raises:
            ValueError: If two types share a name, or a version cannot be reached.
            TypeError: If a field has a type that cannot be read back.
        """
        self._versions: dict[str, int] = {}
        self._decoders: dict[str, msgspec.json.Decoder[Any]] = {}
        self._prefixes: dict[type, bytes] = {}
        self._upcasters = dict(upcasters)
        self._encode = msgspec.json.Encoder(decimal_format="string").encode
        self._envelope = msgspec.json.Decoder(_Envelope).decode
        self._meta: Meta | None = None
        self._meta_json = b""
        for event in events:
            self._register(event, versions.get(event.__name__, 1))

    def encode(self, event: object, meta: Meta) -> bytes:
        """Return the exact UTF-8 text to hash and store.

        Raises:
            KeyError: If the event's type is not in the registry.
        """
        if meta is not self._meta:
            self._meta_json = self._shared(meta)
            self._meta = meta
        prefix = self._prefixes[type(event)]
        return b"".join((prefix, self._meta_json, self._encode(event), b"}"))

    def decode(self, body: bytes | str) -> Recorded:
        """Read one stored body.

        Raises:
            UnknownEvent: If the type, or its version, is not known to this build.
            msgspec.DecodeError: If the text is not an envelope, or its data not the event's.
        """
        read = self._envelope(body)
        meta = Meta(
            at=read.at,
            actor=read.actor,
            on_behalf_of=read.on_behalf_of,
            cause=read.cause,
            build=read.build,
            epoch=read.epoch,
        )
        return Recorded(meta, self._event(read.type, read.v, read.data))

    def _event(
        self, name: str, version: int, data: msgspec.Raw
    ) -> Any:  # Any: one of the registry's types
        if self._versions.get(name) == version:
            return self._decoders[name].decode(data)
        return self._upcast(RENAMED.get(name, name), version, data)

    def _upcast(self, name: str, version: int, data: msgspec.Raw) -> Any:  # Any: as above
        current = self._versions.get(name, 0)
        if not 1 <= version <= current:
            raise UnknownEvent(event_type=name, version=version)
        raw: dict[str, Any] = msgspec.json.decode(data)
        for step in range(version, current):
            raw = self._upcasters[name, step](raw)
        return self._decoders[name].decode(self._encode(raw))

    def _register(self, event: type, version: int) -> None:
        name = event.__name__
        if name in self._decoders:
            message = f"two event types are called {name}"
            raise ValueError(message)
        for step in range(1, version):
            if (name, step) not in self._upcasters:
                message = f"no upcaster from version {step} of {name}"
                raise ValueError(message)
        self._versions[name] = version
        self._decoders[name] = msgspec.json.Decoder(event)
        self._prefixes[event] = f'{{"type":"{name}","v":{version},'.encode()

    def _shared(self, meta: Meta) -> bytes:
        shared = _Shared(
            instant_text(meta.at),
            meta.actor,
            meta.on_behalf_of,
            meta.cause,
            meta.build,
            meta.epoch,
        )
        return self._encode(shared)[1:-1] + b',"data":'


def instant_text(at: datetime) -> str:
    """Write an instant as `2026-01-31T09:30:00.000001Z`, always with six digits (RTS 24 annex).

    Raises:
        ValueError: If ``at`` is naive or not in UTC.
    """
    if at.tzinfo is not UTC and at.utcoffset() != _UTC_OFFSET:
        message = f"not an aware UTC instant: {at!r}"
        raise ValueError(message)
    # The encoder's text leaves out a fraction of zero, and is ten times faster than `isoformat`.
    text = _write(at)[1:-1].decode()
    return text if at.microsecond else text[:-1] + ".000000Z"
