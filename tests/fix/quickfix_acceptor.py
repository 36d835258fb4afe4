"""A broker on quickfix itself, as its own process: `quickfix_acceptor.py PORT FOLDER BEGIN_STRING`.

Acknowledges every order and fills it. Written against quickfix's own field names only.
"""

# ruff: noqa: N802 - quickfix names its callbacks in camel case

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import quickfix as fix

SETTINGS = """[DEFAULT]
ConnectionType=acceptor
UseDataDictionary=N
NonStopSession=Y
FileStorePath={folder}
SocketAcceptPort={port}
SocketReuseAddress=Y
[SESSION]
BeginString={begin_string}
SenderCompID=PEER
TargetCompID=OMS
"""


class Broker(fix.Application):  # type: ignore[misc]  # quickfix is untyped
    """Acknowledges and fills."""

    reports = 0

    def onCreate(self, _: Any) -> None: ...
    def onLogon(self, _: Any) -> None: ...
    def onLogout(self, _: Any) -> None: ...
    def toAdmin(self, *_: Any) -> None: ...
    def toApp(self, *_: Any) -> None: ...
    def fromAdmin(self, *_: Any) -> None: ...

    def fromApp(self, message: Any, session_id: Any) -> None:
        if message.getHeader().getField(35) != "D":
            return
        old = message.getHeader().getField(8) == "FIX.4.2"
        for exec_type, status in (("0", "0"), ("2" if old else "F", "2")):
            self.reports += 1
            report = fix.Message()
            report.getHeader().setField(35, "8")
            fields = {11: message.getField(11), 37: "O1", 17: f"E{self.reports}", 150: exec_type,
                      39: status, 55: message.getField(55), 54: message.getField(54),
                      38: message.getField(38), 14: "0", 151: "0", 6: "0"}  # fmt: skip
            if old:
                fields[20] = "0"
            if status == "2":
                fields |= {32: message.getField(38), 31: message.getField(44), 14: fields[38]}
            for tag, text in fields.items():
                report.setField(tag, text)
            fix.Session.sendToTarget(report, session_id)


def main(port: str, folder: str, begin_string: str) -> None:
    """Serve until killed."""
    path = Path(folder) / "acceptor.cfg"
    text = SETTINGS.format(port=port, folder=folder, begin_string=begin_string)
    if begin_string == "FIXT.1.1":
        text += "DefaultApplVerID=FIX.5.0SP2\n"
    path.write_text(text)
    settings = fix.SessionSettings(str(path))
    application, stores = Broker(), fix.FileStoreFactory(settings)
    acceptor = fix.ThreadedSocketAcceptor(application, stores, settings)
    acceptor.start()
    while True:
        time.sleep(60)


if __name__ == "__main__":
    main(*sys.argv[1:])
