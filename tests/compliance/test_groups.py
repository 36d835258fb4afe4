"""Rules about groups against brute force: every subset that may fill, every quantity lot by lot."""

from __future__ import annotations

import copy
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
    SECURITIES,
    TODAY,
    Oracle,
    group_book,
    group_open,
    group_order,
    group_rule,
)
from tests.compliance.test_agreement import assert_agrees, fresh, known
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.basket import evaluate_basket
from tradeoms.compliance.explain import expand
from tradeoms.compliance.prepared import open_order
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
    book = group_book(dice, [rule], gaps=gaps, shorts=kind in ("gross", "topn"))
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


def group_change(dice: Random, book: ComplianceBook, number: int) -> None:
    """Do one random thing to the book."""
    fund, security = dice.choice(["F1", "F2"]), dice.choice(SECURITIES)
    match dice.randint(0, 6):
        case 0:
            quantity = Decimal(dice.choice([0, 4, 10, 25, -3]))
            book.set_position(fund, security, quantity)
        case 1:
            book.reserve(group_open(dice, book, f"p{number % 3}"))
        case 2:
            book.release(f"p{number % 3}")
        case 3:
            price = dice.choice([None, Decimal(10), Decimal("7.5"), Decimal("0.001")])
            book.put_price(security_id=security, price=price, as_of=TODAY)
        case 4:
            book.set_nav(fund, dice.choice([None, Decimal(0), Decimal(1000), Decimal(1500)]))
        case 5:
            known = book.facts.securities[security]
            issuer = dice.choice([None, "I1", "I2", "I3", "I5"])
            book.put_security(replace(known, issuer=issuer))
        case _:
            book.set_position(fund, security, Decimal(dice.choice([5, 10, 20])))


@settings(max_examples=40, deadline=None)
@given(DICE)
def test_standings_equal_the_reference_and_a_rebuild_after_any_changes(dice: Random) -> None:
    rules = [group_rule(dice, dice.choice(KINDS), f"R{number}") for number in range(3)]
    for rule in rules:
        rule["on_missing"] = dice.choice(["block", "block", "disregard", "warn"])
        rule["on_missing_key"] = dice.choice(["bound", "bound", "block"])
    book = group_book(dice, rules, gaps=dice.random() < 0.3, shorts=dice.random() < 0.5)
    for number in range(4):
        candidate = group_order(dice, book, "o")
        question = Question(candidates=(candidate,), today=TODAY)
        evaluation = book.check(candidate, today=TODAY)
        assert_agrees(book, evaluation, question)
        assert replace(fresh(book).check(candidate, today=TODAY), evidence="") == replace(
            evaluation, evidence=""
        )
        group_change(dice, book, number)


@settings(max_examples=15, deadline=None)
@given(DICE)
def test_a_batch_with_rules_about_groups_equals_one_by_one(dice: Random) -> None:
    rules = [group_rule(dice, dice.choice(KINDS), f"R{number}") for number in range(4)]
    book = group_book(dice, rules, gaps=False)
    twin = ComplianceBook()
    twin.facts = copy.deepcopy(book.facts)  # type: ignore[misc]  # a twin with its own facts
    twin.put_rules(book.rules)
    orders = [group_order(dice, book, f"o{number}") for number in range(4)]
    expected = []
    for one in orders:
        expected.append(twin.check(one, today=TODAY))
        if expected[-1].action.allows:
            twin.reserve(open_order(one))
    got = book.check_batch(orders, today=TODAY)
    assert [replace(one, evidence="") for one in got] == [
        replace(one, evidence="") for one in expected
    ]
    probes = [replace(one, order_id=f"probe {one.order_id}") for one in orders]
    each = book.check_each(probes, today=TODAY)
    alone = [book.check(one, today=TODAY) for one in probes]
    assert [replace(one, evidence="") for one in each] == [
        replace(one, evidence="") for one in alone
    ]
    for got_one, other in zip(each, alone, strict=True):
        assert expand(got_one.evidence, book.rules) == expand(other.evidence, book.rules)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, deadline=None)
@given(dice=DICE, mode=st.sampled_from(["net", "worst"]))
def test_a_basket_is_tested_against_rules_about_groups(kind: str, dice: Random, mode: str) -> None:
    book, _ = make(dice, kind, gaps=dice.random() < 0.3)
    orders = tuple(group_order(dice, book, f"o{number}") for number in range(3))
    question = Question(candidates=orders, today=TODAY, any_subset=mode == "worst")
    wanted, _ = evaluate_basket(book.facts, book.rules, question)
    got = book.check_basket(orders, mode=mode, today=TODAY)
    assert known(got.verdicts) == known(wanted.verdicts)
    assert replace(got, verdicts=()) == replace(wanted, verdicts=())
