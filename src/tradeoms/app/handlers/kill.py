"""Kill switches: thrown, released, and what they refuse.

Cancels, holds and reports always pass. What the engine refuses here every gateway refuses again
from its own copy of the switches (`app.kill_folder`), also when no engine runs.
"""

from __future__ import annotations

from typing import Final

from tradeoms.app.handlers.answer import plain_json
from tradeoms.app.handlers.canceling import cancel_all
from tradeoms.app.target import names_of, order_target, orders_target, placement_target
from tradeoms.app.turn import Turn
from tradeoms.domain.block.commands import PlaceBlock
from tradeoms.domain.cross.commands import ApproveCross, ProposeCross
from tradeoms.domain.kill import commands as c
from tradeoms.domain.kill.decide import decide_release, decide_throw, record_thrown, refuse
from tradeoms.domain.kill.events import KillSwitchReleased, KillSwitchThrown
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import AmendOrder, ReleaseOrder, SplitOrder
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.kernel.decider import Rejected
from tradeoms.projections.book import Book

#: Requests about an order or placement that would add risk.
RISKY: Final = (
    SplitOrder, AmendOrder, ReleaseOrder, CreatePlacement, ReplacePlacement, PlaceBlock,
    ProposeCross, ApproveCross,
)  # fmt: skip


def throw_kill_switch(turn: Turn, command: c.ThrowKillSwitch) -> bytes | Rejected:
    """Stop new risk in a scope, and ask for the cancellation of what is open in it."""
    decided = decide_throw(
        command,
        switches=turn.book.kill_switches,
        known=_exists(turn.book, command.kind, command.value),
        stamp=turn.stamp,
    )
    if isinstance(decided, Rejected):
        return decided
    return _carry_out(turn, decided, command.switch_id)


def record_kill_switch(turn: Turn, command: c.RecordKillSwitch) -> bytes:
    """Put on record what was thrown without us, and catch up with it."""
    decided = record_thrown(command, switches=turn.book.kill_switches, stamp=turn.stamp)
    return _carry_out(turn, decided, command.switch_id)


def release_kill_switch(turn: Turn, command: c.ReleaseKillSwitch) -> bytes | Rejected:
    """Let new risk pass again."""
    switch = turn.book.kill_switches.get(command.switch_id)
    decided = decide_release(command, switch, turn.stamp)
    if isinstance(decided, Rejected):
        return decided
    released: KillSwitchReleased = decided[0]
    turn.emit(released, released.switch_id)
    return plain_json(id=released.switch_id, seq=turn.seq)


def _carry_out(turn: Turn, thrown: list[KillSwitchThrown], switch_id: str) -> bytes:
    """Fold the switch, and cancel all that is open in its scope, in the same commit."""
    for event in thrown:
        switch_id = event.switch_id
        turn.emit(event, switch_id)
        if event.cancel_open:
            switch = turn.book.kill_switches[switch_id]
            cancel_all(
                turn,
                [
                    each
                    for each in turn.book.placements.values()
                    if each.is_open and switch.stops(placement_target(turn.book, each))
                ],
                f"kill switch {switch_id}: {event.reason}",
            )
    return plain_json(id=switch_id, seq=turn.seq)


def _exists(book: Book, kind: KillScope, value: str) -> bool:
    """True where the house knows what the switch is about: a slip of the pen stops nothing."""
    match kind:
        case KillScope.FIRM:
            return True
        case KillScope.FUND:
            return value in book.funds
        case KillScope.TRADER:
            return value in book.users
        case KillScope.DESTINATION:
            return value in book.destinations
        case KillScope.SECURITY:
            return any(value in names_of(security) for security in book.securities.values())


def refuse_command(turn: Turn, command: object) -> Rejected | None:
    """Refuse a request about an order or placement that an active switch stops."""
    book = turn.book
    if not book.active_kills or not isinstance(command, RISKY):
        return None
    actor = turn.stamp.actor
    if isinstance(command, ReplacePlacement):
        placement = book.placements.get(command.placement_id)
        if placement is None:
            return None  # the handler says so
        target = placement_target(book, placement, actor)
    elif isinstance(command, PlaceBlock):
        block = book.blocks.get(command.block_id)
        if block is None or not block.order_ids:
            return None  # as above
        target = orders_target(book, block.order_ids, actor, destination=command.destination)
    elif isinstance(command, ProposeCross | ApproveCross):
        order_ids = _crossed(book, command)
        if not order_ids or any(order_id not in book.orders for order_id in order_ids):
            return None  # as above
        target = orders_target(book, order_ids, actor)
    else:
        order = book.orders.get(command.order_id)
        if order is None:
            return None  # as above
        going = command.destination if isinstance(command, CreatePlacement) else None
        target = order_target(book, order, actor, destination=going)
    return refuse(book.active_kills.values(), target)


def _crossed(book: Book, command: ProposeCross | ApproveCross) -> tuple[str, ...]:
    """The orders that a request about a cross would execute."""
    if isinstance(command, ProposeCross):
        return command.buy_order_id, command.sell_order_id
    cross = book.crosses.get(command.cross_id)
    return cross.order_ids if cross else ()
