"""The four implementations agree: arrays and reference, updates and rebuild, batch and sequence."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.worlds import (
    FUNDS,
    NOW,
    SECURITIES,
    TODAY,
    make_book,
    make_candidate,
    make_fund,
    make_open,
    make_price,
    make_quantity,
    make_security,
)
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.answer import verdicts_of, worst_action, worst_outcome
from tradeoms.compliance.basket import evaluate_basket, largest_quantity
from tradeoms.compliance.exact import decimal_of
from tradeoms.compliance.explain import expand
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.prepared import open_order
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import RuleAnswer, answer_rule
from tradeoms.compliance.sentences import name_in, passing_of
from tradeoms.domain.evaluation import Evaluation, Outcome, Verdict

DICE = st.integers(min_value=0, max_value=2**48).map(Random)


def numbers(cell: CellResult) -> tuple[object, ...]:
    """What must agree of a cell that can be judged."""
    return (
        cell.entity,
        cell.key,
        cell.outcome,
        cell.num_before,
        cell.num_after,
        cell.den_before,
        cell.den_after,
        cell.limit,
        cell.bound,
    )


def essence(answer: RuleAnswer) -> tuple[object, ...]:
    """Outcome and numbers of one rule; all unknown cells are alike."""
    known = {
        numbers(cell)
        for cell in answer.cells
        if cell.outcome is not Outcome.UNKNOWN and cell.num_before != cell.num_after
    }
    return (answer.rule.id, answer.outcome, known)


def known(verdicts: Sequence[Verdict]) -> set[Verdict]:
    """Verdicts that rest on numbers, with their sentences."""
    return {one for one in verdicts if one.numerator_after is not None}


def reference_of(book: ComplianceBook, question: Question) -> list[RuleAnswer]:
    return [answer_rule(book.facts, rule, question) for rule in book.rules]


def assert_agrees(book: ComplianceBook, evaluation: Evaluation, question: Question) -> None:
    answers = reference_of(book, question)
    assert evaluation.outcome is worst_outcome(one.outcome for one in answers)
    assert evaluation.action is worst_action(answers)
    most, binding = largest_quantity(book.facts, book.rules, question, question.candidates[0])
    assert evaluation.max_quantity == (None if most is None else decimal_of(most))
    assert evaluation.binding_rule == binding
    passing = passing_of(book.facts, question.candidates[0], most, binding)
    told = verdicts_of(answers, partial(name_in, book.facts), passing)
    assert known(evaluation.verdicts) == known(told)
    expanded = expand(evaluation.evidence, book.rules)
    for one, wanted in zip(expanded, answers, strict=True):
        assert essence(one) == essence(wanted)


@settings(max_examples=150, deadline=None)
@given(DICE)
def test_a_check_equals_the_exact_reference_cell_by_cell(dice: Random) -> None:
    book = make_book(dice)
    for number in range(3):
        candidate = make_candidate(dice, f"o{number}")
        evaluation = book.check(candidate, today=TODAY, now=NOW)
        assert_agrees(book, evaluation, Question(candidates=(candidate,), today=TODAY, now=NOW))


@settings(max_examples=100, deadline=None)
@given(DICE)
def test_orders_checked_in_one_pass_do_not_see_each_other(dice: Random) -> None:
    book = make_book(dice)
    candidates = [make_candidate(dice, f"o{number}") for number in range(4)]
    found = book.check_each(candidates, today=TODAY, now=NOW)
    for candidate, evaluation in zip(candidates, found, strict=True):
        assert_agrees(book, evaluation, Question(candidates=(candidate,), today=TODAY, now=NOW))


@settings(max_examples=300, deadline=None)
@given(DICE, st.sampled_from(["net", "worst"]))
def test_a_basket_by_running_sums_equals_the_exact_reference(dice: Random, mode: str) -> None:
    book = make_book(dice, gaps=dice.random() < 0.3)
    candidates = tuple(make_candidate(dice, f"o{number}") for number in range(dice.randint(2, 6)))
    question = Question(candidates=candidates, today=TODAY, any_subset=mode == "worst")
    wanted, _ = evaluate_basket(book.facts, book.rules, question)
    got = book.check_basket(candidates, mode=mode, today=TODAY)
    assert known_numbers(got.verdicts) == known_numbers(wanted.verdicts)
    assert replace(got, verdicts=()) == replace(wanted, verdicts=())


def known_numbers(verdicts: Iterable[Verdict]) -> set[Verdict]:
    """The verdicts with numbers, without their words."""
    return {replace(one, explanation="") for one in verdicts if one.numerator_after is not None}


def change(dice: Random, book: ComplianceBook, number: int) -> None:
    """Do one random thing to the book."""
    fund, security = dice.choice(FUNDS), dice.choice(SECURITIES)
    match dice.randint(0, 9):
        case 0:
            book.set_position(fund, security, make_quantity(dice))
        case 1:
            book.add_position(fund, security, Decimal(dice.choice([-5, 5, 7])))
        case 2:
            book.reserve(make_open(dice, f"open {number % 4}"))
        case 3:
            book.release(f"open {number % 4}")
        case 4:
            book.put_price(security_id=security, price=make_price(dice, gaps=True), as_of=TODAY)
        case 5:
            book.set_cash(fund, dice.choice(["EUR", "USD"]), Decimal(dice.choice([0, 777])))
        case 6:
            book.set_nav(fund, dice.choice([None, Decimal(0), Decimal(1500), Decimal(999)]))
        case 8:
            book.put_security(make_security(dice, security, gaps=True))
        case 7:
            book.put_fund(make_fund(dice, fund, gaps=True))
        case _:
            book.put_fx(
                from_currency="USD", to_currency="EUR", rate=Decimal(dice.choice(["0.5", "0.75"]))
            )


def fresh(book: ComplianceBook) -> ComplianceBook:
    """The same facts, added up from nothing."""
    other = ComplianceBook()
    other.facts = book.facts  # type: ignore[misc]  # a twin that shares the facts, for this test
    other.put_rules(book.rules)
    return other


@settings(max_examples=40, deadline=None)
@given(DICE)
def test_the_running_sums_equal_a_rebuild_after_any_changes(dice: Random) -> None:
    book = make_book(dice)
    book.check(make_candidate(dice, "first"), today=TODAY, now=NOW)
    for number in range(12):
        for _ in range(dice.randint(1, 4)):
            change(dice, book, number)
        candidate = make_candidate(dice, "probe")
        evaluation = book.check(candidate, today=TODAY, now=NOW)
        assert_agrees(book, evaluation, Question(candidates=(candidate,), today=TODAY, now=NOW))
        rebuilt = fresh(book).check(candidate, today=TODAY, now=NOW)
        assert replace(rebuilt, evidence="") == replace(evaluation, evidence="")


@settings(max_examples=100, deadline=None)
@given(DICE)
def test_a_batch_equals_checking_and_reserving_one_by_one(dice: Random) -> None:
    book = make_book(dice, gaps=dice.random() < 0.5)
    twin = ComplianceBook()
    candidates = [make_candidate(dice, f"o{number % 7}") for number in range(dice.randint(1, 9))]
    twin.facts = copy.deepcopy(book.facts)  # type: ignore[misc]  # a twin with its own facts
    twin.put_rules(book.rules)
    expected = []
    for candidate in candidates:
        evaluation = twin.check(candidate, today=TODAY, now=NOW)
        if evaluation.action.allows:
            twin.reserve(open_order(candidate))
        expected.append(evaluation)
    got = book.check_batch(candidates, today=TODAY, now=NOW)
    plain = [replace(one, evidence="") for one in got]
    assert plain == [replace(one, evidence="") for one in expected]
    for one, wanted in zip(got, expected, strict=True):
        assert [essence(cell) for cell in expand(one.evidence, book.rules)] == [
            essence(cell) for cell in expand(wanted.evidence, book.rules)
        ]
    assert book.facts.open_orders == twin.facts.open_orders
    probe = make_candidate(dice, "probe")
    after = book.check(probe, today=TODAY, now=NOW)
    assert replace(after, evidence="") == replace(
        twin.check(probe, today=TODAY, now=NOW), evidence=""
    )
