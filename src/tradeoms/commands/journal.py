"""`journal`, `backup`, `restore`: the book of record, checked, copied and brought back."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Annotated, Final

import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.journal.store import Reader

journal = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The book of record.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
STEP: Final = 1_000


@journal.command("verify")
def verify(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """Recompute the hash chain of the whole journal; exit code 1 if an event is not as written.

    Example: tradeoms journal verify
    """
    settings = shell.settings(ctx)
    with _progress(shell.boot().reader(settings), "verifying") as progress:
        found = shell.boot().verify(settings, progress)
    facts = {
        "checked": found.checked,
        "seq": found.head.seq,
        "chain": found.head.chain.hex(),
        "fault": None if found.fault is None else str(found.fault.value),
        "fault_seq": found.seq,
    }
    _tell(facts, good=found.ok, text="the journal is as it was written", as_json=json_)


@journal.command("replay")
def replay(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """Fold the journal anew and compare with the read models; exit code 1 if they differ.

    Example: tradeoms journal replay --json
    """
    settings = shell.settings(ctx)
    with _progress(shell.boot().reader(settings), "replaying") as progress:
        found = shell.boot().replay(settings, progress)
    good = not found.differing
    facts = {
        "events": found.events,
        "state_hash": found.state_hash,
        "differing": ", ".join(found.differing) or None,
    }
    _tell(facts, good=good, text="the read models are what the journal says", as_json=json_)


@journal.command("export")
def export(
    ctx: typer.Context,
    file: Annotated[str, typer.Argument(help="File to write; - is standard output.")] = "-",
    *,
    after: Annotated[int, typer.Option(min=0, help="Only events behind this number.")] = 0,
) -> None:
    """Write the journal as JSON lines: seq, subject, body as it was hashed, chain.

    Example: tradeoms journal export journal.jsonl --after 120000
    """
    engine = shell.boot().reader(shell.settings(ctx))
    with _open(file) as out, _progress(engine, "exporting") as progress:
        count = 0
        for row in Reader(engine).read(after):
            line = {
                "seq": row.seq,
                "subject": row.subject,
                "body": row.body.decode(),
                "chain": row.chain.hex(),
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
            count += 1
            if count % STEP == 0:
                progress(row.seq)
    typer.echo(f"{count} events written", err=True)


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write; must not exist.")],
) -> None:
    """Write a consistent backup while the node runs; it carries its own checksum.

    Example: tradeoms backup /backups/2026-01-31.tradeoms
    """
    shell.boot().backup(shell.settings(ctx), file)
    typer.echo(f"backup written to {file}")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(exists=True, help="A backup.")],
    *,
    user: Annotated[
        str, typer.Option(envvar="TRADEOMS_USER", help="Who does it; another person releases.")
    ] = "system",
) -> None:
    """Restore a backup into an empty database and verify it; the node then starts halted.

    Example: tradeoms --data /var/lib/new restore /backups/2026-01-31.tradeoms --user ops.otto
    """
    switch = shell.boot().restore(shell.settings(ctx), file, user)
    typer.echo(f"{file} restored and verified")
    typer.echo(f"no order leaves until another person releases kill switch {switch}:")
    typer.echo("  start the node, let every session log on, settle `tradeoms breaks list`, then")
    typer.echo(f"  tradeoms kill release {switch} --user PERSON --reason TEXT")


def _tell(facts: Mapping[str, object], *, good: bool, text: str, as_json: bool) -> None:
    """Print what a check found; exit code 1 where it is not good."""
    if as_json:
        shell.say_json({"ok": good, **facts})
    else:
        typer.echo(text if good else f"NOT SO: {text}")
        for name, value in facts.items():
            if value is not None:
                typer.echo(f"  {name}: {value}")
    if not good:
        raise typer.Exit(shell.REFUSED)


@contextlib.contextmanager
def _progress(engine: sa.Engine, text: str) -> Iterator[shell.Progress]:
    """A bar over the journal; yields what is called with the last number done."""
    total = Reader(engine).head().seq
    with shell.progress_bar(total, text) as bar:
        yield lambda seq: bar.update(bar.task_ids[0], completed=seq)


@contextlib.contextmanager
def _open(file: str) -> Iterator[IO[str]]:
    if file == "-":
        yield sys.stdout
        return
    with Path(file).open("w", encoding="utf-8") as out:
        yield out
