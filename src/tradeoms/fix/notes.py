"""Bodies of the rows that the gateway itself adds to its wire journal."""

from __future__ import annotations

from typing import Final

import msgspec

from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.fix.wire_journal import Database, WireJournal


class SendNote(msgspec.Struct, frozen=True):
    """Body of a `send` row: what a `ReportSend` will tell."""

    outcome: SendOutcome
    cl_ord_id: str
    msg_seq_num: int
    reason: str
    sent_us: int


class Note(msgspec.Struct, frozen=True):
    """Body of a `note` row: what a `ReportUnreadable` will tell."""

    reason: str
    raw: str


class UnansweredNote(msgspec.Struct, frozen=True):
    """Body of an `unanswered` row: what a `ReportUnanswered` will tell."""

    cl_ord_id: str
    seconds: int


class GapNote(msgspec.Struct, frozen=True):
    """Body of a `gap` row: what a `ReportGap` will tell. All zero: messages are missing no more."""

    expected: int = 0
    highest: int = 0
    seconds: int = 0


class CancelNote(msgspec.Struct, frozen=True):
    """Body of a `cancel` row: what a `ReportCancel` will tell."""

    cl_ord_id: str
    orig_cl_ord_id: str
    switch_id: str


encode_note: Final = msgspec.json.Encoder().encode


def note_break(db: Database, journal: WireJournal, session: str, reason: str, raw: str) -> None:
    """Add the row of a break of our own."""
    journal.add_row(db, session, "note", encode_note(Note(reason=reason, raw=raw)))


def decode_note(raw: bytes) -> Note:
    """The body of a `note` row."""
    return msgspec.json.decode(raw, type=Note)


def decode_unanswered(raw: bytes) -> UnansweredNote:
    """The body of an `unanswered` row."""
    return msgspec.json.decode(raw, type=UnansweredNote)


def decode_gap(raw: bytes) -> GapNote:
    """The body of a `gap` row."""
    return msgspec.json.decode(raw, type=GapNote)


def decode_cancel(raw: bytes) -> CancelNote:
    """The body of a `cancel` row."""
    return msgspec.json.decode(raw, type=CancelNote)


def decode_send(raw: bytes) -> SendNote:
    """The body of a `send` row."""
    return msgspec.json.decode(raw, type=SendNote)
