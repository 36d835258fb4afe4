"""`orders` and `blotter`: the record of every order, and a live view of the open ones."""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
import sqlalchemy as sa
import typer
from typer.core import TyperGroup

from tradeoms.commands import shell
from tradeoms.journal.store import read_head
from tradeoms.kernel.enums import OrderStatus
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut
from tradeoms.projections.queries import one_order
from tradeoms.projections.queries_orders import OrderFilter, list_orders
from tradeoms.projections.resources_schema import OrderResource

COLUMNS: Final = (
    "id", "status", "side", "quantity", "security", "type", "limit", "placed", "filled", "avg_px",
    "funds", "waits for",
)  # fmt: skip
#: How often the blotter looks whether the journal has grown.
LOOK_EVERY_S: Final = 0.5


class OrderGroup(TyperGroup):
    """`orders ord_1` is short for `orders show ord_1`."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # Any: typer's own context
        """The command that the words name."""
        short = args[0].startswith("ord_")
        return super().resolve_command(ctx, ["show", *args] if short else args)


orders = typer.Typer(
    cls=OrderGroup, rich_markup_mode=None, invoke_without_command=True, help="The orders."
)


@orders.callback()
def list_them(  # noqa: PLR0913 - options
    ctx: typer.Context,
    *,
    status: Annotated[list[OrderStatus] | None, typer.Option(help="May be repeated.")] = None,
    fund: Annotated[str, typer.Option(help="A fund of the order.")] = "",
    security: Annotated[str, typer.Option(help="Ticker, identifier or id.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many.")] = 50,
    as_of: shell.AsOf = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List orders, newest first; `tradeoms orders ord_1` shows one; or work on some.

    Example: tradeoms orders --status working --fund GROWTH
    """
    if ctx.invoked_subcommand is not None:
        return
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        want = OrderFilter(status=tuple(status or ()), fund=fund, security=security)
        found = list_orders(link, want, EVERYTHING, Cut(limit=limit))
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found.data])
        return
    shell.say_table(COLUMNS, (row_of(one) for one in found.data))
    if found.next is not None:
        typer.echo("there are more; raise --limit or narrow the list", err=True)


@orders.command("show")
def show(ctx: typer.Context, order: Annotated[str, typer.Argument(help="Its id.")]) -> None:
    """Show one order with all that is known of it, as JSON.

    Example: tradeoms orders show ord_1
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = one_order(link, order, EVERYTHING)
    if found is None:
        shell.fail(f"there is no order {order}")
    shell.say_json(msgspec.to_builtins(found))


def blotter(
    ctx: typer.Context,
    *,
    fund: Annotated[str, typer.Option(help="A fund of the orders.")] = "",
    rows: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many orders.")] = 40,
    once: Annotated[bool, typer.Option("--once", help="Print the table and stop.")] = False,
) -> None:
    """Watch the open orders; the table follows the journal. Ctrl-C stops it.

    Example: tradeoms blotter --fund GROWTH
    """
    engine = shell.boot().reader(shell.settings(ctx))
    want = OrderFilter(fund=fund, live=True)
    if once or not sys.stdout.isatty():
        shell.say_table(COLUMNS, (row_of(one) for one in _open_orders(engine, want, rows)[1]))
        return
    live = importlib.import_module("rich.live").Live(screen=True, auto_refresh=False)
    shown = -1
    try:
        with live:
            while True:
                seq = _head(engine)
                if seq != shown:
                    shown, found = _open_orders(engine, want, rows)
                    live.update(_table(shown, found), refresh=True)
                time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        return


def row_of(one: OrderResource) -> tuple[str, ...]:
    """The cells of `COLUMNS`."""
    waits = one.waiting_for
    return (
        one.id,
        one.status,
        one.side,
        one.quantity,
        one.security.value,
        one.order_type,
        one.limit_price or "",
        one.placed_quantity,
        one.cum_qty,
        one.avg_px if one.cum_qty != "0" else "",
        " ".join(leg.fund for leg in one.allocations),
        "" if waits is None else f"{waits.who}: {waits.why}",
    )


def _head(engine: sa.Engine) -> int:
    with engine.connect() as link:
        return read_head(link).seq


def _open_orders(
    engine: sa.Engine, want: OrderFilter, rows: int
) -> tuple[int, Sequence[OrderResource]]:
    with engine.connect() as link:
        seq = read_head(link).seq
        return seq, list_orders(link, want, EVERYTHING, Cut(limit=rows)).data


def _table(seq: int, found: Sequence[OrderResource]) -> Any:  # Any: a rich.table.Table
    table = importlib.import_module("rich.table").Table(title=f"open orders, journal {seq}")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in ("quantity", "limit") else "left")
    for one in found:
        table.add_row(*row_of(one))
    return table
