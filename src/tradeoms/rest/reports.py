"""Reports over a period, computed from the read models when they are asked for."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.projections.queries_fairness import DAYS_MAX, fairness
from tradeoms.projections.resources_fairness import FairnessReport
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Date, Query
from tradeoms.rest.permissions import READ_FAIRNESS
from tradeoms.rest.routes import Routes

routes: Final = Routes("reports")


class PeriodQuery(Query):
    """Trading days, both included; at most 366."""

    since: Annotated[Date, Field(alias="from")]
    until: Annotated[Date, Field(alias="to")]


@endpoint(
    routes, "GET", "/reports/fairness", permission=READ_FAIRNESS, query=PeriodQuery,
    answer=FairnessReport,
)  # fmt: skip
async def get_fairness(call: Call) -> Response:
    """Report how evenly funds and portfolio managers were served.

    House prices are over all funds; everything else is of the funds that are yours to see.
    """
    asked: PeriodQuery = call.query
    since, until = date.fromisoformat(asked.since), date.fromisoformat(asked.until)
    if not 0 <= (until - since).days < DAYS_MAX:
        detail = f"must be from {since} on and at most {DAYS_MAX} days, both included"
        raise problem("period_invalid", detail, pointer="to", value=asked.until)
    return show(await call.read(fairness, since, until, call.principal.scope))
