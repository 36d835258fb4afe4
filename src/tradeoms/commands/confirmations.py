"""`confirmations`: what brokers are told of the split, what they confirm, people's word on it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.domain.confirmation import commands as c
from tradeoms.domain.confirmation.state import AllocationInstruction, Confirmation
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t

confirmations = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Allocation instructions, confirmations."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Person = Annotated[str, typer.Option("--user", envvar="TRADEOMS_USER", help="Who does it.")]
Reason = Annotated[str, typer.Option(help="Why.")]
Told = Annotated[str, typer.Argument(metavar="INSTRUCTION", help="Id of the instruction.")]
Which = Annotated[str, typer.Argument(metavar="CONFIRMATION", help="Id of the confirmation.")]
Status = Annotated[str, typer.Option(help="Only these.")]
INSTRUCTION_COLUMNS: Final = (
    "id", "status", "transaction", "session", "placement_id", "symbol", "side", "trade_on",
    "quantity", "avg_px", "text",
)  # fmt: skip
COLUMNS: Final = (
    "id", "status", "session", "fund", "account", "symbol", "quantity", "avg_px", "commission",
    "net", "differences",
)  # fmt: skip

_instruction: Final = msgspec.json.Decoder(AllocationInstruction)
_confirmation: Final = msgspec.json.Decoder(Confirmation)


@confirmations.callback()
def _confirmations() -> None:
    """Allocation instructions and confirmations."""


@confirmations.command("instructions")
def instructions(
    ctx: typer.Context, *, status: Status = "", as_of: shell.AsOf = "", json_: AsJson = False
) -> None:
    """List allocation instructions, newest first.

    Example: tradeoms confirmations instructions --status accepted
    """
    found = [_instruction.decode(state) for state in _states(ctx, "instructions", status, as_of)]
    _show(INSTRUCTION_COLUMNS, found, as_json=json_)


@confirmations.command("list")
def list_confirmations(
    ctx: typer.Context, *, status: Status = "", as_of: shell.AsOf = "", json_: AsJson = False
) -> None:
    """List confirmations, newest first; the exceptions are those that are mismatched.

    Example: tradeoms confirmations list --status mismatched
    """
    found = [_confirmation.decode(state) for state in _states(ctx, "confirmations", status, as_of)]
    _show(COLUMNS, found, as_json=json_)


@confirmations.command("instruct")
def instruct(
    ctx: typer.Context,
    placement: Annotated[str, typer.Argument(help="Id of the placement.")],
    *,
    user: Person,
    tolerance: Annotated[str, typer.Option(help="Money that may differ, for each fund.")] = "0",
    json_: AsJson = False,
) -> None:
    """Tell the broker how the newest day's executions of a placement are split over funds.

    Example: tradeoms confirmations instruct plc_7 --user ops.otto
    """
    try:
        money = Decimal(tolerance)
    except InvalidOperation:
        shell.fail(f"--tolerance is {tolerance}, not an amount")
    command = c.InstructAllocation(placement_id=placement, tolerance=money)
    shell.submit(ctx, user, command, f"{placement}: instructed", as_json=json_)


@confirmations.command("replace")
def replace(
    ctx: typer.Context, instruction: Told, *, user: Person, reason: Reason, json_: AsJson = False
) -> None:
    """Tell the split anew, as it is booked now.

    Example: tradeoms confirmations replace ali_7 --user ops.otto --reason "an execution was busted"
    """
    command = c.ReplaceAllocation(instruction_id=instruction, reason=reason)
    shell.submit(ctx, user, command, f"{instruction}: replaced", as_json=json_)


@confirmations.command("cancel")
def cancel(
    ctx: typer.Context, instruction: Told, *, user: Person, reason: Reason, json_: AsJson = False
) -> None:
    """Take an instruction back.

    Example: tradeoms confirmations cancel ali_7 --user ops.otto --reason "wrong accounts"
    """
    command = c.CancelAllocation(instruction_id=instruction, reason=reason)
    shell.submit(ctx, user, command, f"{instruction}: canceled", as_json=json_)


@confirmations.command("request")
def request(ctx: typer.Context, instruction: Told, *, user: Person, json_: AsJson = False) -> None:
    """Ask the broker for the confirmations that have not come.

    Example: tradeoms confirmations request ali_7 --user ops.otto
    """
    command = c.RequestConfirmations(instruction_id=instruction)
    shell.submit(ctx, user, command, f"{instruction}: confirmations requested", as_json=json_)


@confirmations.command("affirm")
def affirm(
    ctx: typer.Context,
    confirmation: Which,
    *,
    user: Person,
    reason: Annotated[str, typer.Option(help="Why, where it differs.")] = "",
    json_: AsJson = False,
) -> None:
    """Agree to a confirmation.

    Example: tradeoms confirmations affirm cfm_7 --user ops.otto
    """
    command = c.AffirmConfirmation(confirmation_id=confirmation, reason=reason)
    shell.submit(ctx, user, command, f"{confirmation}: affirmed", as_json=json_)


@confirmations.command("reject")
def reject(
    ctx: typer.Context, confirmation: Which, *, user: Person, reason: Reason, json_: AsJson = False
) -> None:
    """Refuse a confirmation.

    Example: tradeoms confirmations reject cfm_7 --user ops.otto --reason "not our price"
    """
    command = c.RejectConfirmation(confirmation_id=confirmation, reason=reason)
    shell.submit(ctx, user, command, f"{confirmation}: rejected", as_json=json_)


def _states(ctx: typer.Context, which: str, status: str, as_of: str) -> list[str]:
    table = t.allocation_instructions if which == "instructions" else t.confirmations
    wanted = sa.select(table.c.state).order_by(table.c.id.desc())
    if status:
        wanted = wanted.where(table.c.status == status)
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        found = [str(state) for state in link.execute(wanted).scalars()]
    reading.dispose()
    return found


def _show(
    columns: tuple[str, ...],
    found: list[AllocationInstruction] | list[Confirmation],
    *,
    as_json: bool,
) -> None:
    rows = [{name: _cell(getattr(one, name)) for name in columns} for one in found]
    if as_json:
        shell.say_json(rows)
        return
    shell.say_table(columns, ([row[name] for name in columns] for row in rows))


def _cell(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, tuple):
        return "; ".join(str(item) for item in value)
    return "" if value is None else str(value)
