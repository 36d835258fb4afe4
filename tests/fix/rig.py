"""Starts and kills real gateway processes, and reads what they left behind."""

from __future__ import annotations

import json
import os
import select
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import yaml

from tests.fix.counterparty import Counterparty
from tests.fix.engine_stub import BUILD, EngineStub

REPOSITORY = Path(__file__).resolve().parents[2]


class Rig:
    """One session, `peer`, in a temporary folder."""

    def __init__(self, folder: Path, peer: Counterparty, engine: EngineStub) -> None:
        self.folder = folder
        self.peer = peer
        self.engine = engine
        self.process: subprocess.Popen[str] | None = None
        self._errors = (folder / "gateway.err").open("a")
        self.recovery: dict[str, object] = {"stale_after_s": 60, "answer_timeout_s": 2}
        self.dialect: dict[str, object] = {}
        self.session: dict[str, object] = {}
        self.sessions = ["peer"]

    def configure(self) -> Path:
        config = self.folder / "config"
        for name in ("dialects", "sessions"):
            (config / name).mkdir(parents=True, exist_ok=True)
        dialect = {"name": "test", "recovery": self.recovery, **self.dialect}
        session = {
            "name": "peer", "dialect": "test", "begin_string": self.peer.begin_string,
            "sender_comp_id": self.peer.them, "target_comp_id": self.peer.us,
            "host": "127.0.0.1", "port": self.peer.port, "heartbeat_s": 5, "reconnect_s": 1,
            **self.session,
        }  # fmt: skip
        if self.peer.begin_string == "FIXT.1.1":
            session.setdefault("default_appl_ver_id", "9")
        (config / "dialects" / "test.yaml").write_text(yaml.safe_dump(dialect))
        (config / "sessions" / "peer.yaml").write_text(yaml.safe_dump(session))
        return config

    def spawn(self, fault: str = "", group: str = "main") -> subprocess.Popen[str]:
        """Start a gateway and return at once."""
        config = self.configure()
        argv = [sys.executable, "-m", "tradeoms.fix", "--data", str(self.folder),
                "--config", str(config), "--build", BUILD, "--group", group]  # fmt: skip
        for name in self.sessions:
            argv += ["--session", name]
        environment = {**os.environ, "TRADEOMS_FAULT": fault}
        return subprocess.Popen(
            argv, stdout=subprocess.PIPE, stderr=self._errors, text=True, env=environment,
            cwd=REPOSITORY,
        )  # fmt: skip

    def start(self, fault: str = "") -> Rig:
        """Start a gateway and wait until it is up."""
        self.process = self.spawn(fault)
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], 60)
        assert readable, self.errors()
        line = self.process.stdout.readline()
        assert line, self.errors()
        assert json.loads(line)["event"] == "up"
        return self

    def ready(self) -> Rig:
        """Wait until orders may leave."""
        self.engine.wait("the session is ready", lambda: self.engine.ready("peer"))
        return self

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)
        self._gone()

    def died(self) -> None:
        """Wait until a fault point has killed it."""
        assert self.process is not None
        assert self.process.wait(timeout=60) == -signal.SIGKILL, self.errors()
        self._gone()

    def stop(self) -> int:
        """Ask it to stop, and return its exit code."""
        assert self.process is not None
        self.process.terminate()
        code = self.process.wait(timeout=20)
        self._gone()
        return code

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self._errors.close()

    def _gone(self) -> None:
        """Forget what the dead process told of its sessions."""
        assert self.process is not None
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.engine.states.clear()

    def errors(self) -> str:
        return (self.folder / "gateway.err").read_text()[-6000:]

    def query(self, sql: str, *values: object) -> list[tuple[object, ...]]:
        """Read the wire journal."""
        path = self.folder / "fix" / "main" / "wire.db"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def until(self, what: str, happened: object, timeout_s: float = 15) -> None:
        deadline = time.monotonic() + timeout_s
        assert callable(happened)
        while not happened():
            assert time.monotonic() < deadline, f"not in {timeout_s} s: {what}\n{self.errors()}"
            time.sleep(0.02)
