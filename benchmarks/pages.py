"""P6: a page of the blotter with filter and sort, from ten thousand orders to a million or more.

Orders are written straight into the read models: 1 % live, the rest filled, over 50 funds, 5,000
securities and 20 portfolio managers. Every case is a query of REST with its rows rendered; the
figure is the 99th percentile, and how it grows from the smallest table to the largest.
TRADEOMS_BENCH_ORDERS=10000000 measures ten million (about 12 GB of disk).
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
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import sqlalchemy as sa

from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.state import Order, Phase
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

SIZES: Final = (10_000, 100_000, 1_000_000)
FUNDS: Final = 50
SECURITIES: Final = 5_000
REPEATS: Final = 60
GOAL_MS: Final = 50.0
_CHUNK: Final = 10_000
_START: Final = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

Case = tuple[str, OrderFilter, Scope, Callable[[int], str | None]]


def run() -> list[dict[str, Any]]:
    """Measure on SQLite, and on PostgreSQL where TRADEOMS_BENCH_PG_URL names an empty database."""
    largest = int(os.environ.get("TRADEOMS_BENCH_ORDERS", "0"))
    sizes = sorted({*SIZES, largest} - {0})
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as folder:
        url = os.environ.get("TRADEOMS_BENCH_PG_URL", f"sqlite:///{folder}/pages.db")
        migrate.upgrade(url)
        writer, reader = open_engine(url), open_reader(url)
        _write_securities(writer)
        found: dict[str, dict[int, list[float]]] = {}
        written = 0
        for size in sizes:
            _write_orders(writer, written, size)
            written = size
            for name, times in _measure(reader, size).items():
                found.setdefault(name, {})[size] = times
        writer.dispose()
        reader.dispose()
    return [_row(name, by_size) for name, by_size in found.items()]


def _row(name: str, by_size: dict[int, list[float]]) -> dict[str, Any]:
    smallest, largest = min(by_size), max(by_size)
    row: dict[str, Any] = {"page": name}
    for size, times in by_size.items():
        row[f"p50 ms at {size:,}"] = _part(times, 0.5)
    row["p99 ms"] = _part(by_size[largest], 0.99)
    row["grew"] = _part(by_size[largest], 0.5) / _part(by_size[smallest], 0.5)
    row["goal"] = f"p99 <= {GOAL_MS:.0f}"
    return row


def _part(times: list[float], part: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * part))] * 1000


def _cases() -> list[Case]:
    everything, one_fund = EVERYTHING, Scope(frozenset({"F7"}))
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
    ]  # fmt: skip


def _measure(reader: sa.Engine, size: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    with reader.connect() as link:
        for repeat in range(REPEATS + 3):
            for name, want, scope, after in _cases():
                began = perf_counter()
                page: Page[Any] = list_orders(link, want, scope, Cut(after(size), 50))
                encode(page.data)
                if repeat >= 3:
                    found.setdefault(name, []).append(perf_counter() - began)
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


def _write_orders(writer: sa.Engine, first: int, end: int) -> None:
    for start in range(first, end, _CHUNK):
        numbers = range(start, min(start + _CHUNK, end))
        with writer.begin() as link:
            link.execute(sa.insert(t.orders), [_order(number, end) for number in numbers])
            legs = [{"fund": f"F{number % FUNDS}", "order_id": _id(number)} for number in numbers]
            link.execute(sa.insert(t.order_funds), legs)
    with writer.begin() as link:
        link.execute(sa.text("ANALYZE"))


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
        "id": order.id, "seq": 10 + number, "client": "pm0",
        "client_order_id": order.client_order_id, "status": status.value,
        "security_id": order.security_id, "side": order.side.value,
        "portfolio_manager": order.portfolio_manager, "trader": "", "block_id": "",
        "placed_quantity": "1000", "live": live, "created_at": micros(at),
        "updated_at": micros(at), "state": state_text(order),
    }  # fmt: skip


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(), indent=2) + "\n")
