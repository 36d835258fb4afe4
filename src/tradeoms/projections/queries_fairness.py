"""Reads what funds got of executions in a period, and reports how evenly they were served."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.order.events import OrderReleased
from tradeoms.domain.placement.state import Execution
from tradeoms.domain.reference.events import DayRolled
from tradeoms.domain.reference.state import Security
from tradeoms.domain.reference.trading_days import TradingDays
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.kernel.enums import ExecutionStatus, Side
from tradeoms.kernel.numbers import ZERO, plain
from tradeoms.projections import tables as t
from tradeoms.projections.fairness import (
    Fill,
    Market,
    Paid,
    Total,
    compare,
    first_day,
    total_funds,
    total_managers,
)
from tradeoms.projections.paging import Scope
from tradeoms.projections.project import micros
from tradeoms.projections.queries import (
    allocations_by_order,
    read_execution,
    securities_by_id,
    state_field,
)
from tradeoms.projections.queries_prices import marks_on
from tradeoms.projections.resources_fairness import (
    FairnessReport,
    MarketResource,
    PaidResource,
    ServedResource,
    TotalResource,
)
from tradeoms.projections.resources_text import instant, instant_or_none, security_ref

#: Days that one report may cover, both ends included.
DAYS_MAX: Final = 366
_PRICE_PLACES: Final = 10
_BPS_PLACES: Final = 4
_SHARE_PLACES: Final = 6
#: Ids that one query names.
_CHUNK: Final = 500
#: A counterparty's clock may be ahead of ours by this at most.
_SKEW: Final = timedelta(days=1)
_codec: Final = Codec(EVENTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    """What is said of orders and securities beside their executions."""

    securities: Mapping[str, Security]
    marks: Mapping[tuple[str, date], Decimal]
    blocks: Mapping[str, str]
    allocations: Mapping[str, Allocation]
    releases: Mapping[str, Sequence[datetime]]


def fairness(link: sa.Connection, since: date, until: date, scope: Scope) -> FairnessReport:
    """Report on the trading days from ``since`` to ``until``, both included.

    House prices are over all funds; everything else is of the funds in ``scope`` alone.
    """
    fills = _fills(link, since, until)
    markets = compare(fills, scope.funds)
    facts = _facts(link, markets)
    return FairnessReport(
        since=since.isoformat(),
        until=until.isoformat(),
        funds=[_total(each) for each in total_funds(markets)],
        portfolio_managers=[_total(each) for each in total_managers(markets)],
        markets=[_market(each, facts) for each in markets],
    )


def trading_day(link: sa.Connection, at: datetime) -> date:
    """Return the trading day that it was at ``at``; before the first that began, the day in UTC."""
    return _days(link).of(at)


def _fills(link: sa.Connection, since: date, until: date) -> list[Fill]:
    days = _days(link)
    found = [
        (execution, Side(side), on)
        for execution, side in _executions(link, since, days)
        if since <= (on := execution.booked_on or days.of(_at(execution))) <= until
    ]
    ids = {order_id for one, _, _ in found for order_id, _, _ in one.order_units}
    managers = _column(link, t.orders.c.portfolio_manager, ids)
    securities = securities_by_id(link, (one.security_id for one, _, _ in found))
    pools = _pools(link, {one.placement_id for one, _, _ in found if one.of_block})
    return [
        Fill(
            order_id=order_id,
            pool=pools.get(one.placement_id, order_id),
            fund=fund,
            manager=managers[order_id],
            security_id=one.security_id,
            side=side,
            on=on,
            at=_at(one),
            units=units,
            price=one.last_px,
            currency=securities[one.security_id].currency,
            factor=securities[one.security_id].factor,
        )
        for one, side, on in found
        for order_id, fund, units in one.order_units
        if units
    ]


def _at(execution: Execution) -> datetime:
    return execution.transact_time or execution.received_at


def _days(link: sa.Connection) -> TradingDays:
    wanted = sa.select(journal.c.body).where(journal.c.subject == "day").order_by(journal.c.seq)
    events = [_codec.decode(body).event for body in link.execute(wanted).scalars()]
    rolled = [event for event in events if isinstance(event, DayRolled)]
    return TradingDays(begun=tuple((event.at, event.trade_on) for event in rolled))


def _oldest(days: TradingDays, on: date) -> datetime:
    """No execution of ``on`` or a later day is older."""
    midnight = datetime.combine(on, time(), UTC)
    return min([midnight, *(at for at, day in days.begun if day >= on)])


def _executions(
    link: sa.Connection, since: date, days: TradingDays
) -> Iterator[tuple[Execution, str]]:
    """The executions that count and may be of ``since`` or later, with their sides."""
    table = t.executions
    received = table.c.received_at >= micros(_oldest(days, since) - _SKEW)
    wanted = (
        sa.select(table.c.state, state_field(link, t.placements, "side").label("side"))
        .join(t.placements, t.placements.c.id == table.c.placement_id)
        .where(
            table.c.status == ExecutionStatus.LIVE.value,
            sa.or_(received, state_field(link, table, "booked_on") >= since.isoformat()),
        )
        .order_by(table.c.seq)
    )
    for state, side in link.execute(wanted):
        yield read_execution(state), side


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    every = sorted(ids)
    return (every[start : start + _CHUNK] for start in range(0, len(every), _CHUNK))


def _column(
    link: sa.Connection, column: sa.Column[Any], ids: Collection[str]
) -> dict[str, str]:  # Any: text
    """A column of these orders."""
    found: dict[str, str] = {}
    for some in _chunks(ids):
        wanted = sa.select(t.orders.c.id, column).where(t.orders.c.id.in_(some))
        found.update((order_id, value) for order_id, value in link.execute(wanted))
    return found


def _pools(link: sa.Connection, placements: Collection[str]) -> dict[str, str]:
    """For placements of several orders a name of these orders."""
    orders = defaultdict(list)
    table = t.placement_parts
    for some in _chunks(placements):
        wanted = sa.select(table).where(table.c.placement_id.in_(some)).order_by(table.c.order_id)
        for row in link.execute(wanted):
            orders[row.placement_id].append(row.order_id)
    return {placement: " ".join(ids) for placement, ids in orders.items()}


def _facts(link: sa.Connection, markets: Sequence[Market]) -> _Facts:
    ids = {order_id for market in markets for order_id, _, _ in market.lines}
    allocations: dict[str, Allocation] = {}
    releases: dict[str, list[datetime]] = defaultdict(list)
    for some in _chunks(ids):
        allocations.update(allocations_by_order(link, some))
        told = sa.select(journal.c.body).where(
            journal.c.subject.in_(some), journal.c.body.contains(OrderReleased.__name__)
        )
        for body in link.execute(told.order_by(journal.c.seq)).scalars():
            event = _codec.decode(body).event
            if isinstance(event, OrderReleased):
                releases[event.order_id].append(event.at)
    return _Facts(
        securities=securities_by_id(link, (market.security_id for market in markets)),
        marks=marks_on(link, {(market.security_id, market.on) for market in markets}),
        blocks=_column(link, t.orders.c.block_id, ids),
        allocations=allocations,
        releases=releases,
    )


def _market(market: Market, facts: _Facts) -> MarketResource:
    mark = facts.marks.get((market.security_id, market.on))
    return MarketResource(
        security=security_ref(facts.securities.get(market.security_id), market.security_id),
        side=market.side.value,
        trade_on=market.on.isoformat(),
        price=_text(market.price, _PRICE_PLACES),
        orders=[
            _served(market, key, paid, mark, facts) for key, paid in sorted(market.lines.items())
        ],
        funds=[_paid(market, name, paid, mark) for name, paid in sorted(market.funds.items())],
        portfolio_managers=[
            _paid(market, name, paid, mark) for name, paid in sorted(market.managers.items())
        ],
    )


def _paid(market: Market, name: str, paid: Paid, mark: Decimal | None) -> PaidResource:
    return PaidResource(
        name=name,
        quantity=_text(paid.units, _PRICE_PLACES),
        price=_text(paid.price, _PRICE_PLACES),
        difference_bps=_text(paid.difference, _BPS_PLACES),
        first_day_bps=_first_day(market, paid, mark),
        fills=paid.fills,
    )


def _served(
    market: Market, key: tuple[str, str, str], paid: Paid, mark: Decimal | None, facts: _Facts
) -> ServedResource:
    order_id, fund, manager = key
    allocation = facts.allocations[order_id]
    stated = next((leg.quantity for leg in allocation.stated if leg.fund == fund), ZERO)
    whole = sum((leg.quantity for leg in allocation.stated), ZERO)
    released = _released(facts.releases.get(order_id, ()), paid.first_at)
    return ServedResource(
        order_id=order_id,
        block_id=facts.blocks[order_id],
        fund=fund,
        portfolio_manager=manager,
        quantity=_text(paid.units, _PRICE_PLACES),
        price=_text(paid.price, _PRICE_PLACES),
        difference_bps=_text(paid.difference, _BPS_PLACES),
        first_day_bps=_first_day(market, paid, mark),
        fills=paid.fills,
        released_at=instant_or_none(released),
        first_at=instant(paid.first_at),
        last_at=instant(paid.last_at),
        seconds_to_first=_seconds(released, paid.first_at),
        seconds_to_last=_seconds(released, paid.last_at),
        stated=plain(stated),
        booked=plain(allocation.booked(fund)),
        filled=_share(allocation.booked(fund), stated),
        order_filled=_share(allocation.quantity, whole),
    )


def _released(releases: Sequence[datetime], first_at: datetime) -> datetime | None:
    """The newest release before the first execution; the first, where all are after it."""
    before = [at for at in releases if at <= first_at]
    return before[-1] if before else next(iter(releases), None)


def _seconds(begin: datetime | None, end: datetime) -> str | None:
    if begin is None:
        return None
    return plain(Decimal((end - begin) // timedelta(microseconds=1)).scaleb(-6))


def _first_day(market: Market, paid: Paid, mark: Decimal | None) -> str | None:
    if mark is None:
        return None
    return _text(first_day(market.side, paid.price, mark), _BPS_PLACES)


def _share(part: Decimal, whole: Decimal) -> str | None:
    return _text(Fraction(part) / Fraction(whole), _SHARE_PLACES) if whole else None


def _total(total: Total) -> TotalResource:
    mean, dispersion, error = total.mean, total.dispersion, total.standard_error
    return TotalResource(
        name=total.name,
        currency=total.currency,
        fills=total.fills,
        compared=total.compared,
        mean_bps=None if mean is None else _text(mean, _BPS_PLACES),
        dispersion_bps=None if dispersion is None else _text(Fraction(dispersion), _BPS_PLACES),
        standard_error_bps=None if error is None else _text(Fraction(error), _BPS_PLACES),
        unusual=total.unusual,
    )


def _text(value: Fraction, places: int) -> str:
    """A plain decimal of so many places, half to even."""
    return plain(Decimal(round(value * 10**places)).scaleb(-places))
