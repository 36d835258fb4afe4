"""Compares our record with the counterparties' own ledgers: to the share and cent, both ways."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from tradeoms.domain.allocation.state import Allocation
from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.numbers import ZERO, share_out, to_minor
from tradeoms.projections.book import Book
from tradeoms.projections.load import load_all

BrokerOrder = Mapping[str, Any]  # Any: JSON of the broker's control port


def differences(engine: sa.Engine, ledger: Iterable[BrokerOrder]) -> list[str]:
    """Every disagreement between the database and the ledgers, in words; empty is good."""
    with engine.connect() as link:
        book = load_all(link)
    orders = list(ledger)
    return [
        *_compare_orders(book, orders),
        *_compare_executions(book, orders),
        *_compare_allocations(book),
    ]


def _compare_orders(book: Book, orders: list[BrokerOrder]) -> list[str]:
    """Every placement that left the house is one order at the broker, and the other way round."""
    found: list[str] = []
    seen: dict[str, int] = defaultdict(int)
    for order in orders:
        placement_id = next((book.cl_ord_ids[i] for i in _ids(order) if i in book.cl_ord_ids), "")
        if not placement_id:
            found.append(f"the broker has order {_ids(order)}, which is not ours")
            continue
        seen[placement_id] += 1
        placement = book.placements[placement_id]
        ours = (placement.cum_qty, placement.notional)
        theirs = (Decimal(order["cum_qty"]), Decimal(order["notional"]))
        if ours != theirs:
            found.append(f"{placement_id}: cum and notional {ours}, the broker has {theirs}")
    found += [
        f"{placement_id} is {count} orders at the broker: sent twice"
        for placement_id, count in seen.items()
        if count > 1
    ]
    for placement in book.placements.values():
        if placement.answered and placement.id not in seen and not placement.rejected:
            found.append(f"{placement.id} ({placement.ord_status}) is not in the broker's ledger")
    return found


def _ids(order: BrokerOrder) -> list[str]:
    return [str(one) for one in order["chain"]]


def session_of(order: BrokerOrder) -> str:
    """Our name of the session on which a counterparty has the order: its own CompID."""
    return str(order["session"]).split(":")[1]


def _compare_executions(book: Book, orders: list[BrokerOrder]) -> list[str]:
    """Every execution of the ledger is recorded once, with the same units, price and status."""
    theirs = {
        (session_of(order), str(each["exec_id"])): (
            Decimal(each["last_qty"]),
            Decimal(each["last_px"]),
            str(each["status"]),
        )
        for order in orders
        for each in order["executions"]
    }
    ours = {
        (execution.session, execution.exec_id): (
            execution.last_qty,
            execution.last_px,
            execution.status.value,
        )
        for execution in book.executions.values()
    }
    found = [f"execution {i} {theirs[i]} is not recorded" for i in theirs.keys() - ours.keys()]
    found += [f"execution {i} {ours[i]} is not the broker's" for i in ours.keys() - theirs.keys()]
    found += [
        f"execution {i}: {ours[i]}, the broker has {theirs[i]}"
        for i in ours.keys() & theirs.keys()
        if ours[i] != theirs[i]
    ]
    return found


def _compare_allocations(book: Book) -> list[str]:
    """What the funds got is what was executed for their orders, in units and in cents."""
    found: list[str] = []
    live = [
        execution
        for execution in book.executions.values()
        if execution.status is ExecutionStatus.LIVE and execution.booked_qty
    ]
    units: dict[str, Decimal] = defaultdict(Decimal)
    notionals: dict[str, Decimal] = defaultdict(Decimal)
    for execution in live:
        for order_id, _, quantity in execution.order_units:
            units[order_id] += quantity
        notionals[execution.order_id] += execution.booked_qty * execution.last_px
    for order_id, allocation in book.allocations.items():
        if allocation.quantity != units[order_id]:
            found.append(f"{order_id}: {units[order_id]} executed, {allocation.quantity} allocated")
        notional = notionals[order_id] + allocation.shared_notional
        if allocation.notional != notional:
            found.append(f"{order_id}: notional {notional}, allocated {allocation.notional}")
        if not allocation.shared_notional:
            found += _compare_costs(book, order_id, allocation)
    return [*found, *_compare_shared([e for e in live if e.of_block], book)]


def _compare_shared(executions: list[Execution], book: Book) -> list[str]:
    """What orders share came to them whole: the notional, and the cost of each day's average."""
    found: list[str] = []
    pools: dict[tuple[str, ...], dict[date | None, Decimal]] = {}
    for execution in executions:
        given = sum((units for _, _, units in execution.shared), ZERO)
        if given != execution.booked_qty:
            found.append(f"{execution.id}: {execution.booked_qty} executed, {given} shared out")
        placement = book.placements[execution.placement_id]
        together = tuple(sorted(book.companions(placement.order_ids[0])))
        pool = pools.setdefault(together, {})
        worth = execution.booked_qty * execution.last_px
        pool[execution.pool_on] = pool.get(execution.pool_on, ZERO) + worth
    for together, pool in pools.items():
        allocations = [book.allocations[one] for one in together if one in book.allocations]
        security = book.securities[book.orders[together[0]].security_id]
        paid = (
            sum(pool.values(), ZERO),
            sum(to_minor(worth * security.factor, security.currency) for worth in pool.values()),
        )
        told = (
            sum((one.shared_notional for one in allocations), ZERO),
            sum(one.shared_cost_minor for one in allocations),
        )
        if told != paid:
            found.append(f"{', '.join(together)}: paid {paid}, shared out {told}")
    return found


def _compare_costs(book: Book, order_id: str, allocation: Allocation) -> list[str]:
    if not allocation.quantity:
        return []
    security = book.securities[book.orders[order_id].security_id]
    total = to_minor(allocation.notional * security.factor, security.currency)
    whole = [int(share.quantity * 10**6) for share in allocation.shares]
    wanted = share_out(total, whole)
    costs = [share.cost_minor for share in allocation.shares]
    return [] if costs == wanted else [f"{order_id}: costs {costs}, one average gives {wanted}"]
