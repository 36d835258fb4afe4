"""Bring a database to the schema of this build, or refuse one that is newer.

The migrations travel inside the package. One runs at a time, in one transaction on both engines:
it is done whole or not at all.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from tradeoms.journal.database import database_path, open_engine
from tradeoms.kernel.errors import SchemaTooNew, SchemaTooOld

_FOLDER: Final = Path(__file__).parent / "migrations"
#: Key of the PostgreSQL advisory lock under which a migration runs ("oms" and 1, in ASCII).
_MIGRATION_LOCK: Final = 0x6F6D7301


def newest() -> str:
    """Return the newest revision that this build knows."""
    revision = ScriptDirectory(str(_FOLDER)).get_current_head()
    assert revision is not None
    return revision


def current(url: str | sa.URL) -> str | None:
    """Return the revision of the database, None where it has no schema yet."""
    target = sa.make_url(url)
    if target.get_backend_name() == "sqlite" and not database_path(target).exists():
        return None
    engine = open_engine(target, read_only=True)
    try:
        with engine.connect() as link:
            return _revision(link)
    finally:
        engine.dispose()


def check(url: str | sa.URL) -> None:
    """Return quietly if the database has exactly the schema of this build.

    Raises:
        SchemaTooNew: If a newer tradeoms wrote it.
        SchemaTooOld: If it needs `upgrade`.
    """
    found = current(url)
    _refuse_newer(found)
    if found != newest():
        raise SchemaTooOld(found=found, known=newest())


def upgrade(url: str | sa.URL, *, to: str = "head") -> str:
    """Migrate the database, creating what is not there; return its revision.

    Args:
        url: As for `open_engine`.
        to: Revision to stop at (a restore needs the one of its archive).

    Raises:
        SchemaTooNew: If a newer tradeoms wrote it. Nothing was changed.
    """
    engine = open_engine(url)
    try:
        with engine.begin() as link:
            if engine.dialect.name == "postgresql":
                link.exec_driver_sql("SET LOCAL statement_timeout = 0")
                link.exec_driver_sql("SET LOCAL lock_timeout = 0")
                link.execute(sa.select(sa.func.pg_advisory_xact_lock(_MIGRATION_LOCK)))
            _refuse_newer(_revision(link))
            config = Config()
            config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
            config.attributes["link"] = link
            command.upgrade(config, to)
            reached = _revision(link)
    finally:
        engine.dispose()
    assert reached is not None
    return reached


def known_revision(found: str) -> str:
    """Return ``found``, if this build knows it.

    Raises:
        SchemaTooNew: If it does not.
    """
    _refuse_newer(found)
    return found


def _revision(link: sa.Connection) -> str | None:
    return MigrationContext.configure(link).get_current_revision()


def _refuse_newer(found: str | None) -> None:
    known = {script.revision for script in ScriptDirectory(str(_FOLDER)).walk_revisions()}
    if found is not None and found not in known:
        raise SchemaTooNew(found=found, known=newest())
