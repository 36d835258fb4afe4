"""Where the outside world and our facts disagree: what opens a break, and what closes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import (
    AT,
    ORDER,
    PLACEMENT,
    Story,
    bust,
    correct,
    executions,
    fill,
    happened,
    report,
    working,
)
from tradeoms.app.instruction import InstructionKind
from tradeoms.domain.breaks.commands import ResolveBreak
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import events as o
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement import events as p
from tradeoms.domain.placement.commands import ReportPlacement
from tradeoms.domain.placement.events import BreakKind, BreakOpened, BreakResolved
from tradeoms.domain.reference import commands as r
from tradeoms.kernel.enums import OrdStatus, TimeInForce


def open_breaks(story: Story) -> list[BreakKind]:
    return sorted(b.kind for b in story.book.breaks.values() if not b.resolved_by)


def booked(story: Story) -> dict[str, D]:
    return {share.fund: share.quantity for share in story.book.allocations[ORDER].shares}


# Status


def test_a_status_that_our_facts_deny_is_one_break_with_both_words() -> None:
    story = working().told(report("stopped", ord_status=OrdStatus.NEW))
    detail = "broker's status new, ours stopped on X"
    story.then(
        happened(p.PlacementReported),
        happened(BreakOpened, kind=BreakKind.STATUS_MISMATCH, detail=detail),
    )
    story.told(report("triggered", ord_status=OrdStatus.NEW)).then(happened(p.PlacementReported))
    story.told(fill("E1", 10, ord_status=OrdStatus.STOPPED))
    assert open_breaks(story) == []
    assert [type(event) for event in story.events][-1] is BreakResolved


@pytest.mark.parametrize("seen", [OrdStatus.PARTIALLY_FILLED, OrdStatus.PENDING_CANCEL])
def test_a_broker_may_not_have_seen_our_request_yet(seen: OrdStatus) -> None:
    story = working().when(c.CancelOrder(order_id=ORDER))
    story.told(fill("E1", 10, ord_status=seen))
    assert open_breaks(story) == []


@pytest.mark.parametrize("kind", ["status", "triggered"])
def test_an_answer_that_may_be_old_opens_no_break(kind: str) -> None:
    old = kind == "triggered"
    story = working().told(fill("E1", 10))
    story.told(
        report(kind, ord_status=OrdStatus.STOPPED if old else OrdStatus.NEW, poss_resend=old)
    )
    assert open_breaks(story) == []


def test_a_cancel_reject_that_denies_the_order_is_for_a_person() -> None:
    story = working().when(c.CancelOrder(order_id=ORDER))
    cancel = story.book.placements[PLACEMENT].requests[0].cl_ord_id
    story.told(report("cancel_rejected", cl_ord_id=cancel, ord_status=OrdStatus.REJECTED))
    assert open_breaks(story) == [BreakKind.STATUS_MISMATCH]
    assert story.book.placements[PLACEMENT].ord_status is OrdStatus.NEW


@pytest.mark.parametrize("kind", ["done_for_day", "canceled", "expired", "suspended"])
def test_every_live_report_is_compared_by_its_sum(kind: str) -> None:
    story = working().told(fill("E1", 100)).told(report(kind, cum_qty=D(300)))
    assert open_breaks(story) == [BreakKind.CUM_QTY_MISMATCH]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"avg_px": D("100.00")}, []),
        ({"avg_px": D(100)}, []),
        ({"avg_px": D("99.995")}, [BreakKind.AVG_PX_MISMATCH]),
        ({"avg_px": D("99.99995")}, []),
        ({"avg_px": D("100.0000000000000142")}, []),
        ({"avg_px": D("101.00")}, [BreakKind.AVG_PX_MISMATCH]),
        ({"avg_px": D(101)}, [BreakKind.AVG_PX_MISMATCH]),
        ({"leaves_qty": D(900)}, []),
        ({"leaves_qty": D(800)}, [BreakKind.LEAVES_QTY_MISMATCH]),
        ({"cum_qty": D(200), "avg_px": D(101)}, [BreakKind.CUM_QTY_MISMATCH]),
        ({"avg_px": D(101), "poss_resend": True}, []),
    ],
)
def test_every_live_report_is_compared_by_its_average_and_rest(
    said: dict[str, Any], expected: list[BreakKind]
) -> None:
    told = {"cum_qty": D(100), "ord_status": OrdStatus.PARTIALLY_FILLED, **said}
    story = working().told(fill("E1", 100, **told))
    assert open_breaks(story) == expected
    story.told(fill("E2", 100, cum_qty=D(200), avg_px=D(100), leaves_qty=D(800)))
    assert open_breaks(story) == [], "both agree again"


# Snapshots: the answer to a status request


def snapshot(story: Story, **said: Any) -> Story:
    told = {"ord_status": OrdStatus.PARTIALLY_FILLED, "cum_qty": D(300), "leaves_qty": D(700)}
    return story.told(report("status", **{**told, **said}))


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, []),
        ({"leaves_qty": D(600)}, [BreakKind.LEAVES_QTY_MISMATCH]),
        ({"leaves_qty": D(0), "ord_status": OrdStatus.STOPPED}, []),
        ({"avg_px": D("99.97")}, []),
        ({"avg_px": D("99.9667")}, []),
        ({"avg_px": D("99.95")}, [BreakKind.AVG_PX_MISMATCH]),
        ({"avg_px": D("99.9665")}, [BreakKind.AVG_PX_MISMATCH]),
        ({"avg_px": D(0)}, []),
        ({"cum_qty": D(200), "leaves_qty": D(800), "avg_px": D(99)},
         [BreakKind.CUM_QTY_MISMATCH]),
        ({"ord_status": OrdStatus.REJECTED, "reason": "5", "cum_qty": D(0)},
         [BreakKind.UNKNOWN_TO_COUNTERPARTY]),
    ],
)  # fmt: skip
def test_what_a_snapshot_says_otherwise_is_a_break_and_changes_nothing(
    said: dict[str, Any], expected: list[BreakKind]
) -> None:
    story = working().told(fill("E1", 200, "100")).told(fill("E2", 100, "99.90"))
    before = story.book.placements[PLACEMENT]
    snapshot(story, **said)
    assert open_breaks(story) == expected
    after = story.book.placements[PLACEMENT]
    assert (after.cum_qty, after.quantity, after.notional) == (
        before.cum_qty, before.quantity, before.notional,
    )  # fmt: skip
    snapshot(story, **said)
    assert open_breaks(story) == expected, "it stands once"
    snapshot(story, avg_px=D("99.9667"))
    assert open_breaks(story) == [], "both agree again"


def test_a_request_on_its_way_may_explain_another_rest() -> None:
    story = working().told(fill("E1", 300)).when(c.CancelOrder(order_id=ORDER))
    snapshot(story, leaves_qty=D(0))
    assert open_breaks(story) == []


def test_an_order_that_the_broker_never_took_is_not_missing_there() -> None:
    story = (
        working()
        .told(fill("E1", 1000))
        .told(report("status", ord_status=OrdStatus.REJECTED, reason="5"))
    )
    assert open_breaks(story) == [], "it is filled: nothing of it is open"


# Prices


@pytest.mark.parametrize("price", ["1", "49.99", "200.01", "10000", "0"])
def test_o07_a_far_off_price_is_recorded_and_not_booked_until_it_is_corrected(price: str) -> None:
    story = working().told(fill("E1", 100, price, cum_qty=D(100)))
    story.then(
        happened(p.ExecutionRecorded, last_qty=D(100), booked_qty=D(0)),
        happened(BreakOpened, kind=BreakKind.PRICE_MISMATCH, price=D(price)),
    )
    assert booked(story) == {"A": D(0), "B": D(0)}
    assert story.book.placements[PLACEMENT].cum_qty == D(100)
    story.told(fill("E1", 100, price, cum_qty=D(100))).then()
    story.told(correct("E2", "E1", 100, "99.5", cum_qty=D(100)))
    assert booked(story) == {"A": D(60), "B": D(40)}
    assert executions(story)["E2"] == (D(100), "live")


@pytest.mark.parametrize("price", ["0", "-1"])
def test_an_execution_without_a_price_is_recorded_and_not_booked_at_nothing(price: str) -> None:
    story = working(limit_price=None)
    del story.book.prices["sec"]
    story.told(fill("E1", 100, price, cum_qty=D(100)))
    detail = f"price {price}, mark not known: not booked until it is corrected"
    story.then(
        happened(p.ExecutionRecorded, last_qty=D(100), booked_qty=D(0)),
        happened(BreakOpened, kind=BreakKind.PRICE_MISMATCH, quantity=D(100), detail=detail),
    )
    assert booked(story) == {"A": D(0), "B": D(0)}
    (execution,) = story.book.executions.values()
    (found,) = (b.id for b in story.book.breaks.values())
    book = ResolveBreak(break_id=found, resolution="seen", action="book")
    story.when(book, user="olga").refused("break_action_misfit")
    assert execution.last_qty == story.book.placements[PLACEMENT].cum_qty
    story.told(correct("E2", "E1", 100, "99.5", cum_qty=D(100)))
    assert booked(story) == {"A": D(60), "B": D(40)}


def test_o07_a_correction_to_a_far_off_price_takes_the_units_back() -> None:
    story = working().told(fill("E1", 100)).told(correct("E2", "E1", 100, "1"))
    assert booked(story) == {"A": D(0), "B": D(0)}
    assert open_breaks(story) == [BreakKind.PRICE_MISMATCH]


def test_o07_a_market_order_is_measured_against_the_mark() -> None:
    story = working(limit_price=None).told(fill("E1", 100, "201"))
    assert open_breaks(story) == [BreakKind.PRICE_MISMATCH]
    story.told(fill("E2", 100, "199"))
    assert booked(story) == {"A": D(60), "B": D(40)}


def test_o07_a_limit_far_from_the_market_is_no_measure_of_its_own() -> None:
    story = working(limit_price=D(500)).told(fill("E1", 100, "99"))
    assert open_breaks(story) == []


def test_a_price_beyond_the_limit_is_booked_with_a_break() -> None:
    story = working().told(fill("E1", 100, "100.01"))
    assert open_breaks(story) == [BreakKind.PRICE_MISMATCH]
    assert booked(story) == {"A": D(60), "B": D(40)}
    assert open_breaks(working().told(fill("E1", 100, "51"))) == []


# Reports that outrun their execution


@pytest.mark.parametrize(
    ("early", "left"), [(bust("E2", "E1"), 0), (correct("E2", "E1", 90, 99), 90)]
)
def test_o08_a_bust_or_correction_before_its_fill_waits_for_it(
    early: ReportPlacement, left: int
) -> None:
    story = working().told(early)
    story.then(happened(BreakOpened, kind=BreakKind.UNKNOWN_EXECUTION, exec_ref_id="E1"))
    story.told(early).then()
    story.told(fill("E1", 100))
    assert story.book.placements[PLACEMENT].cum_qty == left
    assert sum(booked(story).values()) == left
    assert open_breaks(story) == []
    story.told(early).then()


def test_o08_a_chain_of_early_corrections_is_followed_to_its_end() -> None:
    story = working()
    for early in (bust("E4", "E3"), correct("E3", "E2", 80), correct("E2", "E1", 90)):
        story.told(early)
    assert len(open_breaks(story)) == 3
    story.told(fill("E1", 100))
    assert executions(story) == {
        "E1": (D(100), "corrected"), "E2": (D(90), "corrected"), "E3": (D(80), "busted"),
    }  # fmt: skip
    assert open_breaks(story) == []
    assert sum(booked(story).values()) == 0


def test_o08_a_bust_of_an_execution_that_is_taken_back_waits_for_nothing() -> None:
    story = working().told(fill("E1", 100)).told(bust("E2", "E1")).told(bust("E3", "E1"))
    assert story.book.parked == {}
    assert open_breaks(story) == [BreakKind.UNKNOWN_EXECUTION]


# A security that changes


def load(story: Story, **changes: Any) -> Story:
    security = replace(story.book.securities["sec"], **changes)
    return story.when(r.LoadSecurities(securities=(security,)), user="olga")


@pytest.mark.parametrize(
    "changes",
    [
        {"symbol": "ABX"}, {"factor": D("0.1")}, {"currency": "EUR"},
        {"identifiers": (("isin", "US1"), ("ticker_mic", "ABC.XNYS"))},
    ],
)  # fmt: skip
def test_o17_a_security_that_changes_holds_its_open_orders(changes: dict[str, Any]) -> None:
    story = load(working(), identifiers=(("isin", "US0"), ("ticker_mic", "ABC.XNYS")))
    assert story.book.orders[ORDER].phase is Phase.RELEASED
    load(story, **changes)
    names = [type(event).__name__ for event in story.events]
    assert names == ["SecurityDefined", "OrderHeld", "FundsValued"]
    order = story.book.orders[ORDER]
    assert order.phase is Phase.HELD
    assert order.held_because.startswith("the security changed: ")
    assert story.book.placements[PLACEMENT].is_open


def test_o17_a_security_that_only_gains_words_holds_nothing() -> None:
    story = load(working(), name="Able", adv=D(5), attributes=(("esg", "A"),))
    assert [type(event).__name__ for event in story.events] == ["SecurityDefined"]


@pytest.mark.parametrize(("reason", "phase"), [("0", Phase.HELD), ("1", Phase.RELEASED)])
def test_o17_a_broker_that_restates_after_a_corporate_action_holds_the_order(
    reason: str, phase: Phase
) -> None:
    story = working().told(report("restated", order_qty=D(2000), price=D(50), reason=reason))
    assert story.book.orders[ORDER].phase is phase


# A cancellation that a broker refuses


def test_an_order_whose_cancellation_was_refused_can_be_amended_again() -> None:
    story = working().when(c.CancelOrder(order_id=ORDER))
    cancel = story.book.placements[PLACEMENT].requests[0].cl_ord_id
    amend = c.AmendOrder(order_id=ORDER, expected_version=4, limit_price=D(99))
    story.when(replace(amend, expected_version=3)).refused("amend_pending")
    story.told(report("cancel_rejected", cl_ord_id=cancel, text="too late"))
    story.then(happened(p.PlacementReported), happened(o.OrderCancelRefused, detail="too late"))
    order = story.book.orders[ORDER]
    assert order.phase is Phase.RELEASED
    story.when(replace(amend, expected_version=order.version))
    story.then(
        happened(o.OrderAmendRequested), happened(p.ReplaceRequested), happened(o.OrderChecked)
    )


def test_a_refused_cancellation_leads_back_to_where_the_order_was() -> None:
    story = working().when(c.HoldOrder(order_id=ORDER, reason="wait"))
    story.when(c.CancelOrder(order_id=ORDER))
    cancel = story.book.placements[PLACEMENT].requests[0].cl_ord_id
    story.told(report("cancel_rejected", cl_ord_id=cancel))
    order = story.book.orders[ORDER]
    assert (order.phase, order.held_because) == (Phase.HELD, "wait")


# The end of the day


def roll(story: Story, days: int = 1) -> Story:
    return story.when(r.RollDay(trade_on=AT.date() + timedelta(days=days)), user="olga")


@pytest.mark.parametrize("end", ["expired", "canceled", "done_for_day", "status"])
def test_what_a_broker_never_ended_is_asked_for_and_for_a_person(end: str) -> None:
    story = roll(working().told(fill("E1", 100)))
    (asked,) = story.sent
    assert (asked.kind, asked.placement_id) == (InstructionKind.STATUS, PLACEMENT)
    kinds = [event.kind for event in story.events if isinstance(event, BreakOpened)]
    assert kinds == [BreakKind.EXPIRY_UNCONFIRMED]
    assert story.book.placements[PLACEMENT].is_open
    roll(story, 2)
    assert len(story.sent) == 1
    assert open_breaks(story) == [BreakKind.EXPIRY_UNCONFIRMED]
    story.told(report(end, ord_status=OrdStatus.EXPIRED if end == "status" else None))
    assert open_breaks(story) == []
    assert not story.book.placements[PLACEMENT].is_open


def test_a_broker_that_says_it_still_works_leaves_the_break() -> None:
    story = roll(working()).told(report("status", ord_status=OrdStatus.NEW))
    assert open_breaks(story) == [BreakKind.EXPIRY_UNCONFIRMED]


@pytest.mark.parametrize(
    "terms",
    [
        {"time_in_force": TimeInForce.GTC},
        {"time_in_force": TimeInForce.GTD, "expire_on": AT.date() + timedelta(days=1)},
    ],
)
def test_what_is_good_for_longer_is_left_in_peace(terms: dict[str, Any]) -> None:
    story = roll(working(**terms))
    assert (story.sent, open_breaks(story)) == ([], [])
