"""A node from the outside: what it says where it cannot start, and what it starts when it can."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil

from tradeoms import bootstrap
from tradeoms.settings import Settings

WITHIN_S = 60


def start(data: Path) -> subprocess.Popen[str]:
    own = {"TRADEOMS_DATA": str(data), "TRADEOMS_PORT": "0", "TRADEOMS_REST_WORKERS": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "tradeoms", "serve"],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_database_of_a_newer_version_ends_the_node_with_the_reason(tmp_path: Path) -> None:
    bootstrap.initialise(Settings(data=tmp_path))
    link = sqlite3.connect(tmp_path / "tradeoms.db")
    link.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    link.commit()
    link.close()
    node = start(tmp_path)
    _, errors = node.communicate(timeout=WITHIN_S)
    assert node.returncode == 2
    assert "engine refuses to start: the database has schema 9999_from_the_future" in errors


def test_a_node_founds_its_database_and_starts_the_runs_when_it_is_ready(tmp_path: Path) -> None:
    node = start(tmp_path / "new")
    try:
        assert node.stdout is not None
        said = next(line for line in node.stdout if line.startswith('{"ready"'))
        assert json.loads(said)["address"].startswith("http://127.0.0.1:")
        deadline = time.monotonic() + WITHIN_S
        while time.monotonic() < deadline and not _runs(node.pid):
            time.sleep(0.05)
        assert _runs(node.pid)
    finally:
        node.send_signal(signal.SIGTERM)
        node.communicate(timeout=WITHIN_S)
    assert node.returncode == 0


def _runs(node: int) -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process(node).children()
        if "tradeoms.app.run_process" in child.cmdline()
    ]
