"""Booking what was executed: triggers, charges, reversals, restarts, and people's own splits."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, facts, fill, fits, opened, said
from tests.engine.test_blocks import TOMORROW, worked
from tests.engine.test_restart import proven
from tradeoms.domain.allocation.commands import LoadAllocationPolicies
from tradeoms.domain.allocation.policy import AllocationPolicy, Method, OnFailure, Trigger
from tradeoms.domain.booking.commands import (
    ApproveReallocation,
    BookAllocations,
    BookDue,
    ReallocateBooking,
    RefuseReallocation,
)
from tradeoms.domain.booking.events import AllocationBooked
from tradeoms.domain.booking.state import Booking
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.state import Basis, Charge, ChargeKind
from tradeoms.domain.order.commands import CancelOrder, Leg
from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.reference.commands import RollDay
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import TimeInForce

OPS, RISK = "olga", "rita"
COMMISSION = Charge(id="broker", kind=ChargeKind.COMMISSION, basis=Basis.BPS, rate=D(5))


def policy(trigger: Trigger, **changes: Any) -> AllocationPolicy:
    return replace(AllocationPolicy(id="p", trigger=trigger), **changes)


def load(house: House, *policies: AllocationPolicy, charges: tuple[Charge, ...] = ()) -> None:
    house.get(LoadAllocationPolicies(policies=policies), user=OPS)
    house.get(LoadCharges(charges=charges), user=OPS)


def only(house: House) -> Booking:
    (booking,) = house.book.bookings.values()
    return booking


def booked(booking: Booking) -> AllocationBooked:
    assert booking.booked is not None
    return booking.booked


def units(booking: Booking) -> dict[str, D]:
    return {leg.fund: leg.quantity for leg in booked(booking).legs}


def cash(house: House) -> int:
    return sum(balance.minor for balance in house.book.cash.values())


def rule(house: House, **limits: str | int) -> None:
    """A hard rule about orders, in force at once."""
    said_ = {"id": "big", "title": "big", "kind": "order", "version": 1, "severity": "hard"}
    text = json.dumps({**said_, **limits})
    house.get(
        DefineRules(rules=(RuleText(rule_id="big", version=1, definition=text, cases=fits()),)),
        user="ada",
    )
    house.get(ActivateRule(rule_id="big", version=1), user="cora")


def bust(cl_ord_id: str, exec_id: str, of: str) -> ReportPlacement:
    return said(cl_ord_id, "bust", exec_id=exec_id, exec_ref_id=of)


def split(house: House, key: str, **wanted: int) -> ReallocateBooking:
    legs = tuple(Leg(fund=fund, quantity=D(number)) for fund, number in wanted.items())
    return ReallocateBooking(booking_id=key, legs=legs, reason="agreed with the managers")


def check_sums(house: House) -> None:
    """Bookings, executions, positions and cash say the same, to the unit and to the cent."""
    security = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    for fund in ("A", "B", "C"):
        paid = charged = 0
        got = D(0)
        for allocation in house.book.allocations.values():
            got += allocation.booked(fund)
            paid += sum(s.cost_minor for s in allocation.shares if s.fund == fund)
        for booking in house.book.bookings.values():
            legs = booking.booked.legs if booking.booked else ()
            charged += sum(leg.charges_minor for leg in legs if leg.fund == fund)
        assert house.book.cash[fund, "USD"].minor == 10**11 - paid - charged
        assert house.book.positions[fund, security].quantity == 5000 + got
        known = house.engine.pretrade.compliance.facts
        assert known.held(fund)[security] == 5000 + got
        assert known.cash[fund]["USD"] == D(house.book.cash[fund, "USD"].minor) / 100


def test_a_filled_order_is_booked_with_its_charges(house: House) -> None:
    load(house, policy(Trigger.FILLED), charges=(COMMISSION,))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.99"))
    assert only(house).status == "provisional"
    before = cash(house)
    house.hear(fill(placed["cl_ord_id"], "E2", 600, "100"))
    found = booked(only(house))
    assert [(leg.fund, leg.quantity) for leg in found.legs] == [("A", D(600)), ("B", D(400))]
    assert found.gross_minor == 9_999_600
    assert sum(leg.charges_minor for leg in found.legs) == 5_000
    assert cash(house) == before - 6_000_000 - 5_000
    assert all(leg.net_minor == leg.gross_minor + leg.charges_minor for leg in found.legs)
    check_sums(house)


def test_the_default_books_each_fill_and_keeps_no_record(house: House) -> None:
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 1000))
    assert house.book.bookings == {}
    house.get(BookAllocations(order_id=placed["order_id"]), user=OPS)
    assert units(only(house)) == {"A": D(600), "B": D(400)}
    again = BookAllocations(order_id=placed["order_id"])
    assert house.refused(again, user=OPS) == ["booked_already"]


def test_a_bust_after_booking_reverses_it_and_books_what_is_left(house: House) -> None:
    load(house, policy(Trigger.FILLED), charges=(COMMISSION,))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.99"), fill(placed["cl_ord_id"], "E2", 600))
    house.hear(bust(placed["cl_ord_id"], "E3", "E2"))
    second = only(house)
    assert (second.version, units(second)) == (2, {"A": D(240), "B": D(160)})
    charges = sum(leg.charges_minor for leg in booked(second).legs)
    assert charges == 2_000
    assert cash(house) == 3 * 10**11 - 3_999_600 - charges
    house.hear(bust(placed["cl_ord_id"], "E4", "E1"))
    assert (only(house).status, cash(house)) == ("reversed", 3 * 10**11)


@pytest.mark.parametrize("kind", ["done_for_day", "expired"])
def test_done_for_day_books_when_the_broker_says_so(house: House, kind: str) -> None:
    load(house, policy(Trigger.DONE_FOR_DAY))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 500))
    assert only(house).status == "provisional"
    house.hear(said(placed["cl_ord_id"], kind))
    assert only(house).status == "booked"


def test_a_time_of_the_exchange_books_what_is_executed_by_then(house: House) -> None:
    load(house, policy(Trigger.TIMED, book_at="00:00", time_zone="America/New_York"))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 500))
    assert only(house).status == "booked", "midnight of the trading day has passed"
    house.hear(fill(placed["cl_ord_id"], "E2", 100))
    assert (only(house).version, sum(units(only(house)).values())) == (2, 600)


def test_by_hand_alone_waits_for_a_person_also_over_the_day(data: Path) -> None:
    with opened(data) as house:
        load(house, policy(Trigger.MANUAL))
        placed = house.placed()
        house.hear(fill(placed["cl_ord_id"], "E1", 1000))
        house.get(RollDay(trade_on=TOMORROW), user="system")
        assert house.book.orders == {}
        before = facts(house.book)
        assert only(house).status == "provisional"
    with opened(data) as house:
        assert facts(house.book) == before
        house.get(BookAllocations(order_id=placed["order_id"]), user=OPS)
        assert booked(only(house)).booked_by == OPS
        house.get(RollDay(trade_on=TOMORROW + timedelta(days=1)), user="system")
        assert (house.book.orders, house.book.bookings) == ({}, {})
    with opened(data) as house:
        house.hear(bust(placed["cl_ord_id"], "E2", "E1"))
        assert only(house).status == "reversed"
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
    proven(data)


def test_a_day_that_is_over_is_booked_when_the_next_begins(data: Path) -> None:
    with opened(data) as house:
        load(house, policy(Trigger.FILLED), charges=(COMMISSION,))
        placed = house.placed(time_in_force=TimeInForce.GTC)
        house.hear(fill(placed["cl_ord_id"], "E1", 100, "100"))
        house.get(RollDay(trade_on=TOMORROW), user="system")
        assert (only(house).status, only(house).trade_on) == ("booked", DAY)
        house.hear(fill(placed["cl_ord_id"], "E2", 900, "90"))
        first, second = house.book.bookings_for(placed["order_id"])
        assert [booked(b).gross_minor for b in (first, second)] == [1_000_000, 8_100_000]
        assert first.version == 1, "the price of another day does not move it"
        house.hear(bust(placed["cl_ord_id"], "E3", "E1"))
        check_sums(house)
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
    proven(data)


def test_a_policy_loaded_later_leaves_statements_alone(house: House) -> None:
    load(house, policy(Trigger.FILLED))
    early = house.placed(1)
    load(house, policy(Trigger.MANUAL), policy(Trigger.FILLED, id="q"))
    late = house.placed(2)
    stated = [house.book.allocations[p["order_id"]].policy for p in (early, late)]
    assert stated == ["p/1", "p/2"]
    house.hear(fill(early["cl_ord_id"], "E1", 1000), fill(late["cl_ord_id"], "E2", 1000))
    found = {b.order_id: b.status for b in house.book.bookings.values()}
    assert found == {early["order_id"]: "booked", late["order_id"]: "provisional"}


def test_small_parts_are_given_back_before_booking(house: House) -> None:
    load(house, policy(Trigger.FILLED, method=Method.DE_MINIMIS, least=D(5)))
    legs = (Leg(fund="A", quantity=D(950)), Leg(fund="B", quantity=D(50)))
    placed = house.placed(legs=legs)
    house.hear(fill(placed["cl_ord_id"], "E1", 40), fill(placed["cl_ord_id"], "E2", 60))
    house.hear(said(placed["cl_ord_id"], "canceled"))
    house.get(CancelOrder(order_id=placed["order_id"]))
    house.get(BookDue(), user="system")
    assert units(only(house)) == {"A": D(100)}
    executions = booked(only(house)).executions
    assert [each.legs for each in executions] == [
        (Leg(fund="A", quantity=D(number)),) for number in (40, 60)
    ]
    check_sums(house)
    house.hear(bust(placed["cl_ord_id"], "E3", "E2"))
    assert units(only(house)) == {"A": D(40)}
    check_sums(house)


def test_rotation_serves_another_fund_first_next_time(data: Path) -> None:
    with opened(data) as house:
        load(house, policy(Trigger.FILLED, method=Method.ROTATION))
        one = house.placed(1)
        house.hear(fill(one["cl_ord_id"], "E1", 300))
    with opened(data) as house:
        two = house.placed(2)
        house.hear(fill(two["cl_ord_id"], "E2", 300))
        found = [house.book.allocations[placed["order_id"]] for placed in (one, two)]
        assert [(each.booked("A"), each.booked("B")) for each in found] == [
            (D(300), D(0)), (D(0), D(300)),
        ]  # fmt: skip


def test_the_smallest_fund_is_served_first(house: House) -> None:
    load(house, policy(Trigger.FILLED, method=Method.SMALLEST_FIRST))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 500))
    allocation = house.book.allocations[placed["order_id"]]
    assert [share.quantity for share in allocation.shares] == [100, 400]


def test_k13_another_split_takes_two_people_and_never_exceeds_the_statement(data: Path) -> None:
    with opened(data) as house:
        load(house, policy(Trigger.MANUAL, method=Method.MANUAL), charges=(COMMISSION,))
        placed = house.placed()
        house.hear(fill(placed["cl_ord_id"], "E1", 300, "99"), fill(placed["cl_ord_id"], "E2", 200))
        key = only(house).id
        book = BookAllocations(order_id=placed["order_id"], reason="now")
        assert house.refused(book, user=OPS) == ["not_allocated_by_hand"]
        for wanted, codes in (
            ({"A": 400}, ["units_sum"]), ({"B": 500}, ["above_statement"]),
            ({"A": 500, "C": 0}, ["fund_not_stated"]),
            ({"A": 250, "B": -1}, ["units_invalid", "units_sum"]),
        ):  # fmt: skip
            assert house.refused(split(house, key, **wanted), user=OPS) == codes
        house.get(split(house, key, A=500), user=OPS)
        assert house.refused(split(house, key, A=500), user=OPS) == ["reallocation_pending"]
        assert house.refused(ApproveReallocation(booking_id=key), user=OPS) == ["same_person"]
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        house.get(ApproveReallocation(booking_id=key), user=RISK)
        check_sums(house)
        house.get(book, user=OPS)
        assert units(only(house)) == {"A": D(500)}
        house.hear(bust(placed["cl_ord_id"], "E3", "E1"))
        assert (only(house).status, only(house).held[0].code) == (
            "waiting",
            "not_allocated_by_hand",
        )
        check_sums(house)
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
    proven(data)


def test_a_split_that_is_overtaken_cannot_be_approved(house: House) -> None:
    load(house, policy(Trigger.MANUAL))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 300))
    key = only(house).id
    house.get(split(house, key, A=300), user=OPS)
    house.hear(fill(placed["cl_ord_id"], "E2", 10))
    assert house.refused(ApproveReallocation(booking_id=key), user=RISK) == ["units_sum"]
    house.get(RefuseReallocation(booking_id=key), user=RISK)
    assert house.refused(RefuseReallocation(booking_id=key), user=RISK) == ["no_reallocation"]


@pytest.mark.parametrize("on_failure", OnFailure)
def test_what_no_longer_passes_waits_or_is_booked_with_its_hit(
    house: House, on_failure: OnFailure
) -> None:
    load(house, policy(Trigger.FILLED, on_failure=on_failure))
    placed = house.placed()
    rule(house, max_qty="500")
    house.hear(fill(placed["cl_ord_id"], "E1", 1000))
    booking = only(house)
    assert [hit.rule_id for hit in house.book.hits.values()] == ["big"]
    if on_failure is OnFailure.BOOK:
        assert booking.status == "booked"
        return
    assert (booking.status, booking.held[0].code) == ("waiting", "compliance")
    book = BookAllocations(order_id=placed["order_id"])
    assert house.refused(book, user=OPS) == ["reason_missing"]
    house.get(replace(book, reason="the limit came after the trade"), user=OPS)
    assert only(house).status == "booked"
    check_sums(house)


def test_a_block_keeps_bookings_right_while_its_price_moves(data: Path) -> None:
    with opened(data) as house:
        load(house, policy(Trigger.FILLED), charges=(COMMISSION,))
        one, two, placement = worked(house)
        house.hear(fill(placement["cl_ord_id"], "E1", 1000, "99.7"))
        house.hear(fill(placement["cl_ord_id"], "E2", 300, "99.9"))
        check_sums(house)
        assert {b.order_id: b.status for b in house.book.bookings.values()} == {
            one: "booked", two: "booked",
        }  # fmt: skip
        correct = said(
            placement["cl_ord_id"], "correct", exec_id="E3", exec_ref_id="E2", last_qty=D(300),
            last_px=D("99.8"),
        )  # fmt: skip
        house.hear(correct)
        total = sum(booked(b).gross_minor for b in house.book.bookings.values())
        assert total == 99_700_00 + 300 * 9980
        assert {b.version for b in house.book.bookings.values()} == {2}
        check_sums(house)
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
    proven(data)


def test_an_average_without_end_is_booked_and_checked(house: House) -> None:
    load(house, policy(Trigger.FILLED))
    placed = house.placed(quantity=999)
    rule(house, max_value="99900", currency="USD", collar="0.01", duplicate_seconds=5)
    house.hear(
        fill(placed["cl_ord_id"], "E1", 333, "100"), fill(placed["cl_ord_id"], "E2", 333, "99.01"),
        fill(placed["cl_ord_id"], "E3", 333, "99.0002"),
    )  # fmt: skip
    house.get(CancelOrder(order_id=placed["order_id"]))
    house.hear(said(placed["cl_ord_id"], "canceled"))
    found = booked(only(house))
    assert found.gross_minor == 99_237_40
    assert round(found.price, 6) == D("99.336733")
    check_sums(house)
    assert house.book.hits == {}


def test_k13_what_each_fund_gets_is_stated_before_anything_can_be_executed(house: House) -> None:
    order = house.order()
    assert order["id"] not in house.book.allocations
    placed = house.place(order["id"], 400)
    allocation = house.book.allocations[order["id"]]
    legs = house.book.orders[order["id"]].legs
    assert (allocation.quantity, allocation.stated) == (D(0), legs)
    house.hear(fill(placed["cl_ord_id"], "E1", 400))
    after = house.book.allocations[order["id"]]
    assert (after.quantity, after.stated, after.number) == (D(400), legs, allocation.number)
