"""The journal as REST shows it: the events of an order, the evidence of a check, the audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.booking.events import BookingChecked
from tradeoms.domain.catalog import EVENTS
from tradeoms.domain.order import state as order_state
from tradeoms.domain.order.events import OrderChecked, OrderCreated
from tradeoms.domain.order.state import Order
from tradeoms.domain.order.status import derive_status
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Head, read_head
from tradeoms.journal.tables import journal, leader
from tradeoms.journal.verify import verify_database
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope, decode_cursor, encode_cursor
from tradeoms.projections.queries import in_scope
from tradeoms.projections.resources import order_resource
from tradeoms.projections.resources_schema import OrderResource

_codec: Final = Codec(EVENTS)
_EVENTS_MAX: Final = 5_000


class EventResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One event of the journal. `chain` is the hash that ends with it, in hexadecimal."""

    seq: int
    subject: str
    type: str
    at: str
    actor: str
    on_behalf_of: str | None
    cause: str
    build: str
    epoch: int
    data: msgspec.Raw
    chain: str


class _Envelope(msgspec.Struct, gc=False):
    type: str
    at: str
    actor: str
    on_behalf_of: str | None
    cause: str
    build: str
    epoch: int
    data: msgspec.Raw


_envelope: Final = msgspec.json.Decoder(_Envelope).decode


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification of the whole journal found; `fault_seq` is the first wrong event."""

    good: bool
    checked: int
    head_seq: int
    head_chain: str
    fault_seq: int | None
    fault: str | None


def _event(row: Any) -> EventResource:  # Any: a row of the journal
    body = row.body if isinstance(row.body, bytes) else row.body.encode()
    envelope = _envelope(body)
    return EventResource(
        seq=row.seq,
        subject=row.subject,
        type=envelope.type,
        at=envelope.at,
        actor=envelope.actor,
        on_behalf_of=envelope.on_behalf_of,
        cause=envelope.cause,
        build=envelope.build,
        epoch=envelope.epoch,
        data=envelope.data,
        chain=bytes(row.chain).hex(),
    )


def subjects_of_order(link: sa.Connection, order_id: str) -> list[str]:
    """Everything whose events belong to the order's story."""
    subjects = [order_id]
    for table in (t.placements, t.hits, t.waivers, t.bookings):
        wanted = sa.select(table.c.id).where(table.c.order_id == order_id)
        subjects += link.execute(wanted).scalars()
    shared = sa.select(t.placement_parts.c.placement_id).where(
        t.placement_parts.c.order_id == order_id
    )
    subjects += link.execute(shared).scalars()
    block = sa.select(t.orders.c.block_id).where(t.orders.c.id == order_id)
    subjects += [found for found in link.execute(block).scalars() if found]
    return subjects


def order_events(link: sa.Connection, order_id: str, scope: Scope) -> list[EventResource]:
    """The events of an order, its placements, hits, waivers and bookings, in journal order.

    What they say of funds outside ``scope`` is left out.
    """
    wanted = (
        sa.select(journal)
        .where(journal.c.subject.in_(subjects_of_order(link, order_id)))
        .order_by(journal.c.seq)
        .limit(_EVENTS_MAX)
    )
    events = [_event(row) for row in link.execute(wanted)]
    if scope.funds is None:
        return events
    told = [(event, msgspec.json.decode(event.data)) for event in events]
    return [
        _redacted(event, data, scope.funds)
        for event, data in told
        if not _of_another(data, scope.funds)
    ]


def _redacted(event: EventResource, data: Any, funds: frozenset[str]) -> EventResource:
    """Return the event without what its ``data`` (decoded JSON) says of other funds."""
    kept = _without_others(data, funds)
    return msgspec.structs.replace(event, data=msgspec.Raw(msgspec.json.encode(kept)))


def _without_others(value: Any, funds: frozenset[str]) -> Any:  # Any: decoded JSON
    """Drop the entries of other funds, and evidence, which measures whole funds."""
    if isinstance(value, list):
        kept = (item for item in value if not _of_another(item, funds))
        return [_without_others(item, funds) for item in kept]
    if isinstance(value, dict):
        return {
            name: _without_others(item, funds)
            for name, item in value.items()
            if name != "evidence" and not _is_largest(name, item)
        }
    return value


def _is_largest(name: str, item: Any) -> bool:  # Any: decoded JSON
    """True for the excess of old events, the largest of all funds: texts, not told by cell."""
    told = item if isinstance(item, list) else [item]
    return name == "excess" and any(isinstance(one, str) for one in told)


def _of_another(item: Any, funds: frozenset[str]) -> bool:  # Any: decoded JSON
    return isinstance(item, dict) and item.get("fund", "") not in funds | {""}


def order_versions(link: sa.Connection, order_id: str, scope: Scope) -> list[OrderResource]:
    """The order as it was after each of its own events; fills are in `/events`."""
    wanted = sa.select(journal.c.seq, journal.c.body).where(journal.c.subject == order_id)
    versions: list[OrderResource] = []
    order: Order | None = None
    for seq, body in link.execute(wanted.order_by(journal.c.seq).limit(_EVENTS_MAX)):
        event = _codec.decode(body).event
        if isinstance(event, OrderCreated):
            order = order_state.create(event)
        elif order is not None and type(event) in _ORDER_EVENTS:
            order = order_state.evolve(order, event)
        else:
            continue
        versions.append(
            order_resource(
                order,
                seq=seq,
                status=derive_status(order, ()),
                placed_quantity=ZERO,
                funds=scope.funds,
            )
        )
    return versions


_ORDER_EVENTS: Final = frozenset(
    kind for moves in order_state.TRANSITIONS.values() for kind in moves
)


def find_check(
    link: sa.Connection, check_id: str, scope: Scope
) -> tuple[OrderChecked | BookingChecked, int] | None:
    """The check and its place in the journal, if its order is in scope."""
    table = t.checks
    place = sa.select(table.c.seq).where(table.c.id == check_id, *in_scope(table.c.order_id, scope))
    seq = link.execute(place).scalar()
    if seq is None:
        return None
    body = link.execute(sa.select(journal.c.body).where(journal.c.seq == seq)).scalar_one()
    event = _codec.decode(body).event
    assert isinstance(event, OrderChecked | BookingChecked)
    return event, seq


def audit_events(link: sa.Connection, cut: Cut) -> Page[EventResource]:
    """The journal from its beginning, or from behind a `seq` or the cursor."""
    if cut.after and cut.after.isdigit() and len(cut.after) < 19:
        return events_after(link, int(cut.after), cut.limit)
    (after,) = decode_cursor(cut.after, 1) if cut.after else (0,)
    return events_after(link, int(after), cut.limit)


def events_after(link: sa.Connection, seq: int, limit: int) -> Page[EventResource]:
    """At most ``limit`` events behind ``seq``."""
    wanted = sa.select(journal).where(journal.c.seq > seq).order_by(journal.c.seq).limit(limit + 1)
    rows = link.execute(wanted).all()
    following = encode_cursor([rows[limit - 1].seq]) if len(rows) > limit else None
    return Page([_event(row) for row in rows[:limit]], following)


def journal_head(link: sa.Connection) -> Head:
    """Number and chain of the newest event."""
    return read_head(link)


def leader_name(link: sa.Connection) -> str:
    """Who last took the lease."""
    return str(link.execute(sa.select(leader.c.holder)).scalar() or "")


def verify_journal(engine: sa.Engine) -> Verified:
    """Recompute the whole chain; takes a second for each few hundred thousand events."""
    verdict = verify_database(engine.url)
    return Verified(
        good=verdict.ok,
        checked=verdict.checked,
        head_seq=verdict.head.seq,
        head_chain=verdict.head.chain.hex(),
        fault_seq=verdict.seq,
        fault=None if verdict.fault is None else verdict.fault.value,
    )
