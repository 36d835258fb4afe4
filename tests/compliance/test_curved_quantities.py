"""The largest quantity where a measure bends: long only, absolute and positive values.

An order that leaves a cell as it is may move it at another size: who is short twenty and buys ten
moves no long position, and buys one with the twenty-first.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import NOW, TODAY
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.question import Question
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, OpenOrder, SecurityFacts
from tradeoms.kernel.enums import Side

DICE = st.integers(min_value=0, max_value=2**48).map(Random)
CURVED = ("mv_long", "mv_abs", "exposure_pos")
SIDES = (Side.BUY, Side.SELL, Side.SELL_SHORT, Side.BUY_TO_COVER)
#: Beyond every limit of these worlds.
FAR = 10**6


def make_world(held: dict[str, int], *rules: dict[str, Any], nav: int = 1_000) -> ComplianceBook:
    """A fund that holds securities of one issuer at 10 each; `U` is of unknown issuer."""
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=Decimal(nav)))
    for security_id, issuer in (("A", "I"), ("B", "I"), ("U", None)):
        book.put_security(
            SecurityFacts(id=security_id, currency="EUR", issuer=issuer, asset_type="equity")
        )
        book.put_price(security_id=security_id, price=Decimal(10), as_of=TODAY)
    for security_id, quantity in held.items():
        book.set_position("F", security_id, Decimal(quantity))
    book.put_rules(parse_rules([{"id": f"R{at}"} | one for at, one in enumerate(rules)]))
    return book


def order(side: Side, quantity: int, **fields: Any) -> Candidate:
    legs = (Leg(fund_id="F", quantity=Decimal(quantity)),)
    return Candidate(order_id="o", security_id="A", side=side, legs=legs, **fields)


def most(book: ComplianceBook, candidate: Candidate) -> Decimal | None:
    """Largest quantity, which every way to check agrees on."""
    found = [
        book.check(candidate, today=TODAY, now=NOW),
        *book.check_each([candidate], today=TODAY, now=NOW),
    ]
    question = Question(candidates=(candidate,), today=TODAY, now=NOW)
    for one in found:
        assert_agrees(book, one, question)
    basket = book.check_basket([candidate], mode="net", today=TODAY)
    assert basket.max_quantity["o"] == found[0].max_quantity
    return found[0].max_quantity


def rule(measure: str, share: str = "0.1", **fields: Any) -> dict[str, Any]:
    return {"kind": "ratio", "group_by": "issuer", "measure": measure, "max": share} | fields


@pytest.mark.parametrize("asked", [1, 10, 20, 25, 30, 31, 200])
@pytest.mark.parametrize("measure", ["mv_long", "exposure_pos"])
@pytest.mark.parametrize("level", ["fund", "firm"])
def test_who_is_short_may_buy_back_and_up_to_the_limit(
    measure: str, asked: int, level: str
) -> None:
    book = make_world({"A": -20}, rule(measure, level=level))
    assert most(book, order(Side.BUY, asked)) == 30


@pytest.mark.parametrize("asked", [1, 40, 45, 46])
@pytest.mark.parametrize(("held", "side"), [(-20, Side.BUY), (20, Side.SELL_SHORT)])
def test_an_absolute_value_turns_and_grows_to_the_limit(held: int, side: Side, asked: int) -> None:
    book = make_world({"A": held}, rule("mv_abs", "0.25"))
    assert most(book, order(side, asked)) == 45


@pytest.mark.parametrize("asked", [5, 20, 21])
@pytest.mark.parametrize("measure", ["mv_long", "exposure_pos"])
@pytest.mark.parametrize(
    ("held", "fields", "nav"),
    [
        ({"B": 20}, {}, 1_000),  # over the limit by what else the issuer has
        ({"B": 20}, {"reducing": "deny"}, 1_000),
        ({"B": 5, "U": 10}, {}, 1_000),  # what is of unknown issuer may fill the limit
        ({"B": 0}, {}, 0),
        ({"B": 5, "X": 1}, {}, 1_000),  # without a price
        ({}, {"group_by": "sector"}, 1_000),  # without a group
    ],
)
def test_what_leaves_the_cell_as_it_is_is_free_whatever_is_wrong_with_the_cell(
    measure: str, asked: int, held: dict[str, int], fields: dict[str, Any], nav: int
) -> None:
    book = make_world({"A": -20}, rule(measure, **fields), nav=nav)
    book.put_security(SecurityFacts(id="X", currency="EUR", issuer="I"))
    for security_id, quantity in held.items():
        book.set_position("F", security_id, Decimal(quantity))
    wanted = 0 if "group_by" in fields else 20
    assert most(book, order(Side.BUY, asked)) == wanted


def test_open_orders_that_all_count_are_part_of_the_position() -> None:
    book = make_world({"A": -30}, rule("mv_long", pending="all"))
    legs = (Leg(fund_id="F", quantity=Decimal(10)),)
    book.reserve(OpenOrder(order_id="open", security_id="A", side=Side.BUY, legs=legs))
    firm = make_world({"A": -30}, rule("mv_long", pending="all", level="firm"))
    firm.reserve(OpenOrder(order_id="open", security_id="A", side=Side.BUY, legs=legs))
    for asked in (5, 25, 40):
        assert most(book, order(Side.BUY, asked)) == 30
        assert most(firm, order(Side.BUY, asked)) == 30


def make_rule(dice: Random) -> dict[str, Any]:
    found = rule(dice.choice(CURVED), dice.choice(["0.05", "0.1", "0.2", "0.3"]))
    found["pending"] = dice.choice(["worst", "all", "none"])
    found["reducing"] = dice.choice(["allow", "allow", "deny"])
    found["test"] = dice.choice(["always", "always", "acquisition"])
    found["strict"] = dice.random() < 0.3
    found["on_missing"] = dice.choice(["block", "block", "warn"])
    found["level"] = dice.choice(["fund", "fund", "fund", "firm"])
    found["den"] = dice.choice(["nav", "nav", "nav", {"select": [["type", "==", "equity"]]}])
    return found


def make_random(dice: Random) -> ComplianceBook:
    held = {name: dice.choice([-30, -20, -7, 0, 5, 20]) for name in ("A", "B")}
    if dice.random() < 0.3:
        held["U"] = dice.choice([-4, 3, 8])
    book = make_world(held, make_rule(dice), nav=dice.choice([1_000, 2_000, 0]))
    book.put_fund(FundFacts(id="G", currency="EUR", nav=Decimal(500)))
    book.set_position("G", "A", Decimal(dice.choice([-10, 0, 10])))
    for number in range(dice.randint(0, 3)):
        legs = (Leg(fund_id="F", quantity=Decimal(dice.choice([5, 10, 25]))),)
        opened = OpenOrder(
            order_id=str(number), security_id="A", side=dice.choice(SIDES), legs=legs
        )
        book.reserve(opened)
    if dice.random() < 0.2:
        book.put_price(security_id="B", price=None, as_of=TODAY)
    lot = Decimal(dice.choice(["1", "5", "0.5"]))
    book.put_security(replace(book.facts.securities["A"], lot=lot))
    return book


def proceeds(book: ComplianceBook, candidate: Candidate, quantity: Decimal) -> bool:
    legs = (replace(candidate.legs[0], quantity=quantity),)
    return book.check(replace(candidate, legs=legs), today=TODAY, now=NOW).action.allows


@settings(max_examples=400, deadline=None)
@given(DICE)
def test_the_largest_quantity_of_a_curved_measure_is_the_last_that_proceeds(dice: Random) -> None:
    book = make_random(dice)
    candidate = order(dice.choice(SIDES), dice.choice([1, 5, 10, 20, 40, 60]))
    lot, found = book.facts.securities["A"].lot, most(book, candidate)
    asked = candidate.legs[0].quantity
    if found is None:
        assert all(proceeds(book, candidate, asked * times) for times in (1, 2, 10, FAR))
        return
    assert not proceeds(book, candidate, found + lot)
    assert not found or proceeds(book, candidate, found)
