"""`fix drop-copy`: what counterparties told a second time, beside what they told at first."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec
import sqlalchemy as sa
import typer

from tradeoms.commands import shell
from tradeoms.domain.dropcopy.state import Copy, CopyStatus
from tradeoms.kernel.numbers import plain
from tradeoms.projections import tables as t

COLUMNS: Final = (
    "id", "status", "session", "order_session", "kind", "exec_id", "cl_ord_id", "symbol", "side",
    "quantity", "price", "break_id", "detail",
)  # fmt: skip
_copy: Final = msgspec.json.Decoder(Copy)


def run(
    ctx: typer.Context,
    *,
    status: Annotated[CopyStatus | None, typer.Option(help="Only these.")] = None,
    limit: Annotated[int, typer.Option(help="The newest so many.")] = 100,
    as_of: shell.AsOf = "",
    json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List what drop copy sessions told and how it compares, newest first.

    Example: tradeoms fix drop-copy --status missing
    """
    wanted = sa.select(t.drop_copies.c.state).order_by(t.drop_copies.c.id.desc()).limit(limit)
    if status is not None:
        wanted = wanted.where(t.drop_copies.c.status == status)
    reading = shell.records(ctx, as_of)
    with reading.connect() as link:
        found = [_row(_copy.decode(state)) for state in link.execute(wanted).scalars()]
    reading.dispose()
    if json_:
        shell.say_json(found)
        return
    shell.say_table(COLUMNS, ([one[name] for name in COLUMNS] for one in found))


def _row(copy: Copy) -> dict[str, str]:
    values = {name: str(getattr(copy, name) or "") for name in COLUMNS}
    return {**values, "quantity": plain(copy.quantity), "price": plain(copy.price)}
