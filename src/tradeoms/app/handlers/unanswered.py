"""Allocation instructions to which a broker says nothing: each is a break, once, in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.settling import settle
from tradeoms.app.turn import Turn
from tradeoms.domain.confirmation.commands import DoubtInstructions
from tradeoms.domain.confirmation.events import AllocationUnanswered
from tradeoms.domain.confirmation.state import AllocationInstruction
from tradeoms.domain.placement.events import BreakKind, BreakOpened
from tradeoms.projections.book import Book


def unanswered(book: Book, at: datetime) -> Iterator[AllocationInstruction]:
    """The instructions whose broker has had his time for a yes or no; none that was told of."""
    for found in book.street.instructions.values():
        destination = book.destinations.get(found.session)
        minutes = destination.instruction_wait_min if destination is not None else 0
        over = found.created_at + timedelta(minutes=minutes) <= at
        if minutes and over and found.waits and not found.unanswered:
            yield found


def doubt_instructions(turn: Turn, command: DoubtInstructions) -> bytes:
    """Open a break for each instruction that is not answered."""
    del command
    found = list(unanswered(turn.book, turn.at))
    for each in found:
        opened = _break(turn, each)
        told = AllocationUnanswered(instruction_id=each.id, break_id=opened.break_id, at=turn.at)
        turn.emit(told, each.id)
        turn.emit(opened, opened.break_id)
    return plain_json(unanswered=len(found), seq=turn.seq)


def settle_silence(turn: Turn, instruction_id: str) -> None:
    """End the break of an instruction that has its answer, or needs none any more."""
    found = turn.book.street.instructions.get(instruction_id)
    if found is not None and found.unanswered and not found.waits:
        settle(turn, found.unanswered, f"the instruction is {found.status}")


def _break(turn: Turn, found: AllocationInstruction) -> BreakOpened:
    minutes = turn.book.destinations[found.session].instruction_wait_min
    detail = (
        f"no answer to allocation instruction {found.alloc_id} of {found.symbol} in "
        f"{minutes} min, it is {found.status}: call the broker"
    )
    return BreakOpened(
        break_id=f"brk_{found.id.removeprefix('ali_')}-unanswered",
        kind=BreakKind.ALLOCATION_UNANSWERED,
        session=found.session,
        row=0,
        placement_id=found.placement_id,
        cl_ord_id=found.alloc_id,
        exec_id="",
        quantity=found.quantity,
        price=found.avg_px,
        detail=detail,
        raw="",
        at=turn.at,
    )
