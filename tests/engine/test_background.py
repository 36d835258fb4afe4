"""What runs beside the engine ends the process where it fails: nothing stops unseen."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from tradeoms.app.background import run_for_ever
from tradeoms.bootstrap import EXIT_FAILED

Work = Callable[[], Coroutine[Any, Any, None]]

#: The engine process, with a book in which the watch of crosses cannot look.
BROKEN = """
import asyncio, sys
from pathlib import Path
from tradeoms import bootstrap
from tradeoms.settings import Settings
settings = Settings(data=Path(sys.argv[1]), _env_file=None)
with bootstrap.engine_of(settings) as (engine, _):
    engine.book.waiting_crosses = None
    asyncio.run(bootstrap._serve_engine(engine, settings))
"""


async def fail() -> None:
    await asyncio.sleep(0)
    raise ValueError("broken")


async def end() -> None:
    await asyncio.sleep(0)


async def stay() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize(("work", "told"), [(fail, "broken"), (end, "end ended")])
def test_work_that_ends_is_told(work: Work, told: str) -> None:
    async def run() -> str:
        heard: asyncio.Future[Exception] = asyncio.get_running_loop().create_future()
        run_for_ever(work(), heard.set_result)
        return str(await asyncio.wait_for(heard, 10))

    assert asyncio.run(run()) == told


def test_work_that_is_canceled_ends_nothing() -> None:
    async def run() -> list[Exception]:
        heard: list[Exception] = []
        task = run_for_ever(stay(), heard.append)
        task.cancel()
        await asyncio.wait({task}, timeout=10)
        return heard

    assert asyncio.run(run()) == []


def test_an_engine_whose_watch_fails_ends_and_says_why(data: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BROKEN, str(data)], capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == EXIT_FAILED, done.stderr
    assert "engine stops: AttributeError" in done.stderr
