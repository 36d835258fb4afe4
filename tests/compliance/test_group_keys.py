"""Groups of several attributes: what joins the parts of their names may stand in a part."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.kinds.membership import joined
from tradeoms.compliance.question import Question
from tradeoms.compliance.statecheck import judge_all

PARTS = st.lists(st.text(alphabet="a|\\", max_size=4), min_size=2, max_size=3)


@given(PARTS, PARTS)
def test_two_groups_never_have_one_name(first: list[str], other: list[str]) -> None:
    assert (joined(first) == joined(other)) is (first == other)


def test_all_names_of_two_short_parts_differ() -> None:
    words = ["".join(each) for n in range(4) for each in itertools.product("a|\\", repeat=n)]
    pairs = list(itertools.product(words, repeat=2))
    assert len({joined(pair) for pair in pairs}) == len(pairs)


def test_holdings_of_groups_that_look_alike_are_not_added_up() -> None:
    rule = {"id": "R", "kind": "ratio", "severity": "hard", "group_by": ["issuer", "sector"]}
    book = load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": "1000", "cash": "1000"}},
            "securities": {
                "A": {"ccy": "EUR", "price": "1", "issuer": "x|y", "sector": "z"},
                "B": {"ccy": "EUR", "price": "1", "issuer": "x", "sector": "y|z"},
            },
            "positions": [["F", "A", "100"]],
            "rules": [rule | {"max": "0.10"}],
        }
    )
    candidate = candidate_of({"id": "o", "fund": "F", "sec": "B", "side": "buy", "qty": 100})
    found = book.check(candidate, today=TODAY)
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    assert found.outcome.value == "pass"
    assert judge_all(book.facts, book.rules, {"F"}, TODAY).get("F", ()) == ()
