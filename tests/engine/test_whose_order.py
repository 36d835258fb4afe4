"""Who can be named as the portfolio manager of a new order."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.engine.house import House, buy
from tradeoms.domain.catalog import CreateOrders, ImportOrders
from tradeoms.domain.order.commands import Leg, SplitOrder
from tradeoms.domain.orderlist.commands import CreateOrderList
from tradeoms.domain.reference.commands import LoadUsers, UserRow
from tradeoms.domain.reference.state import Grant
from tradeoms.kernel.enums import Role

UNFIT = "portfolio_manager_unfit"
OF_A = (Leg(fund="A", quantity=D(1000)),)


def managers(house: House, **changes: Any) -> None:
    """Portfolio managers beside `pm`: `ann` of A, `bea` of every fund, and `gil`, who is gone."""
    role = Role.PORTFOLIO_MANAGER
    rows: dict[str, dict[str, Any]] = {
        "ann": {"grants": (Grant(role=role, funds=("A",)),)},
        "bea": {"grants": (Grant(role=role),)},
        "gil": {"grants": (Grant(role=role),), "active": False},
    }
    users = tuple(
        UserRow(id=name, name=name, **{**row, **changes.get(name, {})})
        for name, row in rows.items()
    )
    house.get(LoadUsers(users=users), user="system")


def problems(house: House, command: object) -> list[tuple[str, str, str]]:
    outcome = house.ask(command)
    assert outcome.status == "refused"
    return [(one.code, one.field, one.value) for one in outcome.problems]


@pytest.mark.parametrize("named", ["nobody", "ann", "gil", "tom", "cora", "PM", "bea "])
def test_nobody_else_is_named(house: House, named: str) -> None:
    managers(house)
    seq = house.engine.seq
    found = problems(house, buy(1, portfolio_manager=named))
    assert found == [(UNFIT, "portfolio_manager", named)]
    assert house.book.orders == {}
    assert house.engine.seq == seq + 1, "the refusal is on record, and nothing else"


@pytest.mark.parametrize(
    ("named", "enters", "leads"),
    [("", "pm", "pm"), ("pm", "pm", "pm"), ("bea", "pm", "bea"), ("pm", "tom", "pm"),
     ("", "tom", "tom"), ("tom", "tom", "tom")],
)  # fmt: skip
def test_a_manager_of_all_funds_is_named_or_who_enters_it(
    house: House, named: str, enters: str, leads: str
) -> None:
    managers(house)
    order = house.get(buy(1, portfolio_manager=named), user=enters)
    assert (order["portfolio_manager"], order["placed_by"]) == (leads, enters)


def test_a_manager_of_one_fund_leads_its_orders_alone(house: House) -> None:
    managers(house)
    assert house.get(buy(1, legs=OF_A, portfolio_manager="ann"))["portfolio_manager"] == "ann"
    assert house.refused(buy(2, portfolio_manager="ann")) == [UNFIT]


def test_it_is_told_with_all_else_that_is_wrong(house: House) -> None:
    wrong = buy(1, portfolio_manager="nobody", limit_price=D(-1))
    assert house.refused(wrong) == ["price_not_positive", UNFIT]


@pytest.mark.parametrize("kind", [CreateOrders, ImportOrders, CreateOrderList])
def test_orders_of_many_are_refused_by_line(house: House, kind: Any) -> None:
    orders = (buy(1), buy(2, portfolio_manager="nobody"))
    more = {"name": "some"} if kind is CreateOrderList else {}
    field, every = ("partial", False) if kind is ImportOrders else ("atomic", True)
    found = problems(house, kind(orders=orders, **more, **{field: every}))
    assert found == [(UNFIT, "orders/1/portfolio_manager", "nobody")]
    assert house.book.orders == {}
    lines = house.get(kind(orders=orders, **more, **{field: not every}))["data"]
    assert [line["status"] for line in lines] == ["accepted", "refused"]
    (told,) = lines[1]["problems"]
    assert (told["code"], told["field"], told["value"]) == (UNFIT, "portfolio_manager", "nobody")


def test_a_part_stays_with_the_manager_of_the_whole_though_he_is_gone(house: House) -> None:
    managers(house)
    order = house.get(buy(1, portfolio_manager="bea"))
    managers(house, bea={"active": False})
    part = (Leg(fund="A", quantity=D(60)), Leg(fund="B", quantity=D(40)))
    command = SplitOrder(order_id=order["id"], client_order_id="c2", legs=part)
    assert house.get(command)["portfolio_manager"] == "bea"
