"""Two orders cannot both use the last room under a limit, however they come (RTS 6 art. 15(2))."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

from tests.engine.house import DAY, House, buy, fill, fits, said
from tradeoms.app.reserved import worst
from tradeoms.domain.order.commands import AmendOrder, CancelOrder, Leg, ReleaseOrder
from tradeoms.domain.placement.commands import CreatePlacement, ReplacePlacement
from tradeoms.domain.reference.commands import LoadPrices
from tradeoms.domain.reference.state import Price
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Side


def limited(house: House, most: int) -> None:
    """Fund A, which holds 5,000 units of the security, may come to hold so many."""
    text = {
        "id": "r", "version": 1, "kind": "ratio", "severity": "hard", "measure": "qty",
        "den": "one", "max": str(most), "scope": {"funds": ["A"]},
    }  # fmt: skip
    rule = RuleText(rule_id="r", version=1, definition=json.dumps(text), cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def wish(number: int, quantity: int = 600) -> Any:
    """An order of fund A alone."""
    return buy(number, quantity, legs=(Leg(fund="A", quantity=D(quantity)),))


def test_orders_of_one_turn_are_answered_one_after_the_other(house: House) -> None:
    limited(house, 6000)
    found = house.run(*(house.command(wish(number)) for number in range(1, 4))).answers
    statuses = [json.loads(bytes(one.answer))["status"] for one in found]  # type: ignore[union-attr]  # all are outcomes
    assert statuses == ["approved", "blocked", "blocked"]


def test_room_comes_back_with_a_cancellation_and_not_with_a_fill(house: House) -> None:
    limited(house, 6000)
    order = house.order(1, quantity=600, legs=(Leg(fund="A", quantity=D(600)),))
    first = house.place(order["id"], 600)
    house.hear(fill(first["cl_ord_id"], "E1", 600))
    assert house.get(wish(2))["status"] == "blocked"
    open_ = house.get(wish(3, 400))
    assert open_["status"] == "approved"
    assert house.get(wish(4, 1))["status"] == "blocked"
    house.get(CancelOrder(order_id=open_["id"]))
    assert house.get(wish(5, 400))["status"] == "approved"


def keep_cash(house: House, room: int = 1000) -> None:
    """Fund A, which has 10^9, may spend so much."""
    text = {
        "id": "r", "version": 1, "kind": "cash", "severity": "hard", "min": str(10**9 - room),
        "scope": {"funds": ["A"]},
    }  # fmt: skip
    rule = RuleText(rule_id="r", version=1, definition=json.dumps(text), cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="r", version=1), user="cora")


def one(number: int, limit_price: str | None, quantity: int = 1) -> Any:
    """A purchase of fund A alone, at so much or at the market."""
    legs = (Leg(fund="A", quantity=D(quantity)),)
    if limit_price is None:
        return buy(number, quantity, legs=legs, order_type=OrderType.MARKET, limit_price=None)
    return buy(number, quantity, legs=legs, limit_price=D(limit_price))


def desk(house: House, command: Any) -> Any:
    entered = house.get(command)
    return house.get(ReleaseOrder(order_id=entered["id"]))


def at_limit(house: House, order_id: str, quantity: int, limit_price: str) -> Any:
    """Place a part of a market order at a limit."""
    placement = CreatePlacement(
        order_id=order_id, destination="BROKER", quantity=D(quantity),
        order_type=OrderType.LIMIT, limit_price=D(limit_price),
    )  # fmt: skip
    return house.get(placement, user="tom")


def room_is(house: House, most: str, more: str, numbers: int) -> None:
    """One unit at ``most`` still has room, and at ``more`` has not."""
    assert house.get(one(numbers, more))["status"] == "blocked"
    entered = house.get(one(numbers + 1, most))
    assert entered["status"] == "approved"
    house.get(CancelOrder(order_id=entered["id"]))


def test_a_higher_limit_that_waits_for_the_broker_takes_its_room(house: House) -> None:
    keep_cash(house)
    order = desk(house, one(1, "90", 10))
    placement = house.place(order["id"], 10)
    room_is(house, "100", "100.01", 2)
    amend = AmendOrder(
        order_id=order["id"], expected_version=house.book.orders[order["id"]].version,
        limit_price=D(99),
    )  # fmt: skip
    house.get(amend)
    assert house.book.orders[order["id"]].pending is not None
    room_is(house, "10", "10.01", 4)
    request = house.book.placements[placement["id"]].requests[-1]
    house.hear(said(request.cl_ord_id, "replace_rejected"))
    room_is(house, "100", "100.01", 6)


def test_a_lower_limit_that_waits_for_the_broker_frees_no_room_yet(house: House) -> None:
    keep_cash(house)
    order = desk(house, one(1, "99", 10))
    placement = house.place(order["id"], 10)
    version = house.book.orders[order["id"]].version
    house.get(AmendOrder(order_id=order["id"], expected_version=version, limit_price=D(90)))
    room_is(house, "10", "10.01", 2)
    request = house.book.placements[placement["id"]].requests[-1]
    house.hear(said(request.cl_ord_id, "replaced", order_qty=D(10), price=D(90)))
    room_is(house, "100", "100.01", 4)


def test_a_market_order_is_counted_at_the_limit_it_was_placed_at(house: House) -> None:
    keep_cash(house, 1100)
    order = desk(house, one(1, None, 10))
    room_is(house, "100", "100.01", 2)
    placement = at_limit(house, order["id"], 5, "105")
    room_is(house, "50", "50.01", 4)
    house.get(ReplacePlacement(placement_id=placement["id"], limit_price=D(108)), user="tom")
    room_is(house, "20", "20.01", 6)
    request = house.book.placements[placement["id"]].requests[-1]
    house.hear(said(request.cl_ord_id, "replace_rejected"))
    room_is(house, "50", "50.01", 8)
    house.hear(said(placement["cl_ord_id"], "canceled"))
    room_is(house, "100", "100.01", 10)


def test_the_mark_counts_where_it_comes_to_be_above_the_limit_of_a_part(house: House) -> None:
    keep_cash(house, 1200)
    order = desk(house, one(1, None, 10))
    at_limit(house, order["id"], 5, "105")
    room_is(house, "150", "150.01", 2)
    for number, (mark, most, more) in enumerate(
        (("110", "100", "100.01"), ("90", "150", "150.01"), ("112", "80", "80.01"))
    ):
        price = Price(
            security_id=house.book.orders[order["id"]].security_id, price=D(mark), as_of=DAY
        )
        house.get(LoadPrices(prices=(price,)), user="system")
        room_is(house, most, more, 10 + 2 * number)


def test_a_sale_is_counted_at_its_lowest_limit() -> None:
    assert worst({None, D(105)}, Side.SELL, D(100)) is None
    assert worst({None, D(95), D(98)}, Side.SELL_SHORT, D(100)) == D(95)
    assert worst({D(95), D(98)}, Side.BUY_TO_COVER, None) == D(98)
    assert worst({None, D(95)}, Side.BUY, None) is None
