"""Client of a simulator's control port. Needs nothing but the standard library.

From the shell: `python -m simulators.counterparty.control PORT COMMAND [name=value ...]`.
"""

from __future__ import annotations

import json
import socket
import sys
from types import TracebackType
from typing import Any, Self


class ControlError(Exception):
    """The counterparty refused a command."""


class Control:
    """A connection to the control port.

    Args:
        port: The port printed by the simulator on its ready line.
        timeout_s: How long to wait for an answer.
    """

    def __init__(self, port: int, *, host: str = "127.0.0.1", timeout_s: float = 30.0) -> None:
        self._socket = socket.create_connection((host, port), timeout=timeout_s)
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._file.close()
        self._socket.close()

    def call(self, cmd: str, **arguments: Any) -> Any:  # JSON both ways
        """Send one command and return its result.

        Raises:
            ControlError: If it answers with an error.
            ConnectionError: If it does not answer at all.
        """
        self._socket.sendall(json.dumps({"cmd": cmd, **arguments}).encode() + b"\n")
        line = self._file.readline()
        if not line:
            raise ConnectionError("the counterparty closed the control connection")
        answer = json.loads(line)
        if not answer["ok"]:
            raise ControlError(answer["error"])
        return answer["result"]

    def ledger(self) -> list[dict[str, Any]]:  # JSON
        """Return every order of the ledger."""
        orders: list[dict[str, Any]] = self.call("ledger")["orders"]
        return orders

    def order(self, cl_ord_id: str) -> dict[str, Any]:  # JSON
        """Return the order one of whose ids is ``cl_ord_id``."""
        order: dict[str, Any] = self.call("order", cl_ord_id=cl_ord_id)
        return order

    def stats(self) -> dict[str, Any]:  # JSON
        """Return counters, sessions, clock and settings."""
        stats: dict[str, Any] = self.call("stats")
        return stats


def main(arguments: list[str]) -> int:
    """Send one command from the command line and print its result."""
    if len(arguments) < 2:
        print("usage: python -m simulators.counterparty.control PORT COMMAND [name=value ...]")
        return 2
    port, cmd, *pairs = arguments
    named = dict(pair.split("=", 1) for pair in pairs)
    with Control(int(port)) as control:
        try:
            print(json.dumps(control.call(cmd, **named), indent=2))
        except ControlError as error:
            print(error)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
