"""Two funds and one security of which two hundred are in issue: a house for single cases."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.basket import evaluate_basket
from tradeoms.compliance.question import Question
from tradeoms.compliance.reference import undisclosed
from tradeoms.domain.evaluation import (
    Candidate,
    Evaluation,
    FundFacts,
    Leg,
    OpenOrder,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ISSUED = 200
SIGN = {Side.BUY: 1, Side.SELL: -1}


def book_of(*rules: dict[str, Any], held: int = 0, opens: tuple[int, ...] = ()) -> ComplianceBook:
    """Two funds; A with 200 in issue, held by F1, with open orders of F2 in it."""
    book = ComplianceBook()
    for fund_id in ("F1", "F2"):
        book.put_fund(FundFacts(id=fund_id, currency="EUR", nav=Decimal(10**6)))
    book.put_security(
        SecurityFacts(
            id="A",
            currency="EUR",
            issuer="I1",
            attributes={"shares_out": Decimal(ISSUED), "duration": Decimal(4)},
        )
    )
    book.put_price(security_id="A", price=Decimal(10), as_of=TODAY)
    book.set_position("F1", "A", Decimal(held))
    for number, quantity in enumerate(opens):
        book.reserve(
            OpenOrder(
                order_id=f"open {number}",
                security_id="A",
                side=Side.BUY if quantity > 0 else Side.SELL,
                legs=(Leg(fund_id="F2", quantity=Decimal(abs(quantity))),),
            )
        )
    book.put_rules(parse_rules(rules))
    return book


def order(side: Side, quantity: int, fund_id: str = "F1", security_id: str = "A") -> Candidate:
    return Candidate(
        order_id="o",
        security_id=security_id,
        side=side,
        legs=(Leg(fund_id=fund_id, quantity=Decimal(quantity)),),
    )


def ask(book: ComplianceBook, candidate: Candidate) -> Evaluation:
    return book.check(candidate, today=TODAY, now=NOW)


def ask_both(book: ComplianceBook, candidate: Candidate) -> Evaluation:
    """The answer from running sums, which the exact reference must share."""
    found = ask(book, candidate)
    question = Question(candidates=(candidate,), today=TODAY, now=NOW)
    wanted, _ = evaluate_basket(book.facts, book.rules, question)
    assert found.outcome is wanted.outcome
    assert found.max_quantity == wanted.max_quantity[candidate.order_id]
    return found


def silent(book: ComplianceBook, candidate: Candidate) -> Fraction | None:
    """The largest quantity of which the first rule, a ladder, has nothing to disclose."""
    question = Question(candidates=(candidate,), today=TODAY, now=NOW)
    return undisclosed(book.facts, book.rules[0], question, candidate)
