"""A plain FIX client on the real engine, for tests of acceptors.

It keeps every application message it receives, in order, as tag -> text, and waits for conditions
with a deadline. Orders are built from (tag, text) pairs; nothing of the system under test is used.
"""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import quickfix as fix

from simulators.counterparty.session import dictionary_settings

Message = dict[int, str]

DEADLINE_SECONDS = 15.0
RAW = 0  # where a received message keeps its whole text, for its groups
SETTINGS = """[DEFAULT]
ConnectionType=initiator
ReconnectInterval=1
HeartBtInt=5
NonStopSession=Y
UseDataDictionary=Y
ValidateUserDefinedFields=N
AllowUnknownMsgFields=Y
ValidateFieldsOutOfOrder=N
ValidateFieldsHaveValues=N
CheckLatency=N
SocketConnectHost=127.0.0.1
SocketConnectPort={port}
SocketNodelay=Y
FileStorePath={folder}/store
[SESSION]
BeginString={begin_string}
SenderCompID={sender}
TargetCompID={target}
{dictionaries}"""
TRANSPORTS = {"FIX.5.0SP2": "FIXT.1.1"}


class Initiator(fix.Application):  # type: ignore[misc]  # the binding's base class has no type
    """One session to an acceptor on the loopback."""

    def __init__(
        self,
        folder: Path,
        *,
        port: int,
        version: str = "FIX.4.4",
        sender: str = "TRADEOMS",
        target: str = "BROKER_SIM",
    ) -> None:
        super().__init__()
        self.version = version
        self.begin_string = begin_string = TRANSPORTS.get(version, version)
        self.received: list[Message] = []
        self.logged_on = False
        self._at_logon: Callable[[], None] | None = None
        self._changed = threading.Condition()
        self._folder = folder
        self._session_id = fix.SessionID(begin_string, sender, target)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "initiator.cfg"
        text = SETTINGS.format(
            port=port,
            folder=folder,
            begin_string=begin_string,
            sender=sender,
            target=target,
            dictionaries=dictionary_settings(version, folder),
        )
        path.write_text(text, encoding="utf-8")
        self._settings = fix.SessionSettings(str(path))
        self._store = fix.FileStoreFactory(self._settings)
        self._engine: Any = None  # the engine's class has no type

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Connect and wait for the logon; possible again after ``stop``."""
        self.connect()
        self.wait_until(lambda: self.logged_on, "logon")
        return self

    def connect(self, *, next_out: int = 0, at_logon: Callable[[], None] | None = None) -> None:
        """Begin to connect, and go on trying.

        Args:
            next_out: The next outgoing number, as after refused connections.
            at_logon: Called in the logon callback, before any resend request can be answered.
        """
        self._at_logon = at_logon
        taken = fix.Session.doesSessionExist(self._session_id)
        assert not taken, "another client of this process has the session's name"
        self._engine = fix.ThreadedSocketInitiator(self, self._store, self._settings)
        if next_out:
            self.session.setNextSenderMsgSeqNum(next_out)
        self._engine.start()

    def stop(self) -> None:
        """Log out, disconnect and free the session's name in this process."""
        if self._engine is not None:
            if self.logged_on:
                self.session.logout()
                self.wait_until(lambda: not self.logged_on, "logout")
            self._engine.stop(True)  # not forced it sleeps for whole seconds
            self._engine = None  # the engine keeps a session registered until it is destroyed

    @property
    def session(self) -> Any:  # the engine's class has no type
        """Return the engine's session, None when not connecting."""
        return fix.Session.lookupSession(self._session_id)

    def send(self, msg_type: str, fields: Message, *, header: Message | None = None) -> None:
        """Send an application message now, or store it when logged off."""
        body = "".join(f"{tag}={text}\x01" for tag, text in fields.items())
        head = "".join(f"{tag}={text}\x01" for tag, text in (header or {}).items())
        raw = f"8={self.begin_string}\x019=0\x0135={msg_type}\x01{head}{body}10=000\x01"
        assert fix.Session.sendToTarget(fix.Message(raw, False), self._session_id)

    def send_groups(self, msg_type: str, pairs: list[tuple[int, str]]) -> None:
        """Send a message with repeating groups, its tags in the order given."""
        body = "".join(f"{tag}={text}\x01" for tag, text in [*pairs, (60, "20261122-12:00:00")])
        raw = f"8={self.begin_string}\x019=0\x0135={msg_type}\x01{body}10=000\x01"
        message = fix.Message(raw, *self._dictionaries(), False)
        assert fix.Session.sendToTarget(message, self._session_id)

    def _dictionaries(self) -> list[Any]:  # the engine's class has no type
        names = dict.fromkeys((self.begin_string, self.version))
        return [fix.DataDictionary(str(self._folder / f"{name}.lenient.xml")) for name in names]

    def order(self, cl_ord_id: str, qty: str, **changes: str) -> None:
        """Send a limit day order to buy IBM at 100.00; ``t59="1"`` changes tag 59."""
        fields = {
            11: cl_ord_id,
            21: "1",
            55: "IBM",
            54: "1",
            38: qty,
            40: "2",
            44: "100.00",
            59: "0",
        }
        header = {97: "Y"} if changes.pop("poss_resend", "") else None
        self.send("D", _changed(fields, changes), header=header)

    def replace(self, cl_ord_id: str, orig: str, qty: str, **changes: str) -> None:
        """Send a replace of such an order."""
        fields = {
            11: cl_ord_id,
            41: orig,
            21: "1",
            55: "IBM",
            54: "1",
            38: qty,
            40: "2",
            44: "100.00",
        }
        self.send("G", _changed({**fields, 59: "0"}, changes))

    def cancel(self, cl_ord_id: str, orig: str, qty: str = "100") -> None:
        """Send a cancel of such an order."""
        self.send("F", _changed({11: cl_ord_id, 41: orig, 55: "IBM", 54: "1", 38: qty}, {}))

    def wait_until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until a condition over the received messages holds.

        Raises:
            TimeoutError: If it does not hold within the deadline; shows what came instead.
        """
        deadline = time.monotonic() + DEADLINE_SECONDS
        with self._changed:
            while not holds():
                if not self._changed.wait(max(deadline - time.monotonic(), 0.0)):
                    raise TimeoutError(f"no {what} in {self.received[-8:]}")

    def wait(self, wanted: Callable[[Message], bool], *, count: int = 1) -> list[Message]:
        """Return the messages that satisfy ``wanted`` once there are ``count`` of them."""
        self.wait_until(lambda: sum(map(wanted, self.received)) >= count, f"{count} wanted")
        return [message for message in self.received if wanted(message)]

    def reports(self, cl_ord_id: str, count: int) -> list[Message]:
        """Return the ExecutionReports of a ClOrdID once there are ``count`` of them."""
        return self.wait(lambda m: m[35] == "8" and m.get(11) == cl_ord_id, count=count)

    def story(self, cl_ord_id: str, count: int) -> list[tuple[str, ...]]:
        """Return (150, 39, 38, 14, 151) of the reports of a ClOrdID."""
        return [
            tuple(m[tag] for tag in (150, 39, 38, 14, 151)) for m in self.reports(cl_ord_id, count)
        ]

    def onCreate(self, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Do nothing."""

    def onLogon(self, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Note it."""
        try:
            if self._at_logon is not None:
                self._at_logon()
        except BaseException:  # noqa: BLE001  # the binding cannot pass it on
            traceback.print_exc()
            os._exit(70)
        self._set_logged_on(value=True)

    def onLogout(self, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Note it."""
        self._set_logged_on(value=False)

    def toAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Do nothing."""

    def fromAdmin(self, message: Any, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Keep session rejects: the acceptor must never need one."""
        raw = message.toString()
        if "\x0135=3\x01" in raw:
            self._keep(raw)

    def toApp(self, message: Any, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Let everything go."""

    def fromApp(self, message: Any, session_id: Any) -> None:  # noqa: N802  # the binding's name
        """Keep the message."""
        self._keep(message.toString())

    def _keep(self, raw: str) -> None:
        try:
            tags: Message = {RAW: raw.replace("\x01", "|")}
            for part in raw.split("\x01"):
                tag, equals, value = part.partition("=")
                if equals:
                    tags.setdefault(int(tag), value)
            with self._changed:
                self.received.append(tags)
                self._changed.notify_all()
        except BaseException:  # noqa: BLE001  # the binding cannot pass it on
            traceback.print_exc()
            os._exit(70)

    def _set_logged_on(self, *, value: bool) -> None:
        with self._changed:
            self.logged_on = value
            self._changed.notify_all()


def _changed(fields: Message, changes: dict[str, str]) -> Message:
    changed = {**fields, 60: "20261122-12:00:00", **{int(k[1:]): v for k, v in changes.items()}}
    return {tag: text for tag, text in changed.items() if text}
