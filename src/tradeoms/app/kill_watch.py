"""Keeps the folder of the kill switches and the engine's journal together while the engine runs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from tradeoms.app.engine import Engine
from tradeoms.app.handle import SYSTEM
from tradeoms.app.kill_folder import KillFolder, reconcile
from tradeoms.app.wire import Command
from tradeoms.domain.kill.commands import RecordKillSwitch

_LOOK_S: Final = 0.2
#: A door writes the file and then asks the engine; only what nobody has asked for by then is ours.
_ASKED_WITHIN_S: Final = 5.0

log = structlog.get_logger(__name__)


def take_over(engine: Engine, folder: KillFolder) -> None:
    """Record, before anything else is decided, what was thrown while no engine ran."""
    unknown = _reconcile(engine, folder, older_than_s=0.0)
    if unknown:
        engine.run([as_item(each) for each in unknown])


async def keep_together(
    engine: Engine, folder: KillFolder, submit: Callable[[Command], None]
) -> None:
    """Look again and again; does not return."""
    while True:
        await asyncio.sleep(_LOOK_S)
        for each in _reconcile(engine, folder, older_than_s=_ASKED_WITHIN_S):
            submit(as_item(each))


def _reconcile(
    engine: Engine, folder: KillFolder, *, older_than_s: float
) -> list[RecordKillSwitch]:
    try:
        return reconcile(
            folder, engine.book.kill_switches, now=engine.identity.now(), older_than_s=older_than_s
        )
    except (OSError, ValueError, msgspec.DecodeError) as error:
        log.error("kill_switches_unreadable", detail=str(error))  # noqa: TRY400 - told each time
        return []


def as_item(command: RecordKillSwitch) -> Command:
    """The command as the engine takes it, from ourselves."""
    body = msgspec.Raw(msgspec.json.encode(command))
    return Command(id=0, type=type(command).__name__, body=body, user=SYSTEM, channel="kill")
