"""The algorithms that destinations take, as the node was started with."""

from __future__ import annotations

from typing import Final

import msgspec
from starlette.responses import Response

from tradeoms.app.algo_file import DestinationAlgos, read_algos
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.fields import Filter, Query
from tradeoms.rest.routes import Routes

routes: Final = Routes("fix")


class AlgoQuery(Query):
    """Narrows the list."""

    destination: Filter | None = None


class AlgoList(msgspec.Struct):
    """By destination; one whose settings name no FIXatdl file is not among them."""

    data: list[DestinationAlgos]


@endpoint(routes, "GET", "/fix/algos", permission="read", query=AlgoQuery, answer=AlgoList)
async def get_algos(call: Call) -> Response:
    """List the algorithms of destinations with their parameters (FIXatdl 1.1)."""
    asked: AlgoQuery = call.query
    found = await call.services.in_thread(lambda: read_algos(call.services.data))
    if asked.destination is not None:
        found = tuple(one for one in found if one.destination == asked.destination)
    return show(AlgoList(data=list(found)))
