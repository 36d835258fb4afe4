"""Opens a break that is about no execution: a thing of the house, or of a session."""

from __future__ import annotations

from datetime import datetime

from tradeoms.domain.placement.events import BreakKind, BreakOpened
from tradeoms.kernel.numbers import ZERO


def open_bare(
    kind: BreakKind, *, break_id: str, detail: str, at: datetime, subject: str = ""
) -> BreakOpened:
    """Open a break about ``subject``, a thing of the house; about nothing that has an id, empty.

    No counterparty reported it; where one did, the caller says in which session and row.
    """
    return BreakOpened(
        break_id=break_id,
        kind=kind,
        session="",
        row=0,
        placement_id="",
        cl_ord_id=subject,
        exec_id="",
        quantity=ZERO,
        price=ZERO,
        detail=detail,
        raw="",
        at=at,
    )
