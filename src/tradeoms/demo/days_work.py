"""What the demo's people order on a trading day: real names, seeded choice, every type and life.

A plan is only wishes. Whether an order passes compliance, and what it trades at, is for the system
and the market to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from typing import Any, Final

CENT: Final = Decimal("0.01")
#: Fund to the person who leads it.
MANAGERS: Final = {
    "INDEX": "pm.index",
    "ETHICAL": "pm.index",
    "INCOME": "pm.income",
    "GROWTH": "pm.growth",
    "LONGSHORT": "pm.growth",
}
#: Order type, time in force, how far the limit and the stop are from the last price.
STYLES: Final = (
    ("market", "day", None, None),
    ("limit", "day", "0.01", None),
    ("limit", "gtc", "-0.02", None),
    ("limit", "gtd", "-0.03", None),
    ("limit", "ioc", "0.02", None),
    ("limit", "fok", "0.02", None),
    ("stop", "day", None, "0.01"),
    ("stop_limit", "day", "0.03", "0.01"),
    ("market_on_close", "at_the_close", None, None),
    ("limit_on_close", "at_the_close", "0.02", None),
    ("market_on_open", "at_the_opening", None, None),
    ("limit_on_open", "at_the_opening", "0.02", None),
    ("pegged", "day", "0.02", None),
    ("market", "ioc", None, None),
    ("limit", "day", "0", None),
)
#: Last three digits that make the simulator misbehave (simulators/README.md), all within reason.
MISBEHAVIOUR: Final = (101, 102, 103, 104, 105, 106, 107, 108, 111, 113, 115)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One order a portfolio manager enters.

    Attributes:
        manager: Who enters it.
        body: As `POST /orders` takes it.
        then: What happens to it later in the day: empty, `amend` or `cancel`.
        destinations: Where the trader sends it; two share it in halves.
    """

    manager: str
    body: dict[str, Any]  # Any: JSON
    then: str
    destinations: tuple[str, ...]

    def touches(self, fund: str) -> bool:
        """Whether the order is for the fund, in part or whole."""
        return any(leg["fund"] == fund for leg in self.body["allocations"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What a day's plan is made from.

    Attributes:
        closes: Last price by ticker_mic.
        held: Fund to ticker_mic to units held.
        liquid: ticker_mic of what trades most, first the largest.
    """

    on: date
    closes: Mapping[str, Decimal]
    held: Mapping[str, Mapping[str, Decimal]]
    liquid: Sequence[str]


def plan_day(book: Book, *, count: int, seed: int) -> list[Wish]:
    """The wishes of one day, the same for the same book and seed."""
    random = Random(f"{seed}-{book.on}")  # noqa: S311  # a demo, and it must repeat
    wishes = [_wish(book, random, number) for number in range(count)]
    return [wish for wish in wishes if wish is not None]


def _wish(book: Book, random: Random, number: int) -> Wish | None:
    manager = random.choice(sorted(set(MANAGERS.values())))
    funds = [fund for fund, lead in MANAGERS.items() if lead == manager]
    side = random.choice(("buy", "buy", "sell"))
    fund = random.choice(funds)
    names = sorted(book.held[fund]) if side == "sell" else list(book.liquid[:150])
    names = [name for name in names if name in book.closes]
    name = random.choice(names)
    quantity = _quantity(book, random, fund=fund, name=name, side=side, number=number)
    if quantity <= 0:
        return None
    body: dict[str, Any] = {
        "client_order_id": f"{book.on:%Y%m%d}-{number:04d}",
        "security": {"scheme": "ticker_mic", "value": name},
        "side": side,
        "quantity": str(quantity),
        "allocations": _legs(funds, fund, quantity, side=side, random=random),
        "reason": "demo day",
        "instructions": random.choice(("", "", "do not exceed 20% of volume", "no dark pools")),
        **_terms(book, random, name=name, side=side, number=number),
    }
    pair = random.random() < 0.15 and quantity >= 200  # broker and EMS share it
    first = random.choice(("BROKER_SIM", "BROKER_SIM", "EMS_SIM"))
    destinations = ("BROKER_SIM", "EMS_SIM") if pair else (first,)
    then = random.choice(("", "", "", "", "amend", "cancel"))
    return Wish(manager=manager, body=body, then=then, destinations=destinations)


def _quantity(book: Book, random: Random, *, fund: str, name: str, side: str, number: int) -> int:
    """Units: now and then a number that makes the simulator misbehave, never more than is held."""
    if number % 9 == 0:
        wanted = random.choice((1000, 2000)) + MISBEHAVIOUR[(number // 9) % len(MISBEHAVIOUR)]
    else:
        wanted = random.randrange(100, 2_500)
        wanted -= wanted % 1000 in MISBEHAVIOUR
    if book.closes[name] * wanted > 400_000:  # below every order limit
        wanted = 100
    if side == "sell":
        return min(wanted, int(book.held[fund].get(name, Decimal(0)) / 4))
    return wanted


def _legs(
    funds: list[str], fund: str, quantity: int, *, side: str, random: Random
) -> list[dict[str, str]]:
    """One fund, or for a buy of a manager with two funds both of them."""
    others = [other for other in funds if other not in (fund, "ETHICAL")]
    if side == "sell" or not others or fund == "ETHICAL" or random.random() < 0.5:
        return [{"fund": fund, "quantity": str(quantity)}]
    share = quantity * random.randrange(20, 80) // 100
    if share == 0:
        return [{"fund": fund, "quantity": str(quantity)}]
    return [
        {"fund": fund, "quantity": str(quantity - share)},
        {"fund": others[0], "quantity": str(share)},
    ]


def _terms(book: Book, random: Random, *, name: str, side: str, number: int) -> dict[str, str]:
    """Type, life and prices, in turn so that every style occurs each day."""
    kind, life, limit_by, stop_by = STYLES[number % len(STYLES)]
    sign = 1 if side == "buy" else -1
    terms = {"order_type": kind, "time_in_force": life}
    close = book.closes[name]
    if limit_by is not None:
        terms["limit_price"] = _price(close, sign * Decimal(limit_by))
    if stop_by is not None:
        terms["stop_price"] = _price(close, sign * Decimal(stop_by))
    if life == "gtd":
        terms["expire_on"] = str(book.on + timedelta(days=random.randrange(1, 4)))
    return terms


def _price(close: Decimal, move: Decimal) -> str:
    return str((close * (1 + move)).quantize(CENT, ROUND_HALF_EVEN))
