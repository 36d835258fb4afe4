"""A maximum looked up by attribute: of the securities of one cell, the tightest decides."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from itertools import permutations
from typing import Any

import pytest

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import TODAY
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.casefile import candidate_of, load_book
from tradeoms.compliance.explain import OtherSums, expand
from tradeoms.compliance.prepared import open_order
from tradeoms.compliance.question import Question
from tradeoms.compliance.statecheck import judge_all
from tradeoms.compliance.sweep import sweep
from tradeoms.domain.evaluation import FundFacts

RULE: dict[str, Any] = {
    "id": "R", "kind": "ratio", "severity": "hard", "group_by": "issuer",
    "limit_by": {"attr": "cp", "map": {"BANK": "0.2", "BROK": "0.05"}},
}  # fmt: skip
ORDERS = list(permutations(["A", "B", "C"]))


def book_of(held: dict[str, str], **rule: Any) -> ComplianceBook:
    """A fund of 1,000 that holds this of one issuer: A of a bank, B of a broker, C of nobody."""
    types = {"A": {"cp": "BANK"}, "B": {"cp": "BROK"}, "C": {}}
    return load_book(
        {
            "funds": {"F": {"base": "EUR", "nav": "1000"}},
            "securities": {
                name: {"ccy": "EUR", "price": "1", "lot": 1, "issuer": "I1", "type": "x", **more}
                for name, more in types.items()
            },
            "positions": [["F", name, quantity] for name, quantity in held.items()],
            "rules": [RULE | rule],
        }
    )


def in_order(held: dict[str, str], order: tuple[str, ...]) -> dict[str, str]:
    return {name: held[name] for name in order if name in held}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        ({"A": "100"}, {}),
        ({"A": "100", "B": "1"}, {"I1": "breach"}),
        ({"A": "40", "B": "10"}, {}),
        ({"A": "40", "C": "1"}, {"I1": "unknown"}),
        ({"A": "200", "C": "1"}, {"I1": "breach"}),
    ],
)
def test_a_run_takes_the_tightest_whatever_comes_first(
    held: dict[str, str], wanted: dict[str, str], order: tuple[str, ...]
) -> None:
    book = book_of(in_order(held, order))
    for verdicts in (
        judge_all(book.facts, book.rules, {"F"}, TODAY),
        sweep(book.facts, book.rules, TODAY).verdicts,
    ):
        found = {one.key: one.result.outcome.value for one in verdicts.get("F", ())}
        assert found == wanted


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("held", "security", "side", "outcome", "most"),
    [
        ({"A": "40"}, "A", "buy", "pass", 160),
        ({"A": "40", "B": "5"}, "A", "buy", "breach", 5),
        ({"A": "40"}, "B", "buy", "breach", 10),
        ({"A": "100", "B": "5"}, "A", "sell", "reducing", None),
        ({"A": "40", "C": "1"}, "A", "buy", "unknown", 0),
    ],
)
def test_an_order_takes_the_tightest_and_every_implementation_agrees(
    held: dict[str, str],
    security: str,
    side: str,
    outcome: str,
    most: int | None,
    order: tuple[str, ...],
) -> None:
    book = book_of(in_order(held, order))
    raw = {"id": "o", "fund": "F", "sec": security, "side": side, "qty": "50"}
    candidate = candidate_of(raw)
    found = book.check(candidate, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == (outcome, most)
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    basket = book.check_basket((candidate,), mode="net", today=TODAY)
    assert basket.outcome is found.outcome


def test_an_open_order_tightens_the_cell() -> None:
    book = book_of({"A": "40"})
    first = candidate_of({"id": "o1", "fund": "F", "sec": "B", "side": "buy", "qty": "5"})
    second = candidate_of({"id": "o2", "fund": "F", "sec": "A", "side": "buy", "qty": "50"})
    assert book.check(second, today=TODAY).outcome.value == "pass"
    book.reserve(open_order(first))
    found = book.check(second, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == ("breach", D(5))


def test_what_is_not_selected_has_no_limit_to_add() -> None:
    book = book_of({"A": "40", "B": "5"}, select=[["cp", "==", "BANK"]])
    candidate = candidate_of({"id": "o", "fund": "F", "sec": "A", "side": "buy", "qty": "50"})
    found = book.check(candidate, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == ("pass", D(160))
    other = candidate_of({"id": "o", "fund": "F", "sec": "B", "side": "buy", "qty": "500"})
    assert book.check(other, today=TODAY).outcome.value == "pass"


#: Made when running sums still served such rules, by the limit of the ordered security.
BEFORE = (
    '{"v":1,"rules":"e77658318201dd3e","day":"2026-01-05","side":"buy","type":"market","limit":"",'
    '"sec":{"id":"A","ccy":"EUR","price":"1","is":{"country":"DE","cp":"BANK","issuer":"I1"}},'
    '"legs":[[{"id":"F","ccy":"EUR","nav":"1000"},"150"]],"cells":[4,0,15,"AOH1BQDh9QU="]}'
)


def test_a_check_of_before_reads_as_it_was_made() -> None:
    by_country = {"id": "S", "kind": "ratio", "severity": "hard", "group_by": "country"}
    world: dict[str, Any] = {"funds": {}, "securities": {}, "positions": []}
    rules = load_book(world | {"rules": [RULE, by_country | {"max": "0.5"}]}).rules
    mixed, other = expand(BEFORE, rules)
    cells = (*mixed.cells, *other.cells)
    told = [(c.key, str(c.outcome), str(c.num_before), str(c.num_after)) for c in cells]
    assert told == [
        ("I1", "breach", "100", "250"), ("DE", "pass", "100", "250"),
    ]  # fmt: skip
    with pytest.raises(OtherSums):
        expand(BEFORE.replace('"v":1', '"v":2'), rules)


def own_of(looked_up: dict[str, Any], own: str, *, fund: str = "F") -> ComplianceBook:
    """A fund of 1,000 that holds 50 of `I1`, and its own maximum beside one that is looked up."""
    more: dict[str, Any] = {"limit_by": None} | looked_up
    book = book_of({"A": "50"}, **more, overrides={fund: {"max": own}})
    weights = {"I1": D("0.15")}
    book.put_fund(FundFacts(id="F", currency="EUR", nav=D(1000), benchmark=weights))
    return book


BY = {"attr": "cp", "map": {"BANK": "0.2"}}
BY_GROUP = {"limit_by": {"attr": "issuer", "map": {"I1": "0.2"}}}


@pytest.mark.parametrize(
    "looked_up", [{"limit_by": BY}, BY_GROUP, {"max_over_benchmark": "0.05"}], ids=str
)
@pytest.mark.parametrize(
    ("own", "fund", "most"), [("0.1", "F", 50), ("0.3", "F", 150), ("0.1", "G", 150)]
)
def test_beside_a_fund_s_own_maximum_the_tighter_holds(
    looked_up: dict[str, Any], own: str, fund: str, most: int
) -> None:
    book = own_of(looked_up, own, fund=fund)
    candidate = candidate_of({"id": "o", "fund": "F", "sec": "A", "side": "buy", "qty": most + 1})
    found = book.check(candidate, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == ("breach", D(most))
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))
    basket = book.check_basket((candidate,), mode="net", today=TODAY)
    assert (basket.outcome, basket.max_quantity["o"]) == (found.outcome, D(most))
    for held, wanted in ((50 + most, []), (51 + most, ["breach"])):
        book.set_position("F", "A", D(held))
        for verdicts in (
            judge_all(book.facts, book.rules, {"F"}, TODAY),
            sweep(book.facts, book.rules, TODAY).verdicts,
        ):
            assert [one.result.outcome.value for one in verdicts.get("F", ())] == wanted


def test_a_maximum_that_cannot_be_looked_up_is_not_the_fund_s_own() -> None:
    book = own_of({"limit_by": BY | {"map": {"BROK": "0.2"}}}, "0.3")
    candidate = candidate_of({"id": "o", "fund": "F", "sec": "A", "side": "buy", "qty": "1"})
    found = book.check(candidate, today=TODAY)
    assert (found.outcome.value, found.max_quantity) == ("unknown", D(0))
    assert_agrees(book, found, Question(candidates=(candidate,), today=TODAY))


#: Made when a maximum that is looked up put a fund's own aside.
PUT_ASIDE = (
    '{"v":2,"rules":"4ad288a1c7335164","day":"2026-03-02","side":"buy","type":"market","limit":"",'
    '"sec":{"id":"A","ccy":"EUR","price":"1","is":{"issuer":"I1"}},'
    '"legs":[[{"id":"F","ccy":"EUR","nav":"1000"},"100"]],"cells":[4,0,15,"gPD6Ag=="]}'
)


def test_a_check_of_before_a_fund_s_own_counted_reads_as_it_was_made() -> None:
    rules = own_of(BY_GROUP, "0.1").rules
    told = [
        expand(text, rules)[0].outcome.value
        for text in (PUT_ASIDE, PUT_ASIDE.replace('"v":2', '"v":3'))
    ]
    assert told == ["pass", "breach"]
