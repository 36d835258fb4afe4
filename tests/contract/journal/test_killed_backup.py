"""A backup whose process is killed leaves the one before, and no half of a new one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from tests.contract.journal.book import MakeEngine, batch_of, founded
from tradeoms.app.lease import acquire
from tradeoms.journal import backup
from tradeoms.journal.store import Writer

#: Dies when all is written, before it was read back.
KILLED = """
import os, signal, sys
from pathlib import Path
from tradeoms.journal import backup
backup.check_sum = lambda path: os.kill(os.getpid(), signal.SIGKILL)
backup.dump(sys.argv[1], Path(sys.argv[2]))
"""


def test_c17_a_backup_killed_on_its_way_leaves_the_one_before_and_the_next_one_works(
    sqlite_url: sa.URL, make_engine: MakeEngine, tmp_path: Path
) -> None:
    engine = founded(sqlite_url, make_engine)
    lease = acquire(engine, holder="first")
    writer = Writer(engine, epoch=lease.epoch)
    writer.commit(batch_of(1, 2, 3))
    writer.close()
    lease.release()
    before = tmp_path / "monday"
    head = backup.dump(engine.url, before)
    url = engine.url.render_as_string(hide_password=False)
    target = tmp_path / "tuesday"
    done = subprocess.run([sys.executable, "-c", KILLED, url, str(target)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert not target.exists()
    assert backup.examine(before) == head
    assert backup.dump(engine.url, target) == head
