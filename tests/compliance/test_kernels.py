"""One rule a book: what the arrays say of it, against the exact reference.

A rule that stands alone sets every answer and every largest quantity; none can hide behind another.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, Final

import pytest

from tests.compliance.group_worlds import KINDS, SECURITIES, TODAY, group_book, group_rule
from tests.compliance.owned_rules import ladder, ownership, wavg
from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import NOW, make_book, make_candidate, make_dealing
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.question import Question
from tradeoms.domain.evaluation import Candidate, Leg, OpenOrder, Outcome
from tradeoms.kernel.enums import Side

QUANTITIES: Final = ("1", "2", "5", "10", "20", "40")


def standing_rule(dice: Random, kind: str) -> dict[str, Any]:
    """A rule that running sums serve: of the fund, on values in proportion to the quantity."""
    rule = group_rule(dice, kind)
    own = ("own_threshold", "own_attr", "per_group_max")
    rule = {name: value for name, value in rule.items() if name not in own}
    rule |= {"level": "fund", "measure": dice.choice(["mv", "mv", "qty"])}
    rule["reducing"] = dice.choice(["allow", "deny"])
    if kind == "bucket":
        rule["count"] = dice.choice(["whole", "excess"])
    elif kind == "gross":
        rule["strict"] = dice.random() < 0.5
    elif kind == "count":
        rule |= {"max": dice.choice([0, 1, 2, 3]), "min": dice.choice([1, 2, 3])}
        if dice.random() < 0.5:
            del rule[dice.choice(["max", "min"])]
    return rule


def any_order(dice: Random, order_id: str) -> Candidate:
    """An order that may take a position below zero or across it."""
    return Candidate(
        order_id=order_id,
        security_id=dice.choice(SECURITIES),
        side=dice.choice([Side.BUY, Side.SELL]),
        legs=(Leg(fund_id="F1", quantity=Decimal(dice.choice(QUANTITIES))),),
    )


def group_world(dice: Random, kind: str) -> ComplianceBook:
    book = group_book(dice, [standing_rule(dice, kind)], gaps=False, shorts=dice.random() < 0.5)
    for number in range(dice.randint(0, 2)):
        one = any_order(dice, f"p{number}")
        book.reserve(
            OpenOrder(
                order_id=one.order_id, security_id=one.security_id, side=one.side, legs=one.legs
            )
        )
    return book


@pytest.mark.parametrize("kind", KINDS)
def test_a_standing_says_what_the_reference_says(kind: str) -> None:
    seen = set()
    for seed in range(30 if kind == "issues" else 60):
        dice = Random(f"{kind} {seed}")
        book = group_world(dice, kind)
        for number in range(3):
            candidate = any_order(dice, f"o{number}")
            found = book.check(candidate, today=TODAY)
            assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
            seen.add(found.outcome)
            book.add_position("F1", candidate.security_id, Decimal(dice.choice([-7, 3, 10])))
    assert {Outcome.PASS, Outcome.BREACH} <= seen


def window(dice: Random) -> dict[str, Any]:
    rule = make_dealing(dice)
    while rule["kind"] != "window":
        rule = make_dealing(dice)
    return rule


@pytest.mark.parametrize("make", [ownership, ladder, wavg, window], ids=lambda one: one.__name__)
def test_a_row_says_what_the_reference_says(make: Callable[[Random], dict[str, Any]]) -> None:
    seen = set()
    for seed in range(60):
        dice = Random(f"{make.__name__} {seed}")
        book = make_book(dice, gaps=dice.random() < 0.2)
        book.put_rules(parse_rules([{"id": "R0", "source": "somewhere"} | make(dice)]))
        for number in range(3):
            candidate = make_candidate(dice, f"o{number}")
            found = book.check(candidate, today=TODAY, now=NOW)
            question = Question(candidates=(candidate,), today=TODAY, now=NOW)
            assert_agrees(book, found, question)
            seen.add(found.outcome)
            fund_id = candidate.legs[0].fund_id
            book.add_position(fund_id, candidate.security_id, Decimal(dice.choice([-7, 3, 10])))
    assert len(seen) > 1
