"""`lists`: programs of orders; entered from a file, shown, tried out, and worked as one."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.commands.load import FORMATS
from tradeoms.domain.orderlist.commands import ActOnOrderList, CreateOrderList, ListAction
from tradeoms.imports.files import describe
from tradeoms.imports.orders import read_orders
from tradeoms.kernel.numbers import plain
from tradeoms.projections import queries_lists as q
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut
from tradeoms.projections.queries_mappings import find_mapping

lists = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Programs of orders.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Which = Annotated[str, typer.Argument(help="Id of the list.")]
_ORDERS: Final = ("order", "status", "side", "quantity", "security", "limit", "placed", "filled")
_LINES: Final = ("order", "answer", "status", "quantity", "destination", "limit", "why")


@lists.command("list")
def list_them(
    ctx: typer.Context,
    *,
    limit: Annotated[int, typer.Option(min=1, max=PAGE_MAX, help="How many.")] = 50,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List lists, newest first, with how far their orders have come.

    Example: tradeoms lists list
    """
    with shell.records(ctx, as_of).connect() as link:
        found = q.list_rows(link, q.ORDER_LISTS, {}, EVERYTHING, Cut(limit=limit)).data
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    rows = (
        (
            one.id, one.name, one.created_by, len(one.orders),
            " ".join(f"{status}:{count}" for status, count in one.progress.items()),
        )
        for one in found
    )  # fmt: skip
    shell.say_table(("id", "name", "by", "orders", "progress"), rows)


@lists.command("show")
def show(ctx: typer.Context, which: Which, *, json_: AsJson = False) -> None:
    """Show a list with its orders.

    Example: tradeoms lists show lst_1
    """
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = q.one_row(link, q.ORDER_LISTS, [which], EVERYTHING)
    if found is None:
        shell.fail(f"there is no list {which}")
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    rows = (
        (
            one.id, one.status, one.side, one.quantity, one.security, one.limit_price or "",
            one.placed_quantity, one.cum_qty,
        )
        for one in found.orders
    )  # fmt: skip
    shell.say_table(_ORDERS, rows)


@lists.command("enter")
def enter(  # noqa: PLR0913 - options
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Name of the list.")],
    file: Annotated[Path, typer.Argument(help="A file of orders, as for `load orders`.")],
    *,
    user: Person,
    partial: Annotated[bool, typer.Option("--partial", help="Enter the sound orders.")] = False,
    mapping: Annotated[str, typer.Option(help="The saved mapping to read it by.")] = "",
    json_: AsJson = False,
) -> None:
    """Enter the orders of a file as one list: all or none, or the sound ones.

    Example: tradeoms lists enter "month end" orders.csv --user pm.gita
    """
    settings = shell.settings(ctx)
    form = FORMATS.get(file.suffix.lower())
    if form is None:
        shell.fail(f"{file}: one of {', '.join(FORMATS)} is expected", code=shell.USAGE)
    found = None
    if mapping:
        with shell.boot().reader(settings).connect() as link:
            found = find_mapping(link, mapping)
        if found is None:
            shell.fail(f"there is no mapping {mapping}")
    read = read_orders(file.read_text(encoding="utf-8"), form=form, mapping=found)
    for error in read.errors:
        typer.echo(describe(error), err=True)
    if read.errors and not partial:
        shell.fail("nothing was changed")
    command = CreateOrderList(name=name, orders=tuple(read.orders), atomic=not partial)
    _tell(ctx, user, command, dry_run=False, json_=json_)


@lists.command("act")
def act(  # noqa: PLR0913 - options
    ctx: typer.Context,
    which: Which,
    action: Annotated[ListAction, typer.Argument(help="What to do with every open order.")],
    *,
    user: Person,
    trader: Annotated[str, typer.Option(help="Of release: who shall trade them.")] = "",
    destination: Annotated[str, typer.Option(help="Of route and wave; else as ruled.")] = "",
    percent: Annotated[str, typer.Option(help="Of wave: how much of each order.")] = "",
    limit_bps: Annotated[str, typer.Option(help="Of reprice: distance from the mark.")] = "",
    reason: Annotated[str, typer.Option(help="Of hold and cancel.")] = "",
    acknowledge: Annotated[bool, typer.Option(help="Of release: warnings were seen.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would come.")] = False,
    json_: AsJson = False,
) -> None:
    """Do the same with every open order of a list; each is answered on its own line.

    Example: tradeoms lists act lst_1 wave --percent 25 --dry-run --user trader.tom
    """
    command = ActOnOrderList(
        list_id=which, action=action, trader=trader, destination=destination, reason=reason,
        percent=shell.number(percent, "--percent"), acknowledge=acknowledge,
        limit_bps=shell.number(limit_bps, "--limit-bps"),
    )  # fmt: skip
    _tell(ctx, user, command, dry_run=dry_run, json_=json_)


def _tell(ctx: typer.Context, user: str, command: object, *, dry_run: bool, json_: bool) -> None:
    """Ask, and print a line for each order; exit code 1 where one was refused."""
    with shell.boot().door(shell.settings(ctx), user) as door:
        outcome = door.submit(type(command).__name__, command, dry_run=dry_run)
    if outcome.status != "accepted":
        shell.finish(outcome, done="", as_json=json_)
    answer = msgspec.json.decode(bytes(outcome.answer))
    if json_:
        shell.say_json(answer)
    else:
        typer.echo(answer["id"])
        shell.say_table(_LINES, (_row(line) for line in answer["data"]))
    if any(line["status"] == "refused" for line in answer["data"]):
        raise typer.Exit(shell.REFUSED)


def _row(line: dict[str, Any]) -> tuple[str, ...]:  # Any: JSON
    price = line.get("limit_price")
    return (
        line.get("id", ""),
        line["status"],
        line.get("order_status", ""),
        line.get("quantity", ""),
        line.get("destination") or "",
        plain(Decimal(price)) if price else "",
        "; ".join(f"{one['code']}: {one['detail']}" for one in line.get("problems", ())),
    )
