"""The child processes of the demo: started, told ready, stopped in turn."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tradeoms.kernel.errors import TradeomsError

ROOT: Final = Path(__file__).parents[3]
_START_S: Final = 180.0


class DemoFailed(TradeomsError):
    """The demo could not start, or found a difference."""

    def __init__(self, *, reason: str) -> None:
        """Keep the reason."""
        self.reason = reason
        super().__init__(reason)


@dataclass(slots=True)
class Process:
    """A child process and the line of JSON with which it said that it is ready."""

    name: str
    popen: subprocess.Popen[bytes]
    ready: dict[str, Any]  # Any: JSON

    def stop(self) -> None:
        """End it in an orderly way, or by force after ten seconds."""
        if self.popen.poll() is None:
            self.popen.send_signal(signal.SIGTERM)
            try:
                self.popen.wait(10)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self._reap()

    def kill(self) -> None:
        """End it at once, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            self.popen.kill()
        self._reap()

    def _reap(self) -> None:
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()


def start(
    name: str, argv: list[str], *, log: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Start a child and wait until it says that it is ready.

    Raises:
        DemoFailed: If it ends first, or says nothing in three minutes; its log is quoted.
    """
    with log.open("ab") as errors:
        popen = subprocess.Popen(  # noqa: S603  # our own programs, no shell
            argv,
            stdout=subprocess.PIPE,
            stderr=errors,
            stdin=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
        )
    assert popen.stdout is not None
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        line = popen.stdout.readline()
        if line.startswith(b"{"):
            return Process(name, popen, json.loads(line))
        if not line:
            break
    popen.kill()
    popen.wait()
    popen.stdout.close()
    raise DemoFailed(reason=f"{name} did not start: {log.read_text()[-2000:]}")


@contextlib.contextmanager
def running(processes: list[Process]) -> Iterator[list[Process]]:
    """Stop what is in the list at the end, the newest first."""
    try:
        yield processes
    finally:
        for process in reversed(processes):
            process.stop()
