"""`kill`: stop new risk at once, with a running node or without one.

The gateways are told first, by a file in the data directory; then the engine is asked. With
`--offline` it is not asked: it records the switch when it runs again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.app.identity import SystemClock
from tradeoms.app.kill_folder import KillFolder, Thrown, new_id
from tradeoms.commands import shell
from tradeoms.domain.kill.commands import ReleaseKillSwitch, ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.kill.state import KillSwitch
from tradeoms.projections import tables as t

_switch: Final = msgspec.json.Decoder(KillSwitch)

kill = typer.Typer(rich_markup_mode=None, help="Kill switches.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Reason = Annotated[str, typer.Option(help="Why.")]


@kill.callback(invoke_without_command=True)
def throw(  # noqa: PLR0913 - one option a scope
    ctx: typer.Context,
    *,
    firm: Annotated[bool, typer.Option("--firm", help="Everything.")] = False,
    fund: Annotated[str, typer.Option(help="One fund.")] = "",
    trader: Annotated[str, typer.Option(help="One person.")] = "",
    destination: Annotated[str, typer.Option(help="One destination.")] = "",
    security: Annotated[str, typer.Option(help="One security: id, symbol or identifier.")] = "",
    reason: Reason = "",
    user: Person = "",
    cancel_open: Annotated[bool, typer.Option(help="Cancel what is open in the scope.")] = True,
    offline: Annotated[
        bool, typer.Option("--offline", help="Tell the gateways only; no engine is needed.")
    ] = False,
) -> None:
    """Stop new orders and replaces in a scope; cancels always pass.

    Example: tradeoms kill --firm --user risk.rita --reason "runaway basket"
    """
    if ctx.invoked_subcommand is not None:
        return
    given = {
        KillScope.FUND: fund, KillScope.TRADER: trader, KillScope.DESTINATION: destination,
        KillScope.SECURITY: security,
    }  # fmt: skip
    scopes = [(kind, value) for kind, value in given.items() if value]
    scopes += [(KillScope.FIRM, "")] if firm else []
    if len(scopes) != 1 or not reason.strip() or not user:
        told = "one of --firm, --fund, --trader, --destination, --security, with --reason, --user"
        shell.fail(told, code=shell.USAGE)
    ((kind, value),) = scopes
    now = SystemClock().now()
    thrown = Thrown(
        id=new_id(now), kind=kind, value=value, cancel_open=cancel_open, reason=reason,
        thrown_by=user, thrown_at=now,
    )  # fmt: skip
    folder = KillFolder(shell.settings(ctx).data)
    folder.write(thrown)
    typer.echo(f"{thrown.id}: the gateways are closed")
    if offline:
        typer.echo("the engine was not asked: the name was not checked, and is recorded later")
        return
    _record(ctx, folder, thrown)


def _record(ctx: typer.Context, folder: KillFolder, thrown: Thrown) -> None:
    """Ask the engine; what it refuses is taken back, what it does not answer stands."""
    command = ThrowKillSwitch(
        switch_id=thrown.id, kind=thrown.kind, value=thrown.value, reason=thrown.reason,
        cancel_open=thrown.cancel_open,
    )  # fmt: skip
    with shell.boot().door(shell.settings(ctx), thrown.thrown_by) as door:
        outcome = door.submit("ThrowKillSwitch", command)
    if outcome.status == "refused":
        folder.remove(thrown.id)
    shell.finish(outcome, done=f"{thrown.id}: recorded", as_json=False)


@kill.command("list")
def list_switches(
    ctx: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="With released ones.")] = False,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List kill switches: the journal's, and those that only the gateways know yet.

    Example: tradeoms kill list --all --json
    """
    wanted = sa.select(t.kill_switches.c.state).order_by(t.kill_switches.c.id)
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        recorded = [_switch.decode(state) for state in link.execute(wanted).scalars()]
    reading.dispose()
    shown = [
        {"id": one.id, "status": "active" if one.active else "released", "scope": one.kind.value,
         "value": one.value, "thrown_by": one.thrown_by, "reason": one.reason,
         "released_by": one.released_by}
        for one in recorded if every or one.active
    ]  # fmt: skip
    if not as_of:
        shown += _unrecorded(ctx, {one.id for one in recorded})
    if json_:
        shell.say_json(shown)
        return
    columns = ("id", "status", "scope", "value", "thrown_by", "reason", "released_by")
    shell.say_table(columns, ([one[name] for name in columns] for one in shown))


def _unrecorded(ctx: typer.Context, known: set[str]) -> Iterator[dict[str, str]]:
    """The switches that only the gateways know yet."""
    folder = KillFolder(shell.settings(ctx).data)
    for name in sorted(folder.names() - known):
        found = folder.read(name)
        yield {
            "id": name, "status": "unrecorded", "scope": found.kind.value, "value": found.value,
            "thrown_by": found.thrown_by, "reason": found.reason, "released_by": "",
        }  # fmt: skip


@kill.command("release")
def release(
    ctx: typer.Context,
    switch: Annotated[str, typer.Argument(help="Id of the switch.")],
    *,
    user: Person,
    reason: Reason,
    json_: AsJson = False,
) -> None:
    """Let new risk pass again; another person than who threw it.

    Example: tradeoms kill release kil_1 --user officer.omar --reason "basket withdrawn"
    """
    command = ReleaseKillSwitch(switch_id=switch, reason=reason)
    shell.submit(ctx, user, command, f"{switch} is released", as_json=json_)
