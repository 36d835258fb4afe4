"""Laws of sizes: rounded as documented, never above the typed size, never more than is held."""

from __future__ import annotations

from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction as F  # noqa: N817  # the same

from hypothesis import given
from hypothesis import strategies as st

from tradeoms.domain.order.sizing import (
    Limited,
    Measure,
    Rounding,
    Scheme,
    Sized,
    Sizing,
    SizingFund,
    SizingRejection,
)
from tradeoms.kernel.decider import Rejected
from tradeoms.kernel.enums import Side
from tradeoms.portfolio.lots import whole_lots
from tradeoms.portfolio.sizing import FundBasis, Traded, size

LOTS = st.sampled_from([D(1), D(10), D("0.01")])
PRICES = st.decimals("0.01", "5000", places=2)
NAVS = st.decimals("1", "1000000000", places=2)
UNITS = st.decimals("0", "100000", places=2)
SIDES = st.sampled_from(Side)
CLOSING = (Side.SELL, Side.BUY_TO_COVER)
POINTS = st.decimals("0.01", "150", places=2)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Traded, list[FundBasis]]:
    """A security and up to five funds, some of which hold it, long or short."""
    lot, price, rate = draw(LOTS), draw(PRICES), F(draw(st.integers(1, 300)), 100)
    traded = Traded(lot=lot, price=price, cost=F(price))
    funds = [
        FundBasis(
            fund=f"F{number}", nav=draw(NAVS), held=draw(UNITS) * draw(st.sampled_from([1, 1, -1])),
            open=draw(UNITS) * draw(st.sampled_from([0, 1, -1])),
            closing=draw(UNITS) * draw(st.sampled_from([0, 1])),
            unit=F(price) * rate, cost=F(price) * rate, benchmark=D("0.05"),
        )
        for number in range(draw(st.integers(1, 5)))
    ]  # fmt: skip
    return traded, funds


def sizing(measure: Measure, scheme: Scheme, funds: list[FundBasis], **more: object) -> Sizing:
    typed = tuple(SizingFund(fund=fund.fund) for fund in funds)
    fields: dict[str, object] = {"measure": measure, "scheme": scheme, "funds": typed, **more}
    return Sizing(**fields)  # type: ignore[arg-type]  # fields of the tests


def available(fund: FundBasis, side: Side) -> D:
    return max(D(0), -side.sign * fund.held - fund.closing)


def check(found: Sized | Rejected, traded: Traded, funds: list[FundBasis], side: Side) -> None:
    """Whole lots, never negative, never more closed than is held and not on its way out."""
    if isinstance(found, Rejected):
        assert found.code in (SizingRejection.SIZING_NOTHING_LEFT, SizingRejection.NOTHING_HELD)
        return
    assert any(one.quantity for one in found.funds)
    for one, fund in zip(found.funds, funds, strict=True):
        assert one.quantity >= 0
        assert one.quantity % traded.lot == 0
        assert one.quantity or one.limited is not None
        if side in CLOSING:
            assert one.quantity <= available(fund, side)


@given(world=worlds(), side=SIDES, points=POINTS, rounding=st.sampled_from(Rounding))
def test_a_fund_sized_alone_gets_its_wish_rounded_as_asked(
    world: tuple[Traded, list[FundBasis]], side: Side, points: D, rounding: Rounding
) -> None:
    traded, funds = world
    for measure in (Measure.NAV_PERCENT, Measure.TARGET_WEIGHT, Measure.BENCHMARK_PERCENT):
        asked = sizing(measure, Scheme.EQUAL, funds, value=points, rounding=rounding)
        found = size(asked, side=side, traded=traded, funds=funds)
        check(found, traded, funds, side)
        if isinstance(found, Rejected):
            continue
        for one, fund in zip(found.funds, funds, strict=True):
            assert fund.unit is not None
            assert fund.nav is not None
            share = F(points) / 100 * (F("0.05") if measure is Measure.BENCHMARK_PERCENT else 1)
            wish = share * F(fund.nav) / fund.unit
            if measure is not Measure.NAV_PERCENT:
                wish = (wish - F(fund.held + fund.open)) * side.sign
            if wish <= 0:
                assert (one.quantity, one.limited) == (D(0), Limited.AT_TARGET)
            elif one.limited is Limited.HOLDING:
                assert F(available(fund, side)) - F(one.quantity) < F(traded.lot)
            else:
                off = F(one.quantity) - wish
                assert {
                    Rounding.DOWN: -traded.lot < off <= 0,
                    Rounding.NEAREST: abs(off) * 2 <= traded.lot,
                    Rounding.UP: 0 <= off < traded.lot,
                }[rounding]


@given(world=worlds(), side=SIDES, total=st.integers(1, 10_000), data=st.data())
def test_the_parts_of_a_total_sum_to_it_unless_something_limits_them(
    world: tuple[Traded, list[FundBasis]], side: Side, total: int, data: st.DataObject
) -> None:
    traded, funds = world
    scheme = data.draw(st.sampled_from(sorted(set(Scheme) - {Scheme.EXPLICIT, Scheme.CUSTOM})))
    target = D(10) if scheme is Scheme.TO_TARGET else None
    asked = sizing(Measure.SHARES, scheme, funds, value=D(total), target=target)
    found = size(asked, side=side, traded=traded, funds=funds)
    check(found, traded, funds, side)
    if isinstance(found, Rejected):
        return
    sum_of = sum((one.quantity for one in found.funds), D(0))
    whole = whole_lots(F(total), traded.lot) * traded.lot
    assert sum_of <= whole
    if not any(one.limited in (Limited.HOLDING, Limited.AT_TARGET) for one in found.funds):
        assert sum_of == whole


@given(world=worlds(), amount=st.integers(1, 10**9))
def test_a_notional_rounded_down_never_costs_more(
    world: tuple[Traded, list[FundBasis]], amount: int
) -> None:
    traded, funds = world
    asked = sizing(Measure.NOTIONAL, Scheme.EQUAL, funds, value=D(amount))
    found = size(asked, side=Side.BUY, traded=traded, funds=funds)
    if isinstance(found, Rejected):
        return
    assert traded.cost is not None
    cost = sum((F(one.quantity) for one in found.funds), F(0)) * traded.cost
    assert F(amount) - F(traded.lot) * traded.cost < cost <= amount


@given(world=worlds(), points=st.decimals("1", "100", places=1))
def test_a_part_of_a_position_is_that_part_and_all_of_it_leaves_no_lot(
    world: tuple[Traded, list[FundBasis]], points: D
) -> None:
    traded, funds = world
    funds = [fund for fund in funds if fund.held > 0 and not fund.closing]
    if not funds:
        return
    asked = sizing(Measure.POSITION_PERCENT, Scheme.EQUAL, funds, value=points)
    found = size(asked, side=Side.SELL, traded=traded, funds=funds)
    check(found, traded, funds, Side.SELL)
    if isinstance(found, Sized):
        for one, fund in zip(found.funds, funds, strict=True):
            lots = whole_lots(F(points) / 100 * F(fund.held), traded.lot)
            assert one.quantity == lots * traded.lot
