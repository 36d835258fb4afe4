"""`bookings`: what is booked to funds, or is to be, and what people do about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from tradeoms.commands import shell
from tradeoms.domain.booking.commands import (
    ApproveReallocation,
    BookAllocations,
    ReallocateBooking,
    RefuseReallocation,
)
from tradeoms.domain.booking.state import BookingStatus
from tradeoms.domain.order.commands import Leg
from tradeoms.kernel.numbers import parse_decimal
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut
from tradeoms.projections.queries_bookings import BOOKINGS
from tradeoms.projections.queries_lists import list_rows
from tradeoms.projections.resources_text import encode

bookings = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Bookings.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Which = Annotated[str, typer.Argument(metavar="BOOKING", help="Id of the booking.")]
COLUMNS: Final = (
    "id", "status", "order", "trade_on", "policy", "fund", "quantity", "gross", "commission", "net",
)  # fmt: skip


@bookings.callback()
def _bookings() -> None:
    """Bookings."""


@bookings.command("list")
def list_bookings(
    ctx: typer.Context,
    *,
    status: Annotated[BookingStatus | None, typer.Option(help="Only these.")] = None,
    as_of: shell.AsOf = "",
    json_: AsJson = False,
) -> None:
    """List the newest bookings, a line for each fund.

    Example: tradeoms bookings list --status waiting
    """
    want = {} if status is None else {"status": status.value}
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        found = list_rows(link, BOOKINGS, want, EVERYTHING, Cut(None, PAGE_MAX)).data
    reading.dispose()
    if json_:
        typer.echo(encode(found).decode())
        return
    rows = (
        (
            one.id, one.status, one.order_id, one.trade_on, one.policy, leg.fund, leg.quantity,
            leg.gross, leg.commission or "", leg.net or "",
        )
        for one in found
        for leg in one.allocations
    )  # fmt: skip
    shell.say_table(COLUMNS, rows)


@bookings.command("book")
def book(  # noqa: PLR0913 - one option a field
    ctx: typer.Context,
    *,
    user: Person,
    order: Annotated[str, typer.Option(help="An order,")] = "",
    block: Annotated[str, typer.Option(help="or all orders of a block.")] = "",
    trade_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="One trading day; else every one.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, where a condition failed.")] = "",
    json_: AsJson = False,
) -> None:
    """Book what is executed of an order, or of a block.

    Example: tradeoms bookings book --order ord_7 --user olga
    """
    day = trade_on.date() if trade_on else None
    command = BookAllocations(order_id=order, block_id=block, trade_on=day, reason=reason)
    shell.submit(ctx, user, command, "booked", as_json=json_)


@bookings.command("reallocate")
def reallocate(
    ctx: typer.Context,
    booking: Which,
    allocations: Annotated[list[str], typer.Argument(help="FUND=UNITS, one for each fund.")],
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why.")],
    json_: AsJson = False,
) -> None:
    """Ask for another split before it is booked; another person must approve it.

    Example: tradeoms bookings reallocate bkg_7-20260105 GROWTH=300 --user olga --reason "agreed"
    """
    legs = tuple(_leg(text) for text in allocations)
    command = ReallocateBooking(booking_id=booking, legs=legs, reason=reason)
    shell.submit(ctx, user, command, f"{booking}: waits for another person", as_json=json_)


@bookings.command("approve")
def approve(
    ctx: typer.Context,
    booking: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="What there is to say.")] = "",
    json_: AsJson = False,
) -> None:
    """Agree to the split that another person asked for.

    Example: tradeoms bookings approve bkg_7-20260105 --user rita
    """
    command = ApproveReallocation(booking_id=booking, reason=reason)
    shell.submit(ctx, user, command, f"{booking}: split as asked", as_json=json_)


@bookings.command("refuse")
def refuse(
    ctx: typer.Context,
    booking: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="What there is to say.")] = "",
    json_: AsJson = False,
) -> None:
    """Do not agree to it.

    Example: tradeoms bookings refuse bkg_7-20260105 --user rita
    """
    command = RefuseReallocation(booking_id=booking, reason=reason)
    shell.submit(ctx, user, command, f"{booking}: stays as it is", as_json=json_)


def _leg(text: str) -> Leg:
    fund, _, units = text.partition("=")
    try:
        return Leg(fund=fund, quantity=parse_decimal(units))
    except ValueError:
        shell.fail(f"{text}: FUND=UNITS, as in GROWTH=300", code=shell.USAGE)
