"""From an event that must leave the house to the instruction for its gateway.

The instruction is complete: the gateway looks nothing up, and its guard checks it against what it
has sent before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from tradeoms.app.instruction import Instruction, InstructionKind
from tradeoms.app.target import placement_target
from tradeoms.domain.allocation.methods import spread
from tradeoms.domain.breaks.events import DontKnowRequested
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement import events as e
from tradeoms.domain.placement.algo import Algo
from tradeoms.domain.placement.parts import Portion
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.contracts import contract_of
from tradeoms.domain.session.events import SessionActionRequested
from tradeoms.domain.session.state import ActionKind
from tradeoms.kernel.enums import OrderType, Side, TimeInForce
from tradeoms.kernel.numbers import ZERO
from tradeoms.projections.book import Book

#: Actions on a session that are instructions of its outbox.
_OF_SESSIONS: Final = {
    ActionKind.MASS_CANCEL: InstructionKind.MASS_CANCEL,
    ActionKind.PLACE_LIST: InstructionKind.PROGRAM,
}
#: A new order or replace that could not leave within this time is stale: the market has moved.
SEND_WITHIN: Final = timedelta(seconds=60)


def instruction_for(
    event: object, book: Book, *, number: int, epoch: int, build: str
) -> Instruction | None:
    """The message that ``event``, already folded into ``book``, asks to be sent; `None` if none."""
    if isinstance(event, SessionActionRequested):
        return _of_session(event, book, number=number, epoch=epoch, build=build)
    placement = book.placements.get(getattr(event, "placement_id", ""))
    if placement is None or placement.manual:
        return None  # what is asked by telephone goes out over no session
    match event:
        case e.PlacementCreated():
            base = _base(placement, book, number=number, epoch=epoch, build=build)
            asked = _asking(base, event, placement.algo, executed=ZERO)
            accounts = _accounts(placement, book, placement.quantity)
            return replace(
                asked, program=event.program, program_seq=event.program_seq, accounts=accounts
            )
        case e.ReplaceRequested():
            base = _base(placement, book, number=number, epoch=epoch, build=build)
            algo = placement.requests[-1].algo
            asked = _asking(base, event, algo, executed=placement.cum_qty)
            accounts = _accounts(placement, book, event.quantity, event.parts, asked=True)
            return replace(asked, accounts=accounts)
        case e.CancelRequested():
            base = _base(placement, book, number=number, epoch=epoch, build=build)
            return replace(
                base,
                kind=InstructionKind.CANCEL,
                cl_ord_id=event.cl_ord_id,
                orig_cl_ord_id=event.orig_cl_ord_id,
                created_at=event.at,
                mass_cancel=event.mass_cancel,
            )
        case _:
            return None


def draft(
    event: e.PlacementCreated | e.ReplaceRequested, placement: Placement, book: Book
) -> Instruction:
    """What ``event`` would send, before it is recorded and without its algorithm."""
    base = _base(placement, book, number=0, epoch=0, build="")
    return _asking(base, event, None, executed=placement.cum_qty)


def _asking(
    base: Instruction,
    event: e.PlacementCreated | e.ReplaceRequested,
    algo: Algo | None,
    *,
    executed: Decimal,
) -> Instruction:
    """A new order or replace; what it shows and its least fill are at most its rest."""
    new = replace(
        base,
        created_at=event.at,
        not_after=event.at + SEND_WITHIN,
        algo=algo.fields if algo else (),
    )
    if isinstance(event, e.PlacementCreated):
        return new
    left = event.quantity - executed
    return replace(
        new,
        kind=InstructionKind.REPLACE,
        cl_ord_id=event.cl_ord_id,
        orig_cl_ord_id=event.orig_cl_ord_id,
        quantity=event.quantity,
        limit_price=event.limit_price,
        stop_price=event.stop_price,
        display_quantity=_at_most(base.display_quantity, left),
        min_quantity=_at_most(base.min_quantity, left),
    )


def _at_most(portion: Decimal | None, whole: Decimal) -> Decimal | None:
    return None if portion is None else min(portion, whole)


def status_instruction(
    placement: Placement, book: Book, *, number: int, epoch: int, build: str
) -> Instruction:
    """Ask the counterparty what it knows of a placement (FIX H)."""
    base = _base(placement, book, number=number, epoch=epoch, build=build)
    return replace(base, kind=InstructionKind.STATUS, orig_cl_ord_id=placement.orig_cl_ord_id)


def dont_know_instruction(
    found: Break, asked: DontKnowRequested, *, number: int, epoch: int, build: str
) -> Instruction:
    """Tell the counterparty that the trade of a break is not ours (FIX Q)."""
    bare = _bare(found.session, at=asked.at, number=number, epoch=epoch, build=build)
    return replace(
        bare,
        kind=InstructionKind.DONT_KNOW,
        cl_ord_id=asked.cl_ord_id,
        symbol=found.symbol,
        side=found.side or Side.BUY,
        quantity=found.quantity,
        text=asked.reason,
        dk_reason=asked.dk_reason,
        answers=found.raw,
    )


def _of_session(
    event: SessionActionRequested, book: Book, *, number: int, epoch: int, build: str
) -> Instruction | None:
    """Cancel all open orders of a session, of one security or list (FIX q, K); or end a list."""
    kind = _OF_SESSIONS.get(ActionKind(event.action))
    if kind is None:
        return None
    bare = _bare(event.session, at=event.at, number=number, epoch=epoch, build=build)
    asked = replace(
        bare,
        kind=kind,
        orig_cl_ord_id=event.program,
        program=event.program,
        cl_ord_id=event.cl_ord_id,
        action_id=event.action_id,
        security_id=event.security_id,
    )
    if not event.security_id:
        return asked
    security = book.securities[event.security_id]
    return replace(
        asked,
        symbol=security.symbol,
        identifiers=security.identifiers,
        security_type=security.asset_type,
        currency=security.currency,
        mic=security.mic,
        price_factor=security.factor,
        contract=contract_of(security),
    )


def _bare(session: str, *, at: datetime, number: int, epoch: int, build: str) -> Instruction:
    """A message about no order of ours: all that an order would have is empty."""
    return Instruction(
        number=number,
        kind=InstructionKind.STATUS,
        session=session,
        placement_id="",
        order_id="",
        cl_ord_id="",
        orig_cl_ord_id="",
        broker_order_id="",
        symbol="",
        identifiers=(),
        security_type="",
        currency="",
        mic="",
        side=Side.BUY,
        quantity=ZERO,
        order_type=OrderType.MARKET,
        limit_price=None,
        stop_price=None,
        time_in_force=TimeInForce.DAY,
        expire_on=None,
        account="",
        text="",
        approved_quantity=ZERO,
        check_id="",
        epoch=epoch,
        build=build,
        created_at=at,
        not_after=None,
    )


def posttrade_instruction(
    placement: Placement, book: Book, *, number: int, epoch: int, build: str
) -> Instruction:
    """What a message after trading says of its placement, FIX J or AU."""
    base = _base(placement, book, number=number, epoch=epoch, build=build)
    return replace(base, orig_cl_ord_id=placement.cl_ord_id, text="")


def _base(placement: Placement, book: Book, *, number: int, epoch: int, build: str) -> Instruction:
    order = book.orders[placement.order_ids[0]]
    security = book.securities[placement.security_id]
    target = placement_target(book, placement)
    fund = book.funds.get(next(iter(target.funds)))
    return Instruction(
        number=number,
        kind=InstructionKind.NEW,
        session=placement.destination,
        placement_id=placement.id,
        order_id=placement.order_id,
        cl_ord_id=placement.cl_ord_id,
        orig_cl_ord_id="",
        broker_order_id=placement.broker_order_id,
        symbol=security.symbol,
        identifiers=security.identifiers,
        security_type=security.asset_type,
        currency=security.currency,
        mic=security.mic,
        side=placement.side,
        quantity=placement.quantity,
        order_type=placement.order_type,
        limit_price=placement.limit_price,
        stop_price=placement.stop_price,
        time_in_force=placement.time_in_force,
        expire_on=placement.expire_on,
        account=fund.account if fund and len(target.funds) == 1 else "",
        text=placement.text,
        approved_quantity=_approved(placement, book),
        check_id=order.check_id,
        epoch=epoch,
        build=build,
        created_at=placement.created_at,
        not_after=None,
        price_factor=security.factor,
        funds=tuple(sorted(target.funds)),
        people=tuple(sorted(target.people)),
        security_id=security.id,
        contract=contract_of(security),
        display_quantity=placement.display_quantity,
        min_quantity=placement.min_quantity,
    )


def _accounts(
    placement: Placement,
    book: Book,
    quantity: Decimal,
    parts: Sequence[Portion] = (),
    *,
    asked: bool = False,
) -> tuple[tuple[str, Decimal], ...]:
    """(account, units) of ``quantity`` units, as the statements of the orders would share them.

    Args:
        placement: Before a replace is answered.
        book: Where the orders are.
        quantity: All units, executed ones included.
        parts: The new units of each order where several share it; empty where they stay.
        asked: Whether orders are amended with it: then by what they are to be.
    """
    units = {part.order_id: part.quantity for part in parts or placement.parts}
    lot = book.securities[placement.security_id].lot
    given: dict[str, Decimal] = {}
    for order_id, share in (units or {placement.order_id: quantity}).items():
        pending = book.orders[order_id].pending if asked else None
        stated = pending.legs if pending is not None else book.allocations[order_id].stated
        if not any(each.quantity for each in stated):
            return ()
        for leg, part in zip(
            stated, spread([each.quantity for each in stated], share, lot), strict=True
        ):
            fund = book.funds[leg.fund]
            account = fund.account or fund.code
            given[account] = given.get(account, ZERO) + part
    return tuple((account, part) for account, part in given.items() if part)


def _approved(placement: Placement, book: Book) -> Decimal:
    """Units that all placements of the order, or all that a block's orders share, may come to.

    An order may have placements of its own and others that it shares; each kind is allowed what the
    other leaves. What an order had of its block stays allowed after the order has left it.
    """
    if not placement.parts:
        return _allowed(book, placement.order_id) - _shared(book, placement.order_id)
    orders = {
        each
        for other in book.placements_for(placement.order_ids[0])
        if other.order_id == placement.order_id
        for each in other.order_ids
    }
    block = book.blocks.get(placement.block_id)
    orders.update(block.order_ids if block else ())
    return sum((_allowed_together(book, placement, each) for each in orders), ZERO)


def _allowed(book: Book, order_id: str) -> Decimal:
    """Units that compliance allowed for the order, under its terms or those asked for."""
    order = book.orders[order_id]
    return max(order.quantity, order.pending.quantity if order.pending else ZERO)


def _allowed_together(book: Book, placement: Placement, order_id: str) -> Decimal:
    """Units of an order that may be in placements of its block."""
    mine = book.placements_for(order_id)
    here = [each for each in mine if each.order_id == placement.order_id]
    committed = sum((each.committed_to(order_id) for each in here), ZERO)
    order = book.orders[order_id]
    in_block = book.block_of.get(order_id) == placement.block_id
    if not in_block or order.is_closed or order.phase is not Phase.RELEASED:
        return committed
    elsewhere = sum((each.committed_to(order_id) for each in mine if each not in here), ZERO)
    return max(committed, _allowed(book, order_id) - elsewhere)


def _shared(book: Book, order_id: str) -> Decimal:
    """Units of an order that are in placements it shares."""
    placements = (each for each in book.placements_for(order_id) if each.parts)
    return sum((each.committed_to(order_id) for each in placements), ZERO)
