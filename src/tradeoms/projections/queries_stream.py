"""What changed since: the rows of the streams' topics in the order of their last change.

Rows carry their newest state, so that a reader who repeats a part loses and doubles nothing. A row
that has left the live set (its day is over) is told as gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.journal.store import read_head
from tradeoms.projections import tables as t
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries import (
    ORDER_COLUMNS,
    Rows,
    in_scope,
    of_funds,
    show_allocations,
    show_executions,
    show_orders,
    show_placements,
)
from tradeoms.projections.queries_lists import (
    BREACHES,
    EXECUTIONS,
    HITS,
    KILL_SWITCHES,
    PLACEMENTS,
    POSITIONS,
    WAIVERS,
)
from tradeoms.projections.queries_owners import (
    Narrow,
    funds_of_legs,
    funds_of_orders,
    narrow_execution_of,
    narrow_placement_of,
    owners_of,
)
from tradeoms.projections.resources_control import narrow_waiver
from tradeoms.projections.resources_shares import narrow_order
from tradeoms.projections.resources_text import encode

Funds = frozenset[str] | None


@dataclass(slots=True)
class Change:
    """The newest state of one resource.

    Attributes:
        funds: It shows to whoever may see one of them; `None`: to everyone.
        gone: True where it has left the live set.
        draft_of: Who entered and who leads an order that was never submitted; `None` otherwise.
        resource: The resource with nothing left out.
        narrow: Makes the resource for one scope; `None` where all scopes see the same.
    """

    seq: int
    topic: str
    id: str
    funds: Funds
    gone: bool
    resource: Any  # Any: the topic's resource
    narrow: Narrow | None = None
    draft_of: Collection[str] | None = None
    _made: dict[Funds, bytes] = field(default_factory=dict)

    def shows_to(self, scope: Scope) -> bool:
        """Whether a person of ``scope`` may see it."""
        return self.funds is None or scope.shows(self.funds, self.draft_of)

    def body(self, scope: Scope) -> bytes:
        """The JSON that a person of ``scope`` gets; made once a scope."""
        funds = scope.funds if self.narrow is not None else None
        made = self._made.get(funds)
        if made is None:
            shown = self.resource
            if funds is not None and self.narrow is not None:
                shown = self.narrow(funds)
            made = encode({"topic": self.topic, "id": self.id, "seq": self.seq, "data": shown})
            self._made[funds] = made
        return made


@dataclass(frozen=True, slots=True)
class Span:
    """Changes in the order of `seq`; all up to and including `reached` are in it."""

    changes: list[Change]
    reached: int
    head: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """How the rows of a topic are read and shown.

    Attributes:
        describe: Rows to changes.
        inside: The condition that a row is in a scope.
    """

    table: sa.Table
    columns: tuple[sa.ColumnElement[Any], ...]
    describe: Callable[[sa.Connection, Rows], list[Change]]
    inside: Callable[[sa.Connection, Scope], Sequence[sa.ColumnElement[bool]]]


def changes_after(
    link: sa.Connection,
    topics: Collection[str],
    *,
    after: int,
    scope: Scope,
    live_only: bool = False,
    limit: int = 500,
) -> Span:
    """The next changes behind ``after``.

    Args:
        link: Connection.
        topics: Names of `TOPICS`.
        after: `seq` that the caller has.
        scope: What the person may see.
        live_only: Leave out what is gone, for a first picture.
        limit: Rows a topic, but for the last `seq`, which is never cut.
    """
    head = read_head(link).seq
    reached = head
    found: list[Change] = []
    for name in sorted(topics):
        rows, end = _rows(link, TOPICS[name], after, scope, live_only=live_only, limit=limit)
        reached = min(reached, end)
        found += TOPICS[name].describe(link, rows)
    found = [change for change in found if change.seq <= reached]
    found.sort(key=lambda change: change.seq)
    return Span(found, reached, head)


def _rows(
    link: sa.Connection,
    topic: Topic,
    after: int,
    scope: Scope,
    *,
    live_only: bool,
    limit: int,
) -> tuple[list[Any], int]:  # Any: rows
    """At most ``limit`` rows and what shares the last one's seq; and up to where they are all."""
    seq = topic.table.c.seq
    where = [*topic.inside(link, scope)]
    if live_only and "live" in topic.table.c:
        where.append(topic.table.c.live)
    wanted = sa.select(*topic.columns).where(*where)
    rows = list(link.execute(wanted.where(seq > after).order_by(seq).limit(limit)))
    if len(rows) < limit:
        return rows, 2**62
    last = rows[-1].seq
    same = link.execute(wanted.where(seq == last))
    return [row for row in rows if row.seq < last] + list(same), last


def _orders(link: sa.Connection, rows: Rows) -> list[Change]:
    return [
        Change(
            seq=row.seq,
            topic="orders",
            id=row.id,
            funds=funds_of_legs(row.state),
            gone=not row.live,
            resource=resource,
            narrow=narrow_order(resource),
            draft_of={row.drafted_by, resource.portfolio_manager} if row.drafted_by else None,
        )
        for row, resource in zip(rows, show_orders(link, rows, _ALL), strict=True)
    ]


def _placements(link: sa.Connection, rows: Rows) -> list[Change]:
    owners = owners_of(link, [(row.id, row.order_id) for row in rows])
    shown = show_placements(link, rows, _ALL)
    return [
        Change(
            row.seq, "placements", row.id, frozenset().union(*owners[row.id].values()),
            not row.live, resource, narrow_placement_of(row.state, resource, owners[row.id]),
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _executions(link: sa.Connection, rows: Rows) -> list[Change]:
    owners = owners_of(link, [(row.placement_id, row.order_id) for row in rows])
    shown = show_executions(link, rows, _ALL)
    return [
        Change(
            row.seq, "executions", row.id, frozenset().union(*owners[row.placement_id].values()),
            not row.live, resource,
            narrow_execution_of(row.state, resource, owners[row.placement_id]),
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _allocations(link: sa.Connection, rows: Rows) -> list[Change]:
    gone = {row.order_id: not row.live for row in rows}
    return [
        Change(one.seq, "allocations", one.id, frozenset({one.fund}), gone[one.order_id], one)
        for one in show_allocations(link, rows, _ALL)
    ]


def _hits(link: sa.Connection, rows: Rows) -> list[Change]:
    """A cell of one fund shows to that fund; one of a group of funds to all funds of the order."""
    funds = funds_of_orders(link, (row.order_id for row in rows))
    codes = set(link.execute(sa.select(t.funds.c.code)).scalars())
    shown = HITS.show(link, rows, _ALL)
    return [
        Change(
            row.seq, "hits", row.id,
            frozenset({row.fund}) if row.fund in codes else funds.get(row.order_id, frozenset()),
            False,  # noqa: FBT003  # a hit stays
            resource,
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _breaches(link: sa.Connection, rows: Rows) -> list[Change]:
    shown = BREACHES.show(link, rows, _ALL)
    return [
        Change(
            row.seq, "breaches", row.id, frozenset({row.fund}),
            False,  # noqa: FBT003  # a breach stays
            resource,
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _waivers(link: sa.Connection, rows: Rows) -> list[Change]:
    funds = funds_of_orders(link, (row.order_id for row in rows))
    shown = WAIVERS.show(link, rows, _ALL)
    return [
        Change(
            row.seq, "waivers", row.id, funds.get(row.order_id, frozenset()),
            False, resource, narrow_waiver(resource),  # noqa: FBT003  # a waiver stays
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _positions(link: sa.Connection, rows: Rows) -> list[Change]:
    shown = POSITIONS.show(link, rows, _ALL)
    return [
        Change(
            row.seq, "positions", resource.id, frozenset({row.fund}),
            False,  # noqa: FBT003  # a position stays
            resource,
        )
        for row, resource in zip(rows, shown, strict=True)
    ]  # fmt: skip


def _kill_switches(link: sa.Connection, rows: Rows) -> list[Change]:
    return [
        Change(row.seq, "kill_switches", row.id, None, row.status == "released", resource)
        for row, resource in zip(rows, KILL_SWITCHES.show(link, rows, _ALL), strict=True)
    ]


_ALL: Final = Scope(None)


def _of_order(table: sa.Table) -> Callable[[sa.Connection, Scope], Any]:  # Any: conditions
    return lambda _link, scope: of_funds(table.c.order_id, scope)


def _columns(table: sa.Table, *names: str) -> tuple[sa.ColumnElement[Any], ...]:
    return tuple(table.c[name] for name in (*names, "seq", "state"))


TOPICS: Final[dict[str, Topic]] = {
    "orders": Topic(
        table=t.orders,
        columns=(*ORDER_COLUMNS, t.orders.c.live, t.orders.c.drafted_by),
        describe=_orders,
        inside=lambda _link, scope: in_scope(t.orders.c.id, scope),
    ),
    "placements": Topic(
        table=t.placements,
        columns=_columns(t.placements, "id", "order_id", "live"),
        describe=_placements,
        inside=PLACEMENTS.inside,
    ),
    "executions": Topic(
        table=t.executions,
        columns=_columns(t.executions, "id", "order_id", "placement_id", "live"),
        describe=_executions,
        inside=EXECUTIONS.inside,
    ),
    "allocations": Topic(
        table=t.allocations,
        columns=_columns(t.allocations, "order_id", "live"),
        describe=_allocations,
        inside=_of_order(t.allocations),
    ),
    "hits": Topic(
        table=t.hits,
        columns=_columns(t.hits, "id", "order_id", "fund"),
        describe=_hits,
        inside=HITS.inside,
    ),
    "breaches": Topic(
        table=t.breaches,
        columns=_columns(t.breaches, "id", "fund"),
        describe=_breaches,
        inside=BREACHES.inside,
    ),
    "waivers": Topic(
        table=t.waivers,
        columns=_columns(t.waivers, "id", "order_id"),
        describe=_waivers,
        inside=_of_order(t.waivers),
    ),
    "kill_switches": Topic(
        table=t.kill_switches,
        columns=_columns(t.kill_switches, "id", "status"),
        describe=_kill_switches,
        inside=KILL_SWITCHES.inside,
    ),
    "positions": Topic(
        table=t.positions,
        columns=_columns(t.positions, "fund", "security_id", "created_at", "updated_at"),
        describe=_positions,
        inside=POSITIONS.inside,
    ),
}
