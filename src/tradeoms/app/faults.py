"""Named points at which a test lets a process die by SIGKILL, without any clean-up.

`TRADEOMS_FAULT=name` kills at the first passage of the point, `name:3` at the third. Without the
variable a point costs one comparison. The gateway's names are the rows of the crash tables in
`docs/fix.md`.
"""

from __future__ import annotations

import os
import signal
from enum import StrEnum, unique


@unique
class Point(StrEnum):
    """Where a process may be made to die: first the engine, then the gateway."""

    TAKEN_BEFORE_DECISION = "taken_before_decision"
    DECIDED_BEFORE_COMMIT = "decided_before_commit"
    COMMITTED_BEFORE_REPLY = "committed_before_reply"
    STORED_BEFORE_CLAIM = "stored_before_claim"
    CLAIMED_BEFORE_SEND = "claimed_before_send"
    JOURNALED_BEFORE_STORE = "journaled_before_store"
    SENT_BEFORE_MARK = "sent_before_mark"
    MARKED_BEFORE_REPORT = "marked_before_report"
    RECEIVED_BEFORE_COMMIT = "received_before_commit"
    COMMITTED_BEFORE_RETURN = "committed_before_return"
    FRAMED_BEFORE_WATERMARK = "framed_before_watermark"


class _Plan:
    """The one point that is armed, and how many passages are left."""

    def __init__(self) -> None:
        name, _, nth = os.environ.get("TRADEOMS_FAULT", "").partition(":")
        self.name = Point(name) if name else None
        self.left = int(nth or 1)


_plan = _Plan()


def reach(point: Point) -> None:
    """Die here if this point is armed and its turn has come."""
    if _plan.name is not point:
        return
    _plan.left -= 1
    if _plan.left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
