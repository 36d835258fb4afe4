"""`compliance` and `fix`: case files, post-trade runs, and the FIX sessions that are set up."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.compliance.cases import run_cases
from tradeoms.domain.case.commands import StartRun
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dialect import load_dialect
from tradeoms.fix.session_config import load_session
from tradeoms.journal.tables import outbox, watermarks
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import plain
from tradeoms.projections.paging import Scope
from tradeoms.projections.queries_cases import one_run

compliance = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Compliance.")
fix = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="FIX sessions.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SESSION_COLUMNS: Final = (
    "session", "version", "sender", "target", "address", "dialect", "instructions", "journal row",
)  # fmt: skip


@compliance.callback()
def _compliance() -> None:
    """Compliance."""


@fix.callback()
def _fix() -> None:
    """FIX sessions."""


@compliance.command("cases")
def cases(
    file: Annotated[Path, typer.Argument(help="JSON file of worked cases.")],
    *,
    json_: AsJson = False,
) -> None:
    """Run a file of worked cases: a line for every failing one, then the count.

    Example: tradeoms compliance cases compliance_cases.json
    """
    try:
        report = run_cases(file)
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        shell.fail(f"{file} is not a file of cases: {error}")
    if json_:
        failed = [
            {"id": one.case_id, "expected": one.expected, "got": one.got} for one in report.failures
        ]
        shell.say_json({"passed": len(report.passed), "failed": failed})
    else:
        for line in report.lines():
            typer.echo(line)
    if report.failures:
        raise typer.Exit(shell.REFUSED)


@compliance.command("run")
def run(
    ctx: typer.Context,
    *,
    fund: Annotated[
        list[str] | None, typer.Option("--fund", help="Only this fund; may be repeated.")
    ] = None,
    json_: AsJson = False,
) -> None:
    """Test funds against every rule as they stand now, and bring the register up to date.

    The numbers are computed here and not in the engine. Exit code 1 where a run was refused.

    Example: tradeoms compliance run --fund GROWTH
    """
    settings = shell.settings(ctx)
    with shell.boot().door(settings, shell.SYSTEM) as door:
        outcome = door.submit("StartRun", StartRun(funds=tuple(fund or ()), executor="cli"))
        if outcome.status != "accepted":
            shell.finish(outcome, done="", as_json=json_)
        run_id = str(msgspec.json.decode(outcome.answer)["id"])
        with shell.progress_bar(0, "post-trade run") as bar:
            (task,) = bar.task_ids
            shell.boot().run_compliance(
                settings, door, run_id, lambda done, of: bar.update(task, completed=done, total=of)
            )
    _show_run(settings, run_id, as_json=json_)


@compliance.command("headroom")
def headroom(
    ctx: typer.Context,
    fund: Annotated[str, typer.Argument(help="Code of the fund.")],
    security: Annotated[
        list[str] | None,
        typer.Argument(help="SYMBOL.MIC of each security; all that the fund holds, if none."),
    ] = None,
    *,
    json_: AsJson = False,
) -> None:
    """Tell how much of each security a fund may still buy and sell, and what limits it.

    Example: tradeoms compliance headroom GROWTH AAPL.XNAS MSFT.XNAS
    """
    replica = shell.boot().replica(shell.settings(ctx))
    names = [("ticker_mic", one) for one in security or ()]
    try:
        found = replica.headroom(fund, names, (Side.BUY, Side.SELL))
    except LookupError as error:
        shell.fail(str(error).strip("'\""))
    rows = [
        {
            "security": f"{one.security.symbol}.{one.security.mic}",
            "side": one.side.value,
            "held": plain(one.held),
            "most": "" if one.evaluation.max_quantity is None
            else plain(one.evaluation.max_quantity),
            "rule": one.evaluation.binding_rule or "",
        }
        for one in found
    ]  # fmt: skip
    if json_:
        shell.say_json(rows)
        return
    shell.say_table(
        ("security", "side", "held", "most", "rule"), (tuple(row.values()) for row in rows)
    )


def _show_run(settings: shell.Settings, run_id: str, *, as_json: bool) -> None:
    engine = shell.boot().reader(settings)
    with engine.connect() as link:
        found = one_run(link, run_id, Scope(None))
    engine.dispose()
    assert found is not None
    if as_json:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        ("fund", "cells", "new", "worsened", "improved", "unchanged", "cured", "not passed"),
        (
            (r.fund, r.cells, r.new, r.worsened, r.improved, r.unchanged, r.cured, len(r.findings))
            for r in found.results
        ),
    )
    for result in found.results:
        for one in result.findings:
            kind = f" ({one.kind})" if one.kind else ""
            typer.echo(f"{one.outcome}{kind}  {one.rule}  {one.explanation}")


@fix.command("sessions")
def sessions(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """List the sessions that are set up, and how far their traffic is recorded.

    Whether a session is logged on now is told by REST: GET /api/v1/fix/sessions.

    Example: tradeoms fix sessions --json
    """
    settings = shell.settings(ctx)
    if settings.fix_config is None:
        shell.fail("no FIX sessions are set up: TRADEOMS_FIX_CONFIG names their folder")
    rows = list(_sessions(settings, settings.fix_config))
    if json_:
        shell.say_json(rows)
        return
    shell.say_table(SESSION_COLUMNS, ([row[name] for name in SESSION_COLUMNS] for row in rows))


@fix.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="A dialect, or a session with its dialect.")],
) -> None:
    """Check a settings file: says what is wrong first and what is allowed, or that all is well.

    A file in a folder `sessions` is a session; its dialect is looked for in `../dialects`.

    Example: tradeoms fix check config/fix/sessions/broker-44.yaml
    """
    try:
        if file.parent.name == "sessions":
            session = load_session(file.parent.parent, file.stem)
            said = f"session {session.name}, {session.version}, dialect {session.dialect.name}"
        else:
            said = f"dialect {load_dialect(file).name}"
    except ConfigInvalid as error:
        shell.fail(str(error))
    typer.echo(f"{file}: {said}: well formed")


def _sessions(settings: shell.Settings, folder: Path) -> Iterator[dict[str, str | int]]:
    engine = shell.boot().reader(settings)
    with engine.connect() as link:
        sent = _newest(link, outbox, "seq")
        received = _newest(link, watermarks, "row")
    for file in sorted((folder / "sessions").glob("*.yaml")):
        try:
            config = load_session(folder, file.stem)
        except ConfigInvalid as error:
            shell.fail(str(error))
        yield {
            "session": config.name,
            "version": config.version,
            "sender": config.sender_comp_id,
            "target": config.target_comp_id,
            "address": f"{config.host}:{config.port}",
            "dialect": config.dialect.name,
            "instructions": sent.get(config.name, 0),
            "journal row": received.get(config.name, 0),
        }


def _newest(link: sa.Connection, table: sa.Table, column: str) -> dict[str, int]:
    wanted = sa.select(table.c.session, sa.func.max(table.c[column])).group_by(table.c.session)
    return {str(session): int(number) for session, number in link.execute(wanted)}
