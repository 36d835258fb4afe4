"""Groups held beside a benchmark: at least its weight less so much, at most so much more."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction
from typing import Any

import pytest

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance import ComplianceBook, parse_rule
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.explain import expand
from tradeoms.compliance.policy import PolicyError, canonical_json
from tradeoms.compliance.question import Question
from tradeoms.compliance.statecheck import judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import Evaluation, FundFacts

UNDER: dict[str, Any] = {"kind": "ratio", "group_by": "sector", "min_under_benchmark": "0.05"}
WEIGHTS = {"TECH": D("0.20"), "OIL": D("0.06"), "CARS": D("0.05")}


def book_of(rule: dict[str, Any], weights: dict[str, D]) -> ComplianceBook:
    """A fund of 10,000 with 18 % in technology and 1 % in something that no benchmark has."""
    book = load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": "10000", "cash": "5000"}},
            "securities": {
                "T": {"ccy": "EUR", "price": "10", "sector": "TECH"},
                "N": {"ccy": "EUR", "price": "10", "sector": "NEW"},
            },
            "positions": [["F", "T", "180"], ["F", "N", "10"]],
            "rules": [{"id": "R", "severity": "hard", **rule}],
        }
    )
    book.put_fund(FundFacts(id="F", currency="EUR", nav=D(10_000), benchmark=weights))
    return book


def ask(book: ComplianceBook, side: str, quantity: int, security: str = "T") -> Evaluation:
    """Check an order by every implementation; its evidence says the same."""
    raw = {"id": "o", "fund": "F", "sec": security, "side": side, "qty": quantity}
    candidate = candidate_of(raw)
    found = book.check(candidate, today=TODAY)
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    (told,) = expand(found.evidence, book.rules)
    assert told.outcome is found.outcome
    return found


def test_a_sale_is_let_out_down_to_the_weight_less_five_points() -> None:
    book = book_of(UNDER, WEIGHTS)
    within, beyond = ask(book, "sell", 30), ask(book, "sell", 31)
    assert (within.outcome.value, within.max_quantity) == ("pass", D(30))
    assert (beyond.outcome.value, beyond.max_quantity) == ("breach", D(30))
    assert ask(book, "sell", 10, "N").outcome.value == "pass"


def test_a_range_around_the_weight_has_two_ends() -> None:
    book = book_of(UNDER | {"max_over_benchmark": "0.03"}, WEIGHTS)
    assert (ask(book, "buy", 50).outcome.value, ask(book, "buy", 51).outcome.value) == (
        "pass", "breach",
    )  # fmt: skip
    assert ask(book, "sell", 31).max_quantity == D(30)


def test_exactly_at_the_weight_is_a_minimum_too() -> None:
    book = book_of(UNDER | {"min_under_benchmark": "0"}, {"TECH": D("0.18")})
    assert ask(book, "sell", 1).outcome.value == "breach"
    assert judge_all(book.facts, book.rules, {"F"}, TODAY).get("F", ()) == ()
    assert sweep(book.facts, book.rules, TODAY).verdicts == {}


def test_a_run_finds_the_groups_that_the_fund_holds_nothing_of() -> None:
    book = book_of(UNDER, WEIGHTS)
    exact = judge_all(book.facts, book.rules, {"F"}, TODAY)
    assert [(one.key, one.result.bound, one.result.limit) for one in exact["F"]] == [
        ("OIL", "min", Fraction(1, 100))
    ]
    assert sweep(book.facts, book.rules, TODAY).verdicts == exact


def test_without_a_benchmark_nothing_is_known_to_be_enough() -> None:
    book = book_of(UNDER, {})
    assert ask(book, "sell", 1).outcome.value == "unknown"
    exact = judge_all(book.facts, book.rules, {"F"}, TODAY)
    assert {one.result.outcome.value for one in exact["F"]} == {"unknown"}
    assert sweep(book.facts, book.rules, TODAY).verdicts == exact


@pytest.mark.parametrize(
    "more", [{"min": "0.1"}, {"level": "firm"}, {"group_by": []}], ids=["min", "level", "group"]
)
def test_what_cannot_stand_beside_it_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(PolicyError, match=r"min_under_benchmark|beside the benchmark"):
        parse_rule({"id": "R", **UNDER, **more})


def test_a_rule_without_it_is_written_as_before_there_was_one() -> None:
    ratio = parse_rule({"id": "R", "kind": "ratio", "max": "1"})
    assert "min_under_benchmark" not in canonical_json(ratio)
