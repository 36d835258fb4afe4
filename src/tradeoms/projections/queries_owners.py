"""Whose a change is: the funds of orders, and the orders that a placement executes.

A stream describes a change once, with nothing left out, and narrows it for each scope that it shows
to; REST asks the database with the scope instead. Both make shares with `resources_shares`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.projections import tables as t
from tradeoms.projections.queries import read_execution, read_placement, shared_orders
from tradeoms.projections.resources_schema import ExecutionResource, PlacementResource
from tradeoms.projections.resources_shares import (
    execution_share,
    narrow_execution,
    placement_share,
)

#: Orders to their funds.
Owners = Mapping[str, frozenset[str]]
Narrow = Callable[[frozenset[str]], Any]  # Any: the topic's resource


class _Leg(msgspec.Struct, gc=False):
    fund: str


class _Legs(msgspec.Struct, gc=False):
    legs: tuple[_Leg, ...]


_read_legs: Final = msgspec.json.Decoder(_Legs).decode


def funds_of_orders(link: sa.Connection, ids: Iterable[str]) -> dict[str, frozenset[str]]:
    """The funds of these orders."""
    wanted = sorted(set(ids))
    found: dict[str, frozenset[str]] = {}
    for start in range(0, len(wanted), 500):
        some = wanted[start : start + 500]
        rows = link.execute(
            sa.select(t.orders.c.id, t.orders.c.state).where(t.orders.c.id.in_(some))
        )
        found |= {row.id: funds_of_legs(row.state) for row in rows}
    return found


def funds_of_legs(state: str) -> frozenset[str]:
    """The funds of an order's state."""
    return frozenset(leg.fund for leg in _read_legs(state).legs)


def owners_of(link: sa.Connection, placed: Sequence[tuple[str, str]]) -> dict[str, Owners]:
    """By placement the orders that it executes; ``placed`` names each with its order, or block."""
    orders = shared_orders(link, (placement_id for placement_id, _ in placed))
    for placement_id, order_id in placed:
        orders.setdefault(placement_id, [order_id])
    funds = funds_of_orders(link, (each for some in orders.values() for each in some))
    return {
        placement_id: {each: funds.get(each, frozenset()) for each in some}
        for placement_id, some in orders.items()
    }


def _seen(owners: Owners, funds: frozenset[str]) -> frozenset[str] | None:
    """The orders that show to ``funds``; `None` where all of them do."""
    seen = frozenset(each for each, its in owners.items() if not funds.isdisjoint(its))
    return None if len(owners) == 1 or len(seen) == len(owners) else seen


def narrow_placement_of(state: str, whole: PlacementResource, owners: Owners) -> Narrow | None:
    """Makes the share of some orders of a placement, of a row's ``state``."""
    if len(owners) == 1:
        return None

    def narrow(funds: frozenset[str]) -> PlacementResource:
        orders = _seen(owners, funds)
        return whole if orders is None else placement_share(whole, read_placement(state), orders)

    return narrow


def narrow_execution_of(state: str, whole: ExecutionResource, owners: Owners) -> Narrow:
    """Leaves out legs of other funds, and makes the share of some orders, of a row's ``state``."""

    def narrow(funds: frozenset[str]) -> ExecutionResource:
        narrowed, orders = narrow_execution(whole)(funds), _seen(owners, funds)
        if orders is None:
            return narrowed
        return execution_share(narrowed, read_execution(state), orders)

    return narrow
