"""`placements`: parts of orders sent to brokers; list, make, replace and cancel them."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.commands.algos import pairs_of
from tradeoms.domain.placement.algo import AlgoWish
from tradeoms.domain.placement.commands import CancelPlacement, CreatePlacement, ReplacePlacement
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut

placements = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Parts of orders at brokers."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
PlacementId = Annotated[str, typer.Argument(help="Id of the placement.")]
Limit = Annotated[str, typer.Option(help="Limit price; as it is, if empty.")]
Algo = Annotated[str, typer.Option(help="The broker's algorithm; `tradeoms fix algos` lists them.")]
Value = Annotated[list[str] | None, typer.Option(help="NAME=TEXT of the algorithm; repeatable.")]
Display = Annotated[str, typer.Option(help="Most units that the market may see; all, if empty.")]
Least = Annotated[str, typer.Option(help="Least units of an execution; any, if empty.")]
COLUMNS: Final = (
    "id", "status", "side", "security", "quantity", "filled", "limit", "destination", "algorithm",
)  # fmt: skip


@placements.command("list")
def list_placements(
    ctx: typer.Context,
    *,
    order: Annotated[str, typer.Option(help="Only of this order.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many.")] = 50,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List placements, newest first.

    Example: tradeoms placements list --order ord_1
    """
    want = {"order_id": order} if order else {}
    with shell.records(ctx, as_of).connect() as link:
        found = q.list_rows(link, q.PLACEMENTS, want, EVERYTHING, Cut(limit=limit)).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(
        COLUMNS,
        (
            (
                one.id, one.status, one.side, one.security.value, one.order_qty, one.cum_qty,
                one.limit_price or "", one.destination, one.algo.strategy if one.algo else "",
            )
            for one in found
        ),
    )  # fmt: skip


@placements.command("make")
def make(  # noqa: PLR0913 - options
    ctx: typer.Context,
    order: Annotated[str, typer.Argument(help="Id of a released order.")],
    quantity: Annotated[str, typer.Argument(help="Units.")],
    destination: Annotated[str, typer.Argument(help="Where to.")],
    *,
    user: Person,
    limit_price: Limit = "",
    display_quantity: Display = "",
    min_quantity: Least = "",
    algo: Algo = "",
    value: Value = None,
    json_: AsJson = False,
) -> None:
    """Route units of an order to a destination.

    Example: tradeoms placements make ord_1 500 broker-44 --algo POV --value Participation=0.1
    """
    command = CreatePlacement(
        order_id=order,
        destination=destination,
        quantity=_number(quantity),
        limit_price=_number(limit_price) if limit_price else None,
        display_quantity=_number(display_quantity) if display_quantity else None,
        min_quantity=_number(min_quantity) if min_quantity else None,
        algo=_wish(algo, value),
    )
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: placed", as_json=json_)


@placements.command("replace")
def replace(  # noqa: PLR0913 - options
    ctx: typer.Context,
    placement: PlacementId,
    *,
    user: Person,
    quantity: Annotated[str, typer.Option(help="The new total; as it is, if empty.")] = "",
    limit_price: Limit = "",
    algo: Algo = "",
    value: Value = None,
    json_: AsJson = False,
) -> None:
    """Ask the broker for new terms; an algorithm is named with all of its values.

    Example: tradeoms placements replace plc_1 --quantity 800 --limit-price 99.5
    """
    command = ReplacePlacement(
        placement_id=placement,
        quantity=_number(quantity) if quantity else None,
        limit_price=_number(limit_price) if limit_price else None,
        algo=_wish(algo, value),
    )
    shell.submit(ctx, user, command, lambda made: f"{made['id']}: asked for", as_json=json_)


@placements.command("cancel")
def cancel(
    ctx: typer.Context, placement: PlacementId, *, user: Person, json_: AsJson = False
) -> None:
    """Ask the broker to cancel what is left.

    Example: tradeoms placements cancel plc_1 --user trader.tom
    """
    command = CancelPlacement(placement_id=placement)
    shell.submit(
        ctx, user, command, lambda made: f"{made['id']}: its cancel is asked for", as_json=json_
    )


def _wish(strategy: str, values: list[str] | None) -> AlgoWish | None:
    if not strategy:
        if values:
            shell.fail("--value is of an algorithm: name it with --algo", code=shell.USAGE)
        return None
    return AlgoWish(strategy=strategy, parameters=tuple(pairs_of(values or ()).items()))


def _number(text: str) -> Decimal:
    if not text.isascii() or not text.replace(".", "", 1).isdigit():
        shell.fail(f"{text} is no number", code=shell.USAGE)
    return Decimal(text)
