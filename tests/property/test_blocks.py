"""Whatever people do with blocks and an honest broker answers: nothing lost, doubled or too much.

The machine drives a real engine with three orders that may be merged, parted, placed together,
amended, held and cancelled, also while requests are unanswered, and restarts it.
"""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from tests.domain.block_story import check_blocks
from tests.domain.story import check_book
from tests.engine.house import fill, opened
from tests.property.worked import PICK, WorkedDesk
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock, UnmergeBlock
from tradeoms.domain.order.commands import (
    AmendOrder,
    CancelOrder,
    HoldOrder,
    Leg,
    ReleaseOrder,
    SubmitOrder,
)
from tradeoms.domain.placement.commands import (
    CreatePlacement,
    ReplacePlacement,
    ReportKind,
    ReportPlacement,
)
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import ExecutionStatus

QUANTITIES = st.sampled_from([1, 100, 300, 700, 1300, 2100]) | st.integers(1, 2500)
SIZES = (1000, 300, 777)


class Desk(WorkedDesk):
    """Three orders of one security, side and type."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = [self.house.order(n, quantity=q)["id"] for n, q in enumerate(SIZES)]

    @property
    def placements(self) -> list[Placement]:
        return list(self.house.book.placements.values())

    def block(self, number: int) -> str:
        blocks = [b.id for b in self.house.book.blocks.values() if b.is_shared]
        return blocks[number % len(blocks)] if blocks else ""

    @initialize(count=st.sampled_from([0, 2, 3, 3]), quantity=QUANTITIES)
    def begin(self, count: int, quantity: int) -> None:
        """Mostly there is a block at work already."""
        self.merge(list(range(count)), 0)
        self.place_block(0, quantity)

    @rule(some=st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=3), number=PICK)
    def merge(self, some: list[int], number: int) -> None:
        ids = tuple(self.orders[n] for n in some)
        self.house.ask(MergeOrders(order_ids=ids, block_id=self.block(number)), user="tom")

    @rule(number=PICK, some=st.lists(st.sampled_from([0, 1, 2]), max_size=2))
    def unmerge(self, number: int, some: list[int]) -> None:
        ids = tuple(self.orders[n] for n in some)
        self.house.ask(UnmergeBlock(block_id=self.block(number), order_ids=ids), user="tom")

    @rule(number=PICK, quantity=QUANTITIES)
    def place_block(self, number: int, quantity: int) -> None:
        command = PlaceBlock(
            block_id=self.block(number), destination="BROKER", quantity=D(quantity)
        )
        self.house.ask(command, user="tom")

    @rule(number=st.integers(0, 2), quantity=QUANTITIES)
    def place_order(self, number: int, quantity: int) -> None:
        command = CreatePlacement(
            order_id=self.orders[number], destination="BROKER", quantity=D(quantity)
        )
        self.house.ask(command, user="tom")

    @rule(number=PICK, quantity=QUANTITIES)
    def replace(self, number: int, quantity: int) -> None:
        if placement := self.pick(number):
            command = ReplacePlacement(placement_id=placement.id, quantity=D(quantity))
            self.house.ask(command, user="tom")

    @rule(
        number=st.integers(0, 2), quantity=QUANTITIES, share=st.integers(0, 10),
        price=st.sampled_from([99, 100]),
    )  # fmt: skip
    def amend(self, number: int, quantity: int, share: int, price: int) -> None:
        order = self.house.book.orders[self.orders[number]]
        part = D(quantity * share // 10)
        legs = (Leg(fund="A", quantity=part), Leg(fund="B", quantity=D(quantity) - part))
        self.house.ask(
            AmendOrder(
                order_id=order.id, expected_version=order.version, quantity=D(quantity),
                legs=tuple(leg for leg in legs if leg.quantity), limit_price=D(price),
            )
        )  # fmt: skip

    @rule(number=st.integers(0, 2))
    def cancel_order(self, number: int) -> None:
        self.house.ask(CancelOrder(order_id=self.orders[number]))

    @rule(number=st.integers(0, 2))
    def hold_order(self, number: int) -> None:
        self.house.ask(HoldOrder(order_id=self.orders[number], reason="wait"))

    @rule(number=st.integers(0, 2))
    def release_again(self, number: int) -> None:
        self.house.ask(SubmitOrder(order_id=self.orders[number]))
        self.house.ask(ReleaseOrder(order_id=self.orders[number]))

    @rule(number=PICK, quantity=QUANTITIES, price=st.sampled_from(["99", "98.9", "98.00000001"]))
    def execute(self, number: int, quantity: int, price: str) -> None:
        placement = self.pick(number, is_open=True)
        if placement and placement.leaves_qty:
            self.count += 1
            units = min(quantity, int(placement.leaves_qty))
            self.tell(fill(placement.cl_ord_id, f"x{self.count}", units, price))

    @rule(number=PICK, quantity=st.integers(0, 400))
    def take_back(self, number: int, quantity: int) -> None:
        """The broker busts an execution, or corrects it to fewer units."""
        live = [e for e in self.house.book.executions.values() if e.status is ExecutionStatus.LIVE]
        if not live:
            return
        execution = live[number % len(live)]
        self.count += 1
        units = min(D(quantity), execution.last_qty)
        self.tell(
            ReportPlacement(
                session="BROKER", row=0,
                kind=ReportKind.CORRECT if units else ReportKind.BUST,
                cl_ord_id=self.house.book.placements[execution.placement_id].cl_ord_id,
                exec_id=f"x{self.count}", exec_ref_id=execution.exec_id,
                last_qty=units, last_px=D("97.5") if units else D(0),
            )
        )  # fmt: skip

    @rule(number=PICK)
    @precondition(lambda self: self.told)
    def tell_again(self, number: int) -> None:
        """An execution told again changes nothing."""
        report = self.told[number % len(self.told)]
        if report.exec_id:
            seq = self.house.engine.seq
            self.house.hear(report)
            assert self.house.engine.seq == seq

    @rule()
    def restart(self) -> None:
        self.stack.close()
        self.house = self.stack.enter_context(opened(self.data))

    @invariant()
    def no_more_than_its_quantity_is_in_the_market_for_any_order(self) -> None:
        for order_id in self.orders:
            order = self.house.book.orders[order_id]
            asked = order.pending.quantity if order.pending else D(0)
            mine = self.house.book.placements_for(order_id)
            committed = sum((p.committed_to(order_id) for p in mine), D(0))
            assert committed <= max(order.quantity, asked)

    @invariant()
    def what_an_order_holds_of_placements_covers_what_the_broker_may_execute(self) -> None:
        for placement in self.placements:
            parts = sum((placement.committed_to(each) for each in placement.order_ids), D(0))
            assert parts >= placement.cum_qty + placement.leaves_qty

    @invariant()
    def every_executed_unit_is_booked_once(self) -> None:
        book = self.house.book
        check_book(book)
        check_blocks(book)
        assert book.breaks == {}
        executed = sum((p.cum_qty for p in self.placements), D(0))
        assert sum((book.orders[each].cum_qty for each in self.orders), D(0)) == executed
        for allocation in book.allocations.values():
            stated = {leg.fund: leg.quantity for leg in allocation.stated}
            assert all(0 <= s.quantity <= stated[s.fund] for s in allocation.shares)


Desk.TestCase.settings = settings(max_examples=25, stateful_step_count=30)


TestDesk = pytest.mark.slow(Desk.TestCase)
