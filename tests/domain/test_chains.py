"""Replaces that follow each other unanswered, filled orders reopened, days and splits."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

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
    sent,
)
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.order.status import placed_quantity
from tradeoms.domain.placement.commands import (
    CancelPlacement,
    ReplacePlacement,
    ReportKind,
    ReportUnanswered,
    SendOutcome,
)
from tradeoms.domain.placement.events import BreakKind, BreakOpened
from tradeoms.domain.placement.state import Placement
from tradeoms.kernel.enums import OrdStatus, TimeInForce


def working(quantity: int = 500, **changes: object) -> Story:
    """Half of the order is at the broker, accepted."""
    story = released().given(STATED, placed(quantity=D(quantity), **changes), sent())
    return story.told(report("new", broker_order_id="B1"))


def ask(story: Story, quantity: int) -> str:
    """Ask for another quantity; returns the ClOrdID of the request."""
    story.when(ReplacePlacement(placement_id=PLACEMENT, quantity=D(quantity)), user="tom")
    return str(story.events[-1].cl_ord_id)


def now(story: Story) -> Placement:
    return story.book.placements[PLACEMENT]


def test_a_second_replace_names_the_first_and_both_are_answered() -> None:
    story = working()
    first, second = ask(story, 400), ask(story, 300)
    assert story.sent[0].orig_cl_ord_id == first
    assert now(story).committed_qty == D(500)
    story.told(report("replaced", cl_ord_id=first, orig_cl_ord_id="X", order_qty=D(400)))
    assert (now(story).cl_ord_id, now(story).ord_status) == (first, OrdStatus.PENDING_REPLACE)
    story.told(report("replaced", cl_ord_id=second, orig_cl_ord_id=first, order_qty=D(300)))
    assert (now(story).cl_ord_id, now(story).quantity) == (second, D(300))
    assert now(story).ord_status is OrdStatus.NEW


@pytest.mark.parametrize(
    "late",
    [
        {"poss_resend": True, "ord_status": OrdStatus.PENDING_REPLACE},
        {"exec_id": "R9"},
        {"orig_cl_ord_id": ""},
    ],
    ids=["resent", "new to us", "bare"],
)
@pytest.mark.parametrize("original", ["first", "X", ""])
def test_the_acceptance_of_a_replace_settles_those_before_it(
    original: str, late: dict[str, Any]
) -> None:
    story = working()
    first, second = ask(story, 800), ask(story, 300)
    named = first if original == "first" else original
    story.told(report("replaced", cl_ord_id=second, orig_cl_ord_id=named, order_qty=D(300)))
    assert (now(story).cl_ord_id, now(story).requests) == (second, ())
    assert now(story).committed_qty == D(300)
    before = now(story)
    accepted = report("replaced", cl_ord_id=first, orig_cl_ord_id="X", order_qty=D(800))
    assert story.told(replace(accepted, **late)).events == []
    assert now(story) == before
    cancel(story)
    assert [each.orig_cl_ord_id for each in story.sent] == [second]


def test_the_late_refusal_of_a_replace_that_another_followed_changes_nothing() -> None:
    story = working()
    first, second = ask(story, 800), ask(story, 300)
    story.told(report("replaced", cl_ord_id=second, orig_cl_ord_id="X", order_qty=D(300)))
    story.told(report("replace_rejected", cl_ord_id=first, ord_status=OrdStatus.NEW))
    terms = (now(story).cl_ord_id, now(story).quantity, now(story).requests)
    assert terms == (second, D(300), ())
    assert not story.book.breaks


def test_the_acceptance_of_the_first_replace_leaves_the_cancel_behind_it() -> None:
    story = working()
    first, asked = ask(story, 800), cancel(story)
    story.told(report("replaced", cl_ord_id=first, orig_cl_ord_id="X", order_qty=D(800)))
    assert [each.cl_ord_id for each in now(story).requests] == [asked]


def test_a_rejected_replace_leaves_the_one_behind_it() -> None:
    story = working()
    first, second = ask(story, 400), ask(story, 300)
    story.told(report("replace_rejected", cl_ord_id=first, orig_cl_ord_id="X"))
    assert [request.cl_ord_id for request in now(story).requests] == [second]
    assert now(story).cl_ord_id == "X"


def test_a_refused_replace_that_is_accepted_after_all_is_in_force() -> None:
    story = working()
    asked = ask(story, 400)
    story.told(report("replace_rejected", cl_ord_id=asked, orig_cl_ord_id="X"))
    assert (now(story).cl_ord_id, now(story).requests) == ("X", ())
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X", order_qty=D(400)))
    assert (now(story).cl_ord_id, now(story).quantity, now(story).links) == (asked, D(400), ("X",))
    assert now(story).refused == ()
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert story.sent[0].orig_cl_ord_id == asked


def test_a_filled_placement_is_reopened_and_its_new_units_are_taken_at_once() -> None:
    story = working().told(fill("E1", 500))
    assert not now(story).is_open
    asked = ask(story, 800)
    assert placed_quantity(ORDER, story.book.placements_for(ORDER)) == D(800)
    assert (now(story).is_open, now(story).leaves_qty) == (True, D(0))
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X", order_qty=D(800)))
    assert (now(story).leaves_qty, now(story).ord_status) == (D(300), OrdStatus.PARTIALLY_FILLED)


def test_nothing_follows_a_cancel() -> None:
    story = working().when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    story.when(ReplacePlacement(placement_id=PLACEMENT, quantity=D(300)), user="tom")
    story.refused("request_pending")


def cancel(story: Story) -> str:
    """Ask for the cancellation; returns the ClOrdID of the request, which has left."""
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    asked = str(story.events[-1].cl_ord_id)
    story.given(sent(asked))
    return asked


def silence(cl_ord_id: str) -> ReportUnanswered:
    return ReportUnanswered(session="BROKER", row=0, cl_ord_id=cl_ord_id, seconds=10)


def test_a_cancel_that_people_were_told_of_as_unanswered_may_be_repeated() -> None:
    story = working()
    lost = cancel(story)
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom").refused("request_pending")
    story.told(silence(lost))
    again = cancel(story)
    assert [each.orig_cl_ord_id for each in story.sent] == ["X"]
    assert [request.cl_ord_id for request in now(story).requests] == [lost, again]
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom").refused("request_pending")
    story.when(ReplacePlacement(placement_id=PLACEMENT, quantity=D(300)), user="tom")
    story.refused("request_pending")


@pytest.mark.parametrize("answered", [0, 1])
def test_a_late_answer_to_either_cancel_is_taken(answered: int) -> None:
    story = working()
    asked = [cancel(story)]
    story.told(silence(asked[0]))
    asked.append(cancel(story))
    told, other = asked[answered], asked[1 - answered]
    story.told(report("cancel_rejected", cl_ord_id=told, orig_cl_ord_id="X"))
    assert [request.cl_ord_id for request in now(story).requests] == [other]
    story.told(report("canceled", cl_ord_id=other, orig_cl_ord_id="X"))
    assert (now(story).ord_status, now(story).requests) == (OrdStatus.CANCELED, ())


def test_people_hear_of_each_cancel_without_an_answer_and_one_break_stands() -> None:
    story = working()
    lost = cancel(story)
    story.told(silence(lost))
    again = cancel(story)
    story.told(silence(again)).told(silence(lost)).told(silence(again))
    standing = [each for each in story.book.breaks.values() if not each.resolved_by]
    assert [each.cl_ord_id for each in standing] == [again]
    assert len(story.book.breaks) == 2
    cancel(story)


@pytest.mark.parametrize(
    ("status", "about", "repeats"),
    [
        (OrdStatus.NEW, "X", True),
        (OrdStatus.PARTIALLY_FILLED, "X", True),
        (OrdStatus.PENDING_CANCEL, "X", False),
        (OrdStatus.NEW, "", False),
    ],
)
def test_an_answer_that_shows_no_cancel_lets_it_be_repeated(
    status: OrdStatus, about: str, repeats: bool
) -> None:
    story = working()
    lost = cancel(story)
    story.told(report("status", cl_ord_id=about or lost, orig_cl_ord_id="X", ord_status=status))
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    if not repeats:
        story.refused("request_pending")
    assert len(now(story).requests) == (2 if repeats else 1)


def test_an_answer_from_before_the_cancel_left_says_nothing_of_it() -> None:
    story = working().when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    story.told(report("status", ord_status=OrdStatus.NEW))
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom").refused("request_pending")


def test_an_order_whose_cancel_was_lost_is_canceled_again_as_a_whole() -> None:
    story = working().when(CancelOrder(order_id=ORDER, reason="no more"))
    lost = now(story).requests[0].cl_ord_id
    story.when(CancelOrder(order_id=ORDER, reason="no more")).refused("order_canceling")
    story.told(silence(lost)).when(CancelOrder(order_id=ORDER, reason="no more"))
    assert [each.orig_cl_ord_id for each in story.sent] == ["X"]


def test_a_good_till_order_goes_on_with_the_first_fill_of_the_next_day() -> None:
    story = working(time_in_force=TimeInForce.GTC)
    story.told(
        fill(
            "E1", 100, ord_status=OrdStatus.PARTIALLY_FILLED, day_order_qty=D(500),
            day_cum_qty=D(100), day_avg_px=D(100),
        )
    )  # fmt: skip
    story.told(report("done_for_day", ord_status=OrdStatus.DONE_FOR_DAY))
    assert (now(story).ord_status, now(story).is_open) == (OrdStatus.DONE_FOR_DAY, True)
    assert (now(story).day_order_qty, now(story).day_cum_qty) == (D(500), D(100))
    story.told(fill("E2", 50, ord_status=OrdStatus.PARTIALLY_FILLED))
    assert now(story).ord_status is OrdStatus.PARTIALLY_FILLED


def test_a_split_follows_the_broker_and_calls_a_person() -> None:
    story = working(time_in_force=TimeInForce.GTC).told(fill("E1", 100))
    story.told(report("restated", reason="0", order_qty=D(1000), cum_qty=D(200)))
    placement = now(story)
    assert (placement.quantity, placement.cum_qty, placement.carried_qty) == (
        D(1000),
        D(200),
        D(100),
    )
    (opened,) = [event for event in story.events if isinstance(event, BreakOpened)]
    assert opened.kind is BreakKind.CORPORATE_ACTION
    story.told(fill("E2", 50, cum_qty=D(250)))
    assert not [event for event in story.events if isinstance(event, BreakOpened)]


def test_a_clearing_hold_books_nothing_and_is_lifted() -> None:
    story = working().told(fill("E1", 100)).told(report("trade_held", cum_qty=D(100)))
    assert (now(story).clearing_hold, now(story).cum_qty) == (True, D(100))
    story.told(report("trade_released", cum_qty=D(100)))
    assert not now(story).clearing_hold


def test_a_change_of_state_with_other_sums_is_a_break() -> None:
    story = working().told(report("canceled", cum_qty=D(70)))
    (opened,) = [event for event in story.events if isinstance(event, BreakOpened)]
    assert opened.kind is BreakKind.CUM_QTY_MISMATCH


@pytest.mark.parametrize("said", [OrdStatus.REJECTED, OrdStatus.NEW, None])
def test_a_rejected_replace_told_as_a_reject_leaves_the_order(said: OrdStatus | None) -> None:
    story = working()
    asked = ask(story, 800)
    story.told(report("rejected", cl_ord_id=asked, orig_cl_ord_id="X", ord_status=said))
    assert (now(story).rejected, now(story).requests, now(story).leaves_qty) == (False, (), D(500))
    assert now(story).ord_status is OrdStatus.NEW
    assert story.events[0].kind is ReportKind.REPLACE_REJECTED
    assert placed_quantity(ORDER, story.book.placements_for(ORDER)) == D(500)
    story.when(place(501), user="tom").refused("placement_exceeds_order")
    story.told(report("rejected", cl_ord_id=asked, orig_cl_ord_id="X"))
    assert not now(story).rejected


def test_a_rejected_cancel_told_as_a_reject_leaves_the_order() -> None:
    story = working().when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    asked = now(story).requests[0].cl_ord_id
    story.told(report("rejected", cl_ord_id=asked, orig_cl_ord_id="X"))
    assert story.events[0].kind is ReportKind.CANCEL_REJECTED
    assert (now(story).ord_status, now(story).requests) == (OrdStatus.NEW, ())


def test_a_request_that_was_known_already_still_waits() -> None:
    story = working()
    asked = ask(story, 800)
    story.told(report("rejected", cl_ord_id=asked, orig_cl_ord_id="X", duplicate_order=True))
    assert [request.cl_ord_id for request in now(story).requests] == [asked]


@pytest.mark.parametrize("kind", ["cancel_rejected", "rejected"])
def test_the_order_id_of_a_refused_cancel_is_not_the_orders(kind: str) -> None:
    story = working()
    lost = cancel(story)
    story.told(report(kind, cl_ord_id=lost, orig_cl_ord_id="X", broker_order_id="OTHER",
                      ord_status=OrdStatus.REJECTED))  # fmt: skip
    assert (now(story).requests, now(story).broker_order_id) == ((), "B1")
    story.told(fill("E1", 100, cl_ord_id="STRANGER", broker_order_id="OTHER"))
    story.then(happened(BreakOpened, kind=BreakKind.UNKNOWN_ORDER))
    cancel(story)
    assert [each.broker_order_id for each in story.sent] == ["B1"]


@pytest.mark.parametrize("stranger", ["B-77", "", "X"], ids=["not ours", "none", "replaced"])
def test_a_reject_of_no_message_that_counts_is_a_break(stranger: str) -> None:
    story = working()
    asked = ask(story, 400)
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X", order_qty=D(400)))
    before = now(story)
    story.told(report("rejected", cl_ord_id=stranger, orig_cl_ord_id=asked, broker_order_id="B1"))
    story.then(happened(BreakOpened, kind=BreakKind.UNKNOWN_ORDER, placement_id=PLACEMENT))
    assert now(story) == before


def test_a_reject_of_the_last_accepted_replace_ends_the_order() -> None:
    story = working()
    asked = ask(story, 400)
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X", order_qty=D(400)))
    story.told(report("rejected", cl_ord_id=asked, ord_status=OrdStatus.REJECTED))
    assert now(story).ord_status is OrdStatus.REJECTED


@pytest.mark.parametrize("known", [False, True])
def test_a_cancel_does_not_follow_a_replace_that_the_broker_shows_no_sign_of(known: bool) -> None:
    """The gateway lost its wire journal under a replace: nobody knows whether it has left."""
    story = working()
    asked = ask(story, 400)
    lost = replace(sent(asked), outcome=SendOutcome.UNKNOWN)
    story.given(lost)
    if known:
        story.told(report("status", ord_status=OrdStatus.NEW, order_qty=D(500), cum_qty=D(0)))
    story.when(CancelPlacement(placement_id=PLACEMENT), user="tom")
    assert story.sent[0].orig_cl_ord_id == ("X" if known else asked)


def test_what_is_shown_after_a_replace_is_at_most_its_rest() -> None:
    portions: dict[str, Any] = {"display_quantity": D(200), "min_quantity": D(150)}
    story = working(**portions)
    story.told(fill("E1", 300))
    ask(story, 400)
    (instruction,) = story.sent
    assert (instruction.display_quantity, instruction.min_quantity) == (D(100), D(100))
    story = working(**portions)
    ask(story, 450)
    (instruction,) = story.sent
    assert (instruction.display_quantity, instruction.min_quantity) == (D(200), D(150))
