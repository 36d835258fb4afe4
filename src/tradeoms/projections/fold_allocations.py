"""The fold of allocations: statements, executions shared out, units moved between funds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from tradeoms.domain.allocation import state as allocation_state
from tradeoms.domain.allocation.events import (
    AllocationAdjusted,
    AllocationStated,
    ExecutionAllocated,
    Move,
)
from tradeoms.domain.holdings import book_units
from tradeoms.domain.order import state as order_state
from tradeoms.domain.placement import evolve as placement_facts
from tradeoms.domain.placement.state import Execution
from tradeoms.domain.reference.state import Position
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book
from tradeoms.projections.fold_bookings import (
    note_adjustment,
    note_execution,
    note_statement,
    pay,
)


def _fold_stated(book: Book, event: AllocationStated, seq: int) -> None:
    before = book.allocations.get(event.order_id)
    book.allocations[event.order_id] = allocation_state.state_allocation(before, event)
    book.touched["allocations", event.order_id] = seq
    note_statement(book, event, seq)


def _fold_adjusted(book: Book, event: AllocationAdjusted, seq: int) -> None:
    """Units go from fund to fund; the order, and what it executed, stay as they are."""
    allocation = allocation_state.evolve(book.allocations[event.order_id], event)
    book.allocations[event.order_id] = allocation
    book.touched["allocations", event.order_id] = seq
    book.touch_order(event.order_id, seq)
    for move in event.moves:
        execution = _moved(book.executions[move.execution_id], event, move)
        book.executions[execution.id] = execution
        book.touched["executions", execution.id] = seq
    _book_legs(book, event, seq)
    note_adjustment(book, event, seq)


def _fold_allocated(book: Book, event: ExecutionAllocated, seq: int) -> None:
    """Book an execution to the order, its funds' positions and their cash."""
    allocation = allocation_state.evolve(book.allocations[event.order_id], event)
    book.allocations[event.order_id] = allocation
    book.orders[event.order_id] = order_state.evolve(book.orders[event.order_id], event)
    book.touched["allocations", event.order_id] = seq
    book.touch_order(event.order_id, seq)
    execution = _with_shares(book.executions[event.execution_id], event)
    book.executions[execution.id] = execution
    book.touched["executions", execution.id] = seq
    placement = book.placements[event.placement_id]
    if placement.parts:
        shared = placement_facts.share(
            placement,
            order_id=event.order_id,
            units=event.quantity,
            price=event.price,
            on=event.pool_on or event.trade_on,
        )
        book.placements[placement.id] = shared
        book.touched["placements", placement.id] = seq
    _book_legs(book, event, seq)
    note_execution(book, event, seq)


def _with_shares(execution: Execution, event: ExecutionAllocated) -> Execution:
    """The execution with what ``event`` booked of it to an order's funds, or took back.

    Where a part waited in suspense, what is booked later adds to what was booked at once.
    """
    if execution.booked_on is None:
        execution = replace(execution, booked_on=event.pool_on or event.trade_on)
    if not execution.of_block:
        split = _added(dict(execution.split), event) if event.quantity > 0 else ()
        return replace(execution, split=split, updated_at=event.at)
    if not event.quantity:
        return execution  # only the average price has moved
    others = tuple(each for each in execution.shared if each[0] != event.order_id)
    before = {fund: units for order, fund, units in execution.shared if order == event.order_id}
    split = _added(before, event) if event.quantity > 0 else ()
    own = tuple((event.order_id, *each) for each in split)
    return replace(execution, shared=(*others, *own), pool_on=event.pool_on, updated_at=event.at)


def _added(given: dict[str, Decimal], event: ExecutionAllocated) -> tuple[tuple[str, Decimal], ...]:
    for leg in event.legs:
        given[leg.fund] = given.get(leg.fund, ZERO) + leg.quantity_delta
    return tuple((fund, units) for fund, units in given.items() if units)


def _moved(execution: Execution, event: AllocationAdjusted, move: Move) -> Execution:
    """The execution after units of it went from fund to fund."""
    units = execution.split_of(event.order_id)
    for leg in move.legs:
        units[leg.fund] = units.get(leg.fund, ZERO) + leg.quantity
    split = tuple((fund, quantity) for fund, quantity in units.items() if quantity)
    if not execution.of_block:
        return replace(execution, split=split, updated_at=event.at)
    others = tuple(each for each in execution.shared if each[0] != event.order_id)
    own = tuple((event.order_id, *each) for each in split)
    return replace(execution, shared=(*others, *own), updated_at=event.at)


def _book_legs(book: Book, event: ExecutionAllocated | AllocationAdjusted, seq: int) -> None:
    sign = 1 if event.buys else -1
    for leg in event.legs:
        if leg.quantity_delta or leg.cost_delta_minor:
            units, cost = sign * leg.quantity_delta, sign * leg.cost_delta_minor
            _book_leg(book, event, fund=leg.fund, units=units, cost_minor=cost, seq=seq)


def _book_leg(
    book: Book,
    event: ExecutionAllocated | AllocationAdjusted,
    *,
    fund: str,
    units: Decimal,
    cost_minor: int,
    seq: int,
) -> None:
    held = (fund, event.security_id)
    position = book.positions.get(held) or Position(
        fund=fund, security_id=event.security_id, currency=event.currency
    )
    book.positions[held] = book_units(position, units=units, cost_minor=cost_minor, at=event.at)
    book.touched["positions", held] = seq
    pay(book, fund, event.currency, minor=-cost_minor, at=event.at, seq=seq)


ALLOCATION_FOLDS: Final[dict[type, Callable[[Book, Any, int], None]]] = {
    AllocationStated: _fold_stated,
    ExecutionAllocated: _fold_allocated,
    AllocationAdjusted: _fold_adjusted,
}
