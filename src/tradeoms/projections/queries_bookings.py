"""Bookings as a person may see them, with their versions; policies and charges in force."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.allocation.policy import Policies
from tradeoms.domain.booking.events import AllocationBooked, AllocationReversed
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.charge.state import Charges
from tradeoms.journal.codec import Codec
from tradeoms.journal.tables import journal
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import (
    Rows,
    allocations_by_order,
    fact_row,
    of_funds,
    read_booking,
    read_order,
    securities_by_id,
)
from tradeoms.projections.queries_lists import Listing
from tradeoms.projections.resources_bookings import (
    BookingResource,
    BookingVersion,
    ChargeResource,
    PolicyResource,
    booking_resource,
    booking_versions,
    charge_resource,
    policy_resource,
)

_codec: Final = Codec(EVENTS)
_policies: Final = msgspec.json.Decoder(Policies).decode
_charges: Final = msgspec.json.Decoder(Charges).decode


class PoliciesResource(msgspec.Struct, frozen=True, kw_only=True):
    """The policies in the order in which they are tried, then versions that orders still name."""

    policies: list[PolicyResource]
    seq: int


class ChargesResource(msgspec.Struct, frozen=True, kw_only=True):
    """The rows in the order in which they are tried; `version` counts the loads."""

    version: int
    charges: list[ChargeResource]
    seq: int


def show_bookings(link: sa.Connection, rows: Rows, scope: Scope) -> list[BookingResource]:
    """Rows with `seq` and `state` as resources."""
    states = [(row.seq, read_booking(row.state)) for row in rows]
    ids = sorted({booking.order_id for _, booking in states})
    found = sa.select(t.orders.c.id, t.orders.c.state).where(t.orders.c.id.in_(ids))
    orders = {row.id: read_order(row.state) for row in link.execute(found)}
    allocations = allocations_by_order(link, ids)
    securities = securities_by_id(link, (order.security_id for order in orders.values()))
    return [
        booking_resource(
            booking,
            seq=seq,
            order=orders[booking.order_id],
            allocation=allocations[booking.order_id],
            security=securities.get(orders[booking.order_id].security_id),
            funds=scope.funds,
        )
        for seq, booking in states
    ]


BOOKINGS: Final = Listing(
    table=t.bookings,
    key=("id",),
    show=show_bookings,
    inside=lambda _link, scope: of_funds(t.bookings.c.order_id, scope),
)


def find_versions(link: sa.Connection, booking_id: str, scope: Scope) -> list[BookingVersion]:
    """Every version of a booking; none where the person may not see it."""
    order_id = link.scalar(
        sa.select(t.bookings.c.order_id).where(
            t.bookings.c.id == booking_id, *of_funds(t.bookings.c.order_id, scope)
        )
    )
    if order_id is None:
        return []
    bodies = link.execute(
        sa.select(journal.c.body).where(journal.c.subject == booking_id).order_by(journal.c.seq)
    ).scalars()
    events = [_codec.decode(body).event for body in bodies]
    told = [each for each in events if isinstance(each, AllocationBooked | AllocationReversed)]
    return booking_versions(told, funds=scope.funds)


def find_policies(link: sa.Connection, scope: Scope) -> PoliciesResource:
    """What is loaded; policies for other funds alone are left out."""
    row = fact_row(link, "allocation_policies")
    found = Policies() if row is None else _policies(row.value)
    return PoliciesResource(
        policies=[
            policy_resource(policy, in_force=in_force, funds=scope.funds)
            for in_force, some in ((True, found.in_force), (False, found.past))
            for policy in some
            if _shows(policy.funds, scope.funds)
        ],
        seq=0 if row is None else row.seq,
    )


def find_charges(link: sa.Connection) -> ChargesResource:
    """What is loaded."""
    row = fact_row(link, "charges")
    found = Charges() if row is None else _charges(row.value)
    return ChargesResource(
        version=found.version,
        charges=[charge_resource(charge) for charge in found.rows],
        seq=0 if row is None else row.seq,
    )


def _shows(named: Collection[str], funds: Collection[str] | None) -> bool:
    return not named or funds is None or not set(funds).isdisjoint(named)
