"""`rules`: what is in force. `load rules` writes drafts, and another person activates them here."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.domain.ruleset.commands import ActivateRule, RetireRule
from tradeoms.domain.ruleset.state import RuleVersion
from tradeoms.projections import tables as t

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
    json_: AsJson = False,
) -> None:
    """List rules: active versions and drafts.

    Example: tradeoms rules list --all --json
    """
    engine = shell.boot().reader(shell.settings(ctx))
    wanted = sa.select(t.rules.c.state).order_by(t.rules.c.rule_id, t.rules.c.version)
    with engine.connect() as link:
        found = [_rule.decode(state) for state in link.execute(wanted).scalars()]
    shown = [one for one in found if every or one.status != "retired"]
    if json_:
        shell.say_json(
            [
                {"id": one.rule_id, "version": one.version, "status": one.status,
                 "defined_by": one.defined_by, "activated_by": one.activated_by,
                 "definition": msgspec.json.decode(one.definition)}
                for one in shown
            ]
        )  # fmt: skip
        return
    shell.say_table(
        ("id", "version", "status", "kind", "severity", "defined by", "activated by", "title"),
        (_row(one) for one in shown),
    )


@rules.command("activate")
def activate(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Put a draft in force; its author cannot.

    Example: tradeoms rules activate firm.cash 1 --user officer.omar
    """
    command = ActivateRule(rule_id=rule, version=version)
    with shell.boot().door(shell.settings(ctx), user) as door:
        outcome = door.submit("ActivateRule", command)
    shell.finish(outcome, done=f"{rule} version {version} is in force", as_json=json_)


@rules.command("retire")
def retire(
    ctx: typer.Context, rule: RuleId, version: Version, *, user: Officer, json_: AsJson = False
) -> None:
    """Take an active version out of force.

    Example: tradeoms rules retire firm.cash 1 --user officer.omar
    """
    command = RetireRule(rule_id=rule, version=version)
    with shell.boot().door(shell.settings(ctx), user) as door:
        outcome = door.submit("RetireRule", command)
    shell.finish(outcome, done=f"{rule} version {version} is out of force", as_json=json_)


def _row(one: RuleVersion) -> tuple[object, ...]:
    said = msgspec.json.decode(one.definition)
    return (
        one.rule_id, one.version, one.status, said.get("kind", ""), said.get("severity", ""),
        one.defined_by, one.activated_by, said.get("title", ""),
    )  # fmt: skip
