"""Marks of the past, as the journal has them: one a day, the last that was set for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.journal.tables import journal

#: Subject of the events that set marks, and how many of the newest are read.
_SUBJECT: Final = "prices"
_LOADS_MAX: Final = 2_000


class MarkResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A mark of one day, in the security's price currency; `seq` is the load that set it."""

    as_of: str
    price: str
    seq: int


class _Mark(msgspec.Struct, gc=False):
    security_id: str
    price: str
    as_of: str


class _Loaded(msgspec.Struct, gc=False):
    prices: list[_Mark]


class _Event(msgspec.Struct, gc=False):
    data: _Loaded


_event: Final = msgspec.json.Decoder(_Event).decode


def marks_of(link: sa.Connection, security_id: str, days: int) -> list[MarkResource]:
    """The newest ``days`` marks of a security, the oldest first."""
    found: dict[str, MarkResource] = {}
    for seq, body in _loads(link):
        if security_id not in body:
            continue
        for mark in _event(body).data.prices:
            if mark.security_id == security_id and mark.as_of not in found:
                found[mark.as_of] = MarkResource(as_of=mark.as_of, price=mark.price, seq=seq)
        if len(found) >= days:
            break
    return sorted(found.values(), key=lambda one: one.as_of)[-days:]


def marks_on(
    link: sa.Connection, wanted: Collection[tuple[str, date]]
) -> dict[tuple[str, date], Decimal]:
    """The last mark set for each (security, day); a day without one is left out."""
    missing = {(security_id, on.isoformat()): (security_id, on) for security_id, on in wanted}
    found: dict[tuple[str, date], Decimal] = {}
    for _, body in _loads(link):
        if not missing:
            break
        days = {f'"{day}"' for _, day in missing}
        if not any(day in body for day in days):
            continue
        for mark in _event(body).data.prices:
            key = missing.pop((mark.security_id, mark.as_of), None)
            if key is not None:
                found[key] = Decimal(mark.price)
    return found


def _loads(link: sa.Connection) -> Iterator[tuple[int, str]]:
    """(seq, body) of what set marks, newest first."""
    wanted = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.subject == _SUBJECT)
        .order_by(journal.c.seq.desc())
        .limit(_LOADS_MAX)
    )
    yield from link.execute(wanted)
