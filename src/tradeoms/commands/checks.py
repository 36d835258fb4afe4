"""`compliance`: case files and post-trade runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.compliance.cases import run_cases
from tradeoms.domain.case.commands import StartRun
from tradeoms.domain.outside.state import KINDS
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import plain
from tradeoms.projections.paging import Scope, every_row
from tradeoms.projections.queries_cases import one_run
from tradeoms.projections.queries_lists import list_rows
from tradeoms.projections.queries_outside import NAMED_LISTS, OUTSIDE

compliance = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Compliance.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@compliance.callback()
def _compliance() -> None:
    """Compliance."""


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


@compliance.command("facts")
def facts(
    ctx: typer.Context,
    *,
    kind: Annotated[
        str, typer.Option(help="issuer, offering, figure, reported, benchmark or constituents.")
    ] = "",
    name: Annotated[str, typer.Option(help="What rules ask for it by, e.g. votes_out.")] = "",
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List the facts from outside that rules ask for, the newest load of each.

    Example: tradeoms compliance facts --kind figure
    """
    if kind and kind not in KINDS:
        shell.fail(f"there is no kind {kind}: one of {', '.join(KINDS)}")
    want = {column: asked for column, asked in (("kind", kind), ("name", name)) if asked}
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        found = every_row(lambda cut: list_rows(link, OUTSIDE, want, Scope(None), cut))
    engine.dispose()
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found])
        return
    shell.say_table(
        ("kind", "name", "of", "value", "as of"),
        (
            (one.kind, one.name, one.fund or one.issuer or one.cell or "",
             one.value or one.weights or f"restricted from {one.restricted_from}", one.as_of)
            for one in found
        ),
    )  # fmt: skip


@compliance.command("lists")
def named_lists(
    ctx: typer.Context,
    name: Annotated[
        str, typer.Argument(help="Name of a list, to see its members; all of them, if none.")
    ] = "",
    *,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List the lists that rules name, the newest load of each.

    Example: tradeoms compliance lists restricted
    """
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        want = {"name": name} if name else {}
        found = every_row(lambda cut: list_rows(link, NAMED_LISTS, want, Scope(None), cut))
    engine.dispose()
    if name and not found:
        shell.fail(f"no list {name} is loaded")
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found])
        return
    if not name:
        rows = ((one.name, one.attribute, str(len(one.members))) for one in found)
        shell.say_table(("list", "by", "members"), rows)
        return
    rows = ((found[0].attribute, one.value, one.reason) for one in found[0].members)
    shell.say_table(("by", "value", "reason"), rows)


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
