"""The local socket protocol between the engine and the processes around it.

A Unix stream socket, readable by its owner only, in the data directory. Every message is a frame:
four bytes of length, big-endian, then that many bytes of JSON, an object tagged `t`. A connection
opens with `Hello` and is answered by `Welcome` or closed. The protocol carries nothing that is not
also in the journal, so any process may die at any time.

Requests: `Command` is answered by `Outcome` with the same `id`, after the commit. Gateways:
`Attach` starts the flow of `Instruct` from the outbox position the gateway has durably stored;
`Frame` brings reports with their row in the gateway's wire journal and is answered by `Watermark`
once the row's effects are committed. Rows of one (session, epoch) come in rising order; a row at or
below the watermark is acknowledged again and has no second effect. Followers: `Bell` rings after
each commit for a connection that asked for it in `Hello`.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, get_args

import msgspec

from tradeoms.app.instruction import Instruction
from tradeoms.domain.confirmation.commands import StreetReport
from tradeoms.domain.dropcopy.commands import ReportCopy, ReportDropCopy
from tradeoms.domain.placement.commands import (
    Report,
    ReportCancel,
    ReportPlacement,
    ReportSend,
    ReportUnanswered,
    ReportUnreadable,
)
from tradeoms.domain.session.commands import ReportGap, ReportHold, ReportSessionAction

VERSION: Final = 1
FRAME_MAX: Final = 64 * 1024 * 1024
_LENGTH: Final = struct.Struct(">I")


class Hello(msgspec.Struct, tag="hello", tag_field="t", frozen=True):
    """First frame of a connection. `token` is the secret in the data directory."""

    role: Literal["rest", "gateway", "cli"]
    name: str
    token: str
    build: str
    version: int = VERSION
    bell: bool = False


class Welcome(msgspec.Struct, tag="welcome", tag_field="t", frozen=True):
    """The engine's answer to `Hello`: its lease epoch, its build and the journal's newest seq."""

    epoch: int
    build: str
    seq: int


class Command(msgspec.Struct, tag="command", tag_field="t", frozen=True):
    """A request. `type` names a command of `domain.catalog`, `body` is its JSON object.

    `user` is the natural person, `channel` how he came (`ui`, `key:<id>`, `cli`, `import`).
    With `key` the answer is stored, and the same key with the same `sha256` gets it again.
    """

    id: int
    type: str
    body: msgspec.Raw
    user: str
    channel: str = ""
    key: str = ""
    sha256: str = ""
    dry_run: bool = False


class Problem(msgspec.Struct, frozen=True):
    """One reason of a refusal."""

    code: str
    detail: str
    field: str = ""
    value: str = ""


class Outcome(msgspec.Struct, tag="outcome", tag_field="t", frozen=True):
    """What became of a command, told after the commit.

    `status`: `accepted`; `refused` with `problems`; `busy` (queue full, nothing was done, try
    again); `conflict` (the idempotency key was used for another body). `replayed` is set where
    `answer` was stored earlier. `answer` is the JSON that the door returns.
    """

    id: int
    status: Literal["accepted", "refused", "busy", "conflict"]
    answer: msgspec.Raw = msgspec.Raw(b"null")
    problems: tuple[Problem, ...] = ()
    seq: int = 0
    replayed: bool = False


class Attach(msgspec.Struct, tag="attach", tag_field="t", frozen=True):
    """A gateway asks for the instructions of its sessions after outbox `number`.

    `journal_id` names the gateway's wire journal. If the engine knew another one for the session,
    the old one was lost: its instructions above the engine's own knowledge become `unknown`.
    """

    session: str
    journal_id: str
    number: int


class Instruct(msgspec.Struct, tag="instruct", tag_field="t", frozen=True):
    """One instruction to send."""

    instruction: Instruction


class Tagged(msgspec.Struct, frozen=True):
    """A report with its type name, so that it can be told apart on the wire."""

    type: str
    body: msgspec.Raw


class Frame(msgspec.Struct, tag="frame", tag_field="t", frozen=True):
    """The reports that one row of the wire journal gave; an empty list only moves the watermark."""

    session: str
    epoch: int
    row: int
    reports: tuple[Tagged, ...]


class _Named(msgspec.Struct, frozen=True):
    """The executions that a report names."""

    exec_id: str = ""
    exec_ref_id: str = ""


class Watermark(msgspec.Struct, tag="watermark", tag_field="t", frozen=True):
    """All rows of (session, epoch) up to and including `row` are committed."""

    session: str
    epoch: int
    row: int


class SeenMessage(msgspec.Struct, frozen=True):
    """A message as it stood on the wire, separators shown as `|`, passwords masked."""

    at: datetime
    direction: Literal["in", "out"]
    msg_type: str
    msg_seq_num: int
    raw: str


class NewsShown(msgspec.Struct, frozen=True):
    """A News (B) or Email (C): when it came, its headline and its lines of text."""

    at: datetime
    headline: str
    text: str


class SessionState(msgspec.Struct, tag="session", tag_field="t", frozen=True):
    """The gateway tells how a session is; the engine keeps it in memory and journals nothing.

    `next_out` and `next_in` are MsgSeqNums, `gap` the messages still missing below the highest one
    seen, `unacknowledged` requests without an answer, `lag` rows that the engine has not committed,
    `quarantine` messages that could not be read, `duplicates` those that came again, `news` what
    the counterparty told people, newest last. `halted` and `held` say why; empty if it is not.
    """

    session: str
    logged_on: bool
    ready: bool
    next_out: int
    next_in: int
    epoch: int
    unacknowledged: int
    lag: int
    quarantine: int
    detail: str = ""
    halted: str = ""
    held: str = ""
    gap: int = 0
    duplicates: int = 0
    last_in_at: datetime | None = None
    last_out_at: datetime | None = None
    messages: tuple[SeenMessage, ...] = ()
    news: tuple[NewsShown, ...] = ()


ActionName = Literal[
    "logon", "logout", "set_sequence", "request_resend", "hold_outbound", "release_outbound",
    "reconcile", "list_status", "execute_list",
]  # fmt: skip


class SessionAction(msgspec.Struct, tag="action", tag_field="t", frozen=True):
    """The engine asks the gateway to do something to a session.

    What came of it is reported under `id`; with an empty one nothing is. `outgoing`: the number is
    of what we send.
    """

    session: str
    action: ActionName
    number: int = 0
    id: str = ""
    outgoing: bool = False
    reason: str = ""
    list_id: str = ""


class Bell(msgspec.Struct, tag="bell", tag_field="t", frozen=True):
    """The journal has grown to `seq`."""

    seq: int


Message = (
    Hello
    | Welcome
    | Command
    | Outcome
    | Attach
    | Instruct
    | Frame
    | Watermark
    | SessionState
    | SessionAction
    | Bell
)

_encoder: Final = msgspec.json.Encoder()
_decoder: Final = msgspec.json.Decoder(Message)
_named: Final = msgspec.json.Decoder(_Named).decode
#: What a gateway tells: of orders, of what it was asked to do to a session, and copies.
GatewayReport = (
    Report
    | ReportSessionAction
    | ReportHold
    | ReportGap
    | ReportDropCopy
    | ReportCopy
    | StreetReport
)
REPORTS: Final[dict[str, type[GatewayReport]]] = {
    kind.__name__: kind
    for kind in (
        *(ReportPlacement, ReportSend, ReportCancel, ReportUnreadable, ReportUnanswered),
        *(ReportSessionAction, ReportHold, ReportGap, ReportDropCopy, ReportCopy),
        *get_args(StreetReport),
    )
}


def pack(message: Message) -> bytes:
    """The frame of ``message``, ready to write.

    Raises:
        ValueError: If it is larger than `FRAME_MAX`.
    """
    body = _encoder.encode(message)
    if len(body) > FRAME_MAX:
        error = f"frame of {len(body)} bytes exceeds {FRAME_MAX}"
        raise ValueError(error)
    return _LENGTH.pack(len(body)) + body


def unpack(body: bytes | memoryview) -> Message:
    """The message in the body of a frame.

    Raises:
        msgspec.DecodeError: If it is not a message of this protocol.
    """
    message: Message = _decoder.decode(body)
    return message


def tag_report(report: GatewayReport) -> Tagged:
    """Wrap ``report`` for a `Frame`."""
    return Tagged(type=type(report).__name__, body=msgspec.Raw(_encoder.encode(report)))


def untag_report(item: Tagged) -> GatewayReport:
    """The report inside ``item``."""
    report: GatewayReport = msgspec.json.decode(item.body, type=REPORTS[item.type])
    return report


def exec_ids_in(frame: Frame) -> Iterator[tuple[str, str]]:
    """(session, ExecID) of the executions that reports of ``frame`` name, empty where they do not.

    A body that is no report is passed over here: taking it will tell.
    """
    for item in frame.reports:
        if item.type == ReportPlacement.__name__:
            with contextlib.suppress(msgspec.DecodeError):
                named = _named(item.body)
                yield from ((frame.session, each) for each in (named.exec_id, named.exec_ref_id))


class Splitter:
    """Cuts a byte stream into frame bodies; holds what is not complete yet."""

    def __init__(self) -> None:
        """Start with an empty buffer."""
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Add ``data`` and return the bodies that are complete now.

        Raises:
            ValueError: If a frame announces more than `FRAME_MAX`.
        """
        buffer = self._buffer
        buffer += data
        bodies: list[bytes] = []
        start = 0
        while len(buffer) - start >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(buffer, start)
            if size > FRAME_MAX:
                error = f"frame of {size} bytes exceeds {FRAME_MAX}"
                raise ValueError(error)
            end = start + _LENGTH.size + size
            if len(buffer) < end:
                break
            bodies.append(bytes(buffer[start + _LENGTH.size : end]))
            start = end
        del buffer[:start]
        return bodies
