"""The blotter: lists of orders, filtered and paged at the same cost for any number of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

import msgspec
import sqlalchemy as sa

from tradeoms.journal.tables import journal
from tradeoms.kernel.enums import OrderStatus
from tradeoms.projections import tables as t
from tradeoms.projections.paging import WINDOW, Cut, Legs, Page, Scope, Walk, beyond, fetch, leg
from tradeoms.projections.queries import (
    ORDER_COLUMNS,
    of_funds,
    show_orders,
    state_field,
    unless_hidden,
)
from tradeoms.projections.resources_schema import OrderResource

#: Statuses that few orders have at any time; an index on them finds the rows at once.
_FEW: Final = frozenset(OrderStatus) - {
    OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED,
}  # fmt: skip
#: A person of more funds than this is found by testing rows, not by walking each fund's orders.
_FUNDS_WALKED: Final = 64
#: Rows that one request searches for a text: each is read as JSON, which costs 25 us.
_TEXTS_READ: Final = 300
#: Rows that one request reads where only drafts are to be left out, of which there are few.
_DRAFTS_READ: Final = 200
_SCHEMES: Final = ("ticker_mic", "isin", "cusip", "sedol", "figi")

Sort = Literal["-created_at", "created_at", "-updated_at", "updated_at"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """What a list of orders is narrowed to; an empty field does not narrow.

    Attributes:
        security: Our id, an identifier of any scheme, or a ticker.
        broker: Destination of one of the order's placements.
        updated_after: Only orders whose last change in the journal is later.
        client: Whose `client_order_id` is meant.
        text: Part of the client's id, the ticker, the reason or the instructions.
        custom: Values of custom fields that it must have, as (name, value).
        live: Whether the engine still holds the order in memory.
        sort: `-created_at` is newest first.
    """

    status: tuple[OrderStatus, ...] = ()
    fund: str = ""
    security: str = ""
    side: str = ""
    portfolio_manager: str = ""
    trader: str = ""
    broker: str = ""
    block: str = ""
    client: str = ""
    client_order_id: str = ""
    updated_after: datetime | None = None
    text: str = ""
    custom: tuple[tuple[str, str], ...] = ()
    live: bool | None = None
    sort: Sort = "-created_at"


def list_orders(
    link: sa.Connection, want: OrderFilter, scope: Scope, cut: Cut
) -> Page[OrderResource]:
    """One page of orders."""
    walk = _walk(link, want, scope, cut)
    if walk is None:
        return Page([], None)
    rows, following = fetch(link, walk, ORDER_COLUMNS, cut.limit)
    return Page(show_orders(link, rows, scope), following)


def find_securities(link: sa.Connection, text: str) -> list[str]:
    """Ids of the securities that ``text`` may mean: id, identifier or ticker."""
    by_id = sa.select(t.securities.c.id).where(t.securities.c.id == text)
    named = sa.select(t.identifiers.c.security_id).where(
        t.identifiers.c.scheme.in_(_SCHEMES), t.identifiers.c.value == text
    )
    by_symbol = sa.select(t.securities.c.id).where(t.securities.c.symbol == text)
    for wanted in (by_id, named, by_symbol):
        found = sorted(set(link.execute(wanted).scalars()))
        if found:
            return found[:20]
    return []


def seq_at(link: sa.Connection, at: datetime) -> int:
    """The newest seq whose event is not later than ``at``: the journal is in order of time."""
    newest = link.execute(sa.select(sa.func.max(journal.c.seq))).scalar() or 0
    low, high = 0, newest
    while low < high:
        middle = (low + high + 1) // 2
        body = link.execute(sa.select(journal.c.body).where(journal.c.seq == middle)).scalar_one()
        if msgspec.json.decode(body, type=_When).at <= at:
            low = middle
        else:
            high = middle - 1
    return low


class _When(msgspec.Struct):
    at: datetime


def _walk(link: sa.Connection, want: OrderFilter, scope: Scope, cut: Cut) -> Walk | None:
    """Choose the index to walk; `None` where nothing can be found."""
    if want.fund and scope.funds is not None and want.fund not in scope.funds:
        return None
    securities = find_securities(link, want.security) if want.security else []
    if want.security and not securities:
        return None
    asked = _Asked(link=link, want=want, scope=scope, securities=securities)
    if want.updated_after is not None or want.sort.endswith("updated_at"):
        return _by_change(asked, cut)
    decided, legs = _legs(asked, _Drive(descending=want.sort.startswith("-"), cut=cut))
    residue = _residue(asked, decided)
    return Walk(
        table=t.orders,
        key=(t.orders.c.id,),
        legs=legs,
        residue=residue,
        descending=want.sort.startswith("-"),
        window=_window(asked, residue),
    )


def _window(asked: _Asked, residue: Sequence[sa.ColumnElement[bool]]) -> int:
    if asked.want.text or asked.want.custom:
        return _TEXTS_READ
    return WINDOW if len(residue) > len(asked.hiding) else _DRAFTS_READ


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A filter with the person's scope and the securities it names."""

    link: sa.Connection
    want: OrderFilter
    scope: Scope
    securities: list[str]

    @property
    def hiding(self) -> tuple[sa.ColumnElement[bool], ...]:
        """The condition that leaves out the drafts that the person may not see."""
        return unless_hidden(t.orders.c.id, self.scope)

    @property
    def funds(self) -> list[str]:
        """The funds of which one must be the order's; empty for every fund."""
        if self.want.fund:
            return [self.want.fund]
        return [] if self.scope.funds is None else self.scope.names


def _legs(asked: _Asked, drive: _Drive) -> tuple[frozenset[str], Legs]:
    """The most selective index, and the conditions that it decides."""
    want, orders = asked.want, t.orders.c
    statuses = [status.value for status in want.status]
    if want.client_order_id:
        own = (orders.client == want.client, orders.client_order_id == want.client_order_id)
        return frozenset({"client"}), drive.of(*own)
    if statuses and _FEW.issuperset(want.status) and not asked.securities:
        return frozenset({"status"}), drive.each(orders.status, statuses)
    if asked.securities:
        return frozenset({"security"}), drive.each(orders.security_id, asked.securities)
    if asked.scope.funds is not None and not asked.funds:
        return frozenset({"fund"}), drive.of(sa.false())
    if 0 < len(asked.funds) <= _FUNDS_WALKED:
        return frozenset({"fund"}), drive.funds(asked.funds)
    if statuses and not asked.funds:
        return frozenset({"status"}), drive.each(orders.status, statuses)
    return frozenset(), drive.of()


@dataclass(frozen=True, slots=True)
class _Drive:
    """Makes the legs along the index that was chosen."""

    descending: bool
    cut: Cut

    def of(self, *where: sa.ColumnElement[bool]) -> Legs:
        """One walk."""
        key = (t.orders.c.id,)
        behind = beyond(key, self.cut.after, descending=self.descending)
        return lambda count: [leg(key, *where, *behind, count=count, descending=self.descending)]

    def each(self, column: sa.ColumnElement[str], values: Sequence[str]) -> Legs:
        """A walk for each value of an indexed column."""
        walks = [self.of(column == value) for value in values]
        return lambda count: [part for walk in walks for part in walk(count)]

    def funds(self, funds: Sequence[str]) -> Legs:
        """A walk over each fund's orders."""
        key = (t.order_funds.c.order_id,)
        behind = beyond(key, self.cut.after, descending=self.descending)
        fund = t.order_funds.c.fund
        return lambda count: [
            leg(key, fund == name, *behind, count=count, descending=self.descending)
            for name in funds
        ]


def _by_change(asked: _Asked, cut: Cut) -> Walk:
    """In the order of the last change."""
    want = asked.want
    descending = want.sort != "updated_at"
    key = (t.orders.c.seq, t.orders.c.id)
    where = list(beyond(key, cut.after, descending=descending))
    if want.updated_after is not None:
        where.append(t.orders.c.seq > seq_at(asked.link, want.updated_after))
    residue = _residue(asked, frozenset())
    return Walk(
        table=t.orders,
        key=key,
        legs=lambda count: [leg(key, *where, count=count, descending=descending)],
        residue=residue,
        descending=descending,
        window=_window(asked, residue),
    )


def _residue(asked: _Asked, decided: frozenset[str]) -> tuple[sa.ColumnElement[bool], ...]:
    """The conditions that the chosen index does not decide."""
    want, c = asked.want, t.orders.c
    tests: list[sa.ColumnElement[bool]] = []
    if "fund" not in decided:
        narrowed = Scope(frozenset({want.fund})) if want.fund else asked.scope
        tests += of_funds(c.id, narrowed)
    if want.status and "status" not in decided:
        tests.append(c.status.in_([status.value for status in want.status]))
    if asked.securities and "security" not in decided:
        tests.append(c.security_id.in_(asked.securities))
    for column, value in (
        (c.side, want.side),
        (c.portfolio_manager, want.portfolio_manager),
        (c.trader, want.trader),
        (c.block_id, want.block),
    ):
        if value:
            tests.append(column == value)
    if want.client_order_id and "client" not in decided:
        tests += (c.client == want.client, c.client_order_id == want.client_order_id)
    if want.live is not None:
        tests.append(c.live == want.live)
    if want.broker:
        tests.append(_placed_at(want.broker))
    if want.text:
        tests.append(_contains(asked.link, want.text))
    return (*tests, *(_carries(pair) for pair in want.custom), *asked.hiding)


def _carries(pair: tuple[str, str]) -> sa.ColumnElement[bool]:
    """The state writes the pair like this, and no other list of two texts like it."""
    written = msgspec.json.encode(pair).decode()
    return t.orders.c.state.contains(written, autoescape=True)


def _placed_at(destination: str) -> sa.ColumnElement[bool]:
    placed = sa.select(sa.literal(1)).where(
        t.placements.c.order_id == t.orders.c.id, t.placements.c.destination == destination
    )
    shared = (
        sa.select(sa.literal(1))
        .select_from(t.placement_parts)
        .join(t.placements, t.placements.c.id == t.placement_parts.c.placement_id)
        .where(
            t.placement_parts.c.order_id == t.orders.c.id,
            t.placements.c.destination == destination,
        )
    )
    return sa.or_(placed.exists(), shared.exists())


def _contains(link: sa.Connection, text: str) -> sa.ColumnElement[bool]:
    tickers = sa.select(t.securities.c.id).where(
        t.securities.c.symbol.icontains(text, autoescape=True)
    )
    return sa.or_(
        t.orders.c.client_order_id.icontains(text, autoescape=True),
        t.orders.c.security_id.in_(tickers),
        state_field(link, t.orders, "reason").icontains(text, autoescape=True),
        state_field(link, t.orders, "instructions").icontains(text, autoescape=True),
    )


def find_identifier(link: sa.Connection, scheme: str, value: str) -> str:
    """The id of the security that has this identifier; empty where none has."""
    if scheme == "id":
        wanted = sa.select(t.securities.c.id).where(t.securities.c.id == value)
    else:
        named = t.identifiers.c
        wanted = sa.select(named.security_id).where(named.scheme == scheme, named.value == value)
    return link.execute(wanted).scalar() or ""
