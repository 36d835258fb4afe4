"""Marks of the past, as the journal has them: one a day, the last that was set for it."""

from __future__ import annotations

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
    wanted = (
        sa.select(journal.c.seq, journal.c.body)
        .where(journal.c.subject == _SUBJECT)
        .order_by(journal.c.seq.desc())
        .limit(_LOADS_MAX)
    )
    found: dict[str, MarkResource] = {}
    for seq, body in link.execute(wanted):
        if security_id not in body:
            continue
        for mark in _event(body).data.prices:
            if mark.security_id == security_id and mark.as_of not in found:
                found[mark.as_of] = MarkResource(as_of=mark.as_of, price=mark.price, seq=seq)
        if len(found) >= days:
            break
    return sorted(found.values(), key=lambda one: one.as_of)[-days:]
