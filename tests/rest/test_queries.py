"""The lists against a slow oracle on both databases, and the plans behind them."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order
from tradeoms.domain.reference.entitlement import Drafts
from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.kernel.enums import OrderStatus, OrderType, Side, TimeInForce
from tradeoms.projections import queries_orders
from tradeoms.projections import tables as t
from tradeoms.projections.paging import EVERYTHING, CursorInvalid, Cut, Scope
from tradeoms.projections.project import micros, state_text
from tradeoms.projections.queries import open_reader
from tradeoms.projections.queries_lists import (
    ALLOCATIONS,
    BLOCKS,
    BREACHES,
    BREAKS,
    CASH,
    DESTINATIONS,
    EXECUTIONS,
    FUNDS,
    HITS,
    KEYS,
    PLACEMENTS,
    POSITIONS,
    PRICES,
    RATES,
    RULES,
    RUNS,
    SECURITIES,
    USERS,
    WAIVERS,
    list_rows,
    one_row,
)
from tradeoms.projections.queries_orders import OrderFilter, list_orders
from tradeoms.projections.queries_stream import TOPICS, changes_after

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
FUND_NAMES = ("A", "B", "C")
STATUSES = (OrderStatus.WORKING, OrderStatus.FILLED, OrderStatus.DRAFT)
#: Those of people who do not see all drafts of their funds; `pm` entered every order.
DESKS = (
    Scope(None, Drafts("eve", frozenset())),
    Scope(None, Drafts("ann", frozenset({"B"}))),
    Scope(frozenset({"A", "C"}), Drafts("bob", frozenset({"A"}))),
    Scope(frozenset({"B"}), Drafts("pm", frozenset())),
)


@dataclass(frozen=True)
class Row:
    """What the oracle knows of an order."""

    order: Order
    seq: int
    status: OrderStatus
    live: bool


@dataclass(frozen=True)
class Blotter:
    """A filled database, and the oracle's rows."""

    reader: sa.Engine
    rows: list[Row]


def make_rows(count: int = 300, seed: int = 7) -> list[Row]:
    """Orders of every kind, the same each time."""
    dice = random.Random(seed)
    rows = []
    seqs = dice.sample(range(10, 10 + 3 * count), count)
    for number in range(count):
        funds = dice.sample(FUND_NAMES, dice.choice((1, 1, 2)))
        at = START + timedelta(seconds=number)
        order = Order(
            id=f"ord_{number:06d}",
            version=1,
            client="pm",
            client_order_id=f"c-{number}",
            security_id=f"sec_{dice.randrange(4)}",
            side=dice.choice((Side.BUY, Side.SELL)),
            quantity=Decimal(100) * len(funds),
            order_type=OrderType.MARKET,
            limit_price=None,
            stop_price=None,
            time_in_force=TimeInForce.DAY,
            expire_on=None,
            legs=tuple(Leg(fund=fund, quantity=Decimal(100)) for fund in funds),
            reason=dice.choice(("Rebalance 50%", "raise_weight", "")),
            instructions="",
            portfolio_manager=dice.choice(("ann", "bob")),
            placed_by="pm",
            created_at=at,
            updated_at=at,
        )
        status = dice.choice(STATUSES)
        rows.append(Row(order, seqs[number], status, status is not OrderStatus.FILLED))
    return rows


def fill(url: str | sa.URL, rows: list[Row]) -> None:
    """Write the rows into a fresh database."""
    migrate.upgrade(url)
    engine = open_engine(url)
    orders = [
        {
            "id": r.order.id, "seq": r.seq, "client": "pm", "status": r.status.value,
            "client_order_id": r.order.client_order_id, "security_id": r.order.security_id,
            "side": r.order.side.value, "portfolio_manager": r.order.portfolio_manager,
            "trader": "", "block_id": "", "placed_quantity": "0", "live": r.live,
            "created_at": micros(r.order.created_at), "updated_at": micros(r.order.updated_at),
            "state": state_text(r.order),
            "drafted_by": "pm" if r.status is OrderStatus.DRAFT else "",
        }
        for r in rows
    ]  # fmt: skip
    legs = [{"fund": leg.fund, "order_id": r.order.id} for r in rows for leg in r.order.legs]
    with engine.begin() as link:
        link.execute(sa.insert(t.orders), orders)
        link.execute(sa.insert(t.order_funds), legs)
        link.execute(sa.text("ANALYZE"))
    engine.dispose()


@pytest.fixture(scope="module")
def sqlite_blotter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blotter]:
    url = f"sqlite:///{tmp_path_factory.mktemp('blotter') / 'b.db'}"
    rows = make_rows()
    fill(url, rows)
    reader = open_reader(url)
    yield Blotter(reader, rows)
    reader.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def blotter(request: pytest.FixtureRequest) -> Iterator[Blotter]:
    """The same rows in each kind of database."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite_blotter")
        return
    url = request.getfixturevalue("postgres_url").render_as_string(hide_password=False)
    rows = make_rows()
    fill(url, rows)
    reader = open_reader(url)
    yield Blotter(reader, rows)
    reader.dispose()


def whole(blotter: Blotter, want: OrderFilter, scope: Scope, limit: int) -> list[str]:
    """Ids of all pages."""
    found: list[str] = []
    after: str | None = None
    with blotter.reader.connect() as link:
        for _ in range(10_000):
            page = list_orders(link, want, scope, Cut(after, limit))
            assert len(page.data) <= limit
            found += [order.id for order in page.data]
            after = page.next
            if after is None:
                return found
    message = "the pages never end"
    raise AssertionError(message)


def expected(blotter: Blotter, want: OrderFilter, scope: Scope) -> list[str]:
    """The same by testing every row."""
    tests: list[Callable[[Row], bool]] = [
        lambda r: not want.status or r.status in want.status,
        lambda r: not want.side or r.order.side == want.side,
        lambda r: not want.portfolio_manager or r.order.portfolio_manager == want.portfolio_manager,
        lambda r: want.live is None or r.live == want.live,
        lambda r: (
            want.text.lower() in r.order.reason.lower()
            or want.text.lower() in r.order.client_order_id
        ),
        lambda r: not want.fund or any(leg.fund == want.fund for leg in r.order.legs),
        lambda r: scope.shows(
            [leg.fund for leg in r.order.legs],
            ("pm", r.order.portfolio_manager) if r.status is OrderStatus.DRAFT else None,
        ),
    ]
    rows = [row for row in blotter.rows if all(test(row) for test in tests)]
    if want.fund and scope.funds is not None and want.fund not in scope.funds:
        rows = []
    by_change = want.sort.endswith("updated_at")
    rows.sort(key=lambda r: r.seq if by_change else r.order.id)
    ids = [row.order.id for row in rows]
    return ids[::-1] if want.sort.startswith("-") else ids


FILTERS = [
    OrderFilter(),
    OrderFilter(status=(OrderStatus.WORKING,)),
    OrderFilter(status=(OrderStatus.FILLED, OrderStatus.DRAFT)),
    OrderFilter(fund="A"),
    OrderFilter(fund="A", status=(OrderStatus.FILLED,)),
    OrderFilter(side="sell", portfolio_manager="ann"),
    OrderFilter(text="50%"),
    OrderFilter(text="E_W"),
    OrderFilter(text="c-1", live=True),
    OrderFilter(text="nowhere"),
]


@pytest.mark.parametrize("window", [3, 40, 1_000])
@pytest.mark.parametrize("want", FILTERS, ids=str)
def test_the_pages_of_a_list_are_what_the_oracle_says(
    sqlite_blotter: Blotter, monkeypatch: pytest.MonkeyPatch, want: OrderFilter, window: int
) -> None:
    monkeypatch.setattr(queries_orders, "WINDOW", window)
    monkeypatch.setattr(queries_orders, "_DRAFTS_READ", window)
    for scope in (EVERYTHING, Scope(frozenset({"B"})), Scope(frozenset({"A", "C"})), *DESKS):
        for sort in ("-created_at", "created_at", "-updated_at", "updated_at"):
            asked = replace(want, sort=sort)
            found = whole(sqlite_blotter, asked, scope, 17)
            assert found == expected(sqlite_blotter, asked, scope)


@pytest.mark.parametrize("want", FILTERS, ids=str)
def test_both_databases_agree_with_the_oracle(blotter: Blotter, want: OrderFilter) -> None:
    for scope in (EVERYTHING, Scope(frozenset({"B"})), Scope(frozenset()), *DESKS):
        assert whole(blotter, want, scope, 50) == expected(blotter, want, scope)


@pytest.mark.parametrize(
    "cursor", ["AAAA", "!", "czE", "", "czEAczI", "aTk5OTk5OTk5OTk5OTk5OTk5OTk"]
)
def test_a_cursor_that_we_did_not_give_is_refused_or_finds_nothing(
    sqlite_blotter: Blotter, cursor: str
) -> None:
    with sqlite_blotter.reader.connect() as link:
        try:
            page = list_orders(link, OrderFilter(), EVERYTHING, Cut(cursor, 5))
        except CursorInvalid:
            return
    assert page.data == []


def plans(blotter: Blotter, want: OrderFilter, scope: Scope) -> str:
    """What SQLite says it does for one page."""
    said: list[str] = []

    def explain(_link: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            with blotter.reader.connect() as other:
                raw = other.connection.cursor()
                raw.execute("EXPLAIN QUERY PLAN " + statement, parameters)
                said.extend(row[3] for row in raw.fetchall())

    with blotter.reader.connect() as link:
        sa.event.listen(link, "before_cursor_execute", explain)
        list_orders(link, want, scope, Cut(None, 20))
        sa.event.remove(link, "before_cursor_execute", explain)
    return "\n".join(said)


@pytest.mark.parametrize(
    "scope", [EVERYTHING, Scope(frozenset({"B"})), Scope(frozenset("AC")), *DESKS]
)
@pytest.mark.parametrize("sort", ["-created_at", "-updated_at"])
@pytest.mark.parametrize("want", FILTERS, ids=str)
def test_no_page_walks_the_table_or_sorts_it(
    sqlite_blotter: Blotter, want: OrderFilter, sort: str, scope: Scope
) -> None:
    plan = plans(sqlite_blotter, replace(want, sort=sort), scope)  # type: ignore[arg-type]  # a word
    for line in plan.splitlines():
        walks = line.startswith("SCAN orders") and "USING" not in line
        assert not walks, plan


@pytest.mark.parametrize(
    "listing",
    [
        BLOCKS, PLACEMENTS, EXECUTIONS, ALLOCATIONS, HITS, BREACHES, RUNS, WAIVERS, BREAKS, RULES,
        FUNDS, SECURITIES, PRICES, RATES, DESTINATIONS, POSITIONS, CASH, USERS, KEYS,
    ],
    ids=lambda listing: listing.table.name,
)  # fmt: skip
def test_every_listing_is_sql_that_both_databases_take(blotter: Blotter, listing: Any) -> None:
    with blotter.reader.connect() as link:
        for scope in (EVERYTHING, Scope(frozenset({"A"})), Scope(frozenset())):
            assert list_rows(link, listing, {}, scope, Cut()).data == []
            key = ["x" if name != "version" else 1 for name in listing.key]
            assert one_row(link, listing, key, scope) is None


def test_changes_come_in_order_and_are_complete_whatever_the_limit(tmp_path: Path) -> None:
    rows = make_rows(60)
    same = [replace(row, seq=500 if number < 20 else row.seq) for number, row in enumerate(rows)]
    url = f"sqlite:///{tmp_path / 'c.db'}"
    fill(url, same)
    engine = open_engine(url)
    with engine.begin() as link:
        link.execute(sa.text("INSERT INTO genesis VALUES (1, '{}')"))
        link.execute(sa.text("INSERT INTO journal VALUES (100000, 's', '{}', x'00')"))
    engine.dispose()
    reader = open_reader(url)
    with reader.connect() as link:
        for limit in (1, 7, 100):
            found: list[tuple[int, str]] = []
            after = 0
            while after < 100_000:
                span = changes_after(link, TOPICS, after=after, scope=EVERYTHING, limit=limit)
                found += [(change.seq, change.id) for change in span.changes]
                assert span.reached > after
                after = span.reached
            assert sorted(found) == sorted((row.seq, row.order.id) for row in same)
            assert [seq for seq, _ in found] == sorted(row.seq for row in same)
    reader.dispose()
