"""Whatever people ask and an honest broker answers, in any order: never more than the order.

The machine drives a real engine. The broker in it executes only what it holds, and answers requests
late or never; what it says may be told again at any time.
"""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.engine.house import House, facts, fill, furnish, opened, said
from tests.engine.test_restart import proven
from tradeoms import bootstrap
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, Leg, ReleaseOrder, SubmitOrder
from tradeoms.domain.placement.commands import CancelPlacement, CreatePlacement, ReplacePlacement
from tradeoms.domain.placement.state import Placement
from tradeoms.settings import Settings

QUANTITIES = st.sampled_from([100, 300, 500, 700, 1000]) | st.integers(1, 1500)
PICK = st.integers(0, 30)


@cache
def furnished() -> Path:
    data = Path(tempfile.mkdtemp(prefix="tradeoms-property-")) / "data"
    bootstrap.initialise(Settings(data=data))
    with opened(data) as house:
        furnish(house)
    return data


class Desk(RuleBasedStateMachine):
    """One order, worked in parts."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="tradeoms-property-"))
        self.data = Path(shutil.copytree(furnished(), self.folder / "data"))
        self.stack = ExitStack()
        self.house: House = self.stack.enter_context(opened(self.data))
        self.order_id: str = self.house.order(1)["id"]
        self.told: list[Any] = []
        self.count = 0

    def teardown(self) -> None:
        before = facts(self.house.book)
        self.stack.close()
        with opened(self.data) as house:
            assert facts(house.book) == before
        proven(self.data)
        shutil.rmtree(self.folder)

    @property
    def placements(self) -> list[Placement]:
        return self.house.book.placements_for(self.order_id)

    def pick(self, number: int, **wanted: Any) -> Placement | None:
        found = [p for p in self.placements if all(getattr(p, k) == v for k, v in wanted.items())]
        return found[number % len(found)] if found else None

    def tell(self, report: Any) -> None:
        self.told.append(report)
        self.house.hear(report)

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

    @rule(number=PICK)
    def cancel(self, number: int) -> None:
        if placement := self.pick(number):
            self.house.ask(CancelPlacement(placement_id=placement.id), user="tom")

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

    @rule(number=PICK, kind=st.sampled_from(["new", "new", "rejected", "expired", "canceled"]))
    def answer(self, number: int, kind: str) -> None:
        if placement := self.pick(number, is_open=True):
            self.tell(said(placement.cl_ord_id, kind))

    @rule(number=PICK, agrees=st.booleans())
    def decide_request(self, number: int, agrees: bool) -> None:
        waiting = [p for p in self.placements if p.requests]
        if waiting:
            placement = waiting[number % len(waiting)]
            request = placement.requests[0]
            good, bad = {
                "cancel": ("canceled", "cancel_rejected"),
                "replace": ("replaced", "replace_rejected"),
            }[request.kind.value]
            more = {"order_qty": request.quantity} if request.kind.value == "replace" else {}
            kind, more = (good, more) if agrees else (bad, {})
            self.tell(said(request.cl_ord_id, kind, orig_cl_ord_id=placement.cl_ord_id, **more))

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
