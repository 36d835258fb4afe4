"""People's layouts of grids: kept under a name, shared with roles."""

from __future__ import annotations

import json
from typing import Any, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.kernel.enums import Role
from tradeoms.projections.queries_layouts import Viewer, find_layout, list_layouts
from tradeoms.projections.resources_layouts import LayoutResource
from tradeoms.rest.bodies import encode_fields
from tradeoms.rest.endpoint import Call, ListQuery, Subject, endpoint, show
from tradeoms.rest.fields import Body, Code, Filter, Text
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("layouts")
_LOCATION: Final = "/api/v1/layouts"


class LayoutQuery(ListQuery):
    """Narrows the list."""

    page: Filter | None = None


class LayoutBody(Body):
    """What to keep of a grid."""

    name: Text
    """Unique among your own of this page; 60 characters at most."""
    page: Code
    """Which page it is for."""
    state: dict[str, Any]  # Any: JSON that only the page reads
    """Whatever the page needs, 20 kB of JSON at most."""
    shared_with: list[Role] = Field(default_factory=list, max_length=len(Role))
    """Roles that see it, too: of those you hold; an admin may name any."""


def _viewer(call: Call) -> Viewer:
    return Viewer(call.principal.user.id, call.principal.roles)


def _subject(call: Call, layout_id: str) -> Subject:
    viewer = _viewer(call)
    return Subject(
        kind="layout",
        id=layout_id,
        find=lambda link, key, _scope: find_layout(link, key, viewer),
    )


@endpoint(
    routes, "POST", "/layouts", permission="SaveLayout", body=LayoutBody, answer=LayoutResource,
    status=201, key="optional",
)  # fmt: skip
async def save_layout(call: Call) -> Response:
    """Keep a layout, in place of your own of that name on that page."""
    asked: LayoutBody = call.body
    state = json.dumps(asked.state, ensure_ascii=False, separators=(",", ":"))
    fields = {
        "name": asked.name, "page": asked.page, "state": state, "shared_with": asked.shared_with,
    }  # fmt: skip
    outcome = await call.submit("SaveLayout", encode_fields(fields))
    layout_id = json.loads(bytes(outcome.answer))["id"]
    return await call.show_changed(
        outcome, _subject(call, layout_id), status=201, location=_LOCATION
    )


@endpoint(
    routes, "GET", "/layouts", permission="read", query=LayoutQuery, answer=PageOf(LayoutResource)
)
async def get_layouts(call: Call) -> Response:
    """List your own layouts and those shared with a role of yours, oldest first."""
    asked: LayoutQuery = call.query
    want = {} if asked.page is None else {"page": asked.page}
    return await show_list(call, list_layouts, _viewer(call), want)


@endpoint(routes, "GET", "/layouts/{layout_id}", permission="read", answer=LayoutResource)
async def get_layout(call: Call) -> Response:
    """Show a layout."""
    return show(await call.find(_subject(call, call.request.path_params["layout_id"])))


@endpoint(
    routes, "DELETE", "/layouts/{layout_id}", permission="DeleteLayout", answer=None, status=204,
    key="optional",
)  # fmt: skip
async def delete_layout(call: Call) -> Response:
    """Delete a layout of your own."""
    subject = _subject(call, call.request.path_params["layout_id"])
    await call.submit("DeleteLayout", encode_fields({"layout_id": subject.id}), subject=subject)
    return Response(status_code=204)
