"""Allocation instructions that a broker does not answer, or of which he refuses an account."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, opened
from tests.engine.test_confirmations import (
    ack,
    confirmation,
    executed,
    found,
    sent,
    stored,
    tell,
)
from tests.engine.test_confirmations import (
    instruct as instruct_broker,
)
from tests.engine.test_restart import proven, same
from tradeoms.app.handlers.unanswered import unanswered
from tradeoms.domain.breaks.commands import ResolveBreak
from tradeoms.domain.breaks.state import Break
from tradeoms.domain.confirmation.commands import (
    AckStatus,
    CancelAllocation,
    DoubtInstructions,
    ReplaceAllocation,
    ReportAllocationAck,
)
from tradeoms.domain.confirmation.decide import ConfirmationRejection as C
from tradeoms.domain.confirmation.state import StreetStatus
from tradeoms.domain.placement.commands import SendOutcome
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.reference.commands import LoadDestinations
from tradeoms.domain.reference.state import Destination


def instruct(house: House, placement: Any) -> str:
    """An instruction to a broker who answers in half an hour."""
    answers = Destination(name="BROKER", instruction_wait_min=30)
    house.get(LoadDestinations(destinations=(answers,)), user="system")
    return instruct_broker(house, placement)


def look(house: House, minutes: int) -> int:
    """Let time pass, and have the node look; returns how many breaks it opened."""
    house.engine.identity._last += timedelta(minutes=minutes)
    return int(house.get(DoubtInstructions(), user="system")["unanswered"])


def silences(house: House) -> list[Break]:
    kind = BreakKind.ALLOCATION_UNANSWERED
    return [each for each in house.book.breaks.values() if each.kind is kind]


def test_silence_is_a_break_once_and_ends_with_the_answer(data: Path) -> None:
    with opened(data) as house:
        key = instruct(house, executed(house))
        tell(house, sent(house, key))
        assert look(house, 29) == 0
        assert not list(unanswered(house.book, house.engine.identity.now()))
        assert look(house, 2) == 1
        (told,) = silences(house)
        assert found(house, key).alloc_id in told.detail
        assert look(house, 60) == 0
        state = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), state)
        assert look(house, 60) == 0
        tell(house, ack(house, key, AckStatus.RECEIVED))
        assert not silences(house)[0].resolved_by, "received is neither yes nor no"
        tell(house, ack(house, key, AckStatus.ACCEPTED))
        settled = silences(house)[0]
        assert (settled.resolved_by, settled.resolution) == (
            "system", "the instruction is accepted",
        )  # fmt: skip
    proven(data)


def test_people_may_close_it_and_are_not_told_again(house: House) -> None:
    key = instruct(house, executed(house))
    assert look(house, 31) == 1, "also what never left"
    closed = ResolveBreak(break_id=silences(house)[0].id, resolution="he has it", action="explain")
    house.get(closed, user="olga")
    assert look(house, 60) == 0
    tell(house, sent(house, key), ack(house, key, AckStatus.ACCEPTED))
    assert silences(house)[0].resolved_by == "olga"


def test_confirmations_of_all_funds_are_an_answer(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key))
    look(house, 31)
    tell(house, confirmation(house, key, "A"))
    assert not silences(house)[0].resolved_by
    tell(house, confirmation(house, key, "B"))
    assert silences(house)[0].resolution == "the instruction is confirmed"


@pytest.mark.parametrize("status", [AckStatus.REJECTED, AckStatus.ACCOUNT_REJECTED])
def test_a_no_is_an_answer(house: House, status: AckStatus) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key), ack(house, key, status))
    assert look(house, 60) == 0


def test_who_never_answers_and_who_was_loaded_before_is_not_waited_for(house: House) -> None:
    instruct_broker(house, executed(house))
    assert look(house, 10_000) == 0


@pytest.mark.parametrize("minutes", [-1, 10_081])
def test_a_wait_without_sense_is_refused(house: House, minutes: int) -> None:
    wrong = Destination(name="BROKER", instruction_wait_min=minutes)
    command = LoadDestinations(destinations=(wrong,))
    assert house.refused(command, user="system") == ["value_range"]


def test_a_refused_account_is_replaced_and_a_refused_whole_is_not(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key), ack(house, key, AckStatus.ACCOUNT_REJECTED, text="no ACC"))
    assert found(house, key).status is StreetStatus.ACCOUNT_REJECTED
    again = house.get(ReplaceAllocation(instruction_id=key, reason="account"), user="olga")["id"]
    assert stored(house, key).status is StreetStatus.REPLACED
    tell(house, sent(house, again), ack(house, again, AckStatus.REJECTED))
    cancel = CancelAllocation(instruction_id=again, reason="account")
    assert house.refused(cancel, user="olga") == [C.INSTRUCTION_OVER]


def test_a_replacement_ends_the_silence_of_the_first(house: House) -> None:
    key = instruct(house, executed(house))
    tell(house, sent(house, key))
    look(house, 31)
    house.get(ReplaceAllocation(instruction_id=key, reason="again"), user="olga")
    assert silences(house)[0].resolution == "the instruction is replaced"


@pytest.mark.parametrize("status", list(AckStatus))
def test_an_answer_to_the_accounts_that_an_order_left_with(house: House, status: AckStatus) -> None:
    """Its ClOrdID is their AllocID; only a yes needs nobody."""
    placement = executed(house)
    told = ReportAllocationAck(
        session="BROKER", row=0, alloc_id=placement["cl_ord_id"], status=status, text="no"
    )
    tell(house, told)
    breaks = [each for each in house.book.breaks.values() if not each.resolved_by]
    assert bool(breaks) is (status not in (AckStatus.RECEIVED, AckStatus.ACCEPTED))


def test_what_never_left_waits_for_nobody(house: House) -> None:
    key = instruct(house, executed(house))
    assert look(house, 31) == 1
    tell(house, sent(house, key, SendOutcome.NOT_SENT))
    assert silences(house)[0].resolution == "the instruction is not_sent"


def test_that_it_was_received_may_come_late(house: House) -> None:
    key = instruct(house, executed(house))
    for status in (AckStatus.ACCEPTED, AckStatus.RECEIVED):
        tell(house, sent(house, key), ack(house, key, status))
    assert found(house, key).status is StreetStatus.ACCEPTED
    assert look(house, 31) == 0
