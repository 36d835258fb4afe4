"""Destinations that are told the split of a day in the commit that books it, once."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fill, opened, said
from tests.engine.test_blocks import TOMORROW, worked
from tests.engine.test_bookings import OPS, bust, load, only, policy
from tests.engine.test_confirmations import ack, found, outbox, sent, stored, tell
from tests.engine.test_restart import proven, same
from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.allocation.policy import Trigger
from tradeoms.domain.booking.commands import BookAllocations
from tradeoms.domain.confirmation.commands import AckStatus, InstructAllocation
from tradeoms.domain.confirmation.decide import ConfirmationRejection as C
from tradeoms.domain.confirmation.state import AllocationInstruction
from tradeoms.domain.reference.commands import LoadDestinations, RollDay
from tradeoms.domain.reference.state import Destination


def prepare(house: House, trigger: Trigger, *, name: str = "BROKER") -> None:
    """Have ``name`` told when a day is booked, and days booked by ``trigger``."""
    destination = Destination(name=name, instruct_when_booked=True)
    house.get(LoadDestinations(destinations=(destination,)), user="system")
    load(house, policy(trigger))


def told_when_booked(house: House, trigger: Trigger = Trigger.FILLED) -> Any:
    """A placement at a broker who is told when a day is booked."""
    prepare(house, trigger)
    return house.placed()


def instructions(house: House) -> list[AllocationInstruction]:
    return list(house.book.street.instructions.values())


def test_a_day_is_told_once_when_it_is_booked_and_not_before(data: Path) -> None:
    with opened(data) as house:
        placed = told_when_booked(house)
        house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.5"))
        assert not outbox(house)
        house.hear(fill(placed["cl_ord_id"], "E2", 600, "99.5"))
        (one,) = instructions(house)
        assert (one.quantity, one.instructed_by, one.outdated_by) == (D(1000), "system", ())
        (message,) = outbox(house)
        assert (message.kind, message.cl_ord_id) == (InstructionKind.ALLOCATION, one.alloc_id)
        by_hand = InstructAllocation(placement_id=placed["id"])
        assert house.refused(by_hand, user=OPS) == [C.ALREADY_INSTRUCTED]
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        house.hear(fill(placed["cl_ord_id"], "E2", 600, "99.5"))
        tell(house, sent(house, one.id), ack(house, one.id, AckStatus.ACCEPTED))
        assert len(outbox(house)) == 1
        assert stored(house, one.id).status == "accepted"
    proven(data)


def test_what_changes_after_it_was_told_is_for_people(house: House) -> None:
    placed = told_when_booked(house)
    house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.5"), fill(placed["cl_ord_id"], "E2", 600))
    (one,) = instructions(house)
    house.hear(bust(placed["cl_ord_id"], "E3", "E2"))
    assert only(house).version == 2
    assert len(outbox(house)) == 1
    assert len(found(house, one.id).outdated_by) == 1


def test_a_rejected_instruction_is_not_told_again_by_itself(house: House) -> None:
    placed = told_when_booked(house)
    house.hear(fill(placed["cl_ord_id"], "E1", 400, "99.5"), fill(placed["cl_ord_id"], "E2", 600))
    (one,) = instructions(house)
    tell(house, sent(house, one.id), ack(house, one.id, AckStatus.REJECTED))
    house.hear(bust(placed["cl_ord_id"], "E3", "E2"))
    assert len(outbox(house)) == 1


def test_a_day_that_a_person_books_after_a_restart_is_told_too(data: Path) -> None:
    with opened(data) as house:
        placed = told_when_booked(house, Trigger.MANUAL)
        house.hear(fill(placed["cl_ord_id"], "E1", 1000, "99.5"))
        house.get(RollDay(trade_on=TOMORROW), user="system")
        assert not outbox(house)
    with opened(data) as house:
        house.get(BookAllocations(order_id=placed["order_id"]), user=OPS)
        (one,) = instructions(house)
        assert (one.placement_id, one.quantity) == (placed["id"], D(1000))
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        assert len(outbox(house)) == 1
    proven(data)


def test_a_shared_placement_is_told_when_the_last_of_its_orders_is_booked(house: House) -> None:
    prepare(house, Trigger.MANUAL)
    one, two, placement = worked(house)
    house.hear(fill(placement["cl_ord_id"], "E1", 1300, "99.5"))
    house.get(BookAllocations(order_id=one), user=OPS)
    assert not outbox(house)
    house.get(BookAllocations(order_id=two), user=OPS)
    (told,) = instructions(house)
    assert told.quantity == sum(line.quantity for line in told.lines) == 1300
    assert told.placement_id == placement["id"]


def test_a_day_that_the_broker_is_done_for_is_told(house: House) -> None:
    placed = told_when_booked(house, Trigger.DONE_FOR_DAY)
    house.hear(fill(placed["cl_ord_id"], "E1", 500, "99.5"))
    assert not outbox(house)
    house.hear(said(placed["cl_ord_id"], "done_for_day"))
    (one,) = instructions(house)
    assert one.quantity == 500


@pytest.mark.parametrize("name", ["OTHER", ""])
def test_people_tell_every_other_destination(house: House, name: str) -> None:
    if name:
        prepare(house, Trigger.FILLED, name=name)
    else:
        load(house, policy(Trigger.FILLED))
    placed = house.placed()
    house.hear(fill(placed["cl_ord_id"], "E1", 1000, "99.5"))
    assert only(house).status == "booked"
    assert not outbox(house)
