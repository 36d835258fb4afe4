"""The application: routes, the guard before them, and what every problem looks like."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tradeoms import __version__
from tradeoms.projections.paging import CursorInvalid
from tradeoms.rest import (
    algos,
    approvals,
    audit,
    blocks,
    bookings,
    breaches,
    confirmations,
    control,
    crosses,
    custom,
    desk,
    drop_copy,
    fund_views,
    imports,
    kill,
    layouts,
    lists,
    models,
    openapi,
    operations,
    order_desk,
    orders,
    outside,
    pairs,
    people,
    price_history,
    proposals,
    reference,
    reference_files,
    reports,
    routing,
    rule_reports,
    sessions,
    stream,
    trading_day,
    whatif,
)
from tradeoms.rest.errors import ProblemError, problem, problem_response
from tradeoms.rest.guard import Guard
from tradeoms.rest.routes import Direct
from tradeoms.rest.worker import Services

PREFIX: Final = "/api/v1"
_WEB: Final = Path(__file__).parent.parent / "web" / "static"
_DESCRIPTION: Final = (
    "Buy-side order management: orders, pre-trade compliance, placements over FIX, allocations. "
    "Decimals are strings, timestamps RFC 3339 UTC with microseconds, errors RFC 9457."
)
_CODES: Final = {404: "resource_unknown", 405: "method_not_allowed"}


def create_app(services: Services, *, web: Path | None = _WEB) -> FastAPI:
    """Build the application around ``services``; starting and stopping it starts and stops them.

    Args:
        services: What the routes share.
        web: Folder of the web pages, served at `/` where it exists.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await services.start()
        try:
            yield
        finally:
            await services.stop()

    app = FastAPI(
        title="tradeoms",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    parts = (
        *(orders, order_desk, lists, whatif, blocks, desk, control, breaches, rule_reports),
        *(reference, outside, models, proposals, imports, routing, kill, layouts, people, sessions),
        *(bookings, algos, reports, audit, stream, fund_views, price_history, reference_files),
        *(crosses, custom, drop_copy, confirmations, pairs, approvals, trading_day),
    )
    for part in parts:
        part.routes.add_to(app.router, prefix=PREFIX)
    app.include_router(operations.router)
    openapi.install(app)
    app.add_exception_handler(ProblemError, _tell)
    app.add_exception_handler(CursorInvalid, _tell_cursor)
    app.add_exception_handler(HTTPException, _tell_http)
    if web is not None and web.is_dir():
        app.mount("/", StaticFiles(directory=web, html=True), name="web")
    posts = [e for part in parts for e in part.routes.entries if e.method == "POST"]
    app.add_middleware(Direct, entries={PREFIX + e.path: e for e in posts})
    app.add_middleware(Guard)
    return app


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


async def _tell(request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error, _request_id(request))


async def _tell_cursor(request: Request, _error: Exception) -> Response:
    told = problem("cursor_invalid", "send the `next` of a page of this list", pointer="after")
    return problem_response(told, _request_id(request))


async def _tell_http(request: Request, error: Exception) -> Response:
    """Starlette's own refusals: no such path, no such method."""
    assert isinstance(error, HTTPException)
    code = _CODES.get(error.status_code, "json_invalid")
    detail = HTTPStatus(error.status_code).phrase.lower()
    told = problem(code, detail, headers=dict(error.headers or {}))
    return problem_response(told, _request_id(request))
