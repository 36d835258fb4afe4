"""Sizes in the engine: resolved from what it knows, kept with the order, refused with a reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from pathlib import Path
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, facts, fill, opened
from tests.engine.test_restart import proven, same
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.order.commands import AmendOrder, CreateOrder, ReleaseOrder
from tradeoms.domain.order.sizing import (
    Measure,
    MoneyOf,
    Scheme,
    Sizing,
    SizingFund,
    SizingRejection,
)
from tradeoms.domain.outside.commands import LoadOutside
from tradeoms.domain.outside.state import Benchmark
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import Fund, Grant, Security
from tradeoms.kernel.enums import OrderType, Role, Side

# Each of A, B and C holds 5,000 ABC at 100 and 1,000,000,000 of cash: NAV 1,000,500,000.
NAV = D(1000500000)


def order(number: int | str, sizing: Sizing, **changes: Any) -> CreateOrder:
    terms: dict[str, Any] = {
        "quantity": D(0), "legs": (), "sizing": sizing, "order_type": OrderType.MARKET,
        "limit_price": None,
    }  # fmt: skip
    return buy(number, **{**terms, **changes})


def sized(
    measure: Measure,
    scheme: Scheme,
    value: str | None = None,
    *funds: str | SizingFund,
    **more: Any,
) -> Sizing:
    typed = tuple(SizingFund(fund=one) if isinstance(one, str) else one for one in funds)
    return Sizing(
        measure=measure, scheme=scheme, value=None if value is None else D(value),
        funds=typed or (SizingFund(fund="A"), SizingFund(fund="B")), **more,
    )  # fmt: skip


def own(fund: str, value: str) -> SizingFund:
    return SizingFund(fund=fund, value=D(value))


M, S = Measure, Scheme
RESULTS: list[tuple[Sizing, Side, dict[str, str]]] = [
    (sized(M.SHARES, S.EXPLICIT, None, own("A", "70.9"), own("B", "30")), Side.BUY,
     {"A": "70", "B": "30"}),
    (sized(M.SHARES, S.PRO_RATA_NAV, "101"), Side.BUY, {"A": "51", "B": "50"}),
    (sized(M.SHARES, S.CUSTOM, "100", own("A", "70"), own("B", "30")), Side.BUY,
     {"A": "70", "B": "30"}),
    (sized(M.NOTIONAL, S.EQUAL, "100099"), Side.BUY, {"A": "500", "B": "500"}),
    (sized(M.NOTIONAL, S.EXPLICIT, None, own("A", "1000"), currency=MoneyOf.FUND), Side.BUY,
     {"A": "10"}),
    (sized(M.NAV_PERCENT, S.EQUAL, "1"), Side.BUY, {"A": "100050", "B": "100050"}),
    (sized(M.TARGET_WEIGHT, S.EQUAL, "1"), Side.BUY, {"A": "95050", "B": "95050"}),
    (sized(M.TARGET_WEIGHT, S.EQUAL, "0"), Side.SELL, {"A": "5000", "B": "5000"}),
    (sized(M.SHARES, S.TO_TARGET, "999999", target=D(1)), Side.BUY, {"A": "95050", "B": "95050"}),
    (sized(M.POSITION_PERCENT, S.EQUAL, "33.33"), Side.SELL, {"A": "1666", "B": "1666"}),
    (sized(M.SHARES, S.PRO_RATA_HOLDING, "90000"), Side.SELL, {"A": "5000", "B": "5000"}),
    (sized(M.SHARES, S.EXPLICIT, None, own("A", "9000"), own("B", "10")), Side.SELL,
     {"A": "5000", "B": "10"}),
    (sized(M.SHARES, S.CUSTOM, "100", own("A", "95"), own("B", "5"), minimum=D(10)), Side.BUY,
     {"A": "95"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def shared(furnished: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    data = shutil.copytree(furnished, tmp_path_factory.mktemp("sizing") / "data")
    with opened(Path(data)) as house:
        yield house


@pytest.mark.parametrize(("sizing", "side", "expected"), RESULTS)
def test_a_size_becomes_quantities(
    shared: House, sizing: Sizing, side: Side, expected: dict[str, str]
) -> None:
    name = f"{sizing.measure}-{sizing.scheme}-{side.value}-{sizing.value}-{sizing.minimum}"
    shown = shared.get(order(name, sizing, side=side, submit=False))
    assert {leg["fund"]: leg["quantity"] for leg in shown["allocations"]} == expected
    assert D(shown["quantity"]) == sum(map(D, expected.values()))
    kept = shown["sizing"]
    assert (kept["measure"], kept["scheme"]) == (sizing.measure.value, sizing.scheme.value)
    assert {one["fund"]: one["quantity"] for one in kept["funds"] if one["quantity"] != "0"} == (
        expected
    )
    assert {(one["nav"], one["price"], one["held"]) for one in kept["funds"]} == {
        (str(NAV), "100", "5000")
    }


C = SizingRejection
REFUSALS: list[tuple[Sizing, dict[str, Any], C]] = [
    (sized(M.SHARES, S.EQUAL, "1"), {"quantity": D(1)}, C.SIZING_AND_QUANTITY),
    (Sizing(measure=M.SHARES, scheme=S.EQUAL, value=D(1), funds=()), {}, C.SIZING_FUNDS_MISSING),
    (sized(M.SHARES, S.EQUAL, "1", "A", "NONE"), {}, C.SIZING_FUND_UNKNOWN),
    (sized(M.SHARES, S.EQUAL, "1", "A", "A"), {}, C.SIZING_FUND_TWICE),
    (sized(M.SHARES, S.EQUAL, "1"), {"security": "NO.XNYS"}, C.SIZING_SECURITY_UNKNOWN),
    (sized(M.TARGET_WEIGHT, S.CUSTOM, "1", own("A", "100")), {}, C.SIZING_SCHEME_UNFIT),
    (sized(M.SHARES, S.EQUAL), {}, C.SIZING_VALUE_MISSING),
    (sized(M.SHARES, S.EXPLICIT, None, "A"), {}, C.SIZING_VALUE_MISSING),
    (sized(M.SHARES, S.TO_TARGET, "1"), {}, C.SIZING_VALUE_MISSING),
    (sized(M.SHARES, S.EXPLICIT, "1", own("A", "1")), {}, C.SIZING_VALUE_UNWANTED),
    (sized(M.SHARES, S.EQUAL, "1", own("A", "1")), {}, C.SIZING_VALUE_UNWANTED),
    (sized(M.SHARES, S.EQUAL, "1", currency=MoneyOf.FUND), {}, C.SIZING_VALUE_UNWANTED),
    (sized(M.SHARES, S.EQUAL, "0"), {}, C.SIZING_VALUE_RANGE),
    (sized(M.TARGET_WEIGHT, S.EQUAL, "-1"), {}, C.SIZING_VALUE_RANGE),
    (sized(M.SHARES, S.EQUAL, "1", minimum=D(-1)), {}, C.SIZING_VALUE_RANGE),
    (sized(M.SHARES, S.CUSTOM, "9", own("A", "50"), own("B", "40")), {}, C.SIZING_PERCENT_SUM),
    (sized(M.NOTIONAL, S.EQUAL, "9", "A", "YEN", currency=MoneyOf.FUND), {},
     C.SIZING_CURRENCY_MIXED),
    (sized(M.NAV_PERCENT, S.EQUAL, "1", "EMPTY"), {}, C.NAV_UNKNOWN),
    (sized(M.NOTIONAL, S.EQUAL, "1"), {"security": "NEW.XNYS"}, C.PRICE_UNKNOWN),
    (sized(M.NAV_PERCENT, S.EQUAL, "1", "RICH"), {}, C.PRICE_UNKNOWN),
    (sized(M.BENCHMARK_PERCENT, S.EQUAL, "100", "B"), {}, C.BENCHMARK_WEIGHT_UNKNOWN),
    (sized(M.POSITION_PERCENT, S.EQUAL, "50"), {"security": "XYZ.XNYS"}, C.NOTHING_HELD),
    (sized(M.SHARES, S.PRO_RATA_HOLDING, "50"), {"security": "XYZ.XNYS"}, C.NOTHING_HELD),
    (sized(M.NOTIONAL, S.EQUAL, "99"), {}, C.SIZING_NOTHING_LEFT),
    (sized(M.TARGET_WEIGHT, S.EQUAL, "0"), {}, C.SIZING_NOTHING_LEFT),
    (sized(M.SHARES, S.EQUAL, "10"), {"security": "XYZ.XNYS", "side": Side.SELL},
     C.SIZING_NOTHING_LEFT),
]  # fmt: skip


@pytest.fixture(scope="module")
def odd(shared: House) -> House:
    """A fund without money, one in yen, one whose currency has no rate, a security without mark."""
    extra = (
        Fund(code="EMPTY", name="", currency="USD"),
        Fund(code="YEN", name="", currency="JPY"),
        Fund(code="RICH", name="", currency="CHF", nav=D(10**9)),
    )
    new = Security(id="", symbol="NEW", mic="XNYS", name="", currency="USD", identifiers=())
    shared.get(rc.LoadFunds(funds=extra), user="system")
    shared.get(rc.LoadSecurities(securities=(new,)), user="system")
    return shared


@pytest.mark.parametrize(("sizing", "changes", "code"), REFUSALS)
def test_a_size_is_refused(
    odd: House, sizing: Sizing, changes: dict[str, Any], code: SizingRejection
) -> None:
    before = facts(odd.book)
    assert odd.refused(order("refused", sizing, **changes)) == [code.value]
    same(facts(odd.book), before)


def test_every_reason_for_a_refusal_is_tried() -> None:
    assert {code for _, _, code in REFUSALS} == set(SizingRejection)


def test_a_benchmark_weight_is_found_under_any_name_of_the_security(house: House) -> None:
    weights = (("ABC.XNYS", D("0.02")),)
    load = LoadOutside(benchmarks=(Benchmark(fund="A", weights=weights, as_of=DAY),))
    house.get(load, user="olga")
    shown = house.get(order(1, sized(M.BENCHMARK_PERCENT, S.EQUAL, "50", "A")))
    assert shown["quantity"] == "95050", "one per cent of NAV, less what is held"


def test_what_is_on_its_way_out_is_not_sold_again(house: House) -> None:
    everything = sized(M.POSITION_PERCENT, S.EQUAL, "60", "A")
    first = house.get(order(1, everything, side=Side.SELL))
    assert (first["quantity"], first["status"]) == ("3000", "approved")
    second = house.get(order(2, everything, side=Side.SELL))
    assert second["quantity"] == "2000"
    assert second["sizing"]["funds"][0]["limited"] == "holding"
    assert house.refused(order(3, everything, side=Side.SELL)) == ["sizing_nothing_left"]


def test_orders_that_arrive_together_count_for_each_other(house: House) -> None:
    sells = [
        order(number, sized(M.POSITION_PERCENT, S.EQUAL, "60", "A"), side=Side.SELL)
        for number in range(2)
    ]
    house.run(*(house.command(one) for one in sells))
    assert sorted(one.quantity for one in house.book.orders.values()) == [D(2000), D(3000)]
    buys = tuple(order(f"b{n}", sized(M.TARGET_WEIGHT, S.EQUAL, "1", "B")) for n in range(2))
    lines = house.get(CreateOrders(orders=buys))["data"]
    assert [line["status"] for line in lines] == ["accepted", "refused"]
    assert lines[1]["problems"][0]["code"] == "sizing_nothing_left"


def test_a_size_needs_the_right_to_every_fund_it_names(house: House) -> None:
    grant = Grant(role=Role.PORTFOLIO_MANAGER, funds=("A",))
    house.get(rc.LoadUsers(users=(rc.UserRow(id="pm_a", name="", grants=(grant,)),)), user="ada")
    both, alone = sized(M.SHARES, S.EQUAL, "10"), sized(M.SHARES, S.EQUAL, "10", "A")
    assert house.refused(order(1, both), user="pm_a") == ["not_permitted"]
    assert house.refused(CreateOrders(orders=(order(1, both),)), user="pm_a") == ["not_permitted"]
    mine = house.get(order(1, alone), user="pm_a")
    amend = AmendOrder(order_id=mine["id"], expected_version=mine["version"], sizing=both)
    assert house.refused(amend, user="pm_a") == ["not_permitted"]


def test_an_amendment_by_size_counts_what_is_executed(data: Path) -> None:
    with opened(data) as house:
        to_target = sized(M.TARGET_WEIGHT, S.EQUAL, "1", "A")
        entered = house.get(order(1, to_target, order_type=OrderType.LIMIT, limit_price=D(100)))
        house.get(ReleaseOrder(order_id=entered["id"]))
        placed = house.place(entered["id"], 50)
        house.hear(fill(placed["cl_ord_id"], "E1", 50))
        version = house.book.orders[entered["id"]].version
        half = sized(M.TARGET_WEIGHT, S.EQUAL, "0.5", "A")
        amend = AmendOrder(order_id=entered["id"], expected_version=version, sizing=half)
        shown = house.get(amend)
        assert shown["quantity"] == str(100050 // 2 - 5000)
        assert shown["sizing"]["value"] == "0.5"
        plain = AmendOrder(
            order_id=entered["id"], expected_version=shown["version"], limit_price=D(101)
        )
        assert house.get(plain)["sizing"]["value"] == "0.5", "the split is still that of the size"
        both = AmendOrder(order_id=entered["id"], expected_version=1, sizing=half, quantity=D(1))
        assert house.refused(both) == ["sizing_and_quantity"]
        version = house.book.orders[entered["id"]].version
        typed = AmendOrder(order_id=entered["id"], expected_version=version, quantity=D(60))
        assert house.get(typed)["sizing"] is None
        before = facts(house.book)
    with opened(data) as house:
        same(facts(house.book), before)
    proven(data)
