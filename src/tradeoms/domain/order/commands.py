"""Requests about orders. Each may be refused with a code of `OrderRejection`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tradeoms.domain.order.sizing import Sizing
from tradeoms.kernel.enums import (
    OrderSource,
    OrderType,
    Side,
    TimeInForce,
    TriggerWhen,
    Unexecuted,
)
from tradeoms.kernel.numbers import ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The part of an order meant for one fund; quantity in units of the security, positive."""

    fund: str
    quantity: Decimal


def funds_of(sizing: Sizing | None) -> tuple[str, ...]:
    """The funds that a size is for; none where there is no size."""
    return () if sizing is None else tuple(one.fund for one in sizing.funds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A condition on the mark of the security, in its price currency."""

    price: Decimal
    when: TriggerWhen


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateOrder:
    """Enter an order, and submit it to compliance if `submit`.

    Attributes:
        scheme: Identifier scheme of `security`: ticker_mic, isin, cusip, sedol, figi or id.
        quantity: Total in units, the sum of the legs.
        sizing: In place of quantity and legs, which are then 0 and empty.
        limit_price: In the security's price currency.
        expire_on: Last trading day of a GTD order, in exchange time.
        venue: Where it is meant to trade, for rules that ask: "offering"; empty says nothing.
        cross_with: Fund on the other side of an arranged cross; empty where it is none.
        source: The door by which it came; set by the door, never by the client.
        good_from: Not released before this instant, aware UTC; then by itself.
        trigger: Not released before the mark is there; with `good_from` both must hold.
        unexecuted: What becomes of the rest of a day order at the close.
        custom: Values of custom fields, as (name, value).
    """

    client_order_id: str
    scheme: str
    security: str
    side: Side
    order_type: OrderType
    quantity: Decimal = ZERO
    legs: tuple[Leg, ...] = ()
    sizing: Sizing | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    expire_on: date | None = None
    reason: str = ""
    instructions: str = ""
    portfolio_manager: str = ""
    submit: bool = True
    venue: str = ""
    cross_with: str = ""
    source: OrderSource = OrderSource.REST
    good_from: datetime | None = None
    trigger: Trigger | None = None
    unexecuted: Unexecuted = Unexecuted.EXPIRE
    custom: tuple[tuple[str, str], ...] = ()

    @property
    def funds(self) -> tuple[str, ...]:
        """The funds it is for, be it sized or not."""
        return (*(leg.fund for leg in self.legs), *funds_of(self.sizing))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitOrder:
    """Make an order of its own of a part of an order that was never placed.

    Attributes:
        client_order_id: The client's id of the new order.
        quantity: Units to split off, over all funds in proportion; or
        legs: Units to split off fund by fund.
    """

    order_id: str
    client_order_id: str
    quantity: Decimal | None = None
    legs: tuple[Leg, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendOrder:
    """Change the terms of an order; `None` leaves a term as it is.

    `expected_version` is the version the caller has seen (If-Match); `sizing` is in place of
    quantity and legs. A price that another order type does not have is left out, and the last day
    of an order that is not gtd any more.
    """

    order_id: str
    expected_version: int
    quantity: Decimal | None = None
    legs: tuple[Leg, ...] | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    instructions: str | None = None
    reason: str | None = None
    sizing: Sizing | None = None
    order_type: OrderType | None = None
    time_in_force: TimeInForce | None = None
    expire_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitOrder:
    """Send a draft to compliance, or check a blocked or held order again."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveOrder:
    """Give the second approval that a large order waits for."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOrder:
    """Hand an approved order to the trading desk.

    `acknowledge` says that the person took note of what its check warns of; without it an order
    with warnings is not released.
    """

    order_id: str
    trader: str = ""
    acknowledge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldOrder:
    """Stop an order from being placed until it is submitted, and so checked, again."""

    order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel an order; what brokers hold of it is cancelled first."""

    order_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimOrder:
    """Take an order on the desk that nobody has."""

    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignOrder:
    """Give an order to a trader."""

    order_id: str
    trader: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverOrder:
    """Pass an order to a colleague: one's own, or for a trader who is away.

    Attributes:
        note: What the colleague must know.
    """

    order_id: str
    trader: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDue:
    """Release every approved order whose time and price have come; the engine's own."""
