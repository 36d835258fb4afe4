"""`breaks`: the queue of disagreements with counterparties, and what people do about them."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.domain.breaks.commands import ApproveBreakAction, RefuseBreakAction, ResolveBreak
from tradeoms.domain.breaks.state import Adjustment, Break, BreakAction, Proposal
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t

breaks = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Breaks.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Which = Annotated[str, typer.Argument(metavar="BREAK", help="Id of the break.")]
COLUMNS: Final = (
    "id", "status", "kind", "session", "exec_id", "symbol", "side", "quantity", "price", "waits",
    "detail",
)  # fmt: skip

_break: Final = msgspec.json.Decoder(Break)


@breaks.callback()
def _breaks() -> None:
    """Breaks."""


@breaks.command("list")
def list_breaks(
    ctx: typer.Context,
    *,
    every: Annotated[bool, typer.Option("--all", help="With resolved ones.")] = False,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List breaks, oldest first.

    Example: tradeoms breaks list
    """
    wanted = sa.select(t.breaks.c.state).order_by(t.breaks.c.id)
    if not every:
        wanted = wanted.where(t.breaks.c.status != "resolved")
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        found = [_row(_break.decode(state)) for state in link.execute(wanted).scalars()]
    reading.dispose()
    if json_:
        shell.say_json(found)
        return
    shell.say_table(COLUMNS, ([one[name] for name in COLUMNS] for one in found))


@breaks.command("resolve")
def resolve(  # noqa: PLR0913 - one option a field
    ctx: typer.Context,
    break_: Which,
    *,
    user: Person,
    reason: Reason,
    action: Annotated[BreakAction, typer.Option(help="What settles it.")] = BreakAction.EXPLAIN,
    placement: Annotated[
        str, typer.Option(help="With attach and adjust: where the execution belongs.")
    ] = "",
    execution: Annotated[
        str, typer.Option(help="With adjust: the execution to correct or take back.")
    ] = "",
    quantity: Annotated[str, typer.Option(help="With adjust: the right units.")] = "",
    price: Annotated[str, typer.Option(help="With adjust: the right price of one.")] = "",
    exec_id: Annotated[
        str, typer.Option(help="With adjust: the counterparty's ExecID of what is added.")
    ] = "",
    json_: AsJson = False,
) -> None:
    """Settle a break; all but explain and dont_know wait for another person's `breaks approve`.

    Adjust adds an execution to a placement, corrects one or, without figures, takes it back.

    Example: tradeoms breaks resolve brk_1 --action attach --placement plc_7 --user tom --reason "…"
    """
    adjustment = None
    if action is BreakAction.ADJUST or execution or quantity or price or exec_id:
        adjustment = Adjustment(
            execution_id=execution,
            quantity=shell.number(quantity, "--quantity"),
            price=shell.number(price, "--price"),
            exec_id=exec_id,
        )
    command = ResolveBreak(
        break_id=break_, resolution=reason, action=action.value, placement_id=placement,
        adjustment=adjustment,
    )  # fmt: skip
    shell.submit(ctx, user, command, f"{break_}: {action.value} is on record", as_json=json_)


@breaks.command("approve")
def approve(
    ctx: typer.Context, break_: Which, *, user: Person, reason: Reason, json_: AsJson = False
) -> None:
    """Let what was asked for go ahead; another person than who asked.

    Example: tradeoms breaks approve brk_1 --user olga --reason "confirmed by the broker"
    """
    command = ApproveBreakAction(break_id=break_, reason=reason)
    shell.submit(ctx, user, command, f"{break_}: approved and done", as_json=json_)


@breaks.command("refuse")
def refuse(
    ctx: typer.Context, break_: Which, *, user: Person, reason: Reason, json_: AsJson = False
) -> None:
    """Say no to what was asked for; the break stays open.

    Example: tradeoms breaks refuse brk_1 --user olga --reason "another order"
    """
    command = RefuseBreakAction(break_id=break_, reason=reason)
    shell.submit(ctx, user, command, f"{break_}: stays open", as_json=json_)


def _row(found: Break) -> dict[str, str]:
    waiting = found.proposal
    return {
        "id": found.id,
        "status": found.status,
        "kind": found.kind.value,
        "session": found.session,
        "exec_id": found.exec_id,
        "symbol": found.symbol,
        "side": found.side.value if found.side else "",
        "quantity": plain(found.quantity),
        "price": plain(found.price),
        "waits": _asked(waiting) if waiting else "",
        "detail": found.resolution or found.detail,
    }


def _asked(waiting: Proposal) -> str:
    """What waits for another person, with the figures that he lets be booked."""
    said = f"{waiting.action} by {waiting.by}"
    put_right = waiting.adjustment
    if put_right is None:
        return said
    figures = "nothing"
    if put_right.quantity is not None and put_right.price is not None:
        figures = f"{plain(put_right.quantity)} at {plain(put_right.price)}"
    return f"{said}: {put_right.execution_id or f'new on {waiting.placement_id}'} = {figures}"
