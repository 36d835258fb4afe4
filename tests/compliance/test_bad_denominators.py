"""Over a denominator that is not positive only what is held, and not sold already, may be sold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.explain import expand
from tradeoms.compliance.question import Question

ROW: dict[str, Any] = {"kind": "ratio", "group_by": "issuer", "max": "0.25"}
RULES: dict[str, dict[str, Any]] = {
    "row": ROW,
    "minimum": {"kind": "ratio", "group_by": "issuer", "min": "0.01"},
    "curved": ROW | {"measure": "mv_long"},
    "firm": ROW | {"level": "firm"},
    "scan": {"kind": "ratio", "group_by": "issuer",
             "limit_by": {"attr": "type", "map": {}, "default": "0.1"}},
    "bucket": {"kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4"},
    "per group": {"kind": "bucket", "group_by": "issuer", "threshold": "0.05", "bucket_max": "0.4",
                  "per_group_max": "0.1"},
    "topn": {"kind": "topn", "group_by": "issuer", "max_by_n": {1: "0.1"}},
    "count": {"kind": "count", "group_by": "issuer", "max": 1, "above": "0.05"},
    "issues": {"kind": "issues", "issuer_key": "issuer", "issue_key": "id", "when_above": "0.35",
               "min_issues": 2, "per_issue_max": "0.3"},
    "gross": {"kind": "gross", "net_by": "issuer", "max": "1"},
}  # fmt: skip


def book_of(rule: dict[str, Any], *, nav: str, selling: int, held: int = 10) -> ComplianceBook:
    """A fund that holds ``held`` of `A` and has an open sale of ``selling`` and a purchase of 3."""
    legs = {"fund": "F", "sec": "A"}
    return load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": nav}},
            "securities": {"A": {"ccy": "EUR", "price": "10", "issuer": "I", "type": "x"}},
            "positions": [["F", "A", held]],
            "pending": [
                legs | {"id": "sale", "side": "sell", "qty": selling},
                legs | {"id": "purchase", "side": "buy", "qty": "3"},
            ],
            "rules": [{"id": "R", "severity": "hard", **rule}],
        }
    )


#: Made when what open orders sell could be sold once more.
BEFORE = (
    '{"v":2,"rules":"4048d5ea8141da76","day":"2026-03-02","side":"sell","type":"market",'
    '"limit":"","sec":{"id":"A","ccy":"EUR","price":"10","is":{"issuer":"I"}},'
    '"legs":[[{"id":"F","ccy":"EUR","nav":"0"},"10"]],"cells":[4,0,15,"gKS/Bw=="],'
    '"held":[[100000000000,30000000000,-100000000000]]}'
)


def test_a_check_of_before_reads_as_it_was_made() -> None:
    rules = book_of(ROW, nav="0", selling=10).rules
    told = [expand(text, rules)[0].outcome.value for text in (BEFORE, BEFORE.replace("2", "3", 1))]
    assert told == ["reducing", "unknown"]


@pytest.mark.parametrize("nav", ["0", "-5"])
@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize(
    ("pending", "selling", "quantity", "wanted"),
    [
        ("worst", 4, 6, ("reducing", 6)),
        ("worst", 4, 7, ("unknown", 6)),
        ("worst", 10, 1, ("unknown", 0)),
        ("worst", 12, 1, ("unknown", 0)),
        ("all", 4, 6, ("reducing", 6)),
        ("all", 4, 7, ("unknown", 6)),
        ("none", 4, 10, ("reducing", 10)),
        ("none", 4, 11, ("unknown", 10)),
    ],
)
def test_what_an_open_sale_uses_is_not_sold_once_more(
    rule: dict[str, Any],
    nav: str,
    pending: str,
    selling: int,
    quantity: int,
    wanted: tuple[str, object],
) -> None:
    book = book_of(rule | {"pending": pending}, nav=nav, selling=selling)
    raw = {"id": "o", "fund": "F", "sec": "A", "side": "sell", "qty": quantity}
    sale = candidate_of(raw)
    found = book.check(sale, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == wanted
    assert_agrees(book, found, Question(candidates=(sale,), today=TODAY))
    basket = book.check_basket([sale], mode="net", today=TODAY)
    assert (basket.outcome.value, basket.max_quantity["o"]) == wanted
