"""What is answered of a single order is what the screen answers, and so are the sums it leaves."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.compliance.two_funds import book_of, order
from tests.compliance.worlds import NOW, TODAY, make_book, make_candidate, make_rule
from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.compliance.cells import COARSE_MAX, FINE
from tradeoms.compliance.evidence import pack, packed_text, unpack
from tradeoms.compliance.explain import expand
from tradeoms.compliance.prepared import open_order
from tradeoms.domain.evaluation import Action, Candidate, Evaluation
from tradeoms.kernel.enums import Side

PARTS = st.tuples(st.integers(-COARSE_MAX, COARSE_MAX), st.integers(0, FINE - 1))
#: Kinds that sums alone decide, so that the quick way has something to say.
KINDS = ("ratio", "cash", "short", "order", "restrict")
SUMS = ("mv", "qty", "exposure")


def tame_book(dice: Random) -> ComplianceBook:
    """A world without gaps, whose rules sums can serve, most of them far from any limit."""
    book = make_book(dice, gaps=False)
    book.set_cash("F1", "EUR", Decimal(10**6))
    rules = [make_rule(dice, f"R{number}") for number in range(40)]
    chosen = [
        rule | {"severity": dice.choice(["hard", "hard", "soft", "warn"])}
        for rule in rules
        if rule["kind"] in KINDS
        and rule.get("measure", "mv") in SUMS
        and rule.get("level", "fund") == "fund"
    ]
    book.put_rules(parse_rules(chosen[: dice.randint(1, 6)]))
    return book


def by_screen(book: ComplianceBook, candidate: Candidate) -> Evaluation:
    checker = book._checker(TODAY)
    prepared = checker.preparer.prepare([candidate], reserving=False)
    return checker.answer(prepared, NOW)[0]


def test_a_single_order_is_answered_as_by_the_screen_byte_for_byte_or_not_at_all() -> None:
    answered = asked = again = 0
    for seed in range(150):
        dice = Random(seed)
        book = tame_book(dice)
        for number in range(4):
            candidate = make_candidate(dice, f"o{number}")
            asked += 1
            for _ in range(2):  # made, remembered
                found = book._checker(TODAY).answer_single(candidate, NOW, reserving=False)
                if found is not None:
                    answered += 1
                    assert found == by_screen(book, candidate), f"seed {seed}"
            if found is not None and found.max_quantity is not None:
                again += 1
            if found is not None:
                book.reserve(open_order(candidate))
    assert answered > asked / 3, f"{answered} of {asked}: the worlds are not tame"
    assert again > 15, "no quantity was bound"


def test_orders_reserved_by_singles_leave_the_sums_of_a_rebuild() -> None:
    reserved = 0
    for seed in range(75):
        dice = Random(seed)
        book = tame_book(dice)
        for number in range(5):
            candidate = make_candidate(dice, f"o{number}")
            if book._checker(TODAY).answer_single(candidate, NOW, reserving=True) is not None:
                reserved += 1
                assert candidate.order_id in book.facts.open_orders
        probe = make_candidate(dice, "probe")
        twin = ComplianceBook()
        twin.facts = book.facts  # type: ignore[misc]  # a twin that shares the facts
        twin.put_rules(book.rules)
        assert by_screen(book, probe) == by_screen(twin, probe), f"seed {seed}"
    assert reserved > 50, f"only {reserved}"


def test_a_single_order_follows_prices_denominators_and_other_orders() -> None:
    rule = {"id": "R", "kind": "ratio", "measure": "mv", "den": "nav", "max": "0.5"}
    book = book_of(rule)
    buy = order(Side.BUY, 1)
    first = [book.check(buy, today=TODAY, now=NOW).max_quantity for _ in range(3)][-1]
    assert first is not None
    nav = book.facts.funds["F1"].nav
    assert nav is not None
    book.set_nav("F1", nav * 2)
    assert book.check(buy, today=TODAY, now=NOW).max_quantity == first * 2
    price = book.facts.price("A")
    assert price is not None
    book.put_price(security_id="A", price=price * 2, as_of=TODAY)
    assert book.check(buy, today=TODAY, now=NOW).max_quantity == first
    book.check_batch([replace(buy, order_id="ahead")], today=TODAY, now=NOW)
    assert book.check(buy, today=TODAY, now=NOW).max_quantity == first - 1


@pytest.mark.parametrize(
    "limit", [{"max_qty": "100"}, {"max_value": "1000", "currency": "EUR"}, {"max_adv": "0.1"}]
)
def test_the_size_of_an_order_has_what_is_done_and_its_rest_is_bounded_by_what_is_left(
    limit: dict[str, str],
) -> None:
    """100 units at 10 are allowed."""
    book = book_of({"id": "R", "kind": "order", **limit})
    book.put_security(replace(book.facts.securities["A"], adv=Decimal(1000)))
    book.put_price(security_id="A", price=Decimal(10), as_of=TODAY)
    for done, most in (("0", 100), ("60", 40), ("60.5", 39), ("99", 1)):
        asked = replace(order(Side.BUY, 1), done=Decimal(done))
        found = book.check(asked, today=TODAY, now=NOW)
        assert (found.action, found.max_quantity) == (Action.ALLOW, Decimal(most))
        assert ("done" in found.evidence) == (done != "0")
    for done, most in (("99.5", 0), ("100", 0), ("150", 0), ("60", 40)):
        asked = replace(order(Side.BUY, 41), done=Decimal(done))
        found = book.check(asked, today=TODAY, now=NOW)
        assert (found.action, found.max_quantity) == (Action.BLOCK_HARD, Decimal(most))
        (cell,) = [cell for one in expand(found.evidence, book.rules) for cell in one.cells]
        unit = 10 if "max_value" in limit else 1
        assert cell.num_after == (Decimal(done) + 41) * unit


def test_what_is_done_counts_beside_limits_on_what_is_held() -> None:
    """The size leaves 40 units, the holding 60: the smaller binds."""
    held = {"id": "H", "kind": "ratio", "measure": "qty", "den": "one", "max": "60"}
    book = book_of({"id": "R", "kind": "order", "max_qty": "100"}, held)
    found = book.check(replace(order(Side.BUY, 1), done=Decimal(60)), today=TODAY, now=NOW)
    assert (found.max_quantity, found.binding_rule) == (Decimal(40), "R")
    found = book.check(replace(order(Side.BUY, 1), done=Decimal(20)), today=TODAY, now=NOW)
    assert (found.max_quantity, found.binding_rule) == (Decimal(60), "H")


@given(st.lists(PARTS, max_size=12), st.integers(0, 15))
def test_packed_sums_are_read_back_as_they_were(sums: list[tuple[int, int]], zeros: int) -> None:
    cut = [(coarse, fine - fine % 10**zeros) for coarse, fine in sums]
    text = packed_text(*pack(np.array(cut, np.int64).reshape(-1, 2)))
    assert unpack(json.loads(text)) == [coarse * FINE + fine for coarse, fine in cut]
