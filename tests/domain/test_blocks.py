"""Orders worked together: who may, what each gets, and what becomes of one that leaves."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.domain.block_story import (
    ONE,
    THREE,
    TWO,
    an_order,
    answer,
    check_blocks,
    filled,
    got,
    merged,
    orders,
    place,
)
from tests.domain.story import (
    AT,
    TODAY,
    Story,
    another_security,
    bust,
    correct,
    fill,
    happened,
    legs,
    report,
)
from tests.domain.story import place as place_order
from tradeoms.domain.block.commands import MergeOrders, PlaceBlock, UnmergeBlock
from tradeoms.domain.block.events import BlockFormed, OrdersJoined, OrdersLeft
from tradeoms.domain.kill.events import KillSwitchThrown
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, HoldOrder
from tradeoms.domain.order.events import (
    OrderAmendRequested,
    OrderCancelRequested,
    OrderChecked,
    OrderHeld,
)
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement.commands import CancelPlacement, ReplacePlacement
from tradeoms.domain.placement.events import CancelRequested, PlacementCreated, ReplaceRequested
from tradeoms.domain.placement.parts import Portion
from tradeoms.domain.placement.state import Placement
from tradeoms.domain.reference.events import DayRolled
from tradeoms.kernel.enums import OrderType, OrdStatus, Side, TimeInForce


def portions(**units: int) -> tuple[Portion, ...]:
    return tuple(Portion(order_id=key, quantity=D(value)) for key, value in units.items())


def ask_merge(*order_ids: str, block_id: str = "") -> MergeOrders:
    return MergeOrders(order_ids=order_ids, block_id=block_id)


def now(story: Story, placement: Placement) -> Placement:
    return story.book.placements[placement.id]


def agrees(story: Story, placement: Placement) -> None:
    """The broker takes the newest terms asked for."""
    asked = now(story, placement).requests[-1]
    story.told(
        report(
            "replaced", cl_ord_id=asked.cl_ord_id, orig_cl_ord_id=now(story, placement).cl_ord_id,
            order_qty=asked.quantity,
        )
    )  # fmt: skip


def test_merged_orders_leave_their_own_blocks() -> None:
    story = orders(ONE, TWO).when(ask_merge(ONE, TWO), user="tom")
    story.then(happened(BlockFormed, order_ids=(ONE, TWO), security_id="sec", side=Side.BUY))
    block_id = answer(story)["id"]
    assert story.book.block_of == {ONE: block_id, TWO: block_id}
    assert [block.order_ids for block in story.book.blocks.values()] == [(), (), (ONE, TWO)]
    assert story.book.orders[ONE].portfolio_manager == "pm"


@pytest.mark.parametrize(
    "changes",
    [
        {"side": Side.SELL},
        {"order_type": OrderType.MARKET, "limit_price": None},
        {"time_in_force": TimeInForce.GTC},
        {"instructions": "work it slowly"},
        {"venue": "XLON"},
        {"security_id": "sec2"},
    ],
)
def test_orders_that_the_market_would_see_differently_are_not_merged(
    changes: dict[str, Any],
) -> None:
    story = orders(ONE).given(another_security(), *an_order(TWO, **changes))
    story.when(ask_merge(ONE, TWO), user="tom").refused("members_differ")


def test_a_refused_merge_says_why() -> None:
    story = orders(ONE, TWO)
    story.when(ask_merge(ONE), user="tom").refused("block_too_small")
    story.when(ask_merge(ONE, ONE), user="tom").refused("order_twice")
    story.when(ask_merge(ONE, "ord_9"), user="tom").refused("member_unknown")
    story.when(ask_merge(ONE, block_id="blk_9"), user="tom").refused("block_unknown")
    story.when(ask_merge(ONE, TWO), user="pm").refused("not_permitted")
    story.when(HoldOrder(order_id=TWO, reason="wait"), user="tom")
    story.when(ask_merge(ONE, TWO), user="tom").refused("member_not_released")


def test_an_order_that_was_placed_cannot_join() -> None:
    story = orders(ONE, TWO).when(place_order(500), user="tom")
    story.when(ask_merge(ONE, TWO), user="tom").refused("member_worked")
    story, _ = merged(ONE, TWO)
    story.given(*an_order(THREE)).when(ask_merge(ONE, THREE), user="tom").refused("member_in_block")


def test_a_placement_of_a_block_has_a_part_for_each_order_by_what_it_lacks() -> None:
    story, block_id = merged(ONE, TWO)
    story.when(PlaceBlock(block_id=block_id, destination="BROKER", quantity=D(650)), user="tom")
    created = story.events[-1]
    assert isinstance(created, PlacementCreated)
    assert created.parts == portions(ord_1=500, ord_2=150)
    (instruction,) = story.sent
    assert (instruction.quantity, instruction.approved_quantity) == (D(650), D(1300))
    assert (instruction.order_id, instruction.funds) == (block_id, ("A", "B"))


def test_placements_never_exceed_what_the_orders_of_the_block_have_left() -> None:
    story, block_id = merged(ONE, TWO)
    place(story, block_id, 1000)
    ask = PlaceBlock(block_id=block_id, destination="BROKER", quantity=D(301))
    story.when(ask, user="tom").refused("placement_exceeds_order")
    place(story, block_id, 300)
    story.when(ask, user="tom").refused("block_empty")
    story.when(place_order(1), user="tom").refused("order_in_block")


def test_the_tightest_limit_is_placed_and_none_looser() -> None:
    story = orders(ONE).given(*an_order(TWO, limit_price=D(99)))
    story.when(ask_merge(ONE, TWO), user="tom")
    block_id = answer(story)["id"]
    ask = PlaceBlock(block_id=block_id, destination="BROKER", quantity=D(10), limit_price=D("99.5"))
    story.when(ask, user="tom").refused("placement_looser")
    assert place(story, block_id, 13).limit_price == D(99)


def test_an_execution_is_shared_over_orders_and_then_funds() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 130)
    assert got(story) == {ONE: {"A": D(60), "B": D(40)}, TWO: {"A": D(30)}}
    filled(story, placement, "E2", 1170)
    assert got(story) == {ONE: {"A": D(600), "B": D(400)}, TWO: {"A": D(300)}}


def test_all_orders_of_a_block_pay_one_average_price() -> None:
    """One share at another price goes to one order, and all pay a part of it."""
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 13, "100")
    filled(story, placement, "E2", 1, "87")
    one, two = story.book.orders[ONE], story.book.orders[TWO]
    assert (one.cum_qty, two.cum_qty) == (D(11), D(3))
    assert one.notional + two.notional == D(13 * 100 + 87)
    averages = [order.notional / order.cum_qty for order in (one, two)]
    assert abs(averages[0] - averages[1]) < D("1e-9")
    costs = {key: a.shared_cost_minor for key, a in story.book.allocations.items()}
    assert sum(costs.values()) == 138700
    assert {
        key: sum(s.cost_minor for s in a.shares) for key, a in story.book.allocations.items()
    } == costs


def test_one_share_over_seven_orders_goes_to_the_first_of_them() -> None:
    ids = [f"ord_{number}" for number in range(1, 8)]
    story, block_id = merged(*ids, legs=legs(A=100))
    placement = place(story, block_id, 1)
    filled(story, placement, "E1", 1)
    assert {key: sum(units.values(), D(0)) for key, units in got(story).items() if units} == {
        "ord_1": D(1)
    }
    other = place(story, block_id, 1)
    filled(story, other, "E2", 1)
    assert story.book.orders["ord_2"].cum_qty == D(1)


def test_a_bust_takes_back_exactly_what_was_given() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 77, "99.99")
    before, cash = got(story), dict(story.book.cash)
    filled(story, placement, "E2", 333, "98.01")
    story.told(bust("E3", "E2", cl_ord_id=placement.cl_ord_id))
    check_blocks(story.book)
    assert got(story) == before
    assert {k: v.minor for k, v in story.book.cash.items()} == {k: v.minor for k, v in cash.items()}
    story.told(bust("E4", "E1", cl_ord_id=placement.cl_ord_id))
    check_blocks(story.book)
    assert all(order.notional == 0 for order in story.book.orders.values())


def test_a_correction_shares_the_new_quantity_anew() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 130, "100")
    story.told(correct("E2", "E1", 260, 99, cl_ord_id=placement.cl_ord_id))
    check_blocks(story.book)
    assert got(story) == {ONE: {"A": D(120), "B": D(80)}, TWO: {"A": D(60)}}
    assert sum((o.notional for o in story.book.orders.values()), D(0)) == D(260 * 99)


def test_what_exceeds_the_parts_waits_in_suspense() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 13)
    filled(story, placement, "E1", 20)
    assert got(story) == {ONE: {"A": D(6), "B": D(4)}, TWO: {"A": D(3)}}
    assert [b.kind.value for b in story.book.breaks.values()] == ["over_fill"]


def test_an_order_that_joins_late_shares_only_in_later_placements() -> None:
    story, block_id = merged(ONE, TWO)
    early = place(story, block_id, 650)
    filled(story, early, "E1", 130)
    story.given(*an_order(THREE)).when(ask_merge(THREE, block_id=block_id), user="tom")
    story.then(happened(OrdersJoined, block_id=block_id, order_ids=(THREE,)))
    filled(story, early, "E2", 520)
    assert THREE not in got(story)
    late = place(story, block_id, 850)
    assert [part.order_id for part in late.parts] == [ONE, TWO, THREE]
    filled(story, late, "E3", 850)
    assert got(story)[THREE] == {"B": D(200)}
    assert story.book.blocks[block_id].joined_at(THREE) == AT


def test_a_block_parts_only_when_nothing_of_it_is_working() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 650)
    filled(story, placement, "E1", 130)
    story.when(UnmergeBlock(block_id=block_id), user="tom").refused("block_working")
    story.when(CancelPlacement(placement_id=placement.id), user="tom")
    asked = now(story, placement).requests[-1].cl_ord_id
    story.told(report("canceled", cl_ord_id=asked, orig_cl_ord_id=placement.cl_ord_id))
    story.when(UnmergeBlock(block_id=block_id), user="tom")
    story.then(
        happened(OrdersLeft, order_ids=(ONE, TWO)),
        happened(BlockFormed, order_ids=(ONE,)),
        happened(BlockFormed, order_ids=(TWO,)),
    )
    assert got(story) == {ONE: {"A": D(60), "B": D(40)}, TWO: {"A": D(30)}}
    story.when(place_order(901), user="tom").refused("placement_exceeds_order")
    story.when(place_order(900), user="tom")
    assert story.sent[-1].approved_quantity == D(900)


def test_one_order_leaves_and_the_others_stay_together() -> None:
    story, block_id = merged(ONE, TWO, THREE)
    story.when(UnmergeBlock(block_id=block_id, order_ids=("ord_9",)), user="tom")
    story.refused("member_not_in_block")
    story.when(UnmergeBlock(block_id=block_id, order_ids=(TWO,)), user="tom")
    assert story.book.blocks[block_id].order_ids == (ONE, THREE)
    assert story.book.blocks[story.book.block_of[TWO]].order_ids == (TWO,)


def test_a_cancelled_order_is_taken_out_and_the_others_work_on() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 130)
    story.when(CancelOrder(order_id=TWO, reason=""), user="tom")
    story.then(
        happened(OrderCancelRequested, order_id=TWO),
        happened(ReplaceRequested, quantity=D(1030), parts=portions(ord_1=1000, ord_2=30)),
    )
    filled(story, placement, "E2", 13)  # in flight: it is still shared with both
    assert story.book.orders[TWO].cum_qty == D(33)
    agrees(story, placement)
    assert story.book.orders[TWO].phase is Phase.CANCELED
    assert story.book.orders[ONE].phase is Phase.RELEASED
    filled(story, now(story, placement), "E3", 887)
    assert {key: order.cum_qty for key, order in story.book.orders.items()} == {
        ONE: D(997), TWO: D(33),
    }  # fmt: skip


def test_the_last_order_that_is_cancelled_takes_the_placement_with_it() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    story.when(CancelOrder(order_id=TWO, reason=""), user="tom")
    story.when(CancelOrder(order_id=ONE, reason=""), user="tom")
    story.then(happened(OrderCancelRequested, order_id=ONE), happened(CancelRequested))
    cancel = now(story, placement).requests[-1].cl_ord_id
    story.told(report("canceled", cl_ord_id=cancel, orig_cl_ord_id=placement.cl_ord_id))
    assert {order.phase for order in story.book.orders.values()} == {Phase.CANCELED}


def test_a_broker_that_does_not_take_the_order_out_leaves_it_working() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    story.when(CancelOrder(order_id=TWO, reason=""), user="tom")
    asked = now(story, placement).requests[-1].cl_ord_id
    story.told(
        report("replace_rejected", cl_ord_id=asked, orig_cl_ord_id=placement.cl_ord_id, text="late")
    )
    assert story.book.orders[TWO].phase is Phase.RELEASED
    assert now(story, placement).part_of(TWO).quantity == D(300)


def test_a_held_order_is_taken_out_and_not_placed_again() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 130)
    story.when(HoldOrder(order_id=TWO, reason="news"), user="tom")
    story.then(happened(OrderHeld, order_id=TWO), happened(ReplaceRequested, quantity=D(100)))
    agrees(story, placement)
    later = place(story, block_id, 90)
    assert [part.order_id for part in later.parts] == [ONE]


def test_a_smaller_order_is_cut_out_of_the_placement() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    version = story.book.orders[TWO].version
    amend = AmendOrder(order_id=TWO, quantity=D(100), legs=legs(A=100), expected_version=version)
    story.when(amend, user="pm")
    story.then(
        happened(OrderAmendRequested, quantity=D(100)),
        happened(ReplaceRequested, quantity=D(1100), parts=portions(ord_1=1000, ord_2=100)),
        happened(OrderChecked, order_id=TWO),
    )
    agrees(story, placement)
    assert story.book.orders[TWO].quantity == D(100)
    filled(story, now(story, placement), "E1", 1100)
    assert story.book.orders[TWO].cum_qty == D(100)


def test_a_tighter_limit_of_one_order_tightens_the_placement() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    version = story.book.orders[TWO].version
    story.when(AmendOrder(order_id=TWO, limit_price=D(99), expected_version=version), user="pm")
    assert now(story, placement).requests[-1].limit_price == D(99)
    agrees(story, placement)
    assert (now(story, placement).limit_price, story.book.orders[TWO].limit_price) == (D(99), D(99))
    assert story.book.orders[ONE].limit_price == D(100)


@pytest.mark.parametrize(
    "terms",
    [
        {"instructions": "hurry"},
        {"time_in_force": TimeInForce.GTC},
        {"order_type": OrderType.MARKET},
    ],
)
def test_terms_that_a_block_shares_are_not_amended_alone(terms: dict[str, Any]) -> None:
    story, _ = merged(ONE, TWO)
    version = story.book.orders[TWO].version
    amend = AmendOrder(order_id=TWO, expected_version=version, **terms)
    story.when(amend, user="pm").refused("terms_shared")


def test_a_shared_placement_is_made_smaller_and_larger() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 130)
    story.when(ReplacePlacement(placement_id=placement.id, quantity=D(650)), user="tom")
    story.then(
        *([happened(type(each)) for each in story.events[:-1]]),
        happened(ReplaceRequested, quantity=D(650), parts=portions(ord_1=500, ord_2=150)),
    )
    agrees(story, placement)
    story.when(ReplacePlacement(placement_id=placement.id, quantity=D(1301)), user="tom")
    story.refused("placement_exceeds_order")
    story.when(ReplacePlacement(placement_id=placement.id, quantity=D(1300)), user="tom")
    agrees(story, placement)
    assert [part.quantity for part in now(story, placement).parts] == [D(1000), D(300)]


def test_a_kill_switch_for_one_fund_cancels_what_it_shares() -> None:
    story, block_id = merged(TWO, THREE)
    placement = place(story, block_id, 500)
    story.given(
        KillSwitchThrown(
            switch_id="kil_1", kind=KillScope.FUND, value="A", cancel_open=False, reason="x",
            thrown_by="rita", thrown_at=AT, offline=False, at=AT,
        )
    )  # fmt: skip
    story.when(
        PlaceBlock(block_id=block_id, destination="BROKER", quantity=D(1)), user="tom"
    ).refused("kill_switch_active")
    story.when(CancelOrder(order_id=TWO, reason=""), user="tom")
    story.then(happened(OrderCancelRequested), happened(CancelRequested))
    assert now(story, placement).ord_status is OrdStatus.PENDING_CANCEL


def test_a_late_execution_after_all_was_cancelled_is_still_booked() -> None:
    story, block_id = merged(ONE, TWO)
    placement = place(story, block_id, 1300)
    story.when(CancelPlacement(placement_id=placement.id), user="tom")
    asked = now(story, placement).requests[-1].cl_ord_id
    story.told(report("canceled", cl_ord_id=asked, orig_cl_ord_id=placement.cl_ord_id))
    story.told(fill("E1", 13, cl_ord_id=placement.cl_ord_id))
    check_blocks(story.book)
    assert got(story) == {ONE: {"A": D(6), "B": D(4)}, TWO: {"A": D(3)}}


def test_each_trading_day_has_an_average_price_of_its_own() -> None:
    """What is executed tomorrow never moves what today cost; a bust goes back to its own day."""
    story, block_id = merged(ONE, TWO, time_in_force=TimeInForce.GTC)
    placement = place(story, block_id, 1300)
    filled(story, placement, "E1", 1, 100)
    story.given(DayRolled(trade_on=TODAY + timedelta(days=1), at=AT))
    filled(story, placement, "E2", 13, 90)
    notionals = {key: order.notional for key, order in story.book.orders.items()}
    assert notionals == {ONE: D(100 + 10 * 90), TWO: D(3 * 90)}
    story.told(bust("E3", "E1", cl_ord_id=placement.cl_ord_id))
    check_blocks(story.book)
    notionals = {key: order.notional for key, order in story.book.orders.items()}
    assert notionals == {ONE: D(10 * 90), TWO: D(3 * 90)}
