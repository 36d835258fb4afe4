"""Shares of an issue, ladders and averages against oracles that share no code with the product.

The oracle enumerates every subset of the open orders and searches quantities lot by lot.
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.compliance.two_funds import ISSUED, NOW, SIGN, TODAY, ask, book_of, order, silent
from tradeoms.compliance import PolicyError, parse_rule
from tradeoms.compliance.explain import expand
from tradeoms.compliance.kinds.coverage import largest_borrowing
from tradeoms.compliance.outside import Figure
from tradeoms.compliance.schema.figures import CoverageRule
from tradeoms.compliance.statecheck import state_of
from tradeoms.domain.evaluation import (
    Action,
    Candidate,
    FundFacts,
    Leg,
    OpenOrder,
    Outcome,
    SecurityFacts,
)
from tradeoms.kernel.enums import Side

DICE = st.integers(min_value=0, max_value=2**48).map(Random)


def subset_sums(moves: tuple[int, ...]) -> set[int]:
    return {sum(some) for size in range(len(moves) + 1) for some in combinations(moves, size)}


def crossed(rule: dict[str, Any], before: int, after: int, last: Fraction | None) -> set[Any]:
    """Events of the public case format, read from its schema."""

    def share(position: int) -> Fraction:
        counted = max(0, -position) if rule["sign"] == "short" else position
        found = Fraction(counted, ISSUED)
        step = Fraction(rule.get("round_down", "0"))
        return found // step * step if step else found

    was, now = share(before), share(after)
    found = set()
    for text in rule["thresholds"]:
        at = Fraction(text)
        if rule["cross"] == "reach":
            up, down = was < at <= now, now < at <= was
        else:
            up, down = was <= at < now, now <= at < was
        public = ("public",) if at >= Fraction(rule["public_from"]) else ()
        found |= {(at, "up", *public)} if up else set()
        found |= {(at, "down", *public)} if down else set()
    step = Fraction(rule.get("change_step", 2))
    if last is not None and abs(now - last) >= step:
        public = ("public",) if max(last, now) >= Fraction(rule["public_from"]) else ()
        found |= {(last, "change", *public)}
    return found


def ladder_of(dice: Random) -> dict[str, Any]:
    rule = {
        "id": "R",
        "kind": "ladder",
        "severity": "info",
        "den_attr": "shares_out",
        "level": "firm",
        "cross": dice.choice(["reach", "exceed"]),
        "sign": dice.choice(["long", "short"]),
        "thresholds": dice.choice([["0.05"], ["0.05", "0.1", "0.15"], ["0.02", "0.03", "0.125"]]),
        "public_from": "0.1",
    }
    if dice.random() < 0.5:
        rule["round_down"] = dice.choice(["0.01", "0.02"])
    if dice.random() < 0.5:
        rule["change_step"] = dice.choice(["0.02", "0.05"])
    return rule


@settings(max_examples=120, deadline=None)
@given(DICE)
def test_a_ladder_discloses_what_any_filling_of_open_orders_crosses(dice: Random) -> None:
    rule = ladder_of(dice)
    sign = -1 if rule["sign"] == "short" else 1
    held = sign * dice.randint(-2, 35)
    opens = tuple(dice.choice([-9, -3, -1, 2, 5, 10]) for _ in range(dice.randint(0, 3)))
    book = book_of(rule, held=held, opens=opens)
    last = dice.choice([None, Fraction(1, 20), Fraction(3, 40)])
    if last is not None:
        book.facts.outside.reported["R", "A"] = Decimal(last.numerator) / last.denominator
    side, quantity = dice.choice([Side.BUY, Side.SELL]), dice.randint(1, 12)

    def events(move: int) -> set[Any]:
        starts = {held + more for more in subset_sums(opens)}
        return set().union(*(crossed(rule, one, one + move, last) for one in starts))

    answer = ask(book, order(side, quantity))
    got = {
        (Fraction(threshold), *words)
        for one in expand(answer.evidence, book.rules)
        for cell in one.cells
        for threshold, *words in cell.events
    }
    wanted = events(SIGN[side] * quantity)
    if "round_down" in rule:  # public of a change is told by the share before rounding
        got, wanted = ({one[:2] for one in some} for some in (got, wanted))
    assert got == wanted
    assert answer.outcome is (Outcome.DISCLOSE if wanted else Outcome.PASS)
    assert answer.max_quantity is None
    free = [lots for lots in range(1, 100) if not events(SIGN[side] * lots)]
    most = silent(book, order(side, quantity))
    if most is None:
        assert free[-1] == 99
    else:
        assert most == max(free, default=0)


@settings(max_examples=80, deadline=None)
@given(DICE)
def test_ownership_holds_whatever_open_orders_fill(dice: Random) -> None:
    limit, strict = Fraction(dice.choice(["0.05", "0.1", "0.125"])), dice.random() < 0.5
    held = dice.randint(0, 30)
    opens = tuple(dice.choice([-9, -3, 2, 5, 10]) for _ in range(dice.randint(0, 3)))
    rule: dict[str, Any] = {"id": "R", "kind": "ownership", "den_attr": "shares_out"}
    rule |= {"level": "firm"}
    rule |= {"max": str(float(limit)), "strict": strict}
    book = book_of(rule, held=held, opens=opens)

    def over(position: int) -> bool:
        return position > limit * ISSUED or (strict and position == limit * ISSUED)

    highest = held + max(subset_sums(opens))
    quantity = dice.randint(1, 12)
    answer = ask(book, order(Side.BUY, quantity))
    assert answer.outcome is (Outcome.BREACH if over(highest + quantity) else Outcome.PASS)
    free = [lots for lots in range(400) if not over(highest + lots)]
    assert answer.max_quantity == max(free, default=0)
    sold = ask(book, order(Side.SELL, 1))
    assert sold.outcome is (Outcome.REDUCING if over(highest - 1) else Outcome.PASS)


@settings(max_examples=80, deadline=None)
@given(DICE)
def test_an_average_holds_whatever_open_orders_fill(dice: Random) -> None:
    bound, level = dice.choice(["max", "min"]), dice.choice([4, 5, 6])
    book = book_of({"id": "R", "kind": "wavg", "attr": "duration", bound: str(level)})
    held: list[tuple[int, int]] = []
    for number in range(3):
        security = f"B{number}"
        duration, settled = dice.choice([3, 5, 7]), dice.randint(0, 9)
        held.append((duration, settled))
        book.put_security(
            SecurityFacts(id=security, currency="EUR", attributes={"duration": Decimal(duration)})
        )
        book.put_price(security_id=security, price=Decimal(1), as_of=TODAY)
        book.set_position("F1", security, Decimal(settled))
    moves = []
    for number in range(dice.randint(0, 3)):
        at, side, size = dice.randrange(3), dice.choice([Side.BUY, Side.SELL]), dice.randint(1, 9)
        moves.append((held[at][0], SIGN[side] * size))
        legs = (Leg(fund_id="F1", quantity=Decimal(size)),)
        one = OpenOrder(order_id=f"open {number}", security_id=f"B{at}", side=side, legs=legs)
        book.reserve(one)
    at, side = dice.randrange(3), dice.choice([Side.BUY, Side.SELL])

    def worst(move: int) -> int:
        """The largest sum of v * (a - level), turned round for a minimum."""
        sign = 1 if bound == "max" else -1
        surely = sum(quantity * (duration - level) for duration, quantity in held)
        surely += move * (held[at][0] - level)
        each = [sign * quantity * (duration - level) for duration, quantity in moves]
        return sign * surely + max(subset_sums(tuple(each)))

    quantity = dice.randint(1, 9)
    answer = ask(book, order(side, quantity, security_id=f"B{at}"))
    before, after = worst(0), worst(SIGN[side] * quantity)
    wanted = Outcome.PASS if after <= 0 else Outcome.BREACH
    if 0 < after < before:
        wanted = Outcome.REDUCING
    assert answer.outcome is (Outcome.PASS if after == before else wanted)
    blocked = [lots for lots in range(1, 300) if worst(SIGN[side] * lots) > max(before, 0)]
    free = [lots for lots in range(300) if lots not in blocked]
    assert answer.max_quantity == (None if not blocked else max(free))


def test_more_open_orders_than_can_be_told_apart_fill_any_position_between() -> None:
    rule: dict[str, Any] = {"id": "R", "kind": "ladder", "den_attr": "shares_out"}
    rule |= {"level": "firm", "thresholds": ["0.05"]}
    few = book_of(rule, held=1, opens=(4, 20))
    assert ask(few, order(Side.BUY, 3)).outcome is Outcome.PASS
    book = book_of(rule, held=1, opens=tuple(2**number for number in range(13)))
    book.put_security(
        SecurityFacts(id="A", currency="EUR", attributes={"shares_out": Decimal(10**6)})
    )
    assert ask(book, order(Side.BUY, 1)).outcome is Outcome.PASS
    book.put_security(
        SecurityFacts(id="A", currency="EUR", attributes={"shares_out": Decimal(100_000)})
    )
    crossing = ask(book, order(Side.BUY, 1))
    assert (crossing.outcome, crossing.max_quantity) == (Outcome.DISCLOSE, None)
    assert silent(book, order(Side.BUY, 1)) == 0


def test_a_threshold_is_met_again_after_the_position_has_moved_on() -> None:
    rule = {"id": "R", "kind": "ladder", "severity": "info", "den_attr": "shares_out"}
    book = book_of(rule | {"thresholds": ["0.05", "0.1"]}, held=0)
    assert silent(book, order(Side.BUY, 9)) == 9
    assert ask(book, order(Side.BUY, 9)).outcome is Outcome.PASS
    book.set_position("F1", "A", Decimal(12))
    assert silent(book, order(Side.BUY, 7)) == 7
    assert ask(book, order(Side.BUY, 7)).outcome is Outcome.PASS
    assert ask(book, order(Side.BUY, 8)).outcome is Outcome.DISCLOSE
    assert silent(book, order(Side.SELL, 2)) == 2
    assert ask(book, order(Side.SELL, 2)).outcome is Outcome.PASS
    assert ask(book, order(Side.SELL, 3)).outcome is Outcome.DISCLOSE
    book.set_position("F1", "A", Decimal(0))
    assert ask(book, order(Side.BUY, 9)).outcome is Outcome.PASS


def test_orders_in_a_batch_cross_a_threshold_once() -> None:
    rule = {"id": "R", "kind": "ladder", "severity": "info", "den_attr": "shares_out"}
    book = book_of(rule | {"thresholds": ["0.05"], "level": "firm"}, held=4)
    orders = [
        Candidate(
            order_id=f"o{number}",
            security_id="A",
            side=Side.BUY,
            legs=(Leg(fund_id="F1", quantity=Decimal(size)),),
        )
        for number, size in enumerate((5, 1, 1))
    ]
    found = book.check_batch(orders, today=TODAY, now=NOW)
    assert [one.outcome for one in found] == [Outcome.PASS, Outcome.DISCLOSE, Outcome.DISCLOSE]


def test_an_amount_in_issue_that_changes_changes_the_limit() -> None:
    rule = {"id": "R", "kind": "ownership", "own_by": "issuer", "den_attr": "votes", "max": "0.1"}
    book = book_of(rule)
    assert ask(book, order(Side.BUY, 1)).outcome is Outcome.UNKNOWN
    for issued, most in ((100, 10), (50, 5)):
        book.facts.outside.issuers["I1"] = {"votes": Decimal(issued)}
        book.outside_changed()
        assert ask(book, order(Side.BUY, 1)).max_quantity == most


def test_a_missing_amount_is_disregarded_only_with_a_legal_reference() -> None:
    rule = {"id": "R", "kind": "ownership", "den_attr": "debt_out", "max": "0.1"}
    with pytest.raises(PolicyError, match="legal reference"):
        parse_rule(rule | {"on_missing": "disregard"})
    lenient = rule | {"on_missing": "disregard", "source": "2009/65/EC art. 56(2)"}
    assert ask(book_of(rule), order(Side.BUY, 1)).action is Action.BLOCK_HARD
    answer = ask(book_of(lenient), order(Side.BUY, 1))
    assert (answer.outcome, answer.max_quantity) == (Outcome.PASS, None)


def test_a_missing_attribute_stops_only_orders_that_move_the_average() -> None:
    rule = {"id": "R", "kind": "wavg", "attr": "duration", "max": "5"}
    book = book_of(rule | {"select": [["type", "==", "bond"]]})
    for name, kind in (("B", "bond"), ("C", "bond"), ("E", "equity")):
        known = {"duration": Decimal(4)} if name == "B" else {}
        facts = SecurityFacts(id=name, currency="EUR", asset_type=kind, attributes=known)
        book.put_security(facts)
        book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)
    assert ask(book, order(Side.BUY, 1, security_id="B")).outcome is Outcome.PASS
    assert ask(book, order(Side.BUY, 1, security_id="C")).outcome is Outcome.UNKNOWN
    book.set_position("F1", "C", Decimal(1))
    assert ask(book, order(Side.BUY, 1, security_id="B")).outcome is Outcome.UNKNOWN
    assert ask(book, order(Side.BUY, 1, security_id="E")).outcome is Outcome.PASS
    assert ask(book, order(Side.BUY, 1, "F2", security_id="B")).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("at_least", "assets", "debt", "most"),
    [
        ("3", "1600", "500", Decimal(50)),
        ("3", "1500", "500", Decimal(0)),
        ("3", "1400", "500", Decimal(0)),
        ("1", "600", "500", None),
        ("1", "400", "500", Decimal(0)),
    ],
)
def test_what_a_fund_may_borrow(
    at_least: str, assets: str, debt: str, most: Decimal | None
) -> None:
    rule = parse_rule({"id": "R", "kind": "coverage", "min": at_least})
    assert isinstance(rule, CoverageRule)
    fund = FundFacts(
        id="F1",
        currency="EUR",
        total_assets=Decimal(assets),
        other_liabilities=Decimal(0),
        debt=Decimal(debt),
    )
    assert largest_borrowing(rule, fund) == most


def test_coverage_is_a_state_of_the_fund_and_charges_no_order() -> None:
    book = book_of({"id": "R", "kind": "coverage"})
    fund = FundFacts(
        id="F1",
        currency="EUR",
        total_assets=Decimal(1500),
        other_liabilities=Decimal(1),
        debt=Decimal(500),
    )
    book.put_fund(fund)
    assert ask(book, order(Side.BUY, 1)).outcome is Outcome.PASS
    outcomes = [
        cell.outcome
        for one in (fund, book.facts.funds["F2"])
        for cell in state_of(book.facts, book.rules[0], one, TODAY)
    ]
    assert outcomes == [Outcome.BREACH, Outcome.UNKNOWN]


@pytest.mark.parametrize(
    ("value", "minutes", "outcome"),
    [
        ("0.2", 60, Outcome.WARN),
        ("0.15", 0, Outcome.PASS),
        ("0.201", 0, Outcome.BREACH),
        ("0.1", 61, Outcome.UNKNOWN),
        ("0.1", -61, Outcome.UNKNOWN),
    ],
)
def test_a_figure_of_another_system_must_be_recent_and_inside(
    value: str, minutes: int, outcome: Outcome
) -> None:
    rule = {"id": "R", "kind": "external", "figure": "VaR", "max": "0.2", "warn": "0.15"}
    book = book_of(rule | {"max_age_minutes": 60})
    assert ask(book, order(Side.BUY, 1)).outcome is Outcome.UNKNOWN
    at = NOW - timedelta(minutes=minutes)
    book.facts.outside.figures["VaR", "F1"] = Figure(value=Decimal(value), at=at)
    answer = ask(book, order(Side.BUY, 1))
    assert answer.outcome is outcome
    blocked = outcome in (Outcome.BREACH, Outcome.UNKNOWN)
    assert answer.max_quantity == (0 if blocked else None)
    cells = expand(answer.evidence, book.rules)[0].cells
    assert [cell.outcome for cell in cells] == [outcome]


def test_a_limit_changes_on_its_day() -> None:
    rule = {"id": "R", "kind": "ownership", "den_attr": "shares_out", "max": "0.1"}
    book = book_of(rule | {"schedule": [{"on": "2026-05-01", "max": "0.05"}]})
    for day, most in ((date(2026, 4, 30), 20), (date(2026, 5, 1), 10), (date(2026, 4, 30), 20)):
        answer = book.check(order(Side.BUY, 1), today=day, now=NOW)
        assert answer.max_quantity == most
        limits = [cell.limit for cell in expand(answer.evidence, book.rules)[0].cells]
        assert limits == [Fraction(most, ISSUED)]


def test_an_exception_lapses_to_the_rule_itself() -> None:
    until = {"until": "2026-03-02", "approved_by": "board", "reason": "merger"}
    for limit, most in (({"limit": "0.15"}, 30), ({}, None)):
        for match in ({"cells": ["A"]}, {"funds": ["F1"]}, {}):
            exception = {"match": match, **until, **limit}
            rule = {"id": "R", "kind": "ownership", "den_attr": "shares_out", "max": "0.1"}
            book = book_of(rule | {"exceptions": [exception]})
            days = (TODAY, TODAY + timedelta(days=1))
            found = [book.check(order(Side.BUY, 1), today=day, now=NOW) for day in days]
            assert [one.max_quantity for one in found] == [most, 20]
    others = {"match": {"cells": ["B"], "funds": ["F1"]}, **until, "limit": "0.15"}
    book = book_of(rule | {"exceptions": [others]})
    assert ask(book, order(Side.BUY, 1)).max_quantity == 20


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"kind": "ladder", "den_attr": "x", "thresholds": ["0.1", "0.05"]}, "rising"),
    ({"kind": "ladder", "den_attr": "x", "thresholds": {"from": "0.1", "to": "1"}}, "thresholds"),
    (
        {"kind": "ladder", "den_attr": "x", "thresholds": {"from": "0", "to": "1", "step": "0"}},
        "step above zero",
    ),
    (
        {"kind": "ownership", "own_by": "issuer", "den_attr": "x", "den_from": "security"}
        | {"max": "0.1"},
        "den_from security does not go with own_by issuer",
    ),
    ({"kind": "ownership", "den_attr": "x", "max": "0.1", "group_by": "issuer"}, "group_by"),
    ({"kind": "wavg", "attr": "duration"}, "give a limit"),
    ({"kind": "external", "figure": "VaR", "max": "0.2"}, "max_age_minutes"),
    ({"kind": "external", "figure": "VaR", "min": "0", "warn": "1", "max_age_minutes": 5}, "warn"),
    ({"kind": "ratio", "max": "0.1", "den": {"issuer": "votes"}}, "group by what it belongs to"),
    (
        {"kind": "ratio", "max": "0.1", "schedule": [{"on": "2026-01-01", "min": "0.1"}]},
        "the rule has no min",
    ),
    (
        {"kind": "ratio", "max": "0.1"}
        | {"schedule": [{"on": day, "max": "0.2"} for day in ("2026-02-01", "2026-01-01")]},
        "dates must rise",
    ),
    ({"kind": "ratio", "max": "0.1", "schedule": [{"on": "2026-01-01"}]}, "give a limit"),
]


@pytest.mark.parametrize(("raw", "message"), REFUSED)
def test_a_rule_that_contradicts_itself_is_refused(raw: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        parse_rule({"id": "R", **raw})
