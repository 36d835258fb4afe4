"""Executions that are told when their trading day is over belong to that day all the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, facts, fill, opened
from tests.engine.test_blocks import TOMORROW, worked
from tests.engine.test_bookings import booked, load, policy
from tests.engine.test_restart import proven
from tradeoms.domain.allocation.policy import Trigger
from tradeoms.domain.booking.state import Booking, booking_id
from tradeoms.domain.placement.commands import ReportKind
from tradeoms.domain.reference.commands import RollDay
from tradeoms.kernel.enums import TimeInForce


def roll(house: House) -> None:
    house.get(RollDay(trade_on=TOMORROW), user="system")


def days(house: House, order_id: str) -> dict[Any, tuple[D, int]]:
    """Day to (units, notional) of an order's executions."""
    found = house.book.allocations[order_id].days
    return {day.on: (day.quantity, int(day.notional)) for day in found}


def of_day(house: House, order_id: str, on: Any) -> Booking:
    return house.book.bookings[booking_id(order_id, on)]


def breaks(house: House) -> list[str]:
    return [each.kind for each in house.book.breaks.values() if not each.resolved_by]


def test_what_was_executed_before_the_roll_is_of_the_day_before(data: Path) -> None:
    """Told late by its TransactTime; what came and was executed after the roll is of today."""
    with opened(data) as house:
        load(house, policy(Trigger.DONE_FOR_DAY))
        placed = house.placed(time_in_force=TimeInForce.GTC)
        house.hear(fill(placed["cl_ord_id"], "E1", 300, "100"))
        then = datetime.now(UTC)
        roll(house)
        assert booked(of_day(house, placed["order_id"], DAY)).quantity == D(300)
        house.hear(
            fill(placed["cl_ord_id"], "E2", 200, "90", transact_time=then),
            fill(placed["cl_ord_id"], "E3", 100, "95", transact_time=datetime.now(UTC)),
        )
        assert days(house, placed["order_id"]) == {DAY: (D(500), 48_000), TOMORROW: (D(100), 9_500)}
        again = booked(of_day(house, placed["order_id"], DAY))
        assert (again.version, again.quantity, again.price) == (2, D(500), D(96))
        assert of_day(house, placed["order_id"], TOMORROW).booked is None
        assert breaks(house) == []
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        house.hear(fill(placed["cl_ord_id"], "E4", 100, "92", transact_time=then))
        assert days(house, placed["order_id"])[DAY] == (D(600), 57_200)
    proven(data)


def test_the_trade_date_of_the_counterparty_goes_before_its_clock(data: Path) -> None:
    with opened(data) as house:
        placed = house.placed(time_in_force=TimeInForce.GTC)
        roll(house)
        now = datetime.now(UTC)
        house.hear(
            fill(placed["cl_ord_id"], "E1", 100, transact_time=now, trade_on=DAY),
            fill(placed["cl_ord_id"], "E2", 200, transact_time=now, trade_on=TOMORROW),
            fill(placed["cl_ord_id"], "E3", 300, trade_on=TOMORROW + timedelta(days=1)),
        )
        units = {on: given for on, (given, _) in days(house, placed["order_id"]).items()}
        assert units == {
            DAY: D(100), TOMORROW: D(200), TOMORROW + timedelta(days=1): D(300),
        }  # fmt: skip
        assert breaks(house) == []
    proven(data)


@pytest.mark.parametrize("ahead", [timedelta(days=-3), timedelta(days=9)])
def test_a_trade_date_that_cannot_be_is_told_and_changes_no_other_day(
    data: Path, ahead: timedelta
) -> None:
    with opened(data) as house:
        placed = house.placed(time_in_force=TimeInForce.GTC)
        roll(house)
        house.hear(fill(placed["cl_ord_id"], "E1", 100, trade_on=TOMORROW + ahead))
        assert days(house, placed["order_id"]) == {TOMORROW: (D(100), 10_000)}
        assert breaks(house) == ["trade_date_mismatch"]
    proven(data)


def test_a_clock_that_is_behind_makes_no_execution_older_than_its_placement(data: Path) -> None:
    with opened(data) as house:
        roll(house)
        placed = house.placed()
        long_ago = datetime(2009, 12, 1, tzinfo=UTC)
        house.hear(fill(placed["cl_ord_id"], "E1", 100, transact_time=long_ago))
        assert days(house, placed["order_id"]) == {TOMORROW: (D(100), 10_000)}


def test_a_correction_stays_on_the_day_of_its_execution(data: Path) -> None:
    with opened(data) as house:
        placed = house.placed(time_in_force=TimeInForce.GTC)
        then = datetime.now(UTC)
        roll(house)
        house.hear(fill(placed["cl_ord_id"], "E1", 100, transact_time=then))
        told = fill(placed["cl_ord_id"], "E2", 80, transact_time=datetime.now(UTC))
        house.hear(replace(told, kind=ReportKind.CORRECT, exec_ref_id="E1"))
        units = {on: given for on, (given, _) in days(house, placed["order_id"]).items()}
        assert {on: given for on, given in units.items() if given} == {DAY: D(80)}
    proven(data)


def test_a_shared_placement_told_late_is_of_the_average_of_its_day(data: Path) -> None:
    with opened(data) as house:
        *_, block = worked(house)
        then = datetime.now(UTC)
        house.hear(fill(block["cl_ord_id"], "E1", 100, "100", transact_time=then))
        roll(house)
        house.hear(fill(block["cl_ord_id"], "E2", 100, "90", transact_time=then))
        pools = {each.exec_id: each.pool_on for each in house.book.executions.values()}
        assert pools == {"E1": DAY, "E2": DAY}
    proven(data)
