"""The fold: every event of the journal into the book.

The engine folds what it decides, a replica folds what it reads, a rebuild folds the whole journal;
all three come to the same book. Each fold notes the rows it touched, with the `seq` of the event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tradeoms.domain.block import state as block_state
from tradeoms.domain.block.events import BlockFormed, OrdersJoined, OrdersLeft
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.order import events as order_events
from tradeoms.domain.order import state as order_state
from tradeoms.domain.placement import events as placement_events
from tradeoms.domain.placement import evolve as placement_facts
from tradeoms.domain.placement.state import Execution, Placement
from tradeoms.domain.waiver import events as waiver_events
from tradeoms.domain.waiver import state as waiver_state
from tradeoms.kernel.enums import ExecutionStatus
from tradeoms.kernel.records import replace
from tradeoms.projections.book import Book
from tradeoms.projections.fold_allocations import ALLOCATION_FOLDS
from tradeoms.projections.fold_bookings import BOOKING_FOLDS
from tradeoms.projections.fold_breaks import BREAK_FOLDS
from tradeoms.projections.fold_cases import CASE_FOLDS
from tradeoms.projections.fold_confirmations import POSTTRADE_FOLDS
from tradeoms.projections.fold_crosses import CROSS_FOLDS
from tradeoms.projections.fold_pairs import PAIR_FOLDS
from tradeoms.projections.fold_portfolio import PORTFOLIO_FOLDS
from tradeoms.projections.fold_reference import REFERENCE_FOLDS

Fold = Callable[[Book, Any, int], None]


#: What is known to a counterparty by a ClOrdID of its own.
_REQUESTS = (
    placement_events.ReplaceRequested,
    placement_events.CancelRequested,
    placement_events.GatewayCancelRequested,
)


def apply(book: Book, event: Any, seq: int) -> None:  # Any: one of the catalog's events
    """Fold ``event``, number ``seq`` of the journal, into ``book``.

    Raises:
        KeyError: If the event is of no known type, or about something that was never made.
        ValueError: If it cannot follow what came before: the journal is corrupt.
    """
    book.touched.at = event.at
    _FOLDS[type(event)](book, event, seq)


def _fold_order_created(book: Book, event: order_events.OrderCreated, seq: int) -> None:
    order = order_state.create(event)
    book.add_order(order)
    for leg in order.legs:
        book.extra["order_funds", (leg.fund, order.id)] = (leg.fund, order.id)
    book.touched["orders", order.id] = seq


def _fold_order(book: Book, event: Any, seq: int) -> None:
    order = order_state.evolve(book.orders[event.order_id], event)
    book.orders[order.id] = order
    if isinstance(event, order_events.OrderChecked):
        book.extra["checks", (event.check_id,)] = (event.check_id, order.id, seq)
    if isinstance(event, order_events.OrderAmended):
        for leg in order.legs:
            book.extra["order_funds", (leg.fund, order.id)] = (leg.fund, order.id)
    book.touch_order(order.id, seq)


def _fold_block(book: Book, event: BlockFormed | OrdersJoined, seq: int) -> None:
    """Orders come together; they leave the blocks they were in."""
    for before in {book.block_of.get(order_id, "") for order_id in event.order_ids} - {""}:
        book.blocks[before] = block_state.leave(book.blocks[before], event)
        book.touched["blocks", before] = seq
    if isinstance(event, BlockFormed):
        book.blocks[event.block_id] = block_state.create(event)
    else:
        book.blocks[event.block_id] = block_state.join(book.blocks[event.block_id], event)
    for order_id in event.order_ids:
        book.block_of[order_id] = event.block_id
        book.touched["orders", order_id] = seq
    book.touched["blocks", event.block_id] = seq


def _fold_left(book: Book, event: OrdersLeft, seq: int) -> None:
    book.blocks[event.block_id] = block_state.leave(book.blocks[event.block_id], event)
    for order_id in event.order_ids:
        del book.block_of[order_id]
        book.touched["orders", order_id] = seq
    book.touched["blocks", event.block_id] = seq


def _fold_placement_created(book: Book, event: placement_events.PlacementCreated, seq: int) -> None:
    placement = placement_facts.create(event)
    book.add_placement(placement)
    book.extra["cl_ord_ids", (event.cl_ord_id,)] = (event.cl_ord_id, placement.id)
    book.touched["placements", placement.id] = seq
    for order_id in placement.order_ids:
        book.touch_order(order_id, seq)
    for part in placement.parts:
        row = (placement.id, part.order_id)
        book.extra["placement_parts", row] = row
        for leg in book.orders[part.order_id].legs:  # who may see the order may see its block's
            book.extra["order_funds", (leg.fund, placement.order_id)] = (
                leg.fund, placement.order_id,
            )  # fmt: skip


def _fold_placement(book: Book, event: Any, seq: int) -> None:
    placement = placement_facts.evolve(book.placements[event.placement_id], event)
    _set_placement(book, placement, seq)
    if isinstance(event, _REQUESTS):
        book.extra["cl_ord_ids", (event.cl_ord_id,)] = (event.cl_ord_id, placement.id)


def _set_placement(book: Book, placement: Placement, seq: int) -> None:
    book.placements[placement.id] = placement
    book.index_placement(placement)
    book.touched["placements", placement.id] = seq
    for order_id in placement.order_ids:
        book.touch_order(order_id, seq)


def _note_exec_id(book: Book, session: str, exec_id: str, execution_id: str) -> None:
    book.exec_ids[session, exec_id] = execution_id
    book.extra["exec_ids", (session, exec_id)] = (session, exec_id, execution_id)


def _fold_executed(book: Book, event: placement_events.ExecutionRecorded, seq: int) -> None:
    _fold_placement(book, event, seq)
    placement = book.placements[event.placement_id]
    execution = Execution(
        id=event.execution_id,
        session=event.session,
        exec_id=event.exec_id,
        exec_ref_id="",
        placement_id=event.placement_id,
        order_id=event.order_id,
        security_id=placement.security_id,
        last_qty=event.last_qty,
        last_px=event.last_px,
        booked_qty=event.booked_qty,
        venue=event.venue,
        late=event.late,
        status=ExecutionStatus.LIVE,
        transact_time=event.transact_time,
        received_at=event.received_at,
        updated_at=event.at,
        keyed_by=event.keyed_by,
        extra=event.extra,
        of_block=bool(placement.parts),
        traded_on=event.traded_on,
    )
    book.add_execution(execution)
    _note_exec_id(book, event.session, event.exec_id, execution.id)
    book.touched["executions", execution.id] = seq


def _fold_busted(book: Book, event: placement_events.ExecutionBusted, seq: int) -> None:
    execution = book.executions[event.execution_id]
    placement = placement_facts.evolve(book.placements[event.placement_id], event)
    _set_placement(book, placement_facts.take_off(placement, execution), seq)
    book.executions[execution.id] = replace(
        execution, status=ExecutionStatus.BUSTED, updated_at=event.at
    )
    _note_exec_id(book, event.session, event.exec_id, execution.id)
    book.touched["executions", execution.id] = seq


def _fold_corrected(book: Book, event: placement_events.ExecutionCorrected, seq: int) -> None:
    """The old execution stops counting; a new one with the corrected numbers takes its place."""
    old = book.executions[event.execution_id]
    placement = placement_facts.evolve(book.placements[event.placement_id], event)
    placement = placement_facts.take_off(placement, old)
    placement = placement_facts.add_on(placement, event.last_qty, event.last_px)
    _set_placement(book, placement, seq)
    book.executions[old.id] = replace(old, status=ExecutionStatus.CORRECTED, updated_at=event.at)
    new = replace(
        old,
        id=successor_id(old.id),
        exec_id=event.exec_id,
        exec_ref_id=event.exec_ref_id,
        last_qty=event.last_qty,
        last_px=event.last_px,
        booked_qty=event.booked_qty,
        updated_at=event.at,
        keyed_by=event.keyed_by or old.keyed_by,
        split=(),
        shared=(),
    )
    book.add_execution(new)
    _note_exec_id(book, event.session, event.exec_id, new.id)
    book.touched["executions", old.id] = seq
    book.touched["executions", new.id] = seq


def successor_id(execution_id: str) -> str:
    """Id of the execution that a correction puts in place of another: `exe_7`, `exe_7.1`, ..."""
    stem, _, number = execution_id.partition(".")
    return f"{stem}.{int(number or 0) + 1}"


def _fold_break_opened(book: Book, event: placement_events.BreakOpened, seq: int) -> None:
    opened = Break(
        id=event.break_id,
        version=1,
        kind=event.kind,
        session=event.session,
        row=event.row,
        placement_id=event.placement_id,
        cl_ord_id=event.cl_ord_id,
        exec_id=event.exec_id,
        quantity=event.quantity,
        price=event.price,
        detail=event.detail,
        raw=event.raw,
        exec_ref_id=event.exec_ref_id,
        reported=event.reported,
        symbol=event.symbol,
        side=event.side,
        created_at=event.at,
        updated_at=event.at,
    )
    book.add_break(opened)
    if opened.awaits is not None:
        book.extra["exec_ids", opened.awaits] = (*opened.awaits, opened.id)
    book.touched["breaks", opened.id] = seq
    if opened.kind is placement_events.BreakKind.REQUEST_UNANSWERED:
        placement = book.placements[opened.placement_id]
        book.placements[placement.id] = placement_facts.doubt(placement, opened.cl_ord_id)


def _fold_break_resolved(book: Book, event: placement_events.BreakResolved, seq: int) -> None:
    before = book.breaks[event.break_id]
    book.breaks[before.id] = replace(
        before,
        version=before.version + 1,
        resolution=event.resolution,
        resolved_by=event.resolved_by,
        proposal=None,
        updated_at=event.at,
    )
    book.drop_open_break(before)
    book.touched["breaks", before.id] = seq


def _fold_booked(book: Book, event: placement_events.ExecutionBooked, seq: int) -> None:
    _fold_placement(book, event, seq)
    execution = book.executions[event.execution_id]
    book.executions[execution.id] = replace(
        execution, booked_qty=event.booked_qty, updated_at=event.at
    )
    book.touched["executions", execution.id] = seq


def _fold_hit(book: Book, event: waiver_events.HitFound, seq: int) -> None:
    hit = waiver_state.find_hit(event)
    book.add_hit(hit)
    book.touched["hits", hit.id] = seq


def _fold_waiver(book: Book, event: Any, seq: int) -> None:
    if isinstance(event, waiver_events.WaiverRequested):
        after = waiver_state.request_waiver(event)
    else:
        after = waiver_state.evolve_waiver(book.waivers[event.waiver_id], event)
    book.add_waiver(after)
    book.touched["waivers", after.id] = seq
    if isinstance(event, waiver_events.WaiverApproved):
        order = book.orders[event.order_id]
        book.orders[order.id] = order_state.waive(order, event.rule, event.at)
        book.touch_order(order.id, seq)


_FOLDS: Final[dict[type, Fold]] = {
    order_events.OrderCreated: _fold_order_created,
    **dict.fromkeys(
        (
            order_events.OrderChecked, order_events.OrderApproved, order_events.OrderReleased,
            order_events.OrderHeld, order_events.OrderAmendRequested, order_events.OrderAmended,
            order_events.OrderAmendRefused, order_events.OrderCancelRequested,
            order_events.OrderCancelRefused, order_events.OrderCanceled,
            order_events.OrderExpired, order_events.OrderAssigned, order_events.OrderRolled,
            order_events.OrderReturned, order_events.OrderCustomSet,
            order_events.OrderPaired,
        ),
        _fold_order,
    ),
    BlockFormed: _fold_block,
    OrdersJoined: _fold_block,
    OrdersLeft: _fold_left,
    placement_events.PlacementCreated: _fold_placement_created,
    **dict.fromkeys(
        (
            placement_events.ReplaceRequested, placement_events.CancelRequested,
            placement_events.GatewayCancelRequested, placement_events.RequestSent,
            placement_events.PlacementReported,
        ),
        _fold_placement,
    ),
    placement_events.ExecutionRecorded: _fold_executed,
    placement_events.ExecutionBusted: _fold_busted,
    placement_events.ExecutionCorrected: _fold_corrected,
    placement_events.ExecutionBooked: _fold_booked,
    placement_events.BreakOpened: _fold_break_opened,
    placement_events.BreakResolved: _fold_break_resolved,
    waiver_events.HitFound: _fold_hit,
    **dict.fromkeys(
        (
            waiver_events.WaiverRequested, waiver_events.WaiverVerified,
            waiver_events.WaiverApproved, waiver_events.WaiverRefused, waiver_events.WaiverLapsed,
        ),
        _fold_waiver,
    ),
    **ALLOCATION_FOLDS,
    **BOOKING_FOLDS,
    **BREAK_FOLDS,
    **CASE_FOLDS,
    **POSTTRADE_FOLDS,
    **CROSS_FOLDS,
    **PAIR_FOLDS,
    **PORTFOLIO_FOLDS,
    **REFERENCE_FOLDS,
}  # fmt: skip
