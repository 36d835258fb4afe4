"""Denials ("unknown order") and "not sent": what they prove, and what takes them back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    ORDER,
    PLACEMENT,
    STATED,
    Story,
    fill,
    place,
    placed,
    released,
    report,
)
from tests.domain.story import sent as left
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.order.events import OrderCanceled
from tradeoms.domain.placement.commands import (
    CancelPlacement,
    ReportPlacement,
    ReportSend,
    ReportUnanswered,
    SendOutcome,
)
from tradeoms.domain.placement.events import BreakKind
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import OrdStatus

DENIAL = report("status", ord_status=OrdStatus.REJECTED, reason="5", cum_qty=D(0))


def out() -> Story:
    """The whole order has left, and nobody answered it."""
    return released().given(STATED, placed(), left())


def word(outcome: SendOutcome, cl_ord_id: str = "X") -> ReportSend:
    why = "the counterparty does not know it"
    return ReportSend(
        session="BROKER", row=5, outcome=outcome, cl_ord_id=cl_ord_id, msg_seq_num=2, reason=why
    )


def not_sent() -> Story:
    """The counterparty denied it twice, and the gateway calls it not sent."""
    story = out().told(DENIAL).told(word(SendOutcome.UNKNOWN))
    return story.told(DENIAL).told(word(SendOutcome.NOT_SENT))


def now(story: Story) -> Placement:
    return story.book.placements[PLACEMENT]


def open_breaks(story: Story) -> list[BreakKind]:
    return sorted(b.kind for b in story.book.breaks.values() if not b.resolved_by)


def test_one_denial_proves_nothing() -> None:
    story = out().told(DENIAL)
    assert (now(story).ord_status, now(story).leaves_qty) == (OrdStatus.PENDING_NEW, D(1000))
    story.told(word(SendOutcome.UNKNOWN))
    assert (now(story).ord_status, now(story).leaves_qty) == (OrdStatus.UNKNOWN, D(1000))
    story.when(place(1), user="tom").refused("placement_exceeds_order")
    assert open_breaks(story) == []


def test_what_the_gateway_calls_not_sent_may_be_placed_again() -> None:
    story = not_sent()
    assert (now(story).ord_status, now(story).committed_qty) == (OrdStatus.REJECTED, D(0))
    assert now(story).broker_text == "not sent: the counterparty does not know it"
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom").refused("placement_closed")
    story.when(place(1000), user="tom")
    assert [str(each.quantity) for each in story.sent] == ["1000"]


THERE = [
    (report("new", ord_status=OrdStatus.NEW), OrdStatus.NEW),
    (report("pending_new", ord_status=OrdStatus.PENDING_NEW), OrdStatus.PENDING_NEW),
    (report("status", ord_status=OrdStatus.NEW), OrdStatus.NEW),
    (report("status", ord_status=OrdStatus.PARTIALLY_FILLED), OrdStatus.NEW),
    (fill("E1", 100, ord_status=OrdStatus.PARTIALLY_FILLED), OrdStatus.PARTIALLY_FILLED),
    (report("suspended", ord_status=OrdStatus.SUSPENDED), OrdStatus.SUSPENDED),
    (report("cancel_rejected", ord_status=OrdStatus.PENDING_NEW), OrdStatus.PENDING_NEW),
    (report("rejected", duplicate_order=True), OrdStatus.PENDING_NEW),
]


@pytest.mark.parametrize(("said", "status"), THERE, ids=[said.kind for said, _ in THERE])
def test_a_word_that_shows_the_order_takes_not_sent_back_and_calls_a_person(
    said: ReportPlacement, status: OrdStatus
) -> None:
    story = not_sent().told(said)
    assert (now(story).ord_status, now(story).committed_qty) == (status, D(1000))
    assert now(story).broker_text == ""
    assert open_breaks(story) == [BreakKind.SENT_AFTER_ALL]
    story.when(place(1), user="tom").refused("placement_exceeds_order")
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert [each.orig_cl_ord_id for each in story.sent] == ["X"]
    story.told(DENIAL).told(word(SendOutcome.NOT_SENT))
    assert now(story).is_open, "nor is it called so again"


@pytest.mark.parametrize(
    "said",
    [
        DENIAL,
        report("status"),
        report("cancel_rejected", cl_ord_id="C", orig_cl_ord_id="X", reason="1"),
        report("cancel_rejected", ord_status=OrdStatus.REJECTED, reason="1"),
        report("rejected", ord_status=OrdStatus.REJECTED),
        report("session_rejected"),
    ],
    ids=["denial", "nothing", "cancel", "cancel of no order", "reject", "session"],
)
def test_a_word_that_does_not_show_the_order_leaves_it_not_sent(said: ReportPlacement) -> None:
    story = not_sent().told(said)
    assert (now(story).ord_status, now(story).is_open) == (OrdStatus.REJECTED, False)
    assert open_breaks(story) == []


@pytest.mark.parametrize("end", ["canceled", "expired"])
def test_an_order_that_came_and_ended_calls_nobody(end: str) -> None:
    story = not_sent().told(report(end))
    assert (now(story).ord_status, open_breaks(story)) == (OrdStatus(end), [])


def test_an_order_that_comes_after_its_cancellation_can_be_canceled() -> None:
    story = not_sent().when(CancelOrder(order_id=ORDER, reason="no more"))
    assert isinstance(story.events[-1], OrderCanceled)
    story.told(report("new", ord_status=OrdStatus.NEW))
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert [each.orig_cl_ord_id for each in story.sent] == ["X"]


@pytest.mark.parametrize(
    ("told", "breaks"),
    [([], []), ([report("pending_new")], [BreakKind.STATUS_MISMATCH])],
    ids=["never answered", "taken"],
)
def test_a_cancel_of_an_unknown_order_is_told_to_people_where_the_broker_had_it(
    told: list[ReportPlacement], breaks: list[BreakKind]
) -> None:
    story = out()
    for each in told:
        story.told(each)
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    said = report("cancel_rejected", orig_cl_ord_id="X", ord_status=OrdStatus.REJECTED, reason="1")
    story.told(replace(said, cl_ord_id=now(story).requests[0].cl_ord_id))
    assert (open_breaks(story), now(story).requests) == (breaks, ())


def test_an_order_that_the_broker_had_heard_of_is_not_ended_by_his_denial() -> None:
    story = out().told(report("pending_new")).told(DENIAL)
    assert now(story).is_open
    assert open_breaks(story) == [BreakKind.UNKNOWN_TO_COUNTERPARTY]


def test_what_a_gateway_has_forgotten_one_denial_ends_and_one_word_takes_up_again() -> None:
    forgotten = replace(left(), outcome=SendOutcome.UNKNOWN, forgotten=True)
    story = out().given(forgotten).told(DENIAL)
    assert (now(story).ord_status, now(story).is_open) == (OrdStatus.REJECTED, False)
    story.told(report("new", ord_status=OrdStatus.NEW))
    assert (now(story).ord_status, now(story).is_open) == (OrdStatus.NEW, True)
    assert open_breaks(story) == [BreakKind.SENT_AFTER_ALL]
    assert now(story.told(DENIAL)).is_open


def test_nobody_owes_an_answer_to_what_was_not_sent() -> None:
    story = out().told(ReportUnanswered(session="BROKER", row=0, cl_ord_id="X", seconds=10))
    assert open_breaks(story) == [BreakKind.REQUEST_UNANSWERED]
    story.told(DENIAL).told(word(SendOutcome.UNKNOWN))
    assert open_breaks(story) == [BreakKind.REQUEST_UNANSWERED]
    story.told(DENIAL).told(word(SendOutcome.NOT_SENT))
    assert [b.resolution for b in story.book.breaks.values()] == ["it was not sent: rejected"]
