"""Funds that a rule of any kind lets out until a day, and that it tests again on the next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.compliance.owned_rules import exemption
from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance import ComplianceBook, parse_rule
from tradeoms.compliance.admission import unknown_funds
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.policy import PolicyError, canonical_json
from tradeoms.compliance.question import Question
from tradeoms.compliance.statecheck import is_exempt, judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import Outcome

#: One rule of every kind that both what is held and a purchase of ten break.
RULES: dict[str, dict[str, Any]] = {
    "restrict": {"kind": "restrict", "list": ["A"]},
    "cash": {"kind": "cash", "min": "100000"},
    "bucket": {"kind": "bucket", "group_by": "issuer", "threshold": "0", "bucket_max": "0.01"},
    "topn": {"kind": "topn", "group_by": "issuer", "max_by_n": {1: "0.01"}},
    "count": {"kind": "count", "group_by": "issuer", "max": 9, "per_group_max": "0.01"},
    "issues": {"kind": "issues", "when_above": "0.01", "min_issues": 2, "per_issue_max": "0.9"},
    "gross": {"kind": "gross", "max": "0.01"},
    "wavg": {"kind": "wavg", "attr": "duration", "max": "1"},
    "external": {"kind": "external", "figure": "var", "max": "0.2", "max_age_minutes": 60},
}
#: Kinds that test orders alone.
ORDERS_ALONE: dict[str, dict[str, Any]] = {
    "order": {"kind": "order", "max_qty": "1"},
    "cross": {"kind": "cross", "mode": "self_match"},
    "window": {"kind": "window", "rule": "min_holding", "days": 5},
}
LIMIT_IN_A_CELL = "`cells` and `limit` belong to ratio and ownership"


def book_of(rule: dict[str, Any], until: str) -> ComplianceBook:
    """Two funds that hold the same; the exception lets the first of them out."""
    fund = {"base": "EUR", "nav": "10000", "cash": "5000"}
    raw = {
        "funds": {"NEW": fund, "OLD": fund},
        "securities": {"A": {"ccy": "EUR", "price": "10", "issuer": "I", "duration": "4"}},
        "positions": [["NEW", "A", "100"], ["OLD", "A", "100"]],
        "rules": [
            {"id": "R", "severity": "hard", **rule,
             "exceptions": [exemption({"funds": ["NEW"]}, until)]}
        ],
    }  # fmt: skip
    return load_book(raw)


def asked(book: ComplianceBook, fund: str) -> Outcome:
    """The answer about a purchase of ten, of every implementation."""
    raw = {"id": "o", "fund": fund, "sec": "A", "side": "buy", "qty": 10}
    candidate = candidate_of(raw)
    found = book.check(candidate, today=TODAY)
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    basket = book.check_basket([candidate], mode="net", today=TODAY)
    assert (basket.outcome, basket.max_quantity["o"]) == (found.outcome, found.max_quantity)
    return found.outcome


STOPS = {Outcome.BREACH, Outcome.UNKNOWN}
HELD = {Outcome.NOT_TESTED, Outcome.PASS}


@pytest.mark.parametrize("kind", RULES)
def test_a_fund_is_let_out_to_the_last_day_and_the_others_are_not(kind: str) -> None:
    book = book_of(RULES[kind], until=str(TODAY))
    assert (asked(book, "NEW") in HELD, asked(book, "OLD") in STOPS) == (True, True)
    exact = judge_all(book.facts, book.rules, {"NEW", "OLD"}, TODAY)
    assert exact.get("NEW", ()) == ()
    assert {one.result.outcome for one in exact["OLD"]} <= STOPS
    assert sweep(book.facts, book.rules, TODAY).verdicts.get("OLD") == exact["OLD"]
    assert "NEW" not in sweep(book.facts, book.rules, TODAY).verdicts
    assert is_exempt(book.rules[0], "NEW", None, TODAY)
    assert not is_exempt(book.rules[0], "OLD", None, TODAY)


@pytest.mark.parametrize("kind", RULES)
def test_on_the_next_day_the_rule_holds_again(kind: str) -> None:
    book = book_of(RULES[kind], until=str(TODAY - timedelta(days=1)))
    assert asked(book, "NEW") in STOPS
    assert judge_all(book.facts, book.rules, {"NEW"}, TODAY)["NEW"]
    assert not is_exempt(book.rules[0], "NEW", None, TODAY)


def test_a_rule_about_orders_lets_a_fund_out_too() -> None:
    book = book_of(ORDERS_ALONE["order"], until=str(TODAY))
    assert (asked(book, "NEW") in HELD, asked(book, "OLD")) == (True, Outcome.BREACH)


@pytest.mark.parametrize("rule", [*RULES.values(), *ORDERS_ALONE.values()])
@pytest.mark.parametrize(
    "exception",
    [
        exemption({"cells": ["I"]}, "2026-12-31"),
        exemption({"funds": ["NEW"], "cells": ["I"]}, "2026-12-31"),
        exemption({"funds": ["NEW"]}, "2026-12-31", limit="0.5"),
        exemption({}, "2026-12-31"),
    ],
)
def test_single_cells_and_limits_belong_to_shares_alone(
    rule: dict[str, Any], exception: dict[str, Any]
) -> None:
    with pytest.raises(PolicyError, match=LIMIT_IN_A_CELL):
        parse_rule({"id": "R", **rule, "exceptions": [exception]})


def test_a_rule_without_exceptions_is_written_as_before_there_were_any() -> None:
    assert "exceptions" not in canonical_json(parse_rule({"id": "R", **RULES["gross"]}))
    ratio = {"id": "R", "kind": "ratio", "max": "1"}
    assert '"exceptions":[]' in canonical_json(parse_rule(ratio))


def test_a_fund_that_does_not_exist_is_no_exception() -> None:
    exceptions = [exemption({"funds": ["OLD", "NONE"]}, "2026-12-31")]
    rule = parse_rule({"id": "R", **RULES["gross"], "exceptions": exceptions})
    found = [(fault.field, fault.value) for fault in unknown_funds(rule, {"OLD"})]
    assert found == [("exceptions.0.match.funds", "NONE")]
