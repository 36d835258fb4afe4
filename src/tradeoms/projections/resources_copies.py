"""Drop copies as REST shows them."""

from __future__ import annotations

import msgspec

from tradeoms.domain.dropcopy.state import Copy
from tradeoms.kernel.numbers import plain
from tradeoms.projections.resources_text import instant


class CopyResource(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A copied execution, bust or correction, beside what the order session brought.

    `share` as of a break: units, words and the message are then left out.
    """

    id: str
    version: int
    seq: int
    status: str
    session: str
    order_session: str
    kind: str
    exec_id: str
    exec_ref_id: str
    trd_match_id: str
    cl_ord_id: str
    broker_order_id: str
    placement_id: str | None
    execution_id: str | None
    break_id: str | None
    symbol: str
    side: str | None
    quantity: str | None
    price: str
    detail: str
    raw: str
    transact_time: str | None
    created_at: str
    updated_at: str
    share: bool = False


def copy_resource(copy: Copy, *, seq: int) -> CopyResource:
    """Show a copy."""
    return CopyResource(
        id=copy.id,
        version=copy.version,
        seq=seq,
        status=copy.status.value,
        session=copy.session,
        order_session=copy.order_session,
        kind=copy.kind.value,
        exec_id=copy.exec_id,
        exec_ref_id=copy.exec_ref_id,
        trd_match_id=copy.trd_match_id,
        cl_ord_id=copy.cl_ord_id,
        broker_order_id=copy.broker_order_id,
        placement_id=copy.placement_id or None,
        execution_id=copy.execution_id or None,
        break_id=copy.break_id or None,
        symbol=copy.symbol,
        side=copy.side.value if copy.side else None,
        quantity=plain(copy.quantity),
        price=plain(copy.price),
        detail=copy.detail,
        raw=copy.raw,
        transact_time=instant(copy.transact_time) if copy.transact_time else None,
        created_at=instant(copy.created_at),
        updated_at=instant(copy.updated_at),
    )
