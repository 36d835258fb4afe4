"""Done for the day, over a roll of the day, a restart and a replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.house import DAY, facts, fill, opened, said
from tests.engine.test_blocks import TOMORROW
from tests.engine.test_bookings import load, policy
from tests.engine.test_restart import proven
from tradeoms.domain.allocation.policy import Trigger
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import OrdStatus, TimeInForce, Unexecuted


@pytest.mark.parametrize("end", ["done_for_day", "calculated"])
def test_a_day_that_was_done_before_books_nothing_of_the_next_one(data: Path, end: str) -> None:
    """The broker of the first day is done; that of the second fills its part and says nothing."""
    with opened(data) as house:
        load(house, policy(Trigger.DONE_FOR_DAY))
        placed = house.placed(unexecuted=Unexecuted.ROLL)
        first = placed["cl_ord_id"]
        house.hear(fill(first, "E1", 500), said(first, "done_for_day"))
        lives = house.placed(2, time_in_force=TimeInForce.GTC)
        house.hear(said(lives["cl_ord_id"], "new"), said(lives["cl_ord_id"], end))
        house.get(RollDay(trade_on=TOMORROW), user="system")
        shown = house.book.placements[lives["id"]].ord_status
        assert shown is OrdStatus.NEW
        second = house.place(placed["order_id"], 200)["cl_ord_id"]
        house.hear(fill(second, "E2", 200))
        states = {one.trade_on: one.status for one in house.book.bookings.values()}
        assert states == {DAY: "booked", TOMORROW: "provisional"}
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        house.hear(said(second, "done_for_day"))
        states = {one.trade_on: one.status for one in house.book.bookings.values()}
        assert states == {DAY: "booked", TOMORROW: "booked"}
    proven(data)
