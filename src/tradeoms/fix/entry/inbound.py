"""Messages of a portfolio system to commands: D, G and F of FIX 4.4.

The values of fields are those of FIX 4.4 Volume 6; an order is for one fund (Account, 1) or several
(NoAllocs, 78, with AllocAccount, 79, and AllocQty, 80), named by our codes of funds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final, TypeVar

from tradeoms.domain.custom.decide import merge
from tradeoms.domain.custom.state import CustomFields
from tradeoms.domain.order.commands import AmendOrder, CreateOrder, Leg
from tradeoms.domain.order.state import Order
from tradeoms.fix.tags import SOH, tags_of
from tradeoms.kernel.enums import OrderSource, OrderType, Side, TimeInForce
from tradeoms.kernel.numbers import parse_decimal

V = TypeVar("V")

SIDES: Final = {"1": Side.BUY, "2": Side.SELL, "5": Side.SELL_SHORT}
TYPES: Final = {
    "1": OrderType.MARKET, "2": OrderType.LIMIT, "3": OrderType.STOP, "4": OrderType.STOP_LIMIT,
    "P": OrderType.PEGGED,
}  # fmt: skip
TIMES: Final = {each.fix: each for each in TimeInForce}
#: SecurityIDSource (22) to our scheme.
SCHEMES: Final = {"1": "cusip", "2": "sedol", "4": "isin", "S": "figi"}
#: Terms of an order that no field of ours carries (FIX 4.4 Vol. 6, 5.0 SP2): the order would be
#: another without them.
NOT_TAKEN: Final = {
    18: "ExecInst", 110: "MinQty", 111: "MaxFloor", 152: "CashOrderQty", 168: "EffectiveTime",
    210: "MaxShow", 211: "PegOffsetValue", 388: "DiscretionInst", 389: "DiscretionOffsetValue",
    516: "OrderPercent", 847: "TargetStrategy", 957: "NoStrategyParameters", 1138: "DisplayQty",
}  # fmt: skip


@dataclass(slots=True)
class FieldWrong(Exception):
    """A message that cannot become a command."""

    tag: int
    value: str
    allowed: str

    def __str__(self) -> str:
        """What is wrong, for Text (58)."""
        given = f"{self.tag}={self.value}" if self.value else f"{self.tag} is missing"
        return f"{given}: {self.allowed}"


def refuse_terms(raw: bytes) -> None:
    """Refuse terms that the order would lose here.

    Raises:
        FieldWrong: Naming the first of them.
    """
    tags = tags_of(raw)
    lost = [tag for tag in tags if tag in NOT_TAKEN]
    if lost:
        allowed = f"{NOT_TAKEN[lost[0]]} is not taken with an order: leave it to the desk"
        raise FieldWrong(lost[0], tags[lost[0]], allowed)


def new_order(raw: bytes, own: Mapping[int, str]) -> CreateOrder:
    """The order that a NewOrderSingle (D) asks for.

    Args:
        raw: The message.
        own: Tags of the session to the custom fields that they carry.

    Raises:
        FieldWrong: If a field is missing or has no meaning here.
    """
    tags = tags_of(raw)
    scheme, security = _security(tags)
    quantity = _needed(tags, 38, parse_decimal, "a plain decimal")
    return CreateOrder(
        client_order_id=_needed(tags, 11, str, "an id of yours"),
        scheme=scheme,
        security=security,
        side=_word(tags, 54, SIDES),
        quantity=quantity,
        order_type=_word(tags, 40, TYPES),
        limit_price=_price(tags, 44),
        stop_price=_price(tags, 99),
        time_in_force=_word(tags, 59, TIMES, default="0"),
        expire_on=_expiry(tags),
        legs=_legs(raw, tags, quantity) or (),
        instructions=tags.get(58, ""),
        custom=tuple((name, tags[tag]) for tag, name in own.items() if tag in tags),
        source=OrderSource.FIX,
    )


def amended_order(raw: bytes, order: Order) -> AmendOrder:
    """What an OrderCancelReplaceRequest (G) asks of ``order``.

    Raises:
        FieldWrong: If a field is missing, has no meaning here or cannot be changed.
    """
    tags = tags_of(raw)
    if _word(tags, 54, SIDES).fix != order.side.fix:
        raise FieldWrong(54, tags[54], f"it cannot be changed from {order.side.fix}")
    kind = _word(tags, 40, TYPES)
    life = _word(tags, 59, TIMES, default=order.time_in_force.fix)
    quantity = _needed(tags, 38, parse_decimal, "a plain decimal")
    return AmendOrder(
        order_id=order.id,
        expected_version=order.version,
        quantity=quantity,
        legs=_legs(raw, tags, quantity, needed=False),
        limit_price=_price(tags, 44),
        stop_price=_price(tags, 99),
        # Types that FIX tells by both fields, as market on close, have the 40 of another.
        order_type=None if kind.fix == order.order_type.fix else kind,
        time_in_force=None if life is order.time_in_force else life,
        expire_on=_expiry(tags),
        instructions=tags.get(58),
    )


def refuse_other_values(
    raw: bytes, order: Order, *, own: Mapping[int, str], known: CustomFields
) -> None:
    """Refuse a replace with another value of a custom field: it would not be taken.

    Raises:
        FieldWrong: If the message has a value that ``order`` has not.
    """
    tags, now = tags_of(raw), dict(order.custom)
    for tag, name in own.items():
        given = dict(merge((), ((name, tags.get(tag, "")),), known))
        if tag in tags and given.get(name) != now.get(name):
            detail = f"a replace does not change {name}; it is {now.get(name) or 'not given'}"
            raise FieldWrong(tag, tags[tag], detail)


def _security(tags: Mapping[int, str]) -> tuple[str, str]:
    """SecurityID (48) of a source we know, or Symbol (55) with SecurityExchange (207, a MIC)."""
    scheme, value = SCHEMES.get(tags.get(22, "")), tags.get(48, "")
    if scheme and value:
        return scheme, value
    symbol = _needed(tags, 55, str, "a ticker, or 22 and 48")
    return "ticker_mic", f"{symbol}.{_needed(tags, 207, str, 'the market of the ticker, a MIC')}"


def _needed(tags: Mapping[int, str], tag: int, read: Callable[[str], V], allowed: str) -> V:
    text = tags.get(tag, "")
    try:
        if text:
            return read(text)
    except ValueError:
        pass
    raise FieldWrong(tag, text, allowed)


def _word(tags: Mapping[int, str], tag: int, words: Mapping[str, V], default: str = "") -> V:
    code = tags.get(tag, default)
    if code not in words:
        raise FieldWrong(tag, code, f"one of {', '.join(words)}")
    return words[code]


def _price(tags: Mapping[int, str], tag: int) -> Decimal | None:
    return _needed(tags, tag, parse_decimal, "a plain decimal") if tag in tags else None


def _expiry(tags: Mapping[int, str]) -> date | None:
    def read(text: str) -> date:
        return datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007  # LocalMktDate, no instant

    return _needed(tags, 432, read, "a date, YYYYMMDD") if 432 in tags else None


def _legs(
    raw: bytes, tags: Mapping[int, str], quantity: Decimal, *, needed: bool = True
) -> tuple[Leg, ...] | None:
    """The funds and their quantities; `None` where the message names none and need not."""
    if 78 not in tags:
        if needed:
            fund = _needed(tags, 1, str, "a fund, or NoAllocs (78)")
            return (Leg(fund=fund, quantity=quantity),)
        return None
    fund, legs = "", []
    for field in raw.decode("latin-1").split(SOH):
        tag, _, text = field.partition("=")
        if tag == "79":
            fund = text
        elif tag == "80" and fund:
            units = _needed({80: text}, 80, parse_decimal, "a plain decimal")
            legs.append(Leg(fund=fund, quantity=units))
            fund = ""
    if not legs:
        raise FieldWrong(79, "", "a fund for each entry of 78, and its quantity in 80")
    return tuple(legs)
