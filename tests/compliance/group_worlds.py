"""Small random worlds for rules about groups, and what such a rule says by brute force.

The oracle knows nothing of bounds or closed forms: it tries every subset of what may fill, and
every group that a holding of unknown group may belong to, and takes the worst.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

from tradeoms.compliance import ComplianceBook, parse_rules
from tradeoms.domain.evaluation import Candidate, FundFacts, Leg, OpenOrder, SecurityFacts
from tradeoms.kernel.enums import Side

TODAY = date(2026, 3, 2)
NAV = 1000
SECURITIES = ("A", "B", "C", "D", "E", "F")
KINDS = ("bucket", "topn", "count", "issues", "gross")


def group_rule(dice: Random, kind: str, rule_id: str = "R") -> dict[str, Any]:
    """A random rule of one kind."""
    rule: dict[str, Any] = {"id": rule_id, "kind": kind, "source": "somewhere"}
    rule["measure"] = dice.choice(["mv", "mv", "mv", "mv_abs", "mv_long", "qty"])
    rule["pending"] = dice.choice(["worst", "worst", "worst", "all", "none"])
    rule["reducing"] = dice.choice(["allow", "allow", "allow", "deny"])
    rule["test"] = dice.choice(["always", "always", "acquisition"])
    rule["level"] = dice.choice(["fund", "fund", "firm"])
    if dice.random() < 0.3:
        rule["select"] = [["type", "==", "equity"]]
    if dice.random() < 0.2:
        rule["exclude"] = [["green", "==", True]]
    more: dict[str, Any] = {}
    if kind in ("bucket", "topn", "count"):
        rule["group_by"] = "issuer"
    match kind:
        case "bucket":
            more = {
                "threshold": dice.choice(["0.05", "0.1", "0"]),
                "bucket_max": dice.choice(["0.2", "0.3", "0.4"]),
                "count": dice.choice(["whole", "whole", "excess"]),
            }
            if dice.random() < 0.5:
                more["per_group_max"] = dice.choice(["0.1", "0.15"])
            if dice.random() < 0.4:
                more |= {"own_threshold": "0.1", "own_attr": "votes_out"}
        case "topn":
            shares = sorted(dice.sample(["0.1", "0.15", "0.2", "0.3", "0.4"], 2))
            more = {"max_by_n": dict(zip(("1", dice.choice("23")), shares, strict=True))}
        case "count":
            more[dice.choice(["max", "min"])] = dice.choice([1, 2, 3])
            if dice.random() < 0.5:
                more["above"] = dice.choice(["0.05", "0.1"])
            if dice.random() < 0.3:
                more["per_group_max"] = "0.15"
        case "issues":
            more = {
                "when_above": dice.choice(["0.1", "0.15", "0.2"]),
                "min_issues": dice.choice([2, 3]),
                "per_issue_max": dice.choice(["0.08", "0.1", "0.15"]),
            }
        case _:
            more = {"max": dice.choice(["0.2", "0.3", "0.5"]), "strict": dice.random() < 0.2}
            if dice.random() < 0.5:
                more["net_by"] = "issuer"
            if dice.random() < 0.3:
                more["warn"] = "0.15"
    return rule | more


def group_book(dice: Random, rules: Sequence[dict[str, Any]], *, gaps: bool) -> ComplianceBook:
    """Two funds with a few holdings and open orders."""
    book = ComplianceBook()
    for fund in ("F1", "F2"):
        book.put_fund(FundFacts(id=fund, currency="EUR", nav=Decimal(NAV)))
    unknown = dice.choice(SECURITIES) if gaps else None
    for security in SECURITIES:
        free: dict[str, object] = {"green": dice.random() < 0.3}
        if dice.random() < 0.2:
            free["votes"] = 10
        book.put_security(
            SecurityFacts(
                id=security,
                currency="EUR",
                lot=Decimal(dice.choice([1, 1, 2])),
                asset_type=dice.choice(["equity", "equity", "bond"]),
                issuer=None if security == unknown else dice.choice(["I1", "I2", "I3", "I4"]),
                attributes=free,
            )
        )
        price = Decimal(dice.choice(["10", "5", "2.5", "1"]))
        book.put_price(security_id=security, price=price, as_of=TODAY)
        for fund in ("F1", "F2"):
            if dice.random() < 0.6:
                quantity = Decimal(dice.choice([2, 4, 5, 8, 10, 10, 15, 20, 30]))
                book.set_position(fund, security, quantity)
    for issuer in ("I1", "I2", "I3", "I4"):
        if dice.random() < 0.8:
            book.facts.outside.issuers[issuer] = {"votes_out": Decimal(dice.choice([60, 100, 400]))}
    for number in range(dice.randint(0, 3)):
        book.reserve(group_open(dice, book, f"p{number}"))
    book.put_rules(parse_rules(rules))
    return book


def group_open(dice: Random, book: ComplianceBook, order_id: str) -> OpenOrder:
    """A random open order that sells no more than is left of a holding."""
    security, fund = dice.choice(SECURITIES), dice.choice(["F1", "F2"])
    left = book.facts.held(fund).get(security, Decimal(0)) - sum(
        leg.quantity
        for order in book.facts.open_by_holding.get((fund, security), {}).values()
        for leg in order.legs
        if order.side is Side.SELL
    )
    side = dice.choice([Side.BUY, Side.SELL]) if left > 0 else Side.BUY
    quantity = min(left, Decimal(10)) if side is Side.SELL else Decimal(dice.choice([2, 5, 10]))
    return OpenOrder(
        order_id=order_id,
        security_id=security,
        side=side,
        legs=(Leg(fund_id=fund, quantity=quantity),),
    )


def group_order(dice: Random, book: ComplianceBook, order_id: str) -> Candidate:
    """A random order that sells no more than is left of a holding."""
    if dice.random() < 0.2:
        legs = (Leg(fund_id="F1", quantity=Decimal(4)), Leg(fund_id="F2", quantity=Decimal(6)))
        return Candidate(
            order_id=order_id, security_id=dice.choice(SECURITIES), side=Side.BUY, legs=legs
        )
    one = group_open(dice, book, order_id)
    return Candidate(order_id=order_id, security_id=one.security_id, side=one.side, legs=one.legs)


@dataclass(frozen=True)
class Cell:
    """What the oracle says of one cell."""

    num_before: Fraction
    num_after: Fraction
    outcome: str


Position = dict[tuple[str, str], Fraction]


class Oracle:
    """One rule, by brute force, for complete data but one holding of unknown group."""

    def __init__(self, book: ComplianceBook, rule: dict[str, Any]) -> None:
        self.facts = book.facts
        self.rule = rule

    def answer(
        self, orders: Sequence[Candidate], *, any_subset: bool = False
    ) -> dict[str, dict[tuple[str | None, str], Cell]] | None:
        """Cells by entity; None where an order's own group is not known."""
        if any(self.place(order.security_id) == "?" for order in orders):
            return None
        found: dict[str, dict[tuple[str | None, str], Cell]] = {}
        funds = {leg.fund_id for order in orders for leg in order.legs}
        firm = self.rule["level"] == "firm"
        for entity in ["firm"] if firm else sorted(funds):
            members = ("F1", "F2") if firm else (entity,)
            if any(
                self.place(order.security_id) and leg.fund_id in members
                for order in orders
                for leg in order.legs
            ):
                found[entity] = self.cells(members, orders, any_subset=any_subset)
        return found

    def cells(
        self, members: tuple[str, ...], orders: Sequence[Candidate], *, any_subset: bool
    ) -> dict[tuple[str | None, str], Cell]:
        sure0 = self.worst(members, [], [])
        sure1 = self.worst(members, [] if any_subset else orders, orders if any_subset else [])
        extra0 = self.worst(members, [], [], pressed=True)
        extra1 = self.worst(
            members,
            [] if any_subset else orders,
            orders if any_subset else [],
            pressed=True,
        )
        nothing = (Fraction(0), Fraction(0))
        found = {}
        for name, (num, over) in sure1.items():
            num0, over0 = sure0.get(name, nothing)
            if name not in sure0:  # a group that is new: its cell was empty
                over0 = self.empty(name)
            pressed0 = max(over0, extra0.get(name, (num0, over0))[1])
            pressed = max(over, extra1[name][1])
            found[name] = Cell(num0, num, self.verdict(num0, num, over0, over, pressed0, pressed))
        return found

    def empty(self, name: tuple[str | None, str]) -> Fraction:
        key = name[0] or ""
        if self.rule["kind"] == "issues":
            return Fraction(-1)
        assert key not in ("bucket", "n")
        return -Fraction(self.rule["per_group_max"]) * self.den

    @property
    def den(self) -> int:
        return NAV * (2 if self.rule["level"] == "firm" else 1)

    def verdict(  # one return for every outcome
        self,
        num0: Fraction,
        num: Fraction,
        over0: Fraction,
        over: Fraction,
        pressed0: Fraction,
        pressed: Fraction,
    ) -> str:
        strict = self.rule.get("strict", False)

        def broken(excess: Fraction) -> bool:
            return excess > 0 or (strict and excess == 0)

        same = num0 == num or self.rule["kind"] == "issues"  # there the excess says it all
        if same and (over0, pressed0) == (over, pressed):
            return "pass"
        if broken(over0) and over <= over0:
            if self.rule["reducing"] == "deny":
                return "breach"
            if broken(pressed):
                return "unknown" if pressed > pressed0 else "reducing"
        elif over <= over0 and pressed <= pressed0 and self.rule["test"] == "acquisition":
            return "pass"
        elif broken(over):
            return "breach"
        elif broken(pressed):
            return "unknown"
        warn = self.rule.get("warn")
        return "warn" if warn is not None and num > Fraction(warn) * self.den else "pass"

    def worst(
        self,
        members: tuple[str, ...],
        sure: Sequence[Candidate],
        loose: Sequence[Candidate],
        *,
        pressed: bool = False,
    ) -> dict[tuple[str | None, str], tuple[Fraction, Fraction]]:
        """Worst number and excess of every cell over every subset, and every group of extras."""
        opens: list[Candidate | OpenOrder] = list(self.facts.open_orders.values())
        certain: list[Candidate | OpenOrder] = list(sure)
        perhaps: list[Candidate | OpenOrder] = list(loose)
        if self.rule["pending"] == "all":
            certain += opens
        elif self.rule["pending"] == "worst":
            perhaps += opens
        found: dict[tuple[str | None, str], tuple[Fraction, Fraction]] = {}
        for choice in product([False, True], repeat=len(perhaps)):
            filled = certain + [one for one, took in zip(perhaps, choice, strict=True) if took]
            held = self.filled(members, filled)
            for groups, votes in self.groupings(held, pressed=pressed):
                for name, (num, over) in self.read(groups, votes).items():
                    least = name[1] == "min"
                    known = found.get(name)
                    if known is None:
                        found[name] = (num, over)
                    else:
                        best = min(known[0], num) if least else max(known[0], num)
                        found[name] = (best, max(known[1], over))
        return found

    def filled(self, members: tuple[str, ...], orders: Sequence[Candidate | OpenOrder]) -> Position:
        held = {
            (fund, security): Fraction(quantity)
            for fund in members
            for security, quantity in self.facts.held(fund).items()
        }
        for order in orders:
            for leg in order.legs:
                if leg.fund_id in members:
                    at = (leg.fund_id, order.security_id)
                    move = order.side.sign * Fraction(leg.quantity)
                    held[at] = held.get(at, Fraction(0)) + move
        return held

    def place(self, security_id: str) -> str | None:
        """Group of a security: None outside the rule, "?" where not known."""
        security = self.facts.securities[security_id]
        if "select" in self.rule and security.asset_type != "equity":
            return None
        if "exclude" in self.rule and security.attributes["green"]:
            return None
        if self.rule["kind"] == "gross" and "net_by" not in self.rule:
            return security_id
        return security.issuer or "?"

    def groupings(
        self, held: Position, *, pressed: bool
    ) -> Iterator[tuple[dict[tuple[str, str], Fraction], dict[str, Fraction]]]:
        """Values by issuer and issue, and votes by issuer: one world for every place of extras."""
        issuers = {self.place(security) for _, security in held} - {None, "?"}
        for joined in (sorted(map(str, issuers)) + ["new"]) if pressed else [None]:
            for same in (False, True) if pressed and self.rule["kind"] == "issues" else (False,):
                groups: dict[tuple[str, str], Fraction] = {}
                votes: dict[str, Fraction] = {}
                extra = Fraction(0)
                for (_, security), quantity in held.items():
                    place = self.place(security)
                    value = self.value(security, quantity)
                    if place is None or (place == "?" and joined is None):
                        continue
                    issuer = str(joined) if place == "?" else place
                    if place == "?" and same:
                        extra += value
                        continue
                    groups[issuer, security] = groups.get((issuer, security), Fraction(0)) + value
                    each = self.facts.securities[security].attributes.get("votes", 1)
                    votes[issuer] = votes.get(issuer, Fraction(0)) + quantity * int(str(each))
                if not same:
                    yield groups, votes
                for key in [key for key in groups if key[0] == joined] if same else []:
                    yield {**groups, key: groups[key] + extra}, votes
                if same and joined == "new":
                    continue

    def value(self, security: str, quantity: Fraction) -> Fraction:
        measure = self.rule["measure"]
        if measure == "qty":
            return quantity
        price = self.facts.price(security)
        assert price is not None
        value = quantity * Fraction(price)
        return {"mv": value, "mv_abs": abs(value), "mv_long": max(value, Fraction(0))}[measure]

    def read(
        self, issues: dict[tuple[str, str], Fraction], votes: dict[str, Fraction]
    ) -> dict[tuple[str | None, str], tuple[Fraction, Fraction]]:
        """Number and excess of every cell in one world without anything open."""
        rule, den = self.rule, self.den
        groups: dict[str, Fraction] = {}
        for (issuer, _), value in issues.items():
            groups[issuer] = groups.get(issuer, Fraction(0)) + value
        found: dict[tuple[str | None, str], tuple[Fraction, Fraction]] = {}

        def put(key: str | None, num: Fraction, limit: Fraction) -> None:
            found[key, "max"] = (num, num - limit)

        def share(name: str) -> Fraction:
            return Fraction(rule[name]) * den

        match rule["kind"]:
            case "bucket":
                inside = [key for key in groups if self.in_bucket(key, groups, votes)]
                line = share("threshold")
                whole = rule["count"] == "whole"
                parts = [
                    groups[key] if whole else max(groups[key] - line, Fraction(0)) for key in inside
                ]
                put("bucket", sum(parts, Fraction(0)), share("bucket_max"))
            case "topn":
                ranked = sorted((value for value in groups.values() if value > 0), reverse=True)
                for number, limit in rule["max_by_n"].items():
                    num = sum(ranked[: int(number)], Fraction(0))
                    put(f"top{number}", num, Fraction(limit) * den)
            case "count":
                line = share("above") if "above" in rule else Fraction(0)
                num = Fraction(sum(value > line for value in groups.values()))
                if "max" in rule:
                    put("n", num, Fraction(rule["max"]))
                else:
                    found["n", "min"] = (num, Fraction(rule["min"]) - num)
            case "issues":
                self.read_issues(issues, groups, found)
            case _:
                num = sum((abs(value) for value in groups.values()), Fraction(0))
                put(None, num, share("max"))
        if "per_group_max" in rule:
            for key, value in groups.items():
                put(key, value, share("per_group_max"))
        return found

    def in_bucket(self, key: str, groups: dict[str, Fraction], votes: dict[str, Fraction]) -> bool:
        if groups[key] > Fraction(self.rule["threshold"]) * self.den:
            return True
        if "own_threshold" not in self.rule:
            return False
        issued = self.facts.outside.issuers[key]["votes_out"]
        return votes[key] > Fraction(self.rule["own_threshold"]) * Fraction(issued)

    def read_issues(
        self,
        issues: dict[tuple[str, str], Fraction],
        groups: dict[str, Fraction],
        found: dict[tuple[str | None, str], tuple[Fraction, Fraction]],
    ) -> None:
        rule, den = self.rule, self.den
        line = Fraction(rule["when_above"]) * den
        for issuer, total in groups.items():
            own = {key: value for key, value in issues.items() if key[0] == issuer}
            few = sum(value > 0 for value in own.values()) < rule["min_issues"]
            found[issuer, "max"] = (total, total - line if few else Fraction(-1))
            for key, value in own.items():
                limit = Fraction(rule["per_issue_max"]) * den
                over = value - limit if total > line else Fraction(-1)
                found["|".join(key), "max"] = (value, over)
