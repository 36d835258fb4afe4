"""The counterparty's book in memory: orders, client ids, counters, and the one way to report.

Only the engine thread touches it. Whatever is changed here is collected in ``changes`` and
committed by the engine before any of the reports leaves.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from simulators.counterparty import copies, wire
from simulators.counterparty.config import Behaviour, Told
from simulators.counterparty.desk import Desk
from simulators.counterparty.ledger import Changes, Ledger
from simulators.counterparty.market import Market
from simulators.counterparty.model import (
    Execution,
    ExecutionState,
    Kind,
    Order,
    Pairs,
    Report,
    Step,
    Wake,
)

#: What a drop copy session is told.
COPIED: Final = frozenset(copies.TRANS_TYPES)


class Book:
    """All orders of all sessions, and the routes of an EMS.

    Args:
        desk: What this counterparty does with orders.
        drop_copy: Session on which executions are told a second time; empty for none.
        schedule: Called with (milliseconds, order, why) when an order wants to be woken.
    """

    def __init__(
        self,
        *,
        behaviour: Behaviour,
        market: Market,
        desk: Desk,
        schedule: Callable[[int, Order, Wake], None],
        drop_copy: str = "",
    ) -> None:
        self.behaviour = behaviour
        self.market = market
        self.desk = desk
        self.schedule = schedule
        self.drop_copy = drop_copy
        self.orders: dict[str, Order] = {}
        self.routes: dict[str, Order] = {}
        self.routes_of: dict[str, list[Order]] = {}
        self.live: dict[str, Order] = {}
        self.ids: dict[tuple[str, str], Order] = {}
        self.executions: dict[str, Order] = {}
        self.allocations: dict[str, dict[str, Any]] = {}  # JSON
        self.affirmations: dict[str, str] = {}
        self.changes = Changes()
        self.stats: Counter[str] = Counter()
        self.reject_next = ""
        self._next = {"next_order": 1, "next_exec": 1}
        self._next_report = 1

    def load(self, ledger: Ledger) -> None:
        """Fill an empty book from the ledger."""
        for order in ledger.orders():
            self._file(order)
            if may_go_on(order):
                self.live[order.order_id] = order
            if not order.parent:
                self.executions |= {each.exec_id: order for each in order.executions}
        for session, cl_ord_id, order_id in ledger.client_ids():
            self.ids[session, cl_ord_id] = self.orders[order_id]
        meta = ledger.meta()
        for name, value in meta.items():
            kind, _, key = name.partition(":")
            if kind == "alloc":
                self.allocations[key] = json.loads(value)
            elif kind == "affirm":
                self.affirmations[key] = value
        self._next = {name: int(meta.get(name, "1")) for name in self._next}
        self._next_report = ledger.report_counts()[0] + 1

    def new_order_id(self, prefix: str = "") -> str:
        """Return an OrderID never used before; a route's has a prefix of its own."""
        return f"{prefix or self.desk.order_prefix}{self._count('next_order'):09d}"

    def new_exec_id(self) -> str:
        """Return an ExecID never used before."""
        return f"{self.desk.exec_prefix}{self._count('next_exec'):010d}"

    def _count(self, counter: str) -> int:
        number = self._next[counter]
        self._next[counter] = number + 1
        self.changes.meta[counter] = str(number + 1)
        return number

    def by_id(self, order_id: str) -> Order:
        """Return an order or a route.

        Raises:
            KeyError: If there is none.
        """
        order = self.orders.get(order_id)
        return self.routes[order_id] if order is None else order

    def _file(self, order: Order) -> None:
        if order.parent:
            self.routes[order.order_id] = order
            self.routes_of.setdefault(order.parent, []).append(order)
        else:
            self.orders[order.order_id] = order

    def add(self, order: Order) -> None:
        """Take a new order or route into the book."""
        self._file(order)
        if not order.parent:
            self.claim_id(order, order.cl_ord_id)
        self.touch(order)

    def claim_id(self, order: Order, cl_ord_id: str) -> None:
        """Remember that a client used ``cl_ord_id``, for this order."""
        self.ids[order.session, cl_ord_id] = order
        self.changes.client_ids.append((order.session, cl_ord_id, order.order_id))

    def find(self, session: str, cl_ord_id: str) -> Order | None:
        """Return the order a client id belongs to."""
        return self.ids.get((session, cl_ord_id))

    def keep_allocation(self, alloc_id: str, told: dict[str, Any]) -> None:  # JSON
        """Remember what a client told of an allocation."""
        self.allocations[alloc_id] = told
        self.changes.meta[f"alloc:{alloc_id}"] = json.dumps(told)

    def keep_affirmation(self, confirm_id: str, status: str) -> None:
        """Remember a client's word on a confirmation, AffirmStatus (940)."""
        self.affirmations[confirm_id] = status
        self.changes.meta[f"affirm:{confirm_id}"] = status

    def touch(self, order: Order) -> None:
        """Mark the order as changed."""
        self.changes.orders[order.order_id] = order
        self.live[order.order_id] = order

    def set_script(self, order: Order, script: list[Step]) -> None:
        """Give the order other plans; wake-ups meant for the old ones are void."""
        order.script = list(script)
        order.script_no += 1
        self.touch(order)

    def add_execution(self, order: Order, execution: Execution) -> None:
        """Record a live execution and count it in."""
        order.executions.append(execution)
        order.cum_qty += execution.last_qty
        order.notional += execution.last_qty * execution.last_px
        if not order.parent:
            self.executions[execution.exec_id] = order
        self.changes.executions[execution.exec_id, order.order_id] = execution
        self.touch(order)

    def retire_execution(self, order: Order, execution: Execution, state: ExecutionState) -> None:
        """Mark an execution busted or corrected and recount the order."""
        at = order.executions.index(execution)
        order.executions[at] = replace(execution, state=state)
        order.recount()
        self.changes.executions[execution.exec_id, order.order_id] = order.executions[at]
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
        """Add an ExecutionReport on the order as it stands now; twice for a duplicating order.

        Nothing is reported of a route: the client knows the order alone.
        """
        self.touch(order)
        if order.parent:
            return
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
        if self.drop_copy and execution is not None and kind in COPIED:
            self._copy(order, kind, execution, body)
            if self.behaviour.told is Told.COPIES:
                return
        self.send(order.session, "8", body, order_id=order.order_id)
        if (order.duplicate or self.behaviour.duplicates) and kind is not Kind.STATUS:
            self.stats["duplicates_sent"] += 1
            self.send(order.session, "8", body, order_id=order.order_id, poss_resend=True)

    def _copy(self, order: Order, kind: Kind, execution: Execution, body: Pairs) -> None:
        """Tell an execution on the drop copy session, unless that is not to know of it."""
        if self.behaviour.told is not Told.ORDERS:
            form = self.behaviour.copy_form
            msg_type, copied = copies.message_of(form, order, kind, execution, body)
            self.send(self.drop_copy, msg_type, copied, order_id=order.order_id)

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
