"""Controls of a session, as data: a circuit breaker, a limit for each order, the clock.

They are the gateway's own: no engine is asked, and what they stop stays stopped until a person
releases it (RTS 6, Articles 15 and 17; 17 CFR 240.15c3-5).
"""

from __future__ import annotations

from collections import deque
from typing import Annotated, Final

from pydantic import Field

from tradeoms.app.instruction import Instruction
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.fix.config_file import Settings
from tradeoms.kernel.numbers import plain

Limit = Annotated[int, Field(ge=0, le=1_000_000_000)]
#: What a hold of the gateway's own begins with.
BREAKER: Final = "circuit breaker"
#: Answers that count: the counterparty does not take orders or replaces. Cancels add no risk.
REJECTS: Final = frozenset(
    {ReportKind.REJECTED, ReportKind.REPLACE_REJECTED, ReportKind.SESSION_REJECTED}
)


class Controls(Settings):
    """What stops a session or an order at the gateway; 0 is off."""

    rejects: Limit = 100
    """So many rejected orders and replaces within `rejects_within_s` hold the session."""
    rejects_within_s: Annotated[int, Field(ge=1, le=3_600)] = 10
    """The time in which rejects are counted."""
    order_quantity_max: Limit = 0
    """Units in one order: a canary for a new counterparty."""
    order_value_max: Limit = 0
    """Units times limit in one order; an order without a limit is not sent then."""
    clock_skew_s: Annotated[int, Field(ge=0, le=3_600)] = 60
    """The counterparty's SendingTime (52) may be this far from our clock, else a break tells."""

    def refuses(self, instruction: Instruction) -> str:
        """Why an order or replace is beyond the limits of the session; empty if it is not."""
        quantity, limit = instruction.quantity, instruction.limit_price
        if self.order_quantity_max and quantity > self.order_quantity_max:
            return f"{plain(quantity)} units, the session takes {self.order_quantity_max} an order"
        if not self.order_value_max:
            return ""
        if limit is None:
            return "no limit price, and the session takes a value it can measure only"
        if quantity * limit > self.order_value_max:
            value = plain(quantity * limit)
            return f"a value of {value}, the session takes {self.order_value_max} an order"
        return ""


class Breaker:
    """Counts rejects in a sliding time."""

    def __init__(self, controls: Controls) -> None:
        """Start with none."""
        self._controls = controls
        self._seen_us: deque[int] = deque(maxlen=max(controls.rejects, 1))

    def trips(self, kind: ReportKind, at_us: int) -> str:
        """Count an answer; in words why the session must be held now, empty if it need not."""
        most, within_s = self._controls.rejects, self._controls.rejects_within_s
        if not most or kind not in REJECTS:
            return ""
        self._seen_us.append(at_us)
        full = len(self._seen_us) == most
        if not full or at_us - self._seen_us[0] > within_s * 1_000_000:
            return ""
        self._seen_us.clear()
        return f"{BREAKER}: {most} orders or replaces rejected in {within_s} s"
