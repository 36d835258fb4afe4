"""`crosses`: trades between funds of the house, from proposal to booking and reversal."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.domain.cross import commands as c
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut
from tradeoms.projections.queries_crosses import CROSSES
from tradeoms.projections.queries_lists import list_rows, one_row
from tradeoms.projections.resources_crosses import CrossHalf, CrossTrade

crosses = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Trades between funds of the house."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Which = Annotated[str, typer.Argument(help="Id of the cross.")]
Amount = Annotated[str, typer.Option(help="In the security's price currency.")]
COLUMNS: Final = (
    "id", "status", "day", "security", "quantity", "price", "rule", "source", "buys", "sells",
    "proposed by", "settled by",
)  # fmt: skip


@crosses.command("list")
def list_them(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many.")] = 50,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List crosses that were proposed, newest first.

    Example: tradeoms crosses list
    """
    with shell.records(ctx, as_of).connect() as link:
        found = list_rows(link, CROSSES, {}, EVERYTHING, Cut(limit=limit)).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(COLUMNS, (row_of(one) for one in found))


@crosses.command("show")
def show(ctx: typer.Context, which: Which) -> None:
    """Show a cross, as JSON.

    Example: tradeoms crosses show crs_1
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = one_row(link, CROSSES, [which], EVERYTHING)
    if found is None:
        shell.fail(f"there is no cross {which}")
    shell.say_json(msgspec.to_builtins(found))


@crosses.command("propose")
def propose(  # noqa: PLR0913 - options
    ctx: typer.Context,
    buy: Annotated[str, typer.Argument(help="Order that buys.")],
    sell: Annotated[str, typer.Argument(help="Order that sells.")],
    quantity: Annotated[str, typer.Argument(help="Units.")],
    *,
    user: Person,
    source: Annotated[str, typer.Option(help="Where the price was seen.")],
    at: Annotated[str, typer.Option(help="When it was seen, as 2026-01-31T09:30:00Z.")],
    reason: Annotated[str, typer.Option(help="Why it is in the interest of both sides.")],
    last_sale: Amount = "",
    bid: Amount = "",
    ask: Amount = "",
) -> None:
    """Let two orders trade at the last sale, or between bid and ask, if compliance approves.

    Example: tradeoms crosses propose ord_1 ord_2 500 --last-sale 250.10 --source "CTA tape"
    --at 2026-01-31T09:30:00Z --reason "saves both the spread" --user trader.tom
    """
    quote = c.Quote(
        rule=c.PriceRule.LAST_SALE if last_sale else c.PriceRule.MID,
        price=shell.number(last_sale, "--last-sale"), bid=shell.number(bid, "--bid"),
        ask=shell.number(ask, "--ask"), source=source, observed_at=shell.instant(at, "--at"),
    )  # fmt: skip
    units = shell.number(quantity, "QUANTITY")
    assert units is not None
    command = c.ProposeCross(
        buy_order_id=buy, sell_order_id=sell, quantity=units, quote=quote, reason=reason
    )
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: proposed")


@crosses.command("approve")
def approve(
    ctx: typer.Context,
    which: Which,
    *,
    user: Person,
    note: Annotated[str, typer.Option(help="A remark.")] = "",
) -> None:
    """Book a cross to both sides; another person than those whose orders and idea it is.

    Example: tradeoms crosses approve crs_1 --user officer.olga
    """
    shell.submit(
        ctx, user, c.ApproveCross(cross_id=which, note=note), lambda made: f"{made['id']}: booked"
    )


@crosses.command("refuse")
def refuse(
    ctx: typer.Context,
    which: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Say no to a cross, or take it back.

    Example: tradeoms crosses refuse crs_1 --reason "one-sided" --user officer.olga
    """
    shell.submit(
        ctx,
        user,
        c.RefuseCross(cross_id=which, reason=reason),
        lambda made: f"{made['id']}: refused",
    )


@crosses.command("reverse")
def reverse(
    ctx: typer.Context,
    which: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Take a booked cross back on both sides; a person who had no hand in it.

    Example: tradeoms crosses reverse crs_1 --reason "wrong price" --user ops.omar
    """
    shell.submit(
        ctx,
        user,
        c.ReverseCross(cross_id=which, reason=reason),
        lambda made: f"{made['id']}: reversed",
    )


def row_of(one: CrossTrade) -> tuple[str, ...]:
    """The cells of `COLUMNS`."""
    return (
        one.id, one.status, one.trade_on or "", one.security.value, one.quantity, one.price,
        one.quote.rule, one.quote.source, _funds(one.buy), _funds(one.sell), one.proposed_by,
        one.settled_by or "",
    )  # fmt: skip


def _funds(half: CrossHalf | None) -> str:
    funds = half.funds if half else ()
    return " ".join(f"{one.fund}={one.quantity}" if one.quantity else one.fund for one in funds)
