"""A price that is too old for the trading day counts as missing, until a fresh one is loaded."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction as F  # noqa: N817
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, fits, opened
from tradeoms import bootstrap, node
from tradeoms.app.ageing import why_too_old
from tradeoms.app.identity import SystemClock
from tradeoms.app.known import candidate_of
from tradeoms.app.pretrade import Pretrade
from tradeoms.app.reserved import remaining
from tradeoms.app.worth import value_funds
from tradeoms.compliance import ComplianceBook
from tradeoms.compliance.answer import verdicts_of
from tradeoms.compliance.explain import candidate_in, expand
from tradeoms.compliance.facts import Facts
from tradeoms.compliance.sentences import name_in, passing_of
from tradeoms.domain.evaluation import Candidate, Evaluation, Leg, Outcome
from tradeoms.domain.order.commands import Leg as OrderLeg
from tradeoms.domain.order.state import Phase
from tradeoms.domain.placement.commands import CreatePlacement
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import CashBalance, Fund, FxRate, OpeningCash, Price
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import Side, TimeInForce
from tradeoms.projections.book import Book
from tradeoms.rest.process import _price_max_age
from tradeoms.settings import Settings

FRIDAY, MONDAY, TUESDAY = date(2010, 1, 15), date(2010, 1, 18), date(2010, 1, 19)  # Monday: MLK
AT_LIMIT, TOO_LATE = date(2010, 1, 7), date(2010, 1, 8)  # three and four sessions after DAY
LIMIT = 3


def age(mic: str, as_of: date, trade_on: date | None, limit: int) -> str:
    return why_too_old(Price(security_id="S", price=D(1), as_of=as_of), mic, trade_on, limit)


@pytest.mark.parametrize("mic", ["XNYS", "XNAS", "XOFF", ""])
def test_at_the_limit_a_price_counts_and_one_trading_day_later_it_does_not(mic: str) -> None:
    assert age(mic, DAY, AT_LIMIT, LIMIT) == ""
    assert age(mic, DAY, TOO_LATE, LIMIT) == (
        "the price of S is of 2010-01-04, older than 3 trading days"
    )


@pytest.mark.parametrize(
    ("mic", "trade_on", "counts"),
    [
        ("XNYS", date(2010, 1, 16), True),  # Saturday
        ("XNYS", MONDAY, True),
        ("XNYS", TUESDAY, True),
        ("XNYS", date(2010, 1, 20), False),
        ("XNAS", TUESDAY, True),
        ("XLON", MONDAY, True),  # London trades on the Monday
        ("XLON", TUESDAY, False),
        ("XOFF", TUESDAY, False),  # no calendar is known: Monday to Friday count
    ],
)
def test_only_days_of_the_exchange_count(mic: str, trade_on: date, *, counts: bool) -> None:
    assert (age(mic, FRIDAY, trade_on, 1) == "") is counts


def test_a_price_of_the_weekend_is_as_old_as_that_of_the_friday_before() -> None:
    sunday = date(2010, 1, 10)
    assert [age("XNYS", sunday, date(2010, 1, day), 1) == "" for day in (11, 12)] == [True, False]
    assert [age("XNYS", sunday, date(2010, 1, day), 2) == "" for day in (12, 13)] == [True, False]


def test_without_a_limit_no_price_is_too_old_and_without_a_day_every_price_is() -> None:
    assert age("XNYS", date(1999, 1, 4), TUESDAY, 0) == ""
    assert age("XNYS", date(1999, 1, 4), None, 0) == ""
    assert age("XNYS", FRIDAY, None, 250).endswith(
        "no trading day has begun by which to tell its age"
    )


def test_a_price_of_a_day_to_come_counts() -> None:
    assert age("XNYS", TUESDAY, FRIDAY, 1) == ""


RULES = (
    {"id": "share", "kind": "ratio", "measure": "mv", "group_by": "id", "max": "0.9", "version": 1},
    {"id": "cash", "kind": "cash", "min": "0", "version": 1},
    {"id": "value", "kind": "order", "max_value": "1000000000", "version": 1},
)


@contextlib.contextmanager
def ruled(data: Path, limit: int = LIMIT) -> Iterator[House]:
    """A house with rules that need prices, where these age."""
    with opened(data, price_max_age=limit) as house:
        if not house.book.rules:
            texts = tuple(
                RuleText(
                    rule_id=str(raw["id"]), version=1, definition=json.dumps(raw), cases=fits()
                )
                for raw in RULES
            )
            house.get(DefineRules(rules=texts), user="ada")
            for one in texts:
                house.get(ActivateRule(rule_id=one.rule_id, version=1), user="cora")
        yield house


def roll(house: House, day: date) -> None:
    house.get(rc.RollDay(trade_on=day), user="olga")


def load(house: House, day: date, *symbols: str, price: int = 100) -> None:
    ids = [house.book.identifiers["ticker_mic", f"{symbol}.XNYS"] for symbol in symbols]
    prices = tuple(Price(security_id=one, price=D(price), as_of=day) for one in ids)
    house.get(rc.LoadPrices(prices=prices), user="olga")


def enter(house: House, number: int, **more: Any) -> str:
    return str(house.get(buy(number, **more))["status"])


def abc(house: House) -> str:
    return house.book.identifiers["ticker_mic", "ABC.XNYS"]


def evaluation(pretrade: Pretrade, house: House, number: int) -> Evaluation:
    """The order checked again as it stands."""
    order = next(o for o in house.book.orders.values() if o.client_order_id == f"c{number}")
    left = remaining(order.legs, house.book.allocations.get(order.id))
    return pretrade.check_candidate(candidate_of(order, left), now=SystemClock().now())


def rebuilt(house: House, limit: int = LIMIT) -> Pretrade:
    found = Pretrade(
        book=house.book, compliance=ComplianceBook(), history=lambda _: (), price_max_age=limit
    )
    found.load()
    return found


def same(one: Pretrade, other: Pretrade, house: House) -> None:
    """Two books answer alike about both securities, alone, together and in words."""
    assert one.compliance.facts.prices == other.compliance.facts.prices
    assert one.compliance.facts.unpriced == other.compliance.facts.unpriced
    assert one.compliance.facts.funds == other.compliance.facts.funds
    now, today = SystemClock().now(), one.today(SystemClock().now())
    wishes = [
        Candidate(
            order_id=f"w{symbol}{quantity}", security_id=security_id, side=side,
            legs=tuple(Leg(fund_id=fund, quantity=D(quantity)) for fund in ("A", "B")),
        )
        for symbol in ("ABC", "XYZ")
        for security_id in [house.book.identifiers["ticker_mic", f"{symbol}.XNYS"]]
        for quantity, side in ((10, Side.BUY), (4_000, Side.SELL), (900_000, Side.BUY))
    ]  # fmt: skip
    for ask in (
        lambda book: [book.check(each, today=today, now=now) for each in wishes],
        lambda book: book.check_each(wishes, today=today, now=now),
        lambda book: book.check_basket(wishes, mode="net", today=today, now=now),
        lambda book: book.check_basket(wishes, mode="worst", today=today, now=now),
    ):
        assert ask(one.compliance) == ask(other.compliance)


def test_an_order_after_the_price_grew_too_old_is_unknown_until_a_fresh_one_is_loaded(
    data: Path,
) -> None:
    with ruled(data) as house:
        roll(house, AT_LIMIT)
        assert enter(house, 1) == "approved"
        roll(house, TOO_LATE)
        assert enter(house, 2) == "blocked"
        found = evaluation(house.engine.pretrade, house, 2)
        assert found.outcome is Outcome.UNKNOWN
        assert found.waiting_for == ("data",)
        said = f"the price of {abc(house)} is of 2010-01-04, older than 3 trading days"
        told = {one.rule_id: one.explanation for one in found.verdicts}
        assert [rule for rule, text in told.items() if said in text] == ["share", "value"], told
        load(house, date(2010, 1, 5), "ABC")
        assert enter(house, 3) == "approved"
    assert bootstrap.replay(Settings(data=data)).differing == ()


def rated(house: House, day: date) -> None:
    rate = FxRate(base="USD", to="EUR", rate=D("0.7"), as_of=day)
    house.get(rc.LoadPrices(prices=(), rates=(rate,)), user="olga")


def test_a_rate_grows_too_old_as_a_price_does_and_a_fresh_one_cures_it(data: Path) -> None:
    with ruled(data) as house:
        euro = Fund(code="E", name="E", currency="EUR", nav=D(10**9))
        house.get(rc.LoadFunds(funds=(euro,)), user="system")
        money = OpeningCash(currency="EUR", minor=10**11)
        books = (rc.FundBook(fund="E", positions=(), cash=(money,)),)
        house.get(rc.LoadPositions(as_of=DAY, books=books), user="system")
        legs = (OrderLeg(fund="E", quantity=D(1000)),)
        rated(house, DAY)
        roll(house, AT_LIMIT)
        assert enter(house, 1, legs=legs) != "blocked"
        roll(house, TOO_LATE)
        load(house, TOO_LATE, "ABC", "XYZ")
        assert (enter(house, 2), enter(house, 3, legs=legs)) == ("approved", "blocked")
        found = evaluation(house.engine.pretrade, house, 3)
        told = next(one.explanation for one in found.verdicts if one.rule_id == "share")
        assert "the rate from USD to EUR is of 2010-01-04, older than 3 trading days" in told
        again = expand(found.evidence, house.engine.pretrade.compliance.rules)
        facts, tested = house.engine.pretrade.compliance.facts, candidate_in(found.evidence)
        passing = passing_of(facts, tested, F(0), found.binding_rule)
        named = verdicts_of(again, partial(name_in, facts), passing)
        assert told in {one.explanation for one in named}
        copy = rebuilt(house).compliance.facts
        assert (copy.fx, copy.unrated) == (facts.fx, facts.unrated) == ({}, facts.unrated)
        rated(house, date(2010, 1, 5))
        assert enter(house, 4, legs=legs) != "blocked"
    assert bootstrap.replay(Settings(data=data)).differing == ()


def test_money_of_a_currency_without_a_rate_leaves_no_value_and_none_of_it_does_no_harm() -> None:
    book, facts = Book(), Facts()
    book.funds["A"] = Fund(code="A", name="A", currency="USD")
    book.cash["A", "USD"] = CashBalance(fund="A", currency="USD", minor=500)
    book.cash["A", "CHF"] = CashBalance(fund="A", currency="CHF", minor=0)
    assert value_funds(book, facts, ["A"]) == {"A": D(5)}
    book.cash["A", "CHF"] = CashBalance(fund="A", currency="CHF", minor=1)
    assert value_funds(book, facts, ["A"]) == {"A": None}


def test_a_price_that_is_old_when_it_is_loaded_does_not_count(data: Path) -> None:
    with ruled(data) as house:
        roll(house, TOO_LATE)
        load(house, DAY, "ABC", price=90)
        assert enter(house, 1) == "blocked"
        load(house, date(2010, 1, 5), "ABC", price=90)
        assert enter(house, 2) == "approved"


def test_a_placement_waits_for_a_fresh_price(data: Path) -> None:
    with ruled(data) as house:
        roll(house, AT_LIMIT)
        order = house.order(1, time_in_force=TimeInForce.GTC)["id"]
        roll(house, TOO_LATE)
        place = CreatePlacement(order_id=order, destination="BROKER", quantity=D(1000))
        outcome = house.ask(place, user="tom")
        assert outcome.status != "accepted" or house.book.orders[order].phase is Phase.BLOCKED
        assert not house.instructions()


def test_without_the_setting_prices_of_any_age_count(data: Path) -> None:
    with ruled(data, limit=0) as house:
        roll(house, date(2010, 6, 1))
        assert enter(house, 1) == "approved"
        assert house.engine.pretrade.compliance.facts.unpriced == {}


def test_a_restart_and_a_copy_agree_with_the_engine(data: Path) -> None:
    with ruled(data) as house:
        load(house, date(2010, 1, 6), "XYZ")
        roll(house, TOO_LATE)
        assert enter(house, 1) == "blocked"
        replica = bootstrap.replica(Settings(data=data, price_max_age=LIMIT))
        same(replica.refresh(), house.engine.pretrade, house)
        roll(house, date(2010, 1, 12))
        same(replica.refresh(), house.engine.pretrade, house)
        assert len(house.engine.pretrade.compliance.facts.unpriced) == 2
    with ruled(data) as house:
        same(replica.refresh(), house.engine.pretrade, house)
        assert enter(house, 2) == "blocked"


def test_the_evidence_of_an_old_price_says_the_same_again(data: Path) -> None:
    with ruled(data) as house:
        roll(house, TOO_LATE)
        enter(house, 1)
        found = evaluation(house.engine.pretrade, house, 1)
        again = expand(found.evidence, house.engine.pretrade.compliance.rules)
        facts, tested = house.engine.pretrade.compliance.facts, candidate_in(found.evidence)
        assert found.max_quantity == 0
        passing = passing_of(facts, tested, F(0), found.binding_rule)
        told = verdicts_of(again, partial(name_in, facts), passing)
        words = {one.explanation for one in told}
        assert {one.explanation for one in found.verdicts} == words


def test_an_old_price_of_another_holding_leaves_a_fund_without_value_but_what_was_struck(
    data: Path,
) -> None:
    with ruled(data) as house:
        load(house, date(2010, 1, 7), "XYZ")
        roll(house, TOO_LATE)
        assert enter(house, 1, security="XYZ.XNYS") == "blocked", "ABC is held, its value unknown"
        funds = tuple(
            Fund(code=code, name=code, currency="USD", nav=D(10**9)) for code in ("A", "B", "C")
        )
        house.get(rc.LoadFunds(funds=funds), user="system")
        assert enter(house, 2, security="XYZ.XNYS") == "approved", "another group, a known value"
        assert enter(house, 3) == "blocked"


@pytest.mark.parametrize("seed", range(4))
def test_what_ages_step_by_step_is_what_a_start_anew_finds(data: Path, seed: int) -> None:
    dice, day, old = Random(seed), DAY, 0
    with ruled(data) as house:
        for number in range(12):
            if dice.random() < 0.6:
                day += timedelta(days=dice.randint(1, 3))
                roll(house, day)
            else:
                of = day - timedelta(days=dice.randint(0, 8))
                load(house, of, dice.choice(("ABC", "XYZ")), price=dice.choice((100, 101)))
            if dice.random() < 0.5:
                enter(house, number, security=dice.choice(("ABC.XNYS", "XYZ.XNYS")))
            live = house.engine.pretrade
            anew = rebuilt(house)
            for order in house.book.orders.values():
                anew.reserve(order)
            same(live, anew, house)
            old += len(live.compliance.facts.unpriced)
        assert old, "some price grew too old"


def test_every_process_of_a_node_is_told_the_age(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listening:
        children = node.children(Settings(data=tmp_path, price_max_age=LIMIT), listening)
    assert {one.environment["TRADEOMS_PRICE_MAX_AGE"] for one in children} == {"3"}
    runs = next(one.argv for one in children if one.name == "runs")
    assert runs[runs.index("--price-max-age") + 1] == "3"
    assert _price_max_age() == 0
    monkeypatch.setenv("TRADEOMS_PRICE_MAX_AGE", "3")
    assert _price_max_age() == LIMIT
