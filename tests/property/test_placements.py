"""Whatever people ask and an honest broker answers, in any order: never more than the order.

The machine drives a real engine. The broker in it executes only what it holds, and answers requests
late or never; what it says may be told again at any time.
"""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.engine.house import fill
from tests.property.worked import PICK, WorkedDesk
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, Leg, ReleaseOrder, SubmitOrder
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.placement.state import Placement

QUANTITIES = st.sampled_from([100, 300, 500, 700, 1000]) | st.integers(1, 1500)


class Desk(WorkedDesk):
    """One order, worked in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.order_id: str = self.house.order(1)["id"]

    @property
    def placements(self) -> list[Placement]:
        return self.house.book.placements_for(self.order_id)

    @rule(quantity=QUANTITIES)
    def place(self, quantity: int) -> None:
        command = CreatePlacement(
            order_id=self.order_id, destination="BROKER", quantity=D(quantity)
        )
        self.house.ask(command, user="tom")

    @rule(number=PICK, quantity=QUANTITIES)
    def replace(self, number: int, quantity: int) -> None:
        if placement := self.pick(number):
            command = ReplacePlacement(placement_id=placement.id, quantity=D(quantity))
            self.house.ask(command, user="tom")

    @rule(quantity=QUANTITIES, share=st.integers(0, 10), price=st.sampled_from([99, 100]))
    def amend(self, quantity: int, share: int, price: int) -> None:
        order = self.house.book.orders[self.order_id]
        part = D(quantity * share // 10)
        legs = (Leg(fund="A", quantity=part), Leg(fund="B", quantity=D(quantity) - part))
        self.house.ask(
            AmendOrder(
                order_id=order.id, expected_version=order.version, quantity=D(quantity),
                legs=tuple(leg for leg in legs if leg.quantity), limit_price=D(price),
            )
        )  # fmt: skip

    @rule()
    def cancel_order(self) -> None:
        self.house.ask(CancelOrder(order_id=self.order_id))

    @rule()
    def release_again(self) -> None:
        self.house.ask(SubmitOrder(order_id=self.order_id))
        self.house.ask(ReleaseOrder(order_id=self.order_id))

    @rule(number=PICK, quantity=QUANTITIES, price=st.sampled_from(["99", "98.9", "98.00000001"]))
    def execute(self, number: int, quantity: int, price: str) -> None:
        if placement := self.pick(number, is_open=True):
            self.count += 1
            units = min(quantity, int(placement.leaves_qty))
            self.tell(fill(placement.cl_ord_id, f"x{self.count}", units, price))

    @rule(number=PICK)
    @precondition(lambda self: self.told)
    def tell_again(self, number: int) -> None:
        """An execution told again changes nothing."""
        report = self.told[number % len(self.told)]
        if report.exec_id:
            seq = self.house.engine.seq
            self.house.hear(report)
            assert self.house.engine.seq == seq

    @invariant()
    def no_more_than_the_order_is_in_the_market(self) -> None:
        order = self.house.book.orders[self.order_id]
        asked = order.pending.quantity if order.pending else D(0)
        committed = sum((p.committed_qty for p in self.placements), D(0))
        assert committed <= max(order.quantity, asked)

    @invariant()
    def every_executed_unit_is_booked_to_a_fund_that_wanted_it(self) -> None:
        order = self.house.book.orders[self.order_id]
        executed = sum((p.cum_qty for p in self.placements), D(0))
        assert order.cum_qty == executed
        assert self.house.book.breaks == {}
        if allocation := self.house.book.allocations.get(self.order_id):
            stated = {leg.fund: leg.quantity for leg in allocation.stated}
            assert allocation.quantity == executed
            assert all(0 <= s.quantity <= stated[s.fund] for s in allocation.shares)


Desk.TestCase.settings = settings(max_examples=25, stateful_step_count=30)


TestDesk = pytest.mark.slow(Desk.TestCase)
