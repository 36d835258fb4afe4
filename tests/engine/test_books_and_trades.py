"""A fund's book is not loaded over trades that it does not have."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path

from tests.engine.house import DAY, House, fill, opened
from tradeoms import bootstrap
from tradeoms.app.wire import Outcome
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import OpeningPosition
from tradeoms.settings import Settings

NEXT = date(2010, 1, 5)


def load(house: House, as_of: date, *funds: str) -> Outcome:
    """Load books in which every fund holds 7 ABC."""
    security = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    held = OpeningPosition(security_id=security, quantity=D(7), cost_minor=1)
    books = tuple(rc.FundBook(fund=fund, positions=(held,), cash=()) for fund in funds)
    return house.ask(rc.LoadPositions(as_of=as_of, books=books), user="olga")


def held(house: House, fund: str) -> D:
    security = house.book.identifiers["ticker_mic", "ABC.XNYS"]
    return house.book.positions[fund, security].quantity


def traded(house: House) -> None:
    """Funds A and B buy 600 and 400 on the day after the books."""
    house.get(rc.RollDay(trade_on=NEXT), user="olga")
    house.hear(fill(house.placed()["cl_ord_id"], "E1", 1000))


def codes(outcome: Outcome) -> list[tuple[str, str]]:
    return [(problem.code, problem.field) for problem in outcome.problems]


def test_the_book_of_a_day_before_trades_is_refused_and_changes_nothing(data: Path) -> None:
    with opened(data) as house:
        traded(house)
        before = held(house, "A"), held(house, "C")
        refused = load(house, DAY, "A", "C")
        assert codes(refused) == [("traded_since", "rows/0/as_of")]
        assert "A traded on 2010-01-05" in refused.problems[0].detail
        assert (held(house, "A"), held(house, "C")) == before
        assert load(house, DAY, "C").status == "accepted"
        assert held(house, "C") == D(7)


def test_the_book_of_the_day_of_the_trades_has_them(data: Path) -> None:
    with opened(data) as house:
        traded(house)
        assert load(house, NEXT, "A", "B").status == "accepted"
        assert (held(house, "A"), held(house, "B")) == (D(7), D(7))


def test_trades_that_the_engine_has_let_go_of_count_too(data: Path) -> None:
    with opened(data) as house:
        traded(house)
        house.get(rc.RollDay(trade_on=NEXT + timedelta(days=1)), user="olga")
    with opened(data) as house:
        assert not house.book.executions
        assert codes(load(house, DAY, "A")) == [("traded_since", "rows/0/as_of")]
        assert load(house, NEXT, "A").status == "accepted"
    assert bootstrap.replay(Settings(data=data)).differing == ()
