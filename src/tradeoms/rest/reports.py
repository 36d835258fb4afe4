"""Reports over a period, computed from the read models when they are asked for."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response

from tradeoms.app.identity import SystemClock
from tradeoms.projections.queries_fairness import DAYS_MAX, fairness, trading_day
from tradeoms.projections.resources_fairness import FairnessReport
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Date, Query
from tradeoms.rest.permissions import READ_FAIRNESS
from tradeoms.rest.routes import Routes

routes: Final = Routes("reports")
#: Days before the last one where the first is not given.
_DAYS_BACK: Final = timedelta(days=30)
_clock: Final = SystemClock()


class PeriodQuery(Query):
    """Trading days, both included; at most 366. The 30 days up to the current one if absent."""

    since: Annotated[Date | None, Field(alias="from")] = None
    until: Annotated[Date | None, Field(alias="to")] = None


@endpoint(
    routes, "GET", "/reports/fairness", permission=READ_FAIRNESS, query=PeriodQuery,
    answer=FairnessReport,
)  # fmt: skip
async def get_fairness(call: Call) -> Response:
    """Report how evenly funds and portfolio managers were served.

    House prices are over all funds; everything else is of the funds that are yours to see.
    """
    asked: PeriodQuery = call.query
    until = (
        date.fromisoformat(asked.until)
        if asked.until
        else await call.read(trading_day, _clock.now())
    )
    since = date.fromisoformat(asked.since) if asked.since else until - _DAYS_BACK
    if not 0 <= (until - since).days < DAYS_MAX:
        detail = f"must be from {since} on and at most {DAYS_MAX} days, both included"
        raise problem("period_invalid", detail, pointer="to", value=until.isoformat())
    return show(await call.read(fairness, since, until, call.principal.scope))
