"""The largest quantity is bounded by the rules that would stop the order, and by no others."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.test_agreement import assert_agrees
from tests.compliance.worlds import FUNDS, NOW, TODAY, make_book, make_candidate
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.prepared import open_order
from tradeoms.compliance.question import Question
from tradeoms.domain.evaluation import (
    Action,
    Candidate,
    Evaluation,
    FundFacts,
    Leg,
    Outcome,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

DICE = st.integers(min_value=0, max_value=2**48).map(Random)
TENTH = {"kind": "ratio", "group_by": "issuer", "den": "nav", "max": "0.1"}
#: One rule of every way to bound a quantity at 50 units: rows, groups, the order, the reference.
AT_FIFTY: dict[str, dict[str, Any]] = {
    "row": TENTH | {"max": "0.05"},
    "minimum": {"kind": "cash", "min": "500"},
    "groups": {"kind": "topn", "group_by": "issuer", "den": "nav", "max_by_n": {1: "0.05"},
               "select": [["type", "==", "equity"]]},
    "per group": {
        "kind": "bucket", "group_by": "issuer", "den": "nav", "threshold": "0.9",
        "bucket_max": "1", "per_group_max": "0.05",
    },
    "order": {"kind": "order", "max_qty": "50"},
    "curved": TENTH | {"max": "0.05", "measure": "mv_abs"},
    "scan": {"kind": "ratio", "group_by": "issuer", "den": {"select": [["type", "==", "cash"]]},
             "max": "0.05"},
    "firm": TENTH | {"max": "0.05", "level": "firm"},
}  # fmt: skip


def make_world(*rules: dict[str, Any]) -> ComplianceBook:
    """A fund of 10,000 with 1,000 in cash, no shares yet, and shares at 10."""
    book = ComplianceBook()
    net = Decimal(10_000)
    book.put_fund(FundFacts(id="F", currency="EUR", nav=net, total_assets=net))
    book.set_cash("F", "EUR", Decimal(1_000))
    book.put_security(SecurityFacts(id="A", currency="EUR", issuer="I", asset_type="equity"))
    book.put_security(SecurityFacts(id="C", currency="EUR", issuer="B", asset_type="cash"))
    for security_id in ("A", "C"):
        book.put_price(security_id=security_id, price=Decimal(10), as_of=TODAY)
    book.set_position("F", "C", Decimal(1_000))
    defaults = {"source": "here"}
    book.put_rules(
        parse_rules([{"id": f"R{at}"} | defaults | rule for at, rule in enumerate(rules)])
    )
    return book


def order(quantity: int, *, name: str = "o") -> Candidate:
    legs = (Leg(fund_id="F", quantity=Decimal(quantity)),)
    return Candidate(order_id=name, security_id="A", side=Side.BUY, legs=legs)


def every_way(
    book: ComplianceBook, candidate: Candidate
) -> list[tuple[Decimal | None, str | None]]:
    """Largest quantity and binding rule by every path there is."""
    baskets = [book.check_basket([candidate], mode=mode, today=TODAY) for mode in ("net", "worst")]
    checks = [
        book.check(candidate, today=TODAY),
        *book.check_each([candidate, order(1, name="p")], today=TODAY)[:1],
        *book.check_batch([candidate], today=TODAY),
    ]
    book.release(candidate.order_id)
    return [(one.max_quantity, one.binding_rule) for one in checks] + [
        (one.max_quantity["o"], one.binding_rule["o"]) for one in baskets
    ]


@pytest.mark.parametrize("severity", ["warn", "info", "shadow"])
@pytest.mark.parametrize("quantity", [1, 40, 60])
@pytest.mark.parametrize("tight", AT_FIFTY.values(), ids=AT_FIFTY)
def test_a_rule_that_stops_no_order_bounds_no_quantity(
    tight: dict[str, Any], quantity: int, severity: str
) -> None:
    book = make_world(tight | {"severity": severity}, TENTH)
    assert every_way(book, order(quantity)) == [(Decimal(100), "R1")] * 5


@pytest.mark.parametrize("severity", ["hard", "soft"])
@pytest.mark.parametrize("quantity", [1, 40, 60])
@pytest.mark.parametrize("tight", AT_FIFTY.values(), ids=AT_FIFTY)
def test_a_rule_that_stops_an_order_or_holds_it_for_a_waiver_bounds_its_quantity(
    tight: dict[str, Any], quantity: int, severity: str
) -> None:
    book = make_world(TENTH, tight | {"severity": severity})
    assert every_way(book, order(quantity)) == [(Decimal(50), "R1")] * 5


@pytest.mark.parametrize("tight", AT_FIFTY.values(), ids=AT_FIFTY)
def test_a_breach_that_stops_no_order_has_no_say_in_a_basket(tight: dict[str, Any]) -> None:
    basket = [order(60), order(20, name="p")]
    book = make_world(tight | {"severity": "warn"}, TENTH)
    for mode in ("net", "worst"):
        found = book.check_basket(basket, mode=mode, today=TODAY)
        assert (found.action, found.scale, found.culprits) == (Action.ALLOW_ACK, "1", ())
    book = make_world(tight | {"severity": "warn"}, TENTH | {"max": "0.04"})
    found = book.check_basket(basket, mode="net", today=TODAY)
    assert (found.scale, found.culprits) == ("0.5", ("o", "p"))


def test_a_disclosure_stops_no_order_and_bounds_no_quantity() -> None:
    ladder: dict[str, Any] = {
        "kind": "ladder",
        "own_by": "sec",
        "den_attr": "shares_out",
        "level": "firm",
    }
    ladder |= {"cross": "reach", "thresholds": ["0.05"], "measure": "qty"}
    book = make_world(ladder, TENTH)
    shares = {"shares_out": Decimal(1_000)}
    book.put_security(replace(book.facts.securities["A"], attributes=shares))
    assert every_way(book, order(1)) == [(Decimal(100), "R1")] * 5
    assert book.check(order(60), today=TODAY).action is Action.ALLOW_ACK


@pytest.mark.parametrize(
    ("on_missing", "most"),
    [("block", Decimal(0)), ("warn", Decimal(50)), ("disregard", Decimal(50))],
)
def test_missing_data_bounds_a_quantity_only_where_it_stops_the_order(
    on_missing: str, most: Decimal
) -> None:
    by_country = {"kind": "ratio", "group_by": "country", "den": "nav", "max": "0.01"}
    size = {"kind": "order", "max_qty": "50"}
    book = make_world(by_country | {"on_missing": on_missing}, size)
    assert [one for one, _ in every_way(book, order(1))] == [most] * 5


def proceeds(book: ComplianceBook, candidate: Candidate, quantity: Decimal) -> bool:
    legs = (replace(candidate.legs[0], quantity=quantity),)
    return book.check(replace(candidate, legs=legs), today=TODAY, now=NOW).action.allows


def assert_last_that_proceeds(book: ComplianceBook, one: Evaluation, order: Candidate) -> None:
    lot, most = book.facts.securities[order.security_id].lot, one.max_quantity
    if most is None:
        assert one.action.allows
        assert proceeds(book, order, 10**6 * lot)
        return
    assert most % lot == 0
    assert not proceeds(book, order, most + lot)
    assert not most or proceeds(book, order, most)


@settings(max_examples=400, deadline=None)
@given(DICE)
def test_the_largest_quantity_is_the_last_that_proceeds(dice: Random) -> None:
    book = make_book(dice, gaps=dice.random() < 0.5)
    candidate = make_candidate(dice, "o")
    legs = (Leg(fund_id=dice.choice(FUNDS), quantity=Decimal(dice.choice([1, 5, 10, 40]))),)
    candidate = replace(candidate, legs=legs)
    evaluation = book.check(candidate, today=TODAY, now=NOW)
    assert_last_that_proceeds(book, evaluation, candidate)


def make_doubtful(**fields: Any) -> ComplianceBook:
    """A fund that holds 90 of `A` and 30 of `U`, of which nobody knows the issuer."""
    book = make_world(TENTH | fields)
    book.put_security(SecurityFacts(id="U", currency="EUR", asset_type="equity"))
    book.put_price(security_id="U", price=Decimal(10), as_of=TODAY)
    book.set_position("F", "A", Decimal(90))
    book.set_position("F", "U", Decimal(30))
    return book


@pytest.mark.parametrize("quantity", [1, 20, 90, 100])
@pytest.mark.parametrize(
    ("fields", "most"),
    [
        ({}, None),
        ({"strict": True}, None),
        ({"level": "firm"}, None),
        ({"measure": "mv_abs"}, Decimal(180)),  # sold short as far as it was held
        ({"measure": "mv_abs", "strict": True}, Decimal(180)),
    ],
)
def test_a_rule_about_acquisitions_bounds_no_sale_by_what_is_of_unknown_group(
    fields: dict[str, Any], most: Decimal | None, quantity: int
) -> None:
    book = make_doubtful(test="acquisition", **fields)
    sale = replace(order(quantity), side=Side.SELL)
    assert book.check(sale, today=TODAY).outcome is Outcome.PASS
    rule = None if most is None else "R0"
    assert every_way(book, sale) == [(most, rule)] * 5
    assert [one for one, _ in every_way(book, order(quantity))] == [Decimal(0)] * 5


def test_the_scale_of_a_basket_leaves_a_rule_about_acquisitions_where_it_was() -> None:
    book = make_doubtful(test="acquisition", strict=True)
    book.put_security(replace(book.facts.securities["A"], id="B"))
    book.put_price(security_id="B", price=Decimal(10), as_of=TODAY)
    sale = replace(order(20, name="sale"), side=Side.SELL)
    found = book.check_basket([sale, replace(order(80), security_id="B")], mode="net", today=TODAY)
    assert (found.action, found.scale) == (Action.BLOCK_HARD, "0.25")
    assert found.max_quantity == {"o": Decimal(20), "sale": None}


def huge(room: Decimal) -> ComplianceBook:
    """A fund whose issuer and sector are near their limits: a lot is far below a float's step."""
    book = ComplianceBook()
    book.put_fund(FundFacts(id="F", currency="EUR", nav=Decimal(10**13)))
    for security_id, issuer, price in (("A", "I", "0.0000001"), ("H", "I", "1"), ("S", "J", "1")):
        book.put_security(SecurityFacts(id=security_id, currency="EUR", issuer=issuer, sector="X"))
        book.put_price(security_id=security_id, price=Decimal(price), as_of=TODAY)
    of_issuer = 2 * 10**11 - room - Decimal("0.00005")
    book.set_position("F", "H", of_issuer)
    book.set_position("F", "S", 2 * 10**12 - room - of_issuer)
    rules = [
        TENTH | {"id": "R0", "max": "0.02"},
        TENTH | {"id": "R1", "group_by": "sector", "max": "0.2"},
    ]
    book.put_rules(parse_rules(rules))
    return book


@pytest.mark.parametrize("step", range(30))
def test_a_quantity_is_exact_where_a_lot_is_less_than_a_floats_step(step: int) -> None:
    room = Decimal("0.2") + step * Decimal("0.00001")
    book = huge(room)
    assert every_way(book, order(1)) == [(room * 10**7, "R1")] * 5


@pytest.mark.parametrize("where", ["position", "open order"])
@pytest.mark.parametrize("measure", ["mv", "mv_abs", "mv_long", "exposure_pos"])
@pytest.mark.parametrize("nav", [10_000, 0])
def test_a_quantity_finer_than_the_arrays_is_judged_exactly_and_never_an_error(
    nav: int, measure: str, where: str
) -> None:
    book = make_world(TENTH | {"measure": measure}, {"kind": "order", "max_qty": "1000"})
    book.set_nav("F", Decimal(nav))
    fine = Decimal("10.00000000001")
    if where == "position":
        book.set_position("F", "A", fine)
    else:
        book.reserve(
            replace(open_order(order(1, name="open")), legs=(Leg(fund_id="F", quantity=fine),))
        )
    book.check(order(1), today=TODAY)  # the sums are made
    for candidate in (order(5), replace(order(5), side=Side.SELL)):
        question = Question(candidates=(candidate,), today=TODAY)
        for one in (
            book.check(candidate, today=TODAY),
            *book.check_each([candidate], today=TODAY),
            *book.check_batch([candidate], today=TODAY),
        ):
            book.release(candidate.order_id)
            assert_agrees(book, one, question)


def test_a_denominator_that_is_known_again_leaves_no_trace() -> None:
    book = make_world(TENTH)
    before = book.check(order(5), today=TODAY)
    for nav in (None, Decimal(0)):
        book.set_nav("F", nav)
        assert book.check(order(5), today=TODAY).outcome is Outcome.UNKNOWN
    book.put_fund(FundFacts(id="G", currency="EUR"))  # nobody asked for it
    book.warm("G", today=TODAY)
    book.set_nav("F", Decimal(10_000))
    assert book.check(order(5), today=TODAY) == before
