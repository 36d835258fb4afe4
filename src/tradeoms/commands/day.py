"""`roll-day`: begins a trading day, once on each of them, before the first order."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from tradeoms.app.identity import SystemClock
from tradeoms.commands import shell
from tradeoms.domain.reference.commands import RollDay


def roll_day(
    ctx: typer.Context,
    day: Annotated[
        datetime | None,
        typer.Argument(
            formats=["%Y-%m-%d"], metavar="[DATE]", help="The day that begins; else today, UTC."
        ),
    ] = None,
    *,
    user: Annotated[
        str, typer.Option(envvar="TRADEOMS_USER", help="Who does it; recorded in the journal.")
    ] = shell.SYSTEM,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Begin a trading day, which ends the day orders that no broker holds; there is no way back.

    Example: tradeoms roll-day 2026-01-06 --user ops.otto
    """
    command = RollDay(trade_on=(day or SystemClock().now()).date())
    shell.submit(ctx, user, command, _told, as_json=json_)


def _told(answer: dict[str, Any]) -> str:  # Any: JSON
    return f"{answer['trade_on']} has begun; orders that expired: {answer['expired']}"
