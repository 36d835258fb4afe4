"""The one boundary to quickfix, which publishes no types: `Any` ends here.

Outside this module nothing imports quickfix, except `session` and `entry.callbacks`, which derive
their callbacks. And
`transmit` is the only caller of `sendToTarget` in the program; a test names its callers.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, Protocol

import quickfix

from tradeoms.fix.dictionary import GROUPS, dictionary_path
from tradeoms.fix.session_config import SessionConfig
from tradeoms.fix.timetable import Schedule

Message = Any  # quickfix.Message, untyped
SessionID = Any  # quickfix.SessionID, untyped
DoNotSend: Final = quickfix.DoNotSend
RejectLogon: Final = quickfix.RejectLogon

_DEFAULTS: Final = """\
[DEFAULT]
ConnectionType=initiator
HostSelectionPolicy=PRIORITY
"""
_COMMON: Final = """\
UseDataDictionary=Y
ValidateUserDefinedFields=N
AllowUnknownMsgFields=Y
ValidateFieldsOutOfOrder=N
ValidateFieldsHaveValues=N
CheckLatency=N
CheckCompID=Y
PersistMessages=Y
ResetOnLogout=N
ResetOnDisconnect=N
SocketNodelay=Y
"""


class Named(Protocol):
    """What names a session on the wire."""

    @property
    def begin_string(self) -> str:
        """BeginString (8)."""
        ...

    @property
    def sender_comp_id(self) -> str:
        """SenderCompID (49) of ours."""
        ...

    @property
    def target_comp_id(self) -> str:
        """TargetCompID (56) of ours."""
        ...


class SessionHandle:
    """The quickfix session of one configuration. It exists once an initiator was built."""

    def __init__(self, config: Named) -> None:
        """Name the session."""
        self.id: SessionID = quickfix.SessionID(
            config.begin_string, config.sender_comp_id, config.target_comp_id
        )
        self.key = str(self.id.toString())

    def _session(self) -> Any:  # quickfix.Session, untyped
        return quickfix.Session.lookupSession(self.id)

    @property
    def next_out(self) -> int:
        """The next sequence number we send."""
        return int(self._session().getExpectedSenderNum())

    @property
    def next_in(self) -> int:
        """The next sequence number we expect."""
        return int(self._session().getExpectedTargetNum())

    @property
    def logged_on(self) -> bool:
        """True between both Logons and the end of the connection."""
        return bool(self._session().isLoggedOn())

    def set_next_out(self, number: int) -> None:
        """Set the next sequence number we send."""
        self._session().setNextSenderMsgSeqNum(number)

    def set_next_in(self, number: int) -> None:
        """Set the next sequence number we expect; a lower one makes the peer send again."""
        self._session().setNextTargetMsgSeqNum(number)

    def reset(self) -> None:
        """Start both numbers at 1 and forget what was sent; only while logged off."""
        self._session().reset()

    def allow(self) -> None:
        """Let the session log on."""
        self._session().logon()

    def log_out(self, reason: str) -> None:
        """Log out and stay logged out."""
        self._session().logout(reason)


class Engine:
    """The initiator of all sessions of the process, one thread each."""

    def __init__(
        self, application: Any, log_factory: Any, configs: Iterable[SessionConfig], folders: Folders
    ) -> None:
        """Build the sessions; nothing connects before `start`."""
        settings_file = folders.store.parent / "quickfix.cfg"
        settings_file.write_text(settings_text(configs, folders), encoding="ascii")
        self._keep = (application, log_factory)  # quickfix holds bare pointers to them
        self._settings = quickfix.SessionSettings(str(settings_file))
        self._stores = quickfix.FileStoreFactory(self._settings)
        self._initiator = quickfix.ThreadedSocketInitiator(
            application, self._stores, self._settings, log_factory
        )

    def start(self) -> None:
        """Begin to connect."""
        self._initiator.start()

    def stop(self) -> None:
        """End every connection."""
        self._initiator.stop(True)  # noqa: FBT003 - quickfix has no keywords


class Acceptor:
    """Listens for one counterparty, one thread a connection."""

    def __init__(self, application: Any, lines: Iterable[str], folders: Folders) -> None:
        """Build the session from the settings ``lines``; nothing listens before `start`."""
        text = ["[DEFAULT]", "ConnectionType=acceptor", *_COMMON.splitlines()]
        text += [f"FileStorePath={folders.store}", *lines, ""]
        settings_file = folders.store.parent / "quickfix.cfg"
        settings_file.write_text("\n".join(text), encoding="ascii")
        self._keep = application  # quickfix holds a bare pointer to it
        self._settings = quickfix.SessionSettings(str(settings_file))
        self._stores = quickfix.FileStoreFactory(self._settings)
        self._acceptor = quickfix.ThreadedSocketAcceptor(application, self._stores, self._settings)

    def start(self) -> None:
        """Begin to listen."""
        self._acceptor.start()

    def stop(self) -> None:
        """End every connection."""
        self._acceptor.stop(True)  # noqa: FBT003 - quickfix has no keywords


class Folders:
    """Where the session store and the dictionaries live."""

    def __init__(self, home: Path) -> None:
        """Derive both from the gateway's own folder."""
        self.store = home / "store"
        self.dictionaries = home / "dictionaries"


def settings_text(configs: Iterable[SessionConfig], folders: Folders) -> str:
    """The settings of quickfix; why each is as it is stands in `docs/fix.md`."""
    configs = list(configs)
    reconnect_s = min((config.reconnect_s for config in configs), default=5)
    lines = [
        *_DEFAULTS.splitlines(),
        *_COMMON.splitlines(),
        f"FileStorePath={folders.store}",
        f"ReconnectInterval={reconnect_s}",  # a session's own counts only after its first attempt
    ]
    for config in configs:
        lines += _session_lines(config, folders)
    return "\n".join([*lines, ""])


def _session_lines(config: SessionConfig, folders: Folders) -> list[str]:
    habits, schedule = config.dialect.session, config.schedule
    lines = [
        "[SESSION]", f"BeginString={config.begin_string}", f"SenderCompID={config.sender_comp_id}",
        f"TargetCompID={config.target_comp_id}", *_host_lines(config),
        f"HeartBtInt={config.heartbeat_s}",
        f"ReconnectInterval={config.reconnect_s}", *_dictionary_lines(config, folders),
        f"TimestampPrecision={habits.timestamp_precision}",
        f"ResetOnLogon={_flag(habits.reset_on_logon)}",
        f"SendNextExpectedMsgSeqNum={_flag(habits.next_expected)}",
        f"LogonTimeout={habits.logon_timeout_s}", f"LogoutTimeout={habits.logout_timeout_s}",
    ]  # fmt: skip
    return [*lines, *schedule_lines(schedule)]


def schedule_lines(schedule: Schedule) -> list[str]:
    """When a session lives."""
    if schedule.non_stop:
        return ["NonStopSession=Y"]
    lines = [f"StartTime={schedule.start}", f"EndTime={schedule.end}"]
    if schedule.start_day:
        lines += [f"StartDay={schedule.start_day}", f"EndDay={schedule.end_day}"]
    return lines


def _flag(on: bool) -> str:  # noqa: FBT001 - its only argument
    return "Y" if on else "N"


def _host_lines(config: SessionConfig) -> list[str]:
    """The hosts by priority; quickfix numbers those behind the first."""
    lines = [f"HostSelectionPolicyPriorityStartOverInterval={config.start_over_s}"]
    for number, place in enumerate(config.hosts):
        suffix = str(number) if number else ""
        lines.append(f"SocketConnectHost{suffix}={place.host}")
        lines.append(f"SocketConnectPort{suffix}={place.port}")
        if config.source_host:
            lines.append(f"SocketConnectSourceHost{suffix}={config.source_host}")
    return lines


def _dictionary_lines(config: SessionConfig, folders: Folders) -> list[str]:
    own = dictionary_path(folders.dictionaries, config.begin_string)
    if not config.default_appl_ver_id:
        return [f"DataDictionary={own}"]
    application = dictionary_path(folders.dictionaries, config.version)
    return [
        f"DefaultApplVerID={config.version}",
        f"TransportDataDictionary={own}",
        f"AppDataDictionary={application}",
    ]


def build(msg_type: str, pairs: Iterable[tuple[int, str]]) -> Message:
    """A message of ``msg_type`` with the fields ``pairs``, all as text.

    A group stands as its counter and behind it the fields of its entries, the delimiter first.
    """
    message = quickfix.Message()
    message.getHeader().setField(35, msg_type)
    counter, entry = 0, None
    for tag, text in pairs:
        members = GROUPS.get(counter, ())
        if entry is not None and (tag not in members or tag == members[0]):
            message.addGroup(entry)
            entry = None
        if tag in GROUPS:
            counter = tag  # quickfix counts the entries
        elif members and tag == members[0]:
            entry = quickfix.Group(counter, members[0])
            entry.setField(tag, text)
        else:
            (message if entry is None else entry).setField(tag, text)
    if entry is not None:
        message.addGroup(entry)
    return message


def build_list(pairs: Iterable[tuple[int, str]]) -> Message:
    """A NewOrderList (E): behind NoOrders (73) everything belongs to its order, from 11 on."""
    message, entry = quickfix.Message(), None
    message.getHeader().setField(35, "E")
    for tag, text in pairs:
        if tag == 11:
            if entry is not None:
                message.addGroup(entry)
            entry = quickfix.Group(73, 11)
        if tag != 73:  # quickfix counts the entries
            (message if entry is None else entry).setField(tag, text)
    if entry is not None:
        message.addGroup(entry)
    return message


def transmit(message: Message, handle: SessionHandle) -> bool:
    """Hand ``message`` to quickfix. True means stored under a number, not that it arrived."""
    return bool(quickfix.Session.sendToTarget(message, handle.id))


def header_field(message: Message, tag: int) -> str:
    """A field of the header, empty where absent."""
    header = message.getHeader()
    return str(header.getField(tag)) if header.isSetField(tag) else ""


def body_field(message: Message, tag: int) -> str:
    """A field of the body, empty where absent."""
    return str(message.getField(tag)) if message.isSetField(tag) else ""


def set_header(message: Message, pairs: Iterable[tuple[int, str]]) -> None:
    """Add fields to the header."""
    header = message.getHeader()
    for tag, text in pairs:
        header.setField(tag, text)


def set_body(message: Message, pairs: Iterable[tuple[int, str]]) -> None:
    """Add fields to the body."""
    for tag, text in pairs:
        message.setField(tag, text)


def wire_bytes(text: str) -> bytes:
    """The bytes behind a string from quickfix, which decodes them with surrogates for odd ones."""
    return text.encode("utf-8", "surrogateescape")


def message_bytes(message: Message) -> bytes:
    """The message as it will stand on the wire."""
    return wire_bytes(str(message.toString()))
