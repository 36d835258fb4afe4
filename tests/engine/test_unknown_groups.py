"""A security of which no group is loaded is of an unknown group, and of none of its own."""

from __future__ import annotations

import json
from decimal import Decimal as D  # noqa: N817  # short, so that tables stay tables
from typing import Any

import pytest

from tests.engine.house import DAY, House, buy, fits
from tradeoms.domain.order.commands import Leg
from tradeoms.domain.reference import commands as rc
from tradeoms.domain.reference.state import OpeningCash, OpeningPosition, Price, Security
from tradeoms.domain.ruleset.commands import ActivateRule, DefineRules, RuleText

RULE = {"kind": "ratio", "severity": "hard", "group_by": "group", "max": "0.20"}


def security(symbol: str, parent: str = "") -> Security:
    return Security(
        id="", symbol=symbol, mic="XNYS", name="", currency="USD", identifiers=(),
        issuer=f"{symbol} plc", ultimate_parent=parent,
    )  # fmt: skip


def furnish(house: House, parent: str) -> None:
    """A fund of a million holds 190,000 of SUB2, and may hold a fifth in one group."""
    loaded = (security("SUB1", "Parent"), security("SUB2", parent))
    house.get(rc.LoadSecurities(securities=loaded), user="system")
    ids = [house.book.identifiers["ticker_mic", f"{one.symbol}.XNYS"] for one in loaded]
    prices = tuple(Price(security_id=one, price=D(100), as_of=DAY) for one in ids)
    house.get(rc.LoadPrices(prices=prices), user="system")
    book = rc.FundBook(
        fund="A",
        positions=(OpeningPosition(security_id=ids[1], quantity=D(1900), cost_minor=1),),
        cash=(OpeningCash(currency="USD", minor=81_000_000),),
    )
    house.get(rc.LoadPositions(as_of=DAY, books=(book,)), user="system")
    text = json.dumps({"id": "grp", "version": 1, **RULE})
    row = RuleText(rule_id="grp", version=1, definition=text, cases=fits())
    house.get(DefineRules(rules=(row,)), user="ada")
    house.get(ActivateRule(rule_id="grp", version=1), user="cora")


def outcome(house: House, symbol: str, quantity: int) -> Any:
    legs = (Leg(fund="A", quantity=D(quantity)),)
    entered = house.get(buy(f"{symbol}{quantity}", quantity, security=f"{symbol}.XNYS", legs=legs))
    return entered["compliance"]["outcome"]


@pytest.mark.parametrize(
    ("parent", "symbol", "quantity", "expected"),
    [
        ("", "SUB1", 100, "pass"),  # at the limit, wherever SUB2 belongs
        ("", "SUB1", 101, "unknown"),
        ("", "SUB2", 1, "unknown"),
        ("SUB2 plc", "SUB1", 2000, "pass"),
        ("SUB2 plc", "SUB2", 100, "pass"),
        ("SUB2 plc", "SUB2", 101, "breach"),
        ("Parent", "SUB1", 101, "breach"),
    ],
)
def test_what_has_no_group_may_be_of_any(
    house: House, parent: str, symbol: str, quantity: int, expected: str
) -> None:
    furnish(house, parent)
    assert outcome(house, symbol, quantity) == expected
