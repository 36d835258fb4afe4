"""How many instants of the past are folded at once, and how many may wait."""

from __future__ import annotations

import asyncio
import fcntl
import os
from pathlib import Path

import pytest

from tests.engine.house import opened
from tradeoms.app.past import Past, PastBusy
from tradeoms.journal.store import Head
from tradeoms.settings import Settings


def folding() -> list[str]:
    """The processes that this one has started to fold the past."""
    found = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    pids = [pid for each in found for pid in each.read_text().split()]
    lines = [Path(f"/proc/{pid}/cmdline").read_text() for pid in pids]
    return [line for line in lines if "tradeoms.app.past" in line]


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="children are listed by Linux")
def test_one_is_folded_and_four_wait_and_no_more_are_begun(data: Path, tmp_path: Path) -> None:
    with opened(data):
        pass
    folder = tmp_path / "past"
    folder.mkdir()
    past = Past(Settings(data=data).url, folder)

    def ask(seq: int) -> asyncio.Task[object]:
        return asyncio.create_task(past.database(Head(seq, bytes([seq]) * 8)))

    async def run() -> None:
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process folds: the first one here must wait
            tasks = [ask(seq) for seq in range(1, 6)]
            while not folding():
                await asyncio.wait(tasks, timeout=0.05)
            await asyncio.wait(tasks, timeout=1)
            assert len(folding()) == 1
            for _ in range(2):
                with pytest.raises(PastBusy):
                    await ask(6)
            assert not any(task.done() for task in tasks)
            again = ask(5)
        await asyncio.gather(*tasks, again)
        await ask(6)
        await past.close()

    asyncio.run(run())
    assert len(list(folder.glob("*.db"))) == 6
