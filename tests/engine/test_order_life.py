"""Whose order it is, orders that wait for a time or price, and what becomes of the rest."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, fill, opened, said
from tests.engine.test_restart import proven
from tradeoms.domain.kill.commands import ReleaseKillSwitch, ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import (
    AssignOrder,
    CancelOrder,
    ClaimOrder,
    HandOverOrder,
    HoldOrder,
    ReleaseDue,
    ReleaseOrder,
    SubmitOrder,
    Trigger,
)
from tradeoms.domain.reference.commands import LoadPrices, LoadUsers, RollDay, UserRow
from tradeoms.domain.reference.state import Grant, Price
from tradeoms.kernel.enums import Role, TriggerWhen, Unexecuted

LATER = datetime(2099, 1, 5, 14, 30, tzinfo=UTC)
TOMORROW = date(2010, 1, 5)


class Clock:
    """A clock that a test sets."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def at(house: House, now: datetime) -> House:
    house.engine.identity._clock = Clock(now)
    return house


def due(house: House) -> int:
    return int(house.get(ReleaseDue(), user="system")["released"])


def mark(house: House, price: str) -> None:
    security = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    one = Price(security_id=security, price=D(price), as_of=DAY)
    house.get(LoadPrices(prices=(one,)), user="olga")


@pytest.fixture
def desk(house: House) -> House:
    """Two more traders, one of them for fund A only."""
    rows = (
        UserRow(id="tim", name="Tim", grants=(Grant(role=Role.TRADER),)),
        UserRow(id="tina", name="Tina", grants=(Grant(role=Role.TRADER, funds=("A",)),)),
    )
    house.get(LoadUsers(users=rows), user="ada")
    return house


def test_an_order_is_claimed_once_and_handed_over_with_a_note(desk: House) -> None:
    order = desk.order(1)["id"]
    assert desk.get(ClaimOrder(order_id=order), user="tom")["trader"] == "tom"
    assert desk.refused(ClaimOrder(order_id=order), user="tim") == ["order_claimed"]
    hand = HandOverOrder(order_id=order, trader="tim", note="half is with BROKER")
    assert desk.get(hand, user="tom")["trader"] == "tim"
    assert desk.refused(hand, user="tom") == ["nothing_changed"]


def test_who_acts_for_a_colleague_is_kept_beside_him(desk: House) -> None:
    order = desk.order(1)["id"]
    desk.get(ClaimOrder(order_id=order), user="tom")
    seq = desk.engine.seq
    desk.get(HandOverOrder(order_id=order, trader="tim", note="tom is ill"), user="tim")
    (row,) = desk.engine.recall._engine.connect().exec_driver_sql(
        "SELECT body FROM journal WHERE seq > ?", (seq,)
    )
    for part in ('"before":"tom"', '"assigned_by":"tim"', '"trader":"tim"', '"how":"hand_over"'):
        assert part in row.body


def test_only_a_trader_of_all_its_funds_gets_it(desk: House) -> None:
    order = desk.order(1)["id"]
    for trader in ("tina", "pm", "nobody"):
        assert desk.refused(AssignOrder(order_id=order, trader=trader)) == ["trader_unfit"]
    assert desk.refused(ClaimOrder(order_id=order), user="tina") == ["not_permitted"]


def test_an_order_assigned_before_its_release_keeps_its_trader(desk: House) -> None:
    order = desk.get(buy(1))["id"]
    desk.get(AssignOrder(order_id=order, trader="tim", note="watch the close"))
    assert desk.get(ReleaseOrder(order_id=order))["trader"] == "tim"


def test_an_order_waits_for_its_time_and_is_then_checked_and_released(house: House) -> None:
    order = house.get(buy(1, good_from=LATER))
    assert (order["status"], order["waiting_for"]) == (
        "held", {"who": "market", "why": "released from 2099-01-05T14:30:00.000000Z"},
    )  # fmt: skip
    assert house.refused(ReleaseOrder(order_id=order["id"])) == ["not_good_yet"]
    assert due(at(house, LATER - timedelta(microseconds=1))) == 0
    assert due(at(house, LATER)) == 1
    released = house.book.orders[order["id"]]
    assert (released.phase, released.waits) == ("released", False)
    assert released.check_id.endswith("-2"), "checked anew"
    assert order["id"] in house.book.block_of
    assert due(house) == 0


@pytest.mark.parametrize(
    ("when", "waits", "holds"),
    [
        (TriggerWhen.AT_OR_BELOW, "95.01", "95"),
        (TriggerWhen.AT_OR_ABOVE, "94.99", "95"),
    ],
)
def test_an_order_waits_for_its_price(
    house: House, when: TriggerWhen, waits: str, holds: str
) -> None:
    mark(house, waits)
    order = house.get(buy(1, trigger=Trigger(price=D(95), when=when)))
    assert order["status"] == "held"
    assert order["trigger"] == {"price": "95", "when": when.value}
    assert due(house) == 0
    mark(house, holds)
    assert due(house) == 1


def test_with_time_and_price_both_must_hold(house: House) -> None:
    trigger = Trigger(price=D(95), when=TriggerWhen.AT_OR_BELOW)
    house.get(buy(1, good_from=LATER, trigger=trigger))
    mark(house, "90")
    assert due(house) == 0
    at(house, LATER)
    mark(house, "99")
    assert due(house) == 0
    mark(house, "95")
    assert due(house) == 1


def test_many_orders_are_released_at_once_each_in_a_block_of_its_own(house: House) -> None:
    ids = [house.get(buy(n, good_from=LATER))["id"] for n in range(3)]
    assert due(at(house, LATER)) == 3
    assert len({house.book.block_of[one] for one in ids}) == 3


def test_an_order_that_fails_its_new_check_waits_for_a_person(house: House) -> None:
    order = house.get(buy(1, good_from=LATER))["id"]
    house.get(HoldOrder(order_id=order, reason="news"))
    assert due(at(house, LATER)) == 0
    assert house.book.orders[order].phase == "held"
    house.get(SubmitOrder(order_id=order))
    assert due(house) == 1


def test_a_kill_switch_keeps_an_order_waiting(house: House) -> None:
    house.get(buy(1, good_from=LATER))
    throw = ThrowKillSwitch(switch_id="kil_1", kind=KillScope.FIRM, value="", reason="runaway")
    house.get(throw, user="rita")
    assert due(at(house, LATER)) == 0
    house.get(ReleaseKillSwitch(switch_id="kil_1", reason="over"), user="cora")
    assert due(house) == 1


def test_only_the_engine_itself_releases_what_is_due(house: House) -> None:
    assert house.refused(ReleaseDue(), user="tom") == ["not_permitted"]


def rolled(house: House, **changes: Any) -> Any:
    order = house.order(1, **changes)["id"]
    house.get(RollDay(trade_on=TOMORROW), user="olga")
    return house.book.orders.get(order)


def test_at_the_close_the_rest_expires_unless_the_order_says_otherwise(house: House) -> None:
    assert rolled(house) is None


def test_a_rest_that_rolls_is_on_the_desk_the_next_day(house: House) -> None:
    order = rolled(house, unexecuted=Unexecuted.ROLL)
    assert order.phase == "released"
    house.place(order.id, 100)


def test_a_rest_that_goes_back_waits_for_its_manager(house: House) -> None:
    placement = house.placed(1, quantity=500, unexecuted=Unexecuted.RETURN)
    order = placement["order_id"]
    house.hear(said(placement["cl_ord_id"], "new"), fill(placement["cl_ord_id"], "E1", 500))
    house.get(RollDay(trade_on=TOMORROW), user="olga")
    found = house.book.orders[order]
    assert (found.phase, found.cum_qty, found.returned) == ("held", D(500), True)
    again = house.get(SubmitOrder(order_id=order))
    assert again["waiting_for"]["who"] == "portfolio_manager"
    assert (again["status"], house.book.orders[order].returned) == ("partially_filled", False)
    assert house.get(ReleaseOrder(order_id=order))["waiting_for"]["who"] == "trader"


def test_a_draft_that_rolls_stays_a_draft(house: House) -> None:
    order = house.get(buy(1, submit=False, unexecuted=Unexecuted.RETURN))["id"]
    house.get(RollDay(trade_on=TOMORROW), user="olga")
    assert house.book.orders[order].phase == "draft"
    house.get(CancelOrder(order_id=order))


def test_all_of_it_survives_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        trigger = Trigger(price=D(95), when=TriggerWhen.AT_OR_BELOW)
        waiting = house.get(buy(1, good_from=LATER, trigger=trigger, unexecuted="roll"))["id"]
        order = house.order(2, unexecuted=Unexecuted.RETURN)["id"]
        house.get(ClaimOrder(order_id=order), user="tom")
        house.get(RollDay(trade_on=TOMORROW), user="olga")
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert house.book.orders[order].trader == "tom"
        mark(house, "95")
        assert due(at(house, LATER)) == 1
        assert house.book.orders[waiting].phase == "released"
    proven(data)
