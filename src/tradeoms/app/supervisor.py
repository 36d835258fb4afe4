"""Keeps the processes of a node running: one engine, REST workers, one gateway a FIX session group.

Each is a process of its own so that no one's stall, leak or crash is another's. A child that ends
is started again at once, then with growing pauses; one that says its settings are wrong ends the
node. When the supervisor itself is killed the kernel kills the children (Linux), so that no orphan
holds the lease.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import structlog

log = structlog.get_logger(__name__)

_PR_SET_PDEATHSIG: Final = 1
_PAUSE_FIRST_S: Final = 0.05
_PAUSE_MAX_S: Final = 5.0
#: A child that ran this long is taken to have started well.
_STEADY_S: Final = 10.0
_STOP_S: Final = 10.0
_LAST_BYTES: Final = 2_000
EXIT_SETTINGS: Final = 2


@dataclass(slots=True, kw_only=True)
class Child:
    """A process to keep running.

    Attributes:
        name: What logs and status call it.
        argv: How to start it; the first output line of JSON says that it is ready.
        pass_fds: Open files that it inherits.
        waited_for: False where the node is ready without it: then it starts when the node is.
    """

    name: str
    argv: Sequence[str]
    environment: dict[str, str]
    pass_fds: tuple[int, ...] = ()
    waited_for: bool = True
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    restart_at: float = 0.0
    pause_s: float = _PAUSE_FIRST_S
    ready: dict[str, object] | None = None
    restarts: int = -1
    _partial: bytes = field(default=b"", repr=False)

    def start(self, logs: Path) -> None:
        """Start the process, its operator log appended to a file of its own."""
        with self.log(logs).open("ab") as errors:
            self.process = subprocess.Popen(  # noqa: S603  # our own modules, no shell
                self.argv,
                stdout=subprocess.PIPE,
                stderr=errors,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                pass_fds=self.pass_fds,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # the supervisor has one thread
            )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        self.started_at = time.monotonic()
        self.restarts += 1
        self.ready = None
        self._partial = b""

    def log(self, logs: Path) -> Path:
        """Its operator log."""
        return logs / f"{self.name}.log"

    def last_words(self, logs: Path) -> str:
        """The last line of its log: of a process that ended, mostly why."""
        with self.log(logs).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LAST_BYTES))
            lines = file.read().decode(errors="replace").split("\n")
        return next((line for line in reversed(lines) if line.strip()), "it says nothing")

    @property
    def output(self) -> IO[bytes] | None:
        """Its standard output, while it runs."""
        return self.process.stdout if self.process else None

    def read_ready(self) -> None:
        """Take in what it printed; the first line of JSON means ready."""
        assert self.output is not None
        chunk = self.output.read() or b""
        self._partial += chunk
        *lines, self._partial = self._partial.split(b"\n")
        for line in lines:
            if self.ready is None and line.startswith(b"{"):
                self.ready = json.loads(line)
                log.info("child_ready", child=self.name, pid=self.process and self.process.pid)


def _die_with_parent() -> None:
    """Ask the kernel to kill this process when its parent ends, however it ends."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


class Supervisor:
    """Starts the children in order, watches them, stops them in the opposite order."""

    def __init__(self, children: Sequence[Child], *, logs: Path) -> None:
        """Watch ``children``; the first must be ready before the others start."""
        self._children = list(children)
        self._logs = logs
        self._stopping = False
        self._announced = False
        logs.mkdir(parents=True, exist_ok=True, mode=0o700)

    def stop(self, *_: object) -> None:
        """Ask for an orderly end; a signal handler."""
        self._stopping = True

    def run(self, *, on_ready: Callable[[], None]) -> int:
        """Run until told to stop, or until settings turn out to be wrong; return the exit code.

        ``on_ready`` is called once, when all that are waited for are ready.
        """
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        code = 0
        self._children[0].start(self._logs)
        while not self._stopping:
            self._wait()
            wrong = self._tend()
            if wrong is not None:
                log.error("settings_wrong", child=wrong.name, log=str(self._logs))
                sys.stderr.write(
                    f"{wrong.name} refuses to start: {wrong.last_words(self._logs)}\n"
                    f"more in {wrong.log(self._logs)}\n"
                )
                code = EXIT_SETTINGS
                break
            if not self._announced and all(
                child.ready is not None for child in self._children if child.waited_for
            ):
                self._announced = True
                on_ready()
        self._end()
        return code

    def _wait(self) -> None:
        """Sleep until a child prints or ends, or a restart may be due."""
        outputs = [child.output for child in self._children if child.output is not None]
        readable, _, _ = select.select(outputs, [], [], 0.05)
        for child in self._children:
            if child.output in readable:
                child.read_ready()
        if len(readable) == len(outputs):
            time.sleep(0.01)

    def _tend(self) -> Child | None:
        """Start what should run and does not; return a child whose settings are wrong."""
        now = time.monotonic()
        first = self._children[0]
        for child in self._children:
            if child.process is None:
                wanted = first.ready is not None and (child.waited_for or self._announced)
                if wanted and now >= child.restart_at:
                    child.start(self._logs)
                continue
            code = child.process.poll()
            if code is None:
                continue
            if code == EXIT_SETTINGS:
                return child
            self._plan_restart(child, code, now)
        return None

    def _plan_restart(self, child: Child, code: int, now: float) -> None:
        if now - child.started_at > _STEADY_S:
            child.pause_s = _PAUSE_FIRST_S
        log.error(
            "child_ended", child=child.name, code=code, restart_in_s=child.pause_s,
            said=child.last_words(self._logs),
        )  # fmt: skip
        assert child.process is not None
        assert child.process.stdout is not None
        child.process.stdout.close()
        child.process = None
        child.restart_at = now + child.pause_s
        child.pause_s = min(child.pause_s * 2, _PAUSE_MAX_S)
        if child is self._children[0]:
            child.start(self._logs)

    def _end(self) -> None:
        """Stop the children, the engine last, so that gateways can still tell it what they know."""
        for group in (self._children[1:], self._children[:1]):
            running = [child.process for child in group if child.process is not None]
            for process in running:
                process.terminate()
            deadline = time.monotonic() + _STOP_S
            for process in running:
                try:
                    process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
