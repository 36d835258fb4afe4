"""Work that goes on beside the engine for as long as it runs, and must not end unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

log = structlog.get_logger(__name__)


def run_for_ever(
    work: Coroutine[Any, Any, None],  # Any: whatever is sent into it
    on_death: Callable[[Exception], None],
) -> asyncio.Task[None]:
    """Start ``work``; where it ends, but by being canceled, ``on_death`` gets the reason.

    A task that fails says nothing: kill switches would no longer be taken over, and what is due
    would wait, with an engine that looks well.
    """

    def ended(task: asyncio.Task[None]) -> None:
        if task.cancelled():
            return
        error = task.exception()
        log.error("background_work_ended", work=task.get_name(), exc_info=error)
        on_death(
            error if isinstance(error, Exception) else RuntimeError(f"{task.get_name()} ended")
        )

    task = asyncio.create_task(work, name=str(getattr(work, "__qualname__", work)))
    task.add_done_callback(ended)
    return task
