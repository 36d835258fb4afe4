"""What funds traded in the past, for rules about windows of days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

import msgspec
import sqlalchemy as sa

from tradeoms.domain.placement.state import Execution
from tradeoms.kernel.enums import Side
from tradeoms.projections import tables as t
from tradeoms.projections.queries import state_field

_decode: Final = msgspec.json.Decoder(Execution).decode
_CHUNK: Final = 20_000
_DAY_MICROS: Final = 86_400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What one fund got of one execution; `quantity` is positive."""

    fund: str
    security_id: str
    side: Side
    quantity: Decimal
    on: date


def traded_lately(link: sa.Connection, days: int) -> Iterator[Traded]:
    """Yield, by fund, what still counts of the ``days`` up to the newest execution."""
    newest = link.scalar(sa.select(sa.func.max(t.executions.c.received_at)))
    if newest is None:
        return
    since = newest - days * _DAY_MICROS
    query = (
        sa.select(t.executions.c.state, state_field(link, t.placements, "side").label("side"))
        .select_from(
            t.executions.join(t.placements, t.placements.c.id == t.executions.c.placement_id)
        )
        .where(t.executions.c.received_at > since, t.executions.c.status == "live")
    )
    for state, side in link.execute(query).yield_per(_CHUNK):
        execution = _decode(state)
        for fund, quantity in execution.fund_units:
            yield Traded(
                fund=fund,
                security_id=execution.security_id,
                side=Side(side),
                quantity=quantity,
                on=execution.trade_on,
            )
