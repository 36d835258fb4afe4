"""For operators and load balancers: alive, ready, leading, and figures."""

from __future__ import annotations

import ipaddress
from typing import Final

import msgspec
from fastapi import APIRouter
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response

from tradeoms.projections.queries_journal import journal_head, leader_name
from tradeoms.rest.errors import ProblemError, problem
from tradeoms.rest.figures import REGISTRY
from tradeoms.rest.worker import Services, services_of

router: Final = APIRouter(include_in_schema=False)


def _say(**words: object) -> Response:
    return Response(msgspec.json.encode(words), media_type="application/json")


@router.get("/healthz")
async def healthz(_request: Request) -> Response:
    """Whether this process answers."""
    return _say(status="alive")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Whether this process can serve reads and, on the leading node, writes."""
    services = services_of(request.app.state)
    head = await services.read(journal_head)
    return _say(status="ready", seq=head.seq, engine=services.engine.connected)


@router.get("/readyz/leader")
async def readyz_leader(request: Request) -> Response:
    """200 where the engine of this node leads; elsewhere 503 and who leads."""
    services = services_of(request.app.state)
    welcome = services.engine.welcome
    if services.engine.connected and welcome is not None:
        return _say(status="leading", epoch=welcome.epoch)
    try:
        leader = await services.read(leader_name)
    except ProblemError:
        leader = ""
    raise problem("not_leader", f"the engine that leads: {leader or 'none known'}", value=leader)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """Figures of this worker in the text format of Prometheus; from this machine, or signed in."""
    services = services_of(request.app.state)
    if not _is_local(request):
        await services.auth.principal(request)
    text = generate_latest(REGISTRY) + generate_latest(_now(services))
    return Response(text, media_type=CONTENT_TYPE_LATEST)


def _now(services: Services) -> CollectorRegistry:
    """Figures that are read when they are asked for."""
    registry = CollectorRegistry()
    for name, text, value in (
        ("tradeoms_engine_connected", "1 where the engine answers", services.engine.connected),
        ("tradeoms_journal_seq", "newest event known to this worker", services.engine.seq),
        ("tradeoms_streams", "open event streams", services.hub.streams),
    ):
        Gauge(name, text, registry=registry).set(int(value))
    return registry


def _is_local(request: Request) -> bool:
    """Whether the peer is this machine and no proxy speaks for another."""
    if request.client is None or "x-forwarded-for" in request.headers:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False
