"""The facts of a break."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum, unique
from typing import Final

from tradeoms.domain.placement.commands import ReportKind, SendOutcome
from tradeoms.domain.placement.events import BreakKind
from tradeoms.kernel.enums import Side


@unique
class BreakAction(StrEnum):
    """What a person may do about a break."""

    EXPLAIN = "explain"
    """Nothing needs to be done: it was settled, and this is how."""
    DONT_KNOW = "dont_know"
    """Tell the counterparty that the trade is not ours (FIX Q); the break stays open."""
    ATTACH = "attach"
    """Book the execution to a placement of the same session, security and side."""
    BOOK = "book"
    """Book the units of a recorded execution that wait in suspense."""
    SUSPENSE = "suspense"
    """Take the trade over without a fund, until it is attached or taken back."""
    ADJUST = "adjust"
    """Add, correct or take back an execution with stated figures, where no report will."""

    @property
    def takes_two(self) -> bool:
        """True where money moves: another person must approve."""
        return self not in (BreakAction.EXPLAIN, BreakAction.DONT_KNOW)


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What is to be put right of a placement's executions.

    Attributes:
        execution_id: The execution to correct or, without figures, to take back; empty to add one.
        quantity, price: The right figures, units and for one of them; `None` to take it back.
        exec_id: The counterparty's own ExecID (17) of one that is added; empty where it told none.
    """

    execution_id: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    exec_id: str = ""

    @property
    def kind(self) -> ReportKind:
        """The report that it stands for."""
        if not self.execution_id:
            return ReportKind.FILL
        return ReportKind.BUST if self.quantity is None else ReportKind.CORRECT


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An action that waits for another person."""

    action: BreakAction
    placement_id: str
    reason: str
    by: str
    at: datetime
    adjustment: Adjustment | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """A disagreement with the outside world, open until a person says how it was settled.

    Attributes:
        symbol, side: As the counterparty reported them (FIX 55, 54).
        reported: What it reported; empty for a break of our own making.
        suspense: True once two people took the trade over without a fund.
        dk_cl_ord_id: Our name for the DontKnowTrade (Q) that was asked for; empty for none.
        dk_outcome: What the gateway did with it; `None` before it said anything.
    """

    id: str
    version: int
    kind: BreakKind
    session: str
    row: int
    placement_id: str
    cl_ord_id: str
    exec_id: str
    quantity: Decimal
    price: Decimal
    detail: str
    raw: str
    created_at: datetime
    updated_at: datetime
    exec_ref_id: str = ""
    reported: ReportKind | None = None
    resolution: str = ""
    resolved_by: str = ""
    symbol: str = ""
    side: Side | None = None
    proposal: Proposal | None = None
    suspense: bool = False
    dk_cl_ord_id: str = ""
    dk_outcome: SendOutcome | None = None
    dk_detail: str = ""

    @property
    def status(self) -> str:
        """`open`, `suspense` or `resolved`."""
        if self.resolved_by:
            return "resolved"
        return "suspense" if self.suspense else "open"

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two reports the same disagreement."""
        return break_key(
            self.kind, self.session, self.cl_ord_id, self.exec_id, self.quantity, self.price
        )

    @property
    def awaits(self) -> tuple[str, str] | None:
        """Session and ExecID of the execution that a bust or correction came too early for."""
        early = self.kind in _EARLY and self.reported in _TAKING_BACK
        return (self.session, self.exec_ref_id) if early and self.exec_ref_id else None

    @property
    def is_stray_fill(self) -> bool:
        """True for an execution that is recorded nowhere else."""
        fill = self.reported is ReportKind.FILL and self.quantity > 0 and bool(self.exec_id)
        return fill and self.kind in STRAYS


def break_key(
    kind: BreakKind, session: str, cl_ord_id: str, exec_id: str, quantity: Decimal, price: Decimal
) -> tuple[str, ...]:
    """What makes two breaks the same: one at a time is open of each."""
    return (kind, session, cl_ord_id, exec_id, str(quantity), str(price))


#: Breaks of a bust or correction that came before its execution, or before that was attached.
_EARLY: Final = frozenset({BreakKind.UNKNOWN_EXECUTION, BreakKind.UNKNOWN_ORDER})
_TAKING_BACK: Final = frozenset({ReportKind.BUST, ReportKind.CORRECT})
#: Breaks whose execution was not recorded with any order.
STRAYS: Final = frozenset(
    {
        BreakKind.UNKNOWN_ORDER, BreakKind.EXEC_ID_REUSED, BreakKind.SECURITY_MISMATCH,
        BreakKind.SIDE_MISMATCH, BreakKind.ONLY_DROP_COPY, BreakKind.ADDED_BEFORE,
    }
)  # fmt: skip
#: Breaks about what was executed, which an execution that is put right may settle.
ADJUSTABLE: Final = frozenset(
    {
        BreakKind.UNKNOWN_ORDER, BreakKind.UNKNOWN_EXECUTION, BreakKind.OVER_FILL,
        BreakKind.EXEC_ID_REUSED, BreakKind.SECURITY_MISMATCH, BreakKind.SIDE_MISMATCH,
        BreakKind.PRICE_MISMATCH, BreakKind.ZERO_QUANTITY, BreakKind.CUM_QTY_MISMATCH,
        BreakKind.STATUS_MISMATCH, BreakKind.LEAVES_QTY_MISMATCH, BreakKind.AVG_PX_MISMATCH,
        BreakKind.EXPIRY_UNCONFIRMED, BreakKind.UNKNOWN_TO_COUNTERPARTY, BreakKind.UNREADABLE,
        BreakKind.ONLY_DROP_COPY, BreakKind.COPY_DIFFERS, BreakKind.ADDED_BEFORE,
    }
)  # fmt: skip
#: Breaks whose execution is recorded, and not booked or not wholly.
UNBOOKED: Final = frozenset({BreakKind.OVER_FILL, BreakKind.PRICE_MISMATCH})
#: Break to DKReason (127): unknown symbol, wrong side, more than ordered, no matching order, price
#: beyond the limit, other (FIX 4.4 Vol. 6).
DK_REASONS: Final = {
    BreakKind.SECURITY_MISMATCH: "A",
    BreakKind.SIDE_MISMATCH: "B",
    BreakKind.OVER_FILL: "C",
    BreakKind.UNKNOWN_ORDER: "D",
    BreakKind.PRICE_MISMATCH: "E",
    BreakKind.EXEC_ID_REUSED: "Z",
    BreakKind.ONLY_DROP_COPY: "Z",
    BreakKind.ADDED_BEFORE: "Z",
}
