"""The callbacks of quickfix for order entry; nothing may leak out of one (`fix.session.lethal`)."""

from __future__ import annotations

import hmac
from collections.abc import Callable

import quickfix

from tradeoms.fix import quick
from tradeoms.fix.oplog import say
from tradeoms.fix.session import lethal


class EntryCallbacks(quickfix.Application):  # type: ignore[misc]  # quickfix is untyped
    """What quickfix calls for the one session of the process."""

    def __init__(self, name: str, take: Callable[[bytes], None], password: str) -> None:
        """Hand every application message to ``take``, which returns when it is decided."""
        super().__init__()
        self._name = name
        self._take = take
        self._password = password

    @lethal
    def onCreate(self, _session_id: quick.SessionID) -> None:
        """A session was built; nothing to do."""

    @lethal
    def onLogon(self, _session_id: quick.SessionID) -> None:
        """The portfolio system is there."""
        say("entry_logged_on", session=self._name)

    @lethal
    def onLogout(self, _session_id: quick.SessionID) -> None:
        """The connection is gone; reports wait in the session's store."""
        say("entry_logged_off", session=self._name)

    @lethal
    def toAdmin(self, message: quick.Message, _session_id: quick.SessionID) -> None:
        """A session message is about to leave; nothing to add."""

    @lethal
    def toApp(self, message: quick.Message, _session_id: quick.SessionID) -> None:
        """A report is about to be stored and written; old ones may go again, they are facts."""

    @lethal
    def fromAdmin(self, message: quick.Message, _session_id: quick.SessionID) -> None:
        """Refuse a Logon without the password, where one is set."""
        if self._password and quick.header_field(message, 35) == "A":
            given = quick.body_field(message, 554)
            if not hmac.compare_digest(given.encode(), self._password.encode()):
                say("entry_logon_refused", session=self._name)
                raise quick.RejectLogon

    @lethal
    def fromApp(self, message: quick.Message, _session_id: quick.SessionID) -> None:
        """Decide a message; only then does its number count as received."""
        self._take(quick.message_bytes(message))
