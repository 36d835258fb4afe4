"""`proposals`: rebalances computed here on a copy of the state, and handed to the engine."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import msgspec
import typer

from tradeoms.app.fund_states import PlanRefused
from tradeoms.commands import shell
from tradeoms.domain.proposal.commands import ApproveProposal, DiscardProposal, MakeProposal
from tradeoms.domain.proposal.terms import Band, Flow, Mode, Plan
from tradeoms.kernel.numbers import parse_decimal, plain
from tradeoms.projections.paging import EVERYTHING, PAGE_MAX, Cut, every_row
from tradeoms.projections.queries_lists import list_rows, one_row
from tradeoms.projections.queries_portfolio import LINES, PROPOSALS

proposals = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Rebalance proposals.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Which = Annotated[str, typer.Argument(help="Id of the proposal.")]
_LINES: Final = ("fund", "security", "side", "quantity", "weight", "target", "after", "left out")


@proposals.command("make")
def make(  # noqa: PLR0913 - one option a term
    ctx: typer.Context,
    *,
    fund: Annotated[list[str], typer.Option(help="May be repeated.")],
    user: Person,
    model: Annotated[str, typer.Option(help="Approved model; else each fund's benchmark.")] = "",
    mode: Annotated[Mode, typer.Option(help="Which trades.")] = Mode.FULL,
    tolerance: Annotated[str, typer.Option(help="Deviation left alone, in points.")] = "0",
    relative: Annotated[
        bool, typer.Option("--relative", help="The tolerance is per cent of the target.")
    ] = False,
    cash_buffer: Annotated[str, typer.Option(help="Points of NAV that stay cash.")] = "0",
    minimum_trade: Annotated[str, typer.Option(help="Smallest amount, fund currency.")] = "0",
    flow: Annotated[list[str] | None, typer.Option(help="FUND=AMOUNT in or (-) out.")] = None,
    spare: Annotated[list[str] | None, typer.Option(help="Ticker.MIC that is not traded.")] = None,
    fit: Annotated[bool, typer.Option("--fit", help="Cut what compliance stops.")] = False,
    json_: AsJson = False,
) -> None:
    """Compute the trades that bring funds to a model; nothing is entered before it is approved.

    Example: tradeoms proposals make --fund GROWTH --model core --tolerance 0.25 --user pm.petra
    """
    settings = shell.settings(ctx)
    plan = Plan(
        funds=tuple(fund), model=model, model_version=0, mode=mode, trade_on=date.min,
        tolerance=_number(tolerance, "--tolerance"),
        band=Band.RELATIVE if relative else Band.ABSOLUTE,
        cash_buffer=_number(cash_buffer, "--cash-buffer"),
        minimum_trade=_number(minimum_trade, "--minimum-trade"),
        flows=tuple(_flow(one) for one in flow or ()), fit=fit,
    )  # fmt: skip
    try:
        made = shell.boot().replica(settings).propose(
            plan, [("ticker_mic", one) for one in spare or ()]
        )  # fmt: skip
    except PlanRefused as error:
        shell.fail("; ".join(f"{one.field}: {one.detail}" for one in error.refusals))
    except LookupError as error:
        shell.fail(str(error).strip("'\""))
    shell.submit(ctx, user, made, _summary(made), as_json=json_)


@proposals.command("list")
def list_proposals(ctx: typer.Context, *, as_of: shell.AsOf = "", json_: AsJson = False) -> None:
    """List proposals, newest first.

    Example: tradeoms proposals list --json
    """
    engine = shell.records(ctx, as_of)
    with engine.connect() as link:
        found = list_rows(link, PROPOSALS, {}, EVERYTHING, Cut(limit=PAGE_MAX)).data
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found])
        return
    shell.say_table(
        ("id", "status", "model", "mode", "funds", "lines", "orders", "compliance"),
        (
            (one.id, one.status, one.model or "benchmark", one.mode, " ".join(one.funds), one.lines,
             len(one.orders), one.compliance.action)
            for one in found
        ),
    )  # fmt: skip


@proposals.command("show")
def show(ctx: typer.Context, proposal: Which, *, json_: AsJson = False) -> None:
    """Show the lines of a proposal, traded and left out.

    Example: tradeoms proposals show prp_1
    """
    engine = shell.boot().reader(shell.settings(ctx))
    with engine.connect() as link:
        if one_row(link, PROPOSALS, [proposal], EVERYTHING) is None:
            shell.fail(f"there is no proposal {proposal}")
        want = {"proposal_id": proposal}
        found = every_row(lambda cut: list_rows(link, LINES, want, EVERYTHING, cut))
    if json_:
        shell.say_json([msgspec.to_builtins(one) for one in found])
        return
    shell.say_table(
        _LINES,
        (
            (one.fund, one.security.value, one.side or "", one.quantity, one.weight or "?",
             one.target, one.after or "?", one.left_out or "")
            for one in found
        ),
    )  # fmt: skip


@proposals.command("approve")
def approve(
    ctx: typer.Context,
    proposal: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Reason of the orders.")] = "",
    json_: AsJson = False,
) -> None:
    """Turn all lines of a proposal into orders, or none of them.

    Example: tradeoms proposals approve prp_1 --user pm.petra --reason "monthly rebalance"
    """
    command = ApproveProposal(proposal_id=proposal, reason=reason)
    shell.submit(ctx, user, command, f"{proposal}: its orders are entered", as_json=json_)


@proposals.command("discard")
def discard(
    ctx: typer.Context,
    proposal: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why.")] = "",
    json_: AsJson = False,
) -> None:
    """Let a proposal go; it stays on record.

    Example: tradeoms proposals discard prp_1 --user pm.petra
    """
    command = DiscardProposal(proposal_id=proposal, reason=reason)
    shell.submit(ctx, user, command, f"{proposal}: discarded", as_json=json_)


def _number(text: str, option: str) -> Decimal:
    try:
        return parse_decimal(text)
    except ValueError as error:
        shell.fail(f"{option}: {error}", code=shell.USAGE)


def _flow(text: str) -> Flow:
    fund, equals, amount = text.partition("=")
    if not equals:
        shell.fail(f"--flow: {text} is not FUND=AMOUNT", code=shell.USAGE)
    return Flow(fund=fund, amount=_number(amount, "--flow"))


def _summary(made: MakeProposal) -> str:
    """What was computed, in a line for each order and one for compliance."""
    traded = sum(1 for line in made.lines if line.quantity)
    orders = [
        f"  {one.side} {plain(one.quantity)} {one.security_id}{' (culprit)' if one.culprit else ''}"
        for one in made.orders
    ]
    stops = [f"  {one.rule}: {one.explanation}" for one in made.verdict.stops]
    head = f"{len(made.lines)} lines, {traded} trade; compliance of the set: {made.verdict.action}"
    return "\n".join((head, *orders, *stops))
