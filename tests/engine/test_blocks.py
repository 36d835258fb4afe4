"""Blocks across restarts, days and replays: nothing of them lives in memory alone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_restart import proven
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock, UnmergeBlock
from tradeoms.domain.order.commands import CancelOrder, Leg
from tradeoms.domain.placement.commands import ReportKind, ReportPlacement
from tradeoms.domain.reference.commands import RollDay

TOMORROW = date(2010, 1, 5)


def worked(house: House, quantity: int = 1300) -> tuple[str, str, Any]:
    """Orders of 1,000 and 300 in one block of which ``quantity`` is placed."""
    one = house.order(1)["id"]
    two = house.order(2, quantity=300, legs=(Leg(fund="C", quantity=D(300)),))["id"]
    block = house.get(MergeOrders(order_ids=(one, two)), user="tom")["id"]
    command = PlaceBlock(block_id=block, destination="BROKER", quantity=D(quantity))
    return one, two, house.get(command, user="tom")


def test_a_block_at_work_survives_a_restart_with_a_request_unanswered(data: Path) -> None:
    with opened(data) as house:
        one, two, placement = worked(house)
        house.hear(fill(placement["cl_ord_id"], "E1", 131, "99.7"))
        house.get(CancelOrder(order_id=two))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        asked = house.book.placements[placement["id"]].requests[-1]
        assert asked.quantity == D(1300 - 270)
        more = {"orig_cl_ord_id": placement["cl_ord_id"], "order_qty": asked.quantity}
        house.hear(said(asked.cl_ord_id, "replaced", **more))
        house.hear(fill(asked.cl_ord_id, "E2", 899, "99.8"))
        cums = [house.book.orders[each].cum_qty for each in (one, two)]
        assert (sum(cums, D(0)), cums[1]) == (D(1030), D(30))
    proven(data)


def test_orders_of_a_block_leave_memory_together_and_come_back_for_a_bust(data: Path) -> None:
    with opened(data) as house:
        one, two, placement = worked(house)
        house.hear(fill(placement["cl_ord_id"], "E1", 1000, "99.7"))
        house.hear(fill(placement["cl_ord_id"], "E2", 300, "99.9"))
        cash = {key: balance.minor for key, balance in house.book.cash.items()}
        house.get(RollDay(trade_on=TOMORROW), user="system")
        assert house.book.orders == {}
    with opened(data) as house:
        bust = ReportPlacement(
            session="BROKER", row=0, kind=ReportKind.BUST, cl_ord_id=placement["cl_ord_id"],
            exec_id="E3", exec_ref_id="E2",
        )  # fmt: skip
        house.hear(bust)
        cums = [house.book.orders[each].cum_qty for each in (one, two)]
        assert sum(cums, D(0)) == D(1000)
        back = sum(balance.minor - cash[key] for key, balance in house.book.cash.items())
        assert back == 300 * 9990
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
    proven(data)


def test_an_order_that_left_its_block_may_place_what_it_still_has(data: Path) -> None:
    with opened(data) as house:
        one, two, placement = worked(house, 130)
        house.hear(fill(placement["cl_ord_id"], "E1", 130))
        house.get(UnmergeBlock(block_id=house.book.block_of[one]), user="tom")
        alone = house.place(one, 900)
        house.hear(fill(alone["cl_ord_id"], "E2", 900, "98"))
        order = house.book.orders[one]
        assert (order.cum_qty, order.notional) == (D(1000), D(100 * 100 + 900 * 98))
        cost = sum(share.cost_minor for share in house.book.allocations[one].shares)
        assert cost == 100 * 10000 + 900 * 9800
        assert house.book.orders[two].cum_qty == D(30)
    proven(data)
