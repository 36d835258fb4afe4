"""The holdings behind a cell add up to it, whatever the kind; cells without any are refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.group_worlds import KINDS, group_book, group_rule
from tests.compliance.worlds import TODAY, make_book
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.contributing import NoHoldings, NoSuchCell, Part, parts_of
from tradeoms.compliance.evaluated import evaluated
from tradeoms.compliance.linear import CellResult
from tradeoms.compliance.policy import Rule
from tradeoms.compliance.schema.groups import BucketRule, CountRule, GrossRule, GroupsBase
from tradeoms.compliance.schema.orders import RestrictRule
from tradeoms.compliance.schema.owned import LadderRule
from tradeoms.compliance.schema.sums import RatioRule
from tradeoms.compliance.statecheck import level_of, settled, state_of
from tradeoms.domain.evaluation import FundFacts, Outcome, SecurityFacts

DICE = st.integers(min_value=0, max_value=2**48).map(Random)


def is_sum(rule: Rule, cell: CellResult) -> bool:
    """True where the numerator of a cell is the sum of what its holdings add."""
    if cell.outcome is Outcome.UNKNOWN or cell.num_after is None:
        return False
    grouped = isinstance(rule, GroupsBase) or (isinstance(rule, RatioRule) and rule.group_by)
    if cell.key is None and grouped:
        return False  # what is of unknown group may be a group of its own
    match rule:
        case RatioRule():
            return not rule.include_cash
        case BucketRule():
            return rule.count == "whole" or cell.key != "bucket"
        case CountRule():
            return cell.key != "n"
        case LadderRule():
            return rule.sign == "long"
        case _:
            return not isinstance(rule, RestrictRule | GrossRule)


def assert_adds_up(book: ComplianceBook) -> None:
    facts = settled(book.facts)
    for written in book.rules:
        rule = evaluated(written, TODAY)
        for fund in facts.funds.values():
            for cell in state_of(facts, rule, fund, TODAY) if level_of(rule) == "fund" else ():
                try:
                    parts = parts_of(facts, rule, fund, cell.key, TODAY)
                except NoHoldings:
                    continue
                except NoSuchCell:
                    assert cell.outcome is Outcome.UNKNOWN, (rule, cell)
                    continue
                if is_sum(rule, cell):
                    assert sum(one.value or 0 for one in parts) == cell.num_after, (rule, cell)


@settings(max_examples=200, deadline=None)
@given(DICE)
def test_the_holdings_behind_a_cell_add_up_to_it(dice: Random) -> None:
    assert_adds_up(make_book(dice))


@settings(max_examples=200, deadline=None)
@given(DICE)
def test_the_holdings_behind_a_cell_of_groups_add_up_to_it(dice: Random) -> None:
    rules = [group_rule(dice, dice.choice(KINDS), f"R{number}") for number in range(4)]
    assert_adds_up(group_book(dice, rules, gaps=dice.random() < 0.5, shorts=dice.random() < 0.5))


def world(*rules: dict[str, Any]) -> ComplianceBook:
    """Fund F is worth 1,000: 100 of A and 50 of B of one issuer, 60 of C of another, 40 of D short.

    Of E, held for 10, the issuer is not known.
    """
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=Decimal(1000), total_assets=Decimal(1000)))
    issuers = {"A": "I", "B": "I", "C": "J", "D": "K", "E": None}
    for name, quantity in {"A": 100, "B": 50, "C": 60, "D": -40, "E": 10}.items():
        free = {"duration": Decimal(2), "issued": Decimal(1000)}
        book.put_security(
            SecurityFacts(id=name, currency="EUR", issuer=issuers[name], attributes=free)
        )
        book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)
        book.set_position("F", name, Decimal(quantity))
    book.put_rules(parse_rules([{"id": "R", "source": "x", **rule} for rule in rules]))
    return book


def behind(rule: dict[str, Any], cell: str | None) -> list[Part]:
    book = world(rule)
    return parts_of(settled(book.facts), book.rules[0], book.facts.funds["F"], cell, TODAY)


BUCKET = {"kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4"}
TOP = {"kind": "topn", "group_by": "issuer", "max_by_n": {"1": "0.5", "2": "0.6"}}
COUNT = {"kind": "count", "group_by": "issuer", "max": 5, "above": "0.1"}
ISSUES = {"kind": "issues", "when_above": "0.1", "min_issues": 2, "per_issue_max": "0.08"}
RATIO = {"kind": "ratio", "group_by": "issuer", "max": "0.1"}


@pytest.mark.parametrize(
    ("rule", "cell", "wanted"),
    [
        (BUCKET, "bucket", {"A": 100, "B": 50, "C": 60}),
        ({**BUCKET, "threshold": "0.1"}, "bucket", {"A": 100, "B": 50}),
        (BUCKET, "I", {"A": 100, "B": 50}),
        (BUCKET, None, {"E": 10}),
        (BUCKET, "Z", {}),
        (TOP, "top1", {"A": 100, "B": 50}),
        (TOP, "top2", {"A": 100, "B": 50, "C": 60}),
        (COUNT, "n", {"A": 100, "B": 50}),
        (COUNT, "J", {"C": 60}),
        (ISSUES, "I", {"A": 100, "B": 50}),
        (ISSUES, "I|B", {"B": 50}),
        ({"kind": "gross", "max": "1"}, None, {"A": 100, "B": 50, "C": 60, "D": -40, "E": 10}),
        ({"kind": "wavg", "attr": "duration", "max": "5"}, None,
         {"A": 200, "B": 100, "C": 120, "D": -80, "E": 20}),
        (RATIO, "I", {"A": 100, "B": 50}),
        (RATIO, None, {"E": 10}),
        ({"kind": "ladder", "thresholds": ["0.05"], "own_by": "issuer", "den_attr": "x"}, "I",
         {"A": 100, "B": 50}),
        ({"kind": "short"}, "D", {"D": -40}),
        ({"kind": "restrict", "list": ["C"]}, "C", {"C": 60}),
    ],
)  # fmt: skip
def test_every_kind_names_the_holdings_that_make_up_its_cells(
    rule: dict[str, Any], cell: str | None, wanted: dict[str, int]
) -> None:
    found = {one.security_id: one.value for one in behind(rule, cell)}
    assert found == {name: Fraction(value) for name, value in wanted.items()}


@pytest.mark.parametrize(
    ("rule", "cell"),
    [
        (TOP, "top3"), (TOP, "I"), ({"kind": "gross", "max": "1"}, "I"),
        ({"kind": "wavg", "attr": "duration", "max": "5"}, "I"), ({"kind": "short"}, None),
        ({"kind": "ratio", "max": "0.1"}, "I"),
        ({**RATIO, "group_by": "id"}, None),
        ({**BUCKET, "group_by": "id"}, None), ({**TOP, "group_by": "id"}, None),
    ],
)  # fmt: skip
def test_a_cell_that_a_rule_does_not_have_is_refused(rule: dict[str, Any], cell: str) -> None:
    with pytest.raises(NoSuchCell):
        behind(rule, cell)


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "cash"}, {"kind": "coverage"}, {"kind": "order", "max_qty": "1"},
        {"kind": "cross"}, {"kind": "window", "rule": "min_holding", "days": 1},
        {"kind": "external", "figure": "VaR", "max": "1", "max_age_minutes": 1},
    ],
)  # fmt: skip
def test_a_rule_that_rests_on_no_holdings_says_so(rule: dict[str, Any]) -> None:
    with pytest.raises(NoHoldings, match=f"kind {rule['kind']}"):
        behind(rule, None)


def test_of_a_fund_without_value_no_bucket_is_known() -> None:
    book = world(BUCKET)
    book.set_nav("F", None)
    with pytest.raises(NoSuchCell):
        parts_of(settled(book.facts), book.rules[0], book.facts.funds["F"], "bucket", TODAY)
