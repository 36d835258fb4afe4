"""`reports`: what happened over a period."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import msgspec
import typer

from tradeoms.commands import shell
from tradeoms.commands.crosses import COLUMNS, row_of
from tradeoms.projections.paging import EVERYTHING, every_row
from tradeoms.projections.queries_crosses import booked_crosses
from tradeoms.projections.queries_fairness import DAYS_MAX, fairness

reports = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="What happened over a period."
)


@reports.callback()
def group() -> None:
    """Reports over a period of trading days."""


@reports.command("fairness")
def show_fairness(
    ctx: typer.Context,
    *,
    since: Annotated[str, typer.Option("--from", help="First trading day, YYYY-MM-DD.")],
    until: Annotated[str, typer.Option("--to", help="Last trading day, YYYY-MM-DD.")],
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how evenly funds and portfolio managers were served; positive bps are worse.

    Example: tradeoms reports fairness --from 2026-01-01 --to 2026-03-31
    """
    first, last = _day("--from", since), _day("--to", until)
    if not 0 <= (last - first).days < DAYS_MAX:
        shell.fail(f"--to: from {first} on, at most {DAYS_MAX} days", code=shell.USAGE)
    with shell.boot().reader(shell.settings(ctx)).connect() as link:
        found = fairness(link, first, last, EVERYTHING)
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    totals = [
        (kind, one.name, one.currency, one.fills, one.compared, one.mean_bps or "",
         one.dispersion_bps or "", one.standard_error_bps or "", "yes" if one.unusual else "")
        for kind, some in (("fund", found.funds), ("manager", found.portfolio_managers))
        for one in some
    ]  # fmt: skip
    shell.say_table(
        ("of", "name", "currency", "fills", "compared", "mean", "dispersion", "error", "unusual"),
        totals,
    )
    typer.echo()
    shell.say_table(
        ("day", "security", "side", "order", "fund", "manager", "quantity", "price", "difference",
         "first day", "s to first", "s to last", "filled"),
        (
            (
                market.trade_on, market.security.value, market.side, one.order_id, one.fund,
                one.portfolio_manager, one.quantity, one.price, one.difference_bps,
                one.first_day_bps or "", one.seconds_to_first or "", one.seconds_to_last or "",
                one.filled or "",
            )
            for market in found.markets
            for one in market.orders
        ),
    )  # fmt: skip


@reports.command("crosses")
def show_crosses(
    ctx: typer.Context,
    *,
    since: Annotated[str, typer.Option("--from", help="First trading day, YYYY-MM-DD.")],
    until: Annotated[str, typer.Option("--to", help="Last trading day, YYYY-MM-DD.")],
    as_of: shell.AsOf = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what was crossed between funds, for the quarterly review (rule 17a-7(e)).

    Example: tradeoms reports crosses --from 2026-01-01 --to 2026-03-31
    """
    first, last = _day("--from", since), _day("--to", until)
    with shell.records(ctx, as_of).connect() as link:
        found = every_row(lambda cut: booked_crosses(link, first, last, EVERYTHING, cut))
    if json_:
        shell.say_json(msgspec.to_builtins(found))
        return
    shell.say_table(COLUMNS, (row_of(one) for one in found))


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        shell.fail(f"{option}: {text!r} is no day, write YYYY-MM-DD", code=shell.USAGE)
