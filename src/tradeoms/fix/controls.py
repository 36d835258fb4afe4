"""Controls of a session, as data: a circuit breaker, a limit for each order, the clock.

They are the gateway's own: no engine is asked, and what they stop stays stopped until a person
releases it (RTS 6, Articles 15 and 17; 17 CFR 240.15c3-5).
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Annotated, Final

from pydantic import Field

from tradeoms.app.instruction import Instruction
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.fix.config_file import Settings
from tradeoms.kernel.numbers import plain

Limit = Annotated[int, Field(ge=0, le=1_000_000_000)]
#: What a hold of the gateway's own begins with.
BREAKER: Final = "circuit breaker"
#: Orders whose executions are counted at a time; the one that was quiet longest goes first.
_ORDERS_MAX: Final = 10_000
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
    executions: Limit = 0
    """So many executions of one order within `executions_within_s` hold the session."""
    executions_within_s: Annotated[int, Field(ge=1, le=3_600)] = 10
    """The time in which executions of an order are counted."""
    orders_of_security: Limit = 0
    """New orders in one security within `orders_of_security_within_s`; more are given back."""
    orders_of_security_within_s: Annotated[int, Field(ge=1, le=3_600)] = 10
    """The time in which new orders in a security are counted."""
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
    """Counts rejects of a session, and executions of each order, in a sliding time."""

    def __init__(self, controls: Controls) -> None:
        """Start with none."""
        self._controls = controls
        self._rejects_us: deque[int] = deque(maxlen=max(controls.rejects, 1))
        self._executions_us: OrderedDict[str, deque[int]] = OrderedDict()

    def trips(self, report: ReportPlacement, at_us: int) -> str:
        """Count a report; in words why the session must be held now, empty if it need not."""
        if report.kind in REJECTS:
            return self._rejected(at_us)
        if report.kind is ReportKind.FILL and not report.poss_resend:
            return self._executed(report.cl_ord_id, at_us)
        return ""

    def _rejected(self, at_us: int) -> str:
        most, within_s = self._controls.rejects, self._controls.rejects_within_s
        if not _is_full(self._rejects_us, most, within_s, at_us):
            return ""
        return f"{BREAKER}: {most} orders or replaces rejected in {within_s} s"

    def _executed(self, cl_ord_id: str, at_us: int) -> str:
        """An order that executes again and again may be one that is sent again and again."""
        most, within_s = self._controls.executions, self._controls.executions_within_s
        if not most:
            return ""
        seen = self._executions_us.setdefault(cl_ord_id, deque(maxlen=most))
        self._executions_us.move_to_end(cl_ord_id)
        if len(self._executions_us) > _ORDERS_MAX:
            self._executions_us.popitem(last=False)
        if not _is_full(seen, most, within_s, at_us):
            return ""
        return f"{BREAKER}: {most} executions of {cl_ord_id} in {within_s} s"


def _is_full(seen_us: deque[int], most: int, within_s: int, at_us: int) -> bool:
    """Count one more; True, and begin anew, where ``most`` fell within the time. 0 is never."""
    if not most:
        return False
    seen_us.append(at_us)
    if len(seen_us) < most or at_us - seen_us[0] > within_s * 1_000_000:
        return False
    seen_us.clear()
    return True
