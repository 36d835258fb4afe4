"""The journal as REST shows it: the events of an order, the evidence of a check, the audit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
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
from tradeoms.journal.chain import Fault, RawRow, Verdict, verify
from tradeoms.journal.codec import Codec
from tradeoms.journal.store import Head, Reader, read_head
from tradeoms.journal.tables import journal, leader
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope, beyond, decode_cursor, encode_cursor
from tradeoms.projections.queries import in_scope, partly_seen
from tradeoms.projections.resources import order_resource
from tradeoms.projections.resources_schema import OrderResource
from tradeoms.projections.resources_shares import event_share

_codec: Final = Codec(EVENTS)
_CHUNK: Final = 500
#: Events that one answer verifies at most: some tenths of a second.
VERIFIED_MAX: Final = 50_000


class EventResource(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One event of the journal. `chain` is the hash that ends with it, in hexadecimal.

    `share` is there, and true, where units of a placement are left out that you may not see.
    """

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
    share: bool = False


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


class Verified(msgspec.Struct, frozen=True, kw_only=True):
    """What a verification of a stretch of the journal found.

    `checked` events were good, up to `head_seq`, whose hash is `head_chain`; the journal ends with
    `newest_seq`. `next` is where to go on, `null` at the end of what was asked for and where an
    event is wrong, `fault_seq`.
    """

    good: bool
    checked: int
    head_seq: int
    head_chain: str
    newest_seq: int
    next: int | None
    fault_seq: int | None
    fault: str | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Which events to verify.

    Attributes:
        first: The first event; `None` wants the whole journal, or nothing if that is too long.
        last: The last event; `None` is the newest.
        chain: The hash of the event before ``first`` as the caller knows it, in hexadecimal; where
            empty, the one that stands in the journal is trusted.
    """

    first: int | None = None
    last: int | None = None
    chain: str = ""


class StretchRefused(ValueError):
    """The journal does not have this stretch, or not in one answer; the text says why."""


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


def order_events(link: sa.Connection, order_id: str, scope: Scope, cut: Cut) -> Page[EventResource]:
    """The events of an order, its placements, hits, waivers and bookings, in journal order.

    What they say of funds outside ``scope``, and of orders for these alone, is left out.
    """
    numbers = event_numbers(link, subjects_of_order(link, order_id), cut)
    shown = numbers[: cut.limit]
    wanted = sa.select(journal).where(journal.c.seq.in_(shown)).order_by(journal.c.seq)
    events = [_event(row) for row in link.execute(wanted)]
    following = encode_cursor([shown[-1]]) if len(numbers) > cut.limit else None
    if scope.funds is None:
        return Page(events, following)
    told = [(event, msgspec.json.decode(event.data)) for event in events]
    named = {order_id for _, data in told for order_id in _orders_named(data)}
    partly = partly_seen(link, (event.subject for event in events), scope)
    mine = _Mine(scope.funds, _orders_of_others(link, named, scope), partly)
    kept = [_redacted(event, data, mine) for event, data in told if not _of_another(data, mine)]
    return Page(kept, following)


def event_numbers(link: sa.Connection, subjects: list[str], cut: Cut) -> list[int]:
    """The next events of ``subjects`` behind the cursor, one more than a page, from the index."""
    wanted = (
        sa.select(journal.c.seq)
        .where(
            journal.c.subject.in_(subjects), *beyond((journal.c.seq,), cut.after, descending=False)
        )
        .order_by(journal.c.seq)
        .limit(cut.limit + 1)
    )
    return list(link.execute(wanted).scalars())


@dataclass(frozen=True, slots=True)
class _Mine:
    """What a reader may see: ``funds``, every order but ``hidden``, of ``partly`` a share."""

    funds: frozenset[str]
    hidden: frozenset[str]
    partly: Collection[str]


def _orders_named(value: Any) -> Iterator[str]:  # Any: decoded JSON
    """The ids of orders, and of blocks that stand in their place, that are named inside."""
    if isinstance(value, list):
        for item in value:
            yield from _orders_named(item)
    if isinstance(value, dict):
        yield from _own_orders(value)
        for item in value.values():
            yield from _orders_named(item)


def _own_orders(item: dict[str, Any]) -> list[str]:  # Any: decoded JSON
    """The orders that ``item`` itself names."""
    one = item.get("order_id")
    return [*([one] if one else ()), *item.get("order_ids", ())]


def _orders_of_others(link: sa.Connection, ids: Iterable[str], scope: Scope) -> frozenset[str]:
    """Those of ``ids`` that are orders for funds outside ``scope`` alone."""
    table = t.order_funds.c
    wanted = sa.select(table.order_id).where(table.order_id.in_(sorted(ids)))
    orders = set(link.execute(wanted).scalars())
    return frozenset(
        orders.difference(link.execute(wanted.where(table.fund.in_(scope.names))).scalars())
    )


def _redacted(event: EventResource, data: Any, mine: _Mine) -> EventResource:
    """Return the event without what its ``data`` (decoded JSON) says of other funds."""
    kept, share = _without_others(data, mine), event.subject in mine.partly
    if share:
        kept = event_share(event.type, kept)
    return msgspec.structs.replace(event, data=msgspec.Raw(msgspec.json.encode(kept)), share=share)


def _without_others(value: Any, mine: _Mine) -> Any:  # Any: decoded JSON
    """Drop the entries of other funds and orders, and evidence, which measures whole funds."""
    if isinstance(value, list):
        kept = (item for item in value if not _of_another(item, mine))
        return [_without_others(item, mine) for item in kept]
    if isinstance(value, dict):
        return {
            name: [one for one in item if one not in mine.hidden]
            if name == "order_ids"
            else _without_others(item, mine)
            for name, item in value.items()
            if name != "evidence" and not _is_largest(name, item)
        }
    return value


def _is_largest(name: str, item: Any) -> bool:  # Any: decoded JSON
    """True for the excess of old events, the largest of all funds: texts, not told by cell."""
    told = item if isinstance(item, list) else [item]
    return name == "excess" and any(isinstance(one, str) for one in told)


def _of_another(item: Any, mine: _Mine) -> bool:  # Any: decoded JSON
    """True for what is about another fund, or about orders of other funds and no other."""
    if not isinstance(item, dict):
        return False
    orders = _own_orders(item)
    hidden = bool(orders) and mine.hidden.issuperset(orders)
    return hidden or item.get("fund", "") not in mine.funds | {""}


def order_versions(
    link: sa.Connection, order_id: str, scope: Scope, cut: Cut
) -> Page[OrderResource]:
    """The order as it was after each of its own events, oldest first; fills are in `/events`."""
    (after,) = decode_cursor(cut.after, 1) if cut.after else (0,)
    versions: list[OrderResource] = []
    for seq, order in _versions(link, order_id):
        if seq <= int(after):
            continue
        if len(versions) == cut.limit:
            return Page(versions, encode_cursor([versions[-1].seq]))
        versions.append(
            order_resource(
                order,
                seq=seq,
                status=derive_status(order, ()),
                placed_quantity=ZERO,
                funds=scope.funds,
            )
        )
    return Page(versions, None)


def _versions(link: sa.Connection, order_id: str) -> Iterator[tuple[int, Order]]:
    """The order after each of its own events, and the number of the event."""
    wanted = sa.select(journal.c.seq, journal.c.body).where(journal.c.subject == order_id)
    order: Order | None = None
    for seq, body in link.execute(wanted.order_by(journal.c.seq)).yield_per(_CHUNK):
        event = _codec.decode(body).event
        if isinstance(event, OrderCreated):
            order = order_state.create(event)
        elif order is not None and type(event) in _ORDER_EVENTS:
            order = order_state.evolve(order, event)
        else:
            continue
        yield seq, order


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


def verify_journal(database: sa.Engine, asked: Stretch, *, most: int = VERIFIED_MAX) -> Verified:
    """Recompute the chain over a stretch of the journal, ``most`` events at most.

    Where an event stands that belongs elsewhere is looked for within the stretch only.

    Raises:
        StretchRefused: If it begins behind the end and no hash tells that there was more; or if the
            whole is wanted and is too long for one answer.
    """
    reader = Reader(database)
    head = reader.head()
    before = 0 if asked.first is None else asked.first - 1
    last = head.seq if asked.last is None else min(asked.last, head.seq)
    if asked.first is None and last > most:
        why = f"give `from` and follow `next`: {last} events, and at most {most} in one answer"
        raise StretchRefused(why)
    known = {before: bytes.fromhex(asked.chain)} if asked.chain else {}
    if before > head.seq and not known:
        why = f"the journal ends with event {head.seq}"
        raise StretchRefused(why)
    start = _head_at(reader, min(before, head.seq))
    if start is None:
        verdict = Verdict(checked=0, head=Head(before, b""), fault=Fault.MISSING, seq=before)
        return _verified(verdict, head.seq, None)
    end = min(last, before + most)
    verdict = verify(_Part(reader, end), start=start, anchors=known)
    return _verified(verdict, head.seq, end + 1 if verdict.ok and end < last else None)


def _verified(verdict: Verdict, newest: int, following: int | None) -> Verified:
    return Verified(
        good=verdict.ok,
        checked=verdict.checked,
        head_seq=verdict.head.seq,
        head_chain=verdict.head.chain.hex(),
        newest_seq=newest,
        next=following,
        fault_seq=verdict.seq,
        fault=None if verdict.fault is None else verdict.fault.value,
    )


def _head_at(reader: Reader, seq: int) -> Head | None:
    """The event's number and hash as they stand in the journal; `None` where it is missing."""
    if seq == 0:
        return Head(0, reader.genesis_chain())
    row = next(reader.read(after=seq - 1, limit=1), None)
    return None if row is None or row.seq != seq else Head(seq, row.chain)


@dataclass(frozen=True, slots=True)
class _Part:
    """The journal as if it ended with event ``last``."""

    reader: Reader
    last: int

    def genesis_chain(self) -> bytes:
        return self.reader.genesis_chain()

    def chunks(self, after: int = 0) -> Iterator[Sequence[RawRow]]:
        """Its rows behind ``after``."""
        return self.reader.chunks(after, max(0, self.last - after))
