"""`pairs`: two orders worked in step."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.domain.pair.commands import LinkPair, PairUnit, UnlinkPair
from tradeoms.kernel.numbers import parse_decimal
from tradeoms.projections.paging import EVERYTHING, every_row
from tradeoms.projections.queries_pairs import PairedOrder, PairFilter, list_pairs

pairs = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Orders worked in step.")

Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]


@pairs.command("list")
def list_them(
    ctx: typer.Context,
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List the pairs that are worked now, with how far each order has come.

    Example: tradeoms pairs list
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = every_row(lambda cut: list_pairs(link, PairFilter(), EVERYTHING, cut))
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        ("id", "first", "second", "ratio", "limit", "ahead"),
        (
            (one.id, _order(one.first), _order(one.second), one.ratio, f"{one.limit} {one.unit}",
             one.leading or "")
            for one in found
        ),
    )  # fmt: skip


@pairs.command("link")
def link_them(  # noqa: PLR0913 - options
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(help="An order.")],
    second: Annotated[str, typer.Argument(help="The other order.")],
    *,
    user: Person,
    ratio: Annotated[str, typer.Option(help="Units of the second for one of the first.")],
    limit: Annotated[str, typer.Option(help="How far one may be ahead.")],
    unit: Annotated[PairUnit, typer.Option(help="Of the limit.")] = PairUnit.PERCENT,
) -> None:
    """Work two orders in step: each is placed only as far as the other has been executed.

    Example: tradeoms pairs link ord_1 ord_2 --ratio 0.5 --limit 10 --user trader.tom
    """
    try:
        numbers = parse_decimal(ratio), parse_decimal(limit)
    except ValueError as error:
        shell.fail(str(error), code=shell.USAGE)
    command = LinkPair(
        first_order_id=first, second_order_id=second, ratio=numbers[0], limit=numbers[1], unit=unit
    )
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: linked")


@pairs.command("unlink")
def unlink(
    ctx: typer.Context,
    pair: Annotated[str, typer.Argument(help="Id of the pair.")],
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why.")],
) -> None:
    """Let the orders of a pair go on alone.

    Example: tradeoms pairs unlink pai_1 --reason "one leg is halted" --user trader.tom
    """
    shell.submit(
        ctx, user, UnlinkPair(pair_id=pair, reason=reason), lambda made: f"{made['id']}: unlinked"
    )


def _order(one: PairedOrder | None) -> str:
    return "" if one is None else f"{one.side} {one.security} {one.cum_qty}/{one.quantity} {one.id}"
