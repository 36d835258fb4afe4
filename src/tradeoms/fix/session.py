"""The callbacks of quickfix. They keep and enqueue; they decide nothing that can wait.

Nothing may leak out of a callback: quickfix would answer the counterparty with a reject and consume
the message, or run half dead (docs/fix.md, quickfix). So whatever goes wrong ends the process with
status 70, the sequence number unmoved, and the supervisor starts it again.
"""

from __future__ import annotations

import functools
import os
import re
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

import quickfix

from tradeoms.app.faults import Point, reach
from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.fix import quick
from tradeoms.fix.clock import now_us
from tradeoms.fix.line import FOREIGN, SAID, Line
from tradeoms.fix.news import is_marker
from tradeoms.fix.notes import note_break
from tradeoms.fix.oplog import say
from tradeoms.fix.requests import ANSWERED, Request, set_wire
from tradeoms.fix.resend import may_resend
from tradeoms.fix.scrub import scrub
from tradeoms.fix.store_files import store_path
from tradeoms.fix.tags import (
    SOH,
    cl_ord_id_of,
    content_key,
    is_intact,
    is_poss_dup,
    is_poss_resend,
    msg_type_of,
    seq_of,
)
from tradeoms.fix.wire_journal import Database, Inbound, has_content

EXIT_CALLBACK: Final = 70
QUEUE_MAX: Final = 2_000
_ADMIN: Final = frozenset("012345A")
_JOURNALED: Final = frozenset({"D", "G", "F", "H", "Q", "q", "J", "AU", "E", "K"})
_TOO_LOW: Final = "too low"
#: A sequence number that a file and a database hold.
_NUMBER: Final = re.compile(r"[0-9]{1,18}")
P = ParamSpec("P")
R = TypeVar("R")


def lethal(callback: Callable[P, R]) -> Callable[P, R]:
    """End the process if ``callback`` raises anything but the two answers quickfix knows."""

    @functools.wraps(callback)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return callback(*args, **kwargs)
        except (quick.DoNotSend, quick.RejectLogon):
            raise
        except BaseException:  # noqa: BLE001 - nothing may pass into quickfix
            try:
                say("callback_failed", callback=callback.__name__, trace=traceback.format_exc())
            finally:
                os._exit(EXIT_CALLBACK)

    return guarded


def receive(line: Line, raw: bytes) -> None:
    """Make an inbound message durable; only then may its sequence number move for good.

    With `commit: each` the message is on disk when this returns. With `commit: group` it is queued,
    and the number in the session store runs ahead of the journal by at most `QUEUE_MAX` messages:
    `recovery` sets it back to the journal's, and the counterparty sends the rest again.
    """
    reach(Point.RECEIVED_BEFORE_COMMIT)
    message = Inbound(
        session=line.name,
        epoch=line.epoch,
        msg_seq_num=seq_of(raw),
        poss_dup=is_poss_dup(raw),
        poss_resend=is_poss_resend(raw),
        at_us=now_us(),
        raw=raw,
    )
    line.heard(line.own_id(cl_ord_id_of(raw)))
    if is_marker(raw, line.config.dialect.recovery.marker):
        line.marker_seen = True
        line.wake.set()
    if line.config.dialect.reports.commit == "group" and line.journal.queued < QUEUE_MAX:
        line.journal.absorb_later(message, line.count)
    else:
        line.journal.absorb(message, line.count)
    if not line.journal.arrived.is_set():
        line.journal.arrived.set()
    reach(Point.COMMITTED_BEFORE_RETURN)


def rescue(line: Line, *, after_us: int) -> None:
    """Keep messages that quickfix counted and refused to hand over for ``after_us`` or longer.

    What was seen on the wire is never lost; every order is compared with the counterparty then.
    """
    now = now_us()
    for seq, (raw, seen_us) in list(line.arriving.items()):
        counted = seq < line.handle.next_in
        if now - seen_us < after_us or (line.is_ours(raw) and not counted):
            continue
        if line.arriving.pop(seq, None) is None:
            continue
        say("message_rescued", session=line.name, seq=seq, raw=raw.decode("latin-1"))
        if counted:
            receive(line, raw)
            line.reconcile_due = True
        else:
            _note_foreign(line, raw)


def _note_foreign(line: Line, raw: bytes) -> None:
    """Show people a message of another party; its number is none of the session's."""
    shown = raw.decode("latin-1").replace(SOH, "|")
    line.journal.write(lambda db: note_break(db, line.journal, line.name, FOREIGN, shown))
    line.journal.arrived.set()


class Callbacks(quickfix.Application):  # type: ignore[misc]  # quickfix is untyped
    """What quickfix calls, for every session of the process."""

    def __init__(self, lines: Mapping[str, Line], passwords: Mapping[str, str]) -> None:
        """Keep the lines by the text of their SessionID, and the passwords by session name."""
        super().__init__()
        self._lines = lines
        self._only = next(iter(lines.values())) if len(lines) == 1 else None
        self._passwords = passwords

    def _line(self, session_id: quick.SessionID) -> Line:
        return self._only or self._lines[str(session_id.toString())]

    @lethal
    def onCreate(self, session_id: quick.SessionID) -> None:
        """A session was built; nothing to do yet."""

    @lethal
    def onLogon(self, session_id: quick.SessionID) -> None:
        """Both Logons are exchanged, though either side may still have a gap."""
        self._line(session_id).opened()

    @lethal
    def onLogout(self, session_id: quick.SessionID) -> None:
        """The connection is gone."""
        line = self._line(session_id)
        if line.next_in_due:
            line.handle.set_next_in(line.next_in_due)
            line.next_in_due = 0
        rescue(line, after_us=0)
        line.closed()

    @lethal
    def toAdmin(self, message: quick.Message, session_id: quick.SessionID) -> None:
        """A session message is about to leave."""
        line = self._line(session_id)
        quick.set_header(message, line.config.header.items())
        if quick.header_field(message, 43) == "Y":
            return
        seq = int(quick.header_field(message, 34))
        if quick.header_field(message, 35) == "A":
            self._add_credentials(line, message)
            if seq <= line.last_out:
                line.new_epoch("the session started anew by schedule or setting")
        line.last_out = seq

    def _add_credentials(self, line: Line, message: quick.Message) -> None:
        quick.set_body(message, line.config.logon.items())
        if line.config.username:
            quick.set_body(message, [(553, line.config.username)])
        if line.name in self._passwords:
            quick.set_body(message, [(554, self._passwords[line.name])])

    @lethal
    def toApp(self, message: quick.Message, session_id: quick.SessionID) -> None:
        """An application message is about to be stored and written; the last chance to hold it.

        The session's mutex is held, so its connection cannot end before the message is written.
        """
        line = self._line(session_id)
        quick.set_header(message, line.config.header.items())
        if quick.header_field(message, 43) == "Y":
            if not may_resend(line, quick.message_bytes(message)):
                raise quick.DoNotSend
            return
        if not (line.handle.logged_on and line.quiesced and line.recovered):
            raise quick.DoNotSend  # quickfix would keep it and send it hours later
        seq = int(quick.header_field(message, 34))
        requests = line.in_flight
        if any(_stopped(line, each.instruction) for each in requests):
            raise quick.DoNotSend  # since the sender looked
        if requests and quick.header_field(message, 35) in _JOURNALED:
            _note_wire(line, requests, seq, quick.message_bytes(message))
            reach(Point.JOURNALED_BEFORE_STORE)
        line.wire_seq = seq
        line.last_out = seq

    @lethal
    def fromAdmin(self, message: quick.Message, session_id: quick.SessionID) -> None:
        """A session message arrived."""
        line = self._line(session_id)
        match quick.header_field(message, 35):
            case "A":
                self._logon_arrived(line, message)
            case "0" | "1":  # some engines answer a TestRequest with one of the same id
                line.settled(quick.body_field(message, 112))
            case "2":
                line.unsettle()
            case "3":
                receive(line, _raw_of(line, message))
            case "4":
                _sequence_reset(line, message)
            case "5":
                self._logout_arrived(line, message)
            case _:
                pass

    def _logout_arrived(self, line: Line, message: quick.Message) -> None:
        text = quick.body_field(message, 58)
        if _TOO_LOW in text:
            line.halt(f"{SAID}{text}")
        # quickfix counts a Logout (5) as if it were the message expected: over a gap, the first
        # message that is missing would count as received.
        if int(quick.header_field(message, 34)) > line.handle.next_in:
            line.next_in_due = line.handle.next_in

    def _logon_arrived(self, line: Line, message: quick.Message) -> None:
        asked = line.config.dialect.session.reset_on_logon
        if quick.body_field(message, 141) == "Y" and not asked:
            line.new_epoch("the counterparty reset the sequence in its Logon (141=Y)")
            if not line.config.dialect.session.accept_reset:
                line.halt("the counterparty reset the sequence numbers, which was not agreed")
                raise quick.RejectLogon
        seq = int(quick.header_field(message, 34))
        if seq > line.handle.next_in:
            line.reconcile_due = True
        line.highest_in = seq  # what came before is over: all that is missing is below it

    @lethal
    def fromApp(self, message: quick.Message, session_id: quick.SessionID) -> None:
        """An application message arrived, in order: return when it is on disk, and not before."""
        line = self._line(session_id)
        receive(line, _raw_of(line, message))


def _sequence_reset(line: Line, message: quick.Message) -> None:
    """The counterparty goes on with another number: messages may be missing for good."""
    line.reconcile_due = True
    if quick.body_field(message, 123) == "Y":
        return
    told = quick.body_field(message, 36)
    next_in = int(told) if _NUMBER.fullmatch(told) else line.handle.next_in
    cause = "the counterparty reset its sequence (35=4)"
    line.new_epoch(cause, next_out=line.handle.next_out, next_in=next_in)


def _note_wire(line: Line, requests: tuple[Request, ...], seq: int, raw: bytes) -> None:
    """Keep under which number the requests of a message are about to be written."""
    sent_us = now_us()

    def work(db: Database) -> None:
        for each in requests:
            set_wire(
                db, each.instruction.number, epoch=line.epoch, msg_seq_num=seq, sent_us=sent_us,
                raw=raw,
            )  # fmt: skip

    line.journal.write(work)
    for each in requests:
        if each.instruction.kind in ANSWERED:
            line.left(each, sent_us)


def _stopped(line: Line, instruction: Instruction) -> bool:
    """True where a kill switch, or a hold of outbound messages, is against it."""
    opening = instruction.kind in (InstructionKind.NEW, InstructionKind.REPLACE)
    return (bool(line.held) and opening) or bool(line.gate.holds(instruction))


def _raw_of(line: Line, message: quick.Message) -> bytes:
    """The bytes as they arrived; quickfix's own text would have its fields re-sorted."""
    if len(line.arriving) == 1:  # the usual case, without four calls into quickfix
        return line.arriving.popitem()[1][0]
    seq = int(quick.header_field(message, 34) or 0)
    held = line.arriving.pop(seq, None)
    return quick.message_bytes(message) if held is None else held[0]


class WireLog(quickfix.Log):  # type: ignore[misc]  # quickfix is untyped
    """Sees the raw bytes of one session before quickfix judges them."""

    def __init__(self, line: Line | None, store: Path) -> None:
        """Attach to a line, or to none for the log of the process; ``store`` is the folder."""
        super().__init__()
        self._line = line
        self._store = store

    @lethal
    def onIncoming(self, text: str) -> None:
        """Keep what belongs to us until quickfix hands it over."""
        line = self._line
        if line is None:
            return
        raw = quick.wire_bytes(text)
        line.seen.append((now_us(), "in", raw))
        if not is_intact(raw):
            say("garbled_message_dropped", session=line.name, raw=raw.decode("latin-1"))
            return
        msg_type, seq = msg_type_of(raw), seq_of(raw)
        if msg_type not in _ADMIN or msg_type == "3":
            line.arriving[seq] = (raw, now_us())
        # A Logon may start the numbers anew: fromAdmin counts it.
        if msg_type != "A" and line.is_ours(raw):
            line.highest_in = max(line.highest_in, seq)

    @lethal
    def onOutgoing(self, text: str) -> None:
        """Show it to operators; what we send is journaled in `toApp`.

        The session's mutex is held, and the store has the message already.
        """
        if self._line is None:
            return
        raw = quick.wire_bytes(text)
        self._line.seen.append((now_us(), "out", raw))
        if msg_type_of(raw) == "A":
            scrub(store_path(self._store, self._line.config, "body"), raw)

    @lethal
    def onEvent(self, text: str) -> None:
        """Tell the operator, and act on the two events that have no callback of their own."""
        line = self._line
        say("session_event", session=line.name if line else "", text=text)
        if line is None:
            return
        if text.startswith("Received ResendRequest"):
            line.unsettle()  # quickfix answers under its mutex; our TestRequest queues behind
        elif text.startswith("MsgSeqNum too low") and not _came_before(line):
            line.halt(text)

    @lethal
    def clear(self) -> None:
        """Nothing is kept here."""

    @lethal
    def backup(self) -> None:
        """Nothing is kept here."""


def _came_before(line: Line) -> bool:
    """True where the newest message is one that we have, once more and without PossDupFlag (43).

    It does no harm: quickfix ends the connection and goes on with the next. A number that comes
    again with other content tells of a counterparty that has lost count.
    """
    raws = [raw for _, way, raw in line.seen if way == "in"]
    if not raws:
        return False
    newest, session, epoch = raws[-1], line.name, line.epoch
    if any(content_key(each) == content_key(newest) for each in raws[:-1]):
        return True
    return line.journal.write(lambda db: has_content(db, session, epoch, newest))


class WireLogs(quickfix.LogFactory):  # type: ignore[misc]  # quickfix is untyped
    """Makes the logs, and keeps them: quickfix holds bare pointers."""

    def __init__(self, lines: Mapping[str, Line], store: Path) -> None:
        """Keep the lines by the text of their SessionID, and the folder of the session store."""
        super().__init__()
        self._lines = lines
        self._store = store
        self._made: list[WireLog] = []

    @lethal
    def create(self, *session_id: Any) -> WireLog:  # none, or one quickfix.SessionID
        """The log of a session, or of the process."""
        line = self._lines[str(session_id[0].toString())] if session_id else None
        log = WireLog(line, self._store)
        log.thisown = 0  # quickfix would delete it a second time
        self._made.append(log)
        return log

    @lethal
    def destroy(self, log: Any) -> None:  # quickfix.Log
        """Nothing: the process ends soon after."""
