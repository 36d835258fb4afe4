"""The FIX side: acceptor settings and the callbacks.

Inbound, a message is journaled before the callback returns, so that the engine's target number
never passes a message that only memory held. Outbound, ``toApp`` records the sequence number of a
report before the engine stores it. A callback never raises: it ends the process, because an
exception in a callback leaves QuickFIX half dead (socket open, no heartbeats).
"""

from __future__ import annotations

import os
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import quickfix as fix

from simulators.broker import wire
from simulators.broker.config import SessionKey
from simulators.broker.dictionary import write_lenient
from simulators.broker.engine import FATAL_EXIT, Item, SessionDown, SessionUp
from simulators.broker.intake import Intake
from simulators.broker.ledger import SentLog
from simulators.broker.model import Report

SETTINGS: Final = """[DEFAULT]
ConnectionType=acceptor
AllowedRemoteAddresses=127.0.0.1
SocketAcceptPort={port}
SocketReuseAddress=Y
SocketNodelay=Y
NonStopSession=Y
HeartBtInt=30
UseDataDictionary=Y
ValidateUserDefinedFields=N
AllowUnknownMsgFields=Y
ValidateFieldsOutOfOrder=N
ValidateFieldsHaveValues=N
CheckLatency=N
PersistMessages=Y
ResetOnLogon=N
ResetOnLogout=N
ResetOnDisconnect=N
TimestampPrecision=3
FileStorePath={folder}/store
FileLogPath={folder}/log
"""
SESSION: Final = """[SESSION]
BeginString={begin_string}
SenderCompID={sender}
TargetCompID={target}
DataDictionary={dictionary}
"""
EXECUTED_EARLY: Final = frozenset({"D", "F", "G"})


@contextmanager
def guarded() -> Iterator[None]:
    """End the process on any failure inside."""
    try:
        yield
    except BaseException:  # noqa: BLE001  # the binding cannot pass it on
        traceback.print_exc()
        os._exit(FATAL_EXIT)


class BrokerApplication(fix.Application):  # type: ignore[misc]  # base class has no stubs
    """The callbacks, and the sender of reports."""

    def __init__(
        self,
        *,
        sessions: tuple[SessionKey, ...],
        intake: Intake,
        sent_log: SentLog,
        last_sent: dict[str, int],
        put: Callable[[Item], None],
    ) -> None:
        super().__init__()
        self.sent: list[tuple[int, int]] = []
        self.resent = 0
        self._ids = {
            key.name: fix.SessionID(key.begin_string, key.sender, key.target) for key in sessions
        }
        self._names = {session_id.toString(): name for name, session_id in self._ids.items()}
        self._intake = intake
        self._sent_log = sent_log
        self._last_sent = last_sent
        self._put = put
        self._lock = threading.Lock()
        self._current: Report | None = None
        self._sender_thread = 0
        self._executed_early: set[tuple[str, str]] = set()

    def send(self, report: Report) -> None:
        """Send a committed report; called by the engine thread only."""
        self._sender_thread = threading.get_ident()
        self._current = report
        raw = wire.raw_message(
            begin_string=report.session.split(":", 1)[0],
            msg_type=report.msg_type,
            poss_resend=report.poss_resend,
            body=report.body,
        )
        message = fix.Message(raw, False)  # noqa: FBT003  # the binding takes no keywords
        if not fix.Session.sendToTarget(message, self._ids[report.session]):
            raise OSError(f"report {report.report_id} was not stored")
        self._current = None

    def disconnect(self, session: str, *, logout: bool) -> None:
        """Cut a session's connection, or log it out."""
        live = fix.Session.lookupSession(self._ids[session])
        if logout:
            live.logout("by command")
        else:
            live.disconnect()

    def sequence_numbers(self, session: str) -> tuple[int, int]:
        """Return the next outgoing and the next expected incoming number."""
        live = fix.Session.lookupSession(self._ids[session])
        return live.getExpectedSenderNum(), live.getExpectedTargetNum()

    def onCreate(self, session_id: Any) -> None:
        """Do nothing."""

    def onLogon(self, session_id: Any) -> None:
        """Note a reset of the numbers, then let the engine send."""
        with guarded():
            name = self._names[session_id.toString()]
            if self.sequence_numbers(name)[0] <= self._last_sent.get(name, 0):
                self._sent_log.append_reset(name)
                self._last_sent[name] = 0
            self._put(SessionUp(name))

    def onLogout(self, session_id: Any) -> None:
        """Stop sending."""
        with guarded():
            self._put(SessionDown(self._names[session_id.toString()]))

    def toAdmin(self, message: Any, session_id: Any) -> None:
        """Do nothing."""

    def fromAdmin(self, message: Any, session_id: Any) -> None:
        """Do nothing."""

    def toApp(self, message: Any, _session_id: Any) -> None:
        """Record the number of a report before the engine stores it; let resends go."""
        with guarded():
            report = self._current
            if report is None or threading.get_ident() != self._sender_thread:
                self.resent += 1
                return
            seq = int(message.getHeader().getField(34))
            self._sent_log.append(report.report_id, report.session, seq)
            self._last_sent[report.session] = seq
            self.sent.append((report.report_id, seq))

    def fromApp(self, message: Any, _session_id: Any) -> None:
        """Journal a message, then hand it to the engine thread."""
        with guarded():
            raw = message.toString()
            name, seq = session_and_seq(raw)
            early = (name, seq) in self._executed_early
            self._executed_early.discard((name, seq))
            self._journal(name, raw, repeated=early or "\x0143=Y\x01" in raw)

    def before_gap_fill(self, raw: str) -> None:
        """Execute an order that arrived behind a gap at once, as a careless peer does."""
        tags = wire.parse(raw)
        if tags.get(35) not in EXECUTED_EARLY or tags.get(43) == "Y":
            return
        name, seq = session_and_seq(raw)
        if name in self._ids and int(seq) > self.sequence_numbers(name)[1]:
            self._executed_early.add((name, seq))
            self._journal(name, raw, repeated=False)

    def _journal(self, name: str, raw: str, *, repeated: bool) -> None:
        with self._lock:
            self._put(self._intake.append(name, raw, repeated=repeated))


def session_and_seq(raw: str) -> tuple[str, str]:
    """Return the broker's session name and the MsgSeqNum of a message the client sent."""
    begin_string = raw[2 : raw.index("\x01")]
    sender = _between(raw, "\x0149=")
    target = _between(raw, "\x0156=")
    return f"{begin_string}:{target}:{sender}", _between(raw, "\x0134=")


def _between(raw: str, start: str) -> str:
    at = raw.index(start) + len(start)
    return raw[at : raw.index("\x01", at)]


class RawLog(fix.Log):  # type: ignore[misc]  # base class has no stubs
    """Shows each incoming message to the application before the engine judges it."""

    def __init__(self, application: BrokerApplication) -> None:
        super().__init__()
        self._application = application

    def clear(self) -> None:
        """Do nothing."""

    def backup(self) -> None:
        """Do nothing."""

    def onIncoming(self, text: str) -> None:
        """Pass the raw message on."""
        with guarded():
            self._application.before_gap_fill(text)

    def onOutgoing(self, text: str) -> None:
        """Do nothing."""

    def onEvent(self, text: str) -> None:
        """Do nothing."""


class RawLogFactory(fix.LogFactory):  # type: ignore[misc]  # base class has no stubs
    """Makes ``RawLog``; keeps a reference, because the engine owns what it was given."""

    def __init__(self, application: BrokerApplication) -> None:
        super().__init__()
        self._application = application
        self._made: list[RawLog] = []

    def create(self, *_: Any) -> RawLog:  # the binding calls it with and without a session
        """Return a log, owned by the engine."""
        log = RawLog(self._application)
        log.thisown = 0
        self._made.append(log)
        return log


def write_settings(folder: Path, *, port: int, sessions: tuple[SessionKey, ...]) -> Path:
    """Write the acceptor's settings file and return its path."""
    text = SETTINGS.format(port=port, folder=folder)
    for key in sessions:
        text += SESSION.format(
            begin_string=key.begin_string,
            sender=key.sender,
            target=key.target,
            dictionary=write_lenient(key.begin_string, folder),
        )
    path = folder / "acceptor.cfg"
    path.write_text(text, encoding="utf-8")
    return path


def next_sender_numbers(folder: Path, sessions: tuple[SessionKey, ...]) -> dict[str, int]:
    """Return the next outgoing number of each session from the engine's store files."""
    numbers = {}
    for key in sessions:
        path = folder / "store" / f"{key.begin_string}-{key.sender}-{key.target}.seqnums"
        text = path.read_text(encoding="ascii") if path.exists() else ""
        numbers[key.name] = int(text.split(":")[0]) if ":" in text else 1
    return numbers
