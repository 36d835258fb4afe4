"""The life of an order: its machine, second persons, waivers, and changes while brokers execute."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
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
    released,
    report,
    sent,
    working,
    world,
)
from tradeoms.domain.allocation.events import AllocationStated
from tradeoms.domain.block.events import BlockFormed
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.order import commands as c
from tradeoms.domain.order import events as o
from tradeoms.domain.order.state import TRANSITIONS, Order, Phase, create, evolve
from tradeoms.domain.order.status import derive_status
from tradeoms.domain.placement import commands as pc
from tradeoms.domain.placement import events as p
from tradeoms.domain.reference import commands as r
from tradeoms.domain.reference.events import FundDefined, RequestRefused
from tradeoms.domain.reference.state import Fund
from tradeoms.domain.ruleset.events import RuleActivated, RuleDefined
from tradeoms.domain.waiver import commands as b
from tradeoms.domain.waiver.events import WaiverApproved, WaiverRequested
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import OrderStatus, OrderType, OrdStatus, TimeInForce

RULE = "cap@1"
TERMS: dict[str, Any] = {
    "order_id": ORDER, "quantity": D(900), "legs": legs(A=500, B=400), "limit_price": D(100),
    "stop_price": None, "instructions": "", "reason": "", "at": AT,
}  # fmt: skip
EVENTS: dict[type, object] = {
    o.OrderChecked: checked(),
    o.OrderApproved: o.OrderApproved(order_id=ORDER, approved_by="ann", at=AT),
    o.OrderReleased: RELEASED,
    o.OrderHeld: o.OrderHeld(order_id=ORDER, reason="wait", at=AT),
    o.OrderAmendRequested: o.OrderAmendRequested(**TERMS),
    o.OrderAmended: o.OrderAmended(**TERMS),
    o.OrderCancelRefused: o.OrderCancelRefused(order_id=ORDER, detail="", at=AT),
    o.OrderAmendRefused: o.OrderAmendRefused(order_id=ORDER, detail="", at=AT),
    o.OrderCancelRequested: o.OrderCancelRequested(order_id=ORDER, reason="", at=AT),
    o.OrderCanceled: o.OrderCanceled(order_id=ORDER, at=AT),
    o.OrderExpired: o.OrderExpired(order_id=ORDER, at=AT),
    o.OrderAssigned: o.OrderAssigned(
        order_id=ORDER, how=o.Assignment.ASSIGN, trader="tom", before="", assigned_by="pm",
        note="", at=AT,
    ),
    o.OrderRolled: o.OrderRolled(order_id=ORDER, trade_on=AT.date(), at=AT),
    o.OrderReturned: o.OrderReturned(order_id=ORDER, reason="closed", at=AT),
    o.OrderCustomSet: o.OrderCustomSet(
        order_id=ORDER, custom=(("theme", "value"),), set_by="pm", at=AT
    ),
    o.OrderPaired: o.OrderPaired(order_id=ORDER, pair_id="pair_1", at=AT),
}  # fmt: skip


def order_of(story: Story) -> Order:
    return story.book.orders[ORDER]


def status(story: Story) -> OrderStatus:
    return derive_status(order_of(story), story.book.placements_for(ORDER))


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("kind", EVENTS)
def test_the_table_is_the_machine(phase: Phase, kind: type) -> None:
    start = Phase.RELEASED if phase is Phase.CANCELING else None
    order = replace(create(created()), phase=phase, canceling_from=start)
    event: Any = EVENTS[kind]
    moves = TRANSITIONS[phase]
    if kind not in moves:
        with pytest.raises(ValueError, match="cannot follow"):
            evolve(order, event)
        return
    after = evolve(order, event)
    if kind is o.OrderCancelRefused:
        assert after.phase is Phase.RELEASED
    elif kind is not o.OrderChecked:
        assert after.phase is (moves[kind] or phase)
    assert after.version == order.version + 1


def test_every_event_but_the_first_is_in_the_table() -> None:
    known = {kind for moves in TRANSITIONS.values() for kind in moves}
    assert known == set(EVENTS)
    with pytest.raises(ValueError, match="cannot follow"):
        evolve(create(created()), created())


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ([], OrderStatus.DRAFT),
        ([checked("block_hard", RULE)], OrderStatus.BLOCKED),
        ([checked("block_soft", RULE)], OrderStatus.HELD),
        ([checked(needs_approval=True)], OrderStatus.HELD),
        ([checked()], OrderStatus.APPROVED),
        ([checked("allow_ack")], OrderStatus.APPROVED),
        ([checked(), RELEASED], OrderStatus.RELEASED),
        ([checked(), RELEASED, checked()], OrderStatus.RELEASED),
        ([checked(), RELEASED, checked("block_soft", RULE)], OrderStatus.HELD),
        ([checked(), RELEASED, EVENTS[o.OrderHeld]], OrderStatus.HELD),
        ([checked(), EVENTS[o.OrderHeld], checked(stage=o.Stage.PLACEMENT)], OrderStatus.HELD),
        ([checked(), EVENTS[o.OrderHeld], checked()], OrderStatus.APPROVED),
        ([checked(), EVENTS[o.OrderCanceled]], OrderStatus.CANCELED),
        ([checked(), EVENTS[o.OrderExpired]], OrderStatus.EXPIRED),
        ([checked(), RELEASED, BLOCK, STATED, placed()], OrderStatus.WORKING),
    ],
)
def test_the_status_of_an_order_comes_from_its_facts(
    given: list[object], shown: OrderStatus
) -> None:
    assert status(Story(*world(), created(), *given)) is shown


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ([fill("E1", 10)], OrderStatus.PARTIALLY_FILLED),
        ([fill("E1", 1000)], OrderStatus.FILLED),
        ([report("done_for_day")], OrderStatus.DONE_FOR_DAY),
        ([fill("E1", 10), report("done_for_day")], OrderStatus.DONE_FOR_DAY),
        ([report("expired")], OrderStatus.EXPIRED),
        ([fill("E1", 10), report("expired")], OrderStatus.EXPIRED),
        ([report("canceled")], OrderStatus.RELEASED),
    ],
)
def test_the_status_of_an_order_follows_its_brokers(said: list[Any], shown: OrderStatus) -> None:
    story = working()
    for each in said:
        story.told(each)
    assert status(story) is shown


#: FIX 4.4 Volume 4: what holds beside each other, and which of it is shown.
PRECEDENCE = [
    (["new"], OrdStatus.NEW),
    (["fill 10"], OrdStatus.PARTIALLY_FILLED),
    (["fill 10", "suspended"], OrdStatus.SUSPENDED),
    (["suspended", "stopped"], OrdStatus.STOPPED),
    (["stopped", "fill 1000"], OrdStatus.FILLED),
    (["fill 1000", "calculated"], OrdStatus.CALCULATED),
    (["fill 1000", "calculated", "done_for_day"], OrdStatus.DONE_FOR_DAY),
    (["fill 10", "replace"], OrdStatus.PENDING_REPLACE),
    (["fill 10", "replace", "cancel"], OrdStatus.PENDING_CANCEL),
    (["fill 10", "cancel", "done_for_day"], OrdStatus.PENDING_CANCEL),
    (["cancel", "fill 1000"], OrdStatus.PENDING_CANCEL),
    (["fill 10", "canceled"], OrdStatus.CANCELED),
    (["fill 10", "expired"], OrdStatus.EXPIRED),
    (["fill 10", "cancel", "canceled"], OrdStatus.CANCELED),
    (["rejected"], OrdStatus.REJECTED),
    (["fill 10", "rejected"], OrdStatus.PARTIALLY_FILLED),
    (["done_for_day", "restated"], OrdStatus.NEW),
    (["suspended", "new"], OrdStatus.NEW),
]


@pytest.mark.parametrize(("steps", "shown"), PRECEDENCE, ids=str)
def test_the_highest_fact_is_shown(steps: list[str], shown: OrdStatus) -> None:
    story = working()
    for number, step in enumerate(steps):
        word, _, quantity = step.partition(" ")
        if word == "fill":
            story.told(fill(f"E{number}", quantity))
        elif word == "cancel":
            story.when(pc.CancelPlacement(placement_id=PLACEMENT), user="tom")
        elif word == "replace":
            command = pc.ReplacePlacement(placement_id=PLACEMENT, limit_price=D(99))
            story.when(command, user="tom")
        else:
            story.told(report(word))
    assert story.book.placements[PLACEMENT].ord_status is shown


def test_an_order_goes_from_wish_to_market_in_these_events() -> None:
    story = Story(*world()).when(ask_order())
    story.then(happened(o.OrderCreated, client="pm"), happened(o.OrderChecked, action="allow"))
    order_id = story.events[0].order_id
    story.when(c.ReleaseOrder(order_id=order_id))
    story.then(
        happened(o.OrderChecked, stage=o.Stage.RELEASE),
        happened(o.OrderReleased),
        happened(BlockFormed, order_ids=(order_id,)),
    )
    story.when(replace(place(400), order_id=order_id), user="tom")
    story.then(
        happened(o.OrderChecked, stage=o.Stage.PLACEMENT),
        happened(AllocationStated, number=1, legs=legs(A=600, B=400)),
        happened(p.PlacementCreated, quantity=D(400), limit_price=D(100), trader="tom"),
    )
    (instruction,) = story.sent
    assert (instruction.quantity, instruction.approved_quantity) == (D(400), D(1000))
    story.when(replace(place(600), order_id=order_id), user="tom")
    story.then(happened(o.OrderChecked), happened(p.PlacementCreated, quantity=D(600)))


def test_one_bad_order_of_an_independent_batch_is_refused_on_record() -> None:
    batch = CreateOrders(orders=(ask_order(submit=False), ask_order(submit=False)))
    Story(*world()).when(batch).then(
        happened(o.OrderCreated, client_order_id="c1"),
        happened(RequestRefused, command="CreateOrder", codes=("client_order_id_used",)),
    )


# Second persons


def big_orders() -> Story:
    fund = Fund(code="A", name="A", currency="USD", approval_above=D(50_000))
    return Story(*world(), FundDefined(fund=fund, at=AT))


def test_a_large_order_waits_for_another_person() -> None:
    story = big_orders().when(ask_order())
    story.then(happened(o.OrderCreated), happened(o.OrderChecked, needs_approval=True))
    order_id = story.events[0].order_id
    story.when(c.ApproveOrder(order_id=order_id), user="pm").refused("same_person")
    story.when(c.ApproveOrder(order_id=order_id), user="ann")
    story.then(happened(o.OrderApproved, approved_by="ann"))
    story.when(c.ReleaseOrder(order_id=order_id))
    assert [type(event) for event in story.events] == [o.OrderChecked, o.OrderReleased, BlockFormed]


def test_an_amendment_of_an_approved_order_needs_a_new_approval() -> None:
    story = big_orders().when(ask_order())
    order_id = story.events[0].order_id
    story.when(c.ApproveOrder(order_id=order_id), user="ann")
    version = story.book.orders[order_id].version
    amend = c.AmendOrder(order_id=order_id, expected_version=version, limit_price=D(101))
    story.when(amend)
    assert story.book.orders[order_id].phase is Phase.HELD
    story.when(c.ReleaseOrder(order_id=order_id)).refused("not_approved")


def test_an_order_at_a_broker_cannot_grow_past_the_second_approval() -> None:
    story = released(big_orders())
    story.given(o.OrderAmended(**{**TERMS, "quantity": D(400), "legs": legs(A=300, B=100)}))
    story.given(replace(STATED, legs=legs(A=300, B=100)), placed(quantity=D(400)), sent())
    story.told(report("new"))
    version = order_of(story).version
    amend = c.AmendOrder(
        order_id=ORDER, expected_version=version, quantity=D(900), legs=legs(A=700, B=200)
    )
    story.when(amend).refused("not_approved")
    story.when(replace(amend, quantity=D(450), legs=legs(A=350, B=100)))
    assert [type(e) for e in story.events] == [
        o.OrderAmendRequested, p.ReplaceRequested, o.OrderChecked,
    ]  # fmt: skip


def soft() -> Story:
    return Story(*world(), created(), checked("block_soft", RULE))


def test_a_waiver_by_another_person_lets_the_order_go_on() -> None:
    story = soft().when(b.RequestWaiver(order_id=ORDER, rule="cap", reason="index event"))
    story.then(happened(WaiverRequested, rule=RULE, quantity=D(1000), requested_by="pm"))
    waiver_id = story.events[0].waiver_id
    story.when(b.ApproveWaiver(waiver_id=waiver_id), user="cora")
    story.then(happened(WaiverApproved, approved_by="cora", rule=RULE))
    assert status(story) is OrderStatus.APPROVED


def test_a_waiver_leaves_the_order_waiting_for_its_second_approval() -> None:
    story = Story(*world(), created(), checked("block_soft", RULE, needs_approval=True))
    story.when(b.RequestWaiver(order_id=ORDER, rule="cap", reason="x"))
    story.when(b.ApproveWaiver(waiver_id=story.events[0].waiver_id), user="cora")
    assert status(story) is OrderStatus.HELD
    story.when(c.ApproveOrder(order_id=ORDER), user="ann")
    assert status(story) is OrderStatus.APPROVED


GTC, GTD, DAY = TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY
ON_CLOSE = TimeInForce.AT_THE_CLOSE
LAST_DAY = AT.date() + timedelta(days=30)


@pytest.mark.parametrize(
    ("asked", "terms"),
    [
        ({"time_in_force": GTC}, (OrderType.LIMIT, D(100), None, GTC, None)),
        ({"time_in_force": GTD, "expire_on": LAST_DAY},
         (OrderType.LIMIT, D(100), None, GTD, LAST_DAY)),
        ({"order_type": OrderType.MARKET}, (OrderType.MARKET, None, None, DAY, None)),
        ({"order_type": OrderType.STOP, "stop_price": D(110)},
         (OrderType.STOP, None, D(110), DAY, None)),
        ({"order_type": OrderType.LIMIT_ON_CLOSE},
         (OrderType.LIMIT_ON_CLOSE, D(100), None, ON_CLOSE, None)),
        ({"order_type": OrderType.PEGGED}, (OrderType.PEGGED, D(100), None, DAY, None)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("at_desk", [False, True])
def test_what_no_broker_has_may_become_of_another_type_and_life(
    asked: dict[str, Any], terms: tuple[object, ...], *, at_desk: bool
) -> None:
    story = released() if at_desk else Story(*world(), created(), checked())
    version = order_of(story).version
    story.when(c.AmendOrder(order_id=ORDER, expected_version=version, **asked))
    story.then(happened(o.OrderAmended, lessens=False), happened(o.OrderChecked))
    order = order_of(story)
    assert terms == (
        order.order_type, order.limit_price, order.stop_price, order.time_in_force, order.expire_on
    )  # fmt: skip


def test_compliance_sees_the_type_that_an_amendment_asks_for() -> None:
    text = (
        '{"id":"nomkt","title":"t","kind":"order","version":1,"order_types":["market"],'
        '"max_qty":"1"}'
    )
    rule = RuleDefined(rule_id="nomkt", version=1, definition=text, defined_by="cora", at=AT)
    in_force = RuleActivated(rule_id="nomkt", version=1, activated_by="cleo", at=AT)
    story = released().given(rule, in_force)
    version = order_of(story).version
    story.when(c.AmendOrder(order_id=ORDER, expected_version=version, time_in_force=GTC))
    story.then(happened(o.OrderAmended), happened(o.OrderChecked))
    amend = c.AmendOrder(order_id=ORDER, expected_version=version + 2, order_type=OrderType.MARKET)
    story.when(amend).refused("compliance_block")
    assert order_of(story).order_type is OrderType.LIMIT


def test_a_last_day_moves_and_goes_with_its_life_and_stays_in_amendments_of_before() -> None:
    story = Story(*world(), created(time_in_force=GTD, expire_on=LAST_DAY), checked())
    later = LAST_DAY + timedelta(days=1)
    story.when(c.AmendOrder(order_id=ORDER, expected_version=2, expire_on=later))
    assert (order_of(story).time_in_force, order_of(story).expire_on) == (GTD, later)
    story.given(o.OrderAmended(**TERMS))  # as written when only prices and sizes could change
    assert (order_of(story).time_in_force, order_of(story).expire_on) == (GTD, later)
    version = order_of(story).version
    story.when(c.AmendOrder(order_id=ORDER, expected_version=version, time_in_force=DAY))
    assert (order_of(story).time_in_force, order_of(story).expire_on) == (DAY, None)


def test_once_nothing_is_at_a_broker_any_more_the_rest_may_live_otherwise() -> None:
    story = working().told(report("rejected"))
    version = order_of(story).version
    story.when(c.AmendOrder(order_id=ORDER, expected_version=version, time_in_force=GTC))
    assert order_of(story).time_in_force is GTC


def test_an_amendment_takes_every_permission_back() -> None:
    story = soft().when(b.RequestWaiver(order_id=ORDER, rule="cap", reason="x"))
    story.when(b.ApproveWaiver(waiver_id=story.events[0].waiver_id), user="cora")
    assert order_of(story).waived == (RULE,)
    story.given(o.OrderAmended(**TERMS))
    assert (order_of(story).waived, order_of(story).approved_by) == ((), "")


def test_a_permission_that_lapsed_no_longer_holds_at_the_next_gate() -> None:
    story = soft().when(b.RequestWaiver(order_id=ORDER, rule="cap", reason="x"))
    story.when(b.ApproveWaiver(waiver_id=story.events[0].waiver_id), user="cora")
    story.later(timedelta(hours=25)).when(c.ReleaseOrder(order_id=ORDER))
    assert story.events[0].lapsed == (RULE,)


# Changes while brokers execute


def test_new_terms_hold_once_the_broker_agrees() -> None:
    story = working().told(fill("E1", 100))
    amend = c.AmendOrder(
        order_id=ORDER, expected_version=3, quantity=D(800), legs=legs(A=500, B=300)
    )
    story.when(amend).then(
        happened(o.OrderAmendRequested, quantity=D(800)),
        happened(p.ReplaceRequested, quantity=D(800), limit_price=D(100)),
        happened(o.OrderChecked, stage=o.Stage.AMEND),
    )
    cl_ord_id = story.events[1].cl_ord_id
    story.told(fill("E2", 50))
    assert order_of(story).quantity == D(1000)
    story.told(report("replaced", cl_ord_id=cl_ord_id, orig_cl_ord_id="X", order_qty=D(800)))
    story.then(
        happened(p.PlacementReported),
        happened(o.OrderAmended, quantity=D(800)),
        happened(AllocationStated, number=2, legs=legs(A=500, B=300)),
    )
    story.told(fill("E3", 650, cl_ord_id=cl_ord_id))
    assert status(story) is OrderStatus.FILLED
    assert [s.quantity for s in story.book.allocations[ORDER].shares] == [D(500), D(300)]


@pytest.mark.parametrize("quantity", [800, 1200])
def test_the_old_terms_stay_where_the_broker_refuses(quantity: int) -> None:
    amend = c.AmendOrder(
        order_id=ORDER, expected_version=3, quantity=D(quantity), legs=legs(A=quantity)
    )
    story = working().when(amend)
    cl_ord_id = story.events[1].cl_ord_id
    story.told(report("replace_rejected", cl_ord_id=cl_ord_id, orig_cl_ord_id="X"))
    story.then(happened(p.PlacementReported), happened(o.OrderAmendRefused))
    assert (order_of(story).quantity, order_of(story).pending) == (D(1000), None)


def test_an_amendment_never_takes_from_a_fund_what_it_got_meanwhile() -> None:
    amend = c.AmendOrder(order_id=ORDER, expected_version=3, quantity=D(800), legs=legs(A=800))
    story = working().when(amend)
    cl_ord_id = story.events[1].cl_ord_id
    story.told(fill("E1", 100))
    story.told(report("replaced", cl_ord_id=cl_ord_id, orig_cl_ord_id="X", order_qty=D(800)))
    story.then(
        happened(p.PlacementReported),
        happened(o.OrderAmended, quantity=D(800), legs=legs(A=760, B=40)),
        happened(AllocationStated, number=2, legs=legs(A=760, B=40)),
    )


def test_a_tighter_placement_that_nobody_asked_to_change_does_not_refuse_an_amendment() -> None:
    story = released().given(STATED, placed(quantity=D(500), limit_price=D(99)), sent())
    second = placed(placement_id="plc_2", cl_ord_id="X2", quantity=D(500))
    story.given(second, sent("X2", "plc_2"))
    story.told(report("new")).told(report("new", cl_ord_id="X2"))
    amend = c.AmendOrder(
        order_id=ORDER, expected_version=3, quantity=D(900), legs=legs(A=500, B=400)
    )
    story.when(amend)
    (asked,) = [e for e in story.events if isinstance(e, p.ReplaceRequested)]
    assert (asked.placement_id, asked.quantity) == ("plc_2", D(400))
    story.told(report("replaced", cl_ord_id=asked.cl_ord_id, orig_cl_ord_id="X2"))
    assert order_of(story).quantity == D(900)


@pytest.mark.parametrize(
    ("placed_at", "change", "asked"),
    [
        (95, {"quantity": D(800), "legs": legs(A=500, B=300)}, (D(800), D(95))),
        (95, {"limit_price": D(105)}, None),
        (95, {"limit_price": D(97)}, None),
        (95, {"limit_price": D(94)}, (D(1000), D(94))),
        (100, {"limit_price": D(105)}, (D(1000), D(105))),
        (100, {"quantity": D(800), "legs": legs(A=500, B=300)}, (D(800), D(100))),
    ],
)
def test_a_limit_that_a_trader_made_tighter_is_not_loosened_by_an_amendment(
    placed_at: int, change: dict[str, Any], asked: tuple[D, D] | None
) -> None:
    story = released().given(STATED, placed(limit_price=D(placed_at)), sent())
    story.told(report("new"))
    story.when(c.AmendOrder(order_id=ORDER, expected_version=3, **change))
    replaces = [e for e in story.events if isinstance(e, p.ReplaceRequested)]
    assert [(e.quantity, e.limit_price) for e in replaces] == ([asked] if asked else [])
    if replaces:
        cl_ord_id = replaces[0].cl_ord_id
        story.told(report("replaced", cl_ord_id=cl_ord_id, orig_cl_ord_id="X"))
    after = order_of(story)
    assert after.pending is None
    wanted = (change.get("quantity", D(1000)), change.get("limit_price", D(100)))
    assert (after.quantity, after.limit_price) == wanted


def test_an_order_that_was_stopped_while_at_a_broker_can_be_amended() -> None:
    story = working().when(c.HoldOrder(order_id=ORDER, reason="news"))
    amend = c.AmendOrder(order_id=ORDER, expected_version=4, limit_price=D(99))
    story.when(amend)
    assert [type(event) for event in story.events] == [
        o.OrderAmendRequested, p.ReplaceRequested, o.OrderChecked,
    ]  # fmt: skip
    assert status(story) is OrderStatus.HELD


def test_a_cancellation_waits_for_every_broker() -> None:
    story = released().given(STATED, placed(quantity=D(500)), sent())
    story.given(placed(placement_id="plc_2", cl_ord_id="X2", quantity=D(500)), sent("X2", "plc_2"))
    story.when(c.CancelOrder(order_id=ORDER))
    story.then(
        happened(o.OrderCancelRequested),
        happened(p.CancelRequested, placement_id=PLACEMENT),
        happened(p.CancelRequested, placement_id="plc_2"),
    )
    story.told(report("canceled")).then(happened(p.PlacementReported))
    story.told(report("canceled", cl_ord_id="X2"))
    story.then(happened(p.PlacementReported), happened(o.OrderCanceled))


def test_a_broker_that_refused_to_cancel_can_be_asked_again() -> None:
    story = working().when(c.CancelOrder(order_id=ORDER))
    story.told(report("cancel_rejected", cl_ord_id=story.events[1].cl_ord_id, orig_cl_ord_id="X"))
    story.when(c.CancelOrder(order_id=ORDER))
    story.then(happened(o.OrderCancelRequested), happened(p.CancelRequested))


def test_a_replace_that_crosses_the_cancellation_still_counts() -> None:
    grow = c.AmendOrder(
        order_id=ORDER, expected_version=3, quantity=D(1500), legs=legs(A=900, B=600)
    )
    story = working().when(grow)
    cl_ord_id = story.events[1].cl_ord_id
    story.when(c.CancelOrder(order_id=ORDER))
    story.told(report("replaced", cl_ord_id=cl_ord_id, orig_cl_ord_id="X", order_qty=D(1500)))
    story.told(fill("E1", 1500, cl_ord_id=cl_ord_id))
    assert story.book.breaks == {}
    assert [s.quantity for s in story.book.allocations[ORDER].shares] == [D(900), D(600)]


def test_an_immediate_placement_that_expires_leaves_its_day_order_open() -> None:
    story = released().given(STATED, placed(quantity=D(100), time_in_force=TimeInForce.IOC), sent())
    story.told(report("expired"))
    assert status(story) is OrderStatus.RELEASED
    story.when(place(1000), user="tom")
    assert not isinstance(story.answer, Rejected)


def test_a_placement_may_be_tighter_in_price_and_time() -> None:
    story = released()
    tighter = place(
        100, order_type=OrderType.LIMIT, limit_price=D(99), time_in_force=TimeInForce.IOC
    )
    story.when(tighter, user="tom")
    assert (story.events[-1].limit_price, story.events[-1].time_in_force) == (
        D(99), TimeInForce.IOC,
    )  # fmt: skip


def test_units_that_a_pending_replace_asks_for_are_taken() -> None:
    story = released().given(STATED, placed(quantity=D(500)), sent()).told(report("new"))
    story.when(pc.ReplacePlacement(placement_id=PLACEMENT, quantity=D(800)), user="tom")
    cl_ord_id = story.events[-1].cl_ord_id
    story.when(place(201), user="tom").refused("placement_exceeds_order")
    story.told(report("replace_rejected", cl_ord_id=cl_ord_id, orig_cl_ord_id="X"))
    story.when(place(500), user="tom")
    assert story.events[-1].quantity == D(500)


def test_too_much_in_the_market_can_always_be_reduced() -> None:
    story = released().given(STATED, placed(quantity=D(500)), sent()).told(report("canceled"))
    story.given(placed(placement_id="plc_2", cl_ord_id="X2"), sent("X2", "plc_2"))
    story.told(report("new", cl_ord_id="X2")).told(fill("E1", 500))
    story.when(pc.ReplacePlacement(placement_id="plc_2", quantity=D(800)), user="tom")
    assert story.events[-1].quantity == D(800)


def test_a_new_day_ends_what_was_good_for_the_old_one() -> None:
    story = released()
    story.when(r.RollDay(trade_on=AT.date() + timedelta(days=1)), user="olga")
    assert [type(event).__name__ for event in story.events] == ["OrderExpired", "DayRolled"]
    assert story.book.retired == {ORDER}


def test_a_new_day_leaves_what_a_broker_holds() -> None:
    story = working()
    story.when(r.RollDay(trade_on=AT.date() + timedelta(days=1)), user="olga")
    assert [type(event).__name__ for event in story.events] == ["BreakOpened", "DayRolled"]
    assert story.book.retired == set()


@pytest.mark.parametrize(("wait", "action"), [(60, "block_hard"), (61, "allow")])
def test_a_repeated_order_passes_once_the_window_is_over(wait: int, action: str) -> None:
    text = '{"id":"twice","title":"t","kind":"order","version":1,"duplicate_seconds":60}'
    twice = RuleDefined(rule_id="twice", version=1, definition=text, defined_by="cora", at=AT)
    in_force = RuleActivated(rule_id="twice", version=1, activated_by="cleo", at=AT)
    story = Story(*world(), twice, in_force).when(ask_order())
    story.later(timedelta(seconds=wait)).when(ask_order(client_order_id="c2"))
    events = [event for event in story.events if isinstance(event, o.OrderChecked)]
    assert [event.action.value for event in events] == [action]
