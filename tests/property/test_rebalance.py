"""Laws of a rebalance: whole lots, never more sold than held, cash kept, targets come near."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from fractions import Fraction as F  # noqa: N817  # the same

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tradeoms.domain.proposal.terms import Band, LeftOut, Mode, Plan
from tradeoms.portfolio.rebalance import FundState, Instrument, Rebalance
from tradeoms.portfolio.screen import surely_inside

NAMES = [f"S{number}" for number in range(6)]
PLAN = Plan(funds=("A",), model="m", model_version=1, mode=Mode.FULL, trade_on=date(2010, 1, 4))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[FundState, dict[str, Instrument], Plan]:
    """A fund with holdings, sales under way and targets of at most all its value."""
    unit = {name: F(draw(st.integers(1, 50_000)), 100) for name in NAMES}
    held = {name: D(draw(st.integers(0, 3_000))) for name in NAMES}
    selling = {name: D(draw(st.sampled_from([0, 0, 100]))) for name in NAMES}
    weights = [draw(st.integers(0, 30)) for _ in NAMES]
    scale = max(100, sum(weights))
    cash = F(draw(st.integers(-100_000, 10_000_000)))
    worth = sum((F(held[name]) * unit[name] for name in NAMES), F(0))
    fund = FundState(
        fund="A", nav=max(F(1), worth + cash), cash=cash, held=held,
        open={name: draw(st.sampled_from([0, 0, 500])) - selling[name] for name in NAMES},
        selling=selling,
        targets={name: F(w, scale) for name, w in zip(NAMES, weights, strict=True) if w},
        unit=dict(unit),
    )  # fmt: skip
    lots = {name: Instrument(lot=draw(st.sampled_from([D(1), D(10)])), active=True)
            for name in NAMES}  # fmt: skip
    plan = replace(
        PLAN,
        mode=draw(st.sampled_from(Mode)),
        tolerance=draw(st.sampled_from([D(0), D("0.5"), D(5)])),
        band=draw(st.sampled_from(Band)),
        cash_buffer=draw(st.sampled_from([D(0), D(2), D(10)])),
        minimum_trade=draw(st.sampled_from([D(0), D(5_000)])),
        do_not_trade=tuple(draw(st.sets(st.sampled_from(NAMES), max_size=2))),
    )
    return fund, lots, plan


@given(world=worlds())
def test_no_rebalance_breaks_a_law(world: tuple[FundState, dict[str, Instrument], Plan]) -> None:
    fund, lots, plan = world
    found = Rebalance(plan, fund, lots)
    trades = found.run()
    buffer = F(plan.cash_buffer) / 100 * fund.nav
    for one in trades:
        units = one.lots * lots[one.security_id].lot
        assert -units <= max(D(0), fund.held[one.security_id] - fund.selling[one.security_id])
        assert one.lots or one.left_out is not None
        unit = fund.unit[one.security_id]
        assert unit is not None
        assert not one.lots or abs(F(units) * unit) >= plan.minimum_trade
        assert not one.lots or one.security_id not in plan.do_not_trade
        if plan.mode is not Mode.FULL:
            assert one.lots >= 0 if plan.mode is Mode.SPEND_CASH else one.lots <= 0
    paid = sum((F(one.lots * lots[one.security_id].lot) * (fund.unit[one.security_id] or 0)
                for one in trades), F(0))  # fmt: skip
    assert found.cash_after == fund.cash - paid
    if any(one.lots > 0 for one in trades):
        assert found.cash_after >= buffer, "buys never eat the buffer"
    if plan.mode is Mode.RAISE_CASH and not any(
        one.left_out in (LeftOut.HOLDING, LeftOut.MINIMUM, LeftOut.DO_NOT_TRADE, LeftOut.SHORT)
        for one in trades
    ):
        sold = any(one.lots for one in trades)
        assert not sold or found.cash_after >= min(buffer, most_cash(found))


def most_cash(found: Rebalance) -> F:
    """Cash if everything above its target were sold."""
    above = sum(
        (
            max(F(0), F(found.fund.units(one.security_id)) * unit - one.target * found.fund.nav)
            for one in found.trades
            if (unit := found.fund.unit[one.security_id]) is not None
        ),
        F(0),
    )
    return found.fund.cash + above


@given(world=worlds())
def test_a_line_that_nothing_limits_comes_within_a_lot_of_its_target(
    world: tuple[FundState, dict[str, Instrument], Plan],
) -> None:
    fund, lots, plan = world
    plan = replace(plan, mode=Mode.FULL)
    for one in Rebalance(plan, fund, lots).run():
        unit = fund.unit[one.security_id]
        assert unit is not None
        lot = lots[one.security_id].lot
        after = (F(fund.units(one.security_id)) + F(one.lots * lot)) * unit
        off = abs(after - one.target * fund.nav)
        if one.left_out is LeftOut.WITHIN_TOLERANCE:
            relative = plan.band is Band.RELATIVE
            width = F(plan.tolerance) / 100 * (one.target if relative else 1)
            assert one.lots == 0
            assert off <= width * fund.nav
        elif one.left_out in (None, LeftOut.ROUNDING):
            assert off < F(lot) * unit


@given(world=worlds())
def test_what_is_known_to_be_inside_is_what_would_be_left_out_anyway(
    world: tuple[FundState, dict[str, Instrument], Plan],
) -> None:
    fund, lots, plan = world
    plan = replace(plan, mode=Mode.FULL, cash_buffer=D(0))
    exact = Rebalance(plan, fund, lots).run()
    inside = {one.security_id for one in exact if one.left_out is LeftOut.WITHIN_TOLERANCE}
    assert Rebalance(plan, fund, lots, inside).run() == exact


SHARES = st.fractions(0, 1, max_denominator=10**6)


@given(
    weight=SHARES,
    target=SHARES,
    tolerance=st.sampled_from([F(0), F(1, 10**6), F(1, 200), F(1, 3)]),
    relative=st.booleans(),
    nudge=st.sampled_from([F(0), F(1, 10**15), F(-1, 10**15)]),
)
def test_floats_rule_a_line_out_only_where_it_is_inside(
    weight: F, target: F, tolerance: F, relative: bool, nudge: F
) -> None:
    limit = tolerance * target if relative else tolerance
    for one in (weight, target + limit + nudge, target - limit + nudge):
        found = surely_inside(
            np.array([[float(one)]]), np.array([[float(target)]]),
            tolerance=float(tolerance), relative=relative,
        )  # fmt: skip
        assert not found[0, 0] or abs(one - target) <= limit
        assert found[0, 0] or abs(one - target) > limit - F(1, 10**8)
