"""The control port: JSON lines over TCP on the loopback, one answer line for each request line."""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Final

from simulators.counterparty.engine import Command, Item

ANSWER_SECONDS: Final = 60


class ControlServer(socketserver.ThreadingTCPServer):
    """Listens; every connection has its own thread, every request goes through the engine."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int, put: Callable[[Item], None]) -> None:
        super().__init__(("127.0.0.1", port), ControlHandler)
        self.put = put

    @property
    def port(self) -> int:
        """Return the port listened on."""
        return int(self.server_address[1])

    def start(self) -> None:
        """Serve in a thread of its own."""
        threading.Thread(target=self.serve_forever, name="control", daemon=True).start()


class ControlHandler(socketserver.StreamRequestHandler):
    """One connection."""

    server: ControlServer

    def handle(self) -> None:
        """Answer line by line until the client goes."""
        for line in self.rfile:
            try:
                self.wfile.write(json.dumps(self._answer(line)).encode() + b"\n")
            except OSError:
                return  # the client went away; its request is done all the same

    def _answer(self, line: bytes) -> dict[str, Any]:  # JSON
        try:
            request = json.loads(line)
        except ValueError as wrong:
            return {"ok": False, "error": f"not JSON: {wrong}"}
        if not isinstance(request, dict) or "cmd" not in request:
            return {"ok": False, "error": "a request is an object with the key 'cmd'"}
        answer: Future[dict[str, Any]] = Future()  # JSON
        self.server.put(Command(request, answer))
        return answer.result(timeout=ANSWER_SECONDS)
