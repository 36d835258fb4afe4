"""How a fund stands now: its exposures by group, and the room under each of its limits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeVar

import msgspec
from starlette.responses import Response

from tradeoms.app import fund_view
from tradeoms.app.fund_view import CellUse, Exposure, ExposureBy
from tradeoms.app.pretrade import Pretrade
from tradeoms.compliance.contributing import NoHoldings, NoSuchCell
from tradeoms.compliance.exact import exact_text
from tradeoms.kernel.numbers import minor_digits, plain
from tradeoms.projections import queries_lists as q
from tradeoms.projections.resources_text import SecurityRef, security_ref
from tradeoms.rest.desk import subject_of
from tradeoms.rest.endpoint import Call, endpoint, show
from tradeoms.rest.errors import problem
from tradeoms.rest.fields import Filter, Limit, Query
from tradeoms.rest.routes import Routes

routes: Final = Routes("reference")
T = TypeVar("T")
_SHARE_PLACES: Final = 10


class ExposureQuery(Query):
    """How to put holdings together."""

    by: ExposureBy = ExposureBy.SECTOR


class LimitsQuery(Query):
    """How many cells."""

    limit: Limit = 50
    """The nearest to their limits, at most so many."""


class ContributionQuery(Query):
    """Which cell."""

    rule: Filter
    cell: Filter | None = None
    """The group that the cell is named after; absent where the rule has one cell."""


class ContributionResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a holding adds to a cell, exact; `value` is null where a price or rate is missing.

    In the rule's measure: of an average, value times what is averaged; of a short sale, units.
    """

    security: SecurityRef
    quantity: str
    value: str | None


class ContributionsResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The holdings that make up a cell, the largest first."""

    fund: str
    rule: str
    cell: str | None
    data: list[ContributionResource]


class ExposureResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Market value in one group, in the fund's currency; `weight` is `net` as a share of NAV."""

    group: str
    holdings: int
    long: str
    short: str
    net: str
    weight: str | None


class ExposuresResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a fund holds, the largest group first. Amounts are rounded half to even.

    `nav` and weights are null where a price or rate is missing; `unpriced` names the holdings that
    are in no group for want of one.
    """

    fund: str
    currency: str
    by: str
    nav: str | None
    cash: str | None
    cash_weight: str | None
    unpriced: tuple[str, ...]
    data: list[ExposureResource]


class CellResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One cell of one rule. Exact: numbers are decimals, or fractions "n/d".

    `used` is the share of the limit that is taken, rounded half to even at ten decimals; above 1
    the limit is broken. Null where the limit has no share, as one of nothing.
    """

    rule: str
    rule_version: int
    kind: str
    severity: str
    entity: str
    cell: str | None
    outcome: str
    numerator: str | None
    denominator: str | None
    limit: str | None
    bound: str | None
    used: str | None
    reason: str


class LimitsResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The cells nearest to their limits, the worst first; `cells` counts all."""

    fund: str
    as_of: str
    cells: int
    data: list[CellResource]


@endpoint(
    routes, "GET", "/funds/{code}/exposures", permission="read", query=ExposureQuery,
    answer=ExposuresResource,
)  # fmt: skip
async def get_exposures(call: Call) -> Response:
    """Show what a fund holds by sector, country, currency, or another group."""
    by: ExposureBy = call.query.by
    code = call.request.path_params["code"]
    found = await _of_fund(call, lambda state, _: fund_view.exposures(state, code, by))
    digits = minor_digits(found.currency)
    ranked = sorted(found.groups.items(), key=lambda pair: (-abs(pair[1].net), pair[0]))
    return show(
        ExposuresResource(
            fund=code,
            currency=found.currency,
            by=by.value,
            nav=_rounded(found.nav, digits),
            cash=_rounded(found.cash, digits),
            cash_weight=_share(found.cash, found.nav),
            unpriced=found.unpriced,
            data=[_exposure(group, one, found.nav, digits) for group, one in ranked],
        )
    )


@endpoint(
    routes, "GET", "/funds/{code}/limits", permission="read", query=LimitsQuery,
    answer=LimitsResource,
)  # fmt: skip
async def get_limits(call: Call) -> Response:
    """Show how near a fund stands to each limit that is in force, settled holdings only.

    Cells of aggregates of funds are shown to those who may see every fund.
    """
    code = call.request.path_params["code"]
    today, cells = await _of_fund(
        call, lambda state, today: (today, fund_view.limits(state, code, today))
    )
    if call.principal.scope.funds is not None:
        cells = [one for one in cells if one.entity == code]
    shown = [_cell(one) for one in cells[: call.query.limit]]
    return show(LimitsResource(fund=code, as_of=today.isoformat(), cells=len(cells), data=shown))


@endpoint(
    routes, "GET", "/funds/{code}/contributions", permission="read", query=ContributionQuery,
    answer=ContributionsResource,
)  # fmt: skip
async def get_contributions(call: Call) -> Response:
    """Show which holdings of a fund make up one cell of a rule in force.

    Refused where the rule has no such cell, or where cells of its kind are not made up of holdings.
    """
    code = call.request.path_params["code"]
    asked: ContributionQuery = call.query
    found = await _of_fund(
        call,
        lambda state, today: fund_view.contributions(state, code, asked.rule, asked.cell, today),
    )
    data = [
        ContributionResource(
            security=security_ref(one.security, one.security.id),
            quantity=exact_text(one.quantity) or "",
            value=exact_text(one.value),
        )
        for one in found
    ]
    return show(ContributionsResource(fund=code, rule=asked.rule, cell=asked.cell, data=data))


async def _of_fund(call: Call, question: Callable[[Pretrade, date], T]) -> T:
    """Ask the replica about the fund of the path, which must be the caller's to see."""
    code = call.request.path_params["code"]
    await call.find(subject_of(q.FUNDS, "fund", code))
    checker = call.services.checker
    if checker is None:
        raise problem("not_available", "this node cannot measure funds")
    try:
        return await call.services.in_thread(lambda: checker.ask(question))
    except NoSuchCell as error:
        raise problem("cell_unknown", str(error), pointer="cell", value=error.cell or "") from None
    except NoHoldings as error:
        raise problem("cell_without_holdings", str(error), pointer="rule") from None
    except LookupError as error:
        raise problem("rule_unknown", str(error), pointer="rule") from None


def _exposure(group: str, one: Exposure, nav: Fraction | None, digits: int) -> ExposureResource:
    return ExposureResource(
        group=group,
        holdings=one.holdings,
        long=_rounded(one.long, digits) or "",
        short=_rounded(one.short, digits) or "",
        net=_rounded(one.net, digits) or "",
        weight=_share(one.net, nav),
    )


def _cell(one: CellUse) -> CellResource:
    rule, result = one.verdict.rule, one.verdict.result
    return CellResource(
        rule=rule.id,
        rule_version=rule.version,
        kind=rule.kind,
        severity=rule.severity.value,
        entity=one.entity,
        cell=one.verdict.key,
        outcome=result.outcome.value,
        numerator=exact_text(result.num_after),
        denominator=exact_text(result.den_after),
        limit=exact_text(result.limit),
        bound=result.bound,
        used=_rounded(one.used, _SHARE_PLACES),
        reason=result.reason or "",
    )


def _share(part: Fraction | None, whole: Fraction | None) -> str | None:
    if part is None or whole is None or whole <= 0:
        return None
    return _rounded(part / whole, _SHARE_PLACES)


def _rounded(value: Fraction | None, places: int) -> str | None:
    """``value`` rounded half to even; None stays None."""
    if value is None:
        return None
    units = round(value * 10**places)
    return plain(Decimal((units < 0, tuple(map(int, str(abs(units)))), -places)))
