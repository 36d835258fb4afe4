"""A seeded day at the desk: people ask for anything, a broker answers with anything."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from tests.engine.house import House, buy, fill, said
from tradeoms.app.wire import Attach, Outcome
from tradeoms.domain.order import commands as c
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.placement import commands as p
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import ExecutionStatus, OrderType, OrdStatus, Side, TimeInForce


class Traffic:
    """Steps drawn from a seed; each may be refused, none may break what must hold."""

    def __init__(self, house: House, seed: int) -> None:
        print(f"seed {seed}")
        self.house = house
        self.dice = random.Random(seed)
        self.number = seed * 100_000
        self.heard: list[Any] = []
        self.ever_placed: list[str] = []
        self.over_filled: set[str] = set()

    def run(self, steps: int) -> None:
        actions: list[tuple[int, Callable[[], object]]] = [
            (6, self.enter), (5, self.release), (8, self.place), (3, self.amend), (2, self.replace),
            (2, self.cancel_order), (2, self.cancel_placement), (2, self.hold),
            (6, self.acknowledge),
            (14, self.fill), (3, self.bust), (3, self.correct), (6, self.answer), (3, self.repeat),
            (2, self.end), (2, self.status), (1, self.stranger), (1, self.roll), (1, self.attach),
        ]  # fmt: skip
        weights = [weight for weight, _ in actions]
        for _ in range(steps):
            action = self.dice.choices([each for _, each in actions], weights)[0]
            action()
            self.check()

    def check(self) -> None:
        """What must hold after every step (reliability invariants 1 to 3)."""
        book = self.house.book
        for placement in book.placements.values():
            keys = book.executions_of.get(placement.id, [])
            live = [e for k in keys if (e := book.executions[k]).status is ExecutionStatus.LIVE]
            assert placement.cum_qty == sum((e.last_qty for e in live), D(0))
            assert placement.notional == sum((e.last_qty * e.last_px for e in live), D(0))
            assert placement.leaves_qty >= 0
        for allocation in book.allocations.values():
            order = book.orders[allocation.order_id]
            assert allocation.quantity == order.cum_qty
            stated = {leg.fund: leg.quantity for leg in allocation.stated}
            assert all(0 <= s.quantity <= stated[s.fund] for s in allocation.shares)
            assert order.cum_qty <= order.quantity

    def ask(self, command: object, user: str = "pm") -> Outcome:
        return self.house.ask(command, user=user)

    def tell(self, report: Any) -> None:
        self.heard.append(report)
        if len(self.heard) % 3:
            self.house.hear(report)
        else:
            self.house.hear(report, *self.dice.sample(self.heard, min(2, len(self.heard))))

    def some(self, found: Any) -> Any:
        found = list(found)
        return self.dice.choice(found) if found else None

    def enter(self) -> None:
        self.number += 1
        quantity = self.dice.choice([10, 100, 1000, 999])
        kind = self.dice.choice([OrderType.LIMIT, OrderType.LIMIT, OrderType.MARKET])
        life = self.dice.choice([TimeInForce.DAY, TimeInForce.DAY, TimeInForce.GTC])
        self.ask(
            buy(
                self.number, quantity, order_type=kind, time_in_force=life,
                limit_price=D(100) if kind is OrderType.LIMIT else None,
                side=self.dice.choice([Side.BUY, Side.SELL]),
            )
        )  # fmt: skip

    def release(self) -> None:
        if order := self.some(self.house.book.orders):
            self.ask(c.ReleaseOrder(order_id=order))

    def place(self) -> None:
        if order := self.some(self.house.book.orders.values()):
            placed = placed_quantity(order.id, self.house.book.placements_for(order.id))
            quantity = self.dice.choice([order.quantity - placed, order.quantity // 3, D(7)])
            command = p.CreatePlacement(
                order_id=order.id, destination="BROKER", quantity=D(quantity)
            )
            if self.ask(command, "tom").status == "accepted":
                self.ever_placed.append(self.house.instructions()[-1][1])

    def amend(self) -> None:
        if order := self.some(self.house.book.orders.values()):
            quantity = D(self.dice.randint(1, 1200))
            part = quantity // 2
            legs = (Leg(fund="A", quantity=part), Leg(fund="B", quantity=quantity - part))
            price = order.limit_price and D(self.dice.choice([99, 100, 101]))
            self.ask(
                c.AmendOrder(
                    order_id=order.id, expected_version=order.version, quantity=quantity,
                    legs=legs, limit_price=price,
                )
            )  # fmt: skip

    def replace(self) -> None:
        if placement := self._placement():
            command = p.ReplacePlacement(
                placement_id=placement.id, quantity=D(self.dice.randint(1, 1200))
            )
            self.ask(command, "tom")

    def cancel_order(self) -> None:
        if order := self.some(self.house.book.orders):
            self.ask(c.CancelOrder(order_id=order))

    def cancel_placement(self) -> None:
        if placement := self._placement():
            self.ask(p.CancelPlacement(placement_id=placement.id), "tom")

    def hold(self) -> None:
        if order := self.some(self.house.book.orders):
            self.ask(c.HoldOrder(order_id=order, reason="wait"))
            self.ask(c.SubmitOrder(order_id=order))

    def acknowledge(self) -> None:
        if placement := self._placement():
            kind = self.dice.choice(["new", "new", "pending_new", "sent", "not_sent", "rejected"])
            if kind in ("sent", "not_sent"):
                outcome = SendOutcome(kind)
                self.tell(
                    p.ReportSend(
                        session="BROKER", row=0, outcome=outcome, cl_ord_id=placement.cl_ord_id
                    )
                )
            else:
                self.tell(said(placement.cl_ord_id, kind, broker_order_id=f"B{placement.id}"))

    def fill(self) -> None:
        """Mostly within the placement, sometimes beyond it, sometimes on one long forgotten."""
        placement = self._placement()
        cl_ord_id = self.some(self.ever_placed) if self.dice.random() < 0.1 else None
        if placement is None and cl_ord_id is None:
            return
        most = int(placement.quantity - placement.cum_qty) if placement else 1
        quantity = self.dice.randint(1, max(1, most) if self.dice.random() < 0.95 else 1500)
        price = self.dice.choice(["100", "99.37", "99.999", "100.00000001"])
        name = cl_ord_id or (placement.cl_ord_id if placement else "")
        self.tell(fill(name, self._exec_id(), quantity, price))

    def bust(self) -> None:
        if execution := self.some(self.house.book.executions.values()):
            name = self.house.book.placements[execution.placement_id].cl_ord_id
            self.tell(said(name, "bust", exec_id=self._exec_id(), exec_ref_id=execution.exec_id))

    def correct(self) -> None:
        if execution := self.some(self.house.book.executions.values()):
            name = self.house.book.placements[execution.placement_id].cl_ord_id
            self.tell(
                said(
                    name, "correct", exec_id=self._exec_id(), exec_ref_id=execution.exec_id,
                    last_qty=D(self.dice.randint(0, int(execution.last_qty) * 2)),
                    last_px=D(self.dice.choice(["100", "98.5", "101.123"])),
                )
            )  # fmt: skip

    def answer(self) -> None:
        waiting = [pl for pl in self.house.book.placements.values() if pl.requests]
        if placement := self.some(waiting):
            request = self.dice.choice(placement.requests)
            if request.kind == "cancel":
                kind = self.dice.choice(["pending_cancel", "canceled", "cancel_rejected"])
            else:
                kind = self.dice.choice(["pending_replace", "replaced", "replace_rejected"])
            self.tell(said(request.cl_ord_id, kind, orig_cl_ord_id=placement.cl_ord_id))

    def repeat(self) -> None:
        if self.heard:
            self.house.hear(*self.dice.sample(self.heard, min(3, len(self.heard))))

    def end(self) -> None:
        if placement := self._placement():
            kind = self.dice.choice(
                ["canceled", "expired", "done_for_day", "restated", "suspended"]
            )
            self.tell(said(placement.cl_ord_id, kind))

    def status(self) -> None:
        if placement := self._placement():
            shown = self.dice.choice([OrdStatus.NEW, OrdStatus.CANCELED, OrdStatus.REJECTED])
            self.tell(
                said(
                    placement.cl_ord_id, "status", ord_status=shown, exec_id="0",
                    cum_qty=placement.cum_qty + self.dice.choice([0, 0, 5]),
                )
            )  # fmt: skip

    def stranger(self) -> None:
        self.tell(fill("NOBODY", self._exec_id(), 5))

    def roll(self) -> None:
        today = self.house.book.trade_on
        assert today is not None
        self.ask(RollDay(trade_on=today + timedelta(days=1)), "olga")

    def attach(self) -> None:
        journal = self.dice.choice(["j1", "j2"])
        self.house.run(Attach(session="BROKER", journal_id=journal, number=0))

    def _placement(self) -> Placement | None:
        found: Placement | None = self.some(self.house.book.placements.values())
        return found

    def _exec_id(self) -> str:
        return f"x{len(self.heard)}-{self.dice.randint(0, 10**9)}"
