"""Routing by commission budgets: what is booked counts, to the cent, and the figure is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, facts, fill, furnish, opened, said
from tests.engine.test_bookings import COMMISSION
from tests.engine.test_restart import proven
from tests.engine.test_routing import load, rule, rules
from tradeoms import bootstrap
from tradeoms.app.upgrade import upgrade
from tradeoms.domain.charge.commands import LoadCharges
from tradeoms.domain.charge.state import Basis, Charge, ChargeKind
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.reference.commands import LoadPrices, RollDay
from tradeoms.domain.reference.state import FxRate
from tradeoms.domain.routing.commands import LoadCommissionBudgets, RouteOrder
from tradeoms.domain.routing.state import CommissionBudget, Period
from tradeoms.journal import migrate
from tradeoms.journal.database import open_engine
from tradeoms.projections.touched import STAMPED
from tradeoms.settings import Settings

TAX = Charge(id="tax", kind=ChargeKind.TAX, basis=Basis.BPS, rate=D(50))


def budget(amount: str = "100", **changes: Any) -> CommissionBudget:
    terms: dict[str, Any] = {"destination": "BROKER", "currency": "USD", "period": Period.MONTH}
    return CommissionBudget(amount=D(amount), **{**terms, **changes})


def budgets(*some: CommissionBudget) -> LoadCommissionBudgets:
    return LoadCommissionBudgets(budgets=some)


def charged(house: House, *some: CommissionBudget) -> str:
    """Pay BROKER 50.00 of commissions, 30.00 by A and 20.00 by B; the ExecID of it."""
    load(house, LoadCharges(charges=(COMMISSION, TAX)), budgets(*some))
    load(house, rules(rule("paid", "BROKER", below_budget_pct=D(100)), rule("rest", "OTHER")))
    placed = house.placed("paid")
    house.hear(fill(placed["cl_ord_id"], "E1", 1000))
    cl_ord_id: str = placed["cl_ord_id"]
    return cl_ord_id


def ask(house: House, number: int = 1, **terms: Any) -> tuple[str, str | None]:
    """The rule for a new order, and the figure: of the rule, or of the one before it."""
    answer = house.get(RouteOrder(order_id=house.order(number, **terms)["id"]), user="tom")
    why = [one["why"] for one in answer["passed"]]
    return answer["rule"], answer["because"] or "; ".join(why)


def told(paid: str, limit: str, of: str = "2010-01", by: str = "the firm") -> str:
    return f"BROKER: {paid} of {limit} commissions of {of} paid to it by {by}"


@pytest.mark.parametrize(
    ("amount", "changes", "want"),
    [
        ("50.01", {}, ("paid", told("50", "50.01 USD"))),
        ("50", {}, ("rest", told("50", "50 USD"))),
        ("30.01", {"fund": "A"}, ("paid", told("30", "30.01 USD", by="fund A"))),
        ("30", {"fund": "A"}, ("rest", told("30", "30 USD", by="fund A"))),
        ("50", {"period": Period.QUARTER}, ("rest", told("50", "50 USD", "2010-Q1"))),
        ("50", {"period": Period.YEAR}, ("rest", told("50", "50 USD", "2010"))),
        ("99", {"fund": "C"}, ("rest", "BROKER: no commission budget")),
        ("99", {"destination": "OTHER"}, ("rest", "BROKER: no commission budget")),
    ],
)
def test_a_destination_counts_until_its_budget_is_used(
    house: House, amount: str, changes: dict[str, Any], want: tuple[str, str]
) -> None:
    charged(house, budget(amount, **changes))
    assert ask(house) == want


def test_every_budget_must_have_room(house: House) -> None:
    charged(house, budget("1000"), budget("30", fund="A"))
    assert ask(house) == ("rest", told("30", "30 USD", by="fund A"))
    only_b = (Leg(fund="B", quantity=D(1000)),)
    assert ask(house, 2, legs=only_b)[0] == "paid"


def test_the_next_destination_is_proposed_where_the_first_is_paid_enough(house: House) -> None:
    charged(house, budget("50"), budget("1", destination="OTHER"))
    load(house, rules(rule("both", "BROKER", "OTHER", below_budget_pct=D(100))))
    order = house.order(1)["id"]
    answer = house.get(RouteOrder(order_id=order), user="tom")
    assert (answer["rule"], answer["proposed"]) == ("both", "OTHER")
    assert [one["why_not"] for one in answer["candidates"]] == [
        "50 of 50 USD commissions of 2010-01 paid to it by the firm", None,
    ]  # fmt: skip
    seq = house.engine.seq
    house.get(RouteOrder(order_id=order, place=True), user="tom")
    with house.engine.recall._engine.connect() as link:
        rows = link.exec_driver_sql("SELECT body FROM journal WHERE seq > ?", (seq,)).all()
    (routed,) = [e["data"] for (b,) in rows if (e := json.loads(b))["type"] == "OrderRouted"]
    assert routed["because"] == ("OTHER: 0 of 1 USD commissions of 2010-01 paid to it by the firm")


def test_a_bust_gives_the_budget_back_what_was_paid(house: House) -> None:
    cl_ord_id = charged(house, budget("50"))
    assert ask(house)[0] == "rest"
    house.hear(said(cl_ord_id, "bust", exec_id="E2", exec_ref_id="E1"))
    assert ask(house, 2) == ("paid", told("0", "50 USD"))


def test_another_currency_counts_at_its_rate_and_without_one_nothing_is_proposed(
    house: House,
) -> None:
    charged(house, budget("45.01", currency="EUR"))
    unknown = told("an unknown part", "45.01 EUR")
    assert ask(house) == ("rest", f"{unknown} (no rate of USD)")
    rate = FxRate(base="USD", to="EUR", rate=D("0.9"), as_of=DAY)
    load(house, LoadPrices(prices=(), rates=(rate,)))
    assert ask(house, 2) == ("paid", told("45", "45.01 EUR"))
    load(house, LoadPrices(prices=(), rates=(replace(rate, rate=D("0.9002")),)))
    assert ask(house, 3) == ("rest", told("45.01", "45.01 EUR"))


def test_the_next_month_starts_with_nothing_paid(house: House) -> None:
    charged(house, budget("50"), budget("50", period=Period.YEAR, destination="OTHER"))
    assert ask(house)[0] == "rest"
    load(house, RollDay(trade_on=date(2010, 2, 1)))
    assert ask(house, 2) == ("paid", told("0", "50 USD", "2010-02"))


@pytest.mark.parametrize(
    ("command", "codes"),
    [
        (budgets(budget("0")), ["budget_amount"]),
        (
            budgets(budget("-1", destination="NONE")),
            ["routing_destination_unknown", "budget_amount"],
        ),
        (budgets(budget(fund="Z")), ["routing_fund_unknown"]),
        (budgets(budget(), budget("7", currency="EUR")), ["routing_row_twice"]),
    ],
)
def test_a_budget_that_makes_no_sense_is_not_loaded(
    house: House, command: LoadCommissionBudgets, codes: list[str]
) -> None:
    load(house, budgets(budget("1")))
    assert house.refused(command, user="olga") == codes
    assert house.book.routing.budgets == (budget("1"),)


def test_what_is_paid_survives_restart_and_replay(data: Path) -> None:
    with opened(data) as house:
        charged(house, budget("50"))
        before = facts(house.book)
    with opened(data) as house:
        assert facts(house.book) == before
        assert ask(house) == ("rest", told("50", "50 USD"))
    proven(data)


@pytest.mark.parametrize(
    "backend", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def test_what_was_paid_before_there_were_budgets_is_summed_on_migration(
    backend: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = ""
    if backend == "postgresql":
        url = request.getfixturevalue("postgres_url").render_as_string(hide_password=False)
    settings = Settings(data=tmp_path, database_url=url)
    bootstrap.initialise(settings)
    with bootstrap.engine_of(settings) as (engine, _lease):
        house = House(engine)
        furnish(house)
        cl_ord_id = charged(house)
        house.hear(fill(house.placed("more")["cl_ord_id"], "E8", 1000))
        house.hear(said(cl_ord_id, "bust", exec_id="E9", exec_ref_id="E1"))
        known = house.book.commissions
        assert known.sums["BROKER", "", "2010-01"] == {"USD": 5000}
    database = open_engine(settings.url)
    with database.begin() as link:
        link.exec_driver_sql("DROP TABLE commissions")
        for index in ("cl_ord_ids_placement_id", "exec_ids_execution_id", "executions_received_at",
                      "hits_fund", "hits_rule_id"):  # fmt: skip
            link.exec_driver_sql(f"DROP INDEX ix_{index}")
        link.exec_driver_sql("DROP TABLE shapes")
        link.exec_driver_sql("ALTER TABLE orders DROP COLUMN drafted_by")
        for table in STAMPED:
            for name in ("created_at", "updated_at"):
                link.exec_driver_sql(f"ALTER TABLE {table} DROP COLUMN {name}")
        link.exec_driver_sql("UPDATE alembic_version SET version_num = '0013'")
    database.dispose()
    assert migrate.upgrade(settings.url) == migrate.newest()
    assert set(bootstrap.replay(settings).differing) <= STAMPED, "the sums are right"
    upgrade(settings.url)
    assert bootstrap.replay(settings).differing == ()
    with bootstrap.engine_of(settings) as (engine, _lease):
        assert engine.book.commissions == known
