"""A fill that comes in one message with another change of state (FIX 5.0 SP2 Volume 7)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables

import pytest

from tests.domain.story import (
    PLACEMENT,
    Story,
    bust,
    executions,
    fill,
    happened,
    report,
    working,
)
from tradeoms.domain.allocation.events import ExecutionAllocated
from tradeoms.domain.placement.commands import ReplacePlacement, ReportPlacement
from tradeoms.domain.placement.events import BreakOpened, PlacementReported
from tradeoms.kernel.enums import OrdStatus, Side


def bundled(kind: str, status: OrdStatus | None = None, **changes: object) -> ReportPlacement:
    """A change of state that executes 400 at 99 as well."""
    said = report(
        kind, exec_id="E1", last_qty=D(400), last_px=D(99), cum_qty=D(400), ord_status=status
    )
    return replace(said, **changes)  # type: ignore[arg-type]  # fields of a report


def cum(story: Story) -> D:
    return story.book.placements[PLACEMENT].cum_qty


def breaks(story: Story) -> list[str]:
    return [each.kind for each in story.book.breaks.values() if not each.resolved_by]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("canceled", OrdStatus.CANCELED), ("expired", OrdStatus.EXPIRED),
        ("done_for_day", OrdStatus.DONE_FOR_DAY), ("calculated", OrdStatus.CALCULATED),
        ("suspended", OrdStatus.SUSPENDED), ("triggered", OrdStatus.PARTIALLY_FILLED),
    ],
)  # fmt: skip
def test_a_fill_beside_a_change_of_state_is_recorded_before_it(
    kind: str, status: OrdStatus
) -> None:
    story = working().told(bundled(kind, status))
    recorded, booked, ended, *_ = story.events
    assert (recorded.exec_id, recorded.last_qty, recorded.last_px) == ("E1", D(400), D(99))
    assert (recorded.late, type(booked)) == (False, ExecutionAllocated)
    assert (ended.kind, ended.reported_status) == (kind, status)
    placement = story.book.placements[PLACEMENT]
    assert (placement.cum_qty, placement.ord_status) == (D(400), status)
    assert breaks(story) == []
    for again in ({}, {"poss_resend": True}):
        story.told(bundled(kind, status, **again))
        assert (cum(story), breaks(story)) == (D(400), [])
    story.told(bust("E2", of="E1"))
    story.told(bundled(kind, status, poss_resend=True))
    assert cum(story) == 0, "a repeat does not bring back what was busted"


def test_a_replace_may_bring_a_fill(  # FIX 4.4 Volume 4 sends them apart
) -> None:
    story = working().when(
        ReplacePlacement(placement_id=PLACEMENT, quantity=D(900)), user="tom"
    )  # fmt: skip
    asked = story.events[-1].cl_ord_id
    said = bundled("replaced", OrdStatus.PARTIALLY_FILLED, cl_ord_id=asked, order_qty=D(900))
    story.told(said)
    placement = story.book.placements[PLACEMENT]
    assert (placement.cum_qty, placement.quantity, placement.requests) == (D(400), D(900), ())
    assert breaks(story) == []


@pytest.mark.parametrize("price", [99, 98])
def test_a_fill_that_was_told_before_and_is_shown_again_counts_once(price: int) -> None:
    """Many counterparties leave LastQty and LastPx of the last fill in what follows it."""
    story = working().told(fill("F1", 400, 99, cum_qty=D(400)))
    story.told(bundled("canceled", OrdStatus.CANCELED, exec_id="C1", last_px=D(price)))
    assert (cum(story), breaks(story)) == (D(400), [])
    story.told(bust("F2", of="F1"))
    again = bundled("canceled", OrdStatus.CANCELED, exec_id="C1", last_px=D(price))
    story.told(replace(again, poss_resend=True))
    assert cum(story) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"cum_qty": D(700)},  # another fill is missing as well
        {"exec_id": "0"},
        {"exec_id": ""},
    ],
)
def test_what_the_sum_does_not_prove_is_for_people(changes: dict[str, object]) -> None:
    story = working().told(bundled("canceled", OrdStatus.CANCELED, **changes))
    assert (cum(story), breaks(story)) == (D(0), ["cum_qty_mismatch"])


@pytest.mark.parametrize("kind", ["stopped", "status", "restated", "trade_held"])
def test_a_quantity_that_is_no_fill_of_its_own_is_not_booked(kind: str) -> None:
    assert cum(working().told(bundled(kind))) == 0


def test_a_stop_guarantees_a_quantity_and_executes_nothing() -> None:
    """FIX 4.4 Volume 4, L.1.a."""
    story = working().told(bundled("stopped", OrdStatus.STOPPED, cum_qty=D(0)))
    assert (cum(story), breaks(story)) == (D(0), [])


def test_another_side_beside_the_end_is_a_break_and_the_end_counts() -> None:
    story = working().told(bundled("canceled", OrdStatus.CANCELED, side=Side.SELL))
    story.then(
        happened(BreakOpened, kind="side_mismatch", quantity=D(400), reported="fill"),
        happened(PlacementReported, kind="canceled"),
        happened(BreakOpened, kind="cum_qty_mismatch"),
    )
    assert executions(story) == {}
