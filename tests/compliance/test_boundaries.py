"""At the limit: where doubles and tolerances decide wrongly, and what evidence keeps."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tradeoms.compliance import ComplianceBook, parse_rule, parse_rules
from tradeoms.compliance.explain import WrongRules, expand
from tradeoms.domain.evaluation import (
    Action,
    Candidate,
    FundFacts,
    Leg,
    OpenOrder,
    Outcome,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

TODAY = date(2026, 3, 2)
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUER_LIMIT = {"id": "R", "kind": "ratio", "group_by": "issuer", "max": "0.05"}


def world(
    *rules: dict[str, Any], nav: str = "1000000", price: str = "10", **facts: Any
) -> ComplianceBook:
    book = ComplianceBook()
    for fund in ("F1", "F2", "F3"):
        book.put_fund(
            FundFacts(id=fund, currency="EUR", nav=Decimal(nav), total_assets=Decimal(nav))
        )
        book.set_cash(fund, "EUR", Decimal(nav))
    for security in ("A", "B"):
        book.put_security(
            SecurityFacts(id=security, currency="EUR", issuer=f"I{security}", **facts)
        )
        book.put_price(security_id=security, price=Decimal(price), as_of=TODAY)
    book.put_rules(parse_rules(rules))
    return book


def buy(quantity: str, *funds: str, order_id: str = "o1", security: str = "A") -> Candidate:
    return Candidate(
        order_id=order_id,
        security_id=security,
        side=Side.BUY,
        legs=tuple(Leg(fund_id=fund, quantity=Decimal(quantity)) for fund in funds or ("F1",)),
    )


@pytest.mark.parametrize(
    ("nav", "price", "quantity", "outcome", "most"),
    [
        ("1000000000001", "50000000000.05", "1", Outcome.PASS, "1"),
        ("1000000000000", "50000000000.01", "1", Outcome.BREACH, "0"),
        ("1000000000000.2", "50000000000.01", "1", Outcome.PASS, "1"),
        ("6", "0.1", "3", Outcome.PASS, "3"),
        ("5.9999999999", "0.1", "3", Outcome.BREACH, "2"),
        ("900719925474099.3", "45035996273704.965", "1", Outcome.PASS, "1"),
        ("900719925474099.2999999999", "45035996273704.965", "1", Outcome.BREACH, "0"),
        ("0.0000000002", "0.0000000001", "0.1", Outcome.PASS, "0.1"),
    ],
)
def test_a_verdict_at_the_limit_is_exact(
    nav: str, price: str, quantity: str, outcome: Outcome, most: str
) -> None:
    book = world(ISSUER_LIMIT, nav=nav, price=price, lot=Decimal("0.1" if "." in most else 1))
    evaluation = book.check(buy(quantity), today=TODAY)
    assert (evaluation.outcome, evaluation.max_quantity) == (outcome, Decimal(most))


def test_numbers_too_fine_for_the_arrays_are_judged_by_the_reference() -> None:
    book = world(ISSUER_LIMIT, nav="1", price="0.0000000001", factor=Decimal("0.0000000000001"))
    evaluation = book.check(buy("0.0000000001"), today=TODAY)
    assert evaluation.outcome is Outcome.PASS
    assert expand(evaluation.evidence, book.rules)[0].cells[0].num_after == Fraction(1, 10**33)


def test_the_largest_quantity_is_shared_over_the_legs_as_typed() -> None:
    book = world(ISSUER_LIMIT)
    candidate = Candidate(
        order_id="o1",
        security_id="A",
        side=Side.BUY,
        legs=(
            Leg(fund_id="F1", quantity=Decimal(100)),
            Leg(fund_id="F2", quantity=Decimal(300)),
        ),
    )
    evaluation = book.check(candidate, today=TODAY)
    assert (evaluation.max_quantity, evaluation.binding_rule) == (Decimal(6666), "R")


def test_an_open_order_of_the_same_id_is_left_out_of_its_own_check() -> None:
    book = world(ISSUER_LIMIT)
    candidate = buy("5000")
    assert book.check_batch([candidate], today=TODAY)[0].outcome is Outcome.PASS
    assert book.check(candidate, today=TODAY).outcome is Outcome.PASS
    assert book.check(buy("1", order_id="o2"), today=TODAY).outcome is Outcome.BREACH


def test_a_reservation_of_the_same_id_replaces_the_first() -> None:
    book = world(ISSUER_LIMIT)
    for quantity in ("5000", "4000"):
        book.reserve(
            OpenOrder(
                order_id="p",
                security_id="A",
                side=Side.BUY,
                legs=(Leg(fund_id="F1", quantity=Decimal(quantity)),),
            )
        )
    assert book.check(buy("1000"), today=TODAY).outcome is Outcome.PASS
    book.release("p")
    book.release("p")
    assert book.check(buy("5000"), today=TODAY).outcome is Outcome.PASS


def test_messages_and_repetition_count_what_was_sent() -> None:
    rate = {"id": "RATE", "kind": "order", "max_messages": 2, "per_seconds": 1}
    again = {"id": "TWICE", "kind": "order", "duplicate_seconds": 5, "severity": "soft"}
    book = world(rate, again)
    for seconds in (0.9, 0.5):
        book.messages.note(
            fund_id="F1",
            security_id="A",
            side=Side.BUY,
            quantity=Decimal(7),
            at=NOON - timedelta(seconds=seconds),
        )
    evaluation = book.check(buy("7"), today=TODAY, now=NOON)
    assert [(one.rule_id, one.outcome) for one in evaluation.verdicts] == [
        ("RATE", Outcome.BREACH),
        ("TWICE", Outcome.BREACH),
    ]
    later = NOON + timedelta(seconds=4.4)
    assert book.check(buy("7"), today=TODAY, now=later).action is Action.BLOCK_SOFT
    assert book.check(buy("8"), today=TODAY, now=later).action is Action.ALLOW


def test_an_order_that_cannot_be_tested_is_never_a_pass() -> None:
    book = world()
    orders = [buy("0"), buy("1", "F9"), buy("1", security="Z"), buy("-1")]
    for candidate, one in zip(orders, book.check_batch(orders, today=TODAY), strict=True):
        assert (one.order_id, one.outcome, one.action, one.waiting_for) == (
            candidate.order_id,
            Outcome.UNKNOWN,
            Action.BLOCK_HARD,
            ("data",),
        )


def test_evidence_is_read_only_with_the_rules_it_names() -> None:
    book = world(ISSUER_LIMIT)
    evidence = book.check(buy("1"), today=TODAY).evidence
    with pytest.raises(WrongRules):
        expand(evidence, [parse_rule(ISSUER_LIMIT | {"max": "0.06"})])


def test_an_explanation_is_one_plain_sentence() -> None:
    book = world(ISSUER_LIMIT | {"title": "Issuer limit"})
    (verdict,) = book.check(buy("5001"), today=TODAY).verdicts
    assert verdict.explanation == (
        "Issuer IA would be 5.001 % of F1's net assets; limit 5 %; "
        "at most 5,000 of 5,001 units pass."
    )
