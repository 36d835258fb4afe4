"""What two people put right of a placement's executions, as it is shown to the second of them."""

from __future__ import annotations

import msgspec

from tradeoms.domain.breaks.state import Adjustment
from tradeoms.kernel.numbers import plain


class AdjustmentResource(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An execution to add, to correct or, without figures, to take back."""

    execution_id: str | None
    quantity: str | None
    price: str | None
    exec_id: str | None


def adjustment_resource(asked: Adjustment | None) -> AdjustmentResource | None:
    """Show an adjustment; `None` for none."""
    if asked is None:
        return None
    return AdjustmentResource(
        execution_id=asked.execution_id or None,
        quantity=None if asked.quantity is None else plain(asked.quantity),
        price=None if asked.price is None else plain(asked.price),
        exec_id=asked.exec_id or None,
    )
