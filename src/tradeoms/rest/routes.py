"""A list of routes that modules fill and the application takes over, flat and without wrapping.

FastAPI solves dependencies and reads bodies around each handler; ours read the request themselves,
so a route calls them directly. What FastAPI is told of a route is for the OpenAPI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Run = Callable[[Request], Awaitable[Response]]


class LeanRoute(APIRoute):
    """A route whose endpoint takes the request and gives the response, with nothing between."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint itself."""
        handler: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One route: what is called, and what is said of it."""

    method: str
    path: str
    run: Run
    about: dict[str, Any]  # Any: arguments of `APIRouter.add_api_route`

    @property
    def name(self) -> str:
        """What requests to it are counted under."""
        return str(self.about["name"])


class Direct:
    """Calls the routes whose address is one fixed text without asking the router.

    On the way of an order the router and what FastAPI wraps around it cost as much as all the rest
    of the door. A POST with a path of its own needs nothing of them; all else passes on.
    """

    def __init__(self, app: ASGIApp, *, entries: Mapping[str, Entry]) -> None:
        """Stand before ``app``; ``entries`` are its POST routes by path."""
        self._app = app
        self._entries = {path: entry for path, entry in entries.items() if "{" not in path}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        entry = self._entries.get(scope["path"]) if scope["type"] == "http" else None
        if entry is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = entry
        response = await entry.run(Request(scope, receive, send))
        await response(scope, receive, send)


@dataclass(slots=True)
class Routes:
    """The routes of a module, in the order in which they are tried."""

    tag: str
    entries: list[Entry] = field(default_factory=list)

    def add_to(self, router: APIRouter, *, prefix: str) -> None:
        """Add the routes to ``router`` below ``prefix``."""
        for entry in self.entries:
            router.add_api_route(
                prefix + entry.path,
                entry.run,
                methods=[entry.method],
                route_class_override=LeanRoute,
                response_model=None,
                tags=[self.tag],
                **entry.about,
            )
