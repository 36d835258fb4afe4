"""One worker process: `python -m tradeoms.rest --data DIR --fd N | --port P`.

Prints one line of JSON when it is ready. Settings that a command line should not show come from the
environment: `TRADEOMS_DATABASE_URL`, `TRADEOMS_SECURE_COOKIES`, `TRADEOMS_BUILD`, and the limits
`TRADEOMS_REQUESTS_PER_SECOND`, `TRADEOMS_SIGN_IN_LIFE_S` and `TRADEOMS_SIGN_IN_IDLE_S`.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import structlog
import uvicorn
import uvloop

from tradeoms.app.client import EngineClient
from tradeoms.app.collector import calm_collector
from tradeoms.app.identity import SystemClock
from tradeoms.app.kill_folder import KillFolder
from tradeoms.app.past import Past
from tradeoms.app.replica import Replica
from tradeoms.projections.queries import open_reader
from tradeoms.rest.app import create_app
from tradeoms.rest.worker import Services

_KEEP_ALIVE_S: Final = 65
_STOP_WITHIN_S: Final = 5


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until told to stop."""
    asked = _arguments(arguments)
    _log_as_json()
    uvloop.run(_serve(asked))


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tradeoms.rest", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="data directory of the node")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--fd", type=int, help="an open listening socket")
    where.add_argument("--port", type=int, help="a port of this machine; 0 is any free one")
    parser.add_argument("--host", default="127.0.0.1", help="address for --port")
    parser.add_argument(
        "--database", default=os.environ.get("TRADEOMS_DATABASE_URL", ""), help="URL"
    )
    return parser.parse_args(arguments)


async def _serve(asked: argparse.Namespace) -> None:
    data: Path = asked.data.absolute()
    url = asked.database or f"sqlite:///{data / 'tradeoms.db'}"
    build = os.environ.get("TRADEOMS_BUILD", "")
    services = Services(
        engine=EngineClient(data, name=f"rest-{os.getpid()}", build=build),
        database=open_reader(url),
        data=data,
        kills=KillFolder(data),
        past=Past(url, data / "past", build=build),
        secure=os.environ.get("TRADEOMS_SECURE_COOKIES", "").lower() in ("1", "true", "yes"),
        checker=Replica(open_reader(url), SystemClock(), price_max_age=_price_max_age()),
        **_limits(),
    )
    config = uvicorn.Config(
        create_app(services),
        http="httptools",
        ws="none",
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_WITHIN_S,
        limit_concurrency=2_000,
        backlog=512,
    )
    listening = _listening(asked)
    server = _Server(config, port=listening.getsockname()[1])
    await server.serve(sockets=[listening])


def _price_max_age() -> int:
    """Trading days after which a price counts no more, as the engine has it; 0 is no limit."""
    return int(os.environ.get("TRADEOMS_PRICE_MAX_AGE") or 0)


def _limits() -> dict[str, Any]:  # Any: fields of Services
    """What the environment sets; the rest is as `Services` has it."""
    found: dict[str, Any] = {}  # Any: as above
    if rate := os.environ.get("TRADEOMS_REQUESTS_PER_SECOND"):
        found["requests_per_second"] = int(rate)
    for name in ("sign_in_life", "sign_in_idle"):
        if seconds := os.environ.get(f"TRADEOMS_{name.upper()}_S"):
            found[name] = timedelta(seconds=int(seconds))
    return found


def _listening(asked: argparse.Namespace) -> socket.socket:
    """The listening socket, which hands its options on to the connections it accepts.

    Head and body of an answer leave in two writes; without TCP_NODELAY the second waits for the
    client's delayed acknowledgement of the first: 44 ms an answer, measured.
    """
    if asked.fd is not None:
        listening = socket.socket(fileno=os.dup(asked.fd))
    else:
        listening = socket.create_server((asked.host, asked.port), backlog=512)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


class _Server(uvicorn.Server):
    """Says when it is ready, for the supervisor."""

    def __init__(self, config: uvicorn.Config, *, port: int) -> None:
        super().__init__(config)
        self._port = port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.started:
            calm_collector()
            line = msgspec.json.encode({"ready": "rest", "port": self._port, "pid": os.getpid()})
            sys.stdout.write(line.decode() + "\n")
            sys.stdout.flush()


def _log_as_json() -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
