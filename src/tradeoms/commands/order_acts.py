"""`orders submit`, `release`, `claim`, ...: what people do with orders, one or many at once.

Each order is asked for alone; one that is refused stops no other, and makes the exit code 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from tradeoms.commands import shell
from tradeoms.commands.orders import orders
from tradeoms.domain.custom.commands import SetCustomValues
from tradeoms.domain.order import commands as c
from tradeoms.domain.routing.commands import RouteOrder

__all__ = ["orders"]

Ids = Annotated[list[str], typer.Argument(help="Ids of orders.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Trader = Annotated[str, typer.Option(help="Log-in name of the trader.")]
Acknowledge = Annotated[bool, typer.Option(help="The warnings of their checks were seen.")]
Why = Annotated[str, typer.Option(help="Why.")]


@orders.command("submit")
def submit(ctx: typer.Context, ids: Ids, *, user: Person) -> None:
    """Send drafts to compliance, or check blocked and held orders again.

    Example: tradeoms orders submit ord_1 ord_2 --user pm.gita
    """
    _ask_all(ctx, user, ids, lambda one: c.SubmitOrder(order_id=one), done="submitted")


@orders.command("approve")
def approve(ctx: typer.Context, ids: Ids, *, user: Person) -> None:
    """Give the second approval that large orders wait for.

    Example: tradeoms orders approve ord_1 --user risk.rita
    """
    _ask_all(ctx, user, ids, lambda one: c.ApproveOrder(order_id=one), done="approved")


@orders.command("release")
def release(
    ctx: typer.Context,
    ids: Ids,
    *,
    user: Person,
    trader: Trader = "",
    acknowledge: Acknowledge = False,
) -> None:
    """Hand approved orders to the desk; each is checked once more.

    Example: tradeoms orders release ord_1 ord_2 --trader trader.tom --user pm.gita
    """
    _ask_all(
        ctx, user, ids,
        lambda one: c.ReleaseOrder(order_id=one, trader=trader, acknowledge=acknowledge),
        done="released",
    )  # fmt: skip


@orders.command("hold")
def hold(ctx: typer.Context, ids: Ids, *, user: Person, reason: Why) -> None:
    """Stop orders from being placed; what is in the market stays there.

    Example: tradeoms orders hold ord_1 --reason "news pending" --user trader.tom
    """
    _ask_all(ctx, user, ids, lambda one: c.HoldOrder(order_id=one, reason=reason), done="held")


@orders.command("cancel")
def cancel(ctx: typer.Context, ids: Ids, *, user: Person, reason: Why = "") -> None:
    """Cancel orders; what brokers hold is cancelled first.

    Example: tradeoms orders cancel ord_1 --user pm.gita
    """
    _ask_all(
        ctx, user, ids, lambda one: c.CancelOrder(order_id=one, reason=reason),
        done="asked to cancel",
    )  # fmt: skip


@orders.command("claim")
def claim(ctx: typer.Context, ids: Ids, *, user: Person) -> None:
    """Take orders on the desk that nobody has.

    Example: tradeoms orders claim ord_1 ord_2 --user trader.tom
    """
    _ask_all(ctx, user, ids, lambda one: c.ClaimOrder(order_id=one), done=f"{user} has it")


@orders.command("assign")
def assign(
    ctx: typer.Context,
    ids: Ids,
    *,
    user: Person,
    trader: Trader,
    note: Annotated[str, typer.Option(help="What he should know.")] = "",
) -> None:
    """Give orders to a trader, on the desk or before they get there.

    Example: tradeoms orders assign ord_1 --trader trader.tom --user pm.gita
    """
    _ask_all(
        ctx, user, ids, lambda one: c.AssignOrder(order_id=one, trader=trader, note=note),
        done=f"{trader} has it",
    )  # fmt: skip


@orders.command("hand-over")
def hand_over(
    ctx: typer.Context,
    ids: Ids,
    *,
    user: Person,
    trader: Trader,
    note: Annotated[str, typer.Option(help="What the colleague must know.")],
) -> None:
    """Pass orders of the desk to a colleague, with a note.

    Example: tradeoms orders hand-over ord_1 --trader trader.tea --note "limit" --user trader.tom
    """
    _ask_all(
        ctx, user, ids, lambda one: c.HandOverOrder(order_id=one, trader=trader, note=note),
        done=f"{trader} has it",
    )  # fmt: skip


@orders.command("set")
def set_values(
    ctx: typer.Context,
    order: Annotated[str, typer.Argument(help="Id of the order.")],
    values: Annotated[list[str], typer.Argument(help="NAME=VALUE; NAME= takes it away.")],
    *,
    user: Person,
) -> None:
    """Give an order values of the firm's own fields.

    Example: tradeoms orders set ord_1 desk=alpha score=2.5 --user pm.gita
    """
    pairs = [one.partition("=") for one in values]
    if not all(name and sign for name, sign, _ in pairs):
        shell.fail("NAME=VALUE is expected", code=shell.USAGE)
    given = tuple((name, value) for name, _, value in pairs)
    _ask_all(
        ctx, user, [order], lambda one: SetCustomValues(order_id=one, values=given), done="set"
    )


@orders.command("route")
def route(
    ctx: typer.Context,
    ids: Ids,
    *,
    user: Person,
    destination: Annotated[str, typer.Option(help="Else as the routing rules say.")] = "",
    reason: Why = "",
) -> None:
    """Send all that is not placed where the routing rules say, or elsewhere for a reason.

    Example: tradeoms orders route ord_1 ord_2 --user trader.tom
    """
    _ask_all(
        ctx, user, ids,
        lambda one: RouteOrder(order_id=one, place=True, destination=destination, reason=reason),
        done="routed",
    )  # fmt: skip


def _ask_all(
    ctx: typer.Context, user: str, ids: list[str], wish: Callable[[str], object], *, done: str
) -> None:
    """Ask for each order alone, tell each answer, and fail at the end if one was refused."""
    refused = 0
    with shell.boot().door(shell.settings(ctx), user) as door:
        for one in ids:
            command = wish(one)
            outcome = door.submit(type(command).__name__, command)
            if outcome.status == "accepted":
                typer.echo(f"{one}: {done}")
                continue
            refused += 1
            for problem in outcome.problems:
                typer.echo(f"{one}: {problem.code}: {problem.detail}", err=True)
    if refused:
        shell.fail(f"{refused} of {len(ids)} refused")
