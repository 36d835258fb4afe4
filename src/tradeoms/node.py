"""A node: the engine, REST workers and FIX gateways as processes, and their supervisor.

Nothing here is slow to import: the engine is started at once, and imports what it needs itself.
"""

from __future__ import annotations

import hashlib
import json
import socket
import sys
from pathlib import Path

from tradeoms import __version__
from tradeoms.app.supervisor import Child, Supervisor
from tradeoms.settings import Settings


def build_id() -> str:
    """Version and a hash of our own source: processes with the same one run the same code."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode())
        digest.update(path.read_bytes())
    return f"{__version__}+{digest.hexdigest()[:12]}"


def serve(settings: Settings) -> int:
    """Run a node: supervisor, engine, REST workers, gateways. Returns when it is stopped."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    listening = socket.create_server((settings.host, settings.port), backlog=512)
    address = f"http://{settings.host}:{listening.getsockname()[1]}"
    supervisor = Supervisor(children(settings, listening), logs=settings.data / "logs")
    return supervisor.run(on_ready=lambda: _print_ready(address))


def _print_ready(address: str) -> None:
    sys.stdout.write(json.dumps({"ready": True, "address": address}) + "\n")
    sys.stdout.flush()


def children(settings: Settings, listening: socket.socket) -> list[Child]:
    """The processes of a node, the engine first."""
    environment = {**settings.as_environment(), "TRADEOMS_BUILD": build_id()}
    python = [sys.executable]
    engine = [*python, "-m", "tradeoms.bootstrap", "engine"]
    found = [Child(name="engine", argv=engine, environment=environment)]
    fd = listening.fileno()
    found += [
        Child(
            name=f"rest-{number}",
            argv=[*python, "-m", "tradeoms.rest", "--data", str(settings.data), "--fd", str(fd)],
            environment=environment,
            pass_fds=(fd,),
        )
        for number in range(settings.rest_workers)
    ]
    found.append(
        Child(
            name="runs",
            argv=[
                *python, "-m", "tradeoms.app.run_process", "--data", str(settings.data),
                "--database", settings.url, "--at", settings.compliance_run_at,
                "--late-minutes", str(settings.compliance_run_late_minutes),
                "--price-max-age", str(settings.price_max_age),
            ],
            environment=environment,
            waited_for=False,
        )
    )  # fmt: skip
    for session in sessions(settings):
        arguments = ["--data", str(settings.data), "--session", session, "--group", session]
        build = environment["TRADEOMS_BUILD"]
        arguments += ["--config", str(settings.fix_config), "--build", build]
        found.append(
            Child(
                name=f"gateway-{session}",
                argv=[*python, "-m", "tradeoms.fix", *arguments],
                environment=environment,
            )
        )
    found += [
        Child(
            name=f"entry-{name}",
            argv=[
                *python, "-m", "tradeoms.fix.entry", "--data", str(settings.data), "--session",
                name, "--config", str(settings.fix_config), "--database", settings.url,
            ],
            environment=environment,
        )
        for name in sessions(settings, kind="entry")
    ]  # fmt: skip
    return found


def sessions(settings: Settings, *, kind: str = "sessions") -> list[str]:
    """Names of the FIX sessions configured, one a file: gateways, or `entry` for orders in."""
    if settings.fix_config is None:
        return []
    return sorted(path.stem for path in (settings.fix_config / kind).glob("*.yaml"))
