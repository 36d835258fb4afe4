"""Crosses on record, with those of their sides that a person may see."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.cross.state import Cross, CrossStatus
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Cut, Page, Scope
from tradeoms.projections.queries import Rows, in_scope, securities_by_id
from tradeoms.projections.queries_lists import Listing, list_rows
from tradeoms.projections.resources_crosses import CrossTrade, cross_trade

_read: Final = msgspec.json.Decoder(Cross).decode


def _inside(_link: sa.Connection, scope: Scope) -> Sequence[sa.ColumnElement[bool]]:
    """A cross shows to whoever may see one of its orders."""
    if scope.funds is None:
        return ()
    mine = sa.select(sa.literal(1)).where(
        t.cross_orders.c.cross_id == t.crosses.c.id, *in_scope(t.cross_orders.c.order_id, scope)
    )
    return (mine.exists(),)


def _show(link: sa.Connection, rows: Rows, scope: Scope) -> list[CrossTrade]:
    states = [(row.seq, _read(row.state)) for row in rows]
    securities = securities_by_id(link, (state.security_id for _, state in states))
    return [
        cross_trade(state, seq=seq, security=securities.get(state.security_id), funds=scope.funds)
        for seq, state in states
    ]


CROSSES: Final = Listing(table=t.crosses, key=("id",), show=_show, inside=_inside)


def booked_crosses(
    link: sa.Connection, since: date, until: date, scope: Scope, cut: Cut
) -> Page[CrossTrade]:
    """One page of what was booked from ``since`` to ``until``, both included, newest first.

    What was reversed later stands there, too, and says so.
    """
    booked = [one.value for one in CrossStatus if one.was_booked]
    day = t.crosses.c.trade_on
    wanted = (t.crosses.c.status.in_(booked), day >= since.isoformat(), day <= until.isoformat())
    return list_rows(link, CROSSES, {}, scope, cut, *wanted)
