"""`rules`: what is in force. `load rules` writes drafts, and another person activates them here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.app.backtest import back_test, journal_length
from tradeoms.commands import shell
from tradeoms.compliance.rule_diff import diff_rules
from tradeoms.compliance.rulepacks import load_pack, pack_names, pack_text
from tradeoms.domain.ruleset.commands import (
    ActivateRule,
    ApproveRule,
    KeepRule,
    RetireRule,
    TestRule,
)
from tradeoms.domain.ruleset.state import RuleStatus, RuleVersion
from tradeoms.projections import tables as t
from tradeoms.projections.queries_shadow import whole_shadow_report

_rule: Final = msgspec.json.Decoder(RuleVersion)

rules = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Compliance rules.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RuleId = Annotated[str, typer.Argument(help="Id of the rule.")]
Version = Annotated[int, typer.Argument(min=1, help="Version of the rule.")]
Officer = Annotated[
    str, typer.Option("--user", envvar="TRADEOMS_USER", help="The compliance officer who does it.")
]


@rules.command("list")
def list_rules(
    ctx: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="With retired versions.")] = False,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List rules: active versions and drafts.

    Example: tradeoms rules list --all --json
    """
    engine = shell.records(ctx, as_of)
    wanted = sa.select(t.rules.c.state).order_by(t.rules.c.rule_id, t.rules.c.version)
    with engine.connect() as link:
        found = [_rule.decode(state) for state in link.execute(wanted).scalars()]
    shown = [one for one in found if every or one.status != "retired"]
    if json_:
        shell.say_json(
            [
                {"id": one.rule_id, "version": one.version, "status": one.status,
                 "defined_by": one.defined_by, "activated_by": one.activated_by,
                 "retirement_requested_by": one.retirement_requested_by,
                 "definition": msgspec.json.decode(one.definition)}
                for one in shown
            ]
        )  # fmt: skip
        return
    shell.say_table(
        (
            "id",
            "version",
            "status",
            "kind",
            "severity",
            "defined by",
            "activated by",
            "to retire, asks",
            "title",
        ),
        (_row(one) for one in shown),
    )


@rules.command("show")
def show(ctx: typer.Context, rule: RuleId, version: Version) -> None:
    """Show a version as it was written, with its cases and how they came out.

    Example: tradeoms rules show firm.cash 1
    """
    found = _one(shell.boot().reader(shell.settings(ctx)), rule, version)
    shell.say_json(
        {"id": found.rule_id, "version": found.version, "status": found.status,
         "defined_by": found.defined_by, "tested_by": found.tested_by,
         "failures": list(found.failures), "approved_by": found.approved_by,
         "activated_by": found.activated_by,
         "retirement_requested_by": found.retirement_requested_by, "retired_by": found.retired_by,
         "active_from": found.active_from.isoformat() if found.active_from else None,
         "definition": msgspec.json.decode(found.definition),
         "cases": msgspec.json.decode(found.cases)}
    )  # fmt: skip


@rules.command("diff")
def diff(
    ctx: typer.Context,
    rule: RuleId,
    before: Annotated[int, typer.Argument(min=1, help="Version before.")],
    after: Annotated[int, typer.Argument(min=1, help="Version after.")],
    *,
    json_: AsJson = False,
) -> None:
    """Show what changed between two versions, field by field.

    Example: tradeoms rules diff firm.cash 1 2
    """
    engine = shell.boot().reader(shell.settings(ctx))
    old, new = (msgspec.json.decode(_one(engine, rule, one).definition) for one in (before, after))
    changes = diff_rules(old, new)
    if json_:
        shell.say_json(
            [{"field": one.field, "from": one.before, "to": one.after} for one in changes]
        )
        return
    shell.say_table(
        ("field", f"version {before}", f"version {after}"),
        ((one.field, _shown(one.before), _shown(one.after)) for one in changes),
    )


@rules.command("test")
def run_cases(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Run the cases that a version carries; exit 1 where one fails.

    Example: tradeoms rules test firm.cash 2 --user officer.olga
    """
    settings = shell.settings(ctx)
    with shell.boot().door(settings, user) as door:
        outcome = door.submit("TestRule", TestRule(rule_id=rule, version=version))
    shell.finish(outcome, done=f"{rule} version {version}: its cases were run", as_json=json_)
    failures = _one(shell.boot().reader(settings), rule, version).failures
    for line in failures:
        typer.echo(line, err=True)
    if failures:
        shell.fail(f"{len(failures)} cases failed")


@rules.command("approve")
def approve(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Approve a tested version; its author cannot.

    Example: tradeoms rules approve firm.cash 2 --user officer.omar
    """
    command = ApproveRule(rule_id=rule, version=version)
    shell.submit(ctx, user, command, f"{rule} version {version} is approved", as_json=json_)


@rules.command("packs")
def list_packs(*, json_: AsJson = False) -> None:
    """List the rule packs that ship, rule by rule with its source.

    Example: tradeoms rules packs
    """
    found = [(name, one.rule) for name in pack_names() for one in load_pack(name)]
    if json_:
        shell.say_json(
            [
                {"pack": name, "id": rule.id, "kind": rule.kind, "severity": rule.severity.value,
                 "title": rule.title, "source": rule.source, "unconfirmed": rule.unconfirmed}
                for name, rule in found
            ]
        )  # fmt: skip
        return
    shell.say_table(
        ("pack", "id", "kind", "source", "title"),
        (
            (name, rule.id, rule.kind,
             rule.source + (" (unconfirmed)" if rule.unconfirmed else ""), rule.title)
            for name, rule in found
        ),
    )  # fmt: skip


@rules.command("pack")
def show_pack(name: Annotated[str, typer.Argument(help="Name of the pack.")]) -> None:
    """Print a pack, to be read, cut to the firm's funds and loaded as drafts.

    Example: tradeoms rules pack ucits_ie_lu > rules.yaml
    """
    try:
        typer.echo(pack_text(name), nl=False)
    except LookupError as error:
        shell.fail(str(error.args[0]))


@rules.command("activate")
def activate(
    ctx: typer.Context,
    rule: RuleId,
    version: Version,
    *,
    user: Officer,
    on: Annotated[
        datetime | None,
        typer.Option("--on", formats=["%Y-%m-%d"], help="A later trading day; now if absent."),
    ] = None,
    json_: AsJson = False,
) -> None:
    """Put a version in force whose cases pass; its author cannot.

    Example: tradeoms rules activate firm.cash 1 --user officer.omar --on 2026-03-02
    """
    day = on.date() if on else None
    command = ActivateRule(rule_id=rule, version=version, effective_on=day)
    begins = f"will be in force from {day}" if day else "is in force"
    shell.submit(ctx, user, command, f"{rule} version {version} {begins}", as_json=json_)


@rules.command("shadow")
def shadow(ctx: typer.Context, rule: RuleId, *, json_: AsJson = False) -> None:
    """Tell what a shadow rule found in every check, and what it would have stopped.

    Example: tradeoms rules shadow firm.cash
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        report = whole_shadow_report(link, rule)
    if json_:
        shell.say_json(msgspec.to_builtins(report))
        return
    counts = ", ".join(f"{count} {word}" for word, count in sorted(report.outcomes.items()))
    typer.echo(f"{report.checks} checks: {counts or 'none'}; {report.unread} cannot be read")
    shell.say_table(
        ("order", "at", "action", "shadow", "fund", "cell", "numerator", "denominator", "limit"),
        (
            (one.order_id, one.at, one.action, one.outcome, one.fund or "", one.cell or "",
             one.numerator or "", one.denominator or "", one.limit or "")
            for one in report.findings
        ),
    )  # fmt: skip


@rules.command("backtest")
def backtest(
    ctx: typer.Context,
    rule: RuleId,
    version: Version,
    *,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back.")] = 30,
    json_: AsJson = False,
) -> None:
    """Test a version on the orders and positions of the last days; nothing is changed.

    Example: tradeoms rules backtest firm.cash 2 --days 30
    """
    engine = shell.boot().reader(shell.settings(ctx))
    _one(engine, rule, version)
    with shell.progress_bar(journal_length(engine), "folding the journal") as bar:
        found = back_test(
            engine, rule, version, days=days,
            progress=lambda seq: bar.update(bar.task_ids[0], completed=seq),
        )  # fmt: skip
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    typer.echo(f"{found.checks} checks since {found.since.date()}, {len(found.changes)} differ")
    shell.say_table(
        ("order", "day", "stage", "then", "with it", "outcome", "fund", "cell", "numerator",
         "denominator", "limit"),
        (
            (one.order_id, one.at.date(), one.stage, one.then, one.with_draft, one.outcome,
             one.fund, one.cell, one.numerator, one.denominator, one.limit)
            for one in found.changes
        ),
    )  # fmt: skip
    typer.echo(
        f"{found.days} ends of days, {found.cells} cells, {found.positions_differing} differ"
    )
    shell.say_table(
        ("day", "then", "with it", "fund", "cell", "numerator", "denominator", "limit"),
        (
            (one.day, one.then, one.with_draft, one.fund, one.cell, one.numerator,
             one.denominator, one.limit)
            for one in found.positions
        ),
    )  # fmt: skip


@rules.command("retire")
def retire(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Take a version out of force: two officers, each by this command.

    Example: tradeoms rules retire firm.cash 1 --user officer.omar
    """

    def done(answer: dict[str, object]) -> str:
        if answer["status"] == RuleStatus.RETIRED:
            return f"{rule} version {version} is out of force"
        return f"{rule} version {version} stays as it is until another officer retires it too"

    command = RetireRule(rule_id=rule, version=version)
    shell.submit(ctx, user, command, done, as_json=json_)


@rules.command("keep")
def keep(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Refuse to retire a version; who asked for it may take it back so.

    Example: tradeoms rules keep firm.cash 1 --user officer.omar
    """
    command = KeepRule(rule_id=rule, version=version)
    shell.submit(ctx, user, command, f"{rule} version {version} is kept", as_json=json_)


def _one(engine: sa.Engine, rule: str, version: int) -> RuleVersion:
    wanted = sa.select(t.rules.c.state).where(
        t.rules.c.rule_id == rule, t.rules.c.version == version
    )
    with engine.connect() as link:
        state = link.scalar(wanted)
    if state is None:
        shell.fail(f"there is no version {version} of {rule}")
    return _rule.decode(state)


def _shown(value: object) -> str:
    return "" if value is None else msgspec.json.encode(value).decode()


def _asks(one: RuleVersion) -> str:
    """Who asked to retire a version that another person has not retired yet."""
    return "" if one.status is RuleStatus.RETIRED else one.retirement_requested_by


def _row(one: RuleVersion) -> tuple[object, ...]:
    said = msgspec.json.decode(one.definition)
    return (
        one.rule_id, one.version, one.status, said.get("kind", ""), said.get("severity", ""),
        one.defined_by, one.activated_by, _asks(one), said.get("title", ""),
    )  # fmt: skip
