"""A restored database starts halted: it knows less than the brokers, which a person sees first.

`restore` notes itself in the transaction that loads the archive. Before an engine on that database
decides anything, it throws a kill switch for the firm for every note that the journal does not
know: whatever is interrupted, nothing is loaded without its halt. The switch cancels nothing and
lets status requests pass, by which what is open is compared with the brokers.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from tradeoms.app.engine import Engine
from tradeoms.app.kill_folder import new_id
from tradeoms.app.kill_watch import as_item
from tradeoms.app.upgrade import upgrade
from tradeoms.domain.kill.commands import RecordKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.journal import backup
from tradeoms.journal.tables import restorations
from tradeoms.projections.project import micros
from tradeoms.projections.touched import EPOCH


def restore(path: Path, url: str | sa.URL, *, by: str, at: datetime) -> str:
    """Fill an empty database from an archive, and verify it.

    Args:
        path: The archive.
        url: As for `open_engine`.
        by: Who restores; another person lets orders leave again.
        at: The time.

    Returns:
        The id of the kill switch that its engines begin with.

    Raises:
        As `journal.backup.restore`.
    """
    note = backup.Restoration(
        id=new_id(at), archive=path.name, restored_by=by, restored_at=micros(at)
    )
    backup.restore(path, url, note)
    upgrade(url)
    return note.id


def halt_where_restored(engine: Engine, reading: sa.Engine) -> None:
    """Throw the switch of every restore that the journal does not know yet."""
    unknown = [
        each for each in _switches(reading) if each.switch_id not in engine.book.kill_switches
    ]
    if unknown:
        engine.run([as_item(each) for each in unknown])


def _switches(reading: sa.Engine) -> Iterator[RecordKillSwitch]:
    with reading.connect() as link:
        for note in link.execute(sa.select(restorations).order_by(restorations.c.id)):
            yield RecordKillSwitch(
                switch_id=note.id,
                kind=KillScope.FIRM,
                value="",
                reason=f"restored from {note.archive}: compare with every broker, then release",
                cancel_open=False,
                thrown_by=note.restored_by,
                thrown_at=EPOCH + timedelta(microseconds=note.restored_at),
            )
