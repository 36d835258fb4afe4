"""`docs`: writes docs/generated from the code, so that its tables are never old."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tradeoms.commands import shell
from tradeoms.commands.fix_pages import fix_pages
from tradeoms.commands.openapi_page import openapi_page
from tradeoms.commands.pages import pages


def docs(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write.")] = Path("docs/generated"),
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if old.")] = False,
) -> None:
    """Write the generated pages: lifecycles, refusals, events, commands, rules of engagement.

    Example: tradeoms docs --check
    """
    made = {**pages(), **fix_pages(), "openapi.json": openapi_page()}
    old = [name for name, text in made.items() if _read(out / name) != text]
    if check:
        if old:
            shell.fail(f"old: {', '.join(old)}; run `tradeoms docs`")
        return
    out.mkdir(parents=True, exist_ok=True)
    for name in old:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(made[name], encoding="utf-8")
    typer.echo(f"{len(made)} pages, {len(old)} written")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
