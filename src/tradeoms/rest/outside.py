"""Facts from outside over HTTP: what rules ask beside holdings; and the lists that rules name."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field
from starlette.responses import Response

from tradeoms.projections.queries_outside import NAMED_LISTS, OUTSIDE
from tradeoms.projections.resources_outside import NamedListResource, OutsideResource
from tradeoms.rest.bodies import SecurityBody
from tradeoms.rest.desk import list_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint
from tradeoms.rest.fields import Body, Code, Date, Decimal, Filter, Instant, Text
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.permissions import READ_LISTS
from tradeoms.rest.reference import DryRunQuery, Loaded, given, load_all, resolve_all
from tradeoms.rest.routes import Routes

routes: Final = Routes("reference")


class IssuerBody(Body):
    """An amount of an issuer, e.g. `votes_out`."""

    issuer: Code
    name: Code
    amount: Decimal
    as_of: Date


class OfferingBody(Body):
    """A firm-commitment offering, and from when short sales count against a purchase in it."""

    security: SecurityBody
    pricing_date: Date
    restricted_from: Date


class FigureBody(Body):
    """A number of a fund that another system measured."""

    name: Code
    fund: Code
    value: Decimal
    at: Instant


class ReportedBody(Body):
    """The share of an issue, 0 to 1, last reported under a rule."""

    rule: Code
    cell: Code
    share: Decimal
    on: Date


class BenchmarkBody(Body):
    """Weights, 0 to 1, of groups in a fund's benchmark."""

    fund: Code
    weights: dict[Text, Decimal]
    as_of: Date


class WeightBody(Body):
    """The share of a fund, 0 to 1, that is in one group."""

    by: Code = "issuer"
    """The attribute whose value the group is, as rules group by it."""
    group: Text
    weight: Decimal


class ConstituentsBody(Body):
    """What a fund that is held as a security holds itself."""

    security: SecurityBody
    weights: Annotated[list[WeightBody], Field(min_length=1, max_length=10_000)]
    as_of: Date


class OutsideBody(Body):
    """Facts, each in place of the one loaded before."""

    issuers: list[IssuerBody] = Field(default_factory=list, max_length=10_000)
    offerings: list[OfferingBody] = Field(default_factory=list, max_length=1_000)
    figures: list[FigureBody] = Field(default_factory=list, max_length=10_000)
    reported: list[ReportedBody] = Field(default_factory=list, max_length=10_000)
    benchmarks: list[BenchmarkBody] = Field(default_factory=list, max_length=1_000)
    constituents: list[ConstituentsBody] = Field(default_factory=list, max_length=1_000)


class OutsideQuery(ListQuery):
    """Narrows the list."""

    kind: (
        Literal["issuer", "offering", "figure", "reported", "benchmark", "constituents"] | None
    ) = None
    name: Filter | None = None
    """What rules ask for it by, e.g. `votes_out`."""
    fund: Filter | None = None


@endpoint(
    routes, "GET", "/outside", permission="read", query=OutsideQuery,
    answer=PageOf(OutsideResource),
)  # fmt: skip
async def get_outside(call: Call) -> Response:
    """List facts from outside, the newest load of each, by kind.

    Figures and benchmarks of your funds; shares reported for the firm if you see every fund.
    """
    asked: OutsideQuery = call.query
    return await list_of(call, OUTSIDE, kind=asked.kind, name=asked.name, fund=asked.fund)


@endpoint(
    routes, "POST", "/outside", permission="LoadOutside", body=OutsideBody, query=DryRunQuery,
    answer=Loaded, key="optional",
)  # fmt: skip
async def load_outside(call: Call) -> Response:
    """Set facts from outside, each in place of the one of the same key."""
    asked: OutsideBody = call.body
    names = [(one.security.scheme, one.security.value) for one in asked.offerings]
    ids = await call.read(resolve_all, names, "offerings")
    held = [(one.security.scheme, one.security.value) for one in asked.constituents]
    funds = await call.read(resolve_all, held, "constituents")
    fields = {
        "issuers": [given(one) for one in asked.issuers],
        "offerings": [
            {"security_id": found, "pricing_date": one.pricing_date,
             "restricted_from": one.restricted_from}
            for found, one in zip(ids, asked.offerings, strict=True)
        ],
        "figures": [given(one) for one in asked.figures],
        "reported": [given(one) for one in asked.reported],
        "benchmarks": [
            {"fund": one.fund, "weights": list(one.weights.items()), "as_of": one.as_of}
            for one in asked.benchmarks
        ],
        "constituents": [
            {"security_id": found, "weights": [given(part) for part in one.weights],
             "as_of": one.as_of}
            for found, one in zip(funds, asked.constituents, strict=True)
        ],
    }  # fmt: skip
    return await load_all(call, "LoadOutside", fields)


class NamedListQuery(ListQuery):
    """Narrows the list."""

    name: Filter | None = None
    """What rules say in `list`."""


@endpoint(
    routes, "GET", "/named-lists", permission=READ_LISTS, query=NamedListQuery,
    answer=PageOf(NamedListResource),
)  # fmt: skip
async def get_named_lists(call: Call) -> Response:
    """List the lists that rules name with their members, by name; for control alone."""
    asked: NamedListQuery = call.query
    return await list_of(call, NAMED_LISTS, name=asked.name)
