"""A list of routes that modules fill and the application takes over, flat and without wrapping.

FastAPI solves dependencies and reads bodies around each handler; ours read the request themselves,
so a route calls them directly. What FastAPI is told of a route is for the OpenAPI.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

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
