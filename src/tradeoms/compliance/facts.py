"""What is known now: funds, securities, prices, positions, cash, open orders. Exact, in dicts.

This is the truth that the exact reference reads and from which the arrays are built. Nothing here
knows a rule. Values are Decimal as given; products of them are Fractions, so nothing is rounded.
A missing price, rate or attribute is None and stays None: the rules decide what that means.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Final

from tradeoms.compliance.outside import Outside
from tradeoms.compliance.schema.measures import Weighted
from tradeoms.compliance.selector import attribute, number
from tradeoms.domain.evaluation import Candidate, FundFacts, OpenOrder, SecurityFacts
from tradeoms.kernel.enums import Side

ONE: Final = Fraction(1)
NOTHING: Final = Fraction(0)
#: Attributes behind the exposure and the equivalent in shares of a derivative.
DERIVED: Final = frozenset({"mult", "delta", "und_price", "type", "put_call", "strike"})


def regimes_from(said: object) -> tuple[str, ...]:
    """Read the regimes of a fund from JSON: none, one text, or a list of them."""
    if said is None:
        return ()
    return (said,) if isinstance(said, str) else tuple(map(str, said))  # type: ignore[call-overload]


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedList:
    """Members of a list, matched against one attribute of the security (its id by default)."""

    members: frozenset[str]
    attribute: str = "id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One leg of a message sent to the market, for rate and repetition limits.

    Legs with one `order_id` are one message; without an id each is a message of its own.
    """

    order_id: str = ""
    fund_id: str
    security_id: str
    side: Side
    quantity: Decimal
    at: datetime


@dataclass(slots=True)
class Facts:
    """The live facts, keyed by id. Cash is by fund and currency; positions by fund and security.

    `holders` names, for every security, the funds that hold it or have held or ordered it;
    `unpriced` says why the price of a security does not count, where that is known, and `unrated`
    why a rate does not.
    """

    funds: dict[str, FundFacts] = field(default_factory=dict)
    securities: dict[str, SecurityFacts] = field(default_factory=dict)
    prices: dict[str, tuple[Decimal | None, date | None]] = field(default_factory=dict)
    unpriced: dict[str, str] = field(default_factory=dict)
    fx: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    unrated: dict[tuple[str, str], str] = field(default_factory=dict)
    lists: dict[str, NamedList] = field(default_factory=dict)
    positions: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    cash: dict[str, dict[str, Decimal]] = field(default_factory=dict)
    open_orders: dict[str, OpenOrder] = field(default_factory=dict)
    open_by_fund: dict[str, dict[str, OpenOrder]] = field(default_factory=dict)
    open_by_holding: dict[tuple[str, str], dict[str, OpenOrder]] = field(default_factory=dict)
    open_by_security: dict[str, dict[str, OpenOrder]] = field(default_factory=dict)
    holders: dict[str, set[str]] = field(default_factory=dict)
    sent: deque[Sent] = field(default_factory=deque)
    outside: Outside = field(default_factory=Outside)
    _units: dict[str, dict[tuple[str | Weighted, str], Fraction | None]] = field(
        default_factory=dict
    )

    def forget_units(self, security_id: str | None = None) -> None:
        """Drop derived unit values, of one security or all, when what they rest on changes."""
        if security_id is None:
            self._units.clear()
            return
        self._units.pop(security_id, None)

    def rate(self, from_currency: str, to_currency: str) -> Fraction | None:
        """Units of ``to_currency`` for one of ``from_currency``; None where unknown."""
        if from_currency == to_currency:
            return ONE
        found = self.fx.get((from_currency, to_currency))
        return None if found is None else Fraction(found)

    def set_rate(self, pair: tuple[str, str], rate: Decimal | None, why_none: str) -> bool:
        """Keep the rate of (from, to), None for none that counts; False where nothing changes."""
        if self.fx.get(pair) == rate and self.unrated.get(pair, "") == why_none:
            return False
        self.fx.pop(pair, None)
        self.unrated.pop(pair, None)
        if rate is None:
            self.unrated[pair] = why_none
        else:
            self.fx[pair] = rate
        return True

    def price(self, security_id: str) -> Decimal | None:
        """Mark of the security, None where unknown."""
        found = self.prices.get(security_id)
        return None if found is None else found[0]

    def set_price(
        self, security_id: str, price: Decimal | None, as_of: date | None, *, why_none: str = ""
    ) -> None:
        """Keep the mark; where it is None, ``why_none`` may say why, as a clause."""
        self.prices[security_id] = (price, as_of)
        if why_none:
            self.unpriced[security_id] = why_none
        else:
            self.unpriced.pop(security_id, None)

    def has_price(self, security_id: str, price: Decimal | None, *, why_none: str) -> bool:
        """True where the mark is as said, whatever its day."""
        return self.price(security_id) == price and self.unpriced.get(security_id, "") == why_none

    def lack(self, security_id: str, otherwise: str = "") -> str:
        """Say why the security cannot be valued: as was told, else ``otherwise`` or in general."""
        general = otherwise or (
            f"the price or rate of {security_id} is missing, or und_price or delta of a derivative"
        )
        return self.why_unvalued(security_id) or general

    def why_unvalued(self, security_id: str) -> str:
        """Say why its price, or a rate of its currency, does not count; empty if not told."""
        if security_id in self.unpriced or security_id not in self.securities:
            return self.unpriced.get(security_id, "")
        currency = self.securities[security_id].currency
        return next((why for (base, _), why in self.unrated.items() if base == currency), "")

    def unit(self, measure: str | Weighted, security_id: str, currency: str) -> Fraction | None:
        """Value of one unit of the security in ``measure``, in ``currency``; None where unknown."""
        known = self._units.setdefault(security_id, {})
        key = (measure, currency)
        if key not in known:
            known[key] = self._unit(measure, security_id, currency)
        return known[key]

    def _unit(self, measure: str | Weighted, security_id: str, currency: str) -> Fraction | None:
        security = self.securities.get(security_id)
        if security is None:
            return None
        if isinstance(measure, Weighted):
            value = self._unit(measure.measure, security_id, currency)
            weight = number(attribute(security, measure.attr))
            if value is None or weight is None:
                return None
            return value * (Fraction(weight) - measure.at)
        if measure in ("qty", "par"):
            return ONE
        if measure == "votes":
            votes = number(attribute(security, "votes"))
            return ONE if votes is None else Fraction(votes)
        multiplier = number(attribute(security, "mult"))
        delta = _delta(security)
        if measure == "share_eq":
            if multiplier is None:
                return ONE
            return None if delta is None else delta * Fraction(multiplier)
        if measure == "exposure" and multiplier is not None:
            underlying = number(attribute(security, "und_price"))
            rate = self.rate(security.currency, currency)
            if underlying is None or rate is None or delta is None:
                return None
            return Fraction(multiplier) * Fraction(underlying) * delta * rate
        return self.value_at(self.price(security_id), security, currency)

    def value_at(
        self, price: Decimal | None, security: SecurityFacts, currency: str
    ) -> Fraction | None:
        """Value of one unit at ``price``: (price + accrued) * factor * rate."""
        rate = self.rate(security.currency, currency)
        if price is None or rate is None:
            return None
        dirty = Fraction(price) + Fraction(security.accrued)
        return dirty * Fraction(security.factor) * rate

    def cost(self, order: Candidate | OpenOrder, currency: str) -> Fraction | None:
        """Cash of one unit of ``order``: its limit price where it has one, else the mark."""
        security = self.securities.get(order.security_id)
        if security is None:
            return None
        price = self.price(security.id) if order.limit_price is None else order.limit_price
        return self.value_at(price, security, currency)

    def cash_in(self, fund_ids: Iterable[str], currency: str) -> Fraction | None:
        """All cash of the funds in ``currency``; None where a rate, or all cash, is unknown."""
        total = NOTHING
        for fund_id in fund_ids:
            if fund_id not in self.cash:
                return None
            for held, amount in self.cash[fund_id].items():
                rate = self.rate(held, currency)
                if rate is None and amount != 0:
                    return None
                total += Fraction(amount) * (rate or NOTHING)
        return total

    def held(self, fund_id: str) -> dict[str, Decimal]:
        """Settled positions of the fund by security."""
        return self.positions.get(fund_id, {})

    def set_position(self, fund_id: str, security_id: str, quantity: Decimal) -> None:
        """Keep the settled position."""
        self.positions.setdefault(fund_id, {})[security_id] = quantity
        self.holders.setdefault(security_id, set()).add(fund_id)

    def on_sale(self, fund_id: str, security_id: str) -> Fraction:
        """Quantity of a security that the fund's open orders sell."""
        orders = self.open_by_holding.get((fund_id, security_id), {}).values()
        return sum(
            (
                Fraction(leg.quantity)
                for order in orders
                if order.side.sign < 0
                for leg in order.legs
                if leg.fund_id == fund_id
            ),
            NOTHING,
        )

    def open_in(self, fund_id: str, *, without: frozenset[str]) -> Iterator[OpenOrder]:
        """Open orders of the fund, but those of the ids in ``without``."""
        for order in self.open_by_fund.get(fund_id, {}).values():
            if order.order_id not in without:
                yield order

    def reserve(self, order: OpenOrder) -> None:
        """Keep ``order`` as open, in place of an earlier one of the same id."""
        self.release(order.order_id)
        self.open_orders[order.order_id] = order
        self.open_by_security.setdefault(order.security_id, {})[order.order_id] = order
        for leg in order.legs:
            self.open_by_fund.setdefault(leg.fund_id, {})[order.order_id] = order
            holding = (leg.fund_id, order.security_id)
            self.open_by_holding.setdefault(holding, {})[order.order_id] = order
            self.holders.setdefault(order.security_id, set()).add(leg.fund_id)

    def release(self, order_id: str) -> OpenOrder | None:
        """Forget the open order; return it, or None where there is none."""
        order = self.open_orders.pop(order_id, None)
        if order is not None:
            self.open_by_security[order.security_id].pop(order_id, None)
            for leg in order.legs:
                self.open_by_fund[leg.fund_id].pop(order_id, None)
                self.open_by_holding[leg.fund_id, order.security_id].pop(order_id, None)
        return order

    def sent_before(self, order: Candidate, *, start: datetime, now: datetime) -> list[Sent]:
        """Messages of [start, now] that came before the order's own; all where it has none yet.

        What was entered behind an order never counts against a later look at it.
        """
        if order.submitted_at is not None and order.submitted_at < start:
            return []
        found: list[Sent] = []
        own = False
        for message in reversed(self.sent):
            if message.at < start:
                break
            if message.order_id == order.order_id:
                if not own:
                    found.clear()
                own = True
            elif message.at <= now:
                found.append(message)
        return found

    def level_of(self, fund: FundFacts, level: str) -> tuple[str, tuple[str, ...]] | None:
        """Name and funds of the aggregate of ``level`` that ``fund`` is in; None for none."""
        if level == "fund":
            return fund.id, (fund.id,)
        if level == "firm":
            return "firm", tuple(sorted(self.funds))
        if level == "family":
            if fund.family is None:
                return None
            same = (one.id for one in self.funds.values() if one.family == fund.family)
            return f"family:{fund.family}", tuple(sorted(same))
        group = level.removeprefix("group:")
        if group not in fund.groups:
            return None
        return level, tuple(sorted(one.id for one in self.funds.values() if group in one.groups))

    def currency_of(self, fund_ids: tuple[str, ...]) -> str:
        """Currency in which an aggregate is measured: the base of its first fund by id."""
        return self.funds[fund_ids[0]].currency

    def share_currency(self, fund_ids: tuple[str, ...]) -> bool:
        """True where all funds of an aggregate have one base currency."""
        return len({self.funds[fund_id].currency for fund_id in fund_ids}) == 1

    def denominator(self, name: str, fund_ids: tuple[str, ...], currency: str) -> Fraction | None:
        """Sum of a scalar of the funds in ``currency``; None where one of them is unknown."""
        if name == "one":
            return ONE
        total = NOTHING
        for fund_id in fund_ids:
            amount = scalar(self.funds[fund_id], name)
            rate = self.rate(self.funds[fund_id].currency, currency)
            if amount is None or rate is None:
                return None
            total += amount * rate
        return total


def scalar(fund: FundFacts, name: str) -> Fraction | None:
    """One fund's denominator in its base currency; None where unknown."""
    amount = fund.nav
    if name == "total_assets":
        amount = fund.total_assets
    elif name == "net_assets" and fund.net_assets is not None:
        amount = fund.net_assets
    if amount is None:
        return None
    more = fund.borrowings if name == "nav_plus_borrowings" else 0
    return Fraction(amount) + Fraction(more)


def _delta(security: SecurityFacts) -> Fraction | None:
    """Return the delta: what is no option moves as its underlying does; None where unknown."""
    said = attribute(security, "delta")
    if said is None:
        is_option = attribute(security, "type") == "option"
        terms = attribute(security, "put_call"), attribute(security, "strike")
        return None if is_option or any(terms) else ONE
    delta = number(said)
    return None if delta is None else Fraction(delta)
