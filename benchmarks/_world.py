"""A made-up firm for measuring: funds, securities, books, rules, people, in a real engine."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from tradeoms import bootstrap
from tradeoms.app.engine import Engine
from tradeoms.app.local import LocalDoor
from tradeoms.domain.catalog import CreateOrders
from tradeoms.domain.order.commands import CreateOrder, Leg
from tradeoms.domain.reference import commands as load
from tradeoms.domain.reference.state import (
    Destination,
    Fund,
    Grant,
    OpeningCash,
    OpeningPosition,
    Price,
    Security,
)
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText
from tradeoms.kernel.enums import OrderType, Role, Side
from tradeoms.settings import Settings

DAY = date(2010, 1, 4)


def databases() -> dict[str, str]:
    """URLs to measure on: SQLite, and the empty PostgreSQL that TRADEOMS_BENCH_PG_URL names."""
    named = os.environ.get("TRADEOMS_BENCH_PG_URL")
    return {"sqlite": "", **({"postgresql": named} if named else {})}


@contextlib.contextmanager
def firm(
    *, funds: int = 20, securities: int = 500, rules: int = 300, url: str = ""
) -> Iterator[tuple[Settings, Engine]]:
    """An engine of its own in a temporary folder, with everything loaded."""
    with tempfile.TemporaryDirectory(prefix="tradeoms-bench-") as folder:
        settings = Settings(data=Path(folder), database_url=url)
        bootstrap.initialise(settings)
        with bootstrap.engine_of(settings) as (engine, _lease):
            fill(engine, funds=funds, securities=securities, rules=rules)
            yield settings, engine


def submit(engine: Engine, command: object, user: str = "system") -> Any:
    """Ask, and insist on a yes."""
    outcome = LocalDoor(engine, user=user).submit(type(command).__name__, command)
    assert outcome.status == "accepted", outcome.problems[:3]
    return json.loads(bytes(outcome.answer))


def fill(engine: Engine, *, funds: int, securities: int, rules: int) -> None:
    """Load everything."""
    codes = [f"F{number}" for number in range(funds)]
    submit(engine, load.LoadFunds(funds=tuple(Fund(code=c, name=c, currency="USD") for c in codes)))
    listed = tuple(_security(number) for number in range(securities))
    submit(engine, load.LoadSecurities(securities=listed))
    ids = [engine.book.identifiers["ticker_mic", f"S{n}.XNAS"] for n in range(securities)]
    marks = tuple(Price(security_id=i, price=Decimal("100.5"), as_of=DAY) for i in ids)
    submit(engine, load.LoadPrices(prices=marks))
    cash = (OpeningCash(currency="USD", minor=10**14),)
    held = tuple(OpeningPosition(security_id=i, quantity=Decimal(1000)) for i in ids[::3])
    books = tuple(load.FundBook(fund=code, positions=held, cash=cash) for code in codes)
    submit(engine, load.LoadPositions(as_of=DAY, books=books))
    submit(engine, load.LoadDestinations(destinations=(Destination(name="BROKER_SIM"),)))
    people = (
        load.UserRow(id="pm", name="PM", grants=(Grant(role=Role.PORTFOLIO_MANAGER),)),
        load.UserRow(id="trader", name="Trader", grants=(Grant(role=Role.TRADER),)),
        load.UserRow(id="officer", name="Officer", grants=(Grant(role=Role.COMPLIANCE_OFFICER),)),
    )
    submit(engine, load.LoadUsers(users=people))
    if rules:
        texts = tuple(_rule(number) for number in range(rules))
        submit(engine, DefineRules(rules=texts))
        for rule in texts:
            submit(engine, ActivateRule(rule_id=rule.rule_id, version=1), "officer")


def _security(number: int) -> Security:
    return Security(
        id="",
        symbol=f"S{number}",
        mic="XNAS",
        name=f"Security {number}",
        currency="USD",
        identifiers=(),
        issuer=f"ISSUER{number}",
        sector=f"SECTOR{number % 10}",
        industry=f"INDUSTRY{number % 50}",
        country="US",
        adv=Decimal(1_000_000),
    )


def _rule(number: int) -> RuleText:
    """A rule of one of five kinds, each with a limit of its own, none in the way."""
    kinds: list[dict[str, Any]] = [
        {"kind": "ratio", "measure": "mv", "den": "nav", "group_by": "issuer",
         "max": f"0.{50 + number % 40}"},
        {"kind": "ratio", "measure": "mv", "den": "nav", "group_by": "sector",
         "max": f"0.{60 + number % 30}"},
        {"kind": "order", "max_value": str(10**7 * (100 + number))},
        {"kind": "cash", "min": str(-number)},
        {"kind": "short", "mode": "no_short"},
        {"kind": "restrict", "select": [["industry", "==", f"OTHER{number}"]]},
    ]  # fmt: skip
    rule_id = f"rule{number}"
    text = {"id": rule_id, "version": 1, "title": rule_id, "severity": "hard"}
    body = json.dumps({**text, **kinds[number % len(kinds)]})
    fits = {"id": "fits", "mode": "fit", "fund": "F0", "expect": {"outcome": "PASS"}}
    return RuleText(rule_id=rule_id, version=1, definition=body, cases=json.dumps([fits]))


def orders(stem: str, count: int, *, funds: int = 20, securities: int = 500) -> CreateOrders:
    """A batch of limit orders over three funds each."""
    return CreateOrders(orders=tuple(_order(stem, n, funds, securities) for n in range(count)))


def _order(stem: str, number: int, funds: int, securities: int) -> CreateOrder:
    return CreateOrder(
        client_order_id=f"{stem}-{number}",
        scheme="ticker_mic",
        security=f"S{number * 7 % securities}.XNAS",
        side=Side.BUY,
        quantity=Decimal(900),
        order_type=OrderType.LIMIT,
        limit_price=Decimal(101),
        legs=tuple(
            Leg(fund=f"F{(number + part) % funds}", quantity=Decimal(300)) for part in range(3)
        ),
    )
