"""Rules about groups against brute force: every subset that may fill, every quantity lot by lot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.group_worlds import (
    KINDS,
    TODAY,
    Oracle,
    group_book,
    group_order,
    group_rule,
)
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.basket import evaluate_basket
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import answer_rule, cap
from tradeoms.domain.evaluation import Candidate, Leg

DICE = st.integers(min_value=0, max_value=2**48).map(Random)
#: Quantities that the search for the largest one tries, in lots.
MOST_LOTS = 60


def known_votes(book: ComplianceBook) -> None:
    """Give every issuer votes, for the oracle."""
    for issuer in ("I1", "I2", "I3", "I4", "new"):
        book.facts.outside.issuers.setdefault(issuer, {"votes_out": Decimal(100)})


def resized(book: ComplianceBook, candidate: Candidate, lots: int) -> Candidate:
    total = sum(leg.quantity for leg in candidate.legs)
    lot = book.facts.securities[candidate.security_id].lot
    legs = tuple(
        Leg(fund_id=leg.fund_id, quantity=leg.quantity * lots * lot / total)
        for leg in candidate.legs
    )
    return replace(candidate, legs=legs)


def make(dice: Random, kind: str, *, gaps: bool) -> tuple[ComplianceBook, dict[str, Any]]:
    rule = group_rule(dice, kind)
    book = group_book(dice, [rule], gaps=gaps)
    known_votes(book)
    return book, rule


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=60, deadline=None)
@given(dice=DICE)
def test_a_verdict_is_the_worst_over_every_subset(kind: str, dice: Random) -> None:
    book, rule = make(dice, kind, gaps=dice.random() < 0.4)
    orders = [group_order(dice, book, f"o{number}") for number in range(dice.choice([1, 1, 2]))]
    any_subset = len(orders) > 1 and dice.random() < 0.5
    expected = Oracle(book, rule).answer(orders, any_subset=any_subset)
    question = Question(candidates=tuple(orders), today=TODAY, any_subset=any_subset)
    answer = answer_rule(book.facts, book.rules[0], question)
    if expected is None:
        assert answer.outcome.value == "unknown"
        return
    got = {
        (cell.entity, cell.key, cell.bound): (cell.num_before, cell.num_after, cell.outcome.value)
        for cell in answer.cells
    }
    for entity, cells in expected.items():
        for (key, bound), cell in cells.items():
            touched = (entity, key, bound) in got
            if not touched:  # a group that no order trades
                assert cell.num_before == cell.num_after
                assert cell.outcome == "pass"
            elif kind == "issues":  # while a limit is not in force its number is not the worst one
                assert got[entity, key, bound][2] == cell.outcome
            else:
                assert got[entity, key, bound] == (cell.num_before, cell.num_after, cell.outcome)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=30, deadline=None)
@given(dice=DICE)
def test_the_largest_quantity_is_the_last_before_the_first_block(kind: str, dice: Random) -> None:
    book, rule = make(dice, kind, gaps=dice.random() < 0.3)
    candidate = group_order(dice, book, "o")
    oracle = Oracle(book, rule)
    question = Question(candidates=(candidate,), today=TODAY)
    got = cap(book.facts, book.rules[0], question, candidate)
    lot = Fraction(book.facts.securities[candidate.security_id].lot)
    for lots in range(1, MOST_LOTS):
        cells = oracle.answer([resized(book, candidate, lots)])
        blocked = cells is None or any(
            cell.outcome in ("breach", "unknown")
            for entity in cells.values()
            for cell in entity.values()
        )
        if blocked:
            assert got == (lots - 1) * lot
            return
    assert got is None or got >= (MOST_LOTS - 1) * lot


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(dice=DICE)
def test_a_basket_at_its_scale_is_the_largest_that_passes(kind: str, dice: Random) -> None:
    book, _ = make(dice, kind, gaps=False)
    orders = tuple(group_order(dice, book, f"o{number}") for number in range(2))
    question = Question(candidates=orders, today=TODAY, any_subset=dice.random() < 0.5)
    basket, _ = evaluate_basket(book.facts, book.rules, question)
    scale, pushing = Fraction(basket.scale), set(basket.culprits)
    if not pushing:
        return
    for factor, blocks in ((scale * Fraction(99, 100), False), (scale * Fraction(101, 100), True)):
        scaled = tuple(scaled_by(one, factor) if one.order_id in pushing else one for one in orders)
        if factor:
            answer = answer_rule(book.facts, book.rules[0], replace(question, candidates=scaled))
            assert (answer.outcome.value in ("breach", "unknown")) == (blocks and scale < 1)


def scaled_by(candidate: Candidate, factor: Fraction) -> Candidate:
    legs = tuple(
        Leg(fund_id=leg.fund_id, quantity=Fraction(leg.quantity) * factor)  # type: ignore[arg-type]  # a quantity no Decimal can hold
        for leg in candidate.legs
    )
    return replace(candidate, legs=legs)
