"""P6: a page of the blotter with filter and sort, from ten thousand orders to a million or more.

Orders are written straight into the read models: a thousand live, the rest closed, one in a
hundred never submitted, over 50 funds, 5,000 securities and 20 portfolio managers. Every case is a
query of REST with its rows rendered, on a table of ten thousand and on the large one in turns; the
figures are the 99th percentile and the growth. TRADEOMS_BENCH_ORDERS=10000000 measures ten million
(about 15 GB of disk).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order, Phase
from tradeoms.domain.reference.entitlement import Drafts
from tradeoms.domain.reference.state import Security
from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.kernel.enums import OrderStatus, OrderType, Side, TimeInForce
from tradeoms.projections import tables as t
from tradeoms.projections.paging import EVERYTHING, Cut, Page, Scope, encode_cursor
from tradeoms.projections.project import micros, state_text
from tradeoms.projections.queries import open_reader
from tradeoms.projections.queries_orders import OrderFilter, list_orders
from tradeoms.projections.resources_text import encode

SMALL: Final = 10_000
LARGE: Final = 1_000_000
FUNDS: Final = 50
SECURITIES: Final = 5_000
REPEATS: Final = 60
GOAL_MS: Final = 50.0
GOAL_GREW: Final = 1.2
_CHUNK: Final = 10_000
#: Orders of one day: its end touches all that are over with one event.
_DAY: Final = 100_000
_START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

Case = tuple[str, OrderFilter, Scope, Callable[[int], str | None]]


def run() -> list[dict[str, Any]]:
    """Measure on SQLite; one row a page."""
    large = int(os.environ.get("TRADEOMS_BENCH_ORDERS", LARGE))
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as folder:
        readers = {size: _filled(f"sqlite:///{folder}/{size}.db", size) for size in (SMALL, large)}
        found = _measure(readers)
        for reader in readers.values():
            reader.dispose()
    return [_row(name, found[name, SMALL], found[name, large], large) for name, *_ in _cases()]


def _row(name: str, small: list[float], large: list[float], size: int) -> dict[str, Any]:
    return {
        "page": name,
        f"p50 ms at {SMALL:,}": _part(small, 0.5),
        f"p50 ms at {size:,}": _part(large, 0.5),
        "p99 ms": _part(large, 0.99),
        "grew": _part(large, 0.5) / _part(small, 0.5),
        "goal": f"p99 <= {GOAL_MS:.0f}, grew <= {GOAL_GREW}",
    }


def _part(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


def _cases() -> list[Case]:
    everything, one_fund = EVERYTHING, Scope(frozenset({"F7"}))
    drafts = Drafts("eve", frozenset())
    desk, desk_of_one = Scope(None, drafts), Scope(frozenset({"F7"}), drafts)
    newest = OrderFilter()

    def first(_size: int) -> None:
        return None

    def middle(size: int) -> str:
        return encode_cursor([_id(size // 2)])

    return [
        ("newest", newest, everything, first),
        ("from the middle", newest, everything, middle),
        ("last changed", OrderFilter(sort="-updated_at"), everything, first),
        ("working", OrderFilter(status=(OrderStatus.WORKING,)), everything, first),
        ("filled", OrderFilter(status=(OrderStatus.FILLED,)), everything, middle),
        ("one fund", OrderFilter(fund="F7"), everything, middle),
        ("one security", OrderFilter(security="S42"), everything, first),
        ("manager and status",
         OrderFilter(portfolio_manager="pm3", status=(OrderStatus.FILLED,)), everything, middle),
        ("fund and status",
         OrderFilter(fund="F7", status=(OrderStatus.CANCELED,)), everything, middle),
        ("text that nobody wrote", OrderFilter(text="nowhere"), everything, first),
        ("person of one fund", newest, one_fund, first),
        ("trader", newest, desk, first),
        ("trader of one fund", newest, desk_of_one, first),
    ]  # fmt: skip


def _measure(readers: dict[int, sa.Engine]) -> dict[tuple[str, int], list[float]]:
    """Seconds of each case on each table, in turns."""
    found: dict[tuple[str, int], list[float]] = {}
    links = {size: reader.connect() for size, reader in readers.items()}
    for repeat in range(REPEATS + 3):
        for name, want, scope, after in _cases():
            for size, link in links.items():
                began = perf_counter()
                page: Page[Any] = list_orders(link, want, scope, Cut(after(size), 50))
                encode(page.data)
                if repeat >= 3:
                    found.setdefault((name, size), []).append(perf_counter() - began)
    for link in links.values():
        link.close()
    return found


def _id(number: int) -> str:
    return f"ord_000001{number:010x}"


def _write_securities(writer: sa.Engine) -> None:
    rows = []
    for number in range(SECURITIES):
        security = Security(
            id=f"sec_{number}", symbol=f"S{number}", mic="XNAS", name=f"Security {number}",
            currency="USD", identifiers=(("ticker_mic", f"S{number}.XNAS"),),
        )  # fmt: skip
        state = state_text(security)
        rows.append({"id": security.id, "seq": 1, "symbol": security.symbol, "state": state})
    with writer.begin() as link:
        link.execute(sa.insert(t.securities), rows)


def _filled(url: str, size: int) -> sa.Engine:
    """A database with ``size`` orders, for reading."""
    migrate.upgrade(url)
    writer = open_engine(url)
    _write_securities(writer)
    for start in range(0, size, _CHUNK):
        numbers = range(start, min(start + _CHUNK, size))
        legs = [{"fund": f"F{number % FUNDS}", "order_id": _id(number)} for number in numbers]
        with writer.begin() as link:
            link.execute(sa.insert(t.orders), [_order(number, size) for number in numbers])
            link.execute(sa.insert(t.order_funds), legs)
    writer.dispose()
    return open_reader(url)


_TEMPLATE: Final = Order(
    id="", version=4, client="pm0", client_order_id="", security_id="", side=Side.BUY,
    quantity=Decimal(1000), order_type=OrderType.LIMIT, limit_price=Decimal("250.10"),
    stop_price=None, time_in_force=TimeInForce.DAY, expire_on=None, legs=(),
    reason="raise weight after results", instructions="do not exceed 20% of volume",
    portfolio_manager="pm0", placed_by="pm0", created_at=_START, updated_at=_START,
    phase=Phase.RELEASED, cum_qty=Decimal(1000), notional=Decimal(250100),
)  # fmt: skip


def _order(number: int, end: int) -> dict[str, Any]:
    live = number % 100 == 0
    at = _START + timedelta(milliseconds=number)
    canceled = number % 10 == 3
    order = replace(
        _TEMPLATE,
        id=_id(number),
        client_order_id=f"c-{number}",
        security_id=f"sec_{number % SECURITIES}",
        legs=(Leg(fund=f"F{number % FUNDS}", quantity=Decimal(1000)),),
        portfolio_manager=f"pm{number % 20}",
        created_at=at,
        updated_at=at,
    )
    closed = OrderStatus.CANCELED if canceled else OrderStatus.FILLED
    status = OrderStatus.WORKING if live and number > end - 100_000 else closed
    return {
        "id": order.id, "seq": 10 + (number if live else number // _DAY * _DAY), "client": "pm0",
        "client_order_id": order.client_order_id, "status": status.value,
        "security_id": order.security_id, "side": order.side.value,
        "portfolio_manager": order.portfolio_manager, "trader": "", "block_id": "",
        "placed_quantity": "1000", "live": live, "created_at": micros(at),
        "updated_at": micros(at), "state": state_text(order),
        "drafted_by": order.placed_by if number % 100 == 3 else "",
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
