"""P1: single orders over HTTP, durable, 50 rules, 3 funds, beside a bare FastAPI endpoint.

Ours: the real engine process and one REST worker; each order is authenticated, parsed, checked by
50 rules, committed and answered. Bare: one uvicorn worker whose FastAPI endpoint reads the body and
returns as many raw bytes. The same client drives both over the same number of connections, in
turns; the figure is the median of the rounds' ratios. TRADEOMS_BENCH_PG_URL names an empty
database of PostgreSQL to measure, too. CPU time is given too, since a shared machine
lends its cores elsewhere. Alone and half-load times are of our own path.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import psutil
import uvicorn
import uvloop
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from tradeoms import bootstrap
from tradeoms.app.identity import SystemClock
from tradeoms.domain.reference.commands import CreateApiKey
from tradeoms.settings import Settings

HERE: Final = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parent))

import _world as world  # noqa: E402  # found by the path above

CONNECTIONS: Final = 32
REQUESTS: Final = 2_000
ALONE: Final = 500
ROUNDS: Final = 7
GOALS: Final = {"sqlite": 0.5, "postgresql": 0.45}
GOAL_P50_MS: Final = 2.0
GOAL_P99_MS: Final = 20.0
SECRET: Final = "0" * 64
KEY: Final = f"toms_bench_{SECRET}"
_ANSWER_BYTES: Final = 1_000
#: All requests of a steady rate are made ready before the first is due.
_LEAD_S: Final = 0.5


def run() -> list[dict[str, Any]]:
    """Measure on SQLite, and on the PostgreSQL that is named; five rows each."""
    return [
        {"database": backend} | row
        for backend, url in world.databases().items()
        for row in _run_on(url, GOALS[backend])
    ]


def _run_on(url: str, goal: float) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as folder:
        settings = Settings(data=Path(folder), database_url=url, requests_per_second=0)
        _prepare(settings)
        with _processes(settings) as (engine, rest, bare):
            return uvloop.run(_measure(engine, rest, bare, goal))


def _prepare(settings: Settings) -> None:
    """Fill a database with three funds, 500 securities and 50 rules, and a key for the client."""
    bootstrap.initialise(settings)
    key = CreateApiKey(
        key_id="bench",
        user="pm",
        label="bench",
        secret_sha256=hashlib.sha256(SECRET.encode()).hexdigest(),
        expires_at=SystemClock().now() + timedelta(days=1),
    )
    with bootstrap.engine_of(settings) as (engine, _lease):
        world.fill(engine, funds=3, securities=500, rules=50)
        world.submit(engine, key)


@contextlib.contextmanager
def _processes(settings: Settings) -> Iterator[list[_Server]]:
    """Start engine, REST worker and the bare server."""
    environment = {**os.environ, **settings.as_environment(), "TRADEOMS_BUILD": "bench"}
    started: list[subprocess.Popen[bytes]] = []
    servers: list[_Server] = []
    try:
        for arguments in (
            ["-m", "tradeoms.bootstrap", "engine"],
            ["-m", "tradeoms.rest", "--data", str(settings.data), "--port", "0"],
            [str(HERE), "bare"],
        ):
            process = subprocess.Popen(  # noqa: S603  # our own modules
                [sys.executable, *arguments], env=environment, stdout=subprocess.PIPE
            )
            started.append(process)
            assert process.stdout is not None
            port = json.loads(process.stdout.readline()).get("port", 0)
            servers.append(_Server(port, psutil.Process(process.pid)))
        yield servers
    finally:
        for process in reversed(started):
            process.send_signal(signal.SIGTERM)
            process.wait(20)


async def _measure(
    engine: _Server, rest: _Server, bare: _Server, goal: float
) -> list[dict[str, Any]]:
    client = _Client()
    await client.drive(rest.port, 300, CONNECTIONS)
    await client.drive(bare.port, 300, CONNECTIONS)
    rates: dict[int, list[float]] = {rest.port: [], bare.port: []}
    used = [server.cpu_s for server in (engine, rest, bare)]
    for number in range(ROUNDS):
        for server in (rest, bare) if number % 2 else (bare, rest):
            rates[server.port].append(await client.drive(server.port, REQUESTS, CONNECTIONS))
    cpu = [
        (server.cpu_s - before) / (ROUNDS * REQUESTS) * 1e6
        for server, before in zip((engine, rest, bare), used, strict=True)
    ]
    ours, raw = rates[rest.port], rates[bare.port]
    ratios = [one / other for one, other in zip(ours, raw, strict=True)]
    alone = await client.times(rest.port, ALONE)
    paced = await client.paced(rest.port, rate=statistics.median(ours) / 2, seconds=5)
    return [
        {
            "figure": "orders a second",
            "ours": statistics.median(ours),
            "bare": statistics.median(raw),
            "ratio": statistics.median(ratios),
            "lowest": min(ratios),
            "highest": max(ratios),
            "goal": f">= {goal}",
        },
        {"figure": "engine, CPU us an order", "ours": cpu[0]},
        {"figure": "REST, CPU us an order", "ours": cpu[1], "bare": cpu[2]},
        {"figure": "alone, p50 ms", "ours": _ms(alone, 0.5), "goal": f"<= {GOAL_P50_MS}"},
        {"figure": "half load, p99 ms", "ours": _ms(paced, 0.99), "goal": f"<= {GOAL_P99_MS}"},
    ]


def _ms(times: list[float], part: float) -> float:
    return sorted(times)[int(len(times) * part)] * 1000


@dataclass(frozen=True)
class _Server:
    """A process that was started, and the port it listens on."""

    port: int
    process: psutil.Process

    @property
    def cpu_s(self) -> float:
        """Seconds of processor time that it has used."""
        times = self.process.cpu_times()
        return times.user + times.system


@dataclass
class _Client:
    """Writes requests made beforehand and counts the answers."""

    _number: int = 0

    def _request(self) -> bytes:
        self._number += 1
        name = f"bench-{self._number:07d}"
        legs = [{"fund": f"F{fund}", "quantity": "100"} for fund in range(3)]
        body = json.dumps(
            {
                "client_order_id": name,
                "security": {"scheme": "ticker_mic", "value": f"S{self._number % 500}.XNAS"},
                "side": "buy",
                "quantity": "300",
                "order_type": "limit",
                "limit_price": "100.10",
                "time_in_force": "day",
                "allocations": legs,
                "reason": "raise weight after results",
                "instructions": "do not exceed 20% of volume",
            }
        )
        head = (
            "POST /api/v1/orders HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {KEY}\r\nIdempotency-Key: {name}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()

    async def drive(self, port: int, count: int, connections: int) -> float:
        """Answers a second when every connection always waits for one."""
        share = count // connections
        work = [[self._request() for _ in range(share)] for _ in range(connections)]
        links = [await asyncio.open_connection("127.0.0.1", port) for _ in work]
        began = perf_counter()
        await asyncio.gather(
            *(_ask_all(link, requests) for link, requests in zip(links, work, strict=True))
        )
        rate = share * connections / (perf_counter() - began)
        for _, writer in links:
            writer.close()
        return rate

    async def times(self, port: int, count: int) -> list[float]:
        """Seconds of each of ``count`` requests, one after the other."""
        link = await asyncio.open_connection("127.0.0.1", port)
        requests = [self._request() for _ in range(count)]
        times = await _ask_all(link, requests)
        link[1].close()
        return times

    async def paced(self, port: int, *, rate: float, seconds: float) -> list[float]:
        """Seconds from when each request was due to its answer, at a steady rate."""
        count = int(rate * seconds)
        requests = [self._request() for _ in range(count)]
        links: asyncio.Queue[Any] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            links.put_nowait(await asyncio.open_connection("127.0.0.1", port))
        began = perf_counter() + _LEAD_S

        async def one(number: int) -> float:
            due = began + number / rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            link = await links.get()
            await _ask_all(link, [requests[number]])
            links.put_nowait(link)
            return perf_counter() - due

        return await asyncio.gather(*(one(number) for number in range(count)))


async def _ask_all(
    link: tuple[asyncio.StreamReader, asyncio.StreamWriter], requests: list[bytes]
) -> list[float]:
    reader, writer = link
    times = []
    for request in requests:
        began = perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        assert status in (200, 201), body
        times.append(perf_counter() - began)
    return times


def _serve_bare() -> None:
    """The baseline: read the body, return raw bytes."""
    app = FastAPI()
    answer = b'{"x":"' + b"x" * _ANSWER_BYTES + b'"}'

    @app.post("/api/v1/orders")
    async def take(request: Request) -> Response:
        await request.body()
        return Response(answer, status_code=201, media_type="application/json")

    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sys.stdout.write(json.dumps({"port": listening.getsockname()[1]}) + "\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, http="httptools", access_log=False, log_level="warning")
    uvloop.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    if sys.argv[1:] == ["bare"]:
        _serve_bare()
    else:
        sys.stdout.write(json.dumps(run(), indent=2) + "\n")
