"""`blocks`: orders worked together; list, merge, place and part them, and find what could be."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock, UnmergeBlock
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut, every_row
from tradeoms.projections.queries_blocks import list_found_crosses, suggested_blocks

blocks = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Orders worked together.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]

BlockId = Annotated[str, typer.Argument(help="Id of the block.")]


@blocks.command("list")
def list_blocks(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many.")] = 50,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List blocks, newest first; one that all orders have left is empty.

    Example: tradeoms blocks list --json
    """
    with shell.records(ctx, as_of).connect() as link:
        found = q.list_rows(link, q.BLOCKS, {}, EVERYTHING, Cut(limit=limit)).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        ("id", "side", "security", "orders", "quantity", "placed", "filled", "avg_px"),
        (
            (
                one.id, one.side, one.security.value, len(one.order_ids), one.quantity,
                one.placed_quantity, one.cum_qty, one.avg_px,
            )
            for one in found
        ),
    )  # fmt: skip


@blocks.command("suggest")
def suggest(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """List released orders, never placed or merged, that could be worked together.

    Example: tradeoms blocks suggest
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = suggested_blocks(link, EVERYTHING).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        ("side", "security", "type", "quantity", "orders"),
        (
            (one.side, one.security.value, one.order_type, one.quantity, " ".join(one.order_ids))
            for one in found
        ),
    )


@blocks.command("crosses")
def crosses(ctx: typer.Context, *, json_: AsJson = False) -> None:
    """List purchases and sales of different funds that could trade with each other.

    Example: tradeoms blocks crosses
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = every_row(lambda cut: list_found_crosses(link, EVERYTHING, cut))
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        ("security", "quantity", "buy", "sell", "mark"),
        (
            (one.security.value, one.quantity, one.buy_order_id, one.sell_order_id, one.mark or "")
            for one in found
        ),
    )


@blocks.command("merge")
def merge(
    ctx: typer.Context,
    orders: Annotated[list[str], typer.Argument(help="Ids of released orders.")],
    *,
    user: Person,
    into: Annotated[str, typer.Option(help="The block they join; a new one if empty.")] = "",
    json_: AsJson = False,
) -> None:
    """Work released orders, of which none was ever placed, together.

    Example: tradeoms blocks merge ord_1 ord_2 --user trader.tom
    """
    command = MergeOrders(order_ids=tuple(orders), block_id=into)
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: merged", as_json=json_)


@blocks.command("unmerge")
def unmerge(
    ctx: typer.Context,
    block: BlockId,
    orders: Annotated[list[str] | None, typer.Argument(help="Orders; all if none.")] = None,
    *,
    user: Person,
    json_: AsJson = False,
) -> None:
    """Work orders of a block alone again; what is executed stays with the orders that got it.

    Example: tradeoms blocks unmerge blk_1 --user trader.tom
    """
    command = UnmergeBlock(block_id=block, order_ids=tuple(orders or ()))
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: parted", as_json=json_)


@blocks.command("place")
def place(
    ctx: typer.Context,
    block: BlockId,
    quantity: Annotated[str, typer.Argument(help="Units.")],
    destination: Annotated[str, typer.Argument(help="Where to.")],
    *,
    user: Person,
    json_: AsJson = False,
) -> None:
    """Route units of a block; its orders share them by what each has not placed.

    Example: tradeoms blocks place blk_1 500 BROKER_SIM --user trader.tom
    """
    if not quantity.isascii() or not quantity.replace(".", "", 1).isdigit():
        shell.fail(f"{quantity} is no quantity", code=shell.USAGE)
    command = PlaceBlock(block_id=block, destination=destination, quantity=Decimal(quantity))
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: placed", as_json=json_)
