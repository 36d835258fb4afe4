"""`init`, `serve`, `demo`, `bench`: what starts something."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated

import typer

from tradeoms.commands import shell
from tradeoms.commands.people import ask_password
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.imports.users import hash_password
from tradeoms.kernel.enums import Role

ADMIN_PASSWORD = "TRADEOMS_ADMIN_PASSWORD"  # noqa: S105 - the name of a variable


def init(
    ctx: typer.Context,
    *,
    admin: Annotated[
        str, typer.Option(help="Log-in name of the first admin to create.", show_default=False)
    ] = "",
    admin_name: Annotated[str, typer.Option(help="The admin's full name.")] = "",
) -> None:
    """Create the database, or bring it to this version; create the first admin.

    The password comes from TRADEOMS_ADMIN_PASSWORD, or is asked for.

    Example: tradeoms --data /var/lib/tradeoms init --admin ada --admin-name "Ada Admin"
    """
    settings = shell.settings(ctx)
    password = ask_password(admin, variable=ADMIN_PASSWORD) if admin else ""
    with shell.progress_bar(0, "bringing the database to this version") as bar:
        shell.boot().initialise(settings, lambda seq: bar.update(bar.task_ids[0], completed=seq))
    typer.echo(f"database ready in {settings.data}", err=True)
    if not admin:
        return
    row = UserRow(
        id=admin,
        name=admin_name or admin,
        grants=(Grant(role=Role.ADMIN),),
        password_hash=hash_password(password),
    )
    with shell.boot().door(settings, shell.SYSTEM) as door:
        outcome = door.submit("LoadUsers", LoadUsers(users=(row,)))
    shell.finish(outcome, done=f"admin {admin} may sign in", as_json=False)


def serve(
    ctx: typer.Context,
    *,
    host: Annotated[str | None, typer.Option(help="Address that REST listens on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port that REST listens on.")] = None,
    workers: Annotated[int | None, typer.Option(help="REST processes.")] = None,
) -> None:
    """Run the node until it is stopped: engine, REST and the web blotter, FIX gateways.

    Example: tradeoms serve --port 8080
    """
    settings = shell.settings(ctx, host=host, port=port, rest_workers=workers)
    raise typer.Exit(importlib.import_module("tradeoms.node").serve(settings))


def demo(
    *,
    script: Annotated[
        bool, typer.Option("--script", help="Play one day, compare ledgers, print JSON, exit.")
    ] = False,
    rebalance: Annotated[
        str, typer.Option(help="Work a rebalance of FUNDSxSECURITIES to its end, print JSON, exit.")
    ] = "",
    files: Annotated[
        Path | None,
        typer.Option(help="Only write the demo's files into this folder.", show_default=False),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the live demo.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Folder of the live demo; emptied first.")] = Path(
        "var/demo"
    ),
) -> None:
    """Run everything with demo data and simulators; Ctrl-C stops it.

    Example: tradeoms demo --script
    """
    if files is not None:
        write_files(files)
        return
    if rebalance:
        size = rebalance.split("x")
        if len(size) != 2 or not all(part.isdecimal() and 0 < int(part) < 1000 for part in size):
            shell.fail("--rebalance: FUNDSxSECURITIES, as 5x50", code=shell.USAGE)
        worked = importlib.import_module("tradeoms.demo.rebalance")
        raise typer.Exit(worked.run(int(size[0]), int(size[1])))
    play = importlib.import_module("tradeoms.demo.play")
    raise typer.Exit(play.script() if script else play.live(port=port, folder=folder))


def write_files(folder: Path) -> None:
    """Write the files of the demo's universe, in the order in which to load them."""
    universe = importlib.import_module("tradeoms.demo.universe")
    built = universe.build()
    folder.mkdir(parents=True, exist_ok=True)
    for kind in universe.ORDER:
        path = folder / f"{kind}.{built.formats[kind]}"
        path.write_text(built.files[kind], encoding="utf-8")
        typer.echo(f"tradeoms load {kind} {path}")


def bench(
    *,
    name: Annotated[str, typer.Argument(help="One benchmark; all without it.")] = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure throughput and latency on this machine.

    Example: tradeoms bench compliance --json
    """
    module = importlib.import_module("tradeoms.bench")
    raise typer.Exit(module.run(name, as_json=json_))
