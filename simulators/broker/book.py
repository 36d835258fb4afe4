"""The broker's book in memory: orders, client ids, counters, and the one way to report.

Only the engine thread touches it. Whatever is changed here is collected in ``changes`` and
committed by the engine before any of the reports leaves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Final

from simulators.broker import wire
from simulators.broker.config import Behaviour
from simulators.broker.ledger import Changes, Ledger
from simulators.broker.market import Market
from simulators.broker.model import (
    Execution,
    ExecutionState,
    Kind,
    Order,
    Pairs,
    Report,
    Step,
    Wake,
)
from simulators.broker.scenario import Scenarios

COUNTERS: Final = ("next_order", "next_exec")


class Book:
    """All orders of all sessions.

    Args:
        schedule: Called with (milliseconds, order, why) when an order wants to be woken.
    """

    def __init__(
        self,
        *,
        behaviour: Behaviour,
        market: Market,
        scenarios: Scenarios,
        schedule: Callable[[int, Order, Wake], None],
    ) -> None:
        self.behaviour = behaviour
        self.market = market
        self.scenarios = scenarios
        self.schedule = schedule
        self.orders: dict[str, Order] = {}
        self.live: dict[str, Order] = {}
        self.ids: dict[tuple[str, str], Order] = {}
        self.executions: dict[str, Order] = {}
        self.changes = Changes()
        self.stats: Counter[str] = Counter()
        self.reject_next = ""
        self._next_order = 1
        self._next_exec = 1
        self._next_report = 1

    def load(self, ledger: Ledger) -> None:
        """Fill an empty book from the ledger."""
        for order in ledger.orders():
            self.orders[order.order_id] = order
            if may_go_on(order):
                self.live[order.order_id] = order
            for execution in order.executions:
                self.executions[execution.exec_id] = order
        for session, cl_ord_id, order_id in ledger.client_ids():
            self.ids[session, cl_ord_id] = self.orders[order_id]
        meta = ledger.meta()
        self._next_order = int(meta.get("next_order", "1"))
        self._next_exec = int(meta.get("next_exec", "1"))
        self._next_report = ledger.report_counts()[0] + 1

    def new_order_id(self) -> str:
        """Return an OrderID never used before."""
        self._next_order += 1
        self.changes.meta["next_order"] = str(self._next_order)
        return f"B{self._next_order - 1:09d}"

    def new_exec_id(self) -> str:
        """Return an ExecID never used before."""
        self._next_exec += 1
        self.changes.meta["next_exec"] = str(self._next_exec)
        return f"E{self._next_exec - 1:010d}"

    def add(self, order: Order) -> None:
        """Take a new order into the book."""
        self.orders[order.order_id] = order
        self.claim_id(order, order.cl_ord_id)
        self.touch(order)

    def claim_id(self, order: Order, cl_ord_id: str) -> None:
        """Remember that a client used ``cl_ord_id``, for this order."""
        self.ids[order.session, cl_ord_id] = order
        self.changes.client_ids.append((order.session, cl_ord_id, order.order_id))

    def find(self, session: str, cl_ord_id: str) -> Order | None:
        """Return the order a client id belongs to."""
        return self.ids.get((session, cl_ord_id))

    def touch(self, order: Order) -> None:
        """Mark the order as changed."""
        self.changes.orders[order.order_id] = order
        self.live[order.order_id] = order

    def set_script(self, order: Order, script: list[Step]) -> None:
        """Give the order other plans; wake-ups meant for the old ones are void."""
        order.script = list(script)
        order.script_no += 1
        self.touch(order)

    def add_execution(
        self, order: Order, *, exec_id: str, qty: Decimal, price: Decimal, ref: str = ""
    ) -> Execution:
        """Record a live execution and recount the order."""
        execution = Execution(
            exec_id=exec_id,
            order_id=order.order_id,
            last_qty=qty,
            last_px=price,
            ref=ref,
            day=self.market.day,
        )
        order.executions.append(execution)
        order.cum_qty += qty
        order.notional += qty * price
        self.executions[exec_id] = order
        self.changes.executions[exec_id] = execution
        self.touch(order)
        return execution

    def retire_execution(self, order: Order, execution: Execution, state: ExecutionState) -> None:
        """Mark an execution busted or corrected and recount the order."""
        at = order.executions.index(execution)
        order.executions[at] = replace(execution, state=state)
        order.recount()
        self.changes.executions[execution.exec_id] = order.executions[at]
        self.touch(order)

    def report(  # noqa: PLR0913  # keyword-only: each is a tag of the report
        self,
        order: Order,
        kind: Kind,
        *,
        execution: Execution | None = None,
        exec_id: str = "",
        cl_ord_id: str = "",
        orig_cl_ord_id: str = "",
        extra: Pairs | None = None,
    ) -> None:
        """Add an ExecutionReport on the order as it stands now; twice for a duplicating order."""
        self.touch(order)
        body = wire.execution_report(
            order,
            kind,
            exec_id or self.new_exec_id(),
            day=self.market.day,
            execution=execution,
            cl_ord_id=cl_ord_id,
            orig_cl_ord_id=orig_cl_ord_id,
            extra=extra,
        )
        self.send(order.session, "8", body, order_id=order.order_id)
        if (order.duplicate or self.behaviour.duplicates) and kind is not Kind.STATUS:
            self.stats["duplicates_sent"] += 1
            self.send(order.session, "8", body, order_id=order.order_id, poss_resend=True)

    def send(
        self,
        session: str,
        msg_type: str,
        body: Pairs,
        *,
        order_id: str = "",
        poss_resend: bool = False,
    ) -> None:
        """Add any message to the reports of this batch."""
        self.changes.reports.append(
            Report(
                report_id=self._next_report,
                session=session,
                order_id=order_id,
                msg_type=msg_type,
                poss_resend=poss_resend,
                body=body,
            )
        )
        self._next_report += 1

    def taken_changes(self) -> Changes:
        """Return what was collected and begin anew."""
        changes, self.changes = self.changes, Changes()
        for order in changes.orders.values():
            if not may_go_on(order):
                self.live.pop(order.order_id, None)
        return changes


def may_go_on(order: Order) -> bool:
    """Return whether anything can still happen to the order without a request or command."""
    return order.is_open or bool(order.script) or order.pending is not None
