"""Turns a typed size into whole lots for each fund: exactly, in Fractions, from figures given.

`down` never trades more than the size says; `nearest` and `up` may, by less than a lot a fund. No
rounding ever closes more of a position than is held and not on its way out already. A total is
rounded once, then shared out by largest remainder, so that the parts always sum to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.domain.order.sizing import (
    Limited,
    Measure,
    MoneyOf,
    Scheme,
    Sized,
    SizedFund,
    Sizing,
    SizingFund,
    SizingRejection,
)
from tradeoms.kernel.decider import Refusal, Rejected
from tradeoms.kernel.enums import Side
from tradeoms.kernel.numbers import ZERO
from tradeoms.portfolio.lots import share_lots, whole_lots

_PERCENT: Final = Fraction(1, 100)
_NONE: Final = Fraction(0)
_CLOSING: Final = frozenset({Side.SELL, Side.BUY_TO_COVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class FundBasis:
    """What is known of a fund and the security; money in the fund's currency, `None` unknown.

    Attributes:
        held: Settled units, signed.
        open: Units of open orders, signed; `closing`: those of the same closing side, positive.
        unit: Value of one unit at the mark. `cost`: at the worse of mark and limit.
        benchmark: Weight of the security in its benchmark, 0 to 1.
    """

    fund: str
    nav: Decimal | None
    held: Decimal
    open: Decimal
    closing: Decimal
    unit: Fraction | None
    cost: Fraction | None
    benchmark: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """What is known of the security: its lot, its mark, one unit's cost in its own currency."""

    lot: Decimal
    price: Decimal | None
    cost: Fraction | None


class MissingFigure(Exception):
    """A figure that the size needs is not known; carries the refusal."""

    def __init__(self, code: SizingRejection, fund: str, detail: str) -> None:
        """Name the figure and the fund."""
        super().__init__(detail)
        self.refusal = Refusal(code=code, detail=detail, field="sizing", value=fund)


def size(
    sizing: Sizing, *, side: Side, traded: Traded, funds: Sequence[FundBasis]
) -> Sized | Rejected:
    """What ``sizing`` comes to.

    Args:
        sizing: As typed, checked by `check_sizing`.
        side: Of the order.
        traded: The security.
        funds: One for each fund of ``sizing``, in its order.

    Returns:
        The quantities of all funds, one of them at least above zero; or every figure that is
        missing, or that nothing is left.
    """
    sizer = _Sizer(sizing, side, traded, funds)
    try:
        parts = sizer.parts()
    except MissingFigure as missing:
        return Rejected(refusals=(missing.refusal,))
    sized = tuple(sizer.show(fund, *part) for fund, part in zip(funds, parts, strict=True))
    if any(one.quantity for one in sized):
        return Sized(intent=sizing, funds=sized)
    why = ", ".join(f"{one.fund}: {one.limited}" for one in sized)
    detail = f"no fund is left with a quantity ({why})"
    code = SizingRejection.SIZING_NOTHING_LEFT
    return Rejected(refusals=(Refusal(code=code, detail=detail, field="sizing"),))


#: Lots of a fund and why they are fewer than its size says.
Part = tuple[int, Limited | None]


class _Sizer:
    """One size, one security, one side."""

    def __init__(
        self, sizing: Sizing, side: Side, traded: Traded, funds: Sequence[FundBasis]
    ) -> None:
        self._sizing = sizing
        self._traded = traded
        self._funds = funds
        self._side = side
        self._sign = side.sign

    def parts(self) -> list[Part]:
        """Lots of every fund, after the holding and the minimum were looked at.

        Raises:
            MissingFigure: If a figure is not known.
        """
        sizing = self._sizing
        shared = sizing.measure.is_total and sizing.scheme is not Scheme.EXPLICIT
        parts = self._shared() if shared else self._alone()
        return [self._bounded(*pair) for pair in zip(self._funds, parts, strict=True)]

    def show(self, fund: FundBasis, lots: int, limited: Limited | None) -> SizedFund:
        """The part with the figures that it rests on."""
        return SizedFund(
            fund=fund.fund,
            quantity=lots * self._traded.lot,
            price=self._traded.price,
            nav=fund.nav,
            held=fund.held,
            open=fund.open,
            limited=limited,
        )

    def _bounded(self, fund: FundBasis, part: Part) -> Part:
        lots, limited = part
        if self._side in _CLOSING and lots > self._available(fund):
            lots, limited = self._available(fund), Limited.HOLDING
        if lots and lots * self._traded.lot < self._sizing.minimum:
            return 0, Limited.MINIMUM
        return lots, limited

    def _available(self, fund: FundBasis) -> int:
        """Lots that can be closed: held, and not on their way out."""
        units = max(ZERO, -self._sign * fund.held - fund.closing)
        return whole_lots(Fraction(units), self._traded.lot)

    # each fund alone

    def _alone(self) -> list[Part]:
        pairs = zip(self._funds, self._sizing.funds, strict=True)
        return [self._rounded(self._wish(fund, typed)) for fund, typed in pairs]

    def _rounded(self, units: Fraction) -> Part:
        if units <= 0:
            return 0, Limited.AT_TARGET
        lots = whole_lots(units, self._traded.lot, self._sizing.rounding)
        return lots, None if lots else Limited.ROUNDING

    def _wish(self, fund: FundBasis, typed: SizingFund) -> Fraction:
        """Units that the size says for a fund; not above zero where it is at its target."""
        typed_value = self._sizing.value if typed.value is None else typed.value
        assert typed_value is not None
        value = Fraction(typed_value)
        match self._sizing.measure:
            case Measure.SHARES:
                return value
            case Measure.NOTIONAL:
                return value / self._unit_cost(fund)
            case Measure.NAV_PERCENT:
                return value * _PERCENT * _nav(fund) / _known_cost(fund)
            case Measure.TARGET_WEIGHT:
                return self._lacking(fund, value * _PERCENT)
            case Measure.BENCHMARK_PERCENT:
                return self._lacking(fund, value * _PERCENT * _benchmark(fund))
            case Measure.POSITION_PERCENT:
                return value * _PERCENT * self._position(fund)

    def _lacking(self, fund: FundBasis, weight: Fraction) -> Fraction:
        """Units that bring the fund, all its open orders filled, to ``weight`` of NAV."""
        wanted = weight * _nav(fund) / _known_unit(fund)
        return (wanted - Fraction(fund.held + fund.open)) * self._sign

    def _position(self, fund: FundBasis) -> Fraction:
        held = abs(fund.held)
        if not held or (self._side in _CLOSING and fund.held * self._sign > 0):
            detail = f"{fund.fund} holds nothing that {self._side} could be a part of"
            raise MissingFigure(SizingRejection.NOTHING_HELD, fund.fund, detail)
        return Fraction(held)

    # one total over all funds

    def _shared(self) -> list[Part]:
        value = self._sizing.value
        assert value is not None
        units = Fraction(value)
        if self._sizing.measure is Measure.NOTIONAL:
            units /= self._unit_cost(self._funds[0])
        lots = whole_lots(units, self._traded.lot, self._sizing.rounding)
        weights, short = self._weights()
        room = sum(weights, _NONE)
        if not room:
            return [(0, short or Limited.ROUNDING)] * len(self._funds)
        cut = short is not None and lots > room
        shares = share_lots(int(room) if cut else lots, weights)
        return [(share, short if cut else _reason(share)) for share in shares]

    def _weights(self) -> tuple[list[Fraction], Limited | None]:
        """By what the total is shared, and what limits it where the weights are also its room."""
        funds = self._funds
        match self._sizing.scheme:
            case Scheme.EQUAL:
                return [Fraction(1)] * len(funds), None
            case Scheme.CUSTOM:
                return [Fraction(one.value or ZERO) for one in self._sizing.funds], None
            case Scheme.PRO_RATA_NAV:
                return [_nav(fund) for fund in funds], None
            case Scheme.TO_TARGET:
                weight = Fraction(self._sizing.target or ZERO) * _PERCENT
                lacks = [max(_NONE, self._lacking(fund, weight)) for fund in funds]
                room = [Fraction(whole_lots(one, self._traded.lot)) for one in lacks]
                return room, Limited.AT_TARGET
            case _:
                return self._holdings()

    def _holdings(self) -> tuple[list[Fraction], Limited | None]:
        if self._side in _CLOSING:
            return [Fraction(self._available(fund)) for fund in self._funds], Limited.HOLDING
        held = [Fraction(abs(fund.held)) for fund in self._funds]
        if not any(held):
            detail = "no fund holds any of it"
            raise MissingFigure(SizingRejection.NOTHING_HELD, "", detail)
        return held, None

    def _unit_cost(self, fund: FundBasis) -> Fraction:
        """Cost of one unit in the currency of the notional."""
        if self._sizing.currency is MoneyOf.FUND:
            return _known_cost(fund)
        return _priced(self._traded.cost, fund.fund)


def _reason(lots: int) -> Limited | None:
    return None if lots else Limited.ROUNDING


def _nav(fund: FundBasis) -> Fraction:
    if fund.nav is None or fund.nav <= 0:
        detail = f"{fund.fund} has no net asset value above zero; load its prices or its NAV"
        raise MissingFigure(SizingRejection.NAV_UNKNOWN, fund.fund, detail)
    return Fraction(fund.nav)


def _known_unit(fund: FundBasis) -> Fraction:
    return _priced(fund.unit, fund.fund)


def _known_cost(fund: FundBasis) -> Fraction:
    return _priced(fund.cost, fund.fund)


def _priced(unit: Fraction | None, fund: str) -> Fraction:
    if unit is None or unit <= 0:
        detail = f"the security has no price above zero in the currency that {fund} needs"
        raise MissingFigure(SizingRejection.PRICE_UNKNOWN, fund, detail)
    return unit


def _benchmark(fund: FundBasis) -> Fraction:
    if fund.benchmark is None:
        detail = f"the benchmark of {fund.fund} has no weight of the security"
        raise MissingFigure(SizingRejection.BENCHMARK_WEIGHT_UNKNOWN, fund.fund, detail)
    return Fraction(fund.benchmark)
