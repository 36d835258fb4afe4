"""A made-up firm to be rebalanced: funds that have drifted from a model of all their securities.

The same size always gives the same firm. Prices do not move, so that what a rebalance must come to
is known to the cent before it begins.
"""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from argon2 import PasswordHasher

from tradeoms.domain.model.commands import DefineModel, NamedWeight
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
from tradeoms.domain.ruleset.commands import DefineRules, RuleText
from tradeoms.kernel.enums import Role

DAY: Final = date(2026, 3, 2)
BROKER: Final = "BROKER_SIM"
PASSWORD: Final = "demo-rebalance"  # noqa: S105 - protects nothing
NAV: Final = 50_000_000
#: Points of NAV that the model invests; the rest is cash.
INVESTED: Final = Decimal(96)
#: Buys in this sector stop at nine tenths of the model's weight, by a hard rule.
CAPPED: Final = "SECTOR3"
_CAPPED_CASE: Final = {
    "id": "all of a fund in one issuer", "mode": "pre", "positions": [],
    "funds": {"F": {"base": "USD", "nav": "100"}},
    "securities": {"A": {"ccy": "USD", "price": "1", "sector": CAPPED, "issuer": "I"}},
    "orders": [{"id": "o", "fund": "F", "sec": "A", "side": "buy", "qty": "100"}],
    "expect": {"outcome": "BREACH"},
}  # fmt: skip
_FITS: Final = {"id": "fits", "mode": "fit", "expect": {"outcome": "PASS"}}


@dataclass(frozen=True)
class Firm:
    """Funds, led in equal parts by a few managers, and the securities of their one model."""

    funds: int
    securities: int
    managers: int = 5
    rules: int = 40

    @cached_property
    def fund_codes(self) -> list[str]:
        """`F000`, `F001`, ..."""
        return [f"F{number:03}" for number in range(self.funds)]

    @cached_property
    def symbols(self) -> list[str]:
        """`S000`, `S001`, ..."""
        return [f"S{number:03}" for number in range(self.securities)]

    @cached_property
    def managed(self) -> dict[str, list[str]]:
        """The funds of each manager."""
        return {
            f"pm.{number}": self.fund_codes[number :: self.managers]
            for number in range(self.managers)
        }

    @property
    def weight(self) -> Decimal:
        """Every security's points of NAV in the model."""
        return (INVESTED / self.securities).quantize(Decimal("0.0001"), ROUND_FLOOR)

    def price(self, number: int) -> Decimal:
        """Price of a security, between 20 and 200 dollars."""
        return Decimal(2_000 + number * 3_701 % 18_000) / 100

    def held(self, fund: int, number: int) -> int:
        """Units a fund starts with: none of a third, else 60 to 139 per cent of its target."""
        if (fund + number) % 3 == 0:
            return 0
        target = NAV * self.weight / 100 / self.price(number)
        return int(target * (60 + (fund * 7 + number * 13) % 80) / 100)

    def cash(self, fund: int) -> Decimal:
        """What its holdings leave of its NAV."""
        marks = (self.held(fund, n) * self.price(n) for n in range(self.securities))
        return NAV - sum(marks, Decimal(0))

    def commands(self) -> list[object]:
        """All that is loaded before the day, in order."""
        return [
            load.RollDay(trade_on=DAY),
            load.LoadFunds(funds=tuple(self._fund(n) for n in range(self.funds))),
            load.LoadSecurities(
                securities=tuple(self._security(n) for n in range(self.securities))
            ),
            load.LoadPrices(
                prices=tuple(
                    Price(security_id=f"sec_{symbol}", price=self.price(n), as_of=DAY)
                    for n, symbol in enumerate(self.symbols)
                )
            ),
            load.LoadPositions(as_of=DAY, books=tuple(self._book(n) for n in range(self.funds))),
            load.LoadDestinations(destinations=(Destination(name=BROKER),)),
            self._people(),
            DefineRules(rules=tuple(self._rule(number) for number in range(self.rules))),
        ]

    def _fund(self, number: int) -> Fund:
        """Every tenth fund asks for a second person above 150,000 dollars."""
        above = Decimal(150_000) if number % 10 == 0 else None
        code = self.fund_codes[number]
        return Fund(code=code, name=code, currency="USD", approval_above=above)

    def _security(self, number: int) -> Security:
        symbol = self.symbols[number]
        return Security(
            id=f"sec_{symbol}", symbol=symbol, mic="XNAS", name=symbol, currency="USD",
            identifiers=(), issuer=f"ISSUER{number}", sector=f"SECTOR{number % 10}",
            industry=f"INDUSTRY{number % 50}", country="US", adv=Decimal(1_000_000),
        )  # fmt: skip

    def _book(self, fund: int) -> load.FundBook:
        held = [(n, self.held(fund, n)) for n in range(self.securities)]
        return load.FundBook(
            fund=self.fund_codes[fund],
            positions=tuple(
                OpeningPosition(security_id=f"sec_{self.symbols[n]}", quantity=Decimal(units))
                for n, units in held
                if units
            ),
            cash=(OpeningCash(currency="USD", minor=int(self.cash(fund) * 100)),),
        )

    def _people(self) -> load.LoadUsers:
        hashed = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
        grants = {
            "trader": Grant(role=Role.TRADER),
            "officer": Grant(role=Role.COMPLIANCE_OFFICER),
            "risk": Grant(role=Role.RISK),
            **{
                name: Grant(role=Role.PORTFOLIO_MANAGER, funds=tuple(funds))
                for name, funds in self.managed.items()
            },
        }
        rows = (
            load.UserRow(id=name, name=name, grants=(grant,), password_hash=hashed)
            for name, grant in grants.items()
        )
        return load.LoadUsers(users=tuple(rows))

    def _rule(self, number: int) -> RuleText:
        """The first caps a sector; the others are of six kinds, none in the way."""
        ratio = {"kind": "ratio", "measure": "mv", "den": "nav"}
        cap = {**ratio, "group_by": "issuer", "select": [["sector", "==", CAPPED]],
               "max": str(self.weight * 9 / 1_000)}  # fmt: skip
        kinds: list[dict[str, Any]] = [
            {**ratio, "group_by": "issuer", "max": f"0.{50 + number % 40}"},
            {**ratio, "group_by": "sector", "max": f"0.{60 + number % 30}"},
            {"kind": "order", "max_value": str(10**7 * (100 + number))},
            {"kind": "cash", "min": str(-number)},
            {"kind": "short", "mode": "no_short"},
            {"kind": "restrict", "select": [["industry", "==", f"OTHER{number}"]]},
        ]
        rule_id = f"rule{number}"
        body = cap if number == 0 else kinds[number % len(kinds)]
        text = {"id": rule_id, "version": 1, "title": rule_id, "severity": "hard", **body}
        case = _CAPPED_CASE if number == 0 else {**_FITS, "fund": self.fund_codes[0]}
        return RuleText(
            rule_id=rule_id, version=1, definition=json.dumps(text), cases=json.dumps([case])
        )

    def model(self) -> DefineModel:
        """All securities, equally weighted."""
        return DefineModel(
            model="core",
            weights=tuple(
                NamedWeight(scheme="ticker_mic", security=f"{symbol}.XNAS", weight=self.weight)
                for symbol in self.symbols
            ),
        )

    def write_market(self, path: Path) -> None:
        """Write the prices as the broker simulator reads them: the same all day."""
        with path.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(("symbol", "date", "open", "high", "low", "close", "volume"))
            for on in (DAY, DAY + timedelta(days=1)):
                for number, symbol in enumerate(self.symbols):
                    rows.writerow((symbol, on, *[self.price(number)] * 4, 1_000_000))
