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

from simulators.counterparty import wire
from simulators.counterparty.config import FIX_50_SP2, TRANSPORTS, SessionKey, begin_string_of
from simulators.counterparty.dictionary import TRANSPORT, write_lenient
from simulators.counterparty.engine import FATAL_EXIT, Item, SessionDown, SessionUp
from simulators.counterparty.intake import Intake
from simulators.counterparty.ledger import SentLog
from simulators.counterparty.model import Report

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
"""
DICTIONARY: Final = "DataDictionary={}\n"
DICTIONARIES: Final = "TransportDataDictionary={}\nAppDataDictionary={}\nDefaultApplVerID=9\n"
#: A report with a repeating group is read with the dictionary, else its tags are sorted apart.
GROUP_COUNTS: Final = frozenset({453, 73, 552, 957})
#: BeginString to the version of the application messages, where these differ.
VERSIONS: Final = {transport: version for version, transport in TRANSPORTS.items()}

EXECUTED_EARLY: Final = frozenset({"D", "F", "G"})


@contextmanager
def guarded() -> Iterator[None]:
    """End the process on any failure inside."""
    try:
        yield
    except BaseException:  # noqa: BLE001  # the binding cannot pass it on
        traceback.print_exc()
        os._exit(FATAL_EXIT)


class AcceptorApplication(fix.Application):  # type: ignore[misc]  # base class has no stubs
    """The callbacks, and the sender of reports."""

    def __init__(
        self,
        *,
        folder: Path,
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
        self._folder = folder
        self._loaded: dict[str, Any] = {}
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
            begin_string=begin_string_of(report.session),
            msg_type=report.msg_type,
            poss_resend=report.poss_resend,
            body=report.body,
        )
        grouped = any(tag in GROUP_COUNTS for tag, _ in report.body)
        dictionaries = self._dictionaries(report.session) if grouped else ()
        message = fix.Message(raw, *dictionaries, False)  # noqa: FBT003  # the binding takes no keywords
        if not fix.Session.sendToTarget(message, self._ids[report.session]):
            raise OSError(f"report {report.report_id} was not stored")
        self._current = None

    def _dictionaries(self, session: str) -> tuple[Any, ...]:
        """Return what the engine reads messages of a session with, loaded at the first need."""
        version = session.split(":", 1)[0]
        names = (TRANSPORT, version) if version == FIX_50_SP2 else (version,)
        for name in names:
            if name not in self._loaded:
                path = write_lenient(name, self._folder)
                self._loaded[name] = fix.DataDictionary(str(path))
        return tuple(self._loaded[name] for name in names)

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
        tags = wire.first(wire.pairs_of(raw))
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
    """Return our session name and the MsgSeqNum of a message the client sent."""
    begin_string = raw[2 : raw.index("\x01")]
    sender = _between(raw, "\x0149=")
    target = _between(raw, "\x0156=")
    version = VERSIONS.get(begin_string, begin_string)
    return f"{version}:{target}:{sender}", _between(raw, "\x0134=")


def _between(raw: str, start: str) -> str:
    at = raw.index(start) + len(start)
    return raw[at : raw.index("\x01", at)]


class RawLog(fix.Log):  # type: ignore[misc]  # base class has no stubs
    """Shows each incoming message to the application before the engine judges it."""

    def __init__(self, application: AcceptorApplication) -> None:
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

    def __init__(self, application: AcceptorApplication) -> None:
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
        ) + dictionary_settings(key.version, folder)
    path = folder / "acceptor.cfg"
    path.write_text(text, encoding="utf-8")
    return path


def dictionary_settings(version: str, folder: Path) -> str:
    """Write the lenient dictionaries of a version and return the settings that name them."""
    if version == FIX_50_SP2:
        transport, application = (write_lenient(name, folder) for name in (TRANSPORT, version))
        return DICTIONARIES.format(transport, application)
    return DICTIONARY.format(write_lenient(version, folder))


def next_sender_numbers(folder: Path, sessions: tuple[SessionKey, ...]) -> dict[str, int]:
    """Return the next outgoing number of each session from the engine's store files."""
    numbers = {}
    for key in sessions:
        path = folder / "store" / f"{key.begin_string}-{key.sender}-{key.target}.seqnums"
        text = path.read_text(encoding="ascii") if path.exists() else ""
        numbers[key.name] = int(text.split(":")[0]) if ":" in text else 1
    return numbers
