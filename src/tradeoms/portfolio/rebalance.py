"""What every fund would trade to come to its targets: decided exactly, fund by fund.

A fund starts from its holdings with all open orders filled, its cash with them and with its flow.
Targets are scaled down where they would eat the cash buffer. Then, for the plan's mode: which lines
may trade, how much of each wish the cash allows, whole lots. Buys round down; sells round down,
but up where cash must be raised; no sale exceeds what is held and not on its way out; and buys
never cost more, at the marks and without commission, than the cash above the buffer.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.domain.order.sizing import Rounding
from tradeoms.domain.proposal.terms import Band, LeftOut, Mode, Plan
from tradeoms.kernel.numbers import ZERO
from tradeoms.portfolio.lots import whole_lots

_NONE: Final = Fraction(0)
_ONE: Final = Fraction(1)
_POINTS: Final = 100
#: Modes in which a line inside its tolerance is left alone; the others place or raise all cash.
_BANDED: Final = frozenset({Mode.FULL, Mode.SELL_ONLY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """A security: its step of quantity, and whether it is traded at all."""

    lot: Decimal
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FundState:
    """A fund before its trades; money in its base currency.

    Attributes:
        nav: Net asset value with the flow, positive.
        cash: With open orders filled, and the flow.
        held: Settled units, signed. `open`: units of open orders, signed. `selling`: those sold.
        targets: Share of NAV (0 to 1) by security.
        unit: Value of one unit; `None` unknown.
    """

    fund: str
    nav: Fraction
    cash: Fraction
    held: Mapping[str, Decimal]
    open: Mapping[str, Decimal]
    selling: Mapping[str, Decimal]
    targets: Mapping[str, Fraction]
    unit: Mapping[str, Fraction | None]

    def units(self, security_id: str) -> Decimal:
        """Units with all open orders filled, signed."""
        return self.held.get(security_id, ZERO) + self.open.get(security_id, ZERO)

    def universe(self) -> list[str]:
        """Every security that is wanted, held or on order."""
        some = {name for name in (*self.held, *self.open) if self.units(name)}
        some |= {name for name, units in self.held.items() if units}
        return sorted(some | self.targets.keys())


@dataclass(slots=True, kw_only=True)
class Trade:
    """One line in the making: `lots` are signed, `wish` exact units, signed."""

    security_id: str
    target: Fraction
    wish: Fraction = _NONE
    lots: int = 0
    left_out: LeftOut | None = None


@dataclass(slots=True)
class Rebalance:
    """The trades of one fund; `enforce_cash` may be asked again after lots were taken away."""

    plan: Plan
    fund: FundState
    instruments: Mapping[str, Instrument]
    inside: Collection[str] = ()
    trades: list[Trade] = field(default_factory=list)

    def run(self) -> list[Trade]:
        """Decide every line; those of `inside` are known to be within tolerance."""
        scale = self._target_scale()
        for security_id in self.fund.universe():
            target = self.fund.targets.get(security_id, _NONE) * scale
            trade = Trade(security_id=security_id, target=target)
            self._wish(trade)
            self.trades.append(trade)
        self._scale_to_cash()
        for trade in self.trades:
            if trade.wish:
                self._round(trade)
        self.enforce_cash()
        return self.trades

    def value(self, trade: Trade) -> Fraction:
        """Value of what a line trades, signed: buys are positive."""
        if not trade.lots:
            return _NONE
        lot = self.instruments[trade.security_id].lot
        return trade.lots * Fraction(lot) * self._unit(trade.security_id)

    @property
    def cash_after(self) -> Fraction:
        """Cash once every line has filled at its mark."""
        return self.fund.cash - sum((self.value(trade) for trade in self.trades), _NONE)

    def enforce_cash(self) -> None:
        """Cut buys that the cash above the buffer does not pay for, all in proportion."""
        buys = [trade for trade in self.trades if trade.lots > 0]
        cost = sum((self.value(trade) for trade in buys), _NONE)
        room = max(_NONE, self.cash_after + cost - self._buffer)
        if cost <= room:
            return
        for trade in buys:
            trade.lots = int(trade.lots * room / cost)
            trade.left_out = LeftOut.CASH
            self._drop_small(trade)

    @property
    def _buffer(self) -> Fraction:
        return Fraction(self.plan.cash_buffer) / _POINTS * self.fund.nav

    def _target_scale(self) -> Fraction:
        """Targets and buffer together are at most all of NAV."""
        total = sum(self.fund.targets.values(), _NONE)
        most = _ONE - Fraction(self.plan.cash_buffer) / _POINTS
        return most / total if total > most else _ONE

    def _unit(self, security_id: str) -> Fraction:
        unit = self.fund.unit[security_id]
        assert unit is not None, "a line without a price trades nothing"
        return unit

    def _wish(self, trade: Trade) -> None:
        """Note how many units are missing, or why the line is left alone."""
        unit = self.fund.unit[trade.security_id]
        trade.left_out = self._barred(trade.security_id, unit)
        if trade.left_out is not None or unit is None:
            return
        held = Fraction(self.fund.units(trade.security_id))
        missing = trade.target * self.fund.nav - held * unit
        if self._within(trade, missing):
            trade.left_out = LeftOut.WITHIN_TOLERANCE
        elif not self._wanted(buying=missing > 0):
            trade.left_out = LeftOut.MODE
        else:
            trade.wish = missing / unit

    def _barred(self, security_id: str, unit: Fraction | None) -> LeftOut | None:
        if security_id in self.plan.do_not_trade:
            return LeftOut.DO_NOT_TRADE
        if unit is None or unit <= 0:
            return LeftOut.PRICE_UNKNOWN
        if not self.instruments[security_id].active:
            return LeftOut.INACTIVE
        if self.fund.held.get(security_id, ZERO) < 0 or self.fund.units(security_id) < 0:
            return LeftOut.SHORT
        return None

    def _within(self, trade: Trade, missing: Fraction) -> bool:
        if not missing or trade.security_id in self.inside:
            return True
        if self.plan.mode not in _BANDED:
            return False
        relative = self.plan.band is Band.RELATIVE
        width = Fraction(self.plan.tolerance) / _POINTS * (trade.target if relative else 1)
        return abs(missing) <= width * self.fund.nav

    def _wanted(self, *, buying: bool) -> bool:
        mode = self.plan.mode
        return mode is Mode.FULL or buying == (mode is Mode.SPEND_CASH)

    def _scale_to_cash(self) -> None:
        """Sell no more than the cash that is missing, buy no more than there is, in proportion."""
        raising = self.plan.mode is Mode.RAISE_CASH
        if not raising and self.plan.mode is not Mode.SPEND_CASH:
            return
        spare = self.fund.cash - self._buffer
        wanted = max(_NONE, -spare if raising else spare)
        wishes = [trade for trade in self.trades if trade.wish]
        total = sum((abs(one.wish) * self._unit(one.security_id) for one in wishes), _NONE)
        if total <= wanted:
            return
        for trade in wishes:
            trade.wish *= wanted / total
            if not wanted:
                trade.left_out = LeftOut.CASH

    def _round(self, trade: Trade) -> None:
        lot = self.instruments[trade.security_id].lot
        up = self.plan.mode is Mode.RAISE_CASH
        lots = whole_lots(abs(trade.wish), lot, Rounding.UP if up else Rounding.DOWN)
        if trade.wish < 0:
            held = self.fund.held.get(trade.security_id, ZERO)
            free = max(ZERO, held - self.fund.selling.get(trade.security_id, ZERO))
            most = whole_lots(Fraction(free), lot)
            if lots > most:
                lots, trade.left_out = most, LeftOut.HOLDING
        elif not lots:
            trade.left_out = LeftOut.ROUNDING
        if not lots and trade.left_out is None:
            trade.left_out = LeftOut.ROUNDING
        trade.lots = lots if trade.wish > 0 else -lots
        self._drop_small(trade)

    def _drop_small(self, trade: Trade) -> None:
        if trade.lots and abs(self.value(trade)) < Fraction(self.plan.minimum_trade):
            trade.lots, trade.left_out = 0, LeftOut.MINIMUM
