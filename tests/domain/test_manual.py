"""Orders given by telephone: nothing leaves, people key what the broker says, under their names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    ORDER,
    PLACEMENT,
    STATED,
    Story,
    fill,
    happened,
    place,
    placed,
    released,
    report,
    working,
)
from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement import commands as c
from tradeoms.domain.placement.events import (
    BreakKind,
    BreakOpened,
    ExecutionBusted,
    ExecutionRecorded,
    PlacementReported,
)
from tradeoms.domain.placement.manual import ManualRejection as M
from tradeoms.kernel.enums import OrdStatus

KEYED = c.RecordExecution(placement_id=PLACEMENT, quantity=D(100), price=D(99), exec_id="T1")
CANCEL = c.CancelPlacement(placement_id=PLACEMENT)


def answer(said: c.Answer) -> c.RecordAnswer:
    return c.RecordAnswer(placement_id=PLACEMENT, answer=said)


def phoned() -> Story:
    return released().given(STATED, placed(manual=True, broker_order_id="B77"))


def keyed() -> Story:
    return phoned().when(KEYED, user="tom")


def bust(story: Story, reason: str = "keyed twice") -> c.BustExecution:
    (execution,) = story.book.executions
    return c.BustExecution(execution_id=execution, reason=reason)


def status(story: Story) -> OrdStatus:
    return story.book.placements[PLACEMENT].ord_status


def test_a_manual_placement_sends_nothing_and_works_at_once() -> None:
    story = released().when(place(manual=True), user="tom")
    (placement,) = story.book.placements.values()
    assert (story.sent, placement.ord_status) == ([], OrdStatus.NEW)
    assert placement.manual


def test_a_keyed_execution_is_shared_out_and_carries_its_person() -> None:
    story = keyed().then(
        happened(ExecutionRecorded, exec_id="T1", last_qty=D(100), keyed_by="tom"),
        happened(ExecutionAllocated, quantity=D(100)),
    )
    (execution,) = story.book.executions.values()
    assert execution.keyed_by == "tom"
    assert status(story) is OrdStatus.PARTIALLY_FILLED


def test_a_keyed_execution_can_be_taken_back() -> None:
    story = keyed()
    story.when(bust(story), user="tom").then(
        happened(ExecutionBusted, exec_ref_id="T1"), happened(ExecutionAllocated, quantity=D(-100))
    )
    assert story.book.placements[PLACEMENT].cum_qty == 0


def test_what_the_broker_reports_over_fix_is_matched_by_his_number() -> None:
    story = phoned().told(fill("E1", 300, cl_ord_id="", broker_order_id="B77"))
    assert [type(event) for event in story.events] == [ExecutionRecorded, ExecutionAllocated]
    story.told(report("canceled", cl_ord_id="THEIRS-1", broker_order_id="B77"))
    assert status(story) is OrdStatus.CANCELED


def test_an_execution_keyed_and_reported_is_told_as_a_break() -> None:
    story = keyed().told(fill("E1", 100, cl_ord_id="", broker_order_id="B77", cum_qty=D(100)))
    (opened,) = [event for event in story.events if isinstance(event, BreakOpened)]
    assert opened.kind is BreakKind.CUM_QTY_MISMATCH


def test_a_cancel_waits_for_the_answer_that_a_person_keys() -> None:
    story = phoned().when(CANCEL, user="tom")
    assert (story.sent, status(story)) == ([], OrdStatus.PENDING_CANCEL)
    story.when(answer(c.Answer.REFUSED), user="tom")
    assert status(story) is OrdStatus.NEW
    story.when(CANCEL, user="tom").when(answer(c.Answer.CANCELED), user="tom")
    assert status(story) is OrdStatus.CANCELED


def test_a_replace_takes_its_terms_when_the_broker_agreed() -> None:
    asked = c.ReplacePlacement(placement_id=PLACEMENT, quantity=D(800), limit_price=D(99))
    story = phoned().when(asked, user="tom").when(answer(c.Answer.REPLACED), user="tom")
    placement = story.book.placements[PLACEMENT]
    assert (placement.quantity, placement.limit_price, placement.requests) == (D(800), D(99), ())


def test_canceling_the_order_asks_the_telephone_and_ends_with_its_answer() -> None:
    story = phoned().when(CancelOrder(order_id=ORDER))
    phases = [story.book.orders[ORDER].phase]
    assert story.sent == []
    story.when(answer(c.Answer.CANCELED), user="tom")
    phases.append(story.book.orders[ORDER].phase)
    assert phases == [Phase.CANCELING, Phase.CANCELED]


@pytest.mark.parametrize("said", [c.Answer.REJECTED, c.Answer.EXPIRED, c.Answer.DONE_FOR_DAY])
def test_the_broker_may_end_it_unasked(said: c.Answer) -> None:
    story = phoned().when(answer(said), user="tom")
    assert isinstance(story.events[0], PlacementReported)
    assert status(story).value == said.value


def refused_bust(given: Callable[[], Story], reason: str = "x") -> Story:
    story = given()
    return story.when(bust(story, reason), user="tom")


def busted() -> Story:
    story = keyed()
    return story.when(bust(story), user="tom")


REFUSALS: list[tuple[M, Callable[[], Story]]] = [
    (M.PLACEMENT_NOT_MANUAL, lambda: working().when(KEYED, user="tom")),
    (M.PLACEMENT_NOT_MANUAL, lambda: working().when(answer(c.Answer.EXPIRED), user="tom")),
    (M.EXECUTION_UNKNOWN, lambda: phoned().when(
        c.BustExecution(execution_id="exe_9", reason="x"), user="tom")),
    (M.EXECUTION_NOT_KEYED, lambda: refused_bust(lambda: working().told(fill("E1", 100)))),
    (M.EXECUTION_NOT_LIVE, lambda: refused_bust(busted)),
    (M.BUST_REASON_MISSING, lambda: refused_bust(keyed, " ")),
    (M.EXECUTION_QUANTITY, lambda: phoned().when(replace(KEYED, quantity=D(0)), user="tom")),
    (M.EXECUTION_PRICE, lambda: phoned().when(replace(KEYED, price=D(-1)), user="tom")),
    (M.EXECUTION_EXCEEDS, lambda: phoned().when(replace(KEYED, quantity=D(1001)), user="tom")),
    (M.EXEC_ID_FORMAT, lambda: phoned().when(replace(KEYED, exec_id="a\x01b"), user="tom")),
    (M.EXEC_ID_USED, lambda: keyed().when(KEYED, user="tom")),
    (M.NOTHING_ASKED, lambda: phoned().when(answer(c.Answer.REPLACED), user="tom")),
]  # fmt: skip


@pytest.mark.parametrize(("code", "told"), REFUSALS)
def test_what_is_keyed_wrongly_is_refused_and_changes_nothing(
    code: M, told: Callable[[], Story]
) -> None:
    story = told().refused(code.value)
    assert story.events == []


def test_every_reason_has_a_row() -> None:
    assert {code for code, _ in REFUSALS} == set(M)


def test_trader_only() -> None:
    phoned().when(KEYED, user="pm").refused("not_permitted")
