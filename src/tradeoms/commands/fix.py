"""`fix`: the FIX sessions as they are, what people do to them, and their settings."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.app.wire import SessionState
from tradeoms.commands import algos, certify, drop_copy, shell
from tradeoms.domain.placement.commands import CancelPlacements
from tradeoms.domain.session.commands import (
    ActOnSession,
    ApproveSessionAction,
    RefuseSessionAction,
)
from tradeoms.domain.session.state import Action, ActionKind, ActionStatus
from tradeoms.fix.config_file import ConfigInvalid
from tradeoms.fix.dialect import load_dialect
from tradeoms.fix.session_config import load_session
from tradeoms.journal.tables import outbox, watermarks
from tradeoms.projections import tables as t

fix = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="FIX sessions.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Reason = Annotated[str, typer.Option(help="Why.")]
SESSION_COLUMNS: Final = (
    "session", "version", "sender", "target", "address", "dialect", "instructions", "journal row",
    "state", "next out", "next in",
)  # fmt: skip
CONSOLE_COLUMNS: Final = (
    "session", "state", "next out", "next in", "epoch", "open", "gap", "lag", "quarantine",
    "last in", "last out", "detail",
)  # fmt: skip
ACTION_COLUMNS: Final = (
    "id", "status", "session", "action", "number", "requested_by", "decided_by", "reason", "detail",
)  # fmt: skip
LOOK_EVERY_S: Final = 1.0

_told: Final = msgspec.json.Decoder(list[SessionState])
_action: Final = msgspec.json.Decoder(Action)


fix.command("certify")(certify.run)
fix.command("algos")(algos.run)
fix.command("drop-copy")(drop_copy.run)


@fix.callback()
def _fix() -> None:
    """FIX sessions."""


@fix.command("sessions")
def sessions(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """List the sessions that are set up, how far their traffic is recorded, and how they are now.

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


@fix.command("console")
def console(
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(help="Show the messages of this session.")] = "",
    *,
    once: Annotated[bool, typer.Option("--once", help="Print it once and stop.")] = False,
) -> None:
    """Watch the sessions of a running node, and the newest messages of one. Ctrl-C stops it.

    Example: tradeoms fix console BROKER_SIM
    """
    settings = shell.settings(ctx)
    if once or not sys.stdout.isatty():
        found = _live(settings)
        shell.say_table(CONSOLE_COLUMNS, map(console_row, found.values()))
        for row in _messages(found, session):
            typer.echo("  ".join(row))
        return
    live = importlib.import_module("rich.live").Live(screen=True, auto_refresh=False)
    try:
        with live:
            while True:
                live.update(_screen(_live(settings), session), refresh=True)
                time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        return


@fix.command("act")
def act(  # noqa: PLR0913 - one option a field
    ctx: typer.Context,
    session: Annotated[str, typer.Argument(help="Name of the session.")],
    action: Annotated[ActionKind, typer.Argument(help="What to do.")],
    *,
    user: Person,
    reason: Reason,
    number: Annotated[int, typer.Option(help="MsgSeqNum (34), where the action needs one.")] = 0,
    outgoing: Annotated[bool, typer.Option(help="The number is of what we send.")] = False,
    list_id: Annotated[
        str, typer.Option(help="ListID (66), of list_status and execute_list.")
    ] = "",
    json_: AsJson = False,
) -> None:
    """Act on a session; setting a sequence waits for another person's `fix approve`.

    Example: tradeoms fix act BROKER logon --user olga --reason "halt explained by the broker"
    """
    command = ActOnSession(
        session=session, action=action.value, reason=reason, number=number,
        direction="out" if outgoing else "in", list_id=list_id,
    )  # fmt: skip
    shell.submit(
        ctx, user, command,
        lambda made: f"{made['id']}: {action.value} on {session} is {made['status']}",
        as_json=json_,
    )  # fmt: skip


@fix.command("cancel")
def cancel(
    ctx: typer.Context,
    *,
    user: Person,
    reason: Reason,
    destination: Annotated[str, typer.Option(help="Only what is there.")] = "",
    security: Annotated[str, typer.Option(help="Only this: id, symbol or identifier.")] = "",
    json_: AsJson = False,
) -> None:
    """Cancel all open placements of a destination or a security, as far as the person may.

    Example: tradeoms fix cancel --destination BROKER --user tom --reason "end of the program"
    """
    command = CancelPlacements(reason=reason, destination=destination, security=security)
    shell.submit(ctx, user, command, _canceled, as_json=json_)


def _canceled(made: dict[str, Any]) -> str:  # Any: JSON, the answer
    masses = len(made["mass_cancels"])
    return f"{len(made['placements'])} placements are to be canceled, {masses} mass cancels"


@fix.command("approve")
def approve(
    ctx: typer.Context,
    action: Annotated[str, typer.Argument(help="Id of the action.")],
    *,
    user: Person,
    reason: Reason,
    json_: AsJson = False,
) -> None:
    """Let an action go ahead; another person than who asked for it.

    Example: tradeoms fix approve sac_1 --user rita --reason "number confirmed by the broker"
    """
    command = ApproveSessionAction(action_id=action, reason=reason)
    shell.submit(ctx, user, command, f"{action} is approved", as_json=json_)


@fix.command("refuse")
def refuse(
    ctx: typer.Context,
    action: Annotated[str, typer.Argument(help="Id of the action.")],
    *,
    user: Person,
    reason: Reason,
    json_: AsJson = False,
) -> None:
    """Say no to an action that waits, or take one's own back.

    Example: tradeoms fix refuse sac_1 --user rita --reason "wrong number"
    """
    command = RefuseSessionAction(action_id=action, reason=reason)
    shell.submit(ctx, user, command, f"{action} is refused", as_json=json_)


@fix.command("actions")
def actions(
    ctx: typer.Context,
    *,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only those to be approved.")] = False,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List what people did to sessions and what came of it, newest first.

    Example: tradeoms fix actions --waiting
    """
    wanted = sa.select(t.session_actions.c.state).order_by(t.session_actions.c.id.desc())
    if waiting:
        wanted = wanted.where(t.session_actions.c.status == ActionStatus.WAITING)
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        found = [_action.decode(state) for state in link.execute(wanted).scalars()]
    reading.dispose()
    shown = [
        {name: str(getattr(one, "kind" if name == "action" else name)) for name in ACTION_COLUMNS}
        for one in found
    ]
    if json_:
        shell.say_json(shown)
        return
    shell.say_table(ACTION_COLUMNS, ([one[name] for name in ACTION_COLUMNS] for one in shown))


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


def console_row(state: SessionState) -> tuple[str, ...]:
    """The cells of `CONSOLE_COLUMNS`."""
    seen = (state.last_in_at, state.last_out_at)
    return (
        state.session,
        _word(state),
        *(str(number) for number in (state.next_out, state.next_in, state.epoch)),
        *(str(number) for number in (state.unacknowledged, state.gap, state.lag)),
        str(state.quarantine),
        *(at.strftime("%H:%M:%S") if at else "" for at in seen),
        state.detail,
    )


def _word(state: SessionState) -> str:
    if state.halted:
        return "HALTED"
    if not state.logged_on:
        return "down"
    if state.held:
        return "HELD"
    return "up" if state.ready else "settling"


def _live(settings: shell.Settings) -> dict[str, SessionState]:
    """The sessions by name as a running node tells of them; none where no node runs."""
    if not settings.socket.exists():
        return {}
    with shell.boot().door(settings, shell.SYSTEM) as door:
        outcome = door.submit("FixSessions", {})
    told = _told.decode(outcome.answer) if outcome.status == "accepted" else []
    return {state.session: state for state in sorted(told, key=lambda state: state.session)}


def _messages(found: dict[str, SessionState], session: str) -> Iterable[tuple[str, ...]]:
    if session and session not in found:
        shell.fail(f"the node knows no session {session}")
    for one in found[session].messages if session else ():
        yield f"{one.at:%H:%M:%S.%f}", one.direction, str(one.msg_seq_num), one.msg_type, one.raw
    for told in found[session].news if session else ():
        yield f"{told.at:%H:%M:%S.%f}", "in", "", "news", f"{told.headline} {told.text}".strip()


def _screen(found: dict[str, SessionState], session: str) -> Any:  # Any: a rich renderable
    table = importlib.import_module("rich.table").Table
    states, messages = table(title="FIX sessions"), table(title=session)
    for name in CONSOLE_COLUMNS:
        states.add_column(name)
    for state in found.values():
        states.add_row(*console_row(state), style="" if state.ready and not state.held else "bold")
    for name in ("at", "way", "34", "35", "message"):
        messages.add_column(name)
    for row in _messages(found, session):
        messages.add_row(*row)
    return importlib.import_module("rich.console").Group(states, *([messages] if session else []))


def _sessions(settings: shell.Settings, folder: Path) -> Iterator[dict[str, str | int]]:
    engine = shell.boot().reader(settings)
    with engine.connect() as link:
        sent = _newest(link, outbox, "seq")
        received = _newest(link, watermarks, "row")
    live = _live(settings)
    for file in sorted((folder / "sessions").glob("*.yaml")):
        try:
            config = load_session(folder, file.stem)
        except ConfigInvalid as error:
            shell.fail(str(error))
        state = live.get(config.name)
        yield {
            "session": config.name,
            "version": config.version,
            "sender": config.sender_comp_id,
            "target": config.target_comp_id,
            "address": f"{config.host}:{config.port}",
            "dialect": config.dialect.name,
            "instructions": sent.get(config.name, 0),
            "journal row": received.get(config.name, 0),
            "state": _word(state) if state else "no node runs",
            "next out": state.next_out if state else 0,
            "next in": state.next_in if state else 0,
        }


def _newest(link: sa.Connection, table: sa.Table, column: str) -> dict[str, int]:
    wanted = sa.select(table.c.session, sa.func.max(table.c[column])).group_by(table.c.session)
    return {str(session): int(number) for session, number in link.execute(wanted)}
