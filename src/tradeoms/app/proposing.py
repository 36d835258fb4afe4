"""Computes a rebalance proposal on a copy of the state; the engine records what comes of it.

The trades of each fund are decided exactly. The lines of many funds in one security and side become
one order, and the orders are tested together as one end state and each alone. Where the plan asks
for a fit, what is stopped alone is cut to the most that passes, then the culprits of the whole set
by the largest common factor at which nothing stops it; until it passes, or nothing helps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

import numpy as np

from tradeoms.app.fund_states import fund_states
from tradeoms.app.pretrade import Pretrade
from tradeoms.domain.evaluation import (
    Action,
    BasketEvaluation,
    Candidate,
    Evaluation,
    Leg,
)
from tradeoms.domain.evaluation import Outcome as CheckOutcome
from tradeoms.domain.model.state import ModelVersion
from tradeoms.domain.proposal.commands import MakeProposal
from tradeoms.domain.proposal.terms import (
    Band,
    FundCash,
    LeftOut,
    Line,
    Mode,
    Plan,
    ProposedOrder,
    Stop,
    Verdict,
)
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO
from tradeoms.portfolio.rebalance import FundState, Instrument, Rebalance, Trade
from tradeoms.portfolio.screen import Floats, surely_inside, weights

_ROUNDS: Final = 6
_STOPS_MAX: Final = 100
_CENT: Final = Decimal("0.01")
_Key = tuple[str, Side]
#: What is said of no orders at all.
_NOTHING: Final = BasketEvaluation(
    mode="net",
    outcome=CheckOutcome.NOT_TESTED,
    action=Action.ALLOW,
    verdicts=(),
    outcome_by_rule=(),
    max_quantity={},
    binding_rule={},
    scale="1",
    culprits=(),
)


@dataclass(slots=True)
class _Order:
    """The lines of one security and side."""

    key: _Key
    parts: list[tuple[Rebalance, Trade]]
    lot: Decimal

    @property
    def lots(self) -> int:
        return sum(abs(trade.lots) for _, trade in self.parts)

    def cut_by(self, scale: Fraction) -> None:
        """Scale every line and round it down; one that loses lots says why.

        Rounded down fund by fund: a lot that another fund could have would be one too many for it.
        """
        for _, trade in self.parts:
            kept = int(abs(trade.lots) * min(scale, Fraction(1)))
            if kept < abs(trade.lots):
                trade.lots = kept if trade.lots > 0 else -kept
                trade.left_out = LeftOut.COMPLIANCE

    def candidate(self, name: str) -> Candidate:
        legs = tuple(
            Leg(fund_id=one.fund.fund, quantity=abs(trade.lots) * self.lot)
            for one, trade in self.parts
            if trade.lots
        )
        return Candidate(order_id=name, security_id=self.key[0], side=self.key[1], legs=legs)


def propose(
    pretrade: Pretrade, plan: Plan, model: ModelVersion | None, *, now: datetime
) -> MakeProposal:
    """Compute ``plan``.

    Raises:
        PlanRefused: If the plan is wrong, or a figure that it needs is not known.
    """
    states = fund_states(pretrade, plan, model)
    instruments = {
        name: Instrument(lot=one.lot, active=one.active)
        for name, one in pretrade.book.securities.items()
    }
    table = _Table(states)
    inside = table.inside(plan)
    funds = [
        Rebalance(plan, state, instruments, within)
        for state, within in zip(states, inside, strict=True)
    ]
    for one in funds:
        one.run()
    test = _Test(pretrade, funds, instruments, today=plan.trade_on, now=now)
    alone, basket = test.fit() if plan.fit else test.look()
    return MakeProposal(
        plan=plan,
        lines=tuple(table.lines(funds, instruments)),
        orders=test.show(alone, basket),
        verdict=_verdict(basket),
        cash=tuple(
            FundCash(fund=one.fund.fund, before=_money(one.fund.cash), after=_money(one.cash_after))
            for one in funds
        ),
    )


class _Table:
    """Holdings, unit values and targets as arrays (F, S), for weights and the screen."""

    def __init__(self, states: Sequence[FundState]) -> None:
        self._states = states
        names = sorted({name for state in states for name in state.universe()})
        self._names: Final = names
        self._place: Final = {name: number for number, name in enumerate(names)}
        self._nav_f: Final = np.array([float(state.nav) for state in states])
        shape = (len(states), len(names))
        self._units_fs: Final[Floats] = np.zeros(shape)
        self._unit_fs: Final[Floats] = np.full(shape, np.nan)
        self._target_fs: Final[Floats] = np.zeros(shape)
        for row, state in enumerate(states):
            for name in state.universe():
                column, unit = self._place[name], state.unit[name]
                self._units_fs[row, column] = float(state.units(name))
                self._target_fs[row, column] = float(state.targets.get(name, 0))
                if unit is not None:
                    self._unit_fs[row, column] = float(unit)

    def inside(self, plan: Plan) -> list[set[str]]:
        """For each fund the securities that are surely within tolerance; none where it is not set.

        A cash buffer may lower targets, and where cash is placed or raised there is no band.
        """
        banded = plan.mode in (Mode.FULL, Mode.SELL_ONLY)
        if not plan.tolerance or plan.cash_buffer or not banded:
            return [set() for _ in self._states]
        clear_fs = surely_inside(
            weights(self._units_fs, self._unit_fs, self._nav_f),
            self._target_fs,
            tolerance=float(plan.tolerance) / 100,
            relative=plan.band is Band.RELATIVE,
        )
        return [{self._names[at] for at in np.flatnonzero(row)} for row in clear_fs]

    def lines(
        self, funds: Sequence[Rebalance], instruments: Mapping[str, Instrument]
    ) -> list[Line]:
        """Every line, with its weights."""
        after_fs = self._units_fs.copy()
        for row, one in enumerate(funds):
            for trade in one.trades:
                units = trade.lots * instruments[trade.security_id].lot
                after_fs[row, self._place[trade.security_id]] += float(units)
        now_fs = weights(self._units_fs, self._unit_fs, self._nav_f)
        then_fs = weights(after_fs, self._unit_fs, self._nav_f)
        found = []
        for row, one in enumerate(funds):
            for trade in one.trades:
                place = (row, self._place[trade.security_id])
                lots = abs(trade.lots)
                line = Line(
                    fund=one.fund.fund,
                    security_id=trade.security_id,
                    side=None if not lots else Side.BUY if trade.lots > 0 else Side.SELL,
                    quantity=lots * instruments[trade.security_id].lot,
                    weight=_points(now_fs[place]),
                    target=_points(float(trade.target)) or ZERO,
                    after=_points(then_fs[place]),
                    left_out=trade.left_out,
                )
                found.append(line)
        return found


class _Test:
    """The orders of a proposal before compliance."""

    def __init__(
        self,
        pretrade: Pretrade,
        funds: Sequence[Rebalance],
        instruments: Mapping[str, Instrument],
        *,
        today: date,
        now: datetime,
    ) -> None:
        self._compliance = pretrade.compliance
        self._today, self._now = today, now
        self._funds = funds
        found: dict[_Key, _Order] = {}
        for one in funds:
            for trade in one.trades:
                if trade.lots:
                    side = Side.BUY if trade.lots > 0 else Side.SELL
                    key = (trade.security_id, side)
                    lot = instruments[trade.security_id].lot
                    found.setdefault(key, _Order(key, [], lot)).parts.append((one, trade))
        self._orders: Final = {
            f"line-{number}": order
            for number, order in enumerate(
                sorted(found.values(), key=lambda order: order.key[1] is not Side.SELL)
            )
        }

    def look(self) -> tuple[list[Evaluation], BasketEvaluation]:
        """Test every order alone, and all together as one end state."""
        candidates = self._candidates()
        alone = self._compliance.check_each(candidates, today=self._today, now=self._now)
        return alone, self._together(candidates)

    def fit(self) -> tuple[list[Evaluation], BasketEvaluation]:
        """Cut what is stopped until the set passes, or nothing helps; then test what is left."""
        for one in self._compliance.check_each(
            self._candidates(), today=self._today, now=self._now
        ):
            if not one.action.allows:
                self._cut(one.order_id, one.max_quantity)
        for _ in range(_ROUNDS):
            for fund in self._funds:
                fund.enforce_cash()
            basket = self._together(self._candidates())
            if basket.action.allows or not basket.culprits:
                break
            scale = Fraction(basket.scale)
            for name in basket.culprits:
                self._orders[name].cut_by(scale)
        for fund in self._funds:
            fund.enforce_cash()
        return self.look()

    def show(
        self, alone: Sequence[Evaluation], basket: BasketEvaluation
    ) -> tuple[ProposedOrder, ...]:
        """The orders with what compliance says to each."""
        found = []
        for one in alone:
            order = self._orders[one.order_id]
            found.append(
                ProposedOrder(
                    security_id=order.key[0],
                    side=order.key[1],
                    quantity=order.lots * order.lot,
                    action=one.action.value,
                    max_quantity=basket.max_quantity[one.order_id],
                    binding_rule=basket.binding_rule[one.order_id] or "",
                    culprit=one.order_id in basket.culprits,
                )
            )
        return tuple(found)

    def _candidates(self) -> list[Candidate]:
        return [order.candidate(name) for name, order in self._orders.items() if order.lots]

    def _together(self, candidates: Sequence[Candidate]) -> BasketEvaluation:
        if not candidates:
            return _NOTHING
        return self._compliance.check_basket(
            candidates, mode="net", today=self._today, now=self._now
        )

    def _cut(self, name: str, most: Decimal | None) -> None:
        order = self._orders[name]
        order.cut_by(Fraction(most or ZERO) / Fraction(order.lots * order.lot))


def _verdict(basket: BasketEvaluation) -> Verdict:
    """The answer to the whole set, with the cells that stop it."""
    stopping = [one for one in basket.verdicts if one.stops]
    return Verdict(
        outcome=basket.outcome.value,
        action=basket.action.value,
        scale=basket.scale,
        stops=tuple(
            Stop(
                rule=f"{one.rule_id}@{one.rule_version}",
                fund=one.fund or "",
                cell=one.cell or "",
                outcome=one.outcome.value,
                explanation=one.explanation,
            )
            for one in stopping[:_STOPS_MAX]
        ),
    )


def _points(share: float) -> Decimal | None:
    """Points of per cent at 6 decimals; `None` for NaN."""
    return None if np.isnan(share) else Decimal(f"{share * 100:.6f}")


def _money(exact: Fraction) -> Decimal:
    """An amount for show, rounded half to even to hundredths."""
    found = Decimal(exact.numerator) / Decimal(exact.denominator)
    return found.quantize(_CENT, ROUND_HALF_EVEN)
