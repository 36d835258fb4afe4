"""What all commands share: settings, the doors to the system, output and exit codes.

Commands reach the system through `tradeoms.bootstrap`, which is imported when it is needed.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol, cast

import typer

from tradeoms.kernel.numbers import parse_decimal

if TYPE_CHECKING:  # these take time to import, and `--help` needs none of them
    import sqlalchemy as sa

    from tradeoms.app.replica import Replica
    from tradeoms.app.wire import Outcome
    from tradeoms.journal.chain import Verdict
    from tradeoms.projections.rebuild import Replayed

REFUSED = 1
USAGE = 2
AsOf = Annotated[str, typer.Option(help="As it was then, as in 2026-01-31T16:30:00Z.")]
#: Acts for the machine's own tools where no person is named; only through the local socket.
SYSTEM = "system"

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the options before the command say."""

    data: Path | None = None


class Settings(Protocol):
    """The settings that commands read; `tradeoms.settings` has them all."""

    data: Path
    fix_config: Path | None
    socket: Path


class Door(Protocol):
    """A way to the engine."""

    def submit(self, name: str, command: object, *, dry_run: bool = False) -> Outcome:
        """Ask for ``command``; answered after the commit."""
        ...


class Boot(Protocol):
    """The functions of `tradeoms.bootstrap` that commands call."""

    def initialise(self, settings: Settings, progress: Progress) -> None:
        """Create the database, or bring it to this version."""
        ...

    def door(self, settings: Settings, user: str) -> AbstractContextManager[Door]:
        """Open a way to the engine for ``user``."""
        ...

    def reader(self, settings: Settings) -> sa.Engine:
        """Open the database for reading."""
        ...

    def replica(self, settings: Settings) -> Replica:
        """Copy the state, for what-if questions."""
        ...

    def run_compliance(
        self, settings: Settings, door: Door, run_id: str, progress: Callable[[int, int], None]
    ) -> None:
        """Compute a post-trade run that has been started, and hand its results in."""
        ...

    def verify(self, settings: Settings, progress: Progress) -> Verdict:
        """Recompute the chain of the journal."""
        ...

    def replay(self, settings: Settings, progress: Progress) -> Replayed:
        """Fold the journal anew and compare with the read models."""
        ...

    def backup(self, settings: Settings, path: Path) -> object:
        """Write a backup."""
        ...

    def restore(self, settings: Settings, path: Path, user: str) -> str:
        """Restore a backup; return the kill switch with which its engine starts."""
        ...


def boot() -> Boot:
    """The composition root."""
    return cast("Boot", importlib.import_module("tradeoms.bootstrap"))  # a module as a Protocol


def settings(ctx: typer.Context, **more: object) -> Settings:
    """The settings: from the environment and files, and what the command line adds."""
    wish = ctx.find_root().obj or Wish()
    given = {key: value for key, value in {"data": wish.data, **more}.items() if value is not None}
    try:
        found = importlib.import_module("tradeoms.settings").Settings(**given)
    except ValueError as error:  # pydantic names each field, its value and what is allowed
        fail(f"settings: {error}", code=USAGE)
    return cast("Settings", found)


def records(ctx: typer.Context, as_of: str = "") -> sa.Engine:
    """The database for reading, as it is, or as it was at the instant that ``as_of`` tells.

    The past is folded from the journal, which takes a while, unless the node has it already.
    """
    known = settings(ctx)
    database = boot().reader(known)
    if not as_of:
        return database
    at = instant(as_of, "--as-of")
    if at > importlib.import_module("tradeoms.app.identity").SystemClock().now():
        fail("--as-of: give an instant that is over", code=USAGE)
    past = importlib.import_module("tradeoms.app.past")
    with database.connect() as link:
        head = past.last_until(link, at)
    with progress_bar(head.seq, "folding the journal") as bar:
        found = past.open_past(
            database, known.data / "past", head,
            build=importlib.import_module("tradeoms.node").build_id(),
            progress=lambda seq: bar.update(bar.task_ids[0], completed=seq),
        )  # fmt: skip
    database.dispose()
    return cast("sa.Engine", found)


def instant(text: str, option: str) -> datetime:
    """The instant, in UTC, that ``option`` gives."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option}: {text!r} is no instant, write 2026-01-31T09:30:00Z", code=USAGE)
    if found.tzinfo is None:
        fail(f"{option}: say the time zone, as in 2026-01-31T09:30:00Z", code=USAGE)
    return found.astimezone(UTC)


def fail(message: str, *, code: int = REFUSED) -> NoReturn:
    """Say why on standard error, and stop with ``code``."""
    typer.echo(f"tradeoms: {message}", err=True)
    raise typer.Exit(code)


def say_json(data: object) -> None:
    """Print ``data`` as JSON."""
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def say_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print ``rows`` under ``columns``, as wide as they are."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    for row in (list(columns), *texts):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo(line.rstrip())


def finish(outcome: Outcome, *, done: str, as_json: bool) -> None:
    """Tell the answer of the engine; anything but `accepted` stops with exit code 1."""
    problems = [
        {"code": one.code, "field": one.field, "value": one.value, "detail": one.detail}
        for one in outcome.problems
    ]
    accepted = outcome.status == "accepted"
    if as_json:
        say_json({"status": outcome.status, "seq": outcome.seq, "problems": problems})
    elif accepted:
        typer.echo(done)
    for one in problems:
        place = f"{one['field']}: " if one["field"] else ""
        value = f" ({one['value']})" if one["value"] else ""
        typer.echo(f"{place}{one['code']}: {one['detail']}{value}", err=True)
    if not accepted:
        hint = "; the engine is busy, try again" if outcome.status == "busy" else ""
        fail(f"{outcome.status}, nothing was changed{hint}")


def submit(
    ctx: typer.Context,
    user: str,
    command: object,
    done: str | Callable[[dict[str, Any]], str],  # Any: JSON, the answer
    *,
    as_json: bool = False,
) -> None:
    """Ask the engine for ``command`` as ``user``, and tell its answer as `finish` does."""
    with boot().door(settings(ctx), user) as door:
        outcome = door.submit(type(command).__name__, command)
    if callable(done):
        accepted = outcome.status == "accepted"
        done = done(json.loads(bytes(outcome.answer))) if accepted else ""
    finish(outcome, done=done, as_json=as_json)


def number(text: str, option: str) -> Decimal | None:
    """The number that ``option`` gives; `None` where it was left out."""
    try:
        return parse_decimal(text) if text else None
    except ValueError:
        fail(f"{option}: {text!r} is no number", code=USAGE)


def progress_bar(total: int, text: str) -> Any:  # Any: a rich.progress.Progress
    """A progress bar on standard error, shown only to a person."""
    rich_console = importlib.import_module("rich.console")
    rich_progress = importlib.import_module("rich.progress")
    console = rich_console.Console(stderr=True)
    bar = rich_progress.Progress(console=console, disable=not sys.stderr.isatty())
    bar.add_task(text, total=total or None)
    return bar
