"""What brokers report: executions, busts, corrections, and what contradicts our own record."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    ORDER,
    PLACEMENT,
    STATED,
    Story,
    another_security,
    bust,
    correct,
    executions,
    fill,
    happened,
    place,
    placed,
    released,
    report,
    sent,
    working,
    world,
)
from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.order import events as o
from tradeoms.domain.order.commands import CancelOrder
from tradeoms.domain.order.status import derive_status
from tradeoms.domain.placement.commands import (
    ReportPlacement,
    ReportSend,
    ReportUnreadable,
    SendOutcome,
)
from tradeoms.domain.placement.events import (
    BreakKind,
    BreakOpened,
    BreakResolved,
    ExecutionBusted,
    ExecutionCorrected,
    ExecutionRecorded,
    PlacementReported,
    RequestSent,
)
from tradeoms.kernel.enums import OrderStatus, OrdStatus, Side


def booked(story: Story) -> dict[str, D]:
    return {share.fund: share.quantity for share in story.book.allocations[ORDER].shares}


def status(story: Story) -> tuple[OrderStatus, OrdStatus]:
    order = story.book.orders[ORDER]
    return (
        derive_status(order, story.book.placements_for(ORDER)),
        story.book.placements[PLACEMENT].ord_status,
    )


def test_a_fill_is_recorded_and_shared_out_at_once() -> None:
    story = working().told(fill("E1", 100))
    story.then(
        happened(ExecutionRecorded, exec_id="E1", last_qty=D(100), booked_qty=D(100), late=False),
        happened(ExecutionAllocated, quantity=D(100), cum_qty=D(100), notional=D(10_000)),
    )
    assert booked(story) == {"A": D(60), "B": D(40)}


def test_a_fill_before_any_acknowledgement_is_taken() -> None:
    story = released().when(place(), user="tom")
    cl_ord_id = next(iter(story.book.cl_ord_ids))
    story.told(fill("E1", 100, cl_ord_id=cl_ord_id))
    assert [type(event) for event in story.events] == [ExecutionRecorded, ExecutionAllocated]
    (placement,) = story.book.placements.values()
    assert placement.ord_status is OrdStatus.PARTIALLY_FILLED


@pytest.mark.parametrize(
    "again",
    [
        fill("E1", 100),
        fill("E1", 100, poss_resend=True, cum_qty=D(100)),
        bust("E3", "E2"),
        correct("E5", "E4", 50, 99),
        correct("E7", "E6", 0),
    ],
    ids=["fill", "resent", "bust", "correction", "correction to nothing"],
)
def test_a_report_that_comes_twice_changes_nothing(again: ReportPlacement) -> None:
    story = working()
    for said in (
        fill("E1", 100), fill("E2", 100), bust("E3", "E2"), fill("E4", 60),
        correct("E5", "E4", 50, 99), fill("E6", 10), correct("E7", "E6", 0),
    ):  # fmt: skip
        story.told(said)
    story.told(again)
    assert story.events == []


@pytest.mark.parametrize(
    "said",
    [
        fill("E1", 99),
        fill("E1", 100, 101),
        fill("E3", 100),
        bust("E3", "E1"),
        correct("E1", "E2", 100),
        correct("E4", "E2", 60, 98),
    ],
    ids=[
        "other quantity", "other price", "a bust's id",
        "another bust under one id", "a fill's id for a correction",
        "a correction of another price",
    ],
)  # fmt: skip
def test_an_exec_id_used_for_something_else_is_a_break_and_changes_nothing(
    said: ReportPlacement,
) -> None:
    story = working()
    for first in (fill("E1", 100), fill("E2", 100), bust("E3", "E2"), fill("E5", 70)):
        story.told(first)
    story.told(correct("E4", "E5", 60, 99))
    before = booked(story)
    story.told(said).then(
        happened(BreakOpened, kind=BreakKind.EXEC_ID_REUSED, exec_id=said.exec_id)
    )
    assert booked(story) == before
    story.told(said).then()


def test_a_bust_takes_back_what_each_fund_got() -> None:
    story = working().told(fill("E1", 7)).told(fill("E2", 100)).told(bust("E3", "E1"))
    story.then(
        happened(ExecutionBusted, exec_id="E3", exec_ref_id="E1"),
        happened(ExecutionAllocated, quantity=D(-7), cum_qty=D(100)),
    )
    assert executions(story) == {"E1": (D(7), "busted"), "E2": (D(100), "live")}


def test_a_chain_of_corrections_follows_the_last_exec_id() -> None:
    story = working()
    for said in (fill("E1", 100), correct("E2", "E1", 200), correct("E3", "E2", 150, 99)):
        story.told(said)
    story.then(
        happened(ExecutionCorrected, exec_id="E3", exec_ref_id="E2", last_qty=D(150)),
        happened(ExecutionAllocated, quantity=D(-200)),
        happened(ExecutionAllocated, quantity=D(150), cum_qty=D(150), notional=D(14_850)),
    )
    assert executions(story) == {
        "E1": (D(100), "corrected"), "E2": (D(200), "corrected"), "E3": (D(150), "live"),
    }  # fmt: skip
    story.told(bust("E4", "E3"))
    assert booked(story) == {"A": D(0), "B": D(0)}


@pytest.mark.parametrize(
    "said", [bust("E9", "E7"), correct("E9", "E7", 5), bust("E9", "E2"), correct("E9", "E1", 5)]
)
def test_a_bust_or_correction_of_nothing_that_counts_is_a_break(said: ReportPlacement) -> None:
    story = working()
    for first in (fill("E1", 100), correct("E5", "E1", 90), fill("E2", 10), bust("E6", "E2")):
        story.told(first)
    story.told(said).then(happened(BreakOpened, kind=BreakKind.UNKNOWN_EXECUTION))


@pytest.mark.parametrize("end", ["canceled", "expired", "rejected", "done_for_day"])
def test_a_late_fill_is_booked_and_marked(end: str) -> None:
    story = working().told(fill("E1", 100)).told(report(end))
    story.told(fill("E2", 50)).then(
        happened(ExecutionRecorded, late=True, booked_qty=D(50)),
        happened(ExecutionAllocated, cum_qty=D(150)),
    )


def test_an_over_fill_is_recorded_whole_and_booked_as_far_as_the_order_goes() -> None:
    story = working().told(fill("E1", 900)).told(fill("E2", 300, cum_qty=D(1200)))
    story.then(
        happened(ExecutionRecorded, last_qty=D(300), booked_qty=D(100)),
        happened(ExecutionAllocated, quantity=D(100), cum_qty=D(1000)),
        happened(BreakOpened, kind=BreakKind.OVER_FILL),
    )
    assert booked(story) == {"A": D(600), "B": D(400)}
    assert story.book.placements[PLACEMENT].cum_qty == D(1200)
    story.told(bust("E3", "E2"))
    assert booked(story) == {"A": D(540), "B": D(360)}


def test_an_over_fill_with_a_wrong_sum_opens_two_breaks() -> None:
    story = working().told(fill("E1", 1200, cum_qty=D(1300)))
    kinds = [event.kind for event in story.events if isinstance(event, BreakOpened)]
    assert kinds == [BreakKind.OVER_FILL, BreakKind.CUM_QTY_MISMATCH]
    assert sorted(found.kind for found in story.book.breaks.values()) == sorted(kinds)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (fill("E1", 100, cl_ord_id="Q"), BreakKind.UNKNOWN_ORDER),
        (report("canceled", cl_ord_id="Q"), BreakKind.UNKNOWN_ORDER),
        (fill("E1", 100, session="OFF"), BreakKind.UNKNOWN_ORDER),
        (fill("E1", 100, side=Side.SELL), BreakKind.SIDE_MISMATCH),
        (fill("E1", 100, symbol="XYZ"), BreakKind.SECURITY_MISMATCH),
        (fill("E1", 0), BreakKind.ZERO_QUANTITY),
        (fill("", 100), BreakKind.ZERO_QUANTITY),
        (fill("0", 100), BreakKind.ZERO_QUANTITY),
    ],
)
def test_what_cannot_be_ours_is_a_break_and_books_nothing(
    said: ReportPlacement, kind: BreakKind
) -> None:
    story = working()
    story.given(another_security())
    story.told(said).then(happened(BreakOpened, kind=kind, raw=said.raw))
    story.told(said).then()
    assert booked(story) == {"A": D(0), "B": D(0)}


def test_a_fill_without_an_exec_id_repeats_none_that_an_older_journal_recorded() -> None:
    story = working().told(fill("E1", 100))
    recorded = next(event for event in story.events if isinstance(event, ExecutionRecorded))
    story = working().given(replace(recorded, exec_id="0"))
    story.told(fill("0", 100, cum_qty=D(200)))
    kinds = [event.kind for event in story.events if isinstance(event, BreakOpened)]
    assert kinds == [BreakKind.ZERO_QUANTITY]


def test_a_symbol_that_two_markets_share_is_no_mismatch() -> None:
    story = working()
    story.given(
        another_security(symbol="ABC", mic="XLON", identifiers=(("ticker_mic", "ABC.XLON"),))
    )
    story.told(fill("E1", 100, symbol="ABC"))
    assert [type(event) for event in story.events] == [ExecutionRecorded, ExecutionAllocated]


OWN = (("ticker_mic", "ABC.XNYS"), ("isin", "US0378331005"), ("ric", "ABC.N"),
       ("cusip", "037833100"))  # fmt: skip


@pytest.mark.parametrize(
    ("names", "fits"),
    [
        ((), True),
        ((("isin", "US0378331005"), ("ric", "ABC.N")), True),
        ((("isin", "US5949181045"),), False),
        ((("cusip", "03783310"),), True),
        ((("cusip", "594918104"),), False),
        ((("ric", "ABC.OQ"),), True),
        ((("ric", "XYZ.N"),), False),
        ((("sedol", "2046251"),), True),
    ],
    ids=[
        "none",
        "its own",
        "another ISIN",
        "no check digit",
        "another CUSIP",
        "unknown RIC",
        "RIC of another",
        "one we have not",
    ],
)
def test_an_execution_is_known_by_its_identifiers_too(
    names: tuple[tuple[str, str], ...], *, fits: bool
) -> None:
    story = released(Story(*world(identifiers=OWN))).given(STATED, placed(), sent())
    story.given(another_security(identifiers=(("ric", "XYZ.N"),)))
    story.told(fill("E1", 100, symbol="ABC US Equity", names=names))
    kinds = [event.kind for event in story.events if isinstance(event, BreakOpened)]
    assert kinds == ([] if fits else [BreakKind.SECURITY_MISMATCH])


def test_an_unreadable_message_is_kept_as_a_break() -> None:
    said = ReportUnreadable(session="BROKER", row=7, reason="no 150", raw="8=FIX|")
    working().told(said).then(
        happened(BreakOpened, kind=BreakKind.UNREADABLE, row=7, raw="8=FIX|", detail="no 150")
    )


@pytest.mark.parametrize(
    "heals",
    [
        fill("E2", 50, cum_qty=D(150)),
        report("status", cum_qty=D(100), exec_id="0"),
        bust("E2", "E1", cum_qty=D(0)),
        correct("E2", "E1", 120, cum_qty=D(120)),
    ],
    ids=["fill", "status", "bust", "correction"],
)
def test_a_wrong_sum_is_a_break_until_the_broker_agrees_again(heals: ReportPlacement) -> None:
    story = working().told(fill("E1", 100, cum_qty=D(300)))
    (found,) = [event for event in story.events if isinstance(event, BreakOpened)]
    assert found.kind is BreakKind.CUM_QTY_MISMATCH
    story.told(heals)
    resolved = [e.break_id for e in story.events if isinstance(e, BreakResolved)]
    assert resolved == [found.break_id]


def test_a_message_sent_again_proves_nothing_about_sums() -> None:
    story = working().told(fill("E1", 100)).told(report("status", cum_qty=D(50), poss_resend=True))
    assert [type(event) for event in story.events] == [PlacementReported]


@pytest.mark.parametrize(
    ("said", "after"),
    [
        (report("rejected", duplicate_order=True, ord_status=OrdStatus.REJECTED), OrdStatus.NEW),
        (report("rejected", ord_status=OrdStatus.NEW), OrdStatus.NEW),
        (report("rejected", ord_status=OrdStatus.REJECTED), OrdStatus.REJECTED),
        (report("rejected"), OrdStatus.REJECTED),
    ],
    ids=["duplicate", "status of the first order", "rejected after new", "no status"],
)
def test_only_a_reject_of_this_very_order_rejects_it(
    said: ReportPlacement, after: OrdStatus
) -> None:
    assert status(working().told(said))[1] is after


def test_a_reject_of_a_duplicate_does_not_end_an_order_nobody_answered() -> None:
    story = released().given(STATED, placed(), sent())
    story.told(report("rejected", duplicate_order=True, ord_status=OrdStatus.REJECTED))
    assert status(story) == (OrderStatus.WORKING, OrdStatus.PENDING_NEW)


def test_an_order_that_every_broker_rejected_says_so_and_can_be_placed_again() -> None:
    story = (
        released()
        .given(STATED, placed(), sent())
        .told(report("rejected", ord_status=OrdStatus.REJECTED))
    )
    assert status(story) == (OrderStatus.REJECTED, OrdStatus.REJECTED)
    story.when(place(), user="tom")
    assert story.events[-1].quantity == D(1000)


def test_a_fill_that_ends_its_order_in_the_same_message_ends_it() -> None:
    story = working().told(fill("E1", 100, ord_status=OrdStatus.CANCELED))
    assert status(story)[1] is OrdStatus.CANCELED
    assert story.book.placements[PLACEMENT].committed_qty == D(100)


@pytest.mark.parametrize(
    ("outcome", "shown"),
    [
        (SendOutcome.SENT, OrdStatus.PENDING_NEW),
        (SendOutcome.UNKNOWN, OrdStatus.UNKNOWN),
        (SendOutcome.NOT_SENT, OrdStatus.REJECTED),
    ],
)
def test_what_the_gateway_did_shows_and_is_recorded_once(
    outcome: SendOutcome, shown: OrdStatus
) -> None:
    story = released().given(STATED, placed())
    assert status(story)[1] is OrdStatus.UNSENT
    said = ReportSend(session="BROKER", row=1, outcome=outcome, cl_ord_id="X", reason="why")
    story.told(said).then(happened(RequestSent, outcome=outcome, cl_ord_id="X"))
    assert status(story)[1] is shown
    story.told(said).then()


def test_an_answer_that_outruns_the_gateways_word_counts() -> None:
    story = released().given(STATED, placed()).told(report("pending_new"))
    assert status(story)[1] is OrdStatus.PENDING_NEW


def test_the_answer_lifts_the_doubt_about_an_order() -> None:
    story = released().given(STATED, placed())
    unknown = ReportSend(session="BROKER", row=1, outcome=SendOutcome.UNKNOWN, cl_ord_id="X")
    story.told(unknown).told(report("status", ord_status=OrdStatus.NEW, cum_qty=D(0)))
    assert status(story) == (OrderStatus.WORKING, OrdStatus.NEW)
    story = released().given(STATED, placed()).told(unknown)
    story.told(report("status", ord_status=OrdStatus.REJECTED))
    assert status(story) == (OrderStatus.REJECTED, OrdStatus.REJECTED)


def test_a_session_reject_of_the_order_rejects_it() -> None:
    story = (
        released()
        .given(STATED, placed(), sent())
        .told(report("session_rejected", text="tag missing"))
    )
    assert status(story)[1] is OrdStatus.REJECTED


def test_a_bust_after_the_end_leaves_the_end() -> None:
    story = (
        working().told(fill("E1", 100)).when(CancelOrder(order_id=ORDER)).told(report("canceled"))
    )
    assert story.events[-1] == o.OrderCanceled(order_id=ORDER, at=story.clock.at)
    story.told(bust("E2", "E1")).told(fill("E3", 40))
    assert status(story) == (OrderStatus.CANCELED, OrdStatus.CANCELED)
    assert booked(story) == {"A": D(24), "B": D(16)}
