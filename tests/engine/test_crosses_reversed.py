"""A booked cross taken back on both sides, to the cent, by another person, in one commit."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

import pytest

from tests.engine.house import House, facts, opened
from tests.engine.test_bookings import COMMISSION
from tests.engine.test_crosses import Pair, pair_of
from tests.engine.test_restart import proven
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.cross.commands import ApproveCross, RefuseCross, ReverseCross
from tradeoms.domain.order.commands import CancelOrder


@pytest.fixture
def pair(house: House) -> Pair:
    return pair_of(house)


def booked(pair: Pair, quantity: int = 251) -> str:
    name = pair.propose(quantity)
    pair.house.get(ApproveCross(cross_id=name), user="cora")
    return name


def reverse(name: str, reason: str = "the quote was of another share class") -> ReverseCross:
    return ReverseCross(cross_id=name, reason=reason)


def test_a_reversed_cross_leaves_everything_as_it_was(pair: Pair) -> None:
    house = pair.house
    before = pair.books()
    name = booked(pair)
    assert pair.books() != before
    seq = house.engine.seq
    house.get(reverse(name), user="olga")
    assert pair.books() == before
    for order_id, whole in ((pair.buy, 1000), (pair.sell, 500)):
        order = house.book.orders[order_id]
        assert (order.cum_qty, order.phase.value) == (D(0), "released")
        assert house.place(order_id, whole)["order_qty"] == str(whole)
    cross = house.book.crosses[name]
    assert (cross.status, cross.reversed_by, cross.settled_by) == ("reversed", "olga", "cora")
    assert cross.reversed_because == "the quote was of another share class"
    assert not [one for one in house.book.breaks.values() if not one.resolved_by]
    assert [kind for kind, _ in house.instructions()] == ["new", "new"], "of the placements alone"
    with house.engine.recall._engine.connect() as link:
        query = "SELECT COUNT(DISTINCT json_extract(body, '$.cause')) FROM journal WHERE seq > ?"
        assert link.exec_driver_sql(query, (seq,)).scalar() == 3, "one for it, one a placement"
    assert house.refused(reverse(name), user="olga") == ["cross_not_booked"]


def test_orders_that_were_crossed_whole_are_open_again(pair: Pair) -> None:
    house = pair.house
    name = booked(pair, 500)
    assert house.book.orders.get(pair.sell) is None or house.book.orders[pair.sell].is_closed
    house.get(reverse(name), user="olga")
    assert not house.book.orders[pair.sell].is_closed
    again = booked(pair, 500)
    assert house.book.crosses[again].status == "booked"


def test_an_order_that_was_canceled_since_stays_canceled(pair: Pair) -> None:
    house = pair.house
    before = pair.books()
    name = booked(pair)
    house.get(CancelOrder(order_id=pair.buy))
    house.get(reverse(name), user="olga")
    assert pair.books() == before
    order = house.book.orders.get(pair.buy)
    assert order is None or (order.phase.value, order.cum_qty) == ("canceled", D(0))
    assert house.book.orders[pair.sell].phase == "released"


def test_bookings_and_what_compliance_knows_follow_on_both_sides(pair: Pair) -> None:
    house = pair.house
    house.get(LoadCharges(charges=(COMMISSION,)), user="olga")
    before = pair.books()
    name = booked(pair, 500)
    bookings = {one.order_id: one.status for one in house.book.bookings.values()}
    assert bookings == {pair.buy: "provisional", pair.sell: "booked"}
    house.get(reverse(name), user="olga")
    assert {one.status for one in house.book.bookings.values()} == {"reversed"}
    assert pair.books() == before
    known = house.engine.pretrade.compliance.facts
    abc = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    for fund, (units, minor) in before.items():
        assert known.held(fund)[abc] == units
        assert known.cash[fund]["USD"] == D(minor) / 100


@pytest.mark.parametrize(
    ("user", "reason", "codes"),
    [
        ("cora", "mine", ["cross_own_reversal"]),
        ("tom", "mine", ["not_permitted"]),
        ("olga", " ", ["cross_text_invalid"]),
    ],
)
def test_a_cross_is_not_reversed(pair: Pair, user: str, reason: str, codes: list[str]) -> None:
    name = booked(pair)
    after = pair.books()
    assert pair.house.refused(reverse(name, reason), user=user) == codes
    assert pair.books() == after


def test_only_what_is_booked_is_reversed(pair: Pair) -> None:
    house = pair.house
    name = pair.propose(100)
    assert house.refused(reverse(name), user="olga") == ["cross_not_booked"]
    house.get(RefuseCross(cross_id=name, reason="no"), user="cora")
    assert house.refused(reverse(name), user="olga") == ["cross_not_booked"]
    assert house.refused(reverse("crs_9"), user="olga") == ["cross_unknown"]


def test_a_reversal_asked_for_twice_under_a_key_is_done_once(pair: Pair) -> None:
    name = booked(pair)
    first = pair.house.ask(reverse(name), user="olga", key="k", sha256="s")
    assert first.status == "accepted"
    assert pair.house.ask(reverse(name), user="olga", key="k", sha256="s").replayed


def test_a_reversal_works_after_a_restart_and_survives_one(data: Path) -> None:
    with opened(data) as house:
        pair = pair_of(house)
        before = pair.books()
        name = booked(pair, 500)
    with opened(data) as house:
        house.get(reverse(name), user="olga")
        assert Pair(house, pair.buy, pair.sell).books() == before
        known = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == known
        assert house.book.orders[pair.sell].cum_qty == 0
    proven(data)
