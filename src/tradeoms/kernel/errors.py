"""Infrastructure failures: what the machinery around a decision can die of.

A refused request is a value (`Rejected`), a disagreement with the world is an event (a break), a
bug of our own is an `assert`. What remains is here. Each exception takes data, keeps it as
attributes and writes its own message.
"""

from __future__ import annotations

from collections.abc import Sequence


class TradeomsError(Exception):
    """Root of every infrastructure failure in tradeoms."""


class CommitFailed(TradeomsError):
    """A group commit failed; the writer that raised this never writes again.

    Attributes:
        outcome_known: True where nothing was written. False where COMMIT itself failed: the batch
            may stand in the database, and only a restart that reads the head can tell.
        detail: What the database said.
    """

    def __init__(self, *, outcome_known: bool, detail: str) -> None:
        """Keep what is known."""
        self.outcome_known = outcome_known
        self.detail = detail
        outcome = "nothing was written" if outcome_known else "the outcome is unknown"
        super().__init__(f"commit failed, {outcome}: {detail}")


class Fenced(TradeomsError):
    """Another engine took the lease; the writer of the older epoch wrote nothing and must stop."""

    def __init__(self, *, epoch: int) -> None:
        """Keep the epoch that is no longer the leader's."""
        self.epoch = epoch
        super().__init__(f"epoch {epoch} no longer holds the lease; nothing was written")


class LeaseHeld(TradeomsError):
    """Another engine is running on this database."""

    def __init__(self, *, database: str, holder: str) -> None:
        """Keep which database, and who holds it."""
        self.database = database
        self.holder = holder
        super().__init__(f"{database} is held by another engine: {holder or 'unknown holder'}")


class SchemaTooNew(TradeomsError):
    """The database was written by a newer tradeoms than this one."""

    def __init__(self, *, found: str, known: str) -> None:
        """Keep the revision found and the newest one this build knows."""
        self.found = found
        self.known = known
        super().__init__(
            f"the database has schema {found}, this tradeoms knows none newer than {known}: "
            "run the newer tradeoms, or restore a backup made before the upgrade"
        )


class SchemaTooOld(TradeomsError):
    """The database has not been migrated to the schema of this tradeoms."""

    def __init__(self, *, found: str | None, known: str) -> None:
        """Keep the revision found (None: no schema at all) and the one needed."""
        self.found = found
        self.known = known
        super().__init__(
            f"the database has schema {found or 'none'}, this tradeoms needs {known}: "
            "run `tradeoms init`"
        )


class DatabaseUnfit(TradeomsError):
    """The database does not give the guarantees the journal needs."""

    def __init__(self, *, setting: str, found: object, needed: object) -> None:
        """Keep the setting, its value and the value it must have."""
        self.setting = setting
        self.found = found
        self.needed = needed
        super().__init__(f"database setting {setting} is {found!r}, the journal needs {needed!r}")


class JournalCorrupt(TradeomsError):
    """The journal is not what was written.

    Attributes:
        seq: First event that is wrong; 0 is the genesis row.
        what: What is wrong with it.
    """

    def __init__(self, *, seq: int, what: str) -> None:
        """Keep the place and the fault."""
        self.seq = seq
        self.what = what
        super().__init__(f"the journal is corrupt at event {seq}: {what}")


class ControlsDiffer(TradeomsError):
    """Rules, rights or switches in the database are not what the journal says.

    Attributes:
        rows: Every row that differs, as `table key`.
    """

    def __init__(self, *, rows: Sequence[str]) -> None:
        """Keep the rows."""
        self.rows = tuple(rows)
        named = ", ".join(self.rows[:5]) + (", ..." if len(self.rows) > 5 else "")
        super().__init__(
            f"the database was changed past the engine ({named}): nothing is started; find out "
            "who did it, then restore a backup"
        )


class UnknownEvent(TradeomsError):
    """The journal holds an event that this build cannot read."""

    def __init__(self, *, event_type: str, version: int) -> None:
        """Keep the type and the schema version found."""
        self.event_type = event_type
        self.version = version
        super().__init__(f"cannot read event {event_type} version {version}")


class ArchiveInvalid(TradeomsError):
    """A backup archive is incomplete, altered or of an unknown format."""

    def __init__(self, *, path: str, reason: str) -> None:
        """Keep the archive and what is wrong with it."""
        self.path = path
        self.reason = reason
        super().__init__(f"archive {path} cannot be used: {reason}")


class TargetNotEmpty(TradeomsError):
    """A restore was pointed at a database, or a backup at a file, that already holds something."""

    def __init__(self, *, target: str) -> None:
        """Keep what is in the way."""
        self.target = target
        super().__init__(f"{target} already holds data; nothing was changed")
