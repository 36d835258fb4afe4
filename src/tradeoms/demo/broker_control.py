"""The broker simulator's control port: one line of JSON asked, one answered."""

from __future__ import annotations

import json
import socket
from typing import Any

from tradeoms.demo.node import DemoFailed


class BrokerControl:
    """A connection to the control port. The simulator's own package is not imported."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._link = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._lines = self._link.makefile("rb")

    def call(self, cmd: str, **arguments: object) -> Any:  # Any: JSON
        """Give one command and return its result.

        Raises:
            DemoFailed: If the broker refuses it or does not answer.
        """
        self._link.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        line = self._lines.readline()
        answer = json.loads(line) if line else {"ok": False, "error": "no answer"}
        if not answer["ok"]:
            raise DemoFailed(reason=f"broker, {cmd}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._link.close()
