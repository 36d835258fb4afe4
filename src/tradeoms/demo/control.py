"""A simulator's control port: one line of JSON asked, one answered."""

from __future__ import annotations

import json
import socket
from typing import Any

from tradeoms.demo.processes import DemoFailed


class Control:
    """A connection to the control port. The simulator's own package is not imported."""

    def __init__(self, name: str, port: int) -> None:
        """Connect to the simulator of this name."""
        self._name = name
        self._link = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._lines = self._link.makefile("rb")

    def call(self, cmd: str, **arguments: object) -> Any:  # Any: JSON
        """Give one command and return its result.

        Raises:
            DemoFailed: If it is refused or not answered.
        """
        self._link.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        line = self._lines.readline()
        answer = json.loads(line) if line else {"ok": False, "error": "no answer"}
        if not answer["ok"]:
            raise DemoFailed(reason=f"{self._name}, {cmd}: {answer['error']}")
        return answer["result"]

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._link.close()
