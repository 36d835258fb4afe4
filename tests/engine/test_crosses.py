"""Crosses: proposed at a market price, approved by another person, booked to both sides at once."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import House, facts, fits, opened
from tests.engine.test_restart import proven
from tradeoms.domain.block.commands import MergeOrders
from tradeoms.domain.cross.commands import (
    ApproveCross,
    LapseCrosses,
    PriceRule,
    ProposeCross,
    Quote,
    RefuseCross,
)
from tradeoms.domain.kill.commands import ThrowKillSwitch
from tradeoms.domain.kill.scope import KillScope
from tradeoms.domain.order.commands import AmendOrder, HoldOrder, Leg
from tradeoms.domain.placement.commands import BustExecution, RecordExecution, ReplacePlacement
from tradeoms.domain.reference.commands import LoadFunds, LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import Role, Side

SOLD = (Leg(fund="C", quantity=D(500)),)


def quoted(**changes: Any) -> Quote:
    now = datetime.now(UTC)
    last = Quote(rule=PriceRule.LAST_SALE, price=D("99.5"), source="tape", observed_at=now)
    return replace(last, **changes)


@dataclass
class Pair:
    """A purchase of 1,000 for A and B, and a sale of 500 for C, both with the desk."""

    house: House
    buy: str
    sell: str

    def wish(self, quantity: int = 500, **changes: Any) -> ProposeCross:
        quote = changes.pop("quote", None) or quoted()
        return ProposeCross(
            **{
                "buy_order_id": self.buy, "sell_order_id": self.sell, "quantity": D(quantity),
                "quote": quote, "reason": "saves both the spread", **changes,
            }
        )  # fmt: skip

    def propose(self, quantity: int = 500, **changes: Any) -> str:
        name: str = self.house.get(self.wish(quantity, **changes), user="tom")["id"]
        return name

    def books(self) -> dict[str, tuple[D, int]]:
        """Units of ABC and cash of each fund."""
        book = self.house.book
        abc = book.identifiers["ticker_mic", "ABC.XNYS"]
        return {
            fund: (book.positions[fund, abc].quantity, book.cash[fund, "USD"].minor)
            for fund in ("A", "B", "C")
        }


def pair_of(house: House) -> Pair:
    bought = house.order(1)["id"]
    sold = house.order(2, side=Side.SELL, quantity=D(500), legs=SOLD, limit_price=D(99))["id"]
    return Pair(house, bought, sold)


@pytest.fixture
def pair(house: House) -> Pair:
    return pair_of(house)


def test_a_cross_is_booked_to_both_sides_exactly_and_nothing_leaves_the_house(pair: Pair) -> None:
    house = pair.house
    before = pair.books()
    name = pair.propose(251)
    assert pair.books() == before, "nothing is booked before another person approves"
    house.get(ApproveCross(cross_id=name, note="fair"), user="cora")
    # 251 units at 99.50 are 24,974.50: by statement 151 of them for A, 100 for B.
    moved = {"A": (151, -1_502_450), "B": (100, -995_000), "C": (-251, 2_497_450)}
    assert pair.books() == {
        fund: (units + moved[fund][0], cash + moved[fund][1])
        for fund, (units, cash) in before.items()
    }
    for order_id, left in ((pair.buy, 749), (pair.sell, 249)):
        order = house.book.orders[order_id]
        assert (order.cum_qty, order.leaves_qty) == (D(251), D(left))
    assert house.instructions() == []
    cross = house.book.crosses[name]
    assert cross.buy.legs == (Leg(fund="A", quantity=D(151)), Leg(fund="B", quantity=D(100)))
    assert (cross.status, cross.settled_by, cross.sell.legs[0].quantity) == (
        "booked", "cora", D(251),
    )  # fmt: skip
    assert not [one for one in house.book.breaks.values() if not one.resolved_by]
    # What is left can be placed, and not one unit more.
    assert house.place(pair.buy, 749)["order_qty"] == "749"
    assert house.refused(ApproveCross(cross_id=name), user="cora") == ["cross_settled"]


def test_the_mid_is_the_average_of_bid_and_ask(pair: Pair) -> None:
    quote = quoted(rule=PriceRule.MID, price=None, bid=D("99.40"), ask=D("99.45"))
    name = pair.propose(quote=quote)
    pair.house.get(ApproveCross(cross_id=name), user="cora")
    assert pair.house.book.crosses[name].price == D("99.425")
    assert pair.house.book.orders[pair.sell].notional == D("49712.5")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"buy_order_id": "ord_9"}, "cross_order_unfit"),
        ({"quantity": D(501)}, "cross_quantity"),
        ({"quantity": D("0.5")}, "cross_quantity"),
        ({"quote": quoted(price=None)}, "cross_quote_invalid"),
        ({"quote": quoted(bid=D(1))}, "cross_quote_invalid"),
        ({"quote": quoted(source=" ")}, "cross_quote_invalid"),
        (
            {"quote": quoted(rule=PriceRule.MID, price=None, bid=D(100), ask=D(99))},
            "cross_quote_invalid",
        ),
        ({"quote": quoted(price=D("100.01"))}, "cross_beyond_limit"),
        ({"quote": quoted(price=D("98.99"))}, "cross_beyond_limit"),
        ({"quote": quoted(observed_at=datetime(2010, 1, 4, tzinfo=UTC))}, "cross_price_stale"),
        ({"quote": quoted(observed_at=datetime(2110, 1, 4, tzinfo=UTC))}, "cross_price_stale"),
        ({"reason": " "}, "cross_text_invalid"),
    ],
)
def test_a_cross_is_refused(pair: Pair, changes: dict[str, Any], code: str) -> None:
    command = replace(pair.wish(), **changes)
    if code != "cross_price_stale":  # the table was written some time ago
        fresh = replace(command.quote, observed_at=datetime.now(UTC))
        command = replace(command, quote=fresh)
    seq = pair.house.engine.seq
    assert pair.house.refused(command, user="tom") == [code]
    assert pair.house.engine.seq == seq + 1, "the refusal alone is on record"


def test_the_sides_must_be_opposite_and_of_other_funds(pair: Pair) -> None:
    house = pair.house
    turned = replace(pair.wish(), buy_order_id=pair.sell, sell_order_id=pair.buy)
    assert house.refused(turned, user="tom") == ["cross_sides"]
    xyz = house.order(3, security="XYZ.XNYS")["id"]
    assert house.refused(pair.wish(buy_order_id=xyz), user="tom") == ["cross_sides"]
    legs = (Leg(fund="B", quantity=D(10)),)
    own = house.order(4, quantity=10, side=Side.SELL, legs=legs, limit_price=D(99))["id"]
    refused = house.refused(pair.wish(10, sell_order_id=own), user="tom")
    assert "cross_same_fund" in refused


@pytest.mark.parametrize("flag", [{"may_cross": False}, {"personal": True}])
def test_a_fund_that_may_not_cross_does_not(pair: Pair, flag: dict[str, Any]) -> None:
    house = pair.house
    name = pair.propose()
    plan = replace(house.book.funds["C"], **flag)
    house.get(LoadFunds(funds=(plan,)), user="olga")
    assert house.refused(pair.wish(), user="tom") == ["cross_forbidden"]
    assert house.refused(ApproveCross(cross_id=name), user="cora") == ["cross_forbidden"]


def test_nobody_approves_a_cross_of_his_own(pair: Pair) -> None:
    house = pair.house
    name, other = pair.propose(200), pair.propose(300)
    officer = UserRow(id="tom", name="Tom", grants=(Grant(role=Role.COMPLIANCE_OFFICER),))
    house.get(LoadUsers(users=(officer,)), user="ada")
    assert house.refused(ApproveCross(cross_id=name), user="tom") == ["cross_own_approval"]
    assert house.refused(ApproveCross(cross_id=name), user="pm") == ["not_permitted"]
    house.get(RefuseCross(cross_id=name, reason="not today"), user="tom")
    assert house.refused(RefuseCross(cross_id=name, reason="x"), user="cora") == ["cross_settled"]
    assert house.refused(RefuseCross(cross_id=other, reason=" "), user="cora") == [
        "cross_text_invalid"
    ]
    assert house.refused(ApproveCross(cross_id="crs_9"), user="cora") == ["cross_unknown"]


def test_what_changed_since_the_proposal_is_looked_at_again(pair: Pair) -> None:
    house = pair.house
    name, books = pair.propose(), pair.books()
    version = house.book.orders[pair.buy].version
    legs = (Leg(fund="A", quantity=D(200)), Leg(fund="B", quantity=D(200)))
    less = AmendOrder(order_id=pair.buy, expected_version=version, quantity=D(400), legs=legs)
    house.get(less)
    assert house.refused(ApproveCross(cross_id=name), user="cora") == ["cross_quantity"]
    house.get(RefuseCross(cross_id=name, reason="too large by now"), user="tom")
    other = pair.propose(400)
    version = house.book.orders[pair.sell].version
    amend = AmendOrder(order_id=pair.sell, expected_version=version, limit_price=D("99.51"))
    house.get(amend)
    assert house.refused(ApproveCross(cross_id=other), user="cora") == ["cross_beyond_limit"]
    house.get(HoldOrder(order_id=pair.sell, reason="news"))
    assert house.refused(ApproveCross(cross_id=other), user="cora") == ["cross_order_unfit"]
    assert pair.books() == books


def test_a_merged_order_is_not_crossed(pair: Pair) -> None:
    second = pair.house.order(5)["id"]
    pair.house.get(MergeOrders(order_ids=(pair.buy, second)), user="tom")
    assert pair.house.refused(pair.wish(), user="tom") == ["cross_order_unfit"]


def test_compliance_of_either_side_stops_a_cross(pair: Pair) -> None:
    house = pair.house
    name, books = pair.propose(), pair.books()
    text = {"id": "market", "version": 1, "title": "market", "severity": "hard", "kind": "cross",
            "mode": "17a-7"}  # fmt: skip
    rule = RuleText(rule_id="market", version=1, definition=json.dumps(text), cases=fits())
    house.get(DefineRules(rules=(rule,)), user="ada")
    house.get(ActivateRule(rule_id="market", version=1), user="cora")
    assert {*house.refused(ApproveCross(cross_id=name), user="cora")} == {"compliance_block"}
    assert pair.books() == books
    assert house.book.orders[pair.buy].phase == "released", "it can still be traded in the market"
    house.get(RefuseCross(cross_id=name, reason="not at the mark"), user="tom")
    at_mark = pair.propose(quote=quoted(price=D(100)))
    house.get(ApproveCross(cross_id=at_mark), user="cora")


def test_a_kill_switch_stops_a_cross(pair: Pair) -> None:
    name = pair.propose()
    throw = ThrowKillSwitch(switch_id="kil_1", kind=KillScope.FUND, value="B", reason="runaway")
    pair.house.get(throw, user="rita")
    for command, user in ((pair.wish(), "tom"), (ApproveCross(cross_id=name), "cora")):
        assert pair.house.refused(command, user=user) == ["kill_switch_active"]


def test_one_side_alone_cannot_be_changed_or_taken_back(pair: Pair) -> None:
    house = pair.house
    name = pair.propose()
    house.get(ApproveCross(cross_id=name), user="cora")
    placement = house.book.crosses[name].buy.placement_id
    (execution,) = house.book.executions_of[placement]
    for command in (
        BustExecution(execution_id=execution, reason="wrong"),
        ReplacePlacement(placement_id=placement, quantity=D(600)),
        RecordExecution(placement_id=placement, quantity=D(1), price=D(99)),
    ):
        assert house.refused(command, user="tom") == ["cross_placement_fixed"], command


@dataclass
class Later:
    """A clock that is ahead."""

    by: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) + self.by


def test_a_price_that_is_too_old_books_nothing_and_the_cross_lapses(pair: Pair) -> None:
    house = pair.house
    name, kept = pair.propose(), pair.books()
    house.get(LapseCrosses(), user="system")
    assert house.book.crosses[name].status == "proposed"
    house.engine.identity._clock = Later(timedelta(minutes=15))
    assert house.refused(ApproveCross(cross_id=name), user="cora") == ["cross_price_stale"]
    assert house.get(LapseCrosses(), user="system")["lapsed"] == 1
    assert house.book.crosses[name].status == "lapsed"
    assert pair.books() == kept


def test_crosses_survive_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        pair = pair_of(house)
        waiting, booked = pair.propose(100), pair.propose(200)
        house.get(ApproveCross(cross_id=booked), user="cora")
        house.get(RefuseCross(cross_id=pair.propose(50), reason="no"), user="cora")
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        house.get(ApproveCross(cross_id=waiting), user="cora")
        assert house.book.orders[pair.sell].cum_qty == D(300)
    proven(data)


def test_a_cross_asked_for_twice_under_a_key_is_booked_once(pair: Pair) -> None:
    command = ApproveCross(cross_id=pair.propose(100))
    first = pair.house.ask(command, user="cora", key="k", sha256="s")
    assert first.status == "accepted"
    assert pair.house.ask(command, user="cora", key="k", sha256="s").replayed
    assert pair.house.book.orders[pair.sell].cum_qty == D(100)


def test_a_cross_needs_the_right_for_both_sides(pair: Pair) -> None:
    rows = tuple(
        UserRow(id=f"{name}_c", name=name, grants=(Grant(role=role, funds=("C",)),))
        for name, role in (("tom", Role.TRADER), ("cora", Role.COMPLIANCE_OFFICER))
    )
    pair.house.get(LoadUsers(users=rows), user="ada")
    name = pair.propose()
    assert pair.house.refused(pair.wish(), user="tom_c") == ["not_permitted"]
    assert pair.house.refused(ApproveCross(cross_id=name), user="cora_c") == ["not_permitted"]


def test_orders_that_are_crossed_whole_are_over(house: House) -> None:
    bought = house.order(1, quantity=500)["id"]
    sold = house.order(2, side=Side.SELL, quantity=D(500), legs=SOLD, limit_price=D(99))["id"]
    pair = Pair(house, bought, sold)
    house.get(ApproveCross(cross_id=pair.propose()), user="cora")
    assert [house.book.orders[one].is_closed for one in (bought, sold)] == [True, True]
    assert house.refused(pair.wish(), user="tom") == ["cross_order_unfit"]
