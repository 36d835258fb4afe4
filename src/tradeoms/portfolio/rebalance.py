"""What every fund would trade to come to its targets: decided exactly, fund by fund.

A fund starts from its holdings with all open orders filled, its cash with them and with its flow.
Targets are scaled down where they would eat the cash buffer. Then, for the plan's mode: which lines
may trade, how much of each wish the cash allows, whole lots. Buys round down; sells round down,
but up where cash must be raised; no sale exceeds what is held and not on its way out; and buys
never cost more, at the marks and without commission, than the cash above the buffer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import lcm, prod
from typing import Final

from tradeoms.domain.proposal.terms import Band, LeftOut, Mode, Plan
from tradeoms.kernel.numbers import ZERO

_NONE: Final = Fraction(0)
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
    """One line in the making.

    Attributes:
        target: Share of NAV wanted, 0 to 1.
        lots: Signed. `lot_value`: money of one lot, `missing`: money to the target, signed; both in
            the fund's own integer unit of money.
    """

    security_id: str
    target: Fraction
    lots: int = 0
    lot_value: int = 0
    missing: int = 0
    left_out: LeftOut | None = None


@dataclass(slots=True)
class Rebalance:
    """The trades of one fund; `enforce_cash` may be asked again after lots were taken away.

    All money is held in whole units of one over `scale`, in which every product that is compared
    is an integer: nothing is rounded but lots.
    """

    plan: Plan
    fund: FundState
    instruments: Mapping[str, Instrument]
    inside: Collection[str] = ()
    trades: list[Trade] = field(default_factory=list)
    scale: int = 1
    _nav: int = 0
    _cash: int = 0
    _buffer: int = 0
    _minimum: int = 0
    _tolerance: tuple[int, int] = (0, 1)

    def run(self) -> list[Trade]:
        """Decide every line; those of `inside` are known to be within tolerance."""
        universe = self.fund.universe()
        shrink = self._target_scale()
        targets = {name: one * shrink for name, one in self.fund.targets.items()}
        self._set_scale(universe, targets.values())
        for name in universe:
            trade = Trade(security_id=name, target=targets.get(name, _NONE))
            self._look(trade)
            self.trades.append(trade)
        share, of = self._share_of_cash()
        for trade in self.trades:
            if trade.missing:
                self._round(trade, share, of)
        self.enforce_cash()
        return self.trades

    @property
    def cash_after(self) -> Fraction:
        """Cash once every line has filled at its mark."""
        return Fraction(self._cash_after, self.scale)

    def enforce_cash(self) -> None:
        """Cut buys that the cash above the buffer does not pay for, all in proportion."""
        buys = [trade for trade in self.trades if trade.lots > 0]
        cost = sum(trade.lots * trade.lot_value for trade in buys)
        room = max(0, self._cash_after + cost - self._buffer)
        if cost <= room:
            return
        for trade in buys:
            trade.lots = trade.lots * room // cost
            trade.left_out = LeftOut.CASH
            self._drop_small(trade)

    @property
    def _cash_after(self) -> int:
        return self._cash - sum(trade.lots * trade.lot_value for trade in self.trades)

    def _target_scale(self) -> Fraction:
        """Targets and buffer together are at most all of NAV."""
        total = sum(self.fund.targets.values(), _NONE)
        most = 1 - Fraction(self.plan.cash_buffer) / _POINTS
        return most / total if total > most else Fraction(1)

    def _set_scale(self, universe: Sequence[str], targets: Iterable[Fraction]) -> None:
        """Choose a unit of money in which every amount of the fund is whole."""
        fund, plan = self.fund, self.plan
        units = {one.denominator for name in universe if (one := fund.unit[name]) is not None}
        amounts = {_denominator(fund.units(name)) for name in universe}
        amounts |= {_denominator(self.instruments[name].lot) for name in universe}
        wanted = {one.denominator for one in targets}
        buffer, minimum = Fraction(plan.cash_buffer) / _POINTS, Fraction(plan.minimum_trade)
        own = (fund.nav.denominator, fund.cash.denominator, buffer.denominator,
               minimum.denominator)  # fmt: skip
        self.scale = lcm(*units) * lcm(*amounts) * lcm(*wanted) * prod(own)
        self._nav = self._whole(fund.nav)
        self._cash = self._whole(fund.cash)
        self._buffer = self._whole(buffer * fund.nav)
        self._minimum = self._whole(minimum)
        self._tolerance = (Fraction(plan.tolerance) / _POINTS).as_integer_ratio()

    def _whole(self, money: Fraction) -> int:
        whole, rest = divmod(money.numerator * self.scale, money.denominator)
        assert not rest, "the scale holds every amount"
        return whole

    def _look(self, trade: Trade) -> None:
        """Note what is missing to the target, or why the line is left alone."""
        name, fund = trade.security_id, self.fund
        unit = fund.unit[name]
        trade.left_out = self._barred(name, unit)
        if trade.left_out is not None or unit is None:
            return
        one = unit.numerator * (self.scale // unit.denominator)
        trade.lot_value = _times(one, self.instruments[name].lot)
        target = trade.target
        wanted = self._nav * target.numerator // target.denominator
        missing = wanted - _times(one, fund.units(name))
        if self._within(trade, missing, wanted):
            trade.left_out = LeftOut.WITHIN_TOLERANCE
        elif not self._wanted(buying=missing > 0):
            trade.left_out = LeftOut.MODE
        else:
            trade.missing = missing

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

    def _within(self, trade: Trade, missing: int, wanted: int) -> bool:
        if not missing or trade.security_id in self.inside:
            return True
        if self.plan.mode not in _BANDED:
            return False
        share, of = self._tolerance
        base = wanted if self.plan.band is Band.RELATIVE else self._nav
        return abs(missing) * of <= base * share

    def _wanted(self, *, buying: bool) -> bool:
        mode = self.plan.mode
        return mode is Mode.FULL or buying == (mode is Mode.SPEND_CASH)

    def _share_of_cash(self) -> tuple[int, int]:
        """What part of every wish the cash allows, or the missing cash asks for; as a ratio."""
        raising = self.plan.mode is Mode.RAISE_CASH
        if not raising and self.plan.mode is not Mode.SPEND_CASH:
            return 1, 1
        spare = self._cash - self._buffer
        wanted = max(0, -spare if raising else spare)
        total = sum(abs(trade.missing) for trade in self.trades)
        return (1, 1) if total <= wanted else (wanted, total)

    def _round(self, trade: Trade, share: int, of: int) -> None:
        """Whole lots of ``share`` over ``of`` of what is missing."""
        money, lot = abs(trade.missing) * share, trade.lot_value * of
        up = self.plan.mode is Mode.RAISE_CASH
        lots = -(-money // lot) if up else money // lot
        if trade.missing < 0:
            most = self._free_lots(trade.security_id)
            if lots > most:
                lots, trade.left_out = most, LeftOut.HOLDING
        if not lots and trade.left_out is None:
            trade.left_out = LeftOut.ROUNDING if share else LeftOut.CASH
        trade.lots = lots if trade.missing > 0 else -lots
        self._drop_small(trade)

    def _free_lots(self, security_id: str) -> int:
        """Lots that are held and not on their way out."""
        fund = self.fund
        free = fund.held.get(security_id, ZERO) - fund.selling.get(security_id, ZERO)
        return int(max(ZERO, free) // self.instruments[security_id].lot)

    def _drop_small(self, trade: Trade) -> None:
        if trade.lots and abs(trade.lots) * trade.lot_value < self._minimum:
            trade.lots, trade.left_out = 0, LeftOut.MINIMUM


def _denominator(units: Decimal) -> int:
    return units.as_integer_ratio()[1]


def _times(one: int, units: Decimal) -> int:
    """Money of ``units`` where one of them is worth ``one``; whole by the choice of the scale."""
    numerator, denominator = units.as_integer_ratio()
    return one * numerator // denominator
