"""Reference data and the book: funds, securities, prices, destinations, positions, cash.

A POST loads rows, all or none; with `dry_run=true` it only tells what would be refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

import msgspec
from pydantic import Field
from starlette.responses import Response

from tradeoms.domain.reference.state import INSTRUCTION_WAIT_MAX, INSTRUCTION_WAIT_MIN
from tradeoms.projections import queries_lists as q
from tradeoms.projections.queries_orders import find_identifier, find_securities
from tradeoms.projections.resources_reference import (
    CashResource,
    DestinationResource,
    FundResource,
    PositionResource,
    PriceResource,
    SecurityResource,
)
from tradeoms.rest.bodies import SecurityBody, encode_fields
from tradeoms.rest.desk import list_of, subject_of
from tradeoms.rest.endpoint import Call, ListQuery, endpoint, show, show_outcome
from tradeoms.rest.errors import ErrorItem, ProblemError
from tradeoms.rest.fields import (
    Body,
    Code,
    Currency,
    Date,
    Decimal,
    Filter,
    Query,
    Text,
    TimeOfDay,
)
from tradeoms.rest.listing import show_list
from tradeoms.rest.openapi import PageOf
from tradeoms.rest.routes import Routes

routes: Final = Routes("reference")


class Loaded(msgspec.Struct):
    """What a load did, or would have done."""

    rows: int
    seq: int


class DryRunQuery(Query):
    """Whether to decide only."""

    dry_run: Literal["true", "false"] = "false"


class FundBody(Body):
    """A portfolio with its own books."""

    code: Code
    name: Text
    currency: Currency
    regimes: list[Code] = Field(default_factory=list)
    groups: list[Code] = Field(default_factory=list)
    family: Text = ""
    account: Text = ""
    manager: Text = ""
    approval_above: Decimal | None = None
    active: bool = True
    nav_time: TimeOfDay = ""
    """Time of day, UTC, of its post-trade test; empty for the node's own."""
    nav: Decimal | None = None
    """Net asset value as struck by the accountant; from the books, if absent."""
    debt: Decimal | None = None
    other_liabilities: Decimal | None = None
    borrowings: Decimal = "0"
    personal: bool = False
    """The account of a person of the house."""
    authorised_on: Date | None = None
    may_cross: bool = True
    """False where it may not trade with other funds of the house."""


class FundsBody(Body):
    """Funds to define or change, by code."""

    funds: Annotated[list[FundBody], Field(min_length=1, max_length=5_000)]


class IdentifierBody(Body):
    """One name of a security."""

    scheme: Literal["ticker_mic", "isin", "cusip", "sedol", "figi"]
    value: Code


class SecurityRowBody(Body):
    """Something that can be traded; the id is ours and need not be given."""

    id: Code | None = None
    symbol: Code
    mic: Code
    name: Text
    currency: Currency
    identifiers: list[IdentifierBody] = Field(default_factory=list)
    asset_type: Code = "equity"
    lot: Decimal = "1"
    tick: Decimal = "0.01"
    factor: Decimal = "1"
    issuer: Text = ""
    ultimate_parent: Text = ""
    sector: Text = ""
    industry: Text = ""
    country: Text = ""
    shares_outstanding: Decimal | None = None
    adv: Decimal | None = None
    attributes: dict[Code, Text] = Field(default_factory=dict)
    active: bool = True


class SecuritiesBody(Body):
    """Securities to define or change."""

    securities: Annotated[list[SecurityRowBody], Field(min_length=1, max_length=5_000)]


class PriceBody(Body):
    """A mark in the security's price currency."""

    security: SecurityBody
    price: Decimal
    as_of: Date


class RateBody(Body):
    """`rate` units of `to` for one of `base`."""

    base: Currency
    to: Currency
    rate: Decimal
    as_of: Date


class PricesBody(Body):
    """Marks and exchange rates."""

    prices: list[PriceBody] = Field(default_factory=list, max_length=10_000)
    rates: list[RateBody] = Field(default_factory=list, max_length=1_000)


class DestinationBody(Body):
    """Where orders can be routed; the name of its FIX session."""

    name: Code
    kind: Code = "broker"
    title: Text = ""
    lei: Text = ""
    enabled: bool = True
    instruct_when_booked: bool = False
    instruction_wait_min: Annotated[int, Field(ge=0, le=INSTRUCTION_WAIT_MAX)] = (
        INSTRUCTION_WAIT_MIN
    )
    """Minutes in which it answers an allocation instruction; 0 where it never does."""


class DestinationsBody(Body):
    """Destinations to define or change, by name."""

    destinations: Annotated[list[DestinationBody], Field(min_length=1, max_length=1_000)]


class SecurityQuery(ListQuery):
    """Narrows the list."""

    symbol: Filter | None = None
    identifier: Filter | None = None
    """Our id, an identifier of any scheme, or a ticker."""


class PositionQuery(ListQuery):
    """Narrows the list."""

    fund: Filter | None = None
    security: Filter | None = None
    """Our id, an identifier of any scheme, or a ticker."""


class CashQuery(ListQuery):
    """Narrows the list."""

    fund: Filter | None = None


async def load_all(call: Call, kind: str, fields: dict[str, Any]) -> Response:  # Any: JSON
    """Have the engine load ``fields``, or only decide about them."""
    outcome = await call.submit(kind, encode_fields(fields), dry_run=call.query.dry_run == "true")
    return show_outcome(outcome)


@endpoint(routes, "GET", "/funds", permission="read", query=ListQuery, answer=PageOf(FundResource))
async def get_funds(call: Call) -> Response:
    """List the funds that you may see."""
    return await list_of(call, q.FUNDS)


@endpoint(routes, "GET", "/funds/{code}", permission="read", answer=FundResource)
async def get_fund(call: Call) -> Response:
    """Show a fund."""
    return show(await call.find(subject_of(q.FUNDS, "fund", call.request.path_params["code"])))


@endpoint(
    routes, "POST", "/funds", permission="LoadFunds", body=FundsBody, query=DryRunQuery,
    answer=Loaded, key="optional",
)  # fmt: skip
async def load_funds(call: Call) -> Response:
    """Define or change funds."""
    return await load_all(call, "LoadFunds", {"funds": [given(fund) for fund in call.body.funds]})


@endpoint(
    routes, "GET", "/securities", permission="read", query=SecurityQuery,
    answer=PageOf(SecurityResource),
)  # fmt: skip
async def get_securities(call: Call) -> Response:
    """List securities."""
    asked: SecurityQuery = call.query
    want: dict[str, str | Sequence[str]] = {}
    if asked.symbol is not None:
        want["symbol"] = asked.symbol
    if asked.identifier is not None:
        want["id"] = await call.read(find_securities, asked.identifier)
    return await show_list(call, q.list_rows, q.SECURITIES, want, call.principal.scope)


@endpoint(routes, "GET", "/securities/{security_id}", permission="read", answer=SecurityResource)
async def get_security(call: Call) -> Response:
    """Show a security."""
    security_id = call.request.path_params["security_id"]
    return show(await call.find(subject_of(q.SECURITIES, "security", security_id)))


@endpoint(
    routes, "POST", "/securities", permission="LoadSecurities", body=SecuritiesBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_securities(call: Call) -> Response:
    """Define or change securities; one of a known ticker and market keeps its id."""
    rows = []
    for security in call.body.securities:
        row = given(security)
        row["id"] = row.get("id", "")
        row["identifiers"] = [[i.scheme, i.value] for i in security.identifiers]
        row["attributes"] = list(security.attributes.items())
        rows.append(row)
    return await load_all(call, "LoadSecurities", {"securities": rows})


@endpoint(
    routes, "GET", "/prices", permission="read", query=ListQuery, answer=PageOf(PriceResource)
)
async def get_prices(call: Call) -> Response:
    """List the newest mark of each security."""
    return await list_of(call, q.PRICES)


@endpoint(
    routes, "POST", "/prices", permission="LoadPrices", body=PricesBody, query=DryRunQuery,
    answer=Loaded, key="optional",
)  # fmt: skip
async def load_prices(call: Call) -> Response:
    """Set marks and exchange rates."""
    asked: PricesBody = call.body
    names = [(price.security.scheme, price.security.value) for price in asked.prices]
    ids = await call.read(resolve_all, names, "prices")
    fields = {
        "prices": [
            {"security_id": found, "price": price.price, "as_of": price.as_of}
            for found, price in zip(ids, asked.prices, strict=True)
        ],
        "rates": [given(rate) for rate in asked.rates],
    }
    return await load_all(call, "LoadPrices", fields)


def resolve_all(link: Any, names: Sequence[tuple[str, str]], field: str) -> list[str]:  # Any: link
    """The ids of securities.

    Raises:
        ProblemError: 422 with every name that nothing has.
    """
    ids = [find_identifier(link, scheme, value) for scheme, value in names]
    errors = [
        ErrorItem(
            pointer=f"/{field}/{number}/security",
            code="security_unknown",
            detail=f"no security has this {scheme}",
            value=value,
        )
        for number, ((scheme, value), found) in enumerate(zip(names, ids, strict=True))
        if not found
    ]
    if errors:
        raise ProblemError(errors[:100])
    return ids


@endpoint(
    routes, "GET", "/destinations", permission="read", query=ListQuery,
    answer=PageOf(DestinationResource),
)  # fmt: skip
async def get_destinations(call: Call) -> Response:
    """List destinations."""
    return await list_of(call, q.DESTINATIONS)


@endpoint(
    routes, "POST", "/destinations", permission="LoadDestinations", body=DestinationsBody,
    query=DryRunQuery, answer=Loaded, key="optional",
)  # fmt: skip
async def load_destinations(call: Call) -> Response:
    """Define or change destinations."""
    rows = [given(destination) for destination in call.body.destinations]
    return await load_all(call, "LoadDestinations", {"destinations": rows})


@endpoint(
    routes, "GET", "/positions", permission="read", query=PositionQuery,
    answer=PageOf(PositionResource),
)  # fmt: skip
async def get_positions(call: Call) -> Response:
    """List positions, by fund and security."""
    asked: PositionQuery = call.query
    want: dict[str, str | Sequence[str]] = {}
    if asked.fund is not None:
        want["fund"] = asked.fund
    if asked.security is not None:
        want["security_id"] = await call.read(find_securities, asked.security)
    return await show_list(call, q.list_rows, q.POSITIONS, want, call.principal.scope)


@endpoint(routes, "GET", "/cash", permission="read", query=CashQuery, answer=PageOf(CashResource))
async def get_cash(call: Call) -> Response:
    """List cash, by fund and currency."""
    return await list_of(call, q.CASH, fund=call.query.fund)


def given(body: Body) -> dict[str, Any]:  # Any: JSON
    """The fields of a body that have a value."""
    fields: dict[str, Any] = body.model_dump(exclude_none=True)  # Any: as above
    return fields
