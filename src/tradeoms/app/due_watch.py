"""Wakes the engine for what time brings: orders, bookings, copies that wait, old crosses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from tradeoms.app.engine import Engine
from tradeoms.app.handle import SYSTEM
from tradeoms.app.handlers.bookings import due_bookings
from tradeoms.app.handlers.copies import due_copies
from tradeoms.app.handlers.crosses import lapsing
from tradeoms.app.handlers.desk import due_orders
from tradeoms.app.handlers.unanswered import unanswered
from tradeoms.app.wire import Command

_LOOK_S: Final = 0.5


async def release_when_due(engine: Engine, submit: Callable[[Command], None]) -> None:
    """Look again and again; does not return. The engine looks once more when it decides."""
    while True:
        now = engine.identity.now()
        body = msgspec.Raw(b"{}")
        if any(due_orders(engine.book, now)):
            submit(Command(id=0, type="ReleaseDue", body=body, user=SYSTEM, channel="timer"))
        today = engine.book.trade_on or now.date()
        if any(due_bookings(engine.book, today=today, now=now)):
            submit(Command(id=0, type="BookDue", body=body, user=SYSTEM, channel="timer"))
        if any(due_copies(engine.book, now)):
            submit(Command(id=0, type="SettleCopies", body=body, user=SYSTEM, channel="timer"))
        if any(unanswered(engine.book, now)):
            submit(Command(id=0, type="DoubtInstructions", body=body, user=SYSTEM, channel="timer"))
        if lapsing(engine.book, now):
            submit(Command(id=0, type="LapseCrosses", body=body, user=SYSTEM, channel="timer"))
        await asyncio.sleep(_LOOK_S)
