"""Starts and kills a simulator as a real process, for tests."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from simulators.counterparty.control import Control

ROOT = Path(__file__).parents[2]
READY_SECONDS = 30


class Simulator:
    """One run of ``python -m simulators.NAME``; usable again after ``kill`` or ``stop``."""

    def __init__(self, name: str, data: Path, *arguments: str, fix_port: int = 0) -> None:
        self._name = name
        self._data = data
        self._arguments = arguments
        self.fix_port = fix_port
        self._process: subprocess.Popen[str] | None = None
        self._control: Control | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def control(self) -> Control:
        """Return the control connection of the running process."""
        assert self._control is not None
        return self._control

    def start(self) -> Self:
        """Start and wait for the ready line; a restart keeps the FIX port."""
        command = [sys.executable, "-m", f"simulators.{self._name}", "--data", str(self._data)]
        command += ["--port", str(self.fix_port), *self._arguments]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        out = self._process.stdout
        assert out is not None
        if not select.select([out], [], [], READY_SECONDS)[0]:
            self.kill()
            raise TimeoutError(f"the {self._name} did not get ready")
        line = out.readline()
        if not line:
            raise AssertionError(f"the {self._name} ended with {self._ended()}")
        ready = json.loads(line)
        self.fix_port = ready["fix_port"]
        self._control = Control(ready["control_port"])
        return self

    def kill(self) -> None:
        """Kill -9; does nothing when not running."""
        if self._process is None:
            return
        os.kill(self._process.pid, signal.SIGKILL)
        self._ended()

    def stop(self) -> int:
        """Stop with SIGTERM and return the exit status; does nothing when not running."""
        if self._process is None:
            return 0
        self._process.terminate()
        return self._ended()

    def _ended(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        if self._control is not None:
            self._control.close()
        try:
            status = self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        self._process.stdout.close()
        self._process, self._control = None, None
        return status
