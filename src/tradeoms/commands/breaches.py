"""`breaches`: the register of limits that portfolios exceed, and the work on each."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.domain.case import commands as c
from tradeoms.projections import queries_cases as q
from tradeoms.projections.paging import Cut, Scope
from tradeoms.projections.queries_lists import BREACHES, one_row
from tradeoms.projections.resources_cases import BreachResource

breaches = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Breaches of portfolios.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
BreachId = Annotated[str, typer.Argument(help="Id of the breach.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Words = Annotated[str, typer.Argument(help="What to say.")]
Evidence = Annotated[str, typer.Option("--evidence", help="What it rests on: a trade, a letter.")]
COLUMNS: Final = (
    "id", "status", "kind", "fund", "rule", "cell", "excess", "found", "due", "assignee",
)  # fmt: skip
_EVERYTHING: Final = Scope(None)


@breaches.command("list")
def list_breaches(  # noqa: PLR0913  # its options
    ctx: typer.Context,
    *,
    fund: Annotated[str, typer.Option(help="Only this fund.")] = "",
    rule: Annotated[str, typer.Option(help="Only this rule.")] = "",
    status: Annotated[str, typer.Option(help="Only this status.")] = "",
    kind: Annotated[str, typer.Option(help="active, passive or passive_aggravated.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Cured and closed ones, too.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only after their day.")] = False,
    age: Annotated[
        int | None,
        typer.Option(min=0, metavar="DAYS", help="Only found so many days ago, or more."),
    ] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, every column.")] = False,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List what is exceeded now.

    Example: tradeoms breaches list --fund GROWTH --overdue
    """
    given = {"fund": fund, "rule_id": rule, "status": status, "kind": kind}
    wanted = q.Wanted(
        columns={name: value for name, value in given.items() if value},
        open=None if every or status else True,
        overdue=overdue,
        age_days=age,
    )
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        if as_csv:
            typer.echo(q.register_csv(link, wanted, _EVERYTHING), nl=False)
            return
        found = q.register(link, wanted, _EVERYTHING, Cut(after=None, limit=10_000)).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(COLUMNS, (_row(one) for one in found))


def _row(one: BreachResource) -> tuple[object, ...]:
    return (
        one.id, one.status, one.kind or "", one.fund, one.rule, one.cell, one.excess, one.found_on,
        one.due_on or "", one.assignee or "",
    )  # fmt: skip


@breaches.command("show")
def show(ctx: typer.Context, breach: BreachId) -> None:
    """Show everything that is known of a breach, as JSON.

    Example: tradeoms breaches show brc_17
    """
    engine = shell.boot().reader(shell.settings(ctx))
    with engine.connect() as link:
        found = one_row(link, BREACHES, [breach], _EVERYTHING)
    if found is None:
        shell.fail(f"no such breach: {breach}")
    shell.say_json(msgspec.to_builtins(found))


def _ask(ctx: typer.Context, command: c.CaseCommand, user: str, done: str, *, json_: bool) -> None:
    shell.submit(ctx, user, command, f"{command.breach_id} {done}", as_json=json_)


@breaches.command("assign")
def assign(
    ctx: typer.Context,
    breach: BreachId,
    assignee: Annotated[str, typer.Argument(help="Who becomes responsible.")],
    *,
    user: Person,
    json_: AsJson = False,
) -> None:
    """Make a person responsible.

    Example: tradeoms breaches assign brc_17 pm.growth --user officer.olga
    """
    command = c.AssignBreach(breach_id=breach, assignee=assignee)
    _ask(ctx, command, user, f"is assigned to {assignee}", json_=json_)


@breaches.command("comment")
def comment(
    ctx: typer.Context, breach: BreachId, text: Words, *, user: Person, json_: AsJson = False
) -> None:
    """Add a remark that officers and the fund's portfolio managers see.

    Example: tradeoms breaches comment brc_17 "sold half of it today" --user pm.growth
    """
    _ask(ctx, c.CommentBreach(breach_id=breach, text=text), user, "commented", json_=json_)


@breaches.command("explain")
def explain(
    ctx: typer.Context, breach: BreachId, text: Words, *, user: Person, json_: AsJson = False
) -> None:
    """Say how it came about.

    Example: tradeoms breaches explain brc_17 "the market fell" --user pm.growth
    """
    _ask(ctx, c.ExplainBreach(breach_id=breach, text=text), user, "explained", json_=json_)


@breaches.command("resolve")
def resolve(  # its options
    ctx: typer.Context,
    breach: BreachId,
    resolution: Words,
    *,
    user: Person,
    evidence: Evidence = "",
    json_: AsJson = False,
) -> None:
    """Claim that it is dealt with; the next run confirms it or not.

    Example: tradeoms breaches resolve brc_17 "sold 500" --evidence ord_12 --user pm.growth
    """
    command = c.ResolveBreach(breach_id=breach, resolution=resolution, evidence=evidence)
    _ask(ctx, command, user, "waits for the next run", json_=json_)


@breaches.command("override")
def override(  # its options
    ctx: typer.Context,
    breach: BreachId,
    reason: Words,
    *,
    until: Annotated[str, typer.Option(help="Last day, YYYY-MM-DD.")],
    user: Person,
    json_: AsJson = False,
) -> None:
    """Let the breach of a rule that is not hard stand until a day.

    Example: tradeoms breaches override brc_17 "board agreed" --until 2026-01-30 --user officer.omar
    """
    try:
        last = date.fromisoformat(until)
    except ValueError:
        shell.fail(f"--until: {until!r} is no day, write YYYY-MM-DD", code=shell.USAGE)
    command = c.OverrideBreach(breach_id=breach, reason=reason, until=last)
    _ask(ctx, command, user, f"may stand until {until}", json_=json_)


@breaches.command("close")
def close(
    ctx: typer.Context,
    breach: BreachId,
    *,
    user: Person,
    evidence: Evidence = "",
    json_: AsJson = False,
) -> None:
    """Sign off, with evidence, what is cured or tested no more; another person than who had it.

    Example: tradeoms breaches close brc_17 --evidence "run of 30 January" --user officer.omar
    """
    command = c.CloseBreach(breach_id=breach, evidence=evidence)
    _ask(ctx, command, user, "is closed", json_=json_)


@breaches.command("statistics")
def statistics(ctx: typer.Context) -> None:
    """Count the register: by fund, rule, manager, cause; days to cure; overrides by officer.

    Example: tradeoms breaches statistics
    """
    engine = shell.boot().reader(shell.settings(ctx))
    with engine.connect() as link:
        found = q.statistics(link, q.Wanted(columns={}), _EVERYTHING)
    shell.say_json(found)
