"""What rules ask beside holdings: issuers, past trades, offerings, reports, outside figures.

All amounts are Decimal as given; what is absent is unknown, and the rule decides what that means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from tradeoms.kernel.enums import Side


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTrade:
    """One trade of the past, for windows of days; `quantity` is positive."""

    on: date
    fund_id: str
    security_id: str
    side: Side
    quantity: Decimal
    regular_hours: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Offering:
    """A firm-commitment offering of a security: priced on a day, short sales restricted before."""

    security_id: str
    pricing_date: date
    restricted_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that another system measured, e.g. value at risk, and when."""

    value: Decimal
    at: datetime


#: Day, fund, side, and whether in regular hours.
TradeKey = tuple[date, str, Side, bool]


@dataclass(slots=True)
class Outside:
    """The live facts that are not holdings.

    A book remembers limits made from amounts and reports: tell it by `outside_changed`.

    Attributes:
        issuers: Amounts of an issuer by name of the amount, e.g. `votes_out`, `debt_out`.
        underlyings: Amounts of an underlying that is not a security of its own, likewise.
        trades: Past trades by security, one for each day, fund, side and kind of hours.
        newest: Day of the newest trade by security and sign of its side, busted ones too.
        offerings: Offerings by security.
        reported: Share of the issue (0 to 1) that was last reported, by rule and cell.
        figures: Outside figures by name and fund.
    """

    issuers: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    underlyings: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    trades: dict[str, dict[TradeKey, PastTrade]] = field(default_factory=dict)
    newest: dict[tuple[str, int], date] = field(default_factory=dict)
    offerings: dict[str, Offering] = field(default_factory=dict)
    reported: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)

    def note_trade(self, trade: PastTrade) -> None:
        """Remember a trade, added up with the others of its day, fund and side.

        A negative quantity takes back what was noted before, e.g. when an execution is busted.
        """
        side = (trade.security_id, trade.side.sign)
        self.newest[side] = max(trade.on, self.newest.get(side, trade.on))
        known = self.trades.setdefault(trade.security_id, {})
        key = (trade.on, trade.fund_id, trade.side, trade.regular_hours)
        before = known[key].quantity if key in known else 0
        known[key] = replace(trade, quantity=before + trade.quantity)
        if known[key].quantity <= 0:
            del known[key]
        if not known:
            del self.trades[trade.security_id]
