"""Single cases at the edge of one kind, each of which a one-line mistake in it would change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from tests.compliance.two_funds import NOW, TODAY, ask_both, book_of, order, silent
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.explain import expand
from tradeoms.compliance.outside import Figure, PastTrade
from tradeoms.compliance.policy import parse_rules
from tradeoms.domain.evaluation import FundFacts, Leg, OpenOrder, Outcome, SecurityFacts
from tradeoms.kernel.enums import Side


@pytest.mark.parametrize(
    ("value", "outcome"),
    [("-0.3", Outcome.BREACH), ("0.05", Outcome.PASS), ("0.3", Outcome.BREACH)],
)
def test_a_figure_below_its_least_stops_as_one_above_its_most(value: str, outcome: Outcome) -> None:
    rule = {"id": "R", "kind": "external", "figure": "beta", "min": "-0.2", "max": "0.2"}
    book = book_of(rule | {"max_age_minutes": 60})
    book.facts.outside.figures["beta", "F1"] = Figure(value=Decimal(value), at=NOW)
    assert ask_both(book, order(Side.BUY, 1)).outcome is outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("false", Outcome.BREACH),
        (False, Outcome.BREACH),
        ("true", Outcome.PASS),
        (True, Outcome.PASS),
        ("no", Outcome.UNKNOWN),
        ("False", Outcome.UNKNOWN),
        (Decimal(0), Outcome.UNKNOWN),
    ],
)
@pytest.mark.parametrize("condition", [["green", "==", False], ["green", "in", [False]]])
def test_yes_and_no_are_read_from_text_and_any_other_word_is_unknown(
    said: object, outcome: Outcome, condition: list[object]
) -> None:
    book = book_of({"id": "R", "kind": "restrict", "select": [condition]})
    book.put_security(SecurityFacts(id="A", currency="EUR", attributes={"green": said}))
    assert ask_both(book, order(Side.BUY, 1)).outcome is outcome


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ("0.3+0.2", Outcome.BREACH),
        ("0.3+0.1999", Outcome.PASS),
        ("0.5", Outcome.BREACH),
        ("0.3+half", Outcome.UNKNOWN),
    ],
)
def test_shares_of_blocked_owners_are_added_up_as_a_file_says_them(
    said: str, outcome: Outcome
) -> None:
    book = book_of({"id": "R", "kind": "restrict", "blocked_owner_share": "0.5"})
    book.put_security(SecurityFacts(id="A", currency="EUR", attributes={"blocked_owners": said}))
    assert ask_both(book, order(Side.BUY, 1)).outcome is outcome


@pytest.mark.parametrize(
    ("groups", "outcome"), [((), Outcome.BREACH), (("G", "H"), Outcome.NOT_TESTED)]
)
def test_a_rule_leaves_out_the_funds_of_a_group(groups: tuple[str, ...], outcome: Outcome) -> None:
    scope = {"exclude_fund_groups": ["G"]}
    book = book_of({"id": "R", "kind": "restrict", "list": ["A"], "scope": scope})
    book.put_fund(FundFacts(id="F1", currency="EUR", nav=Decimal(10**6), groups=groups))
    answer = ask_both(book, order(Side.BUY, 1))
    assert answer.outcome is outcome
    assert expand(answer.evidence, book.rules)[0].outcome is outcome


@pytest.mark.parametrize(("issued", "outcome"), [("100", Outcome.DISCLOSE), ("101", Outcome.PASS)])
def test_a_ladder_reads_the_shares_in_issue_from_the_column_of_that_name(
    issued: str, outcome: Outcome
) -> None:
    rule = {"id": "R", "kind": "ladder", "den_attr": "shares_outstanding", "thresholds": ["0.05"]}
    book = book_of(rule | {"severity": "info"}, held=4)
    book.put_security(SecurityFacts(id="A", currency="EUR", shares_outstanding=Decimal(issued)))
    answer = ask_both(book, order(Side.BUY, 1))
    assert answer.outcome is outcome
    assert expand(answer.evidence, book.rules)[0].outcome is outcome


@pytest.mark.parametrize(
    ("rule", "outcome"),
    [
        ({"kind": "restrict", "list": "banned"}, Outcome.BREACH),
        ({"kind": "restrict", "select": [["type", "==", "equity"]]}, Outcome.BREACH),
        ({"kind": "restrict", "select": [["issuer", "==", "Small"]]}, Outcome.PASS),
        ({"kind": "restrict", "select": [["country", "==", "KP"]]}, Outcome.UNKNOWN),
        ({"kind": "ratio", "group_by": "issuer", "den": "one", "max": "60"}, Outcome.BREACH),
        ({"kind": "order", "max_adv": "0.01"}, Outcome.BREACH),
    ],
)
def test_a_free_attribute_does_not_hide_a_field_of_its_name(
    rule: dict[str, Any], outcome: Outcome
) -> None:
    book = book_of({"id": "R", **rule}, held=5)
    free = {"id": "Z", "type": "cash", "issuer": "Small", "adv": "1000", "country": "KP"}
    known = {"asset_type": "equity", "issuer": "Big", "adv": Decimal(10)}
    book.put_security(SecurityFacts(id="A", currency="EUR", attributes=free, **known))  # type: ignore[arg-type]  # words
    book.put_security(SecurityFacts(id="B", currency="EUR", issuer="Big"))
    book.put_price(security_id="B", price=Decimal(1), as_of=TODAY)
    book.set_position("F1", "B", Decimal(1))
    book.put_list("banned", ["A"])
    assert ask_both(book, order(Side.BUY, 1)).outcome is outcome


def bonds(book: ComplianceBook, *durations: int) -> None:
    for number, duration in enumerate(durations):
        name = f"B{number}"
        known = {"duration": Decimal(duration)}
        book.put_security(SecurityFacts(id=name, currency="EUR", attributes=known))
        book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)


def test_a_short_holding_takes_its_value_out_of_an_average() -> None:
    book = book_of({"id": "R", "kind": "wavg", "attr": "duration", "max": "5"})
    bonds(book, 4, 8)
    book.set_position("F1", "B0", Decimal(100))
    book.set_position("F1", "B1", Decimal(-20))
    # (400 - 160) / (100 - 20) is 3; were the short added to the value below, it would be 2.
    answer = ask_both(book, order(Side.SELL, 60, security_id="B0"))
    # (160 - 160) / (40 - 20): 0; selling on turns both signs and the excess with them.
    assert answer.outcome is Outcome.PASS
    cell = expand(answer.evidence, book.rules)[0].cells[0]
    assert (cell.num_before, cell.den_before) == (Fraction(240), Fraction(80))
    assert (cell.num_after, cell.den_after) == (Fraction(0), Fraction(20))


@pytest.mark.parametrize(("held", "outcome"), [(10, Outcome.UNKNOWN), (-10, Outcome.UNKNOWN)])
def test_a_holding_that_may_be_selected_counts_where_it_hurts(held: int, outcome: Outcome) -> None:
    rule = {"id": "R", "kind": "wavg", "attr": "duration", "max": "5"}
    book = book_of(rule | {"select": [["type", "==", "bond"]]})
    known = {"duration": Decimal(4)}
    for name, kind, duration in (("B", "bond", 4), ("X", None, 8 if held > 0 else 3)):
        known = {"duration": Decimal(duration)}
        facts = SecurityFacts(id=name, currency="EUR", asset_type=kind, attributes=known)
        book.put_security(facts)
        book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)
    book.set_position("F1", "X", Decimal(held))
    # B at 4 is one below the limit a unit; X may add ten units three above it, or take out ten
    # units two below it.
    assert ask_both(book, order(Side.BUY, 5, security_id="B")).outcome is outcome
    assert ask_both(book, order(Side.BUY, 50, security_id="B")).outcome is Outcome.PASS


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_open_orders_on_a_holding_that_may_be_selected_may_fill(side: Side) -> None:
    rule = {"id": "R", "kind": "wavg", "attr": "duration", "max": "5"}
    book = book_of(rule | {"select": [["type", "==", "bond"]]})
    for name, kind, duration in (("B", "bond", 4), ("X", None, 8 if side is Side.BUY else 3)):
        known = {"duration": Decimal(duration)}
        facts = SecurityFacts(id=name, currency="EUR", asset_type=kind, attributes=known)
        book.put_security(facts)
        book.put_price(security_id=name, price=Decimal(1), as_of=TODAY)
    legs = (Leg(fund_id="F1", quantity=Decimal(10)),)
    book.reserve(OpenOrder(order_id="open", security_id="X", side=side, legs=legs))
    assert ask_both(book, order(Side.BUY, 5, security_id="B")).outcome is Outcome.UNKNOWN
    book.release("open")
    assert ask_both(book, order(Side.BUY, 5, security_id="B")).outcome is Outcome.PASS


@pytest.mark.parametrize("issued", ["0", "-200"])
def test_an_amount_in_issue_that_is_not_positive_is_unknown(issued: str) -> None:
    book = book_of({"id": "R", "kind": "ownership", "den_attr": "shares_out", "max": "0.1"})
    known = {"shares_out": Decimal(issued)}
    book.put_security(SecurityFacts(id="A", currency="EUR", attributes=known))
    assert ask_both(book, order(Side.BUY, 1)).outcome is Outcome.UNKNOWN


def test_a_short_ladder_shows_the_threshold_that_lies_ahead() -> None:
    rule = {"id": "R", "kind": "ladder", "den_attr": "shares_out", "sign": "short"}
    book = book_of(rule | {"thresholds": ["0.05", "0.1"]}, held=-12)
    seen = {
        side: expand(ask_both(book, order(side, 1)).evidence, book.rules)[0].cells[0]
        for side in (Side.SELL, Side.BUY)
    }
    assert (seen[Side.SELL].bound, seen[Side.SELL].limit) == ("max", Fraction("0.1"))
    assert (seen[Side.BUY].bound, seen[Side.BUY].limit) == ("min", Fraction("0.05"))


def test_where_open_orders_cannot_be_told_apart_both_ends_bound_the_quantity() -> None:
    rule = {"id": "R", "kind": "ladder", "den_attr": "shares_out", "level": "firm"}
    book = book_of(rule | {"thresholds": ["0.05"]}, opens=tuple(2**n for n in range(13)))
    known = {"shares_out": Decimal(10**6)}
    book.put_security(SecurityFacts(id="A", currency="EUR", attributes=known))
    book.set_position("F1", "A", Decimal(60_000))
    # Sold from 60,000 with nothing else filled, 50,000 is where the threshold is left.
    assert silent(book, order(Side.SELL, 100)) == 10_000
    assert ask_both(book, order(Side.SELL, 10_000)).outcome is Outcome.PASS
    assert ask_both(book, order(Side.SELL, 10_001)).outcome is Outcome.DISCLOSE
    book.set_position("F1", "A", Decimal(0))
    # Bought beside 8,191 that may all fill, 50,000 is where it is reached.
    assert silent(book, order(Side.BUY, 100)) == 41_808
    assert ask_both(book, order(Side.BUY, 41_808)).outcome is Outcome.PASS
    assert ask_both(book, order(Side.BUY, 41_809)).outcome is Outcome.DISCLOSE


@pytest.mark.parametrize(("on", "outcome"), [(2, Outcome.PASS), (3, Outcome.BREACH)])
def test_a_swing_ends_on_the_day_that_has_the_same_number(on: int, outcome: Outcome) -> None:
    book = book_of({"id": "R", "kind": "window", "rule": "short_swing", "months": 1})
    book.facts.outside.note_trade(
        PastTrade(
            fund_id="F1", security_id="A", side=Side.BUY, quantity=Decimal(1), on=date(2026, 2, on)
        )
    )
    book.set_position("F1", "A", Decimal(1))
    assert ask_both(book, order(Side.SELL, 1)).outcome is outcome


def test_a_cross_with_an_account_that_nobody_knows_counts_as_principal() -> None:
    book = book_of({"id": "R", "kind": "cross", "mode": "principal"})
    bought = order(Side.BUY, 1)
    assert ask_both(book, replace(bought, cross_with="F2")).outcome is Outcome.PASS
    assert ask_both(book, replace(bought, cross_with="NOBODY")).outcome is Outcome.BREACH


@pytest.mark.parametrize("others", [0, 20], ids=["few", "many"])
def test_two_orders_of_one_batch_may_meet_each_other(others: int) -> None:
    book = book_of({"id": "R", "kind": "cross", "mode": "self_match"}, held=10)
    book.put_security(SecurityFacts(id="B", currency="EUR"))
    book.put_price(security_id="B", price=Decimal(10), as_of=TODAY)
    both = [replace(order(side, 1), order_id=side.value) for side in (Side.BUY, Side.SELL)]
    both += [
        replace(order(Side.BUY, 1, security_id="B"), order_id=f"other {number}")
        for number in range(others)
    ]
    found = book.check_batch(both, today=TODAY, now=NOW)
    assert [one.outcome for one in found[:2]] == [Outcome.PASS, Outcome.BREACH]
    assert {one.outcome for one in found[2:]} <= {Outcome.PASS}


@pytest.mark.parametrize(
    ("count", "outcome"), [("whole", Outcome.BREACH), ("excess", Outcome.PASS)]
)
def test_a_group_that_enters_a_bucket_brings_in_all_of_it(count: str, outcome: Outcome) -> None:
    """From 4.9 % to 6.9 % of net assets, of which groups above 5 % may make up 6 %."""
    bucket = {"id": "R", "kind": "bucket", "group_by": "issuer", "den": "nav", "count": count}
    book = book_of(bucket | {"threshold": "0.05", "bucket_max": "0.06"}, held=4_900)
    assert ask_both(book, order(Side.BUY, 2_000)).outcome is outcome


def test_a_security_that_is_no_derivative_is_its_own_underlying() -> None:
    rule = {"id": "R", "kind": "ownership", "own_by": "underlying", "den_attr": "shares_out"}
    assert ask_both(book_of(rule | {"max": "0.1"}), order(Side.BUY, 1)).max_quantity == 20


def test_a_rule_through_the_underlying_follows_one_that_becomes_known_later() -> None:
    book = book_of(
        {"id": "R", "kind": "restrict", "blocked_owner_share": "0.5", "through_underlying": True}
    )
    option = SecurityFacts(id="OPT", currency="EUR", issuer="I1", attributes={"underlying": "U"})
    book.put_security(option)
    book.put_price(security_id="OPT", price=Decimal(10), as_of=TODAY)
    buy = order(Side.BUY, 1, security_id="OPT")
    before = book.check(buy, today=TODAY, now=NOW).outcome
    owned = SecurityFacts(
        id="U", currency="EUR", issuer="I9", attributes={"blocked_owners": ("0.6",)}
    )
    book.put_security(owned)
    assert (before, book.check(buy, today=TODAY, now=NOW).outcome) == (
        Outcome.PASS,
        Outcome.BREACH,
    )


ISSUER = {"id": "R", "kind": "ratio", "group_by": "issuer", "max": "0.1"}
THROUGH = ISSUER | {"lookthrough": True, "max_age_days": 30}


def put_etf(book: ComplianceBook, kind: str = "etf", **known: Any) -> None:
    """A fund of an issuer of its own, which says of itself what ``known`` says."""
    etf = SecurityFacts(id="E", currency="EUR", asset_type=kind, issuer="HOUSE", **known)
    book.put_security(etf)
    book.put_price(security_id="E", price=Decimal(1000), as_of=TODAY)


@pytest.mark.parametrize("kind", ["etf", "fund"])
def test_a_fund_without_constituents_is_never_seen_through_to_its_own_issuer(kind: str) -> None:
    book = book_of(THROUGH)
    put_etf(book, kind)
    assert ask_both(book, order(Side.BUY, 10, security_id="E")).outcome is Outcome.UNKNOWN
    book.put_rules(parse_rules([ISSUER]))
    assert ask_both(book, order(Side.BUY, 10, security_id="E")).outcome is Outcome.PASS


@pytest.mark.parametrize(("held", "outcome"), [(50, Outcome.PASS), (150, Outcome.UNKNOWN)])
def test_a_held_fund_without_constituents_matters_where_it_could_be_too_much(
    held: int, outcome: Outcome
) -> None:
    book = book_of(THROUGH)
    put_etf(book)
    book.set_position("F1", "E", Decimal(held))
    assert ask_both(book, order(Side.BUY, 10, security_id="A")).outcome is outcome


@pytest.mark.parametrize(
    ("group_by", "age", "outcome"),
    [
        ("issuer", 30, Outcome.PASS),
        ("issuer", 31, Outcome.UNKNOWN),
        ("country", 30, Outcome.UNKNOWN),
        (["issuer", "country"], 30, Outcome.UNKNOWN),
    ],
)
def test_constituents_count_by_what_they_are_grouped_by_and_while_they_are_new(
    group_by: object, age: int, outcome: Outcome
) -> None:
    book = book_of(THROUGH | {"group_by": group_by})
    parts = {"issuer": (("I1", Decimal("0.5")), ("I2", Decimal("0.5")))}
    put_etf(book, constituents_by=parts, constituents_on=TODAY - timedelta(days=age))
    assert ask_both(book, order(Side.BUY, 10, security_id="E")).outcome is outcome


@pytest.mark.parametrize(("quantity", "outcome"), [(200, Outcome.PASS), (201, Outcome.BREACH)])
def test_a_fund_counts_in_the_cells_of_what_it_holds(quantity: int, outcome: Outcome) -> None:
    book = book_of(THROUGH)
    parts = {"issuer": (("I1", Decimal("0.5")), ("I2", Decimal("0.25")))}
    put_etf(book, constituents_by=parts, constituents_on=TODAY)
    assert ask_both(book, order(Side.BUY, quantity, security_id="E")).outcome is outcome
