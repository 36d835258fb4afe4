"""`journal`, `backup`, `restore`: the book of record, checked, copied and brought back."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
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
    _tell(found, "the journal is as it was written", as_json=json_)


@journal.command("replay")
def replay(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """Fold the journal anew and compare with the read models; exit code 1 if they differ.

    Example: tradeoms journal replay --json
    """
    settings = shell.settings(ctx)
    with _progress(shell.boot().reader(settings), "replaying") as progress:
        found = shell.boot().replay(settings, progress)
    _tell(found, "the read models are what the journal says", as_json=json_)


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
            body = row.body if isinstance(row.body, str) else row.body.decode()
            line = {"seq": row.seq, "subject": row.subject, "body": body, "chain": row.chain.hex()}
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
) -> None:
    """Restore a backup into an empty database and verify it.

    Example: tradeoms --data /var/lib/tradeoms-new restore /backups/2026-01-31.tradeoms
    """
    shell.boot().restore(shell.settings(ctx), file)
    typer.echo(f"{file} restored and verified")


def _tell(found: shell.Checked, good: str, *, as_json: bool) -> None:
    """Print what a check found: its public fields, whatever it has."""
    fields = getattr(found, "__dataclass_fields__", {})
    facts = {name: getattr(found, name) for name in fields}
    if as_json:
        shell.say_json({"ok": found.ok, **{name: _plain(value) for name, value in facts.items()}})
    else:
        typer.echo(good if found.ok else "NOT GOOD")
        for name, value in facts.items():
            if value not in (None, (), ""):
                typer.echo(f"  {name}: {_plain(value)}")
    if not found.ok:
        raise typer.Exit(shell.REFUSED)


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, str | int | None):
        return value
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return str(value)


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
