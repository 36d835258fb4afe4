"""What funds are worth is put on record when it is struck: everybody divides by the same number."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

from tests.engine.house import DAY, House, buy, facts, fill, opened
from tests.engine.test_restart import proven
from tests.engine.test_runs import Desk
from tradeoms import bootstrap
from tradeoms.app.identity import SystemClock
from tradeoms.app.replica import Replica
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import Figure
from tradeoms.domain.reference import commands as rc
from tradeoms.settings import Settings


def worth(pretrade: Any, fund: str = "A") -> D | None:
    return pretrade.compliance.facts.funds[fund].nav  # type: ignore[no-any-return]


def of_a(quantity: int) -> dict[str, Any]:
    return {"quantity": quantity, "legs": (Leg(fund="A", quantity=D(quantity)),)}


def half_invested(house: House, data: Path) -> Desk:
    """Fund A has a value of a million, of which half may be ABC; it then buys below the mark."""
    desk = Desk(house, data)
    desk.book(4_000, 600_000)
    desk.rule(severity="hard")
    order = house.order(1, **of_a(1_000))
    house.hear(fill(house.place(order["id"], 1_000)["cl_ord_id"], "E1", 1_000, price="50"))
    return desk


def test_a_restart_and_a_what_if_divide_by_the_value_that_was_struck(data: Path) -> None:
    with opened(data) as house:
        half_invested(house, data)
        assert worth(house.engine.pretrade) == 1_000_000
        assert house.get(buy(2, **of_a(100)))["status"] == "blocked"
        replica = Replica(bootstrap.reader(Settings(data=data)), SystemClock())
        assert worth(replica.refresh()) == 1_000_000
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert worth(house.engine.pretrade) == 1_000_000
        assert house.get(buy(3, **of_a(100)))["status"] == "blocked"
    proven(data)


def test_a_run_by_a_fresh_process_finds_what_one_that_follows_finds(data: Path) -> None:
    with opened(data) as house:
        desk = half_invested(house, data)
        follows = desk.run()
        assert Desk(house, data).run() == follows


def test_a_fund_is_valued_anew_by_prices_and_by_its_own_positions_alone(data: Path) -> None:
    with opened(data) as house:
        desk = half_invested(house, data)
        other = Figure(name="var", fund="B", value=D("0.01"), at=datetime.now(UTC))
        house.get(LoadOutside(figures=(other,)), user="system")
        desk.book(10, 1_000, fund="B")
        fund = house.book.funds["B"]
        house.get(rc.LoadFunds(funds=(replace(fund, other_liabilities=D(500)),)), user="system")
        assert worth(house.engine.pretrade) == 1_000_000
        assert worth(house.engine.pretrade, "B") == 1_500
        desk.price("200")
        assert worth(house.engine.pretrade) == 5_000 * 200 + 550_000
        assert worth(house.engine.pretrade, "B") == 2_500
        desk.book(4_000, 600_000)
        assert worth(house.engine.pretrade) == 1_400_000


def test_a_fund_without_a_price_is_unknown_after_a_restart_too(data: Path) -> None:
    with opened(data) as house:
        desk = Desk(house, data)
        desk.book(1, 100, unpriced=1)
        assert worth(house.engine.pretrade) is None
    with opened(data) as house:
        assert house.book.assets["A"] is None
        assert worth(house.engine.pretrade) is None
        assert house.book.trade_on == DAY
    proven(data)
