"""Limits in money: of funds together they are in the currency that the rule names."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction
from typing import Any

import pytest

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance import ComplianceBook, parse_rule
from tradeoms.compliance.admission import idle_words
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.explain import expand
from tradeoms.compliance.policy import PolicyError, canonical_json
from tradeoms.compliance.question import Question
from tradeoms.compliance.statecheck import judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import Evaluation, FundFacts

ISSUER: dict[str, Any] = {"kind": "ratio", "group_by": "issuer", "den": "one"}
#: Limits of 1,000, one of every kind that may have one in money.
RULES: dict[str, dict[str, Any]] = {
    "ratio": ISSUER | {"max": "1000"},
    "curved": ISSUER | {"max": "1000", "measure": "mv_abs"},
    "exposure": ISSUER | {"max": "1000", "measure": "exposure"},
    "cash": {"kind": "ratio", "den": "one", "max": "1000", "include_cash": True, "select":
             [["id", "==", "A"]]},
    "bucket": {"kind": "bucket", "group_by": "issuer", "den": "one", "threshold": "1",
               "bucket_max": "1000"},
    "topn": {"kind": "topn", "group_by": "issuer", "den": "one", "max_by_n": {1: "1000"}},
    "count": {"kind": "count", "group_by": "issuer", "den": "one", "above": "1000", "max": 0},
    "per group": {"kind": "count", "group_by": "issuer", "den": "one", "max": 9,
                  "per_group_max": "1000"},
    "issues": {"kind": "issues", "den": "one", "when_above": "1000", "min_issues": 2,
               "per_issue_max": "1"},
    "gross": {"kind": "gross", "den": "one", "max": "1000"},
}  # fmt: skip
#: Kinds of which the orders of these tests lead to a cell that cash and shares both move.
CASH = "cash"


def book_of(rule: dict[str, Any]) -> ComplianceBook:
    """A dollar fund, one price and one holding; a rate of 100 yen to the dollar and back."""
    return load_book(
        {
            "funds": {"WEST": {"base": "USD", "nav": "1000000", "cash": "0"}},
            "fx": {"USD/JPY": "100", "JPY/USD": "0.01"},
            "securities": {"A": {"ccy": "USD", "price": "10", "issuer": "I"}},
            "positions": [["WEST", "A", "20"]],
            "rules": [{"id": "R", "severity": "hard", **rule}],
        }
    )


def load_a_yen_fund(book: ComplianceBook) -> None:
    """Its name is the first of all."""
    book.put_fund(FundFacts(id="ASIA", currency="JPY", nav=D(1)))
    book.set_cash("ASIA", "JPY", D(0))


def ask(book: ComplianceBook, quantity: int, fund: str = "WEST") -> Evaluation:
    """Check a purchase by every implementation, the state too, and return what they agree on."""
    raw = {"id": "o", "fund": fund, "sec": "A", "side": "buy", "qty": quantity, "limit": "9"}
    candidate = candidate_of(raw)
    found = book.check(candidate, today=TODAY)
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    basket = book.check_basket([candidate], mode="net", today=TODAY)
    assert (basket.outcome, basket.max_quantity["o"]) == (found.outcome, found.max_quantity)
    names = {"WEST", "ASIA", "firm"} & {*book.facts.funds, "firm"}
    exact = judge_all(book.facts, book.rules, names, TODAY)
    swept = sweep(book.facts, book.rules, TODAY, names=names).verdicts
    assert {name: kept for name, kept in exact.items() if kept} == swept
    return found


@pytest.mark.parametrize("level", ["fund", "firm"])
@pytest.mark.parametrize("currency", ["USD", "JPY"])
@pytest.mark.parametrize("name", RULES)
def test_a_limit_in_money_is_in_its_currency_whatever_funds_are_loaded(
    name: str, currency: str, level: str
) -> None:
    rule = RULES[name] | {"level": level, "currency": currency}
    if currency == "JPY":
        text = {key: one for key, one in rule.items() if one == "1000"}
        rule |= dict.fromkeys(text, "100000")
        rule |= {"max_by_n": {1: "100000"}} if "max_by_n" in rule else {}
    book = book_of(rule)
    quantity = 800 if name == CASH else 80  # a purchase at 9 adds a value of 10 and takes 9
    for load in (lambda _: None, load_a_yen_fund):
        load(book)
        within, beyond = ask(book, quantity), ask(book, quantity + 1)
        assert (within.outcome.value, within.max_quantity) == ("pass", D(quantity))
        assert (beyond.outcome.value, beyond.max_quantity) == ("breach", D(quantity))


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_limit_of_no_said_currency_is_unknown_where_the_funds_have_several(
    rule: dict[str, Any],
) -> None:
    book = book_of(rule | {"level": "firm"})
    assert ask(book, 1).outcome.value == "pass"
    load_a_yen_fund(book)
    found = ask(book, 1)
    assert (found.outcome.value, found.max_quantity) == ("unknown", D(0))
    assert "names no currency, and the funds have several" in found.verdicts[0].explanation
    states = judge_all(book.facts, book.rules, {"firm"}, TODAY)["firm"]
    assert {one.result.outcome.value for one in states} == {"unknown"}


def test_the_limit_of_one_fund_is_in_its_own_currency_unless_it_names_one() -> None:
    book = book_of(ISSUER | {"max": "1000"})
    load_a_yen_fund(book)
    assert ask(book, 1, "ASIA").max_quantity == D(1)
    book.put_rules([book.rules[0].model_copy(update={"currency": "USD"})])
    assert ask(book, 1, "ASIA").max_quantity == D(100)


def test_a_rate_that_is_missing_leaves_the_limit_unknown() -> None:
    book = book_of(ISSUER | {"max": "1000", "level": "firm", "currency": "CHF"})
    found = ask(book, 1)
    assert (found.outcome.value, found.max_quantity) == ("unknown", D(0))


#: Made when a limit that names no currency was in that of the first fund by its name.
BEFORE = (
    '{"v":3,"rules":"82e86189856f200f","day":"2026-03-02","side":"buy","type":"limit","limit":"9",'
    '"sec":{"id":"A","ccy":"USD","price":"10","is":{"issuer":"I"}},'
    '"legs":[[{"id":"WEST","ccy":"USD"},"80"]],"cells":[5,0,15,"AMgXqAQ="],"fx":{"JPY":"100"},'
    '"above":[["firm","firm","JPY","1","100000001",null,"100000001","100000001"]]}'
)


def test_a_check_of_before_reads_as_it_was_made() -> None:
    rules = book_of(ISSUER | {"max": "1000", "level": "firm"}).rules
    (answer,) = expand(BEFORE, rules)
    (cell,) = answer.cells
    assert (answer.rule, answer.outcome.value) == (rules[0], "breach")
    assert (cell.num_before, cell.num_after) == (Fraction(20_000), Fraction(100_000))


OPEN: dict[str, Any] = {"id": "R", "kind": "ratio", "den": "one", "max": "9", "level": "firm"}


@pytest.mark.parametrize(
    "rule",
    [OPEN, OPEN | {"level": "family", "measure": "exposure"}]
    + [{"id": "R", **RULES[name], "level": "group:G"} for name in ("bucket", "topn", "gross")],
)
def test_a_new_rule_of_several_funds_names_the_currency_of_its_limit(rule: dict[str, Any]) -> None:
    assert [fault.field for fault in idle_words(parse_rule(rule))] == ["currency"]
    assert list(idle_words(parse_rule(rule | {"currency": "USD"}))) == []


@pytest.mark.parametrize(
    "rule",
    [
        OPEN | {"den": "nav"},
        OPEN | {"measure": "qty"},
        {"id": "R", "kind": "count", "group_by": "issuer", "den": "one", "max": 3},
        {"id": "R", "kind": "gross", "max": "1"},
    ],
)
def test_a_currency_belongs_to_a_limit_in_money(rule: dict[str, Any]) -> None:
    assert list(idle_words(parse_rule(rule))) == []
    with pytest.raises(PolicyError, match="`currency` belongs to a limit in money"):
        parse_rule(rule | {"currency": "USD"})


def test_a_rule_without_a_currency_is_written_as_before_there_was_one() -> None:
    for name in ("ratio", "gross"):
        assert "currency" not in canonical_json(parse_rule({"id": "R", **RULES[name]}))
    assert '"currency":null' in canonical_json(parse_rule({"id": "R", "kind": "cash"}))
