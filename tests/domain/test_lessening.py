"""New terms that only take from an order are looked at for the record, and never refused."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.story import (
    AT,
    BLOCK,
    ORDER,
    PLACEMENT,
    RELEASED,
    STATED,
    Story,
    ask_order,
    checked,
    created,
    fill,
    happened,
    legs,
    place,
    placed,
    price,
    report,
    sent,
    world,
)
from tests.domain.test_rechecks import rule
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import events as o
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement import events as p
from tradeoms.domain.placement.commands import ReplacePlacement
from tradeoms.domain.reference.events import FundDefined
from tradeoms.domain.reference.state import Fund
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver.events import HitFound
from tradeoms.domain.waiver.state import WaiverStatus
from tradeoms.kernel.enums import OrderType, Side

#: The least value of any order is far above it: every check of the order fails.
SMALL = rule(kind="order", max_value="1", currency="USD")


def at_the_desk(*more: object, **changes: Any) -> Story:
    """An order for 600 and 400 units at 100 that the desk has; now a hard rule stops it."""
    return Story(*world(), created(**changes), checked(), RELEASED, BLOCK, *more, *SMALL)


def at_the_broker(**changes: Any) -> Story:
    story = at_the_desk(STATED, placed(), sent(), **changes)
    return story.told(report("new"))


def amend(story: Story, **changes: Any) -> Story:
    order = story.book.orders[ORDER]
    return story.when(c.AmendOrder(order_id=ORDER, expected_version=order.version, **changes))


LESS: list[dict[str, Any]] = [
    {"quantity": D(900), "legs": legs(A=500, B=400)},
    {"quantity": D(400), "legs": legs(B=400)},
    {"limit_price": D(99)},
    {"reason": "benchmark event"},
    {"instructions": "take your time"},
]
MORE: list[dict[str, Any]] = [
    {"quantity": D(1001), "legs": legs(A=601, B=400)},
    {"quantity": D(900), "legs": legs(A=400, B=500)},
    {"limit_price": D(101)},
    {"limit_price": D(101), "quantity": D(10), "legs": legs(A=10)},
]


@pytest.mark.parametrize("terms", LESS)
def test_terms_that_lessen_an_order_at_the_desk_hold(terms: dict[str, Any]) -> None:
    story = amend(at_the_desk(), **terms)
    amended, check, _hit = story.events
    assert (type(amended), amended.lessens) == (o.OrderAmended, True)
    assert (type(check), check.binding, check.blocking) == (o.OrderChecked, False, ("r@1",))
    assert story.book.orders[ORDER].phase is Phase.RELEASED
    story.when(place(1), user="tom").refused("compliance_block")
    assert story.events[0].binding
    after: Phase = story.book.orders[ORDER].phase
    assert after is Phase.BLOCKED


@pytest.mark.parametrize("terms", MORE)
def test_terms_that_add_anything_are_refused(terms: dict[str, Any]) -> None:
    amend(at_the_desk(), **terms).refused("compliance_block")
    amend(at_the_broker(), **terms).refused("compliance_block")


def test_a_sales_limit_is_looser_below() -> None:
    amend(at_the_desk(side=Side.SELL), limit_price=D(99)).refused("compliance_block")
    story = amend(at_the_desk(side=Side.SELL), limit_price=D(101))
    assert story.book.orders[ORDER].limit_price == D(101)


def test_a_stop_that_moves_is_checked() -> None:
    stop = {"order_type": OrderType.STOP, "limit_price": None, "stop_price": D(105)}
    for moved in (D(104), D(106)):
        amend(at_the_desk(**stop), stop_price=moved).refused("compliance_block")


def test_brokers_are_asked_for_less_and_the_order_takes_it() -> None:
    story = amend(at_the_broker(), quantity=D(800), legs=legs(A=500, B=300))
    story.then(
        happened(o.OrderAmendRequested, quantity=D(800)),
        happened(p.ReplaceRequested, quantity=D(800), limit_price=D(100)),
        happened(o.OrderChecked, binding=False, blocking=("r@1",)),
        happened(HitFound, rule_id="r"),
    )
    asked = story.events[1].cl_ord_id
    story.told(report("replaced", cl_ord_id=asked, orig_cl_ord_id="X", order_qty=D(800)))
    assert story.events[1].lessens
    assert story.book.orders[ORDER].quantity == D(800)


def test_an_order_that_compliance_took_back_can_be_lessened_at_its_broker() -> None:
    story = Story(*world(), created(), checked(), RELEASED, BLOCK, STATED, placed(quantity=D(500)))
    story.given(sent()).told(report("new")).given(*SMALL)
    story.when(place(1), user="tom").refused("compliance_block")
    amend(story, quantity=D(400), legs=legs(A=400))
    assert [type(event) for event in story.events] == [
        o.OrderAmendRequested, p.ReplaceRequested, o.OrderChecked,
    ]  # fmt: skip
    assert story.book.orders[ORDER].phase is Phase.BLOCKED


def test_an_order_that_was_never_let_pass_is_checked_as_any() -> None:
    story = Story(*world(), *rule(kind="order", max_value="90000", currency="USD"))
    order_id = story.when(ask_order()).events[0].order_id
    assert story.book.orders[order_id].phase is Phase.BLOCKED
    for units, phase in ((950, Phase.BLOCKED), (900, Phase.APPROVED)):
        version = story.book.orders[order_id].version
        split = legs(A=units - 400, B=400)
        story.when(
            c.AmendOrder(order_id=order_id, expected_version=version, quantity=D(units), legs=split)
        )
        assert story.events[-1].binding
        assert story.book.orders[order_id].phase is phase


def permitted() -> Story:
    """An order of 100,000 that may exceed a soft cap of 50,000, with the desk."""
    story = Story(*world(), *rule(kind="order", max_value="50000", severity="soft"))
    story.given(created(), checked("block_soft", "r@1"))
    story.when(c.SubmitOrder(order_id=ORDER))
    story.when(b.RequestWaiver(order_id=ORDER, rule="r", reason="index event"))
    (waiver,) = story.book.waivers
    story.when(b.ApproveWaiver(waiver_id=waiver), user="cora")
    return story.when(c.ReleaseOrder(order_id=ORDER))


def waiver_status(story: Story) -> WaiverStatus:
    (waiver,) = story.book.waivers.values()
    return waiver.status


@pytest.mark.parametrize("terms", LESS[:1] + LESS[2:])
def test_a_permission_stays_in_force_for_less(terms: dict[str, Any]) -> None:
    story = amend(permitted(), **terms)
    assert waiver_status(story) is WaiverStatus.APPROVED
    assert story.book.orders[ORDER].waived == ("r@1",)
    story.when(place(900), user="tom")
    assert isinstance(story.events[-1], p.PlacementCreated)


def test_a_permission_whose_excess_grew_ends_at_the_next_gate() -> None:
    story = amend(permitted().given(price("120")), reason="again")
    assert waiver_status(story) is WaiverStatus.APPROVED
    story.when(place(900), user="tom").refused("compliance_block")
    assert waiver_status(story) is WaiverStatus.LAPSED


def test_a_permission_ends_with_terms_that_add_anything() -> None:
    story = permitted()
    before = story.book.orders[ORDER]
    grown = {"quantity": D(900), "legs": legs(A=400, B=500)}
    amend(story, **grown).refused("compliance_block")
    assert story.book.orders[ORDER] == before


def test_an_approval_stays_in_force_for_less() -> None:
    big = Fund(code="A", name="A", currency="USD", approval_above=D(10))
    story = Story(*world(), FundDefined(fund=big, at=AT))
    order_id = story.when(ask_order()).events[0].order_id
    story.when(c.ApproveOrder(order_id=order_id), user="ann")
    version = story.book.orders[order_id].version
    story.when(c.AmendOrder(order_id=order_id, expected_version=version, limit_price=D(99)))
    order = story.book.orders[order_id]
    assert (order.phase, order.approved_by) == (Phase.APPROVED, "ann")


def test_less_at_a_broker_waits_for_no_approval() -> None:
    big = Fund(code="A", name="A", currency="USD", approval_above=D(10))
    story = Story(*world(), created(), checked(), RELEASED, BLOCK, STATED, placed(), sent())
    story.told(report("new")).given(FundDefined(fund=big, at=AT))
    amend(story, quantity=D(1100), legs=legs(A=700, B=400)).refused("not_approved")
    amend(story, quantity=D(900), legs=legs(A=500, B=400))
    assert story.book.orders[ORDER].pending is not None


@pytest.mark.parametrize(
    ("terms", "passes"),
    [
        ({"quantity": D(900)}, True),
        ({"limit_price": D(99)}, True),
        ({"limit_price": D(99), "quantity": D(900)}, True),
        ({"quantity": D(1000)}, False),
        ({"limit_price": D(100), "quantity": D(10)}, False),
    ],
)
def test_a_replace_for_less_is_not_refused(terms: dict[str, Any], passes: bool) -> None:
    start = placed(quantity=D(950), limit_price=D("99.5"))
    story = at_the_desk(STATED, start, sent()).told(report("new"))
    story.when(ReplacePlacement(placement_id=PLACEMENT, **terms), user="tom")
    if passes:
        assert [type(event) for event in story.events] == [
            o.OrderChecked, HitFound, p.ReplaceRequested,
        ]  # fmt: skip
        assert not story.events[0].binding
        assert story.book.orders[ORDER].phase is Phase.RELEASED
    else:
        story.refused("compliance_block")


def test_less_after_executions_is_measured_by_the_legs() -> None:
    story = at_the_broker().told(fill("E1", 500))
    amend(story, quantity=D(600), legs=legs(A=350, B=250))
    assert story.book.orders[ORDER].pending is not None


def test_a_market_order_keeps_the_limit_of_its_placement_when_it_shrinks() -> None:
    market = {"order_type": OrderType.MARKET, "limit_price": None}
    story = Story(*world(), created(**market), checked(), RELEASED, BLOCK, STATED)
    story.given(placed(limit_price=D(105)), sent()).told(report("new"))
    amend(story, quantity=D(800), legs=legs(A=500, B=300))
    asked = story.events[1]
    assert (type(asked), asked.limit_price) == (p.ReplaceRequested, D(105))
