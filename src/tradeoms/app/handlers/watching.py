"""What a new day or new reference data means for orders that are at brokers or at the desk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from tradeoms.app.dispatch import status_instruction
from tradeoms.app.turn import Turn
from tradeoms.domain.order.events import OrderHeld
from tradeoms.domain.order.state import HOLDABLE
from tradeoms.domain.placement.agreement import STANDING, doubt_expiry
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.state import Security
from tradeoms.kernel.enums import TimeInForce


def ask_status(turn: Turn, placement: Placement) -> None:
    """Ask the counterparty what it knows of a placement (FIX H)."""
    instruction = status_instruction(
        placement, turn.book, number=turn.number + 1, epoch=turn.epoch, build=turn.build
    )
    turn.send(replace(instruction, created_at=turn.at))


def doubt_open(turn: Turn, trade_on: date) -> None:
    """Ask about every placement that should be over by ``trade_on`` and that no broker ended.

    Each is a break until its broker answers; nothing is closed on our own word.
    """
    late = [p for p in turn.book.placements.values() if p.is_open and _is_late(p, trade_on)]
    for number, placement in enumerate(late, len(STANDING)):
        ask_status(turn, placement)
        if (placement.id, BreakKind.EXPIRY_UNCONFIRMED) not in turn.book.standing:
            opened = doubt_expiry(placement, number=number, stamp=turn.stamp)
            turn.emit(opened, opened.break_id)


def _is_late(placement: Placement, trade_on: date) -> bool:
    if placement.time_in_force is TimeInForce.GTC:
        return False
    return placement.expire_on is None or placement.expire_on < trade_on


def describe_change(before: Security, after: Security) -> str:
    """What of a security changed that an open order rests on; empty where nothing did.

    An identifier that is new is no change; another value of a scheme that it had is.
    """
    names = ("symbol", "mic", "currency", "factor", "lot")
    changed = [
        f"{name} {getattr(before, name)} became {getattr(after, name)}"
        for name in names
        if getattr(before, name) != getattr(after, name)
    ]
    known = dict(before.identifiers)
    changed += [
        f"{scheme} {known[scheme]} became {value}"
        for scheme, value in after.identifiers
        if scheme != "ticker_mic" and known.get(scheme, value) != value
    ]
    return ", ".join(changed)


def hold_changed(turn: Turn, security_id: str, change: str) -> None:
    """Hold the orders of a security that is not what it was; what is at brokers stays there."""
    held = [
        order
        for order in turn.book.orders.values()
        if order.security_id == security_id and order.phase in HOLDABLE and not order.is_closed
    ]
    for order in held:
        reason = f"the security changed: {change}"
        turn.emit(OrderHeld(order_id=order.id, reason=reason, at=turn.at), order.id)
        turn.reserve(order.id)
